package fsm_test

import (
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/key"
)

// TestUrgentIsDecidedForEveryCommand: a new command has to be put into one of the two lists.
func TestUrgentIsDecidedForEveryCommand(t *testing.T) {
	urgent := map[string]bool{
		"key.schedule-destroy": true, "key.purge": true, "key.usage": true, "key.allocate": true,
		"token.revoke": true, "token.use": true, "token.purge": true, "policy.put": true, "policy.delete": true,
		"document.delete": true, "cluster.check": true,
		"opening.grant": true, "opening.seen": true, "opening.approve": true, "opening.forget": true,
		"key.state":  true, // to the zero state, which is not Active
		"key.create": false, "key.rotate": false, "key.update": false, "key.rewrap": false, "key.certify": false, "key.replace": false, "token.create": false,
		"token.renew": false, "document.put": false, "cluster.init": false, "cluster.level": false, "key.create-many": false, "key.reparent": false, "key.archive": false, "bundle": false,
		"restore.begin": false, "restore.chunk": false, "restore.commit": false, "restore.abort": true,
	}
	for _, c := range fsm.Commands() {
		want, decided := urgent[c.Op()]
		if !decided {
			t.Errorf("nobody has decided whether %s goes on while a disk is full", c.Op())
		}
		if got := fsm.Urgent(c); got != want {
			t.Errorf("%s: urgent %v, want %v", c.Op(), got, want)
		}
	}
}

func TestUrgentLooksAtWhatIsAsked(t *testing.T) {
	no := false
	for _, c := range []struct {
		cmd  fsm.Command
		want bool
	}{
		{&fsm.SetState{To: key.Suspended}, true},
		{&fsm.SetState{To: key.Active}, false},
		{&fsm.UpdateKey{Exportable: &no}, true},
		{&fsm.UpdateKey{Guard: new(key.Sensitive)}, true},
		{&fsm.UpdateKey{Tags: &map[string]string{"quarantine": "yes"}}, true},
		{&fsm.UpdateKey{Attributes: &map[string][]byte{"Comment": {1}}}, false},
		{&fsm.UpdateKey{Attributes: &map[string][]byte{"Comment": {1}}, Exportable: &no}, false}, // it would be a way around
		{&fsm.UpdateKey{Names: &[]key.Label{{Value: "n"}}}, false},
		{&fsm.PutDocument{Name: "member/n4"}, true},
		{&fsm.PutDocument{Name: "setting/joined/n4"}, true},
		{&fsm.PutDocument{Name: "setting/replace/n4"}, true},
		{&fsm.PutDocument{Name: "members"}, false},
		{&fsm.PutDocument{Name: "setting/join"}, false},
		{&fsm.Bundle{Commands: []fsm.Bundled{{&fsm.SetState{To: key.Suspended}}, {&fsm.ScheduleDestroy{}}}}, true},
		{&fsm.Bundle{Commands: []fsm.Bundled{{&fsm.SetState{To: key.Suspended}}, {&fsm.CreateKey{}}}}, false},
	} {
		if got := fsm.Urgent(c.cmd); got != c.want {
			t.Errorf("%#v: urgent %v, want %v", c.cmd, got, c.want)
		}
	}
}

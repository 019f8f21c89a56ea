package fsm_test

import (
	"slices"
	"testing"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func newReplacement(n, of int, name string) *key.Record {
	r := newRecord(n)
	r.Name, r.Links = name, []key.Link{{Kind: key.LinkReplaced, To: keyID(of)}}
	return r
}

func TestAReplacementTakesOverTheNamesInOneStep(t *testing.T) {
	v := newVault(t)
	first := newRecord(1)
	first.Names = []key.Label{{Value: "a name of any kind"}}
	v.do(&fsm.CreateKey{Record: first})
	v.do(&fsm.CreateKey{Record: newRecord(3)})
	name := first.Name
	replace := func(items ...fsm.Replacement) *fsm.ReplaceKeys { return &fsm.ReplaceKeys{Items: items} }
	by := newReplacement(2, 1, name)
	by.Names = first.Names
	good := fsm.Replacement{Change: v.change(keyID(1)), Name: "kmip/old", By: by}

	v.refuse(replace(), fault.Invalid)
	v.refuse(replace(good, good, good), fault.Invalid)
	v.refuse(replace(good, good), fault.Exists)
	v.refuse(replace(fsm.Replacement{Change: good.Change, Name: "kmip/old", By: newRecord(2)}), fault.Invalid)
	v.refuse(replace(fsm.Replacement{Change: good.Change, Name: "kmip/old"}), fault.Invalid)
	v.refuse(replace(fsm.Replacement{Change: good.Change, Name: name, By: by}), fault.Exists)
	v.refuse(replace(fsm.Replacement{Change: good.Change, Name: newRecord(3).Name, By: by}), fault.Exists)
	v.refuse(replace(fsm.Replacement{Change: good.Change, Name: "kmip/old", By: newReplacement(2, 1, newRecord(3).Name)}), fault.Exists)
	v.refuse(replace(fsm.Replacement{Change: good.Change, Name: "kmip/old", By: newReplacement(3, 1, name)}), fault.Exists)
	v.refuse(replace(fsm.Replacement{Change: good.Change, Name: "", By: by}), fault.Invalid)
	taken := newReplacement(2, 3, "x")
	taken.Names = first.Names
	v.refuse(replace(fsm.Replacement{Change: v.change(keyID(3)), Name: "kmip/old", By: taken}), fault.Exists)

	v.do(replace(good))
	s := v.State()
	old, fresh := s.Key(keyID(1)), s.KeyByName(name)
	if fresh == nil || fresh.ID != keyID(2) || old.Name != "kmip/old" || len(old.Names) != 0 || len(fresh.Names) != 1 {
		t.Fatalf("the old one is %+v, the new %+v", old, fresh)
	}
	if !slices.Contains(old.Links, key.Link{Kind: key.LinkReplacement, To: keyID(2)}) || s.KeyByName("kmip/old") != old {
		t.Errorf("the old one is %+v", old)
	}
	v.refuse(replace(fsm.Replacement{Change: v.change(keyID(1)), Name: "kmip/older", By: newReplacement(4, 1, "y")}), fault.BadState)
}

// Names that keys bear beside their own are one key's each, also among keys that one entry makes: the state shows none of them to the others.
func TestTheKeysOfOneEntryShareNoName(t *testing.T) {
	v := newVault(t)
	private, public := newRecord(1), newRecord(2)
	private.Names, public.Names = []key.Label{{Value: "private"}, {Value: "pair", Index: 1}}, []key.Label{{Value: "pair", Kind: 2}}
	v.refuse(&fsm.CreateKeys{Records: []*key.Record{private, public}}, fault.Exists)
	if s := v.State(); s.Key(private.ID) != nil || s.Key(public.ID) != nil {
		t.Error("one of them was made")
	}
	public.Names = []key.Label{{Value: "public"}}
	v.do(&fsm.CreateKeys{Records: []*key.Record{private, public}})

	by := func(n, of int) fsm.Replacement {
		r := newReplacement(n, of, newRecord(of).Name)
		r.Names = []key.Label{{Value: "next"}}
		return fsm.Replacement{Change: v.change(keyID(of)), Name: "kmip/" + r.ID.String(), By: r}
	}
	first, second := by(3, 1), by(4, 2)
	v.refuse(&fsm.ReplaceKeys{Items: []fsm.Replacement{first, second}}, fault.Exists)
	second.By.Names = []key.Label{{Value: "public"}}
	v.do(&fsm.ReplaceKeys{Items: []fsm.Replacement{first, second}})
}

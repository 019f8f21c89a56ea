package vault_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/seal/handin"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// requestAt asks a node for a request.
func requestAt(t *testing.T, f *vaulttest.Fixture, node int) *vault.HandInRequest {
	t.Helper()
	r, err := f.Vault(node).RequestHandIn(ctx, access.Caller{Door: "test"}, 0)
	ok(t, "asking for keys", err)
	return r
}

// fileOf is a custodian's work: the share, encrypted to a request.
func fileOf(t *testing.T, r *vault.HandInRequest, line []byte) []byte {
	t.Helper()
	q, err := handin.ParseRequest(r.Text)
	ok(t, "reading the request", err)
	s, err := seal.ParseShare(line)
	ok(t, "reading the share", err)
	defer s.Destroy()
	file, err := q.Encrypt(s)
	ok(t, "encrypting", err)
	text, err := file.Text()
	ok(t, "writing", err)
	return text
}

func handFile(f *vaulttest.Fixture, node int, text []byte) (*vault.Unsealing, error) {
	return f.Vault(node).HandIn(ctx, access.Caller{Door: "test"}, text)
}

func TestSharesByFileOpenAll(t *testing.T) {
	f := sealedCluster(t)
	r := requestAt(t, f, 1)
	if strings.Join(r.Nodes, " ") != "n1 n2 n3" || r.Expires.Sub(f.Now()) < vault.HandInLife {
		t.Fatalf("%+v", r)
	}
	var files [][]byte
	for i := range 4 {
		files = append(files, fileOf(t, r, f.Shares()[i]))
	}
	f.Advance(time.Second)
	f.Restart(0) // its key is gone, and it hands in all the same: others open what it is given
	for i := range 3 {
		u, err := handFile(f, i, files[i])
		ok(t, "handing in a file", err)
		if i < 2 && u.Progress.Have != i+1 {
			t.Errorf("after %d: %+v", i+1, u.Progress)
		}
		if i == 0 {
			_, err := handFile(f, 2, files[0])
			wants(t, "the same again", err, fault.Exists)
		}
	}
	if len(open(f)) != 3 {
		t.Fatalf("open are %v", open(f))
	}
	for node := range 3 {
		_, err := handFile(f, node, files[3])
		wants(t, "a file of a ceremony that is over", err, fault.BadState)
		if m := fault.Of(err).Message; !strings.Contains(m, r.ID) || !strings.Contains(m, "ended") && !strings.Contains(m, "started after") {
			t.Errorf("node %d says %q", node, m)
		}
		for _, line := range f.AuditLines(node) {
			for _, share := range f.Shares() {
				if bytes.Contains(line, share) {
					t.Error("the audit log holds a share")
				}
			}
		}
	}
}

func TestFilesOfOtherCeremoniesAreNamed(t *testing.T) {
	f, g := sealedCluster(t), sealedCluster(t)
	r := requestAt(t, f, 0)
	file, foreign := fileOf(t, r, f.Shares()[0]), fileOf(t, requestAt(t, g, 0), g.Shares()[0])
	_, err := handFile(f, 0, foreign)
	wants(t, "another cluster's", err, fault.Invalid)
	if !strings.Contains(err.Error(), "for cluster") {
		t.Error(err)
	}
	_, err = handFile(f, 0, []byte("qshare1"))
	wants(t, "no file", err, fault.Invalid)
	_, err = handFile(f, 0, r.Text)
	wants(t, "the request instead of the share", err, fault.Invalid)

	ok(t, "share 2", err1(hand(f, 0, 1)))
	_, err = f.Vault(1).ResetUnseal(ctx, access.Caller{Door: "test"}, f.Shares()[0])
	ok(t, "resetting", err)
	_, err = handFile(f, 0, file)
	wants(t, "after a reset", err, fault.BadState)
	if !strings.Contains(err.Error(), "reset") {
		t.Error(err)
	}
	f.Advance(time.Second)
	file = fileOf(t, requestAt(t, f, 0), f.Shares()[0])
	f.Advance(vault.HandInLife + 20*time.Minute)
	_, err = handFile(f, 0, file)
	wants(t, "later", err, fault.BadState)
	if !strings.Contains(err.Error(), "expired") {
		t.Error(err)
	}
}

// A member that was cut off when the keys were given out is reached through the others.
func TestAMemberWithoutAKeyIsOpenedByFile(t *testing.T) {
	f := sealedCluster(t)
	f.Cut(2)
	r := requestAt(t, f, 0)
	if strings.Join(r.Nodes, " ") != "n1 n2" {
		t.Fatalf("%+v", r)
	}
	f.Heal(2)
	for i := range 3 {
		ok(t, "handing in at the member that was away", err1(handFile(f, 2, fileOf(t, r, f.Shares()[i]))))
	}
	if len(open(f)) != 3 {
		t.Errorf("open are %v", open(f))
	}
}

func TestStrangersWithFilesAreSlowedDown(t *testing.T) {
	f := sealedCluster(t)
	busy := 0
	for range 100 {
		if _, err := f.Vault(0).RequestHandIn(ctx, access.Caller{Door: "test"}, 0); errors.Is(err, fault.Busy) {
			busy++
		}
	}
	if busy < 60 {
		t.Errorf("%d of 100 requests at once were refused", busy)
	}
}

// Strangers who ask for keys and hand in what opens nowhere are slowed down, and a custodian's file is not.
func TestStrangersDoNotKeepAFileWaiting(t *testing.T) {
	f := sealedCluster(t)
	r := requestAt(t, f, 0)
	file := fileOf(t, r, f.Shares()[0])
	other := sealedCluster(t)
	foreign := fileOf(t, requestAt(t, other, 0), other.Shares()[0])
	kinds := map[string]int{}
	for range 40 {
		_, err := f.Vault(0).RequestHandIn(ctx, access.Caller{Door: "test"}, 0)
		if err != nil {
			kinds["key: "+fault.Of(err).Message]++
		}
		_, err = handFile(f, 0, foreign)
		if errors.Is(err, fault.Busy) {
			kinds["file: "+fault.Of(err).Message]++
		}
		_, err = handFile(f, 0, []byte("no file"))
		if errors.Is(err, fault.Busy) {
			kinds["text: "+fault.Of(err).Message]++
		}
	}
	if kinds["key: too many keys for shares by file are asked for"] < 8 || kinds["file: too many files that this node does not open are handed in"] < 8 ||
		kinds["text: too many files that this node does not open are handed in"] < 8 || len(kinds) != 3 {
		t.Errorf("strangers were refused %v", kinds)
	}
	u, err := handFile(f, 0, file)
	ok(t, "a custodian's file among them", err)
	if u.Progress.Have != 1 {
		t.Errorf("%+v", u)
	}
}

func TestARekeyByFile(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
	root := f.Root()
	k, err := f.Vault(1).StartRekey(ctx, root, vault.RekeySpec{Shares: 3, Threshold: 2})
	ok(t, "beginning", err)
	r, err := f.Vault(1).RequestRekeyHandIn(ctx, root, k.ID, 3*time.Hour)
	ok(t, "asking", err)
	if len(r.Nodes) != 1 {
		t.Errorf("keys of %v", r.Nodes)
	}
	wants(t, "an unsealing", err1(handFile(f, 0, fileOf(t, r, f.Shares()[0]))), fault.Invalid)
	f.Advance(2 * time.Hour) // longer than a change without a request lasts
	first := fileOf(t, r, f.Shares()[0])
	_, err = f.Vault(2).HandInRekey(ctx, root, "other", first)
	wants(t, "another change", err, fault.NotFound)
	_, err = f.Vault(2).HandInRekey(ctx, root, k.ID, fileOf(t, requestAt(t, f, 0), f.Shares()[0]))
	wants(t, "a file for an unsealing", err, fault.Invalid)
	_, err = f.Vault(2).HandInRekey(ctx, root, k.ID, first)
	ok(t, "share 1", err)
	next, err := f.Vault(1).HandInRekey(ctx, root, k.ID, fileOf(t, r, f.Shares()[1]))
	ok(t, "share 2", err)
	if len(next.NewShares) != 3 {
		t.Fatalf("%+v", next)
	}
	_, err = f.Vault(1).HandInRekey(ctx, root, k.ID, fileOf(t, r, f.Shares()[2]))
	wants(t, "a present share in the second phase", err, fault.Invalid)
	r, err = f.Vault(1).RequestRekeyHandIn(ctx, root, k.ID, 0)
	ok(t, "asking for the new ones", err)
	for _, s := range next.NewShares {
		next, err = f.Vault(1).HandInRekey(ctx, root, k.ID, fileOf(t, r, s))
		ok(t, "a new share", err)
	}
	if next.Phase != "done" {
		t.Errorf("%+v", next)
	}
	for i := range 3 {
		if open, cluster := f.Vault(i).Epochs(); open != 2 || cluster != 2 {
			t.Errorf("node %d is open by epoch %d of %d", i, open, cluster)
		}
	}
}

// A change of shares ends when its leader is sealed: it was made with the keyring that is gone.
func TestARekeyEndsWithTheSealOfItsLeader(t *testing.T) {
	f := vaulttest.Cluster(t, 3, vaulttest.WithShares(3, 2))
	root := f.Root()
	k, err := f.Vault(0).StartRekey(ctx, root, vault.RekeySpec{Shares: 3, Threshold: 2})
	ok(t, "beginning", err)
	r, err := f.Vault(0).RequestRekeyHandIn(ctx, root, k.ID, 0)
	ok(t, "asking", err)
	file := fileOf(t, r, f.Shares()[0])
	ok(t, "sealing", f.Vault(0).Seal(ctx, root, false))
	for i := range 2 {
		ok(t, "a share", err1(hand(f, 0, i)))
	}
	_, err = f.Vault(0).Rekeying(ctx, root)
	wants(t, "the change of before", err, fault.NotFound)
	f.Advance(time.Second)
	k, err = f.Vault(0).StartRekey(ctx, root, vault.RekeySpec{Shares: 3, Threshold: 2})
	ok(t, "beginning anew", err)
	_, err = f.Vault(0).HandInRekey(ctx, root, k.ID, file)
	wants(t, "a file of before", err, fault.BadState)
	if !strings.Contains(err.Error(), "sealed") {
		t.Error(err)
	}
}

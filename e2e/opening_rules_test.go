package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A member that was away for longer than the slot allows is refused with the reason, and an operator's word lets it in.
func TestAMemberThatWasAwayForLongNeedsAnOperator(t *testing.T) {
	c := open(t)
	c.slots("add", "quorum", "--away", "3s", "--window", "1s")
	_, followers := c.leader()
	late := followers[0]
	late.kill()
	gone := time.Now()
	eventually(t, 30*time.Second, "it is away for long", func() error {
		if time.Since(gone) < 5*time.Second {
			return errors.New("not yet")
		}
		return nil
	})
	late.start()
	c.staysShut(late, "longer ago than the 3s")
	c.slots("approve", late.name)
	c.serving(late)
}

// A share that is encrypted under a credential of the machine (share_key_file) counts only with that file: with another one the node does
// not open itself and says why, and without any its server does not start.
func TestAShareUnderACredentialCountsOnlyWithIt(t *testing.T) {
	c := open(t)
	_, followers := c.leader()
	n, other := followers[0], followers[1]
	credential := func(fill byte) string {
		t.Helper()
		file := filepath.Join(filepath.Dir(n.dir), "share-key")
		if err := os.WriteFile(file, bytes.Repeat([]byte{fill}, 32), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	plain := n.extra
	n.extra += "share_key_file: " + credential('a') + "\n"
	n.kill()
	n.start()
	c.unseal(n)
	c.serving(c.nodes...)
	c.slots("add", "quorum", "--window", "1s")
	files, err := filepath.Glob(filepath.Join(n.dir, "shares", "share-*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("it keeps %v: %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil || len(b) <= 51 { // 51 is what one in plain has
		t.Errorf("its share has %d bytes, as if it stood there in plain: %v", len(b), err)
	}
	n.kill()
	n.start()
	c.serving(n)

	other.kill() // so that its own share is needed
	n.kill()
	file := credential('b')
	n.start()
	c.staysShut(n, "encrypted under another key")
	n.kill()
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	n.spawn()
	n.waitExit(20 * time.Second)
	if !n.logged("share-key") {
		t.Errorf("it does not name the credential: %s", n.tail(5))
	}
	n.extra = plain // nor does it help to leave the credential out
	n.start()
	c.staysShut(n, "encrypted under another key")
	n.kill()
	n.extra += "share_key_file: " + credential('a') + "\n"
	n.start()
	c.serving(n)
}

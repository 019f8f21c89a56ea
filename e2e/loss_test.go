package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// endedOr is the loss of a node that does not start after a cut, or that runs and has nothing any more. One that has its state, or may have it
// once it hears of a leader, has lost nothing: the test fails.
func (c *cluster) endedOr(n *node, cut int, err error) error {
	c.t.Helper()
	if n.ended() {
		return fmt.Errorf("after cut %d %s does not start: %w", cut, n.name, err)
	}
	s, unclear := c.status(n)
	if gone := emptied(s, len(c.nodes) == 1); unclear == nil && gone != "" {
		return fmt.Errorf("after cut %d %s runs and %s", cut, n.name, gone)
	}
	c.t.Fatalf("after cut %d %s runs, but: %v %v", cut, n.name, err, unclear)
	return nil
}

// emptied says what a node that has run for a while lost, by its status: all of its state. A member of several may wait for a leader to tell
// it what is committed; the only one has nobody to wait for.
func emptied(s api.Status, alone bool) (gone string) {
	switch {
	case !s.Initialized:
		return "belongs to no cluster any more"
	case s.Leader == "" && !alone:
		return ""
	case s.Index == 0:
		return "has no state any more"
	case s.ClusterID == "":
		return "knows no master key any more"
	}
	return ""
}

// lost opens every acknowledged ciphertext at every node, and names the first that is lost: a node that ended, that does not know the key or
// cannot open what it encrypted, or opens something else. A node that does not answer, or cannot
// now, has lost nothing: it is asked again, and if it goes on like that the test fails.
func (c *cluster) lost(acked []acknowledged) (lost error) {
	c.t.Helper()
	for _, n := range c.nodes {
		cl := c.client(n)
		for _, a := range acked {
			err := kit.Attempt(30*time.Second, func() error {
				d, err := cl.Decrypt(context.Background(), a.name, api.DecryptRequest{Ciphertext: a.ciphertext})
				var plain []byte
				if err == nil {
					plain = d.Plaintext
				}
				lost, err = verdict(n.ended(), a, plain, err)
				return err
			})
			if err != nil {
				c.t.Fatalf("%s does not say whether it has the acknowledged key %s: %v", n.name, a.name, err)
			}
			if lost != nil {
				return fmt.Errorf("%s: %w", n.name, lost)
			}
		}
	}
	return nil
}

// verdict tells what a node's answer says of an acknowledged key: it is lost, or it is unclear.
func verdict(ended bool, a acknowledged, plain []byte, err error) (lost, unclear error) {
	switch {
	case ended:
		return fmt.Errorf("it ended, and with it the acknowledged key %s", a.name), nil
	case errors.Is(err, fault.NotFound), errors.Is(err, fault.Invalid):
		return fmt.Errorf("the acknowledged key %s does not open its ciphertext: %w", a.name, err), nil
	case err != nil:
		return nil, err
	case string(plain) != string(a.plaintext):
		return fmt.Errorf("the acknowledged key %s opens its ciphertext as something else", a.name), nil
	}
	return nil, nil
}

// Only what shows a loss counts as one; an answer that a busy machine gives does not.
func TestALossIsToldFromANodeThatCannotAnswer(t *testing.T) {
	a := acknowledged{name: "k", plaintext: []byte("p")}
	for _, v := range []struct {
		what          string
		ended         bool
		plain         string
		err           error
		lost, unclear bool
	}{
		{what: "what was encrypted", plain: "p"},
		{what: "something else", plain: "q", lost: true},
		{what: "no key", err: fault.New(fault.NotFound, "there is no key"), lost: true},
		{what: "another key", err: fault.New(fault.Invalid, "it does not open"), lost: true},
		{what: "an end", ended: true, err: io.EOF, lost: true},
		{what: "no leader", err: fault.New(fault.NoLeader, "there is no leader"), unclear: true},
		{what: "sealed", err: fault.New(fault.Sealed, "it is sealed"), unclear: true},
		{what: "a lost connection", err: io.ErrUnexpectedEOF, unclear: true},
	} {
		lost, unclear := verdict(v.ended, a, []byte(v.plain), v.err)
		if (lost != nil) != v.lost || (unclear != nil) != v.unclear || strings.Contains(fmt.Sprint(lost), "%!") {
			t.Errorf("%s: lost %v, unclear %v", v.what, lost, unclear)
		}
	}
}

// A node that comes up without its state has lost it; one that waits for a leader may still have it.
func TestANodeThatComesUpEmptyHasLost(t *testing.T) {
	whole := api.Status{Initialized: true, Leader: "n1", Index: 7, ClusterID: "c"}
	for _, v := range []struct {
		what        string
		alone, lost bool
		spoil       func(s *api.Status)
	}{
		{what: "all is there", spoil: func(*api.Status) {}},
		{what: "all is there, sealed", alone: true, spoil: func(s *api.Status) { s.Sealed = true }},
		{what: "no cluster", lost: true, spoil: func(s *api.Status) { *s = api.Status{} }},
		{what: "a leader and no state", lost: true, spoil: func(s *api.Status) { s.Index, s.ClusterID = 0, "" }},
		{what: "no state from before the founding", lost: true, spoil: func(s *api.Status) { s.ClusterID = "" }},
		{what: "no leader yet", spoil: func(s *api.Status) { s.Leader, s.Index, s.ClusterID = "", 0, "" }},
		{what: "alone, no log", alone: true, lost: true, spoil: func(s *api.Status) { s.Leader, s.Index, s.ClusterID = "", 0, "" }},
	} {
		s := whole
		v.spoil(&s)
		if gone := emptied(s, v.alone); (gone != "") != v.lost {
			t.Errorf("%s: %q", v.what, gone)
		}
	}
}

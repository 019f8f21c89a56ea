package seal_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

var callTime = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func callees(t testing.TB, cluster [16]byte) (*seal.Config, []*seal.Share) {
	t.Helper()
	cfg, opened, lines, err := seal.Create(cluster, 5, 3, callTime)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Destroy)
	var all []*seal.Share
	for _, l := range lines {
		s, err := seal.ParseShare(l)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Destroy)
		all = append(all, s)
	}
	return cfg, all
}

func proofOf(t testing.TB, s *seal.Share, c *seal.Call) *seal.CallProof {
	t.Helper()
	p, err := s.Prove(c)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = seal.ParseCallProof([]byte(" " + strings.ToUpper(p.Line()) + "\n")); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCustodiansAnswerCallsByLines(t *testing.T) {
	cfg, shares := callees(t, [16]byte{1})
	for _, kind := range []seal.CallKind{seal.RollCall, seal.RootTokenCall} {
		made := seal.NewCall(kind, cfg.Cluster, callTime)
		if kind == seal.RootTokenCall {
			made.To = [32]byte{9, 8, 7}
		}
		read, err := seal.ParseCall([]byte(made.Line()))
		if err != nil || *read != *made {
			t.Fatalf("%+v became %+v, %v", made, read, err)
		}
		for i, s := range shares {
			p := proofOf(t, s, read)
			if err := cfg.CheckProof(made, p); err != nil || p.Index != i+1 {
				t.Errorf("share %d: %v", p.Index, err)
			}
		}
	}
}

func TestAProofIsNoneForAnythingElse(t *testing.T) {
	cfg, shares := callees(t, [16]byte{1})
	foreign, others := callees(t, [16]byte{2})
	roll := seal.NewCall(seal.RollCall, cfg.Cluster, callTime)
	other := seal.NewCall(seal.RollCall, cfg.Cluster, callTime)
	root := *roll
	root.Kind = seal.RootTokenCall // the same nonce: only what is signed differs
	to := root
	to.To[0] = 1
	theirs := seal.NewCall(seal.RollCall, foreign.Cluster, callTime)
	later := *roll
	later.At = later.At.Add(time.Second)
	rekeyed := *cfg
	rekeyed.Epoch = 2
	for _, c := range []struct {
		what string
		cfg  *seal.Config
		call *seal.Call
		p    *seal.CallProof
		want fault.Kind
		says string
	}{
		{"another call", cfg, other, proofOf(t, shares[0], roll), fault.Invalid, other.ID()},
		{"another purpose", cfg, &root, proofOf(t, shares[0], roll), fault.Denied, "not by the holder of share 1"},
		{"another recipient", cfg, &to, proofOf(t, shares[0], &root), fault.Denied, "share 1"},
		{"another time", cfg, &later, proofOf(t, shares[0], roll), fault.Denied, "share 1"},
		{"another cluster's custodian", cfg, roll, proofOf(t, others[0], theirs), fault.Invalid, seal.Fingerprint(foreign.Cluster)},
		{"another cluster's call", cfg, theirs, proofOf(t, others[0], theirs), fault.Invalid, seal.Fingerprint(foreign.Cluster)},
		{"shares of before a rekey", &rekeyed, roll, proofOf(t, shares[0], roll), fault.Invalid, "epoch 1"},
	} {
		err := c.cfg.CheckProof(c.call, c.p)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	if _, err := shares[0].Prove(theirs); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), seal.Fingerprint(foreign.Cluster)) {
		t.Errorf("a share answers the call of another cluster: %v", err)
	}
	p := proofOf(t, shares[0], roll)
	p.Index = 2
	if err := cfg.CheckProof(roll, p); !errors.Is(err, fault.Denied) {
		t.Errorf("a proof under another's index: %v", err)
	}
	p.Index = 6
	if err := cfg.CheckProof(roll, p); !errors.Is(err, fault.Invalid) {
		t.Errorf("a proof by nobody: %v", err)
	}
}

func TestEveryMistypedLetterOfALineIsFound(t *testing.T) {
	cfg, shares := callees(t, [16]byte{1})
	call := seal.NewCall(seal.RollCall, cfg.Cluster, callTime)
	proof := proofOf(t, shares[2], call)
	for _, c := range []struct {
		line string
		read func([]byte) error
	}{
		{call.Line(), func(b []byte) error { _, err := seal.ParseCall(b); return err }},
		{proof.Line(), func(b []byte) error { _, err := seal.ParseCallProof(b); return err }},
	} {
		for i := range c.line {
			b := []byte(c.line)
			if b[i] = 'q'; c.line[i] == 'q' {
				b[i] = 'p'
			}
			if err := c.read(b); !errors.Is(err, fault.Invalid) {
				t.Errorf("letter %d: %v", i+1, err)
			}
		}
		for _, b := range []string{"", c.line[:len(c.line)-1], c.line + "q", strings.Repeat(c.line, 3), "qshare1qqqq"} {
			if err := c.read([]byte(b)); !errors.Is(err, fault.Invalid) {
				t.Errorf("%.20q: %v", b, err)
			}
		}
	}
}

func TestProofsDoNotShowTheShare(t *testing.T) {
	cfg, shares := callees(t, [16]byte{1})
	call := seal.NewCall(seal.RollCall, cfg.Cluster, callTime)
	p := proofOf(t, shares[0], call)
	_ = shares[0].Line(func(line []byte) error {
		secret := string(line[20 : len(line)-6])
		if strings.Contains(p.Line()+call.Line()+fmt.Sprintf("%+v", p), secret[:16]) {
			t.Error("a line of a proof holds a piece of the share")
		}
		return nil
	})
}

func FuzzParseCall(f *testing.F) {
	f.Add([]byte(seal.NewCall(seal.RollCall, [16]byte{1}, callTime).Line()))
	f.Add([]byte(seal.NewCall(seal.RootTokenCall, [16]byte{1}, callTime).Line()))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := seal.ParseCall(text)
		if err != nil {
			return
		}
		if c.Line() != strings.ToLower(strings.TrimSpace(string(text))) {
			t.Errorf("%q is read as %q", text, c.Line())
		}
	})
}

func FuzzParseCallProof(f *testing.F) {
	cfg, shares := callees(f, [16]byte{1})
	call := seal.NewCall(seal.RollCall, cfg.Cluster, callTime)
	own := proofOf(f, shares[0], call).Line()
	f.Add([]byte(own))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := seal.ParseCallProof(text)
		if err != nil {
			return
		}
		if p.Line() != strings.ToLower(strings.TrimSpace(string(text))) {
			t.Errorf("%q is read as %q", text, p.Line())
		}
		if cfg.CheckProof(call, p) == nil && p.Line() != own {
			t.Errorf("a forged proof is taken: %q", text)
		}
	})
}

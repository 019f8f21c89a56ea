package seal_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

func TestShareIsOneShortLine(t *testing.T) {
	_, _, lines := create(t, 5, 3)
	for i, line := range lines {
		if len(line) != 81 || !bytes.HasPrefix(line, []byte("qshare1")) || len(line) > 90 {
			t.Errorf("share %d has %d letters", i+1, len(line))
		}
		s := parse(t, line)
		if s.Index() != i+1 || s.Threshold() != 3 || s.Epoch() != 1 || s.Fingerprint() != seal.Fingerprint(cluster) || s.Fingerprint() != "3fa2b1c09d44" {
			t.Errorf("share %d reads as %v", i+1, s)
		}
		err := s.Line(func(again []byte) error {
			if !bytes.Equal(again, line) {
				t.Errorf("printed again: other letters")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestShareIsReadWithSpaceAroundItAndInCapitals(t *testing.T) {
	_, _, lines := create(t, 2, 2)
	for _, text := range [][]byte{
		append([]byte(" \t\n"), append(bytes.Clone(lines[0]), "\r\n"...)...),
		bytes.ToUpper(lines[0]),
		append([]byte("QShare1"), lines[0][7:]...),
	} {
		before := bytes.Clone(text)
		parse(t, text)
		if !bytes.Equal(before, text) {
			t.Error("the caller's text was changed")
		}
	}
}

func TestEveryMistypedLetterIsRefusedAndLocated(t *testing.T) {
	_, _, lines := create(t, 3, 2)
	line := lines[1]
	for at := range line {
		for _, letter := range []byte(alphabet + "1bio!") {
			if line[at] == letter {
				continue
			}
			typo := bytes.Clone(line)
			typo[at] = letter
			_, err := seal.ParseShare(typo)
			refused(t, err, fault.Invalid, "checksum", fmt.Sprintf("letter %d ", at+1))
			if err == nil {
				t.Fatalf("letter %d changed to %c is accepted", at+1, letter)
			}
			if strings.Contains(err.Error(), string(line[7:15])) || strings.Contains(err.Error(), string(typo[7:15])) {
				t.Fatalf("the share's letters are in %q", err)
			}
		}
	}
}

func TestTwoMistypedLettersAreRefused(t *testing.T) {
	_, _, lines := create(t, 3, 2)
	line := bytes.Clone(lines[0])
	for i := 7; i+1 < len(line); i++ {
		typo := bytes.Clone(line)
		typo[i], typo[i+1] = typo[i+1], typo[i]
		if bytes.Equal(typo, line) {
			continue
		}
		_, err := seal.ParseShare(typo)
		refused(t, err, fault.Invalid, "checksum", "more than one letter")
	}
}

func TestWhatIsNoShareIsNamed(t *testing.T) {
	_, _, lines := create(t, 2, 2)
	line := string(lines[0])
	good := parse(t, lines[0])
	_ = good
	payload := func(edit func(p []byte)) string {
		_, values, err := seal.Bech32Decode([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		p, err := seal.Bech32Pack(nil, values[:len(values)-6])
		if err != nil {
			t.Fatal(err)
		}
		edit(p)
		return string(seal.Bech32Encode(nil, "qshare", p))
	}
	for name, c := range map[string]struct {
		text  string
		words []string
	}{
		"nothing":       {"", []string{"not a share"}},
		"a token":       {"qt_abcdefghijkl", []string{"not a share"}},
		"same length":   {strings.Repeat("x", 81), []string{"not a share"}},
		"too short":     {line[:80], []string{"81 letters", "has 80", "checksum"}},
		"too long":      {line + "q", []string{"81 letters", "has 82", "checksum"}},
		"very long":     {line + strings.Repeat("q", 1<<20), []string{"81 letters"}},
		"space inside":  {line[:20] + " " + line[21:], []string{"letter 21 ", "alphabet"}},
		"not ASCII":     {line[:20] + "\xff" + line[21:], []string{"letter 21 ", "alphabet"}},
		"format":        {payload(func(p []byte) { p[0] = 2 }), []string{"format 2"}},
		"no such value": {payload(func(p []byte) { copy(p[10:], bytes.Repeat([]byte{0xff}, 32)) }), []string{"value"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := seal.ParseShare([]byte(c.text))
			refused(t, err, fault.Invalid, c.words...)
		})
	}
}

func TestForeignOldAndAlteredSharesAreNamed(t *testing.T) {
	c, o, lines := create(t, 3, 2)
	_, foreign, foreignLines, err := seal.Create(otherCluster, 3, 2, start)
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Destroy()
	refused(t, parse(t, foreignLines[0]).Check(c), fault.Invalid, "another cluster", "aabbccddeeff", "3fa2b1c09d44")

	next, newLines, err := o.Rekey(t.Context(), c, 2, 2, start)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, parse(t, lines[0]).Check(next), fault.Invalid, "epoch 1", "epoch 2")
	refused(t, parse(t, newLines[0]).Check(c), fault.Invalid, "epoch 2", "epoch 1")

	edit := func(change func(p []byte)) *seal.Share {
		_, values, _ := seal.Bech32Decode(bytes.Clone(lines[0]))
		p, _ := seal.Bech32Pack(nil, values[:len(values)-6])
		change(p)
		return parse(t, seal.Bech32Encode(nil, "qshare", p))
	}
	if err := edit(func([]byte) {}).Check(c); err != nil {
		t.Fatal(err)
	}
	refused(t, edit(func(p []byte) { p[9] = 3<<4 | 1 }).Check(c), fault.Invalid, "share 4", "3 shares")
	refused(t, edit(func(p []byte) { p[9] = 1<<4 | 1 }).Check(c), fault.Invalid, "share 2 was altered")
	refused(t, edit(func(p []byte) { p[9] = 2 }).Check(c), fault.Invalid, "share 1 was altered")
	refused(t, edit(func(p []byte) { p[20] ^= 1 }).Check(c), fault.Invalid, "share 1 was altered", "not the share that was handed out")
	for _, line := range lines {
		if err := parse(t, line).Check(c); err != nil {
			t.Error(err)
		}
	}
}

func TestCustodianSignsForOnePurposeOnly(t *testing.T) {
	c, o, lines := create(t, 3, 2)
	s := parse(t, lines[1])
	signature, err := s.Sign(cluster, "roll-call", []byte("challenge"))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.VerifyCustodian(2, "roll-call", []byte("challenge"), signature); err != nil {
		t.Error(err)
	}
	refused(t, c.VerifyCustodian(1, "roll-call", []byte("challenge"), signature), fault.Denied)
	refused(t, c.VerifyCustodian(2, "approval", []byte("challenge"), signature), fault.Denied)
	refused(t, c.VerifyCustodian(2, "roll-call", []byte("challenge2"), signature), fault.Denied)
	refused(t, c.VerifyCustodian(2, "roll-call", []byte("challenge"), nil), fault.Denied)
	refused(t, c.VerifyCustodian(4, "roll-call", []byte("challenge"), signature), fault.Invalid)
	next, _, err := o.Rekey(t.Context(), c, 3, 2, start)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, next.VerifyCustodian(2, "roll-call", []byte("challenge"), signature), fault.Denied)
	s.Destroy()
	_, err = s.Sign(cluster, "roll-call", nil)
	refused(t, err, fault.Sealed)
}

func FuzzParseShare(f *testing.F) {
	_, o, lines, err := seal.Create(cluster, 3, 2, start)
	if err != nil {
		f.Fatal(err)
	}
	o.Destroy()
	f.Add(lines[0])
	f.Add(bytes.ToUpper(lines[1]))
	f.Add([]byte("qshare1"))
	f.Add([]byte("  qshare1\xff\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := seal.ParseShare(text)
		if err != nil {
			refused(t, err, fault.Invalid)
			return
		}
		defer s.Destroy()
		err = s.Line(func(line []byte) error {
			if !bytes.Equal(line, bytes.ToLower(bytes.TrimSpace(text))) {
				t.Errorf("%q printed again as %q", text, line)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

package main

import (
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/vaulttest"
)

// talkThen is what a command says to its user; when it says some words, something happens before it goes on.
type talkThen struct {
	strings.Builder
	words string
	do    func()
}

func (w *talkThen) Write(b []byte) (int, error) {
	n, err := w.Builder.Write(b)
	if w.do != nil && strings.Contains(w.String(), w.words) {
		w.do()
		w.do = nil
	}
	return n, err
}

// opensWith tells whether these shares, one a line, open a cluster that is sealed for it.
func opensWith(t *testing.T, f *vaulttest.Fixture, s *shell, shares string) bool {
	t.Helper()
	if err := f.Vault(0).Seal(t.Context(), f.Root(), false); err != nil {
		t.Fatal(err)
	}
	var talk strings.Builder
	run(t.Context(), append(s.common, "operator", "unseal", "-"), &app{in: strings.NewReader(shares), out: io.Discard, talk: &talk})
	return !f.Vault(0).Sealed()
}

// New shares that are in files take effect by what the files say: one that the disk damaged, lost or mixed up ends the change before it
// does, with the file's name, and the present shares stay.
func TestNewSharesAreReadBackFromTheirFiles(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(dir string) error
		names  string // the file that is to be named; "": the change takes effect
	}{
		"whole": {func(string) error { return nil }, ""},
		"a letter is wrong": {func(dir string) error {
			return alter(filepath.Join(dir, "share-2.txt"), func(b []byte) []byte { b[30] ^= 1; return b })
		}, "share-2.txt"},
		"cut off": {func(dir string) error {
			return alter(filepath.Join(dir, "share-3.txt"), func(b []byte) []byte { return b[:40] })
		}, "share-3.txt"},
		"empty": {func(dir string) error {
			return alter(filepath.Join(dir, "share-3.txt"), func([]byte) []byte { return nil })
		}, "share-3.txt"},
		"gone": {func(dir string) error { return os.Remove(filepath.Join(dir, "share-1.txt")) }, "share-1.txt"},
		"another one's": {func(dir string) error {
			b, err := os.ReadFile(filepath.Join(dir, "share-1.txt"))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "share-2.txt"), b, 0o600)
		}, "share-2.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			f := vaulttest.New(t, vaulttest.WithShares(3, 2))
			s, dir := shellAt(t, f, 0), filepath.Join(t.TempDir(), "new")
			talk := &talkThen{words: "The new shares are in ", do: func() {
				if err := c.damage(dir); err != nil {
					t.Error(err)
				}
			}}
			args := append(s.common, "operator", "rekey", "--shares", "3", "--threshold", "2", "--out", dir, "-")
			code := run(t.Context(), args, &app{in: strings.NewReader(lines(f, 1, 2)), out: io.Discard, talk: talk})
			said := talk.String()
			if talk.do != nil {
				t.Fatalf("nothing was damaged: %s", said)
			}
			if c.names == "" {
				fresh, err := os.ReadFile(filepath.Join(dir, "share-1.txt"))
				more, err2 := os.ReadFile(filepath.Join(dir, "share-3.txt"))
				if code != 0 || err != nil || err2 != nil || !strings.Contains(said, "are in effect now") || !opensWith(t, f, s, string(fresh)+string(more)) {
					t.Errorf("exit code %d, %v, %v: %s", code, err, err2, said)
				}
				return
			}
			if code != 2 || !strings.Contains(said, filepath.Join(dir, c.names)+" ") || strings.Contains(said, "are in effect now") || !strings.Contains(said, "rekey --cancel") {
				t.Errorf("exit code %d: %s", code, said)
			}
			s.run(0, "", "operator", "rekey", "--cancel")
			if !opensWith(t, f, s, lines(f, 1, 3)) {
				t.Error("the present shares do not open it")
			}
		})
	}
}

func alter(path string, how func([]byte) []byte) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, how(b), 0o600)
}

// At a terminal whoever wrote a new share down is asked for it; what nobody can type or read back is not handed back at all.
func TestNewSharesAreAskedForAtATerminal(t *testing.T) {
	f := vaulttest.New(t, vaulttest.WithShares(3, 2))
	s := shellAt(t, f, 0)
	term, err := kit.NewTerminal("")
	if err != nil {
		t.Skipf("no terminal can be made here: %v", err)
	}
	defer term.Close()
	shown, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer shown.Close()
	args := append(s.common, "operator", "rekey", "--shares", "2", "--threshold", "2")
	for _, i := range []string{"1", "2"} {
		file := filepath.Join(t.TempDir(), i)
		if err := os.WriteFile(file, []byte(lines(f, int(i[0]-'0'))), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--share-file", file)
	}
	talk := &talkThen{}
	ended := make(chan int, 1)
	go func() {
		ended <- run(t.Context(), args, &app{in: term.Side, out: out, talk: io.MultiWriter(talk, term.Side)})
		_ = out.Close()
	}()
	asked := func(words string) {
		t.Helper()
		if err := kit.Attempt(20*time.Second, func() error {
			if !strings.Contains(term.Seen(), words) {
				return os.ErrNotExist
			}
			return nil
		}); err != nil {
			t.Fatalf("it does not ask %q: %s", words, term.Seen())
		}
	}
	asked("New share (0 of 2 so far): ")
	b := make([]byte, 4096)
	n, err := shown.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	fresh := regexp.MustCompile(`qshare1[a-z0-9]+`).FindAllString(string(b[:n]), -1)
	if len(fresh) != 2 {
		t.Fatalf("%d new shares are shown: %s", len(fresh), b[:n])
	}
	for _, typed := range []struct{ line, next string }{
		{string(f.Shares()[0]), "keep it"}, // a present share is no new one
		{fresh[1], "New share (1 of 2 so far): "},
		{fresh[0], "are in effect now"},
	} {
		if err := term.Type(typed.line + "\n"); err != nil {
			t.Fatal(err)
		}
		asked(typed.next)
	}
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d: %s", code, term.Seen())
	}
	if !opensWith(t, f, s, strings.Join(fresh, "\n")) {
		t.Error("the new shares do not open it")
	}

	// Without a terminal and without --out.
	g := vaulttest.New(t, vaulttest.WithShares(3, 2))
	s = shellAt(t, g, 0)
	_, said := s.run(0, lines(g, 1, 2), "operator", "rekey", "--shares", "3", "--threshold", "2", "-")
	if !strings.Contains(said, "NOT in effect yet: 0 of 3") || !strings.Contains(said, "rekey --resume") {
		t.Errorf("it says %s", said)
	}
	if e, err := g.Vault(0).Rekeying(t.Context(), g.Root()); err != nil || e.Progress.Have != 0 || e.Phase != "verify" {
		t.Errorf("%+v, %v", e, err)
	}
}

// Shares that cannot be the present ones begin nothing. Where only the leader can tell, it is said that the change has begun, and how to go
// on; whoever goes on may give a share that is in already.
func TestARekeyAfterAMistakeGoesOn(t *testing.T) {
	f, g := vaulttest.New(t, vaulttest.WithShares(3, 2)), vaulttest.New(t, vaulttest.WithShares(3, 2))
	s, dir := shellAt(t, f, 0), t.TempDir()
	begin := []string{"operator", "rekey", "--shares", "3", "--threshold", "2", "--no-confirm"}
	file := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	one, two, foreign := file("one", lines(f, 1)), file("two", lines(f, 2)), file("foreign", lines(g, 1))
	_, said := s.run(2, "", append(begin, "--share-file", one, "--share-file", foreign)...)
	if !strings.Contains(said, foreign+" is no present share") || !strings.Contains(said, "another cluster") || !strings.Contains(said, "Nothing was begun") {
		t.Errorf("of a foreign share it says %s", said)
	}
	s.run(4, "", "operator", "rekey", "--status")

	altered := file("altered", alteredShare(t, f))
	_, said = s.run(2, "", append(begin, "--share-file", one, "--share-file", altered)...)
	if !strings.Contains(said, "has begun, and 1 of 2 present shares are in") || !strings.Contains(said, "--resume") || !strings.Contains(said, "--cancel") {
		t.Errorf("of a share that only the leader can judge it says %s", said)
	}
	_, said = s.run(0, "", "operator", "rekey", "--resume", "--no-confirm", "--share-file", one, "--share-file", two)
	if !strings.Contains(said, "share 1 is in already; it is passed over") || !strings.Contains(said, "NOT in effect yet: 0 of 3") {
		t.Errorf("going on, it says %s", said)
	}
}

// alteredShare is a line with a right checksum that is nobody's share: another cluster's value under this one's name.
func alteredShare(t *testing.T, f *vaulttest.Fixture) string {
	t.Helper()
	id, err := hex.DecodeString(strings.ReplaceAll(f.Vault(0).Status(t.Context()).Cluster, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	_, opened, made, err := seal.Create([16]byte(id), 3, 2, time.Unix(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	opened.Destroy()
	return string(made[1]) + "\n"
}

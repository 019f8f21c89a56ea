package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/fault"
)

// promptSecret asks for a line that is not shown. fault.Invalid where nobody can be asked.
func (a *app) promptSecret(ctx context.Context, prompt string) ([]byte, error) {
	f, ok := a.in.(*os.File)
	if !ok || !isTerminal(f) {
		return nil, fault.New(fault.Invalid, "a secret is needed, and there is no terminal to ask for it").WithHint("Give it in a file or by standard input; --help says how.")
	}
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("asking on the terminal: %w", err)
	}
	// The read cannot be called back: on Ctrl-C the terminal gets its echo back and the process ends here.
	stop := context.AfterFunc(ctx, func() {
		_ = term.Restore(fd, before) // nothing better can be done on the way out
		fmt.Fprintln(a.talk)
		os.Exit(exitInterrupted)
	})
	defer stop()
	fmt.Fprint(a.talk, prompt)
	line, err := term.ReadPassword(fd)
	fmt.Fprintln(a.talk)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fault.New(fault.Invalid, "nothing was entered")
		}
		return nil, fmt.Errorf("asking on the terminal: %w", err)
	}
	return line, nil
}

const (
	maxShareFile = 64 << 10
	maxShares    = 64
)

// shares yields the key shares that the user hands in: from arguments, files, standard input, or prompts.
type shares struct {
	app    *app
	lines  [][]byte // given; each was looked at already
	from   []string // the file of each line, where that is known
	sealed bool     // lines are files, encrypted to a request
	prompt bool     // ask for them, one by one, until nobody needs more
	back   bool     // each of them is to be new to the cluster: none is passed over
	label  string   // what is asked for; "": a share
	next   int
}

// openShares collects what is given, and refuses mistyped shares before any is sent.
func (a *app) openShares(args, files []string) (*shares, error) {
	s := &shares{app: a}
	for _, arg := range args {
		if arg == "-" {
			files = append(files, "-")
			continue
		}
		s.lines = append(s.lines, []byte(arg))
		s.from = append(s.from, "")
	}
	if len(s.lines) > 0 {
		a.warnFlag(nil, "a share as an argument")
	}
	if len(args) == 0 && len(files) == 0 {
		if isTerminal(a.in) {
			s.prompt = true
			return s, nil
		}
		files = []string{"-"}
	}
	for _, path := range files {
		b, err := a.readSmall(path, maxShareFile)
		if err != nil {
			return nil, err
		}
		found := shareLines(b)
		if len(found) == 0 {
			return nil, fault.New(fault.Invalid, "there is no share in %s", path).WithHint("A share is a line that begins with qshare1.")
		}
		for range found {
			s.from = append(s.from, path)
		}
		s.lines = append(s.lines, found...)
	}
	if len(s.lines) > maxShares {
		return nil, fault.New(fault.Invalid, "%d shares are given, more than any cluster has", len(s.lines))
	}
	for i, line := range s.lines {
		if err := checkShare(line); err != nil {
			if len(s.lines) > 1 {
				a.say("The %s of the shares given is wrong; none was sent.", ordinal(i+1))
			}
			return nil, err
		}
	}
	return s, nil
}

// shareLines finds the shares in a file: its lines that are not blank and not comments, without the "Share 1:" that
// init prints before them.
func shareLines(b []byte) [][]byte {
	var found [][]byte
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, maxShareFile)
	for sc.Scan() {
		line := bytes.TrimSpace(sc.Bytes())
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if _, after, ok := bytes.Cut(line, []byte(": ")); ok && bytes.HasPrefix(line, []byte("Share ")) {
			line = bytes.TrimSpace(after)
		}
		found = append(found, bytes.Clone(line))
	}
	return found
}

// checkShare names a mistyped letter before anything is sent.
func checkShare(line []byte) error {
	s, err := seal.ParseShare(line)
	if err != nil {
		return err
	}
	s.Destroy()
	return nil
}

// where names the file of a share that was given, or how many came before it.
func (s *shares) where(i int) string {
	if i < len(s.from) && s.from[i] != "" && s.from[i] != "-" {
		return s.from[i]
	}
	return "the " + ordinal(i+1) + " share given"
}

// take returns the next share; ok is false when all that were given are used up.
func (s *shares) take(ctx context.Context, have, need int) (line []byte, ok bool, err error) {
	if !s.prompt {
		if s.next == len(s.lines) {
			return nil, false, nil
		}
		s.next++
		return s.lines[s.next-1], true, nil
	}
	for {
		label := nonEmpty(s.label, "Share")
		if need > 0 {
			label = fmt.Sprintf("%s (%d of %d so far)", label, have, need)
		}
		line, err := s.app.promptSecret(ctx, label+": ")
		if err != nil {
			return nil, false, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return nil, false, nil
		}
		if err := checkShare(line); err != nil {
			f := fault.Of(err)
			s.app.say("%s. %s", f.Message, f.NextStep())
			clear(line)
			continue
		}
		return line, true, nil
	}
}

// clear wipes what was given.
func (s *shares) clear() {
	for _, l := range s.lines {
		clear(l)
	}
}

func ordinal(n int) string {
	switch {
	case n%100 >= 11 && n%100 <= 13:
		return fmt.Sprintf("%dth", n)
	case n%10 == 1:
		return fmt.Sprintf("%dst", n)
	case n%10 == 2:
		return fmt.Sprintf("%dnd", n)
	case n%10 == 3:
		return fmt.Sprintf("%drd", n)
	}
	return fmt.Sprintf("%dth", n)
}

package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/vault/fault"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"quorate": main, "start-and-end": startAndEnd})
}

// printedShares are real shares, which the command line checks before it sends them.
func printedShares(t testing.TB, n int) []string {
	t.Helper()
	id, err := hex.DecodeString(strings.ReplaceAll(clienttest.ClusterID, "-", ""))
	if err != nil {
		t.Fatal(err)
	}
	_, opened, lines, err := seal.Create([16]byte(id), n, 2, time.Unix(1, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(opened.Destroy)
	all := make([]string, len(lines))
	for i, l := range lines {
		all[i] = string(l)
	}
	return all
}

func TestCommandLine(t *testing.T) {
	type node struct{}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			tb := e.T().(testing.TB)
			n := clienttest.New(tb)
			shares := printedShares(tb, 3)
			n.SetShares(shares)
			e.Values[node{}] = n
			ca := filepath.Join(e.WorkDir, "ca.crt")
			if err := os.WriteFile(ca, n.PEM(), 0o600); err != nil {
				return err
			}
			for i, s := range shares {
				if err := os.WriteFile(filepath.Join(e.WorkDir, fmt.Sprintf("share%d", i+1)), []byte(s+"\n"), 0o600); err != nil {
					return err
				}
			}
			e.Setenv("QUORATE_ADDR", n.URL)
			e.Setenv("QUORATE_CACERT", ca)
			e.Setenv("QUORATE_TOKEN", clienttest.RootToken)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"fail": func(ts *testscript.TestScript, _ bool, args []string) {
				k, ok := fault.Parse(args[0])
				if !ok {
					ts.Fatalf("no kind %s", args[0])
				}
				times, err := strconv.Atoi(args[1])
				ts.Check(err)
				ts.Value(node{}).(*clienttest.Server).Fail(k, times)
			},
			"encrypted": func(ts *testscript.TestScript, _ bool, _ []string) { // the shares that are handed out from here on
				ts.Value(node{}).(*clienttest.Server).SetShares([]string{"-----BEGIN SHARE 1-----", "-----BEGIN SHARE 2-----", "-----BEGIN SHARE 3-----"})
			},
			"fresh": func(ts *testscript.TestScript, _ bool, _ []string) { ts.Value(node{}).(*clienttest.Server).SetFresh() },
			"sealed": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Value(node{}).(*clienttest.Server).SetSealed(true, 2)
			},
			"sent": func(ts *testscript.TestScript, neg bool, args []string) {
				all := strings.Join(ts.Value(node{}).(*clienttest.Server).Requests(), "\n")
				if strings.Contains(all, args[0]) == neg {
					ts.Fatalf("requests:\n%s", all)
				}
			},
			"code": code,
			"flip": func(ts *testscript.TestScript, _ bool, args []string) {
				b := []byte(ts.ReadFile(args[0]))
				b[len(b)-5] ^= 1
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o600))
			},
			"mode": func(ts *testscript.TestScript, _ bool, args []string) {
				info, err := os.Stat(ts.MkAbs(args[0]))
				ts.Check(err)
				if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[1] {
					ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
				}
			},
			"size": func(ts *testscript.TestScript, _ bool, args []string) {
				if got := fmt.Sprint(len(ts.ReadFile(args[0]))); got != args[1] {
					ts.Fatalf("%s has %s bytes, want %s", args[0], got, args[1])
				}
			},
			"big": func(ts *testscript.TestScript, _ bool, args []string) {
				n, err := strconv.Atoi(args[1])
				ts.Check(err)
				b := make([]byte, n)
				_, _ = rand.Read(b)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
			},
			"only": func(ts *testscript.TestScript, _ bool, args []string) {
				entries, err := os.ReadDir(ts.MkAbs(args[0]))
				ts.Check(err)
				got := []string{}
				for _, e := range entries {
					got = append(got, e.Name())
				}
				if want := strings.Join(args[1:], " "); strings.Join(got, " ") != want {
					ts.Fatalf("%s holds %v, want %s", args[0], got, want)
				}
			},
			"mistype": func(ts *testscript.TestScript, _ bool, args []string) {
				s := []byte(strings.TrimSpace(ts.ReadFile(args[0])))
				if s[20] == 'q' {
					s[20] = 'p'
				} else {
					s[20] = 'q'
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), s, 0o600))
			},
		},
	})
}

// code runs the command line and holds it to an exit code: code N quorate ARGS… [< FILE as last two arguments].
func code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		var exit interface{ ExitCode() int }
		e, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		exit = e
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func TestExitCodesAreCompleteAndAsDocumented(t *testing.T) {
	want := map[string]int{
		"internal": 1, "invalid": 2, "too_large": 2, "unauthenticated": 3, "denied": 3, "not_found": 4, "exists": 5, "conflict": 5, "bad_state": 5,
		"sealed": 6, "no_leader": 6, "stale": 6, "busy": 6, "full": 6, "uncertain": 7,
	}
	for _, k := range fault.All() {
		if got, ok := exitCodes[k]; !ok || got != want[k.String()] {
			t.Errorf("%v: exit code %d, %v; want %d", k, got, ok, want[k.String()])
		}
	}
	if len(exitCodes) != len(fault.All()) {
		t.Errorf("%d codes for %d kinds", len(exitCodes), len(fault.All()))
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if c.Short == "" || strings.Contains(c.Short, "\n") || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: the summary is not one line: %q", c.CommandPath(), c.Short)
		}
		if len(c.Long) < 60 {
			t.Errorf("%s: no paragraph: %q", c.CommandPath(), c.Long)
		}
		if !strings.Contains(c.Example, "quorate ") {
			t.Errorf("%s: no example: %q", c.CommandPath(), c.Example)
		}
		for _, s := range c.Commands() {
			visit(s)
		}
	}
	root := newRoot(&app{in: os.Stdin, out: os.Stdout, talk: os.Stderr})
	visit(root)
	for _, construct := range commands {
		visit(construct(&app{}))
	}
}

// Whoever types a key's name can complete it, wherever a command takes one.
func TestEveryNameOfAKeyCanBeCompleted(t *testing.T) {
	var visit func(*cobra.Command)
	found, flags := 0, map[string]bool{}
	visit = func(c *cobra.Command) {
		for _, sub := range c.Commands() {
			visit(sub)
		}
		words := strings.Fields(c.Use)
		if len(words) > 1 && words[1] == "KEY" || slices.Contains(words, "PART...") {
			found++
			if c.ValidArgsFunction == nil {
				t.Errorf("%s does not complete its key", c.CommandPath())
			}
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if value, _ := pflag.UnquoteUsage(f); value != "key" || f.Name == "recipient" { // which is no key of the cluster
				return
			}
			found++
			flags[f.Name] = true
			if _, ok := c.GetFlagCompletionFunc(f.Name); !ok {
				t.Errorf("%s --%s does not complete its key", c.CommandPath(), f.Name)
			}
		})
	}
	visit(newRoot(&app{in: strings.NewReader(""), out: io.Discard, talk: io.Discard}))
	if found < 15 {
		t.Errorf("only %d names of keys were looked at", found)
	}
	for _, flag := range []string{"key", "like", "parent", "from", "by", "of", "target", "wrapping-key"} { // whose help says that they take a `key`
		if !flags[flag] {
			t.Errorf("no --%s was looked at", flag)
		}
	}
}

func TestALargeHeapGrowsLess(t *testing.T) {
	var p pace
	at := time.Now()
	for i, step := range []struct {
		after time.Duration
		share float64
		want  int
		small int
	}{
		{0, 0, 25, 100},
		{time.Second, .25, 50, 200},
		{time.Second, .25, 50, 200},
		{2 * time.Second, .15, 50, 200},
		{dearFor - 3*time.Second, .1, 50, 200},
		{time.Second, .1, 25, 100},
		{0, .21, 50, 200},
		{dearAgain, .3, 50, 300},
		{dearAgain, .9, 50, 300},
		{dearFor - 1, 0, 50, 300},
		{1, 0, 25, 100},
	} {
		at = at.Add(step.after)
		p.follow(at, step.share)
		if got := p.growth(1 << 30); got != step.want {
			t.Errorf("step %d: 1 GiB may grow by %d %%, want %d", i, got, step.want)
		}
		if got := p.growth(64 << 20); got != step.small {
			t.Errorf("step %d: 64 MiB may grow by %d %%, want %d", i, got, step.small)
		}
		if got := p.growth(largeHeap); got != 100 { // more would be more than a heap above it may take
			t.Errorf("step %d: %d MiB may grow by %d %%", i, largeHeap>>20, got)
		}
	}
	var c collector
	if c.share(1, 100, 50); c.share(2, 110, 56) != 0.25 || c.share(2, 110, 56) != 0 {
		t.Error("1 s of collecting among 4 s of computing is not a quarter, or nothing new is not nothing")
	}
	if os.Getenv("GOGC") != "" {
		t.Skip("GOGC is set")
	}
	live := make([]byte, 2*largeHeap) // never touched: it takes no memory, but counts
	runtime.GC()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	tuneMemory(over)
	if was := debug.SetGCPercent(100); was != growths[0] {
		t.Errorf("with a large heap the collector's target is %d %%", was)
	}
	runtime.KeepAlive(live)
}

func TestRenamingRefusesWhatAppearedMeanwhile(t *testing.T) {
	for _, named := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "out")
		o, err := createOut(path, 0o600, false)
		if err != nil {
			t.Fatal(err)
		}
		if named { // as on a file system without unnamed files
			o.discard()
			o.temp = hiddenName(path)
			if o.File, err = os.OpenFile(o.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := o.commit(); fault.KindOf(err) != fault.Exists {
			t.Errorf("got %v, want exists", err)
		}
		o.discard()
		if got, _ := os.ReadFile(path); string(got) != "theirs" {
			t.Errorf("the file holds %q", got)
		}
		if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
			t.Errorf("left behind: %v", entries)
		}
	}
}

func TestAnInterruptedEncryptionLeavesNothing(t *testing.T) {
	n := clienttest.New(t)
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca")
	if err := os.WriteFile(ca, n.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("QUORATE_TOKEN", clienttest.RootToken)
	t.Setenv("XDG_CONFIG_HOME", dir)
	common := []string{"--addr", n.URL, "--ca", ca}
	var talk strings.Builder
	if got := run(t.Context(), append(common, "key", "create", "k"), &app{in: strings.NewReader(""), out: &strings.Builder{}, talk: &talk}); got != 0 {
		t.Fatalf("create: exit code %d: %s", got, &talk)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := filepath.Join(dir, "out", "file")
	if err := os.Mkdir(filepath.Dir(out), 0o700); err != nil {
		t.Fatal(err)
	}
	source := &cancelling{cancel: cancel, after: 8 << 20}
	if got := run(ctx, append(common, "encrypt", "--key", "k", "-o", out), &app{in: source, out: &strings.Builder{}, talk: &talk}); got != exitInterrupted {
		t.Errorf("exit code %d, want %d", got, exitInterrupted)
	}
	if entries, _ := os.ReadDir(filepath.Dir(out)); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

// cancelling is an endless source that pulls the plug.
type cancelling struct {
	cancel func()
	after  int
}

func (c *cancelling) Read(p []byte) (int, error) {
	if c.after -= len(p); c.after < 0 {
		c.cancel()
	}
	clear(p)
	return len(p), nil
}

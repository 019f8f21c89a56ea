package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/key"
)

var update = flag.Bool("update", false, "write the state machine into vault/DESIGN.md anew")

// The design shows the state machine that runs: what `quorate key states` prints.
func TestTheDesignShowsTheStateMachineThatRuns(t *testing.T) {
	const (
		file  = "../../vault/DESIGN.md"
		begin = "<!-- quorate key states; go test ./cmd/quorate -run StateMachine -update -->\n```\n"
		end   = "```\n<!-- end of quorate key states -->\n"
	)
	var printed bytes.Buffer
	if err := writeStates(&printed, stateRules()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	shown, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no state machine between its markers", file)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+printed.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if shown != printed.String() {
		t.Errorf("%s shows\n%sbut the vault goes by\n%s", file, shown, printed.String())
	}
}

// Every rule has a verdict for every state, so that no cell of the table is empty by accident.
func TestEveryCellOfTheStateMachineIsPrinted(t *testing.T) {
	for _, r := range stateRules() {
		if len(r.Verdicts) != len(key.States)+1 { // and the archive
			t.Errorf("%s has %d verdicts", r.Operation, len(r.Verdicts))
		}
	}
	for n := range 256 {
		if s := key.State(n); s.String() != "unknown" && !strings.Contains(printedStates(t), strings.ToUpper(s.String())) {
			t.Errorf("the state %s is not printed", s)
		}
	}
}

func printedStates(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := writeStates(&b, stateRules()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

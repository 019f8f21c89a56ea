package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/vault/key"
)

// stateRule is one row of the state machine as it is printed.
type stateRule struct {
	Operation string            `json:"operation"`
	Verdicts  map[string]string `json:"verdicts"` // by state, and inArchive: yes, policy or bad_state
}

// inArchive is the column of what an active key allows while it is in the archive, which is no state.
const inArchive = "archived"

func newKeyStatesCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "states",
		Short: "Print what each state of a key allows",
		Long: `Print the state machine that every node goes by: for each operation and state "yes", "bad_state" (the error that it
gives), or "policy": only where a policy's scope names the action "open-compromised", otherwise bad_state. A version allows no more than
its own state and its key's both allow; material, exports and backups also take versions that a rotation replaced. The archive is
no state: its column is of an active key that is in it. No node is asked.`,
		Example: `  quorate key states
  quorate key states --format json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			rules := stateRules()
			return a.result(rules, func(w io.Writer) error { return writeStates(w, rules) })
		},
	}
}

func stateRules() []stateRule {
	all := make([]stateRule, 0, len(key.Rules))
	for _, r := range key.Rules {
		row := stateRule{Operation: string(r.Operation), Verdicts: map[string]string{}}
		for _, s := range key.States {
			row.Verdicts[s.String()] = s.Permits(r.Operation).String()
		}
		row.Verdicts[inArchive] = key.Active.InArchive(r.Operation).String()
		all = append(all, row)
	}
	return all
}

func writeStates(w io.Writer, rules []stateRule) error {
	head := []string{"OPERATION"}
	for _, s := range key.States {
		head = append(head, strings.ToUpper(s.String()))
	}
	head = append(head, strings.ToUpper(inArchive))
	var rows [][]string
	for _, r := range rules {
		row := []string{r.Operation}
		for _, s := range key.States {
			row = append(row, r.Verdicts[s.String()])
		}
		rows = append(rows, append(row, r.Verdicts[inArchive]))
	}
	return table(w, head, rows)
}

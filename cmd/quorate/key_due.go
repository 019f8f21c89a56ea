package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// dueStep is what the cluster will do to a key by itself.
type dueStep struct {
	At      string `json:"at"`
	Step    string `json:"step"` // activate, rotate, deactivate or destroy
	Version uint32 `json:"version,omitempty"`
	Held    string `json:"held,omitempty"` // why it was put off until then: in-use
	Name    string `json:"name"`
	ID      string `json:"id"`
	State   string `json:"state"`
}

func newKeyDueCmd(a *app) *cobra.Command {
	var q client.KeyQuery
	var within string
	var most int
	cmd := &cobra.Command{
		Use:   "due [PREFIX]",
		Short: "Show what the cluster will do to keys by itself, soonest first",
		Long: `Show the next thing that happens to each key without anybody asking: rotation, activation, deactivation or
destruction. What is overdue comes first: the cluster does it as soon as it has an open leader. A destruction that is held was due
before, and what it is to end was in use: the cluster looks again at the time shown.`,
		Example: `  quorate key due --within 30d
  quorate key due disks/ --tag env=prod --format json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			if most < 0 {
				return fault.New(fault.Invalid, "--limit is %d, and there is no list that short", most).WithHint("Give a number from 1.")
			}
			if len(args) == 1 {
				q.Prefix = args[0]
			}
			if within != "" {
				d, err := key.ParsePeriod(within)
				if err != nil {
					return fault.New(fault.Invalid, "--within: %s", fault.Of(err).Message).WithHint("Durations look like 30d, 36h or 15m.")
				}
				q.DueBefore = time.Now().Add(d).UTC().Format("2006-01-02T15:04:05.000Z07:00")
			}
			q.Sort = "due"
			keys, more, err := a.find(cmd, q, most)
			if err != nil {
				return err
			}
			if more && !cmd.Flags().Changed("limit") {
				a.say("the first %d are shown; --limit 0 shows all", most)
			}
			steps := make([]dueStep, 0, len(keys))
			for i := range keys {
				steps = append(steps, nextStep(&keys[i]))
			}
			return a.result(map[string]any{"due": steps}, func(w io.Writer) error { return writeSteps(w, steps) })
		},
	}
	a.filterFlags(cmd, &q)
	cmd.Flags().StringVar(&within, "within", "", "only what happens within this `duration`, such as 30d")
	cmd.Flags().IntVar(&most, "limit", listed, "at most this `number` of keys; 0: all")
	return cmd
}

func writeSteps(w io.Writer, steps []dueStep) error {
	rows := make([][]string, 0, len(steps))
	for _, s := range steps {
		what := s.Step
		if s.Version > 0 {
			what += fmt.Sprint(" version ", s.Version)
		}
		if s.Held != "" {
			what += " (held: " + printable(s.Held) + ")"
		}
		rows = append(rows, []string{s.At, what, nonEmpty(s.Name, s.ID), s.State})
	}
	return table(w, []string{"WHEN", "WHAT", "KEY", "STATE"}, rows)
}

// nextStep is the first thing that will happen to a key by itself; At is "" if there is none. It follows the record's
// dates as the cluster does: a date counts only in the states in which it acts.
func nextStep(r *api.Record) dueStep {
	next := dueStep{Name: r.Name, ID: r.ID, State: r.State}
	may := func(at, step string, version uint32, held string) {
		if at != "" && (next.At == "" || at < next.At) { // RFC 3339 in UTC of one width: as text it sorts as time
			next.At, next.Step, next.Version, next.Held = at, step, version, held
		}
	}
	destroys := func(state string) bool { // the cluster waits with it in any other state
		st, err := key.ParseState(state)
		return err == nil && st.Permits(key.ToDestroy) == key.Allowed
	}
	if destroys(r.State) {
		may(r.DestroyAt, "destroy", 0, r.DestroyHeld)
	}
	switch r.State {
	case "pre-active":
		may(r.ActivateAt, "activate", 0, "")
	case "active":
		may(r.DeactivateAt, "deactivate", 0, "")
		may(r.NextRotation, "rotate", 0, "")
	case "suspended":
		may(r.DeactivateAt, "deactivate", 0, "")
	}
	for i := range r.Versions {
		if v := &r.Versions[i]; destroys(v.State) && r.State != "destroyed" && r.State != "destroyed-compromised" {
			may(v.DestroyAt, "destroy", v.Version, v.DestroyHeld)
		}
	}
	return next
}

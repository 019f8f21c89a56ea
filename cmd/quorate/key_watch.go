package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
)

func newKeyWatchCmd(a *app) *cobra.Command {
	var q client.WatchQuery
	var count int
	cmd := &cobra.Command{
		Use:   "watch [PREFIX]",
		Short: "Follow changes of the keys that you may see, as they happen",
		Long: `Follow changes of keys until it is interrupted: a line for each, or with --format json a JSON object a line. It goes
on with another node when one is lost, so a change may be told twice. What else matters is told on standard error: when
changes may have been missed, so that keys should be listed anew, and when a node cannot prove its state recent.`,
		Example: `  quorate key watch
  quorate key watch disks/ --tag env=prod --format json
  quorate key watch --key billing --count 1`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			if len(args) == 1 {
				q.Prefix = args[0]
			}
			told := 0
			for e, err := range c.Watch(cmd.Context(), q) {
				if err != nil {
					return err
				}
				if err := a.told(&e); err != nil {
					return fmt.Errorf("writing the result: %w", err)
				}
				if e.Event == api.EventKey {
					told++
				}
				if told == count && count > 0 {
					break
				}
			}
			return cmd.Context().Err()
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&q.Tags, "tag", nil, "only keys with this tag: `name or name=value`; repeatable, then all of them")
	f.StringVar(&q.Key, "key", "", "only this `key`; the permission to read it is enough")
	f.Uint64Var(&q.After, "after", 0, "begin behind this `index`, if it is still remembered (default: now)")
	f.IntVar(&count, "count", 0, "end after this `number` of changes (default: go on)")
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeyFlag)
	return cmd
}

// told writes one event.
func (a *app) told(e *api.WatchEvent) error {
	if a.format == "json" {
		return json.NewEncoder(a.out).Encode(struct {
			Event string `json:"event"`
			*api.WatchEvent
		}{e.Event, e})
	}
	switch e.Event {
	case api.EventReady:
		if a.verbose {
			a.say("complete from index %d on", e.Index)
		}
	case api.EventReset:
		a.say("changes may have been missed (%s): list the keys anew", printable(e.Reason))
	case api.EventStale:
		a.say("the node cannot prove its state recent (%s); it goes on when it can", printable(e.Reason))
	case api.EventKey:
		return writeChange(a.out, e, time.Now())
	}
	return nil
}

// writeChange writes a change in columns that stay in line for names of usual length.
func writeChange(w io.Writer, e *api.WatchEvent, now time.Time) error {
	what := strings.TrimPrefix(e.Op, "key.")
	state, version := e.Gone, "-"
	if e.Key != nil {
		state, version = e.Key.State, fmt.Sprint("v", e.Key.Latest)
	}
	_, err := fmt.Fprintf(w, "%s  %-16s  %-12s  %-5s  %s\n", now.UTC().Format(time.TimeOnly), what, state, version, printable(nonEmpty(e.Name, e.ID)))
	return err
}

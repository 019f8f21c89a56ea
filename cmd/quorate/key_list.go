package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// listed is how many keys a list shows that was not told how many.
const listed = 1000

func newKeyListCmd(a *app) *cobra.Command {
	var q client.KeyQuery
	var most int
	var all bool
	cmd := &cobra.Command{
		Use:     "list [PREFIX]",
		Aliases: []string{"ls"},
		Short:   "List the keys that you may see",
		Long: `List keys by name, or those whose names begin with PREFIX; every filter narrows the list. Keys that no policy lets
you read are left out. --sort due lists what the cluster will rotate, activate, deactivate or destroy by itself, soonest
first; see also "quorate key due". Times look like 2027-01-01T00:00:00Z.

The first 1000 are shown; --all shows all of them, --limit another number.`,
		Example: `  quorate key list
  quorate key list disks/ --state active --tag team=infra --tag env
  quorate key list --rotation-after 2027-01-01T00:00:00Z --rotation-before 2027-04-01T00:00:00Z --sort due --all`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			if most < 0 {
				return fault.New(fault.Invalid, "--limit is %d, and there is no list that short", most).WithHint("Give a number from 1.")
			}
			if len(args) == 1 {
				q.Prefix = args[0]
			}
			if most == 0 && !all {
				most = listed
			}
			keys, more, err := a.find(cmd, q, most)
			if err != nil {
				return err
			}
			if more && !cmd.Flags().Changed("limit") {
				a.say("there are more than %d keys; --all lists all of them", most)
			}
			return a.result(api.Keys{Keys: keys}, func(w io.Writer) error { return writeKeys(w, keys) })
		},
	}
	f := cmd.Flags()
	a.filterFlags(cmd, &q)
	f.StringVar(&q.CreatedAfter, "created-after", "", "only keys created at this `time` or later")
	f.StringVar(&q.CreatedBefore, "created-before", "", "only keys created before this `time`")
	f.StringVar(&q.UpdatedAfter, "updated-after", "", "only keys changed at this `time` or later")
	f.StringVar(&q.UpdatedBefore, "updated-before", "", "only keys last changed before this `time`")
	f.StringVar(&q.DueAfter, "due-after", "", "only keys that the cluster will next act on by itself at this `time` or later")
	f.StringVar(&q.DueBefore, "due-before", "", "only keys that the cluster will act on by itself before this `time`")
	f.StringVar(&q.RotationAfter, "rotation-after", "", "only keys that the cluster will rotate at this `time` or later")
	f.StringVar(&q.RotationBefore, "rotation-before", "", "only keys that the cluster will rotate before this `time`")
	f.StringVar(&q.Sort, "sort", "name", "`order`: name, or due for what happens soonest")
	f.IntVar(&most, "limit", 0, "at most this `number` of keys")
	f.BoolVar(&all, "all", false, "all keys, however many")
	cmd.MarkFlagsMutuallyExclusive("limit", "all")
	_ = cmd.RegisterFlagCompletionFunc("sort", cobra.FixedCompletions([]string{"name", "due"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// filterFlags are the flags by which keys are told apart.
func (a *app) filterFlags(cmd *cobra.Command, q *client.KeyQuery) {
	f := cmd.Flags()
	f.StringVar(&q.State, "state", "", "only keys in this `state`")
	f.StringArrayVar(&q.Tags, "tag", nil, "only keys with this tag: `name or name=value`; repeatable, then all of them")
	f.StringVar(&q.Algorithm, "algorithm", "", "only keys of this `algorithm`")
	f.StringVar(&q.Type, "type", "", "only objects of this `type`, such as symmetric-key or secret-data")
	f.StringVar(&q.Owner, "owner", "", "only keys of this `owner`")
	f.StringVar(&q.Parent, "parent", "", "only keys that this `key` wraps")
	_ = cmd.RegisterFlagCompletionFunc("parent", a.completeKeyFlag)
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions([]string{
		"pre-active", "active", "suspended", "deactivated", "compromised", "destroyed", "destroyed-compromised",
	}, cobra.ShellCompDirectiveNoFileComp))
}

// find lists keys, at most so many (0: all), and tells whether there are more.
func (a *app) find(cmd *cobra.Command, q client.KeyQuery, most int) (keys []api.Record, more bool, err error) {
	c, err := a.connect(cmd)
	if err != nil {
		return nil, false, err
	}
	defer c.Close()
	q.Limit = 1000
	if most > 0 {
		q.Limit = min(most+1, 1000)
	}
	keys = []api.Record{}
	for r, err := range c.AllKeys(cmd.Context(), q) {
		if err != nil {
			return nil, false, err
		}
		if most > 0 && len(keys) == most {
			return keys, true, nil
		}
		keys = append(keys, r)
	}
	return keys, false, nil
}

func writeKeys(w io.Writer, keys []api.Record) error {
	rows := make([][]string, 0, len(keys))
	for i := range keys {
		r := &keys[i]
		next := ""
		if s := nextStep(r); s.At != "" {
			next = s.Step + " " + day(s.At)
		}
		rows = append(rows, []string{nonEmpty(r.Name, r.ID), r.Algorithm, r.Type, r.State, fmt.Sprint(len(r.Versions)), next, tagText(r.Tags)})
	}
	return table(w, []string{"NAME", "ALGORITHM", "TYPE", "STATE", "VERSIONS", "NEXT", "TAGS"}, rows)
}

// tagText is tags in one line, by name.
func tagText(tags map[string]string) string {
	all := make([]string, 0, len(tags))
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		if tags[name] == "" {
			all = append(all, name)
			continue
		}
		all = append(all, name+"="+tags[name])
	}
	return strings.Join(all, ",")
}

// day is the date of a time; the whole of what is none.
func day(at string) string {
	date, _, _ := strings.Cut(at, "T")
	return date
}

package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newKeyTreeCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "tree [KEY]",
		Short: "Show which keys wrap which",
		Long: `Draw a key and all that is wrapped under it or was derived from it, or every hierarchy of the cluster: name, algorithm, state
and latest version. What was derived is marked: unless the key above wraps it too, it opens whatever becomes of that key. A tree shows 1000 keys at most; "quorate key list" shows them all.`,
		Example: `  quorate key tree
  quorate key tree app/master --format json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			t, err := c.Tree(cmd.Context(), strings.Join(args, ""))
			if err != nil {
				return err
			}
			if len(t.Nodes) == 0 {
				a.say("No key is wrapped under another, or derived from one. Put one under another with `quorate key create NAME --parent KEY`.")
			}
			return a.result(t, func(w io.Writer) error { return drawTree(w, t) })
		},
	}
}

// drawTree draws keys with lines from each parent to its children.
func drawTree(w io.Writer, t *api.Tree) error {
	rows := make([][]string, 0, len(t.Nodes))
	shown := make([]int, len(t.Nodes))   // keys right below each that the tree shows
	wrapped := make([]int, len(t.Nodes)) // of those, what it wraps
	var path []int                       // the nodes above the one in hand
	for i, n := range t.Nodes {
		path = path[:min(n.Depth, len(path))]
		if len(path) > 0 {
			shown[path[len(path)-1]]++
			if !n.Derived || n.Wrapped {
				wrapped[path[len(path)-1]]++
			}
		}
		path = append(path, i)
	}
	open := map[int]int{} // children still to come, by depth of their parent
	for i, n := range t.Nodes {
		var lines strings.Builder
		for d := range max(n.Depth-1, 0) {
			lines.WriteString(map[bool]string{true: "│  ", false: "   "}[open[d] > 0])
		}
		if n.Depth > 0 {
			open[n.Depth-1]--
			lines.WriteString(map[bool]string{true: "├─ ", false: "└─ "}[open[n.Depth-1] > 0])
		}
		open[n.Depth] = shown[i]
		name := n.Name
		if name == "" {
			name = n.ID
		}
		switch {
		case n.Derived && n.Wrapped:
			name += " (derived, wrapped)"
		case n.Derived:
			name += " (derived)"
		}
		children := ""
		if n.Children > 0 {
			children = fmt.Sprint(n.Children)
		}
		if n.Children > wrapped[i] {
			children += fmt.Sprintf(" (%d not shown)", n.Children-wrapped[i])
		}
		rows = append(rows, []string{lines.String() + name, n.Algorithm, n.State, fmt.Sprintf("v%d", n.Latest), children})
	}
	if err := table(w, []string{"KEY", "ALGORITHM", "STATE", "LATEST", "CHILDREN"}, rows); err != nil {
		return err
	}
	if t.More {
		_, err := fmt.Fprintln(w, "… and more than are shown here")
		return err
	}
	return nil
}

// storeDataKey makes a data key that the cluster keeps, and shows it.
func (a *app) storeDataKey(ctx context.Context, c *client.Client, key string, in api.DataKeyRequest) error {
	k, err := c.StoreDataKey(ctx, key, in)
	if err != nil {
		return err
	}
	defer clear(k.Plaintext)
	return a.result(k, func(w io.Writer) error {
		fields := []field{{"ID", k.ID}, {"Name", k.Name}, {"Version", fmt.Sprint(k.Version)}}
		if len(k.Plaintext) > 0 {
			fields = append(fields, field{"Plaintext", base64.StdEncoding.EncodeToString(k.Plaintext)})
		}
		return describe(w, fields)
	})
}

func newKeyMoveCmd(a *app) *cobra.Command {
	var parent string
	var top bool
	cmd := &cobra.Command{
		Use:   "move KEY",
		Short: "Put a key under another one, or under none",
		Long: `Give a key another parent: its versions are wrapped anew, and what is below it moves along. What the key encrypted stays as it is.
A key that is above the new parent is refused.`,
		Example: `  quorate key move app/data --parent app/master
  quorate key move app/data --top`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			if top == (parent != "") {
				return fault.New(fault.Invalid, "say either --parent or --top").WithHint("--top takes the key from under its parent.")
			}
			return a.record(cmd, func(c *client.Client) (*api.Record, error) {
				return c.MoveKey(cmd.Context(), args[0], "", parent)
			})
		},
	}
	cmd.Flags().StringVar(&parent, "parent", "", "`key` that is to wrap it")
	_ = cmd.RegisterFlagCompletionFunc("parent", a.completeKeyFlag)
	cmd.Flags().BoolVar(&top, "top", false, "let no key wrap it: the keyring does")
	return ifMatch(cmd)
}

func newKeyRewrappingCmd(a *app) *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use:   "rewrapping KEY",
		Short: "Show how far a rotated key's children have been moved to its newest version",
		Long: `Show what each version of a key still wraps, and how far the cluster is in moving it to the newest one, which it does by
itself after a rotation. A version is safe to retire when the cluster keeps nothing under it any more. The cluster does not know
of ciphertexts that you keep yourself: those open only while their version exists (rewrap them first).`,
		Example: `  quorate key rewrapping app/master
  quorate key rewrapping app/master --wait`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.Rewrapping(cmd.Context(), args[0])
			if err == nil && wait {
				r, err = a.awaitRewrapping(cmd.Context(), c, args[0], r)
			}
			if err != nil {
				return err
			}
			return a.result(r, func(w io.Writer) error { return writeRewrapping(w, r) })
		},
	}
	cmd.Flags().BoolVarP(&wait, "wait", "w", false, "wait until nothing is left under older versions")
	return cmd
}

// awaitRewrapping asks again and again until a campaign is over.
func (a *app) awaitRewrapping(ctx context.Context, c *client.Client, key string, r *api.KeyRewrapping) (*api.KeyRewrapping, error) {
	if r.Campaign == nil {
		return r, nil
	}
	bar := a.newCount("rewrapping", int64(r.Campaign.Total))
	for r.Campaign != nil && r.Campaign.FinishedAt == "" {
		if !r.Campaign.Active {
			bar.end(false)
			return nil, fault.New(fault.BadState, "the rewrapping of %s waits: %d of %d are done", key, r.Campaign.Done, r.Campaign.Total).
				WithHint("The key, or one above it, is not active. Resume it; the cluster then goes on by itself.")
		}
		bar.set(int64(r.Campaign.Done))
		select {
		case <-ctx.Done():
			bar.end(false)
			return nil, ctx.Err()
		case <-time.After(askEvery):
		}
		var err error
		if r, err = c.Rewrapping(ctx, key); err != nil {
			bar.end(false)
			return nil, err
		}
	}
	bar.end(true)
	return r, nil
}

const askEvery = 200 * time.Millisecond

func writeRewrapping(w io.Writer, r *api.KeyRewrapping) error {
	if c := r.Campaign; c != nil {
		state := "under way"
		switch {
		case c.FinishedAt != "":
			state = "finished " + c.FinishedAt
		case !c.Active:
			state = "waiting for the key, or one above it, to be active again"
		}
		if err := describe(w, []field{{"Moved", fmt.Sprintf("%d of %d to version %d", c.Done, c.Total, c.To)}, {"Started", c.StartedAt}, {"State", state}}); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err
		}
	}
	rows := make([][]string, 0, len(r.Versions))
	for _, v := range r.Versions {
		rows = append(rows, []string{fmt.Sprint(v.Version), v.State, fmt.Sprint(v.Items), yesNo(v.SafeToRetire)})
	}
	return table(w, []string{"VERSION", "STATE", "WRAPS", "SAFE TO RETIRE"}, rows)
}

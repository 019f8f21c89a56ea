package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

const probeFor = 3 * time.Second

// recovery is the result of recover: what was found, and whether it was done.
type recovery struct {
	ClusterID string        `json:"cluster_id"`
	Node      string        `json:"node"`
	Index     uint64        `json:"index"` // of the newest entry here
	Term      uint64        `json:"term"`
	Keys      int           `json:"keys"`
	Digest    string        `json:"digest"` // of the state with every entry applied
	Others    []otherMember `json:"others"`
	Done      bool          `json:"done"`
}

// otherMember is what a member says, or why it says nothing.
type otherMember struct {
	Node  string `json:"node"`
	Voter bool   `json:"voter"`
	Up    bool   `json:"up"`
	// Its newest entry, committed or not, and the term of that; 0: it did not say.
	Last     uint64 `json:"last_index,omitzero"`
	LastTerm uint64 `json:"last_term,omitzero"`
	Index    uint64 `json:"index,omitzero"` // the newest entry that it applied, as its API has it; 0: it was not asked
	Term     uint64 `json:"term,omitzero"`  // in which it is
	Found    string `json:"found"`
}

type recoverFlags struct {
	dir, cluster string
	yes          bool
}

func newRecoverCmd(a *app) *cobra.Command {
	var f recoverFlags
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Go on from one node after the majority of the voters is lost for good",
		Long: `Make a node the only member of its cluster. It is run on the machine of a surviving node, whose server is stopped, on its directory, by
the user to whom that belongs. It asks every other member whether it answers, and the servers at --addr how far they are; shows the newest
entry here, what is kept and who is left out; and, once you name the cluster and say so, rewrites the membership. All is verified before
anything is written, and an interrupted run leaves the node as it was or as it shall be.

It is refused while the directory is in use, while the voters that answer and this node are a majority (then start this node, and nothing is
lost), and when another server is further than this one (then recover that one).

What the lost voters had acknowledged and this node never received is lost: at most the changes of the last moments before the loss, if this
node was in touch. Among them may be revocations: check what was revoked, destroyed or sealed then, and do it again. The nodes left out must
never serve again: wipe them, or let them join anew, empty. Then start this node, open it with the key shares, and add members.

Without --yes it asks at the terminal; where there is none, it shows what it found and changes nothing.`,
		Example: `  systemctl stop quorate
  sudo -u quorate quorate operator recover --dir /var/lib/quorate/node --addr https://10.0.0.2:7800,https://10.0.0.3:7800
  sudo -u quorate quorate operator recover --dir /var/lib/quorate/node --cluster 5f0c… --yes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.recover(cmd, &f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.dir, "dir", "", "the node's `directory`, as its server has it")
	fl.StringVar(&f.cluster, "cluster", "", "`id` of the cluster that is meant, with --yes")
	fl.BoolVar(&f.yes, "yes", false, "do it, without asking; needs --cluster")
	_ = cmd.MarkFlagRequired("dir") // fails for a flag that there is not
	return cmd
}

func (a *app) recover(cmd *cobra.Command, f *recoverFlags) error {
	if f.yes && f.cluster == "" {
		return fault.New(fault.Invalid, "--yes needs --cluster, so that it is this cluster that you mean").WithHint("Without --yes the command shows the cluster's id, and changes nothing.")
	}
	if err := ownDir(f.dir); err != nil {
		return err
	}
	unlock, err := lockDir(f.dir)
	if err != nil {
		return err
	}
	defer unlock()
	id, err := peer.LoadIdentity(filepath.Join(f.dir, identityDir))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "%s is no member's directory", f.dir).WithHint("Name the directory that the node's server got as --dir.")
	}
	if err != nil {
		return err
	}
	quiet := slog.New(slog.DiscardHandler)
	raft := filepath.Join(f.dir, raftDir)
	there, err := cluster.Inspect(raft, id, quiet)
	if err != nil {
		return explain(err)
	}
	found, err := a.survivors(cmd, id, there)
	if err != nil {
		return err
	}
	refusal := found.refusal(there)
	if refusal == nil {
		refusal, err = a.agreed(cmd.Context(), f, found)
		if err != nil {
			return err
		}
	}
	if refusal == nil {
		if _, err := cluster.Recover(raft, id, whoami(), time.Now(), quiet); err != nil {
			return explain(err)
		}
		found.Done = true
	}
	return errors.Join(a.result(found, found.write), refusal)
}

// ownDir refuses to work in another account's directory: its server could not read what is written there.
func ownDir(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the directory cannot be read").WithHint("Name with --dir the directory that the node's server got, on the machine of that node.")
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return fault.New(fault.Invalid, "%s belongs to the user %d, and its server could not read what another writes there", dir, st.Uid).
			WithHint("Run the command as that user: sudo -u '#%d' quorate operator recover …", st.Uid)
	}
	return nil
}

// survivors asks everybody there is to ask.
func (a *app) survivors(cmd *cobra.Command, id *peer.Identity, there *cluster.Remains) (*recovery, error) {
	sum := there.State.Digest()
	found := &recovery{
		ClusterID: hex.EncodeToString(there.Cluster[:]), Node: there.Node, Index: there.Index, Term: there.Term,
		Keys: there.State.KeyCount(), Digest: hex.EncodeToString(sum[:]), Others: []otherMember{},
	}
	answers, err := cluster.Probe(cmd.Context(), id, there.Others, probeFor)
	if err != nil {
		return nil, err
	}
	for i, o := range there.Others {
		one := otherMember{Node: o.Node, Voter: o.Voter, Up: answers[i].Up, Term: answers[i].Term, Last: answers[i].LastIndex, LastTerm: answers[i].LastTerm, Found: "answers at " + o.Peer}
		if answers[i].Cause != "" {
			one.Found = answers[i].Cause
		}
		found.Others = append(found.Others, one)
	}
	if !cmd.Flags().Changed("addr") {
		return found, nil
	}
	cfg, err := a.clientConfig(cmd)
	if err != nil {
		return nil, err
	}
	for _, endpoint := range cfg.Endpoints {
		one := cfg
		one.Endpoints = []string{endpoint}
		silent, err := found.ask(cmd.Context(), one)
		if err != nil {
			return nil, err
		}
		if silent != nil {
			a.say("%s does not tell how far it is: %s", endpoint, fault.Of(silent).Message)
		}
	}
	return found, nil
}

// ask adds what a server says of itself. silent is why it said nothing, which is no error: it may be lost.
func (r *recovery) ask(ctx context.Context, cfg client.Config) (silent, err error) {
	c, err := client.New(cfg)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, probeFor)
	defer cancel()
	s, err := c.Status(ctx)
	if err != nil {
		return err, nil
	}
	if s.ClusterID != r.ClusterID {
		return fault.New(fault.Invalid, "it belongs to another cluster, or to none"), nil
	}
	if s.Node == r.Node {
		return nil, fault.New(fault.BadState, "%s is served at %s", r.Node, cfg.Endpoints[0]).WithHint("This directory is a copy of a node that runs. Leave it alone.")
	}
	for i := range r.Others {
		if o := &r.Others[i]; o.Node == s.Node {
			o.Up, o.Index, o.Found = true, s.Index, "answers at "+cfg.Endpoints[0]
			return nil, nil
		}
	}
	return nil, fault.New(fault.BadState, "%s at %s belongs to the cluster, and %s has not heard of it", s.Node, cfg.Endpoints[0], r.Node).
		WithHint("The membership here is out of date. Recover a node that knows the newest one.")
}

// newer tells whether a member has what the node to be recovered lacks. Of two logs, the one whose last entry is of the later term is
// newer, whatever the lengths: a longer tail of an earlier term was never committed (Raft, section 5.4.1). What was applied was
// committed, so a member that applied more than there is here is newer in any case.
func (o *otherMember) newer(r *recovery) bool {
	if o.Index > r.Index {
		return true
	}
	return o.LastTerm > r.Term || o.LastTerm == r.Term && o.Last > r.Index
}

// refusal is why this must not be done, if it must not.
func (r *recovery) refusal(there *cluster.Remains) error {
	up := 0
	if there.Voter {
		up++
	}
	for _, o := range r.Others {
		if o.Up && o.Voter {
			up++
		}
		if o.newer(r) {
			return fault.New(fault.BadState, "%s is at entry %d of term %d, and %s at %d of term %d", o.Node, max(o.Last, o.Index), o.LastTerm, r.Node, r.Index, r.Term).
				WithHint("Stop %s and recover that one: it has what this one lacks.", o.Node)
		}
	}
	voters := there.Voters()
	switch {
	case len(r.Others) == 0:
		return fault.New(fault.BadState, "%s is the only member of its cluster already", r.Node).WithHint("Start it.")
	case up > voters/2:
		return fault.New(fault.BadState, "the majority is not lost: with this node, %d of %d voters are there", up, voters).WithHint("Start this node: nothing is lost then. If what listens at a member's address is not that member, stop it first.")
	}
	return nil
}

// agreed asks for consent. refusal says that it was not given.
func (a *app) agreed(ctx context.Context, f *recoverFlags, r *recovery) (refusal, err error) {
	named := f.cluster
	if !f.yes && isTerminal(a.in) {
		if err := r.write(a.talk); err != nil {
			return nil, err
		}
		fmt.Fprint(a.talk, "To make this node a cluster of its own, type the cluster's id: ")
		line, err := bufio.NewReader(io.LimitReader(a.in, 256)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("asking on the terminal: %w", err)
		}
		if named = strings.TrimSpace(line); named == "" {
			named = "nothing"
		}
	} else if !f.yes {
		return fault.New(fault.Invalid, "nothing was changed: this cannot be undone").WithHint("Read what was found. If you mean it: --cluster %s --yes", r.ClusterID), nil
	}
	if named != r.ClusterID {
		return fault.New(fault.Invalid, "nothing was changed: %q was named, and this is cluster %s", named, r.ClusterID).
			WithHint("Is this the node that you mean? If it is, name the cluster's id as it stands here; else run the command on the other node, with its --dir."), nil
	}
	return nil, ctx.Err()
}

func (r *recovery) write(w io.Writer) error {
	fields := []field{
		{"Cluster", r.ClusterID},
		{"Node", r.Node},
		{"Newest entry", fmt.Sprintf("%d of term %d", r.Index, r.Term)},
		{"Kept", fmt.Sprintf("%d keys, and all tokens, policies and audit files of this node", r.Keys)},
		{"Lost", fmt.Sprintf("what the others acknowledged after entry %d, if anything; revocations too", r.Index)},
		{"Digest", r.Digest},
	}
	if err := describe(w, fields); err != nil {
		return err
	}
	rows := make([][]string, 0, len(r.Others))
	for _, o := range r.Others {
		number := func(n uint64) string {
			if n == 0 {
				return ""
			}
			return fmt.Sprint(n)
		}
		rows = append(rows, []string{o.Node, yesNo(o.Voter), yesNo(o.Up), number(max(o.Last, o.Index)), number(o.LastTerm), o.Found})
	}
	if err := table(w, []string{"MEMBER", "VOTER", "UP", "INDEX", "TERM", "FOUND"}, rows); err != nil || !r.Done {
		return err
	}
	_, err := fmt.Fprintf(w, "%s is a cluster of its own. Start it, open it with the key shares, add members; never start the nodes left out with their old directories.\n", r.Node)
	return err
}

// whoami names the account for the audit log.
func whoami() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if by := os.Getenv("SUDO_USER"); by != "" {
		name = by + " as " + name
	}
	return "os:" + name
}

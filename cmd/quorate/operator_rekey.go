package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// rekeying are the flags of operator rekey.
type rekeying struct {
	in         api.RekeyRequest
	recipients []string
	files      []string
	dir        string
	noConfirm  bool
	resume     bool
	cancel     bool
	look       bool
	file       handingIn
}

// Phases of a change of shares.
const (
	phaseProve  = "prove"  // present shares are being handed in
	phaseVerify = "verify" // new shares are being handed back
	phaseDone   = "done"
)

// plainShare begins a share in plain. Whoever began the change said whether its shares are encrypted: a run that goes on with it sees it here.
const plainShare = "qshare1"

func newRekeyCmd(a *app) *cobra.Command {
	var f rekeying
	cmd := &cobra.Command{
		Use:   "rekey [SHARE | -]",
		Short: "Replace the key shares by new ones, while the cluster runs",
		Long: `Make new shares, with another number or threshold if you like. Enough of the present shares prove the right to;
they are asked for, or read from --share-file. The new shares are shown once, then have to be handed back: only when all of
them were (--verify threshold: enough of them to open the cluster) do they take effect, and the old ones are refused. With
--out what was written is read back from the files, and that is handed in; a file that is damaged ends it before anything
takes effect. At a terminal the shares are shown, and each custodian types back the one that he wrote down. What is under
way is lost when the leader changes, or after ten minutes without a share: the present shares then stay in effect, new ones
that were shown are worth nothing, and the change is begun anew.

With --recipient the new shares are encrypted, and with --no-confirm, or where there is neither --out nor a terminal, they
are not handed back by this command: then the custodians hand them back with "quorate operator rekey --resume". --status
shows how far it is, --cancel calls it off and leaves the present shares as they are. For custodians who are elsewhere, --request writes a one-time key of the leader to a
file, which keeps the change alive for --ttl; they encrypt shares to it ("operator share encrypt"), and --resume --hand-in
gives the encrypted files in: present shares first, and with another request the new ones. Give --recipient with --request,
once for each custodian: without it the new shares are shown in plain to whoever hands in the last file, and handed back as
above.`,
		Example: `  quorate operator rekey --shares 5 --threshold 3
  quorate operator rekey --shares 5 --threshold 3 --share-file s1 --share-file s2 --share-file s3 --out new-custody
  quorate operator rekey --resume --share-file new-share-1.txt
  quorate operator rekey --request request.txt --ttl 8h --shares 3 --threshold 2 --recipient a.pub --recipient b.pub --recipient c.pub
  quorate operator rekey --resume --hand-in share-1.qhand --hand-in share-2.qhand
  quorate operator rekey --cancel`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			switch {
			case f.look:
				r, err := c.Rekey(cmd.Context())
				if err != nil {
					return err
				}
				return a.result(r, func(w io.Writer) error { return writeRekey(w, r) })
			case f.file.request != "":
				return a.requestRekey(cmd.Context(), c, f)
			case f.cancel:
				if err := c.CancelRekey(cmd.Context()); err != nil {
					return err
				}
				a.say("Called off; the present shares are still the ones that open the cluster.")
				return nil
			}
			return a.rekey(cmd.Context(), c, f, args)
		},
	}
	fl := cmd.Flags()
	fl.IntVar(&f.in.Shares, "shares", 5, "`number` of new shares")
	fl.IntVar(&f.in.Threshold, "threshold", 3, "`number` of new shares that open the cluster")
	fl.StringVar(&f.in.Verify, "verify", "all", "how many new shares must be handed back before they take effect: all or threshold")
	fl.StringArrayVar(&f.recipients, "recipient", nil, "public `key`, or file with one, to encrypt the next share to; once per share")
	fl.StringArrayVar(&f.files, "share-file", nil, "`file` with shares, one a line; repeatable; - for standard input")
	fl.StringVar(&f.dir, "out", "", "`folder` to write the new shares to instead of printing them")
	fl.BoolVar(&f.noConfirm, "no-confirm", false, "do not hand the new shares back; custodians do, with --resume")
	fl.BoolVar(&f.resume, "resume", false, "go on with a change that was begun before")
	fl.BoolVar(&f.cancel, "cancel", false, "call off the change")
	fl.BoolVar(&f.look, "status", false, "only show how far the change is")
	f.file.flags(cmd)
	cmd.MarkFlagsMutuallyExclusive("resume", "cancel", "status")
	return cmd
}

func (a *app) rekey(ctx context.Context, c *client.Client, f rekeying, args []string) error {
	s, err := a.sharesOrFiles(args, f.files, f.file.files) // looked at before anything begins
	if err != nil {
		return err
	}
	defer s.clear()
	if !f.resume {
		if err := present(ctx, c, s); err != nil {
			return err
		}
	}
	r, err := a.beginRekey(ctx, c, f)
	if err != nil {
		return err
	}
	began := r.Phase
	if r, err = a.handInAll(ctx, c, s, r); err != nil {
		return a.stopped(r, err)
	}
	switch {
	case r.Phase == began:
		return a.halfway(r)
	case len(r.Shares) == 0:
		return a.rekeyed(r)
	}
	inFiles, err := a.handOut(f, r)
	if err != nil {
		return err
	}
	if r.Phase != phaseVerify || f.noConfirm || !strings.HasPrefix(r.Shares[0], plainShare) {
		return a.rekeyed(r)
	}
	return a.handBack(ctx, c, f, r, inFiles)
}

// present refuses shares that are none of those that open the cluster now, before anything is begun. What cannot be told from here, the leader
// tells.
func present(ctx context.Context, c *client.Client, s *shares) error {
	if s.sealed || len(s.lines) == 0 {
		return nil
	}
	at, err := c.Status(ctx)
	if err != nil {
		return err
	}
	all, err := c.Slots(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all.Slots, func(s api.Slot) bool { return s.Kind == "shamir" })
	if i < 0 {
		return nil
	}
	now, cluster := all.Slots[i], strings.ReplaceAll(at.ClusterID, "-", "")
	for i, line := range s.lines {
		share, err := seal.ParseShare(line)
		if err != nil {
			return err
		}
		share.Destroy() // what is looked at here is printed on it, and no secret
		why := ""
		switch {
		case !strings.HasPrefix(cluster, share.Fingerprint()):
			why = fmt.Sprintf("it belongs to another cluster, %s, and this one is %.12s", share.Fingerprint(), cluster)
		case uint32(share.Epoch()) != now.Epoch:
			why = fmt.Sprintf("it is of epoch %d, and the shares that open this cluster are of epoch %d", share.Epoch(), now.Epoch)
		case share.Index() > now.Shares:
			why = fmt.Sprintf("it is share %d, and this cluster has %d", share.Index(), now.Shares)
		default:
			continue
		}
		return fault.New(fault.Invalid, "%s is no present share: %s", s.where(i), why).WithHint("Nothing was begun. Give present shares, as many as the threshold says (%d).", now.Threshold)
	}
	return nil
}

// stopped says that a change which was begun is still there, whatever ended this run.
func (a *app) stopped(r *api.RekeyResponse, err error) error {
	if errors.Is(err, fault.NotFound) || errors.Is(err, fault.Uncertain) {
		return err // it is not there any more, or what to do was said
	}
	what := "present"
	if r.Phase == phaseVerify {
		what = "new"
	}
	a.say("The change of shares has begun, and %d of %d %s shares are in. Go on with `quorate operator rekey --resume`, or call it off with `quorate operator rekey --cancel`. Until it is done the present shares open the cluster.", r.Have, r.Need, what)
	return err
}

// handInAll hands in shares until the phase is over or no share is left. One that is in already is passed over. With an error it returns how far it came.
func (a *app) handInAll(ctx context.Context, c *client.Client, s *shares, r *api.RekeyResponse) (*api.RekeyResponse, error) {
	submit := c.SubmitRekey
	if s.sealed {
		submit = c.HandInRekey
	}
	began := r.Phase
	for r.Phase == began && r.Phase != phaseDone {
		share, ok, err := s.take(ctx, r.Have, r.Need)
		if err != nil || !ok {
			return r, err
		}
		next, err := submit(ctx, r.ID, string(share))
		clear(share)
		switch f := fault.Of(err); {
		case err == nil:
			if r = next; r.Phase == began {
				a.say("%d of %d shares.", r.Have, r.Need)
			}
		case !s.back && f.Kind == fault.Exists:
			a.say("%s; it is passed over.", f.Message)
		case s.prompt && f.Kind == fault.Invalid:
			a.say("%s. %s", f.Message, f.NextStep())
		case began == phaseVerify && f.Kind == fault.Uncertain:
			a.say("The new shares are NOT known to be in effect: handing one back failed. Keep old and new ones; look at `quorate operator rekey --status` and `quorate operator slots`.")
			return r, err
		case began == phaseProve:
			return r, rekeyLost(err)
		default:
			return r, err
		}
	}
	return r, nil
}

// requestRekey asks for a key to encrypt shares to, for the change that is under way or for a new one.
func (a *app) requestRekey(ctx context.Context, c *client.Client, f rekeying) error {
	r, err := c.Rekey(ctx)
	if errors.Is(err, fault.NotFound) {
		r, err = a.beginRekey(ctx, c, f)
	}
	if err != nil {
		return err
	}
	q, err := c.RequestRekeyHandIn(ctx, api.HandInRequest{ID: r.ID, TTL: f.file.ttl})
	if err != nil {
		return err
	}
	if r.Phase == phaseVerify {
		a.say("This asks for the NEW shares, of epoch %d.", r.Epoch)
	}
	return a.requested(f.file.request, q)
}

func (a *app) beginRekey(ctx context.Context, c *client.Client, f rekeying) (*api.RekeyResponse, error) {
	if f.resume {
		r, err := c.Rekey(ctx)
		if err != nil {
			return nil, err
		}
		a.say("Going on in phase %q: %d of %d shares.", r.Phase, r.Have, r.Need)
		if f.dir != "" && r.Phase == phaseProve { // the new shares are still to come
			err = freshFolder(f.dir)
		}
		return r, err
	}
	if f.dir != "" {
		if err := freshFolder(f.dir); err != nil {
			return nil, err
		}
	}
	var err error
	if f.in.Recipients, err = a.readRecipients(f.recipients); err != nil {
		return nil, err
	}
	return c.StartRekey(ctx, f.in)
}

// rekeyLost says what to do when the answer that holds the new shares did not arrive.
func rekeyLost(err error) error {
	if !errors.Is(err, fault.Uncertain) {
		return err
	}
	return fault.Wrap(fault.Uncertain, err, "the answer to a share was lost, and new shares may have been in it").
		WithHint("The present shares are still in effect. `quorate operator rekey --cancel`, then begin again.")
}

// handOut gives the new shares to the user: once, and before anything takes effect. It tells whether they are in files.
func (a *app) handOut(f rekeying, r *api.RekeyResponse) (inFiles bool, err error) {
	if f.dir != "" {
		err := writeCustody(f.dir, r.Shares, nil)
		if err == nil {
			a.say("The new shares are in %s.", f.dir)
			return true, nil
		}
		a.say("The new shares could not be written to %s (%v); they are printed instead.", f.dir, err)
	}
	return false, a.result(r, func(w io.Writer) error { return writeShares(w, r.Shares) })
}

// handBack proves that the new shares arrived whole, by what is in the files, or by what custodians type who read what was shown. Who can be
// asked neither way hands them back later.
func (a *app) handBack(ctx context.Context, c *client.Client, f rekeying, r *api.RekeyResponse, inFiles bool) error {
	var s *shares
	switch {
	case inFiles:
		var err error
		if s, err = a.writtenShares(f.dir, len(r.Shares)); err != nil {
			return err
		}
	case isTerminal(a.in):
		a.say("Now each custodian types back the new share, as he wrote it down. They take effect when %d of the %d are in.", r.Need, len(r.Shares))
		s = &shares{app: a, prompt: true, label: "New share"}
	default:
		return a.rekeyed(r)
	}
	defer s.clear()
	r, err := a.handInAll(ctx, c, s, r)
	switch at := fault.Of(err); {
	case err == nil:
		return a.rekeyed(r)
	case inFiles && (at.Kind == fault.Invalid || at.Kind == fault.Exists):
		return notWritten(s.from[s.next-1], err)
	default:
		return a.stopped(r, err)
	}
}

// writtenShares reads back what writeCustody wrote.
func (a *app) writtenShares(dir string, n int) (*shares, error) {
	s := &shares{app: a, back: true}
	for i := range n {
		path := custodyFile(dir, i)
		s.from = append(s.from, path)
		b, err := a.readSmall(path, maxShareFile)
		found := shareLines(b)
		clear(b)
		s.lines = append(s.lines, found...)
		if err == nil && len(found) != 1 {
			err = fault.New(fault.Invalid, "there are %d shares in it instead of one", len(found))
		}
		if err == nil {
			err = checkShare(found[0])
		}
		if err != nil {
			s.clear()
			return nil, notWritten(path, err)
		}
	}
	return s, nil
}

// notWritten is the end of a change whose new shares are not in the files as they were handed out.
func notWritten(path string, err error) error {
	return fault.New(fault.Invalid, "%s does not hold the new share that was written to it: %s", path, fault.Of(err).Message).
		WithHint("The new shares are NOT in effect, and the present ones are: keep those. Call it off with `quorate operator rekey --cancel`, and begin again with --out on another disk.")
}

// halfway ends a run whose shares are used up before the phase is complete.
func (a *app) halfway(r *api.RekeyResponse) error {
	what := "present"
	if r.Phase == phaseVerify {
		what = "new"
	}
	a.say("%d of %d %s shares are in. The present shares stay in effect; hand in the rest with `quorate operator rekey --resume`.", r.Have, r.Need, what)
	return a.result(r, func(w io.Writer) error { return writeRekey(w, r) })
}

// rekeyed says whether the new shares are in effect.
func (a *app) rekeyed(r *api.RekeyResponse) error {
	if r.Phase != phaseDone {
		a.say("The new shares are NOT in effect yet: %d of %d of them have to be handed back, with `quorate operator rekey --resume` (--share-file FILE, or typed at a terminal). Until then the present shares open the cluster.", r.Have, r.Need)
		return nil
	}
	a.say("The new shares (epoch %d) are in effect now. The old ones are refused from here on; have them destroyed.", r.Epoch)
	return nil
}

func writeRekey(w io.Writer, r *api.RekeyResponse) error {
	return describe(w, []field{{"Rekey", r.ID}, {"Phase", r.Phase}, {"Shares", fmt.Sprintf("%d of %d", r.Have, r.Need)}, {"New epoch", fmt.Sprint(r.Epoch)}, {"Expires", r.Expires}})
}

package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// lifeFlags are what `key update` changes of a key's end and its rotation by use.
type lifeFlags struct {
	destroyAt, retireAfter string
	uses, bytes, limit     uint64
}

func (l *lifeFlags) define(f *pflag.FlagSet) {
	f.StringVar(&l.destroyAt, "destroy-at", "", "`time` of its end; needs a deactivation before it")
	f.StringVar(&l.retireAfter, "retire-after", "", "`duration` after which replaced versions are destroyed; 0s: never")
	f.Uint64Var(&l.uses, "rotate-after-uses", 0, "`number` of uses after which a version is replaced; 0: any")
	f.Uint64Var(&l.bytes, "rotate-after-bytes", 0, "`number` of bytes protected after which a version is replaced; 0: any")
	f.Uint64Var(&l.limit, "usage-limit", 0, "`number` of uses in all since it was made; 0: any")
}

func (l *lifeFlags) patch(changed func(string) bool, in *api.UpdateKeyRequest) {
	for name, to := range map[string]struct {
		field **string
		value *string
	}{"destroy-at": {&in.DestroyAt, &l.destroyAt}, "retire-after": {&in.RetireAfter, &l.retireAfter}} {
		if changed(name) {
			*to.field = to.value
		}
	}
	for name, to := range map[string]struct {
		field **uint64
		value *uint64
	}{"rotate-after-uses": {&in.RotateAfterUses, &l.uses}, "rotate-after-bytes": {&in.RotateAfterBytes, &l.bytes}, "usage-limit": {&in.UsageLimit, &l.limit}} {
		if changed(name) {
			*to.field = to.value
		}
	}
}

// quoted is an ETag as the API wants it: shells like to take the quotes away.
func quoted(etag string) string {
	if etag == "" || etag == "*" {
		return etag
	}
	return `"` + strings.Trim(etag, `"`) + `"`
}

// ifMatch gives a command that changes a key the flag --if-match.
func ifMatch(cmd *cobra.Command) *cobra.Command {
	var etag string
	cmd.Flags().StringVar(&etag, "if-match", "", "`etag` of the record that you saw; if it changed since, nothing is done")
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if etag != "" {
			cmd.SetContext(client.WithIfMatch(cmd.Context(), quoted(etag)))
		}
		return run(cmd, args)
	}
	return cmd
}

func newKeyRotateCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate KEY",
		Short: "Add a version, which encrypts from now on",
		Long: `Make a new version of a key. What older versions encrypted can still be decrypted; "quorate key rewrap"
brings it up to the new one. With --if-match the rotation is refused if the record is not the one that you saw.`,
		Example: `  quorate key rotate billing
  quorate key rotate billing --if-match "$etag"`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.record(cmd, func(c *client.Client) (*api.Record, error) {
				return c.RotateKey(cmd.Context(), args[0])
			})
		},
	}
	return ifMatch(cmd)
}

func newKeyDestroyCmd(a *app) *cobra.Command {
	var in api.DestroyRequest
	var after string
	var yes bool
	cmd := &cobra.Command{
		Use:   "destroy KEY",
		Short: "End a key's material, after a wait in which it can be cancelled",
		Long: `Schedule the end of a key's material, or of one version's: after 7 days unless --after says otherwise, and until
then "quorate key cancel-destroy" calls it off. Whatever it encrypted is lost afterwards. --after 0s destroys at once, and
needs --yes. Wrapped copies stay in older backups until those are gone.

What was used lately (7 days, unless the servers are configured otherwise) is not destroyed without --force, and neither is
what is still in use when its wait is over: that is held, "key show" and "key due" say so, and it is destroyed once it was left
alone for so long. --force destroys all the same, and at once unless --after gives a wait; at once needs --yes. The record stays
as a tombstone, and keeps the name, until "quorate key purge". It has the --reason from now on, unless it says already why the
key is compromised; to call the destruction off takes the reason away.`,
		Example: `  quorate key destroy billing --after 30d --reason "contract ended"
  quorate key destroy billing --version 1 --after 0s --yes
  quorate key destroy billing --force --after 7d`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("after") {
				in.After = &after
			}
			if atOnce := in.After == nil && in.Force || in.After != nil && (after == "" || after[0] == '0'); atOnce && !yes {
				return fault.New(fault.Invalid, "destroying without a wait cannot be undone").WithHint("Add --yes if you mean it, or choose a wait such as --after 7d.")
			}
			return a.record(cmd, func(c *client.Client) (*api.Record, error) {
				return c.DestroyKey(cmd.Context(), args[0], in)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&after, "after", "", "`duration` to wait, such as 30d (default 7d; with --force, none)")
	f.BoolVar(&yes, "yes", false, "do not refuse to destroy at once")
	f.BoolVar(&in.Force, "force", false, "destroy what was used lately, or is in use")
	f.Uint32Var(&in.Version, "version", 0, "`number` of one version (default: the whole key)")
	f.StringVar(&in.Reason, "reason", "", "why, in a few `words`; kept in the record")
	return ifMatch(cmd)
}

func newKeyPurgeCmd(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "purge KEY",
		Short: "Forget a destroyed key and free its name",
		Long: `Forget the record that a destroyed key leaves: when it was made and by whom, its states and their reasons. Its name is
free again. The audit log keeps what was written there. Needs --yes.`,
		Example:           "  quorate key purge billing --yes",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes {
				return fault.New(fault.Invalid, "purging forgets the key's record, and cannot be undone").WithHint("Add --yes if you mean it.")
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := c.PurgeKey(cmd.Context(), args[0]); err != nil {
				return err
			}
			return a.result(map[string]string{"purged": args[0]}, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "%s is forgotten; its name is free.\n", printable(args[0]))
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	return ifMatch(cmd)
}

// writeVersions shows the versions of a key and how much each was used.
func writeVersions(w io.Writer, versions []api.Version) error {
	rows := make([][]string, 0, len(versions))
	for _, v := range versions {
		rows = append(rows, []string{fmt.Sprint(v.Version), v.State, v.CreatedAt, fmt.Sprint(v.Uses), v.LastUsedAt, cmp.Or(v.DestroyedAt, v.DestroyAt), v.Reason})
	}
	return table(w, []string{"VERSION", "STATE", "CREATED", "USES", "LAST USED", "DESTROYED AT", "REASON"}, rows)
}

// destroyedAt is when a key will be destroyed or, behind a tombstone, was.
func destroyedAt(r *api.Record) string {
	at := r.DestroyAt
	if strings.HasPrefix(r.State, "destroyed") {
		for _, v := range r.Versions {
			at = max(at, v.DestroyedAt)
		}
	}
	return at
}

// occurredAt is since when others are believed to have what is compromised, which is said of few keys.
func occurredAt(r *api.Record) string {
	var all []string
	for _, v := range r.Versions {
		if v.OccurredAt != "" {
			all = append(all, fmt.Sprintf("%s (version %d)", v.OccurredAt, v.Version))
		}
	}
	return strings.Join(all, ", ")
}

// waitsFor tells what holds up a destruction that is scheduled.
func waitsFor(r *api.Record) string {
	if r.DestroyWaitsFor == 0 {
		return ""
	}
	return fmt.Sprintf("for %d versions of children that it wraps: rotate it, move them (quorate key move), or destroy them", r.DestroyWaitsFor)
}

// heldBack tells why a destruction whose date came did not happen.
func heldBack(r *api.Record) string {
	var held []string
	if r.DestroyHeld != "" {
		held = append(held, "it was used lately, and is destroyed on "+r.DestroyAt+" unless it is used again")
	}
	for _, v := range r.Versions {
		if v.DestroyHeld != "" {
			held = append(held, fmt.Sprintf("version %d was used lately, and is destroyed on %s unless it is used again", v.Version, v.DestroyAt))
		}
	}
	if held == nil {
		return ""
	}
	return strings.Join(held, "; ") + ". quorate key destroy --force ends it all the same; key cancel-destroy calls it off"
}

// usageLimit tells how many uses a key may have, and how many are left.
func usageLimit(r *api.Record) string {
	switch {
	case r.UsageLimit == 0:
		return ""
	case r.UsageLeft == nil:
		return strings.TrimSpace(fmt.Sprint(r.UsageLimit, " ", r.UsageLimitUnit))
	default:
		return strings.TrimSpace(fmt.Sprintf("%d, %d left %s", r.UsageLimit, *r.UsageLeft, r.UsageLimitUnit))
	}
}

// rotatedAfter tells how much use replaces a version.
func rotatedAfter(r *api.Record) string {
	var all []string
	if r.RotateAfterUses > 0 {
		all = append(all, fmt.Sprintf("%d uses", r.RotateAfterUses))
	}
	if r.RotateAfterBytes > 0 {
		all = append(all, fmt.Sprintf("%d bytes", r.RotateAfterBytes))
	}
	return strings.Join(all, " or ")
}

package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// transition is one command that moves a key from state to state.
type transition struct {
	verb, short, long string
	needsReason       bool
	act               func(*client.Client, context.Context, string, api.StateRequest) (*api.Record, error)
}

var transitions = []transition{
	{
		"activate", "Bring a pre-active key into use",
		"Activate a key, or one version, that was made ahead of its time.", false, (*client.Client).ActivateKey,
	},
	{
		"suspend", "Take a key out of use until it is resumed",
		"Suspend a key or one version: nothing is encrypted or decrypted with it, on any node, once this command has succeeded.", false, (*client.Client).SuspendKey,
	},
	{
		"resume", "End a key's suspension",
		"Bring a suspended key, or one version, back into use.", false, (*client.Client).ResumeKey,
	},
	{
		"deactivate", "End a key's protecting of new data",
		"Deactivate a key or one version: it encrypts nothing any more, and still decrypts.", false, (*client.Client).DeactivateKey,
	},
	{
		"compromise", "Mark a key as compromised",
		"Mark a key or one version as known to others. There is no way back. A reason is required; it is kept in the record.", true, (*client.Client).CompromiseKey,
	},
}

func newKeyStateCmds(a *app) []*cobra.Command {
	all := []*cobra.Command{newKeyRotateCmd(a)}
	for _, t := range transitions {
		all = append(all, newTransitionCmd(a, t))
	}
	return append(all, newKeyDestroyCmd(a), newKeyCancelDestroyCmd(a), newKeyPurgeCmd(a))
}

func newTransitionCmd(a *app, t transition) *cobra.Command {
	var in api.StateRequest
	example := "  quorate key " + t.verb + " billing"
	more := " --version 3"
	if t.needsReason {
		example += ` --reason "found in a public repository"`
		more += " --occurred-at 2026-11-22T08:00:00Z"
	}
	cmd := &cobra.Command{
		Use:               t.verb + " KEY",
		Short:             t.short,
		Long:              t.long + " The record is shown as it is afterwards.",
		Example:           example + "\n" + example + more,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			if t.needsReason && in.Reason == "" {
				return fault.New(fault.Invalid, "a reason is required").WithHint("Add --reason, in a few words; it is kept in the record.")
			}
			return a.record(cmd, func(c *client.Client) (*api.Record, error) { return t.act(c, cmd.Context(), args[0], in) })
		},
	}
	cmd.Flags().Uint32Var(&in.Version, "version", 0, "`number` of one version (default: the whole key)")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why, in a few `words`; kept in the record")
	if t.verb == "compromise" {
		cmd.Flags().StringVar(&in.OccurredAt, "occurred-at", "", "`time` at which it is believed to have become known; kept in the record")
	}
	return ifMatch(cmd)
}

func newKeyCancelDestroyCmd(a *app) *cobra.Command {
	var in api.DestroyRequest
	cmd := &cobra.Command{
		Use:   "cancel-destroy KEY",
		Short: "Call off a destruction that has not happened yet",
		Long: `Keep a key, or one version, that was going to be destroyed. What is destroyed already cannot be brought
back.`,
		Example:           `  quorate key cancel-destroy billing --reason "still in use"`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.record(cmd, func(c *client.Client) (*api.Record, error) { return c.CancelDestroy(cmd.Context(), args[0], in) })
		},
	}
	cmd.Flags().Uint32Var(&in.Version, "version", 0, "`number` of one version (default: the whole key)")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why, in a few `words`; kept in the audit log")
	return ifMatch(cmd)
}

func newKeyUpdateCmd(a *app) *cobra.Command {
	var tags []string
	var rotate, activate, deactivate string
	var oldest uint32
	var noExport, guarded bool
	var end lifeFlags
	cmd := &cobra.Command{
		Use:   "update KEY",
		Short: "Change a key's tags, dates, rotation or oldest version",
		Long: `Change what may be changed of a key; what is not named stays. --tag replaces all tags. An empty date takes the date
away. A date that has acted cannot be changed. --retire-after also dates the end of versions that were replaced before,
counted from now. --usage-limit counts all uses since the key was made. With --if-match the change is refused if the record
is not the one that you saw.`,
		Example: `  quorate key update billing --rotate-every 30d
  quorate key update billing --min-decrypt-version 3 --if-match "$etag"`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			var in api.UpdateKeyRequest
			changed := cmd.Flags().Changed
			if changed("tag") {
				t, err := parseTags(tags)
				if err != nil {
					return err
				}
				in.Tags = &t
			}
			for name, to := range map[string]struct {
				field **string
				value *string
			}{"rotate-every": {&in.RotateEvery, &rotate}, "activate-at": {&in.ActivateAt, &activate}, "deactivate-at": {&in.DeactivateAt, &deactivate}} {
				if changed(name) {
					*to.field = to.value
				}
			}
			if changed("min-decrypt-version") {
				in.MinDecryptVersion = &oldest
			}
			end.patch(changed, &in)
			if noExport {
				never := false
				in.Exportable = &never
			}
			if changed("sensitive") {
				in.Sensitive = &guarded
			}
			if in == (api.UpdateKeyRequest{}) {
				return fault.New(fault.Invalid, "nothing is to be changed").WithHint("Name what, for example --rotate-every 30d.")
			}
			return a.record(cmd, func(c *client.Client) (*api.Record, error) {
				return c.UpdateKey(cmd.Context(), args[0], "", in)
			})
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&tags, "tag", nil, "`name=value`; repeatable; replaces all tags")
	f.StringVar(&rotate, "rotate-every", "", "`duration` after which the cluster rotates it; 0s: never")
	f.StringVar(&activate, "activate-at", "", "`time` at which a pre-active key becomes active")
	f.StringVar(&deactivate, "deactivate-at", "", "`time` after which it protects nothing new")
	end.define(f)
	f.Uint32Var(&oldest, "min-decrypt-version", 0, "oldest `version` that is still decrypted")
	f.BoolVar(&noExport, "not-exportable", false, "never again allow the material to be read out")
	f.BoolVar(&guarded, "sensitive", false, "let the material leave only wrapped; =false takes it back, and the record remembers")
	return ifMatch(cmd)
}

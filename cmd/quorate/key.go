package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func newKeyCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Create, list, rotate, suspend and destroy keys",
		Long: `Manage keys and their versions. A key is named by its name or its id. States are those of NIST SP 800-57:
pre-active, active, suspended, deactivated, compromised, destroyed.`,
		Example: `  quorate key create billing --rotate-every 90d
  quorate key list --state active`,
	}
	cmd.AddCommand(newKeyCreateCmd(a), newKeyListCmd(a), newKeyDueCmd(a), newKeyWatchCmd(a), newKeyShowCmd(a), newKeyMaterialCmd(a), newKeyRewrapCmd(a), newKeyUpdateCmd(a))
	cmd.AddCommand(newKeyStatesCmd(a))
	cmd.AddCommand(newKeyStateCmds(a)...)
	cmd.AddCommand(newKeyImportCmd(a), newKeyExportCmd(a), newKeyBackupCmd(a), newKeyRestoreCmd(a), newKeyPublicCmd(a), newKeyWrappingKeyCmd(a))
	cmd.AddCommand(newKeyDeriveCmd(a), newKeySplitCmd(a), newKeyJoinCmd(a), newKeyIssueCmd(a), newKeyTreeCmd(a), newKeyRewrappingCmd(a), newKeyMoveCmd(a), newKeyReserveCmd(a), newKeyArchiveCmd(a), newKeyRecoverCmd(a))
	return cmd
}

func newKeyCreateCmd(a *app) *cobra.Command {
	var in api.CreateKeyRequest
	var tags []string
	var other string
	cmd := &cobra.Command{
		Use:   "create NAME",
		Short: "Create a key",
		Long: `Create a key with its first version. The material is made in the cluster and does not leave it unless
--exportable is given now: that cannot be added later. Durations look like 90d or 36h, times like 2027-01-01T00:00:00Z.
--like takes algorithm, usage, export, parent, rotation and tags from another key; flags that are given win.`,
		Example: `  quorate key create billing
  quorate key create disks/web1 --algorithm aes-256-gcm --exportable --rotate-every 90d --tag team=infra
  quorate key create disks/web2 --like disks/web1`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			in.Name = args[0]
			if in.Tags, err = parseTags(tags); err != nil {
				return err
			}
			return a.record(cmd, func(c *client.Client) (*api.Record, error) {
				if other != "" {
					r, err := c.Key(cmd.Context(), other)
					if err != nil {
						return nil, err
					}
					if err := like(&in, r, cmd.Flags().Changed); err != nil {
						return nil, err
					}
				}
				return c.CreateKey(cmd.Context(), in)
			})
		},
	}
	a.specFlags(cmd, &in, &tags)
	cmd.Flags().StringVar(&other, "like", "", "another `key` whose settings it gets")
	_ = cmd.RegisterFlagCompletionFunc("like", a.completeKeyFlag)
	return cmd
}

// specFlags are the flags that say what a new key is like.
func (a *app) specFlags(cmd *cobra.Command, in *api.CreateKeyRequest, tags *[]string) {
	f := cmd.Flags()
	f.StringVarP(&in.Algorithm, "algorithm", "a", "", "`algorithm` (default: the cluster's, aes-256-gcm)")
	f.IntVar(&in.Bits, "bits", 0, "`length` of a secret (default 256); nothing else takes it")
	f.StringSliceVar(&in.Usage, "usage", nil, "allowed `uses`, such as encrypt,decrypt (default: what the algorithm is for; aes and chacha20 keys derive only if it is named)")
	f.BoolVar(&in.Exportable, "exportable", false, "allow the material to be read out")
	f.BoolVar(&in.Sensitive, "sensitive", false, "let the material leave only wrapped: export and wrap, never in plain")
	f.BoolVar(&in.RevealIdle, "reveal-idle", false, "with --exportable: also before it is activated and after it was deactivated; of a compromised key where a policy names open-compromised")
	f.BoolVar(&in.PreActive, "pre-active", false, "let it wait for `quorate key activate`, with or without --activate-at")
	f.StringVar(&in.Parent, "parent", "", "`key` that wraps this one")
	f.StringVar(&in.RotateEvery, "rotate-every", "", "`duration` after which the cluster rotates it")
	f.StringVar(&in.ActivateAt, "activate-at", "", "`time` before which it is not used")
	f.StringVar(&in.DeactivateAt, "deactivate-at", "", "`time` after which it protects nothing new")
	f.StringVar(&in.DestroyAt, "destroy-at", "", "`time` of its end; needs --deactivate-at")
	f.Uint64Var(&in.RotateAfterUses, "rotate-after-uses", 0, "`number` of uses after which a version is replaced")
	f.Uint64Var(&in.RotateAfterBytes, "rotate-after-bytes", 0, "`number` of bytes protected after which a version is replaced")
	f.StringVar(&in.RetireAfter, "retire-after", "", "`duration` after which replaced versions are destroyed (default: never)")
	f.Uint64Var(&in.UsageLimit, "usage-limit", 0, "`number` of uses in all, or of bytes (default: any)")
	f.StringVar(&in.UsageLimitUnit, "usage-limit-unit", "", "what the limit counts: uses (default), or the bytes that the key protects")
	f.StringArrayVar(tags, "tag", nil, "`name=value`; repeatable")
	_ = cmd.RegisterFlagCompletionFunc("parent", a.completeKeyFlag)
	_ = cmd.RegisterFlagCompletionFunc("algorithm", cobra.FixedCompletions(key.AlgorithmNames(), cobra.ShellCompDirectiveNoFileComp))
}

func parseTags(list []string) (map[string]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	tags := make(map[string]string, len(list))
	for _, t := range list {
		name, value, ok := strings.Cut(t, "=")
		if !ok || name == "" {
			return nil, fault.New(fault.Invalid, "%q is not a tag", t).WithHint("Tags look like team=infra.")
		}
		tags[name] = value
	}
	return tags, nil
}

// record runs what yields a record, and shows it.
func (a *app) record(cmd *cobra.Command, work func(*client.Client) (*api.Record, error)) error {
	c, err := a.connect(cmd)
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := work(c)
	if err != nil {
		return err
	}
	return a.result(r, func(w io.Writer) error { return writeRecord(w, r) })
}

func newKeyShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "show KEY",
		Aliases: []string{"get"},
		Short:   "Show a key's record and its versions",
		Long: `Show what the cluster knows about a key: state, versions, dates, tags. The material is not part of it;
see "quorate key material".`,
		Example:           "  quorate key show billing --format json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.Key(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return a.result(r, func(w io.Writer) error { return writeKey(cmd.Context(), w, c, r) })
		},
	}
}

// writeKey is writeRecord with what other requests tell people of the key: its parent's name, what a certificate says. Who may
// not ask them sees the record alone.
func writeKey(ctx context.Context, w io.Writer, c *client.Client, r *api.Record) error {
	shown := *r
	if r.Parent != "" {
		if p, err := c.Key(ctx, r.Parent); err == nil && p.Name != "" {
			shown.Parent = fmt.Sprintf("%s (%s)", p.Name, r.Parent)
		}
	}
	if err := writeRecord(w, &shown); err != nil || r.Algorithm != "x509" {
		return err
	}
	public, err := c.PublicKey(ctx, r.ID, 0, "pem")
	if err != nil {
		return nil //nolint:nilerr // what it says can be shown to others only
	}
	block, _ := pem.Decode([]byte(public.PublicKey))
	if block == nil {
		return nil
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the certificate cannot be read")
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return describe(w, []field{
		{"Subject", cert.Subject.String()},
		{"Issuer", cert.Issuer.String()},
		{"Valid from", cert.NotBefore.UTC().Format(time.RFC3339)},
		{"Expires", cert.NotAfter.UTC().Format(time.RFC3339)},
	})
}

func writeRecord(w io.Writer, r *api.Record) error {
	tags := make([]string, 0, len(r.Tags))
	for _, name := range slices.Sorted(maps.Keys(r.Tags)) {
		tags = append(tags, name+"="+r.Tags[name])
	}
	limit, oldest := usageLimit(r), ""
	names := make([]string, len(r.Names))
	for i, n := range r.Names {
		names[i] = n.Value
	}
	if r.MinDecryptVersion > 0 {
		oldest = fmt.Sprint(r.MinDecryptVersion)
	}
	err := describe(w, []field{
		{"Name", r.Name},
		{"Also named", strings.Join(names, ", ")},
		{"ID", r.ID},
		{"Algorithm", r.Algorithm},
		{"Type", r.Type},
		{"Usage", strings.Join(r.Usage, ", ")},
		{"State", r.State},
		{"Reason", r.Reason},
		{"Known to others since", occurredAt(r)},
		{"Origin", r.Origin},
		{"Latest", fmt.Sprint(r.Latest)},
		{"Oldest to decrypt", oldest},
		{"Exportable", exportable(r)},
		{"Sensitive", sensitive(r)},
		{"Parent", r.Parent},
		{"Owner", r.Owner},
		{"Rotated every", r.RotateEvery},
		{"Rotated after", rotatedAfter(r)},
		{"Next rotation", r.NextRotation},
		{"Versions retire after", r.RetireAfter},
		{"Activates", r.ActivateAt},
		{"Deactivates", r.DeactivateAt},
		{"Destroyed at", destroyedAt(r)},
		{"Archived", archivedSince(r)},
		{"Destruction waits", waitsFor(r)},
		{"Destruction held", heldBack(r)},
		{"Usage limit", limit},
		{"Last used", r.LastUsedAt},
		{"Tags", strings.Join(tags, ", ")},
		{"Attributes", strings.Join(slices.Sorted(maps.Keys(r.Attributes)), ", ")},
		{"Created", r.CreatedAt},
		{"Updated", r.UpdatedAt},
	})
	if err != nil || len(r.Versions) == 0 {
		return err
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return writeVersions(w, r.Versions)
}

func newKeyMaterialCmd(a *app) *cobra.Command {
	var version uint32
	var form, out string
	cmd := &cobra.Command{
		Use:   "material KEY",
		Short: "Read out the material of an exportable key",
		Long: `Read out a key's plain material: only of a key that was created with --exportable, and only with a policy that
permits it. The reading is in the audit trail. The output is base64 unless --encoding says otherwise.`,
		Example: `  quorate key material disks/web1 --encoding raw -o web1.key
  quorate key material disks/web1 --version 3`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			if form != "base64" && form != "hex" && form != "raw" {
				return fault.New(fault.Invalid, "--encoding is %q, but it can be base64, hex or raw only", form)
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			m, err := c.Material(cmd.Context(), args[0], version)
			if err != nil {
				return err
			}
			defer clear(m.Material)
			return a.deliver(crypt{out: out}, func(w io.Writer) error {
				to := *a
				to.out = w
				return to.result(m, func(w io.Writer) error { return writeBytes(w, m.Material, form) })
			})
		},
	}
	cmd.Flags().Uint32Var(&version, "version", 0, "`number` of the version (default: the latest)")
	cmd.Flags().StringVar(&form, "encoding", "base64", "`form` of the output: base64, hex or raw")
	cmd.Flags().StringVarP(&out, "out", "o", "", "output `file`, readable by you alone (default: standard output)")
	return cmd
}

func newKeyRewrapCmd(a *app) *cobra.Command {
	var binding, aad string
	cmd := &cobra.Command{
		Use:   "rewrap KEY [CIPHERTEXT]",
		Short: "Encrypt a line qk:… anew under the latest version",
		Long: `Bring a ciphertext line up to the key's latest version, inside the cluster: the plaintext is not shown. The line
is an argument, or standard input.`,
		Example: `  quorate key rewrap app1 qk:v1:…
  quorate key rewrap app1 < secret.qk > new.qk`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) error {
			line := []byte(nil)
			if len(args) == 2 {
				line = []byte(args[1])
			} else {
				b, err := a.readText(cmd.Context(), "")
				if err != nil {
					return err
				}
				line = b
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.Rewrap(cmd.Context(), args[0], api.DecryptRequest{Ciphertext: strings.TrimSpace(string(line)), Context: []byte(binding), AAD: []byte(aad)})
			if err != nil {
				return err
			}
			return a.result(r, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, r.Ciphertext)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&binding, "context", "", "`text` that the ciphertext is bound to")
	cmd.Flags().StringVar(&aad, "aad", "", "`text` that was bound to the data, and stays so")
	return cmd
}

func exportable(r *api.Record) string {
	switch {
	case r.Exportable && r.RevealIdle:
		return "yes, also before it is activated and after it was deactivated"
	case !r.Exportable && !r.NeverExtractable:
		return "no, but it was"
	}
	return yesNo(r.Exportable)
}

func sensitive(r *api.Record) string {
	switch {
	case r.Sensitive && !r.AlwaysSensitive:
		return "yes, but it was not always"
	case r.Sensitive:
		return "yes: it leaves only wrapped"
	}
	return ""
}

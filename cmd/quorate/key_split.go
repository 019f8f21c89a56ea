package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

func newKeySplitCmd(a *app) *cobra.Command {
	var in api.SplitRequest
	var tags []string
	cmd := &cobra.Command{
		Use:   "split KEY NAME...",
		Short: "Make parts of an exportable key, some of which make it again",
		Long: `Make parts of the newest version of a key, an exportable object for each NAME; --threshold of them make the key again
("quorate key join"), fewer tell nothing of it. The key stays as it is: destroy it if only the parts are to remain. It needs
"reveal" on KEY, for to split a key is to take it out, and "create" on each part. A sensitive key is not split.`,
		Example: `  quorate key split root-key escrow/ann escrow/bob escrow/eve --threshold 2
  quorate key split root-key left right --method xor`,
		Args:              cobra.MinimumNArgs(3),
		ValidArgsFunction: a.completeKeys,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			in.Names = args[1:]
			if in.Tags, err = parseTags(tags); err != nil {
				return err
			}
			if in.Threshold == 0 {
				in.Threshold = len(in.Names)
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			out, err := c.SplitKey(cmd.Context(), args[0], in)
			if err != nil {
				return err
			}
			return a.result(out, func(w io.Writer) error { return writeKeys(w, out.Parts) })
		},
	}
	f := cmd.Flags()
	f.IntVar(&in.Threshold, "threshold", 0, "`number` of parts that make the key (default: all)")
	f.StringVar(&in.Method, "method", "", "`method`: gf2-8 (default), gf2-16, or xor, which needs all parts")
	f.StringArrayVar(&tags, "tag", nil, "`name=value` of each part; repeatable")
	_ = cmd.RegisterFlagCompletionFunc("method", cobra.FixedCompletions([]string{"gf2-8", "gf2-16", "xor"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func newKeyJoinCmd(a *app) *cobra.Command {
	var in api.JoinRequest
	var tags []string
	cmd := &cobra.Command{
		Use:   "join NAME PART...",
		Short: "Make a key of its parts",
		Long: `Make a key of parts that "quorate key split" made, or Create Split Key of KMIP; they stay. Its algorithm is that of the key
that was split unless --algorithm says otherwise. It needs "reveal" on each part, which must be exportable, and "create" on NAME.`,
		Example: `  quorate key join root-key escrow/ann escrow/eve`,
		Args:    cobra.MinimumNArgs(3),
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 { // the name of the key to be made
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.completeKeyFlag(cmd, args, prefix)
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			in.Key.Name, in.Parts = args[0], args[1:]
			if in.Key.Tags, err = parseTags(tags); err != nil {
				return err
			}
			return a.record(cmd, func(c *client.Client) (*api.Record, error) { return c.JoinKey(cmd.Context(), in) })
		},
	}
	f := cmd.Flags()
	f.StringVarP(&in.Key.Algorithm, "algorithm", "a", "", "`algorithm` (default: what the parts say)")
	f.StringSliceVar(&in.Key.Usage, "usage", nil, "allowed `uses`, such as encrypt,decrypt (default: what the algorithm is for)")
	f.BoolVar(&in.Key.Exportable, "exportable", false, "allow the material to be read out")
	f.BoolVar(&in.Key.Sensitive, "sensitive", false, "let the material leave only wrapped")
	f.StringArrayVar(&tags, "tag", nil, "`name=value`; repeatable")
	return cmd
}

func newKeyIssueCmd(a *app) *cobra.Command {
	var in api.IssueRequest
	var tags []string
	var signer, csr string
	cmd := &cobra.Command{
		Use:   "issue [NAME] --by KEY",
		Short: "Make a certificate that a key of the cluster signs",
		Long: `Make a certificate and keep it as NAME; "quorate key public NAME" prints it. It is for --of, a key of the cluster, or for
--csr, a request of somebody who has the key (PKCS #10). Where --of is the signing key itself, it is a root, by which that key
signs the others. No certificate made so logs anybody into the cluster. It needs "issue" on KEY, "update" on --of, "create" on NAME.

With --replace CERTIFICATE the new one takes that one's place and its name, tags and attributes: it is for the same key, by the
same subject, and for as long, unless --csr, --subject or --not-after say otherwise. The old one stays, under its name and id; all
three learn of each other in one step, and it is replaced once. That needs "rotate" and "update" on it, too.`,
		Example: `  quorate key issue ca/root --by ca/key --of ca/key --subject "Our root"
  quorate key issue web/cert --by ca/key --csr web.csr --not-after 2027-06-01T00:00:00Z
  quorate key issue --by ca/key --replace web/cert`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			switch {
			case len(args) > 0:
				in.Name = args[0]
			case in.Replaces == "":
				return fault.New(fault.Invalid, "the certificate has no name").WithHint("Give one: quorate key issue NAME …; or say which certificate it replaces: --replace CERTIFICATE.")
			}
			if cmd.Flags().Changed("if-match") && in.Replaces == "" {
				return fault.New(fault.Invalid, "--if-match is for a certificate that is there").WithHint("It goes with --replace.")
			}
			if in.Tags, err = parseTags(tags); err != nil {
				return err
			}
			if csr != "" {
				b, err := os.ReadFile(csr)
				if err != nil {
					return fmt.Errorf("reading the request: %w", err)
				}
				in.CSR = string(b)
			}
			if in.Of == "" && in.CSR == "" && in.Replaces == "" {
				return fault.New(fault.Invalid, "a certificate is for a key or a request").WithHint("Give --of KEY or --csr FILE.")
			}
			return a.record(cmd, func(c *client.Client) (*api.Record, error) { return c.IssueCertificate(cmd.Context(), signer, in) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&signer, "by", "", "`key` that signs")
	f.StringVar(&in.Of, "of", "", "`key` that is certified")
	f.StringVar(&csr, "csr", "", "`file` with a certificate request in PEM")
	f.StringVar(&in.Subject, "subject", "", "common `name`, where no request has a subject (default: the key's name)")
	f.StringVar(&in.NotBefore, "not-before", "", "`time` from which it is good (default: now)")
	f.StringVar(&in.NotAfter, "not-after", "", "`time` of its end (default: in a year, of a root in ten, or as long as what it replaces)")
	f.StringVar(&in.Replaces, "replace", "", "`certificate` whose place it takes")
	f.StringArrayVar(&tags, "tag", nil, "`name=value`; repeatable")
	_ = cmd.MarkFlagRequired("by")
	_ = cmd.RegisterFlagCompletionFunc("by", a.completeKeyFlag)
	_ = cmd.RegisterFlagCompletionFunc("of", a.completeKeyFlag)
	_ = cmd.RegisterFlagCompletionFunc("replace", a.completeKeyFlag)
	return ifMatch(cmd)
}

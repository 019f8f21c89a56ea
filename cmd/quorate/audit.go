package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/vault/audit"
	"github.com/quorate/quorate/vault/fault"
)

func newAuditCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "audit",
		Short:   "Verify audit files",
		Long:    `Work with the audit files that every node writes: JSON lines, chained by hashes so that an edit is noticed.`,
		Example: "  quorate audit verify audit.jsonl",
	}
	cmd.AddCommand(newAuditVerifyCmd(a))
	return cmd
}

func newAuditVerifyCmd(a *app) *cobra.Command {
	var behind, until string
	var certs []string
	cmd := &cobra.Command{
		Use:   "verify FILE...",
		Short: "Check that audit files are as they were written",
		Long: `Read audit files and check the chain of hashes: no line edited, removed, inserted or moved. Several files are taken as
one log, in the order given. A missing end can be noticed only with --until, the SEQ:HASH that an earlier verification
printed as the last line; --behind is the same for the line before the first. Checkpoint signatures are counted, not
checked, unless --cert gives the certificate of the node that wrote the file (its identity/node.crt). No cluster is asked. Exit code 5 when something is wrong.`,
		Example: `  quorate audit verify audit.jsonl
  quorate audit verify --cert /var/lib/quorate/identity/node.crt /var/lib/quorate/audit.log
  quorate audit verify audit-1.jsonl audit.jsonl --until 48211:9f1c…`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var opts audit.VerifyOptions
			var last *audit.Head
			var err error
			if opts.Behind, err = parseHead(behind); err != nil {
				return err
			}
			if last, err = parseHead(until); err != nil {
				return err
			}
			wrong := false
			if len(certs) > 0 {
				if opts.CheckSignature, err = checkSignatures(certs); err != nil {
					return err
				}
			}
			for i, path := range args {
				if i == len(args)-1 {
					opts.Until = last
				}
				r, err := a.verifyAudit(cmd.Context(), path, opts)
				if err != nil {
					return err
				}
				wrong = wrong || !r.OK()
				opts.Behind = &r.Last
			}
			if wrong {
				return fault.New(fault.BadState, "the audit log is not as it was written").WithHint("The lines named above are where to look; compare with a copy kept elsewhere.")
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&behind, "behind", "", "`SEQ:HASH` of the line before the first")
	cmd.Flags().StringSliceVar(&certs, "cert", nil, "certificate `files` of the node, to check the checkpoints' signatures with")
	cmd.Flags().StringVar(&until, "until", "", "`SEQ:HASH` of a line that the log must reach")
	return cmd
}

func parseHead(s string) (*audit.Head, error) {
	if s == "" {
		return nil, nil
	}
	var h audit.Head
	if n, err := fmt.Sscanf(s, "%d:%s", &h.Seq, &h.Hash); err != nil || n != 2 {
		return nil, fault.New(fault.Invalid, "%q is not the place of a line", s).WithHint("It looks like 48211:9f1c…, as `quorate audit verify` prints it.")
	}
	return &h, nil
}

func (a *app) verifyAudit(ctx context.Context, path string, opts audit.VerifyOptions) (audit.Report, error) {
	in, err := a.openIn(ctx, path)
	if err != nil {
		return audit.Report{}, err
	}
	defer in.close()
	bar := a.newProgress("verifying", in.size)
	r, err := audit.Verify(&counted{in, bar}, opts)
	bar.end(err == nil)
	if err != nil {
		return r, err
	}
	return r, a.result(reportJSON(path, r), func(w io.Writer) error { return writeReport(w, path, r) })
}

type counted struct {
	io.Reader
	bar *progress
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bar.add(int64(n))
	return n, err
}

func reportJSON(path string, r audit.Report) json.Marshaler { return &auditReport{path, r} }

type auditReport struct {
	path string
	r    audit.Report
}

// MarshalJSON gives the report the names of the command line's JSON.
func (a *auditReport) MarshalJSON() ([]byte, error) {
	type problem struct {
		Line   int    `json:"line"`
		Seq    uint64 `json:"seq,omitempty"`
		Damage string `json:"damage"`
		Text   string `json:"text"`
	}
	problems := []problem{}
	for _, p := range a.r.Problems {
		problems = append(problems, problem{p.Line, p.Seq, string(p.Damage), p.Text})
	}
	return json.Marshal(map[string]any{
		"file": a.path, "ok": a.r.OK(), "lines": a.r.Lines, "checkpoints": a.r.Checkpoints, "last": place(a.r.Last), "problems": problems,
	})
}

func place(h audit.Head) string { return fmt.Sprintf("%d:%s", h.Seq, h.Hash) }

func writeReport(w io.Writer, path string, r audit.Report) error {
	verdict := "intact"
	if !r.OK() {
		verdict = fmt.Sprintf("NOT as it was written: %d problems", len(r.Problems))
	}
	err := describe(w, []field{{"File", path}, {"Lines", fmt.Sprint(r.Lines)}, {"Checkpoints", fmt.Sprint(r.Checkpoints)}, {"Last line", place(r.Last)}, {"Verdict", verdict}})
	if err != nil {
		return err
	}
	for _, p := range r.Problems {
		if _, err := fmt.Fprintln(w, "  "+printable(p.String())); err != nil {
			return err
		}
	}
	return nil
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// checkReport refuses before a drill what its report could not be written to afterwards.
func checkReport(path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return fault.New(fault.Invalid, "the report cannot be written to %s: there is no such folder", path)
	}
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fault.New(fault.Invalid, "the report cannot be written to %s: it is there, and no file", path)
	}
	return nil
}

// reportDrill runs a drill, of a snapshot or ("") by the cluster, and tells what came of it; also to the file out, where it replaces an older one, whatever came of it: a report of
// yesterday must not stand for a drill that failed today.
func (a *app) reportDrill(out, snapshot string, drill func() (*api.SignedDrill, error)) error {
	s, failure := drill()
	if failure != nil {
		if out == "" {
			return failure
		}
		var err error
		if s, err = unsigned(&vault.DrillReport{At: time.Now().UTC().Truncate(time.Second), Snapshot: snapshot, Error: fault.Of(failure).Message}); err != nil {
			return errors.Join(failure, err)
		}
	}
	if out != "" {
		b, err := json.Marshal(s)
		if err == nil {
			err = writeFile(out, append(b, '\n'), 0o600, true)
		}
		if err != nil || failure != nil {
			return errors.Join(failure, err)
		}
	}
	r, err := reportOf(s)
	if err != nil {
		return err
	}
	if a.format == "json" && snapshot == "" {
		return a.result(s, nil) // as it was signed
	}
	return a.result(r, func(w io.Writer) error { return writeDrill(w, r) })
}

// unsigned is a report that no node signed.
func unsigned(r *vault.DrillReport) (*api.SignedDrill, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return &api.SignedDrill{Report: string(b)}, nil
}

func reportOf(s *api.SignedDrill) (*vault.DrillReport, error) {
	r := new(vault.DrillReport)
	if err := json.Unmarshal([]byte(s.Report), r); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the drill's report cannot be read")
	}
	return r, nil
}

func writeDrill(w io.Writer, r *vault.DrillReport) error {
	if !r.OK {
		return describe(w, []field{{"Drill", "failed"}, {"At", r.At.Format(time.RFC3339)}, {"Snapshot", r.Snapshot}, {"Why", r.Error}})
	}
	lost := ""
	if r.Diff != nil {
		lost = fmt.Sprintf("%d keys and %d versions made since; %d keys destroyed since would stay destroyed", r.Diff.Lost.Count, r.Diff.LostVersions, r.Diff.Revived.Count)
	}
	return describe(w, []field{
		{"Drill", "passed"},
		{"Snapshot", r.Snapshot},
		{"Store", r.Store},
		{"Taken", r.Taken.Format(time.RFC3339)},
		{"Opened by", r.By},
		{"On", r.Node},
		{"Keys", fmt.Sprintf("%d authentic", r.Keys)},
		{"Versions", fmt.Sprintf("%d opened, %d destroyed for good", r.Versions, r.Destroyed)},
		{"Tokens, policies", fmt.Sprintf("%d, %d authentic", r.Tokens, r.Policies)},
		{"RTO", fmt.Sprintf("%.3f s", float64(r.RTO))},
		{"RPO", time.Duration(float64(r.RPO) * float64(time.Second)).Round(time.Second).String()},
		{"Would be lost", lost},
	})
}

func newDrillVerifyCmd(a *app) *cobra.Command {
	var certs []string
	cmd := &cobra.Command{
		Use:   "verify REPORT",
		Short: "Check the signature of a drill's report",
		Long: `Check that a report, as --out or --format json gives it, was signed by the node whose certificate is given: identity/node.crt in its
directory. Reports of drills that failed, and of drills with shares, are signed by nobody, and refused.`,
		Example: `  quorate operator drill --out drill.json
  quorate operator drill verify drill.json --cert node1.crt`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := a.readSmall(args[0], 1<<20)
			if err != nil {
				return err
			}
			var s api.SignedDrill
			if err := json.Unmarshal(b, &s); err != nil {
				return fault.Wrap(fault.Invalid, err, "%s is no report of a drill", args[0])
			}
			r, err := reportOf(&s)
			if err != nil {
				return err
			}
			switch {
			case len(s.Signature) > 0:
			case r.Error != "":
				return fault.New(fault.Invalid, "the report says that the drill failed, and nobody signed it: %s", r.Error)
			default:
				return fault.New(fault.Invalid, "the report is not signed: a drill with shares leaves no key that could").WithHint("quorate operator drill --out FILE, without a snapshot's file, gives a signed report.")
			}
			check, err := checkSignatures(certs)
			if err != nil {
				return err
			}
			if err := check(s.KeyID, []byte(vault.DrillLabel+s.Report), s.Signature); err != nil {
				return fault.Wrap(fault.Invalid, err, "the report's signature is not right: %v", err).WithHint("Name the certificate of the node that drilled, as it was then.")
			}
			a.say("The signature is right.")
			return a.result(r, func(w io.Writer) error { return writeDrill(w, r) })
		},
	}
	cmd.Flags().StringArrayVar(&certs, "cert", nil, "`file` with the certificate of a node; repeatable")
	_ = cmd.MarkFlagRequired("cert") // fails for a flag that there is not
	return cmd
}

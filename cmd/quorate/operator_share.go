package main

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/cluster/peer"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/seal/handin"
	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

func newShareCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "share",
		Short: "Give a share by file, encrypted to one ceremony",
		Long: `A custodian who is not at the cluster gives the share by file: the operator sends a request, made with
"operator unseal --request FILE" (or "operator rekey --request FILE"); the custodian encrypts the share to it, on a machine
without a network; the operator hands the file in with --hand-in. Only members can open it, and only while that ceremony lasts.`,
		Example: "  quorate operator share encrypt --to request.txt --share-file share-1.txt --ca ca.crt -o share-1.qhand",
	}
	cmd.AddCommand(newShareEncryptCmd(a))
	return cmd
}

// sharing are the flags of share encrypt.
type sharing struct {
	to, out, fingerprint string
	files                []string
}

func newShareEncryptCmd(a *app) *cobra.Command {
	var f sharing
	cmd := &cobra.Command{
		Use:   "encrypt",
		Short: "Encrypt your share to a request; needs no network and does not show the share",
		Long: `Encrypt your share to the one-time keys in a request, and write it to a new file that anybody may carry. It talks to
nobody. The share is asked for and not shown, or read from --share-file. That the keys are members' is checked by the
cluster's CA certificate (--ca, QUORATE_CACERT), and by --fingerprint if the operator has read you the request's; one of the
two is needed. A share of another cluster or epoch, and a request that has expired, are refused.`,
		Example: `  quorate operator share encrypt --to request.txt --share-file share-1.txt --ca ca.crt -o share-1.qhand
  quorate operator share encrypt --to request.txt --fingerprint 9f86-d081-884c-7d65-9a2f-eaa0-c55a-d015 -o share-1.qhand`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.encryptShare(cmd.Context(), f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.to, "to", "", "`file` with the request")
	fl.StringVarP(&f.out, "out", "o", "", "new `file` for the encrypted share; - for standard output")
	fl.StringVar(&f.fingerprint, "fingerprint", "", "the request's `fingerprint`, as the operator read it to you")
	fl.StringArrayVar(&f.files, "share-file", nil, "`file` with the share; - for standard input")
	_ = cmd.MarkFlagRequired("to")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

func (a *app) encryptShare(ctx context.Context, f sharing) error {
	text, err := a.readSmall(f.to, handin.MaxText)
	if err != nil {
		return err
	}
	r, err := handin.ParseRequest(text)
	if err != nil {
		return err
	}
	now := time.Now()
	if err := r.Current(now); err != nil {
		return err
	}
	if err := a.trustRequest(r, f.fingerprint, now); err != nil {
		return err
	}
	names := make([]string, 0, len(r.Keys))
	for _, k := range r.Keys {
		names = append(names, k.Node)
	}
	a.say("Request %s of cluster %s, for %s, good until %s; it opens at %s.", r.Ceremony.ID(), seal.Fingerprint(r.Ceremony.Cluster), r.Ceremony.Kind,
		r.Ceremony.Ends().Format(time.RFC3339), strings.Join(names, ", "))
	s, err := a.openShares(nil, f.files)
	if err != nil {
		return err
	}
	defer s.clear()
	line, ok, err := s.take(ctx, 0, 0)
	if err != nil {
		return err
	}
	defer clear(line)
	if !ok || len(s.lines) > 1 {
		return fault.New(fault.Invalid, "%d shares are given, and a file holds one", len(s.lines)).WithHint("Encrypt each share to a file of its own.")
	}
	share, err := seal.ParseShare(line)
	if err != nil {
		return err
	}
	defer share.Destroy()
	file, err := r.Encrypt(share)
	if err != nil {
		return err
	}
	if text, err = file.Text(); err != nil {
		return err
	}
	if f.out == "-" {
		_, err = a.out.Write(text)
		return err
	}
	if err := writeNew(f.out, text); err != nil {
		return err
	}
	a.say("Share %d is in %s, encrypted. Send it to the operator, who hands it in with --hand-in.", file.Index, f.out)
	return nil
}

// trustRequest checks that the keys are members', by the CA, and that the request is the one that the operator means, by its fingerprint.
func (a *app) trustRequest(r *handin.Request, fingerprint string, now time.Time) error {
	if fingerprint != "" && !strings.EqualFold(strings.TrimSpace(fingerprint), r.Fingerprint()) {
		return fault.New(fault.Denied, "the request's fingerprint is %s, and not the one that you were told", r.Fingerprint()).
			WithHint("Do not encrypt a share to this request. Ask the operator for it again.")
	}
	saved, err := loadContext()
	if err != nil {
		return err
	}
	ca := a.ca
	if ca == "" {
		ca = env("QUORATE_CACERT", saved.CA)
	}
	if ca == "" && fingerprint == "" {
		return fault.New(fault.Invalid, "nothing says that this request is from the cluster").
			WithHint("Give the cluster's CA certificate with --ca, or have the operator read you the fingerprint (this one is %s) and give it with --fingerprint.", r.Fingerprint())
	}
	if ca == "" {
		return nil
	}
	pem, err := a.readSmall(ca, maxTokenFile*16)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return fault.New(fault.Invalid, "%s holds no certificate", ca)
	}
	return r.Check(roots, peer.NodeOf, now)
}

// writeNew writes a file that must not exist yet, for the owner's eyes only.
func writeNew(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return wrongInput(err, "the file %s cannot be made", file)
	}
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// requested writes what custodians encrypt to, and says what to do with it.
func (a *app) requested(file string, r *api.HandInResponse) error {
	if err := writeNew(file, []byte(r.Request)); err != nil {
		return err
	}
	a.say("Send %s to the custodians, and tell each of them the fingerprint by another way. Each runs: quorate operator share encrypt --to %s -o share.qhand", file, file)
	return a.result(r, func(w io.Writer) error {
		return describe(w, []field{
			{"Ceremony", r.ID}, {"Fingerprint", r.Fingerprint}, {"Opens at", strings.Join(r.Members, ", ")}, {"Good until", r.Expires}, {"File", file},
		})
	})
}

// handIns reads files with encrypted shares; all of them are looked at before any is sent.
func (a *app) handIns(files []string) ([]string, error) {
	var texts []string
	for _, name := range files {
		text, err := a.readSmall(name, handin.MaxText)
		if err != nil {
			return nil, err
		}
		if _, err := handin.ParseFile(text); err != nil {
			f := fault.Of(err)
			return nil, fault.New(f.Kind, "%s: %s", name, f.Message).WithHint("%s", f.NextStep())
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}

// handingIn are the flags of handing in by file.
type handingIn struct {
	request, ttl string
	files        []string
}

func (h *handingIn) flags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&h.request, "request", "", "only write a request, to which custodians encrypt their shares, to this new `file`")
	fl.StringVar(&h.ttl, "ttl", "", "how long the request is good, 10m to 24h (default 4h)")
	fl.StringArrayVar(&h.files, "hand-in", nil, "`file` with a share that was encrypted to the request; repeatable")
	cmd.MarkFlagsMutuallyExclusive("request", "hand-in", "share-file")
}

// sharesOrFiles are the shares that the user hands in, or files with encrypted ones.
func (a *app) sharesOrFiles(args, files, handIns []string) (*shares, error) {
	if len(handIns) == 0 {
		return a.openShares(args, files)
	}
	if len(args) > 0 {
		return nil, fault.New(fault.Invalid, "shares and files with encrypted shares are both given").WithHint("Hand in one kind after the other.")
	}
	texts, err := a.handIns(handIns)
	if err != nil {
		return nil, err
	}
	s := &shares{app: a, sealed: true}
	for _, t := range texts {
		s.lines = append(s.lines, []byte(t))
	}
	return s, nil
}

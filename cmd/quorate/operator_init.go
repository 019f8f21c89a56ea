package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// founding are the flags of operator init.
type founding struct {
	in          api.InitRequest
	recipients  []string
	fingerprint string
	dir         string
}

func newInitCmd(a *app) *cobra.Command {
	var f founding
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Found the cluster and print its key shares, once",
		Long: `Found a cluster at one fresh node, and print the key shares, the root token, a join token and the CA certificate.
They are shown once; the shares are kept by nobody. Any --threshold of the --shares open the cluster.

A fresh node signs its own certificate. It is trusted on a loopback address; elsewhere give --fingerprint with what the
node printed when it started. --recipient encrypts share after share, to an age or OpenPGP public key each. --out
writes share-N.txt, root-token, join-token and ca.crt to a folder instead, readable by you alone.`,
		Example: `  quorate operator init --shares 5 --threshold 3
  quorate operator init --shares 3 --threshold 2 --recipient age1… --recipient age1… --recipient alice.asc
  quorate operator init --addr https://10.0.0.1:7800 --fingerprint 9f1c… --out custody`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.found(cmd, f) },
	}
	fl := cmd.Flags()
	fl.IntVar(&f.in.Shares, "shares", 5, "`number` of shares")
	fl.IntVar(&f.in.Threshold, "threshold", 3, "`number` of shares that open the cluster")
	fl.StringArrayVar(&f.recipients, "recipient", nil, "public `key`, or file with one, to encrypt the next share to; once per share")
	fl.BoolVar(&f.in.Sealed, "sealed", false, "leave the node sealed")
	fl.StringVar(&f.fingerprint, "fingerprint", "", "SHA-256 `fingerprint` of the node's certificate")
	fl.StringVar(&f.dir, "out", "", "`folder` to write shares, tokens and CA certificate to")
	return cmd
}

func (a *app) found(cmd *cobra.Command, f founding) error {
	var err error
	if f.in.Recipients, err = a.readRecipients(f.recipients); err != nil {
		return err
	}
	if n := len(f.in.Recipients); n > 0 && n != f.in.Shares {
		return fault.New(fault.Invalid, "%d recipients are given for %d shares", n, f.in.Shares).WithHint("Give one --recipient for each share.")
	}
	cfg, more, err := a.blankConfig(cmd, f.fingerprint)
	if err != nil {
		return err
	}
	if more {
		a.say("The cluster is founded at %s; the others join it.", cfg.Endpoints[0])
	}
	if f.dir != "" { // before anything is founded: shares that cannot be written are lost
		if err := freshFolder(f.dir); err != nil {
			return err
		}
	}
	c, err := client.New(cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := c.Init(cmd.Context(), f.in)
	if err != nil {
		return err
	}
	if f.dir != "" {
		if err := writeCustody(f.dir, r.Shares, map[string]string{"root-token": r.RootToken, "join-token": r.JoinToken, "ca.crt": r.CACertificate}); err != nil {
			a.say("The files could not be written; the shares are printed here instead, since nobody else has them.")
			if e := a.printFounded(r); e != nil {
				return e
			}
			return err
		}
		a.say("Cluster %s is founded. Shares, tokens and CA certificate are in %s: give each share to its custodian, then remove it there.", r.ClusterID, f.dir)
		return nil
	}
	if err := a.printFounded(r); err != nil {
		return err
	}
	a.say("Cluster %s is founded. Any %d of the %d shares open it; they will not be shown again.", r.ClusterID, f.in.Threshold, len(r.Shares))
	a.say("Save the CA certificate as ca.crt, then: export QUORATE_CACERT=$PWD/ca.crt QUORATE_TOKEN=…")
	return nil
}

// blankConfig is the client of a node that has no cluster yet: the first one named; more tells whether others are named besides.
func (a *app) blankConfig(cmd *cobra.Command, fingerprint string) (cfg client.Config, more bool, err error) {
	if cfg, err = a.clientConfig(cmd); err != nil {
		return cfg, false, err
	}
	if more = len(cfg.Endpoints) > 1; more {
		cfg.Endpoints = cfg.Endpoints[:1]
	}
	cfg.Token, cfg.ClientCert = nil, nil // nobody is known to a node that has no cluster
	if fingerprint != "" {
		cfg.Fingerprint = fingerprint
	} else {
		// A CA from the environment is that of some cluster; this node has none yet.
		cfg.CAFile, cfg.TrustLoopback = a.ca, a.ca == ""
	}
	return cfg, more, nil
}

func (a *app) printFounded(r *api.InitResponse) error {
	return a.result(r, func(w io.Writer) error {
		if err := writeShares(w, r.Shares); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "Root token: %s\nJoin token: %s\nCA certificate:\n%s\n", r.RootToken, r.JoinToken, r.CACertificate)
		return err
	})
}

// writeShares prints shares as scripts expect them: "Share 1: qshare1…", or the armour of an encrypted one below that.
func writeShares(w io.Writer, shares []string) error {
	for i, s := range shares {
		sep := " "
		if len(s) > 0 && s[0] == '-' {
			sep = "\n"
		}
		if _, err := fmt.Fprintf(w, "Share %d:%s%s\n", i+1, sep, s); err != nil {
			return err
		}
	}
	return nil
}

// readRecipients takes public keys as they stand, or from the files named.
func (a *app) readRecipients(list []string) ([]string, error) {
	all := make([]string, 0, len(list))
	for _, r := range list {
		if info, err := os.Stat(r); err == nil && info.Mode().IsRegular() {
			b, err := a.readSmall(r, 64<<10)
			if err != nil {
				return nil, err
			}
			r = string(b)
		}
		all = append(all, r)
	}
	return all, nil
}

// freshFolder makes sure that dir is there and that files can be written in it.
func freshFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return wrongInput(err, "the folder %s cannot be made", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return wrongInput(err, "the folder %s cannot be read", dir)
	}
	if len(entries) > 0 {
		return fault.New(fault.Exists, "the folder %s is not empty", dir).WithHint("Choose a new folder, so that shares of different clusters do not mix.")
	}
	probe := filepath.Join(dir, ".probe")
	if err := writeFile(probe, nil, 0o600, false); err != nil {
		return wrongInput(err, "nothing can be written to the folder %s", dir)
	}
	if err := os.Remove(probe); err != nil {
		return wrongInput(err, "nothing can be removed from the folder %s", dir)
	}
	return nil
}

func custodyFile(dir string, i int) string {
	return filepath.Join(dir, fmt.Sprintf("share-%d.txt", i+1))
}

// writeCustody writes a share a file, and what else is given; all of it readable by the user alone.
func writeCustody(dir string, shares []string, others map[string]string) error {
	for i, s := range shares {
		if err := writeFile(custodyFile(dir, i), []byte(s+"\n"), 0o600, false); err != nil {
			return err
		}
	}
	for name, content := range others {
		if err := writeFile(filepath.Join(dir, name), []byte(content+"\n"), 0o600, false); err != nil {
			return err
		}
	}
	return nil
}

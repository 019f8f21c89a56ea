package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

const defaultAddr = "https://127.0.0.1:7800"

// patience is how long a command goes on when no node at all can be connected.
const patience = 2 * time.Second

// connect makes the client that flags, environment and saved context describe, in this order.
func (a *app) connect(cmd *cobra.Command) (*client.Client, error) {
	cfg, err := a.clientConfig(cmd)
	if err != nil {
		return nil, err
	}
	return client.New(cfg)
}

func (a *app) clientConfig(cmd *cobra.Command) (client.Config, error) {
	saved, err := loadContext()
	if err != nil {
		return client.Config{}, err
	}
	cfg := client.Config{Endpoints: a.endpoints(saved), CallTimeout: a.timeout, Timeout: min(a.timeout, 10*time.Second), Unreachable: min(patience, a.timeout)}
	if cfg.CAFile = a.ca; cfg.CAFile == "" {
		cfg.CAFile = env("QUORATE_CACERT", saved.CA)
	}
	token, err := a.bearer(cmd, saved)
	if err != nil {
		return client.Config{}, err
	}
	cfg.Token = func() []byte { return token }
	cert, key := a.clientCert, a.clientKey
	if cert == "" {
		cert, key = env("QUORATE_CLIENT_CERT", saved.ClientCert), env("QUORATE_CLIENT_KEY", saved.ClientKey)
	}
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return client.Config{}, wrongInput(err, "the client certificate cannot be used")
		}
		cfg.ClientCert = &pair
	}
	if a.verbose {
		cfg.Log = slog.New(slog.NewTextHandler(a.talk, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return cfg, nil
}

func (a *app) endpoints(saved savedContext) []string {
	if len(a.addr) > 0 {
		return a.addr
	}
	if v := os.Getenv("QUORATE_ADDR"); v != "" {
		return splitList(v)
	}
	if len(saved.Addr) > 0 {
		return saved.Addr
	}
	return []string{defaultAddr}
}

func splitList(s string) []string {
	all := []string{}
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// maxTokenFile bounds what is read as a token.
const maxTokenFile = 4096

// bearer finds the token.
func (a *app) bearer(cmd *cobra.Command, saved savedContext) ([]byte, error) {
	switch {
	case a.token != "" && a.tokenFile != "":
		return nil, fault.New(fault.Invalid, "--token and --token-file are both given").WithHint("Give one of them.")
	case a.token != "":
		a.warnFlag(cmd, "--token")
		return []byte(a.token), nil
	case a.tokenFile != "":
		b, err := a.readSmall(a.tokenFile, maxTokenFile)
		if err != nil {
			return nil, err
		}
		return bytes.TrimSpace(b), nil
	}
	return []byte(env("QUORATE_TOKEN", saved.Token)), nil
}

// warnFlag says that a secret was given where others can see it.
func (a *app) warnFlag(cmd *cobra.Command, what string) {
	if cmd != nil && cmd.Name() == cobra.ShellCompRequestCmd {
		return
	}
	a.say("warning: %s is visible in the process list and in the shell's history; use a file or standard input", what)
}

// readSmall reads a whole small file, or standard input for "-".
func (a *app) readSmall(path string, limit int64) ([]byte, error) {
	in := a.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, wrongInput(err, "%s cannot be opened", path)
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, wrongInput(err, "%s cannot be read", path)
	}
	if int64(len(b)) > limit {
		return nil, fault.New(fault.TooLarge, "%s is larger than %d bytes", path, limit)
	}
	return b, nil
}

// completeKeys offers key names for the first argument; silent when the cluster cannot be asked.
func (a *app) completeKeys(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.keyNames(cmd, prefix), cobra.ShellCompDirectiveNoFileComp
}

// completeKeyFlag is completeKeys for a flag.
func (a *app) completeKeyFlag(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return a.keyNames(cmd, prefix), cobra.ShellCompDirectiveNoFileComp
}

func (a *app) keyNames(cmd *cobra.Command, prefix string) []string {
	quiet := *a
	quiet.talk, quiet.timeout = io.Discard, 2*time.Second
	c, err := quiet.connect(cmd)
	if err != nil {
		return nil
	}
	defer c.Close()
	page, err := c.Keys(cmd.Context(), client.KeyQuery{Prefix: prefix, Limit: 100})
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(page.Keys))
	for _, k := range page.Keys {
		if k.Name != "" {
			names = append(names, k.Name)
		}
	}
	return names
}

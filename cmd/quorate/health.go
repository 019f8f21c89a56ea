package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// newHealthCmd is for containers, which have no other program to ask with.
func newHealthCmd(a *app) *cobra.Command {
	var live bool
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask the node on this machine whether it is ready, for health checks of containers",
		Long: `Ask /readyz of the node on this machine: whether it is open and proves that its state is recent. With --live, /livez:
whether the process answers, sealed or not. The exit code is 0 for yes and 6 for no, with the reason.

Nothing secret is sent, and only a loopback address is asked; so the certificate, which a node signs itself before it is a
member, is not looked at.`,
		Example: `  quorate health
  quorate health --live --addr https://127.0.0.1:7810`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			base := "https://127.0.0.1:7800"
			if len(a.addr) > 0 {
				base = a.addr[0]
			}
			path := "/readyz"
			if live {
				path = "/livez"
			}
			answer, err := askLoopback(cmd.Context(), base, path)
			if err != nil {
				return err
			}
			report := struct {
				OK bool `json:"ok"`
			}{true}
			return a.result(report, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, answer)
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&live, "live", false, "ask only whether the process answers")
	return cmd
}

// askLoopback gets a path of the node at base. fault.Stale, with the node's words, if it answers anything but 200.
func askLoopback(ctx context.Context, base, path string) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", wrongInput(err, "the address %q is not understood", base)
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme != "https" || ip == nil || !ip.IsLoopback() {
		return "", fault.New(fault.Invalid, "health asks a loopback address only, and not %s", base).
			WithHint("Give --addr https://127.0.0.1:PORT; for nodes elsewhere there is `quorate status`.")
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.Scheme+"://"+u.Host+path, nil)
	if err != nil {
		return "", err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, //nolint:gosec // loopback, nothing secret is sent, nothing but a word is believed
	}}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return "", fault.Wrap(fault.Stale, err, "no node answers at %s", u.Host).WithHint("Look at the node's log.")
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		return "", fmt.Errorf("reading the answer of %s: %w", u.Host, err)
	}
	if resp.StatusCode != http.StatusOK {
		var p api.Problem
		if json.Unmarshal(text, &p) != nil || p.Detail == "" {
			p.Detail = resp.Status
		}
		return "", fault.New(fault.Stale, "%s", p.Detail).WithHint("A sealed node needs shares: quorate operator unseal.")
	}
	return "ok", nil
}

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/serve"
)

// newEchoCmd is the floor of every read: net/http over TLS 1.3 that answers with what it was sent, and nothing else. It
// runs as a process of its own, as a node does.
func newEchoCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "bench-echo ADDRESS",
		Hidden: true,
		Short:  "Echo over TLS, the floor that reads are held against",
		Long: `Serves a plain net/http echo over TLS 1.3 with keep-alive on ADDRESS until it is stopped. quorate bench --local runs it
as a process of its own, to hold the cluster's figures against what the standard library does on the same machine.`,
		Example: `  quorate bench-echo 127.0.0.1:9999`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cert, err := serve.SelfSigned("echo", "127.0.0.1")
			if err != nil {
				return err
			}
			ln, err := net.Listen("tcp", args[0])
			if err != nil {
				return err
			}
			srv := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(echo)}
			return srv.Serve(tls.NewListener(ln, &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{*cert}}))
		},
	}
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "cannot read", http.StatusBadRequest)
		return
	}
	if len(body) == 0 {
		body = []byte(`{"id":"00000000-0000-0000-0000-000000000000","version":1,"algorithm":"aes-256-gcm","material":""}`)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
}

// startEcho runs the floor as a process.
func startEcho(ctx context.Context) (addr string, pid int, stop func(), err error) {
	exe, err := os.Executable()
	if err != nil {
		return "", 0, nil, err
	}
	ports, err := freePorts(1)
	if err != nil {
		return "", 0, nil, err
	}
	cmd := exec.Command(exe, "bench-echo", ports[0])
	cmd.SysProcAttr = dieWithParent()
	if err := cmd.Start(); err != nil {
		return "", 0, nil, fmt.Errorf("starting the echo server: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); pause(ctx, pollEvery) {
		if c, err := net.DialTimeout("tcp", ports[0], time.Second); err == nil {
			c.Close()
			return ports[0], cmd.Process.Pid, stop, nil
		}
	}
	stop()
	return "", 0, nil, fmt.Errorf("the echo server did not start")
}

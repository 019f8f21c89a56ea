package client

import (
	"bytes"
	"crypto/tls"
	"os"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

// FromEnvironment makes a client as the command line does: from QUORATE_ADDR (addresses, comma-separated), QUORATE_CACERT (a file),
// and QUORATE_TOKEN, or QUORATE_CLIENT_CERT and QUORATE_CLIENT_KEY (files). It does not see what `quorate login` saved. For a token that is
// renewed, or held elsewhere, use New with package holder.
func FromEnvironment() (*Client, error) {
	cfg := Config{CAFile: os.Getenv("QUORATE_CACERT")}
	for addr := range strings.SplitSeq(os.Getenv("QUORATE_ADDR"), ",") {
		if addr = strings.TrimSpace(addr); addr != "" {
			cfg.Endpoints = append(cfg.Endpoints, addr)
		}
	}
	if len(cfg.Endpoints) == 0 {
		return nil, fault.New(fault.Invalid, "QUORATE_ADDR names no node").WithHint("export QUORATE_ADDR=https://127.0.0.1:7800")
	}
	if token := []byte(strings.TrimSpace(os.Getenv("QUORATE_TOKEN"))); len(token) > 0 {
		cfg.Token = func() []byte { return bytes.Clone(token) }
	}
	if file := os.Getenv("QUORATE_CLIENT_CERT"); file != "" {
		pair, err := tls.LoadX509KeyPair(file, os.Getenv("QUORATE_CLIENT_KEY"))
		if err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "the client certificate cannot be used").WithHint("Check QUORATE_CLIENT_CERT and QUORATE_CLIENT_KEY.")
		}
		cfg.ClientCert = &pair
	}
	return New(cfg)
}

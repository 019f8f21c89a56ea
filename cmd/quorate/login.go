package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// savedContext is what `quorate login` keeps, in config.yaml in the user's configuration folder, readable by the
// user alone.
type savedContext struct {
	Addr       []string `yaml:"addr,omitempty"`        // addresses of nodes
	CA         string   `yaml:"ca,omitempty"`          // path of the CA certificate
	Token      string   `yaml:"token,omitempty"`       // bearer token
	ClientCert string   `yaml:"client_cert,omitempty"` // path of a client certificate
	ClientKey  string   `yaml:"client_key,omitempty"`  // path of its key
}

// contextPath is where the context is kept: $XDG_CONFIG_HOME/quorate/config.yaml, or under ~/.config.
func contextPath() (string, error) {
	base := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(base) { // the XDG specification: relative paths are to be ignored
		home, err := os.UserHomeDir()
		if err != nil {
			return "", wrongInput(err, "there is no home directory to keep the context in")
		}
		base = filepath.Join(home, ".config")
	}
	return filepath.Join(base, "quorate", "config.yaml"), nil
}

// loadContext reads the saved context; none is an empty one. A file that others can read is refused.
func loadContext() (savedContext, error) {
	var c savedContext
	path, err := contextPath()
	if err != nil {
		return c, nil //nolint:nilerr // without a home directory there is no saved context
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, wrongInput(err, "the saved context cannot be read")
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return c, wrongInput(err, "the saved context cannot be read")
	}
	if info.Mode().Perm()&0o077 != 0 {
		return c, fault.New(fault.Invalid, "the saved context %s can be read by others (mode %04o)", path, info.Mode().Perm()).
			WithHint("Make it yours alone: chmod 600 %s; then renew the token that was in it.", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return c, wrongInput(err, "the saved context cannot be read")
	}
	defer clear(b)
	if len(bytes.TrimSpace(b)) == 0 {
		return c, nil
	}
	if err := yaml.UnmarshalWithOptions(b, &c, yaml.Strict()); err != nil {
		// The parser's own text quotes the file, which holds a token.
		return savedContext{}, fault.New(fault.Invalid, "the saved context %s is not understood", path).WithHint("Write it anew with `quorate login`, or remove it with `quorate logout`.")
	}
	return c, nil
}

// saveContext replaces the saved context; a failure leaves the one before.
func saveContext(c savedContext) (string, error) {
	path, err := contextPath()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", wrongInput(err, "the folder of the saved context cannot be made")
	}
	b, err := yaml.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("encoding the context: %w", err)
	}
	defer clear(b)
	return path, writeFile(path, b, 0o600, true)
}

func newLoginCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "login",
		Short: "Check a token and keep address, CA and token for later commands",
		Long: `Check that the cluster accepts the token, then keep addresses, CA certificate and token (or client
certificate) in ~/.config/quorate/config.yaml ($XDG_CONFIG_HOME is honoured), readable by you alone. Flags and
environment go before what is kept.

The token comes from --token-file, QUORATE_TOKEN, or a prompt that does not show it.`,
		Example: `  quorate login --addr https://10.0.0.1:7800,https://10.0.0.2:7800 --ca ca.crt
  quorate login --token-file - < token`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.clientConfig(cmd)
			if err != nil {
				return err
			}
			saved := savedContext{Addr: cfg.Endpoints, ClientCert: absolute(env("QUORATE_CLIENT_CERT", a.clientCert)), ClientKey: absolute(env("QUORATE_CLIENT_KEY", a.clientKey))}
			if a.clientCert != "" {
				saved.ClientCert, saved.ClientKey = absolute(a.clientCert), absolute(a.clientKey)
			}
			saved.CA = absolute(cfg.CAFile)
			token := cfg.Token()
			if len(token) == 0 && cfg.ClientCert == nil {
				if token, err = a.promptSecret(cmd.Context(), "Token: "); err != nil {
					return err
				}
				token = bytes.TrimSpace(token)
				cfg.Token = func() []byte { return token }
			}
			saved.Token = string(token)
			c, err := client.New(cfg)
			if err != nil {
				return err
			}
			defer c.Close()
			if len(token) > 0 {
				t, err := c.Token(cmd.Context(), "")
				if err != nil {
					return err
				}
				a.say("The token is %s's%s.", printable(t.Principal), until(t.ExpiresAt))
			}
			path, err := saveContext(saved)
			if err != nil {
				return err
			}
			a.say("Saved in %s.", path)
			return nil
		},
	}
}

func newLogoutCmd(a *app) *cobra.Command {
	var revoke bool
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Forget the saved context",
		Long: `Remove the saved addresses, CA and token from this machine. With --revoke the cluster ends the token
first, so that copies of it are worthless too.`,
		Example: "  quorate logout --revoke",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if revoke {
				c, err := a.connect(cmd)
				if err != nil {
					return err
				}
				defer c.Close()
				if err := c.RevokeToken(cmd.Context(), ""); err != nil {
					return err
				}
			}
			path, err := contextPath()
			if err != nil {
				return err
			}
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return wrongInput(err, "the saved context cannot be removed")
			}
			a.say("Removed %s.", path)
			return nil
		},
	}
	cmd.Flags().BoolVar(&revoke, "revoke", false, "end the token first")
	return cmd
}

func absolute(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

func until(expires string) string {
	if expires == "" {
		return ", without an end"
	}
	return ", valid until " + expires
}

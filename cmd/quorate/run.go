package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/envfile"
	"github.com/quorate/quorate/vault/fault"
)

// maxEnvFile bounds an environment file, decrypted.
const maxEnvFile = 1 << 20

func newRunCmd(a *app) *cobra.Command {
	var files []string
	var keepToken bool
	var f crypt
	cmd := &cobra.Command{
		Use:   "run --env-file FILE -- COMMAND [ARGUMENTS…]",
		Short: "Run a command with secrets in its environment, and nowhere else",
		Long: `Decrypt files that "quorate encrypt" wrote, and become COMMAND with the variables in them added to its
environment. Nothing plain is written anywhere; signals, output and exit code are the command's own. The token of this
program (QUORATE_TOKEN) is taken out of the environment unless --keep-token is given.

A file has a line NAME=value for each variable. Empty lines, lines that begin with # and a leading "export " are passed
over. A value in single quotes is taken as it stands; in double quotes \n, \t, \" and \\ are known; without quotes it
ends with the line. Of several files, later ones win.`,
		Example: `  quorate encrypt --key app1 -i secrets.env -o secrets.enc
  quorate run --env-file secrets.enc -- ./server --port 8080`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := exec.LookPath(args[0])
			if err != nil {
				return fault.Wrap(fault.NotFound, err, "the command %q cannot be run", args[0]).WithHint("Check its name, and that it may be executed.")
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			environment := os.Environ()
			if !keepToken {
				environment = without(environment, "QUORATE_TOKEN")
			}
			for _, name := range files {
				if environment, err = a.envFile(cmd.Context(), c, name, f, environment); err != nil {
					return err
				}
			}
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			return fmt.Errorf("running %s: %w", path, syscall.Exec(path, args, environment)) // returns only when it failed
		},
	}
	cmd.Flags().StringArrayVar(&files, "env-file", nil, "encrypted `file` with variables; repeatable")
	cmd.Flags().BoolVar(&keepToken, "keep-token", false, "leave QUORATE_TOKEN in the command's environment")
	cmd.Flags().StringVar(&f.context, "context", "", "`text` that was bound to the files")
	cmd.Flags().StringVar(&f.aad, "aad", "", "`text` that was bound to the files with --aad")
	cmd.Flags().SetInterspersed(false)
	_ = cmd.MarkFlagRequired("env-file")
	return cmd
}

// envFile adds the variables of one encrypted file.
func (a *app) envFile(ctx context.Context, c *client.Client, name string, f crypt, environment []string) ([]string, error) {
	in, err := a.openIn(ctx, name)
	if err != nil {
		return nil, err
	}
	defer in.close()
	plain := &bounded{limit: maxEnvFile}
	defer func() { clear(plain.buf.Bytes()) }()
	if _, err := c.DecryptStream(ctx, plain, in, client.StreamOptions{Context: []byte(f.context), AAD: []byte(f.aad)}); err != nil {
		return nil, err
	}
	for i, line := range bytes.Split(plain.buf.Bytes(), []byte("\n")) {
		variable, value, err := envfile.ParseLine(line)
		if err != nil {
			return nil, err.WithHint("Decrypt %s and look at line %d; a line is NAME=value.", name, i+1)
		}
		if variable != "" {
			environment = append(without(environment, variable), variable+"="+value)
		}
	}
	return environment, nil
}

// without takes a variable out of an environment.
func without(environment []string, name string) []string {
	kept := make([]string, 0, len(environment)+1)
	for _, v := range environment {
		if !strings.HasPrefix(v, name+"=") {
			kept = append(kept, v)
		}
	}
	return kept
}

// bounded holds what is written to it, up to a limit.
type bounded struct {
	buf   bytes.Buffer
	limit int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.buf.Len()+len(p) > b.limit {
		return 0, fault.New(fault.TooLarge, "the environment file is larger than %d bytes", b.limit)
	}
	return b.buf.Write(p)
}

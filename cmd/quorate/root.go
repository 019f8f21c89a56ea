package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/vault/fault"
)

// version is set when the binary is built (-ldflags "-X main.version=…").
var version = "dev"

// commands are the constructors of the top-level commands, in the order of the help.
var commands = []func(*app) *cobra.Command{
	newServerCmd,
	newDemoCmd,
	newBenchCmd,
	newEchoCmd,
	newStatusCmd,
	newHealthCmd,
	newDoctorCmd,
	newOperatorCmd,
	newKeyCmd,
	newEncryptCmd,
	newDecryptCmd,
	newRunCmd,
	newSignCmd,
	newVerifyCmd,
	newMACCmd,
	newVerifyMACCmd,
	newDeriveCmd,
	newWrapCmd,
	newUnwrapCmd,
	newEncapsulateCmd,
	newDecapsulateCmd,
	newDataKeyCmd,
	newHashCmd,
	newBatchCmd,
	newRandomCmd,
	newTokenCmd,
	newPolicyCmd,
	newKMICmd,
	newKMIPCmd,
	newConvertCmd,
	newAuditCmd,
	newLoginCmd,
	newLogoutCmd,
	newVersionCmd,
	newCompletionCmd,
	newHelpCmd,
}

// app is what all commands share: the streams and the global flags.
type app struct {
	in        io.Reader
	out, talk io.Writer // results; everything else

	addr       []string
	ca         string
	token      string
	tokenFile  string
	clientCert string
	clientKey  string
	format     string
	timeout    time.Duration
	verbose    bool

	running bool // a command's own code began: errors from then on are not the command line's
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, a *app) int {
	root := newRoot(a)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	if !a.running {
		err = usage(cmd, err)
	}
	return a.fail(ctx, cmd, err)
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "quorate",
		Short: "A replicated key vault: keys that survive the loss of nodes, opened by a quorum of shares",
		Long: `Quorate keeps encryption keys on several nodes, wrapped by a master key that operators open with
shares. This command talks to a cluster, and runs its servers.

It finds the cluster by --addr, QUORATE_ADDR, or what "quorate login" saved, in this order; the same goes for the
CA certificate (--ca, QUORATE_CACERT) and the token (--token-file, QUORATE_TOKEN).

Exit codes: 0 done, 1 internal error, 2 wrong usage or invalid request, 3 denied, 4 not found, 5 state or conflict,
6 sealed or unavailable, 7 uncertain (the same request may be repeated), 130 interrupted.`,
		Example: `  quorate status
  quorate key create billing
  quorate encrypt --key billing -i report.pdf -o report.pdf.qrt`,
		Version:           version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.talk)
	f := root.PersistentFlags()
	f.StringSliceVar(&a.addr, "addr", nil, "`addresses` of nodes, comma-separated (QUORATE_ADDR; default https://127.0.0.1:7800)")
	f.StringVar(&a.ca, "ca", "", "`file` with the cluster's CA certificate (QUORATE_CACERT)")
	f.StringVar(&a.token, "token", "", "bearer `token`; visible in the process list, prefer --token-file or QUORATE_TOKEN")
	f.StringVar(&a.tokenFile, "token-file", "", "`file` with the bearer token, - for standard input")
	f.StringVar(&a.clientCert, "client-cert", "", "`file` with a client certificate in PEM (QUORATE_CLIENT_CERT)")
	f.StringVar(&a.clientKey, "client-key", "", "`file` with its private key in PEM (QUORATE_CLIENT_KEY)")
	f.StringVar(&a.format, "format", "text", "`form` of results: text or json")
	f.DurationVar(&a.timeout, "timeout", 30*time.Second, "`time` for one request, retries included")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "tell of every attempt on standard error")
	_ = root.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	for _, construct := range commands {
		c := construct(a)
		if c.Name() == "help" {
			root.SetHelpCommand(c)
			continue
		}
		root.AddCommand(c)
	}
	a.prepare(root)
	return root
}

// wrongArgs says what a command line lacks, or has too much, by how the command is written.
func wrongArgs(c *cobra.Command, fit cobra.PositionalArgs, args []string) error {
	err := fit(c, args)
	use := strings.TrimSuffix(c.UseLine(), " [flags]")
	switch {
	case err == nil || c.HasSubCommands():
		return err
	case fit(c, append(slices.Clone(args), "x")) == nil:
		return fmt.Errorf("something is missing; write: %s", use)
	case len(args) > 0 && fit(c, args[:len(args)-1]) == nil:
		return fmt.Errorf("%q is one argument too many; write: %s", args[len(args)-1], use)
	}
	return err
}

// prepare gives every command what all have in common: groups answer with their help and refuse what they do not
// know, and a command's own code is told apart from the reading of its command line.
func (a *app) prepare(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		a.prepare(c)
	}
	if cmd.HasSubCommands() && cmd.RunE == nil && cmd.Run == nil {
		cmd.Args = func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			near := ""
			if s := c.SuggestionsFor(args[0]); len(s) > 0 {
				near = fmt.Sprintf("; did you mean %q?", s[0])
			}
			return fmt.Errorf("%q is no command of %q%s", args[0], c.CommandPath(), near)
		}
		cmd.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		cmd.SuggestionsMinimumDistance = 2
		return
	}
	if inner := cmd.Args; inner != nil {
		cmd.Args = func(c *cobra.Command, args []string) error { return wrongArgs(c, inner, args) }
	}
	if inner := cmd.RunE; inner != nil {
		cmd.RunE = func(c *cobra.Command, args []string) error {
			if a.format != "text" && a.format != "json" {
				return fmt.Errorf("--format is %q, but it can be text or json only", a.format)
			}
			if a.timeout <= 0 {
				return fmt.Errorf("--timeout is %v, but it must be more than nothing", a.timeout)
			}
			a.running = true
			return inner(c, args)
		}
	}
}

// usage is an error of the command line.
func usage(cmd *cobra.Command, err error) error {
	return fault.New(fault.Invalid, "%v", err).WithHint("Look at `%s --help`.", cmd.CommandPath())
}

func newVersionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version of this binary",
		Long: `Show the version of this binary. The nodes' versions are shown by "quorate doctor".

The server's version may differ while a cluster is being upgraded.`,
		Example: "  quorate version --format json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return a.result(map[string]string{"version": version}, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, "quorate", version)
				return err
			})
		},
	}
}

func newCompletionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script that completes commands, flags and key names in your shell",
		Long: `Print a script for your shell that completes commands, flags and, by asking the cluster, names of
keys. Load it in the shell's start-up file.`,
		Example: `  source <(quorate completion bash)
  quorate completion zsh > "${fpath[1]}/_quorate"
  quorate completion fish > ~/.config/fish/completions/quorate.fish`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.out, true)
			case "zsh":
				return root.GenZshCompletion(a.out)
			case "fish":
				return root.GenFishCompletion(a.out, true)
			default:
				return root.GenPowerShellCompletionWithDesc(a.out)
			}
		},
	}
}

func newHelpCmd(*app) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Show the help of a command",
		Long: `Show the help of a command: what it does, its flags, and an example. The same as giving
the command --help.`,
		Example: "  quorate help operator init",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || found == nil || len(rest) > 0 {
				return fault.New(fault.Invalid, "there is no command %q", args).WithHint("`quorate --help` lists the commands.")
			}
			return found.Help()
		},
	}
}

// env is the value of an environment variable, or other if it is empty.
func env(name, other string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return other
}

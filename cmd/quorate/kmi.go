package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// kmi are the flags of the kmi commands.
type kmi struct {
	addr  string
	out   string
	force bool
}

func newKMICmd(a *app) *cobra.Command {
	f := &kmi{}
	cmd := &cobra.Command{
		Use:   "kmi",
		Short: "Do what the keas.kmi test client does, at a keas.kmi door, and move in from there",
		Long: `Speak to a node's keas.kmi door: make a key-encrypting key, get the data key that belongs to it, encrypt and decrypt
under that. The key-encrypting key is a PEM file that the cluster does not keep. What keas.kmi's own clients encrypted is
read, and never written: "reencrypt" takes it to a form that detects every change. "import" moves the keys of a keas.kmi
server into the cluster; they go on working.`,
		Example: `  quorate kmi new --kmi-addr https://127.0.0.1:7803 -o kek.pem
  quorate kmi get kek.pem -o dek.bin
  quorate kmi import var-lib-keas.kmi
  quorate kmi reencrypt kek.pem -i old.enc -o new.enc`,
	}
	cmd.PersistentFlags().StringVar(&f.addr, "kmi-addr", "", "`addresses` of keas.kmi doors, comma-separated (QUORATE_KMI_ADDR)")
	cmd.AddCommand(
		newKMIStatusCmd(a, f), newKMINewCmd(a, f), newKMIGetCmd(a, f), newKMIEncryptCmd(a, f), newKMIDecryptCmd(a, f), newKMIReencryptCmd(a, f), newKMIImportCmd(a),
	)
	return cmd
}

func (f *kmi) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.out, "out", "o", "", "output `file`, readable by you alone (default: standard output)")
	cmd.Flags().BoolVar(&f.force, "force", false, "replace the output file if it exists")
}

// door connects to the keas.kmi door.
func (a *app) door(cmd *cobra.Command, f *kmi) (*client.Client, error) {
	cfg, err := a.clientConfig(cmd)
	if err != nil {
		return nil, err
	}
	addr := f.addr
	if addr == "" {
		addr = os.Getenv("QUORATE_KMI_ADDR")
	}
	if cfg.Endpoints = splitList(addr); len(cfg.Endpoints) == 0 {
		return nil, fault.New(fault.Invalid, "the keas.kmi door's address is not given").WithHint("Give it with --kmi-addr or QUORATE_KMI_ADDR; it is in the server's configuration (keas).")
	}
	cfg.Token = nil // that door does not know tokens
	return client.New(cfg)
}

func newKMIStatusCmd(a *app, f *kmi) *cobra.Command {
	return &cobra.Command{
		Use:     "status",
		Short:   "See whether the door answers, and how many keys there are",
		Long:    `Ask a keas.kmi door how many data keys there are. Any keas.kmi server answers this.`,
		Example: "  quorate kmi status --kmi-addr https://127.0.0.1:7803",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.door(cmd, f)
			if err != nil {
				return err
			}
			defer c.Close()
			text, err := c.KMIStatus(cmd.Context())
			if err != nil {
				return atDoor(err)
			}
			return a.result(map[string]string{"status": text}, func(w io.Writer) error {
				_, err := fmt.Fprintln(w, printable(text))
				return err
			})
		},
	}
}

func newKMINewCmd(a *app, f *kmi) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "new",
		Short: "Make a data key and print its key-encrypting key",
		Long: `Make a data key in the cluster and get the key-encrypting key that opens it, as PEM. Nobody else keeps it: without
the file the data key is lost.`,
		Example: "  quorate kmi new -o kek.pem",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.door(cmd, f)
			if err != nil {
				return err
			}
			defer c.Close()
			return a.deliver(crypt{out: f.out, force: f.force}, func(w io.Writer) error {
				kek, err := c.KMINew(cmd.Context())
				if err != nil {
					return atDoor(err)
				}
				defer clear(kek)
				_, err = w.Write(kek)
				return err
			})
		},
	}
	f.register(cmd)
	return cmd
}

func newKMIGetCmd(a *app, f *kmi) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get KEK",
		Short: "Get the data key that a key-encrypting key opens",
		Long: `Send the key-encrypting key (a PEM file, - for standard input) and get the raw bytes of the data key. Any node
gives the same ones.`,
		Example: "  quorate kmi get kek.pem -o dek.bin",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.out == "" && isTerminal(a.out) {
				return fault.New(fault.Invalid, "the raw data key would go to the terminal").WithHint("Name a file with -o.")
			}
			return a.withDEK(cmd, f, args[0], func(dek []byte) error {
				return a.deliver(crypt{out: f.out, force: f.force}, func(w io.Writer) error {
					_, err := w.Write(dek)
					return err
				})
			})
		},
	}
	f.register(cmd)
	return cmd
}

// withDEK lends the data key that a KEK file opens.
func (a *app) withDEK(cmd *cobra.Command, f *kmi, path string, use func(dek []byte) error) error {
	kek, err := a.readSmall(path, 64<<10)
	if err != nil {
		return err
	}
	defer clear(kek)
	c, err := a.door(cmd, f)
	if err != nil {
		return err
	}
	defer c.Close()
	dek, err := c.KMIKey(cmd.Context(), kek)
	if errors.Is(err, fault.NotFound) {
		return fault.Wrap(fault.NotFound, err, "the door keeps no data key that %s opens", path).WithHint("Give a key-encrypting key in PEM that `quorate kmi new` or a client of keas.kmi got there, or import that server's directory: quorate kmi import DIR.")
	}
	if err != nil {
		return atDoor(err)
	}
	defer clear(dek)
	return use(dek)
}

// atDoor says of an error what it means at this door: its address is a flag of its own, and another listener answers other paths.
func atDoor(err error) error {
	const hint = "Check --kmi-addr or QUORATE_KMI_ADDR: it is the port that the server has for keas.kmi (--keas), not that of the API."
	switch {
	case errors.Is(err, client.ErrUnreachable):
		return fault.Wrap(fault.KindOf(err), err, "%s", fault.Of(err).Message).WithHint(hint)
	case errors.Is(err, fault.NotFound):
		return fault.Wrap(fault.NotFound, err, "what answers there is no keas.kmi door").WithHint(hint)
	}
	return err
}

// cancellable ends reading when the context does.
type cancellable struct {
	ctx context.Context // of the one command that reads
	r   io.Reader
}

func (c *cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

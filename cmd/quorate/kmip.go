package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/fault"
)

func newKMIPCmd(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "kmip",
		Short: "Let databases, storage and hypervisors in that speak KMIP",
		Long: `Make what a client of the KMIP door needs (listen.kmip in the server's configuration), and see whether the door answers.
Whoever comes in is the common name of his certificate; policies speak of him as Certificate::"NAME".`,
		Example: `  quorate kmip client-cert mongod --out mongod --kmip-addr kms1:5696,kms2:5696,kms3:5696
  quorate kmip query --kmip-addr kms1:5696 --client-cert mongod/mongod.crt --client-key mongod/mongod.key`,
	}
	cmd.AddCommand(newKMIPCertCmd(a), newKMIPQueryCmd(a))
	return cmd
}

// kmipAddresses are those given, or the hosts of the API at the protocol's own port.
func (a *app) kmipAddresses(given []string) ([]string, error) {
	if len(given) > 0 {
		for _, addr := range given {
			if _, _, err := net.SplitHostPort(addr); err != nil {
				return nil, fault.New(fault.Invalid, "%q is not HOST:PORT", printable(addr)).WithHint("Give --kmip-addr as HOST:PORT, several with commas between.")
			}
		}
		return given, nil
	}
	saved, err := loadContext()
	if err != nil {
		return nil, err
	}
	var all []string
	for _, e := range a.endpoints(saved) {
		host := strings.TrimPrefix(e, "https://")
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		all = append(all, net.JoinHostPort(host, "5696"))
	}
	return all, nil
}

// kmipFigures is what the door says of itself.
type kmipFigures struct {
	Address    string   `json:"address"`
	Vendor     string   `json:"vendor"`
	Versions   []string `json:"versions"`
	Operations []string `json:"operations"`
	Objects    []string `json:"objects"`
}

func newKMIPQueryCmd(a *app) *cobra.Command {
	var addr []string
	cmd := &cobra.Command{
		Use:   "query",
		Short: "See whether the KMIP door answers, and what it does",
		Long: `Ask a KMIP door, with a client certificate, which versions of the protocol it speaks, and which operations and objects it
knows. The first address that answers is taken. Any KMIP server answers this.`,
		Example: "  quorate kmip query --kmip-addr kms1:5696 --client-cert mongod/mongod.crt --client-key mongod/mongod.key --ca mongod/ca.crt",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := a.kmipAddresses(addr)
			if err != nil {
				return err
			}
			conf, err := a.kmipTLS(cmd)
			if err != nil {
				return err
			}
			var got *kmipFigures
			for _, to := range all {
				if got, err = askKMIP(to, conf, a.timeout); err == nil {
					break
				}
			}
			if err != nil {
				return err
			}
			return a.result(got, func(w io.Writer) error {
				_, err := fmt.Fprintf(w, "Address: %s\nVendor: %s\nVersions: %s\nOperations: %s\nObjects: %s\n", got.Address, printable(got.Vendor),
					strings.Join(got.Versions, ", "), strings.Join(got.Operations, ", "), strings.Join(got.Objects, ", "))
				return err
			})
		},
	}
	cmd.Flags().StringSliceVar(&addr, "kmip-addr", nil, "`addresses` of KMIP doors, HOST:PORT, comma-separated (default: the nodes, at port 5696)")
	return cmd
}

// kmipTLS is how a client of that door comes in.
func (a *app) kmipTLS(cmd *cobra.Command) (*tls.Config, error) {
	cfg, err := a.clientConfig(cmd)
	if err != nil {
		return nil, err
	}
	if cfg.ClientCert == nil {
		return nil, fault.New(fault.Invalid, "the KMIP door wants a client certificate").WithHint("Make one with `quorate kmip client-cert NAME`, and give it with --client-cert and --client-key.")
	}
	conf := &tls.Config{Certificates: []tls.Certificate{*cfg.ClientCert}, MinVersion: tls.VersionTLS12}
	if cfg.CAFile != "" {
		text, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, wrongInput(err, "the CA certificate cannot be read")
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(text) {
			return nil, fault.New(fault.Invalid, "%s holds no certificate", cfg.CAFile)
		}
	}
	return conf, nil
}

func askKMIP(addr string, conf *tls.Config, within time.Duration) (*kmipFigures, error) {
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: within}, "tcp", addr, conf)
	if err != nil {
		return nil, fault.Wrap(fault.NoLeader, err, "the KMIP door at %s cannot be reached", printable(addr)).WithHint("Is listen.kmip in the server's configuration, and is the certificate the cluster's?")
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(within)); err != nil {
		return nil, err
	}
	f := &kmipFigures{Address: addr, Versions: []string{}, Operations: []string{}, Objects: []string{}}
	// The oldest version that can ask for versions; then the newest that both know.
	if err := f.ask(c, wire.V11, wire.OperationDiscoverVersions, func(*ttlv.Encoder) {}); err != nil {
		return nil, err
	}
	newest := wire.V11
	for _, v := range wire.Versions() {
		if slices.Contains(f.Versions, v.String()) && newest.Before(v) {
			newest = v
		}
	}
	return f, f.ask(c, newest, wire.OperationQuery, func(e *ttlv.Encoder) {
		for _, q := range []wire.QueryFunction{wire.QueryFunctionQueryOperations, wire.QueryFunctionQueryObjects, wire.QueryFunctionQueryServerInformation} {
			e.Enumeration(wire.TagQueryFunction, uint32(q))
		}
	})
}

// ask does one operation and reads what it tells.
func (f *kmipFigures) ask(c io.ReadWriter, v wire.Version, op wire.Operation, payload func(*ttlv.Encoder)) error {
	e := ttlv.NewEncoder()
	defer e.Release()
	e.Structure(wire.TagRequestMessage, func() {
		e.Structure(wire.TagRequestHeader, func() {
			e.Structure(wire.TagProtocolVersion, func() {
				e.Integer(wire.TagProtocolVersionMajor, int32(v.Major))
				e.Integer(wire.TagProtocolVersionMinor, int32(v.Minor))
			})
			e.Integer(wire.TagBatchCount, 1)
		})
		e.Structure(wire.TagBatchItem, func() {
			e.Enumeration(wire.TagOperation, uint32(op))
			e.Structure(wire.TagRequestPayload, func() { payload(e) })
		})
	})
	b, err := e.Message()
	if err != nil {
		return err
	}
	if _, err = c.Write(b); err != nil {
		return fault.Wrap(fault.NoLeader, err, "the KMIP door at %s took no request", printable(f.Address))
	}
	answer, err := ttlv.Read(c, nil, 1<<20)
	if err != nil {
		return fault.Wrap(fault.NoLeader, err, "the KMIP door at %s gave no answer", printable(f.Address)).WithHint("Is the client certificate the cluster's, and still good?")
	}
	m, err := ttlv.Decode(answer, ttlv.Limits{})
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the answer of %s is no KMIP", printable(f.Address))
	}
	return f.read(m.Root())
}

// read takes up what an answer tells.
func (f *kmipFigures) read(root ttlv.Item) error {
	for item := range root.Children() {
		if item.Tag() != wire.TagBatchItem {
			continue
		}
		if status, err := item.Find(wire.TagResultStatus).Enumeration(); err != nil || wire.ResultStatus(status) != wire.ResultStatusSuccess {
			text, _ := item.Find(wire.TagResultMessage).Text() // it need not have one
			return fault.New(fault.Denied, "the KMIP door at %s refuses: %s", printable(f.Address), printable(text))
		}
		for c := range item.Find(wire.TagResponsePayload).Children() {
			v, _ := c.Enumeration() // what is of another type is not one of these
			switch c.Tag() {
			case wire.TagProtocolVersion:
				major, _ := c.Find(wire.TagProtocolVersionMajor).Integer()
				minor, _ := c.Find(wire.TagProtocolVersionMinor).Integer()
				f.Versions = append(f.Versions, fmt.Sprintf("%d.%d", major, minor))
			case wire.TagOperation:
				f.Operations = append(f.Operations, wire.Operation(v).String())
			case wire.TagObjectType:
				f.Objects = append(f.Objects, wire.ObjectType(v).String())
			case wire.TagVendorIdentification:
				f.Vendor, _ = c.Text()
			}
		}
	}
	return nil
}

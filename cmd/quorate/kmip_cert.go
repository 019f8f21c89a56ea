package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

func newKMIPCertCmd(a *app) *cobra.Command {
	var dir, ttl string
	var addr []string
	cmd := &cobra.Command{
		Use:   "client-cert NAME",
		Short: "Make a KMIP client's certificate, private key and configurations",
		Long: `Make a private key here, have the cluster's CA certify it, and write NAME.key, NAME.crt, both in NAME.pem, ca.crt, and ready
configurations: pykmip.conf (PyKMIP), mongod.conf and csfle.json (MongoDB and Percona Server for MongoDB), ceph.conf (Ceph's
object gateway), component_keyring_kmip.cnf (Percona Server for MySQL). The files name each other by their whole path.

The client is the principal Certificate::"NAME": give it a policy. Its certificate cannot be taken back before it ends: keep --ttl
short, or forbid its principal by a policy.`,
		Example: `  quorate kmip client-cert mongod --out /etc/quorate-client --kmip-addr kms1:5696,kms2:5696,kms3:5696 --ttl 90d
  mongod --config /etc/quorate-client/mongod.conf`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.kmipClient(cmd, args[0], dir, ttl, addr) },
	}
	cmd.Flags().StringVar(&dir, "out", ".", "`folder` to write to")
	cmd.Flags().StringVar(&ttl, "ttl", "", "`duration` for which it is good (default 90d, at most 397d)")
	cmd.Flags().StringSliceVar(&addr, "kmip-addr", nil, "`addresses` of KMIP doors, HOST:PORT, comma-separated, with one port (default: the nodes, at port 5696)")
	return cmd
}

// kmipClientFiles is what a configuration names.
type kmipClientFiles struct {
	Name, Cert, Key, Both, CA string
	Host, Port                string // of the first door
	Hosts                     string // of all, comma-separated
}

// kmipConfigs are the configurations by file. MongoDB and PyKMIP take several hosts with one port, the others one.
var kmipConfigs = map[string]*template.Template{
	"pykmip.conf": template.Must(template.New("").Parse(`[client]
host={{.Hosts}}
port={{.Port}}
certfile={{.Cert}}
keyfile={{.Key}}
ca_certs={{.CA}}
cert_reqs=CERT_REQUIRED
ssl_version=PROTOCOL_TLSv1_2
do_handshake_on_connect=True
suppress_ragged_eofs=True
`)),
	"mongod.conf": template.Must(template.New("").Parse(`# Percona Server for MongoDB, and MongoDB Enterprise: add storage and net.
security:
  enableEncryption: true
  kmip:
    serverName: {{.Hosts}}
    port: {{.Port}}
    clientCertificateFile: {{.Both}}
    serverCAFile: {{.CA}}
`)),
	"ceph.conf": template.Must(template.New("").Parse(`# To the object gateway's own section.
[client.radosgw.{{.Name}}]
rgw crypt s3 kms backend = kmip
rgw crypt kmip addr = {{.Host}}:{{.Port}}
rgw crypt kmip ca path = {{.CA}}
rgw crypt kmip client cert = {{.Cert}}
rgw crypt kmip client key = {{.Key}}
rgw crypt kmip kms key template = $keyid
`)),
}

func (a *app) kmipClient(cmd *cobra.Command, name, dir, ttl string, addr []string) error {
	addr, err := a.kmipAddresses(addr)
	if err != nil {
		return err
	}
	hosts, port, err := onePort(addr)
	if err != nil {
		return err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	got, err := a.clientCertificate(cmd, name, dir, ttl)
	if err != nil {
		return err
	}
	base := filepath.Join(dir, filepath.Base(name))
	f := kmipClientFiles{Name: filepath.Base(name), Cert: base + ".crt", Key: base + ".key", Both: base + ".pem", CA: filepath.Join(dir, "ca.crt")}
	f.Host, f.Port = hosts[0], port
	f.Hosts = strings.Join(hosts, ",")
	if err := f.write(dir); err != nil {
		return err
	}
	type result struct {
		api.ClientCertificate
		Folder string `json:"folder"`
	}
	return a.result(result{got, dir}, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "Certificate: %s\nPrivate key: %s\nBoth: %s\nConfigurations: pykmip.conf, mongod.conf, csfle.json, ceph.conf, component_keyring_kmip.cnf in %s\nExpires: %s\n",
			f.Cert, f.Key, f.Both, dir, got.ExpiresAt)
		return err
	})
}

// onePort are the hosts of addresses, and their port: none of the configurations has room for a second one.
func onePort(addr []string) (hosts []string, port string, err error) {
	for _, at := range addr {
		host, p, err := net.SplitHostPort(at)
		if err != nil {
			return nil, "", err
		}
		if hosts = append(hosts, host); port != "" && p != port {
			return nil, "", fault.New(fault.Invalid, "the addresses have different ports, %s and %s, and the configurations of PyKMIP and MongoDB take several hosts with one port", port, p).
				WithHint("Give addresses with one port, or a single one, and run the command once for each port with another --out.")
		}
		port = p
	}
	return hosts, port, nil
}

// write writes what is made of the certificate and the key.
func (f *kmipClientFiles) write(dir string) error {
	cert, err := os.ReadFile(f.Cert)
	if err != nil {
		return err
	}
	secret, err := os.ReadFile(f.Key)
	if err != nil {
		return err
	}
	defer clear(secret)
	both := append(append(make([]byte, 0, len(cert)+len(secret)), secret...), cert...)
	defer clear(both)
	files := map[string][]byte{filepath.Base(f.Both): both}
	for name, t := range kmipConfigs {
		var b bytes.Buffer
		if err := t.Execute(&b, f); err != nil {
			return err
		}
		files[name] = b.Bytes()
	}
	for name, v := range map[string]any{
		"csfle.json": map[string]any{
			"kmsProviders": map[string]any{"kmip": map[string]string{"endpoint": net.JoinHostPort(f.Host, f.Port)}},
			"tlsOptions":   map[string]any{"kmip": map[string]string{"tlsCAFile": f.CA, "tlsCertificateKeyFile": f.Both}},
		},
		"component_keyring_kmip.cnf": map[string]string{
			"server_addr": f.Host, "server_port": f.Port, "client_ca": f.Cert, "client_key": f.Key, "server_ca": f.CA, "object_group": f.Name,
		},
	} {
		if files[name], err = json.MarshalIndent(v, "", "  "); err != nil {
			return err
		}
		files[name] = append(files[name], '\n')
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return wrongInput(err, "%s cannot be written", name)
		}
	}
	return nil
}

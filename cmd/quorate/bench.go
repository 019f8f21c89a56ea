package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// benchKey is the key that reads are measured on. It is made when it is not there.
const benchKey = "bench/reads"

// mixes are the loads that can be chosen, and the status that their answers have.
var mixes = map[string]int{
	"read": 200, "encrypt": 200, "decrypt": 200, "datakey": 200, "sign": 200, "sign-ed25519": 200, "mac": 200, "create": 201, "rotate": 200,
}

// mixNames lists them as people read them.
var mixNames = []string{"read", "encrypt", "decrypt", "datakey", "sign", "sign-ed25519", "mac", "create", "rotate"}

type benchOptions struct {
	mix      string
	conns    int
	duration time.Duration
	local    bool
	only     []string
	keys     int
	children int
	listed   int
	kills    int
	file     string
}

func newBenchCmd(a *app) *cobra.Command {
	var o benchOptions
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Load a running cluster and report its figures",
		Long: `Loads the first address of a running cluster over keep-alive TLS connections and reports operations a second, the
median and 99th percentile of their time, and errors. It makes the keys that it needs, named bench/…, and with --mix
create as many keys as it can.

With --local it runs a cluster of its own on this machine, and beside it the floors: a plain net/http TLS echo for
reads, the same less the cryptography for other uses of keys, a bare three-node hashicorp/raft loop for writes. The
ratios hold where absolute figures drift.`,
		Example: `  quorate bench --mix decrypt --conns 16 --duration 10s
  quorate bench --local --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			if o.local {
				return a.benchLocal(ctx, o)
			}
			return a.bench(cmd, ctx, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.mix, "mix", "read", "`load`: "+strings.Join(mixNames, ", "))
	f.IntVar(&o.conns, "conns", 16, "`number` of connections")
	f.DurationVar(&o.duration, "duration", 10*time.Second, "`time` of the load; with --local, of each one")
	f.BoolVar(&o.local, "local", false, "run a cluster and the floors here, and print the ratios")
	f.StringSliceVar(&o.only, "only", nil, "with --local: just these `parts`: "+strings.Join(partNames(), ", "))
	f.IntVar(&o.keys, "keys", 100_000, "with --local: `number` of keys of the part scale")
	f.IntVar(&o.children, "children", 100_000, "with --local: `number` of stored data keys of the part rewrap")
	f.IntVar(&o.listed, "listed", 1_000_000, "with --local: `number` of keys of the part list")
	f.IntVar(&o.kills, "kills", 20, "with --local: `number` of kills of the part failover")
	f.StringVar(&o.file, "results", "", "with --local: `file` to append the figures that were promised to, a line of JSON each")
	_ = cmd.RegisterFlagCompletionFunc("mix", cobra.FixedCompletions(mixNames, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// bench loads a running cluster.
func (a *app) bench(cmd *cobra.Command, ctx context.Context, o benchOptions) error {
	want, ok := mixes[o.mix]
	if !ok {
		return fault.New(fault.Invalid, "there is no load %q", o.mix).WithHint("Choose one of %s.", strings.Join(mixNames, ", "))
	}
	if o.conns < 1 || o.conns > 10_000 || o.duration <= 0 {
		return fault.New(fault.Invalid, "--conns must lie between 1 and 10000, and --duration must be positive")
	}
	cfg, err := a.clientConfig(cmd)
	if err != nil {
		return err
	}
	c, err := client.New(cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	u, err := url.Parse(c.Endpoints()[0])
	if err != nil {
		return err
	}
	var token string
	if cfg.Token != nil {
		token = string(cfg.Token())
	}
	pool := cfg.CA
	if cfg.CAFile != "" {
		text, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "the CA certificate %s cannot be read", cfg.CAFile)
		}
		pool = x509.NewCertPool()
		pool.AppendCertsFromPEM(text)
	}
	t := target{addr: u.Host, token: token, tls: loadTLS(pool)}
	s, err := t.mix(ctx, c, o.mix, want)
	if err != nil {
		return err
	}
	r := fire(ctx, o.mix, s, o.conns, o.duration)
	return a.report([]result{r})
}

// loadTLS is how the generator connects: TLS 1.3, the cluster's CA.
func loadTLS(pool *x509.CertPool) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool, NextProtos: []string{"http/1.1"}}
}

// target is a node under load.
type target struct {
	addr, token string
	tls         *tls.Config
}

// mix prepares a load: the key it needs, and its request.
func (t target) mix(ctx context.Context, c *client.Client, name string, want int) (shot, error) {
	s := shot{addr: t.addr, tls: t.tls, want: want}
	if name == "create" {
		run := time.Now().UnixNano()
		s.next = func(conn, i int) []byte {
			return t.request(http.MethodPost, "/v1/keys", fmt.Sprintf(`{"name":"bench/%d/%d/%d"}`, run, conn, i))
		}
		return s, nil
	}
	spec := api.CreateKeyRequest{Name: benchKey, Exportable: true}
	use, other := useMixes[name]
	if other {
		spec = api.CreateKeyRequest{Name: "bench/" + use.algorithm, Algorithm: use.algorithm}
	}
	if err := ensureKey(ctx, c, spec); err != nil {
		return s, err
	}
	path := "/v1/keys/" + url.PathEscape(spec.Name) + "/"
	plain := base64.StdEncoding.EncodeToString(make([]byte, 32))
	switch name {
	case "sign", "sign-ed25519", "mac":
		s.next = same(t.request(http.MethodPost, path+use.verb, `{"input":"`+plain+`"}`))
	case "read":
		s.next = same(t.request(http.MethodGet, path+"material", ""))
	case "encrypt":
		s.next = same(t.request(http.MethodPost, path+"encrypt", `{"plaintext":"`+plain+`"}`))
	case "decrypt":
		e, err := c.Encrypt(ctx, benchKey, api.EncryptRequest{Plaintext: make([]byte, 32)})
		if err != nil {
			return s, err
		}
		s.next = same(t.request(http.MethodPost, path+"decrypt", `{"ciphertext":"`+e.Ciphertext+`"}`))
	case "datakey":
		s.next = same(t.request(http.MethodPost, path+"datakey", `{"bits":256,"plaintext":true}`))
	case "rotate":
		s.next = same(t.request(http.MethodPost, path+"rotate", "{}"))
	}
	return s, nil
}

func (t target) request(method, path, body string) []byte {
	return request(method, path, t.addr, t.token, []byte(body))
}

func ensureKey(ctx context.Context, c *client.Client, spec api.CreateKeyRequest) error {
	_, err := c.CreateKey(ctx, spec)
	if fault.KindOf(err) == fault.Exists {
		return nil
	}
	return err
}

// report prints results, and says by its error that a load met errors.
func (a *app) report(results []result) error {
	if a.format == "json" {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(results); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "LOAD\tCONNS\tOPS/S\tP50 MS\tP99 MS\tMAX MS\tERRORS\tSERVER CPU µS/OP\tOF FLOOR")
		for _, r := range results {
			if r.Unit != "" {
				continue // a note says it in words
			}
			fmt.Fprintf(w, "%s\t%d\t%.0f\t%.2f\t%.2f\t%.1f\t%d\t%s\t%s\n", r.Name, r.Conns, r.Rate, r.P50, r.P99, r.Max, r.Errors,
				orDash(r.ServerCPU, "%.1f"), orDash(100*r.Ratio, "%.0f %%"))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	var bad []string
	for _, r := range results {
		if r.Errors > 0 {
			bad = append(bad, fmt.Sprintf("%s: %d errors, the first: %s", r.Name, r.Errors, r.Sample))
		}
	}
	if len(bad) > 0 {
		return fault.New(fault.Internal, "%s", strings.Join(bad, "\n"))
	}
	return nil
}

func orDash(v float64, form string) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf(form, v)
}

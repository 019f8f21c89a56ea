package client

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// Config says where the cluster is and who asks. Only Endpoints is required.
type Config struct {
	// Endpoints are base addresses of nodes, such as "https://10.0.0.1:7800". A missing scheme means https.
	// Plain http is accepted for loopback addresses only.
	Endpoints []string

	// CA are the certificates that servers must chain to; CAFile names a PEM file of them. With neither, the
	// system's authorities are asked.
	CA     *x509.CertPool
	CAFile string

	// Fingerprint is the SHA-256 of a server's certificate in hexadecimal (colons and the prefix "sha256:" are
	// allowed). It replaces CA: that certificate and no other is trusted.
	Fingerprint string

	// TrustLoopback trusts any certificate of a server on a loopback address, and of no other. It is for founding a
	// cluster, when the node has nothing but a certificate that it signed itself.
	TrustLoopback bool

	// Token returns the bearer token (qt_…), for each request anew; nil, or an empty token: none is sent. It
	// may be called concurrently. The client does not change or keep what it returns.
	Token func() []byte

	// ClientCert authenticates the caller by a certificate.
	ClientCert *tls.Certificate

	// Timeout bounds one attempt at one endpoint, so that a node that hangs is left for another. Default 10 s; what
	// asks every member (ceremonies, membership) has 65 s at least. The context bounds the call.
	Timeout time.Duration

	// CallTimeout bounds one call, all its attempts together, beside the context. 0: the context alone.
	CallTimeout time.Duration

	// Unreachable bounds how long a call goes on while no endpoint at all can be connected. 0: until the context ends.
	Unreachable time.Duration

	// Backoff is the first pause after all endpoints were tried in vain; it doubles up to 16 times itself.
	// Default 50 ms.
	Backoff time.Duration

	// MaxConns bounds the idle keep-alive connections to each endpoint. Default 64.
	MaxConns int

	// Dial replaces how connections are made: through a tunnel, or to a server in this process. TLS goes over what it returns. nil: TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// StaleReads turns off read-your-writes: requests do not ask for the highest index seen.
	StaleReads bool

	// Log hears of attempts that failed, at level debug. nil: nothing is logged.
	Log *slog.Logger
}

// Client talks to one cluster. It may be used concurrently. Close it to drop its idle connections.
type Client struct {
	cfg   Config
	http  *http.Client
	log   *slog.Logger
	index atomic.Uint64 // highest X-Quorate-Index seen

	mu        sync.Mutex // guards the endpoints' health
	endpoints []*endpoint
}

// New makes a client; it connects to nothing yet. fault.Invalid for a configuration that cannot work.
func New(cfg Config) (*Client, error) {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Backoff <= 0 {
		cfg.Backoff = 50 * time.Millisecond
	}
	if cfg.MaxConns <= 0 {
		cfg.MaxConns = 64
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{cfg: cfg, log: cfg.Log}
	if len(cfg.Endpoints) == 0 {
		return nil, fault.New(fault.Invalid, "no endpoint is given").WithHint("Name at least one node, such as https://127.0.0.1:7800.")
	}
	for _, raw := range cfg.Endpoints {
		u, err := parseEndpoint(raw)
		if err != nil {
			return nil, err
		}
		c.endpoints = append(c.endpoints, &endpoint{url: u})
	}
	tlsConfig, err := c.tlsConfig()
	if err != nil {
		return nil, err
	}
	dial := cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: min(cfg.Timeout, 5*time.Second), KeepAlive: 15 * time.Second}).DialContext
	}
	c.http = &http.Client{
		// No proxy: what travels here is key material. HTTP/1.1 with kept connections, not HTTP/2: one slow answer
		// holds up no other.
		Transport: &http.Transport{
			DialContext:            dial,
			TLSClientConfig:        tlsConfig,
			TLSHandshakeTimeout:    min(cfg.Timeout, 5*time.Second),
			MaxIdleConns:           cfg.MaxConns * len(c.endpoints),
			MaxIdleConnsPerHost:    cfg.MaxConns,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// Close drops the idle connections. The client can still be used; it will connect again.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Index is the highest index that an answer named so far; 0 before the first.
func (c *Client) Index() uint64 { return c.index.Load() }

// Endpoints lists the base addresses in the order given.
func (c *Client) Endpoints() []string {
	all := make([]string, len(c.endpoints))
	for i, e := range c.endpoints {
		all[i] = e.url.String()
	}
	return all
}

// At returns a client for one endpoint alone, with the same settings and connections; for what is asked of a
// particular node, such as its status. fault.Invalid if the address cannot be one.
func (c *Client) At(address string) (*Client, error) {
	u, err := parseEndpoint(address)
	if err != nil {
		return nil, err
	}
	if c.cfg.TrustLoopback && c.cfg.Fingerprint == "" && !loopback(u.Hostname()) {
		return nil, fault.New(fault.Invalid, "%s is not a loopback address, and this client trusts no other", u.Host)
	}
	return c.alone(u), nil
}

func (c *Client) alone(u *url.URL) *Client {
	cfg := c.cfg
	cfg.Endpoints = []string{u.String()}
	return &Client{cfg: cfg, http: c.http, log: c.log, endpoints: []*endpoint{{url: u}}}
}

// Near is At for the endpoint that gave the newest good answer; before there was one, for the first.
func (c *Client) Near() *Client { return c.alone(c.order()[0].url) }

func (c *Client) sawIndex(n uint64) {
	for {
		old := c.index.Load()
		if n <= old || c.index.CompareAndSwap(old, n) {
			return
		}
	}
}

func parseEndpoint(raw string) (*url.URL, error) {
	s := strings.TrimSpace(raw)
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/") {
		return nil, fault.New(fault.Invalid, "%q is not the address of a node", raw).WithHint("Addresses look like https://127.0.0.1:7800.")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fault.New(fault.Invalid, "the address %q would send secrets in the clear", raw).WithHint("Use https://; plain http is for loopback addresses only.")
	}
	u.Path = ""
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func readPool(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the CA file %q cannot be read", path).WithHint("Name the file with the cluster's CA certificate, in PEM.")
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "the CA file %q holds no certificate", path).WithHint("Name the file with the cluster's CA certificate, in PEM.")
	}
	return pool, nil
}

type ifMatchKey struct{}

// WithIfMatch makes changes of a key under the context refuse a key that is not as the caller saw it: etag is that of its record.
// fault.Conflict if it changed since. Methods that take an etag, and are given one, go by that.
func WithIfMatch(ctx context.Context, etag string) context.Context {
	return context.WithValue(ctx, ifMatchKey{}, etag)
}

type idempotencyKey struct{}

// WithIdempotencyKey makes calls under the context send this Idempotency-Key instead of a fresh one: for repeating a
// write whose outcome stayed uncertain, with the key that its *Error names.
func WithIdempotencyKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, idempotencyKey{}, key)
}

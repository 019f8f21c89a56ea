package serve

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// Config describes one door. Name, Addr, Error and either TLS.Certificate or Plain must be set; every other zero
// value means its default.
type Config struct {
	Name    string // "rest", "keas": the door in audit, logs and metrics
	Addr    string // host:port; port 0 lets the kernel choose
	TLS     TLS
	Plain   bool // plain HTTP: only when the operator said so in so many words
	Limits  Limits
	Log     *slog.Logger // nil: silent
	Metrics Meter        // nil: none

	// Error writes err as this door's kind of error document. It is called at most once per request, before
	// anything else was written, and must not show more than fault.Of(err)'s message and hint.
	Error func(x *Exchange, err error)
}

// TLS says where certificates come from. Both functions are asked at every handshake, so a certificate can be
// replaced while the server runs: self-signed before the cluster is founded, the node's own afterwards.
type TLS struct {
	Certificate func() (*tls.Certificate, error) // what the server shows
	ClientCAs   func() *x509.CertPool            // who vouches for clients; nil function or pool: client certificates are not asked for
}

// Limits bounds what strangers can take. Zero fields get the default in brackets.
type Limits struct {
	HeaderTimeout  time.Duration // TLS handshake, and again the request's header [5s]
	BodyTimeout    time.Duration // header and body together [30s]
	WriteTimeout   time.Duration // from the end of the header to the end of the answer; longer than any route's own [90s]
	IdleTimeout    time.Duration // between requests of one connection [2m]
	DrainTimeout   time.Duration // what running requests get when the server stops [10s]
	HeaderBytes    int           // request line and header [16 KiB]
	Connections    int           // altogether [10000]
	Idle           int           // that were answered and wait for another request; from then on every answer ends its connection [4096]
	PerAddress     int           // connections of one IPv4 address or one IPv6 /64; loopback counts like any other [1024]
	Requests       int           // being answered at one time; more are told to come back [1024]
	StreamsPerConn int           // HTTP/2 streams of one connection [128]
}

func (l Limits) withDefaults() Limits {
	orDuration := func(v *time.Duration, d time.Duration) {
		if *v <= 0 {
			*v = d
		}
	}
	orInt := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	orDuration(&l.HeaderTimeout, 5*time.Second)
	orDuration(&l.BodyTimeout, 30*time.Second)
	orDuration(&l.WriteTimeout, 90*time.Second)
	orDuration(&l.IdleTimeout, 2*time.Minute)
	orDuration(&l.DrainTimeout, 10*time.Second)
	orInt(&l.HeaderBytes, 16<<10)
	orInt(&l.Connections, 10_000)
	orInt(&l.Idle, 4096)
	orInt(&l.PerAddress, 1024)
	orInt(&l.Requests, 1024)
	orInt(&l.StreamsPerConn, 128)
	return l
}

func (c Config) withDefaults() Config {
	c.Limits = c.Limits.withDefaults()
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = deaf{}
	}
	return c
}

func (c *Config) check(h http.Handler) error {
	switch {
	case c.Name == "":
		return errors.New("a door needs a name")
	case h == nil:
		return errors.New("a door needs a handler")
	case c.Error == nil:
		return errors.New("a door needs a function that writes its errors")
	case c.Plain && (c.TLS.Certificate != nil || c.TLS.ClientCAs != nil):
		return errors.New("a door is either plain or TLS: drop the certificate or the plain setting")
	case !c.Plain && c.TLS.Certificate == nil:
		return errors.New("a TLS door needs a certificate source")
	}
	return nil
}

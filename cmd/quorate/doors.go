package main

import (
	"context"
	"crypto/x509"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/quorate/quorate/transport/keas"
	"github.com/quorate/quorate/transport/kmip"
	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/transport/serve"
)

// door is something that listens for clients.
type door interface {
	Addr() net.Addr
	Run(ctx context.Context) error
	Retire()
	Connections() int
}

// openDoors opens what the configuration has: the API, and KMIP and keas.kmi where they are to listen.
func (s *server) openDoors(registry *prometheus.Registry, m *meters) error {
	self, err := serve.SelfSigned(s.cfg.Name, append(s.cfg.hosts(), "localhost")...)
	if err != nil {
		return err
	}
	show := &shown{self: *self, node: s.node.identity.Load}
	tls := serve.TLS{Certificate: show.certificate, ClientCAs: s.clientCAs}
	limits := serve.Limits{Connections: s.cfg.Limits.Connections, Idle: s.cfg.Limits.IdleConnections, PerAddress: s.cfg.Limits.ConnectionsPerAddress}
	native := rest.New(s.vault, rest.Config{
		Log: s.log, Version: version, Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), Doctor: s.examineSelf,
	})
	kmips := kmip.New(s.vault, kmip.Config{Log: s.log, Now: s.cfg.now(), Node: s.cfg.Name, Version: version, CertifyWith: s.cfg.KMIP.CertifyWith})
	s.kmip = kmips
	door, err := serve.New(serve.Config{
		Name: "rest", Addr: s.cfg.Listen.API, TLS: tls, Limits: limits, Log: s.log, Metrics: m.door("rest"), Error: native.Fail,
	}, onAPIPort(s.cfg.Listen, native, kmips))
	if err != nil {
		return err
	}
	s.doors = append(s.doors, door)
	if s.node.identity.Load() == nil {
		s.log.Info("this node belongs to no cluster yet; it shows a self-signed certificate",
			"api", door.Addr().String(), "fingerprint", serve.Fingerprint(self))
	}
	if s.cfg.Listen.KMIP != "" {
		stream, err := serve.NewStream(serve.Config{Name: "kmip", Addr: s.cfg.Listen.KMIP, TLS: tls, Limits: limits, Log: s.log, Metrics: m.door("kmip")}, kmips.Serve)
		if err != nil {
			return err
		}
		s.doors = append(s.doors, stream)
	}
	if s.cfg.Listen.Keas == "" {
		return nil
	}
	old := keas.New(s.vault, keas.Config{Log: s.log})
	conf := serve.Config{Name: "keas", Addr: s.cfg.Listen.Keas, TLS: tls, Limits: limits, Log: s.log, Metrics: m.door("keas"), Error: old.Fail}
	if s.cfg.Listen.KeasInsecureHTTP {
		conf.TLS, conf.Plain = serve.TLS{}, true
		s.log.Warn("the keas.kmi door is served without TLS: key-encrypting keys cross the network in the clear", "addr", s.cfg.Listen.Keas)
	}
	if door, err = serve.New(conf, old); err != nil {
		return err
	}
	s.doors = append(s.doors, door)
	return nil
}

// besides serves one path by another handler.
func besides(h http.Handler, path string, other http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			other.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// onAPIPort is what answers on the API's port: KMIP too, where its door is open at all.
func onAPIPort(listen listenConfig, native, kmips http.Handler) http.Handler {
	if listen.KMIP == "" {
		return native
	}
	return besides(native, kmip.Path, kmips)
}

// clientCAs is who vouches for clients: the cluster's CA, once there is one.
func (s *server) clientCAs() *x509.CertPool {
	if id := s.node.identity.Load(); id != nil {
		return id.CA
	}
	return nil
}

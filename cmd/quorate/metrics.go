package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/quorate/quorate/cluster"
	"github.com/quorate/quorate/transport/serve"
)

// Buckets of the histograms, in seconds: from a cached read to a caller's deadline.
var buckets = []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}

// meters registers what the parts measure with Prometheus. Labels come from closed sets: door, op, outcome, kind, peer.
type meters struct {
	reg      prometheus.Registerer
	requests *prometheus.HistogramVec // door, op, outcome
	gauges   *prometheus.GaugeVec     // door, what
	refused  *prometheus.CounterVec   // door, limit
}

var _ cluster.Metrics = (*meters)(nil)

func newMeters(reg prometheus.Registerer) *meters {
	m := &meters{
		reg: reg,
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "quorate_request_seconds", Help: "Requests by door, operation and outcome.", Buckets: buckets,
		}, []string{"door", "op", "outcome"}),
		gauges: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "quorate_door", Help: "Requests in flight and open connections by door.",
		}, []string{"door", "what"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "quorate_refused_connections_total", Help: "Connections closed at once because a limit was reached.",
		}, []string{"door", "limit"}),
	}
	reg.MustRegister(m.requests, m.gauges, m.refused)
	return m
}

// Gauge implements cluster.Metrics.
func (m *meters) Gauge(name, help string, value func() float64) error {
	return m.register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// Counter is a value that only grows while the process runs.
func (m *meters) Counter(name, help string, value func() float64) error {
	return m.register(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
}

// register replaces what a node that was abandoned had registered.
func (m *meters) register(c prometheus.Collector) error {
	err := m.reg.Register(c)
	if are, ok := err.(prometheus.AlreadyRegisteredError); ok {
		m.reg.Unregister(are.ExistingCollector)
		return m.reg.Register(c)
	}
	return err
}

// GaugeBy implements cluster.Metrics.
func (m *meters) GaugeBy(name, help, label string, values func() map[string]float64) error {
	return m.register(&gaugeBy{desc: prometheus.NewDesc(name, help, []string{label}, nil), values: values})
}

// gaugeBy asks for its values when they are collected.
type gaugeBy struct {
	desc   *prometheus.Desc
	values func() map[string]float64
}

func (g *gaugeBy) Describe(ch chan<- *prometheus.Desc) { ch <- g.desc }

func (g *gaugeBy) Collect(ch chan<- prometheus.Metric) {
	for label, v := range g.values() {
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, v, label)
	}
}

// Histogram implements cluster.Metrics.
func (m *meters) Histogram(name, help, label string) (func(string, float64), error) {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{label})
	if err := m.register(h); err != nil {
		return nil, err
	}
	return func(value string, seconds float64) { h.WithLabelValues(value).Observe(seconds) }, nil
}

// door is the meter of one door.
func (m *meters) door(name string) serve.Meter {
	for _, limit := range serve.Limited { // from zero, so that the first refusal is an increase
		m.refused.WithLabelValues(name, limit)
	}
	return &doorMeter{
		name: name, m: m,
		flight: m.gauges.WithLabelValues(name, "requests"), conns: m.gauges.WithLabelValues(name, "connections"),
	}
}

type doorMeter struct {
	name          string
	m             *meters
	flight, conns prometheus.Gauge
}

// Op implements serve.Meter.
func (d *doorMeter) Op(name string) serve.OpMeter {
	return &opMeter{d: d, name: name, ok: d.m.requests.WithLabelValues(d.name, name, "ok")}
}

// Add implements serve.Meter.
func (d *doorMeter) Add(g serve.Gauge, delta int) {
	if g == serve.InFlight {
		d.flight.Add(float64(delta))
		return
	}
	d.conns.Add(float64(delta))
}

// Refused implements serve.Meter.
func (d *doorMeter) Refused(limit string) { d.m.refused.WithLabelValues(d.name, limit).Inc() }

type opMeter struct {
	d    *doorMeter
	name string
	ok   prometheus.Observer // looked up once: nearly every answer is this
}

// Answered implements serve.OpMeter.
func (o *opMeter) Answered(took time.Duration, outcome string) {
	if outcome == "ok" {
		o.ok.Observe(took.Seconds())
		return
	}
	o.d.m.requests.WithLabelValues(o.d.name, o.name, outcome).Observe(took.Seconds())
}

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
)

// histogram is a Prometheus histogram of seconds, as a node tells of itself.
type histogram struct {
	les    []float64 // upper bounds of the buckets, ascending; the last is +Inf
	counts []float64 // observations up to each, so ascending too
	sum    float64
}

// histogram reads how long a node's own answers to one operation took.
func (t target) histogram(ctx context.Context, op string) (histogram, error) {
	var h histogram
	err := t.get(ctx, "/metrics", func(body io.Reader) error {
		in := bufio.NewScanner(body)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			if err := h.take(in.Text(), op); err != nil {
				return err
			}
		}
		return in.Err()
	})
	return h, err
}

// get asks one thing over a connection of its own.
func (t target) get(ctx context.Context, path string, use func(body io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+t.addr+path, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+t.token)
	transport := &http.Transport{TLSClientConfig: t.tls.Clone()}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: status %d", path, resp.StatusCode)
	}
	return use(resp.Body)
}

// take reads one line, if it is of that operation and of answers that went well.
func (h *histogram) take(line, op string) error {
	rest, ok := strings.CutPrefix(line, "quorate_request_seconds_")
	if !ok || !strings.Contains(rest, `op="`+op+`"`) || !strings.Contains(rest, `outcome="ok"`) {
		return nil
	}
	labels, text, ok := strings.Cut(rest, "} ")
	if !ok {
		return nil
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("reading a metric: %w", err)
	}
	switch {
	case strings.HasPrefix(labels, "sum{"):
		h.sum = value
	case strings.HasPrefix(labels, "bucket{"):
		_, le, _ := strings.Cut(labels, `le="`)
		le, _, _ = strings.Cut(le, `"`)
		bound, err := strconv.ParseFloat(le, 64)
		if err != nil {
			return fmt.Errorf("reading a metric's bucket: %w", err)
		}
		h.les, h.counts = append(h.les, bound), append(h.counts, value)
	}
	return nil
}

// since is what was observed after before was read.
func (h histogram) since(before histogram) histogram {
	d := histogram{les: h.les, counts: make([]float64, len(h.counts)), sum: h.sum - before.sum}
	for i := range h.counts {
		d.counts[i] = h.counts[i]
		if i < len(before.counts) {
			d.counts[i] -= before.counts[i]
		}
	}
	return d
}

func (h histogram) count() float64 {
	if len(h.counts) == 0 {
		return 0
	}
	return h.counts[len(h.counts)-1]
}

// mean is in seconds.
func (h histogram) mean() float64 { return h.sum / max(h.count(), 1) }

// quantile is in seconds, taken to lie in its bucket as if the bucket's observations were spread evenly (Prometheus'
// histogram_quantile does the same); NaN if there are none.
func (h histogram) quantile(q float64) float64 {
	want := q * h.count()
	if want == 0 {
		return math.NaN()
	}
	low, below := 0.0, 0.0
	for i, upTo := range h.counts {
		if upTo < want {
			low, below = h.les[i], upTo
			continue
		}
		if math.IsInf(h.les[i], 1) {
			return low
		}
		return low + (h.les[i]-low)*(want-below)/(upTo-below)
	}
	return low
}

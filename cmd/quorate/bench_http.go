package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// shot is one prepared request of the load. next returns the bytes to send, nil when there is nothing more to send; it may be
// called concurrently.
type shot struct {
	addr string
	tls  *tls.Config // nil: plain
	next func(conn, i int) []byte
	want int                                                  // status
	ask  func(c net.Conn, in *bufio.Reader, req []byte) error // what is not HTTP; nil: it is
	once bool                                                 // a connection for each request
}

// result is what a load measured.
type result struct {
	Name      string  `json:"name"`
	Conns     int     `json:"conns,omitzero"`
	Rate      float64 `json:"ops_per_second,omitzero"`
	P50       float64 `json:"p50_ms,omitzero"`
	P99       float64 `json:"p99_ms,omitzero"`
	Max       float64 `json:"max_ms,omitzero"`
	Errors    int     `json:"errors"`
	Sample    string  `json:"first_error,omitempty"`
	ServerCPU float64 `json:"server_cpu_us_per_op,omitempty"`
	Ratio     float64 `json:"ratio_to_floor,omitempty"`
	Primitive float64 `json:"primitive_us,omitempty"` // processor time of the cryptography alone; the floor is the echo less this

	Value float64 `json:"value,omitempty"` // of a figure that is no load, in its unit
	Unit  string  `json:"unit,omitempty"`
}

// fire sends the shot over conns keep-alive connections for d. The requests are written and the answers read by
// hand, so that the generator costs the machine as little as it can: it runs on the cores that it measures.
func fire(ctx context.Context, name string, s shot, conns int, d time.Duration) result {
	r := result{Name: name, Conns: conns}
	var mu sync.Mutex
	var all []time.Duration
	var group sync.WaitGroup
	begin := time.Now()
	end := begin.Add(d)
	for c := range conns {
		group.Go(func() {
			took, failed, sample := s.stream(ctx, c, end)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			r.Errors += failed
			if r.Sample == "" {
				r.Sample = sample
			}
		})
	}
	group.Wait()
	r.Rate = float64(len(all)) / time.Since(begin).Seconds()
	slices.Sort(all)
	r.P50, r.P99, r.Max = quantile(all, .5), quantile(all, .99), quantile(all, 1)
	return r
}

func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := min(int(q*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[i].Microseconds()) / 1000
}

// stream is one connection's share of the load.
func (s shot) stream(ctx context.Context, conn int, end time.Time) (took []time.Duration, failed int, sample string) {
	fail := func(err error) {
		failed++
		if sample == "" {
			sample = err.Error()
		}
	}
	var c net.Conn
	var in *bufio.Reader
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for i := 0; ctx.Err() == nil; i++ {
		now := time.Now()
		if now.After(end) || failed > 1000 {
			return took, failed, sample
		}
		if c == nil {
			var err error
			if c, err = s.dial(ctx); err != nil {
				fail(err)
				pause(ctx, 10*time.Millisecond)
				continue
			}
			in = bufio.NewReader(c)
		}
		req := s.next(conn, i)
		if req == nil {
			return took, failed, sample
		}
		err := s.one(c, in, req)
		if err != nil || s.once {
			c.Close()
			c = nil
		}
		if err != nil {
			fail(err)
			continue
		}
		took = append(took, time.Since(now))
	}
	return took, failed, sample
}

func (s shot) dial(ctx context.Context) (net.Conn, error) {
	d := &net.Dialer{Timeout: 2 * time.Second}
	if s.tls == nil {
		return d.DialContext(ctx, "tcp", s.addr)
	}
	return (&tls.Dialer{NetDialer: d, Config: s.tls}).DialContext(ctx, "tcp", s.addr)
}

func (s shot) one(c net.Conn, in *bufio.Reader, req []byte) error {
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if s.ask != nil {
		return s.ask(c, in, req)
	}
	if _, err := c.Write(req); err != nil {
		return err
	}
	status, length, err := readHead(in)
	if err != nil {
		return err
	}
	if status != s.want {
		body := make([]byte, min(max(length, 0), 300))
		_, _ = io.ReadFull(in, body)
		return fmt.Errorf("status %d instead of %d: %s", status, s.want, body)
	}
	_, err = in.Discard(length)
	return err
}

var errHead = errors.New("the answer's head cannot be read")

// readHead reads status line and header of an answer with a Content-Length.
func readHead(in *bufio.Reader) (status, length int, err error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < 12 {
		return 0, 0, errHead
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, errHead
	}
	for {
		if line, err = in.ReadSlice('\n'); err != nil {
			return 0, 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			return status, length, nil
		}
		const key = "content-length: "
		if len(line) > len(key) && bytes.EqualFold(line[:len(key)], []byte(key)) {
			if length, err = strconv.Atoi(string(line[len(key):])); err != nil {
				return 0, 0, errHead
			}
		}
	}
}

// request writes an HTTP/1.1 request.
func request(method, path, host, token string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, host)
	if token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	if method != http.MethodGet {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// same is a load that sends one request over and over.
func same(req []byte) func(int, int) []byte { return func(int, int) []byte { return req } }

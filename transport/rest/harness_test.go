package rest_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
)

// exercised remembers which operations any test of this package has sent a request to, and how they ended.
var exercised = recorder{ops: map[string]map[string]int{}}

type recorder struct {
	mu  sync.Mutex
	ops map[string]map[string]int
}

func (r *recorder) Op(name string) serve.OpMeter { return opRecorder{r, name} }
func (r *recorder) Add(serve.Gauge, int)         {}
func (r *recorder) Refused(string)               {}

type opRecorder struct {
	r  *recorder
	op string
}

func (o opRecorder) Answered(_ time.Duration, outcome string) {
	o.r.mu.Lock()
	defer o.r.mu.Unlock()
	if o.r.ops[o.op] == nil {
		o.r.ops[o.op] = map[string]int{}
	}
	o.r.ops[o.op][outcome]++
}

// count is how often an operation was asked for.
func (r *recorder) count(op string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, times := range r.ops[op] {
		n += times
	}
	return n
}

// reach waits until an operation was counted that often: a long answer is read before it is counted.
func (r *recorder) reach(t testing.TB, op string, times int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 2000 {
		if r.count(op) >= times {
			return
		}
		<-tick.C
	}
	t.Errorf("%s was not reached", op)
}

// blank is the vault of a node that belongs to no cluster: enough for everything that is refused before the vault.
func blank(t testing.TB) *vault.Vault {
	t.Helper()
	return newVault(t)
}

// door is a running API.
type door struct {
	t     testing.TB
	url   string
	http  *http.Client
	token string
}

func open(t testing.TB, v *vault.Vault, limits serve.Limits) *door {
	t.Helper()
	return openWith(t, v, limits, func(s *serve.Server) { run(t, s) })
}

func openWith(t testing.TB, v *vault.Vault, limits serve.Limits, start func(*serve.Server)) *door {
	t.Helper()
	cert, err := serve.SelfSigned("n1", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	h := rest.New(v, rest.Config{Version: "test", Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "figures 1\n") }), Doctor: func(context.Context) api.Doctor {
		return api.Doctor{Node: "n1", Verdict: "ok", Findings: []api.Finding{{Check: "open", Severity: "ok", OK: true}}}
	}})
	s, err := serve.New(serve.Config{
		Name: "rest", Addr: "127.0.0.1:0", Error: h.Fail, Limits: limits, Metrics: &exercised,
		TLS: serve.TLS{Certificate: func() (*tls.Certificate, error) { return cert, nil }},
	}, h)
	if err != nil {
		t.Fatal(err)
	}
	start(s)
	tr := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 16}
	t.Cleanup(tr.CloseIdleConnections)
	return &door{t: t, url: "https://" + s.Addr().String(), http: &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) problem(t testing.TB) api.Problem {
	t.Helper()
	var p api.Problem
	if err := json.Unmarshal(a.body, &p); err != nil || a.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("not a problem document: %d %s %q", a.status, a.header.Get("Content-Type"), a.body)
	}
	if p.Status != a.status || p.Type == "" || p.Title == "" || p.Detail == "" || p.Kind == "" || p.Hint == "" || p.RequestID != a.header.Get(api.HeaderRequestID) || len(p.RequestID) != 32 {
		t.Errorf("the problem document is incomplete: %s", a.body)
	}
	return p
}

// send makes a request with the body as it stands; headers come in pairs.
func (d *door) send(method, path, body string, header ...string) answer {
	d.t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, r)
	if err != nil {
		d.t.Fatal(err)
	}
	if d.token != "" {
		req.Header.Set("Authorization", "Bearer "+d.token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := d.http.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, b}
}

// document is the OpenAPI document as the door serves it.
func (d *door) document() map[string]any {
	d.t.Helper()
	var doc map[string]any
	a := d.send(http.MethodGet, "/v1/openapi.json", "")
	if err := json.Unmarshal(a.body, &doc); err != nil || a.status != 200 {
		d.t.Fatalf("openapi.json: %d %v", a.status, err)
	}
	return doc
}

// operations lists the documented operations by id.
func (d *door) operations() map[string]operation {
	d.t.Helper()
	all := map[string]operation{}
	paths, _ := d.document()["paths"].(map[string]any)
	for path, item := range paths {
		methods, _ := item.(map[string]any)
		for method, spec := range methods {
			o, _ := spec.(map[string]any)
			id, _ := o["operationId"].(string)
			all[id] = operation{strings.ToUpper(method), path, o}
		}
	}
	return all
}

type operation struct {
	method, path string
	spec         map[string]any
}

// example is the documented example of the request body, "" if there is none.
func (o operation) example() string {
	body, _ := o.spec["requestBody"].(map[string]any)
	content, _ := body["content"].(map[string]any)
	media, _ := content["application/json"].(map[string]any)
	if media == nil {
		return ""
	}
	b, _ := json.Marshal(media["example"])
	return string(b)
}

// concrete fills the path's parameter with its documented example.
func (o operation) concrete() string {
	before, after, ok := strings.Cut(o.path, "{")
	if !ok {
		return o.path
	}
	_, after, _ = strings.Cut(after, "}")
	params, _ := o.spec["parameters"].([]any)
	first, _ := params[0].(map[string]any)
	return before + fmt.Sprint(first["example"]) + after
}

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && !partial() {
		exercised.mu.Lock()
		defer exercised.mu.Unlock()
		for _, op := range documented {
			if exercised.ops[op] == nil {
				fmt.Printf("no test sends a request to %s\n", op)
				code = 1
			}
		}
		if len(documented) == 0 {
			fmt.Println("no test read the OpenAPI document")
			code = 1
		}
		if os.Getenv("QUORATE_SHOW_OUTCOMES") != "" {
			for _, op := range slices.Sorted(maps.Keys(exercised.ops)) {
				fmt.Println(op, slices.Sorted(maps.Keys(exercised.ops[op])))
			}
		}
	}
	os.Exit(code)
}

// documented is set by the test that proves document and table to be the same.
var documented []string

// partial tells whether only some of the tests were asked for.
func partial() bool {
	for _, a := range os.Args[1:] {
		for _, f := range []string{"-test.run", "-test.fuzz", "-test.bench", "-test.skip", "-test.list"} {
			if strings.HasPrefix(a, f+"=") && a != f+"=" || a == f {
				return true
			}
		}
	}
	return false
}

func parse[Out any](t testing.TB, body []byte) (out Out) {
	t.Helper()
	if err := json.Unmarshal(body, &out); err != nil {
		t.Errorf("%v in %s", err, body)
	}
	return out
}

func encode(t testing.TB, in any) string {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

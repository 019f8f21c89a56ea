package keas_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/quorate/quorate/transport/keas"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// open runs the door in the plain and returns its URL.
func open(t testing.TB, v *vault.Vault, cfg keas.Config) string {
	t.Helper()
	h := keas.New(v, cfg)
	s, err := serve.New(serve.Config{Name: "keas", Addr: "127.0.0.1:0", Plain: true, Error: h.Fail}, h)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return "http://" + s.Addr().String()
}

// send makes a request as wget does.
func send(t testing.TB, method, url, body string, header ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header
}

func TestEveryKindHasItsStatus(t *testing.T) {
	h := keas.New(vault.New(vault.Config{}), keas.Config{})
	for _, k := range fault.All() {
		err := fmt.Errorf("doing: %w", fault.Wrap(k, errors.New("canary"), "A message"))
		w := httptest.NewRecorder()
		g := serve.Gate(serve.Config{Name: "keas", Error: h.Fail}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { h.Fail(serve.Of(w), err) }))
		g.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Body.String() != "A message\n" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s: got %q as %s", k, w.Body, w.Header().Get("Content-Type"))
		}
		if w.Code < 400 || w.Code == 500 != (k == fault.Internal) {
			t.Errorf("%s: got %d", k, w.Code)
		}
		if retry := w.Code == 429 || w.Code == 503; (w.Header().Get("Retry-After") != "") != retry {
			t.Errorf("%s: Retry-After %q", k, w.Header().Get("Retry-After"))
		}
		if len(w.Header().Get("X-Quorate-Request-Id")) != 32 {
			t.Errorf("%s: no request id", k)
		}
	}
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	url := open(t, blank(t), keas.Config{})
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"other path", "GET", "/nothing", "", 404, "Not found\n"},
		{"path trick", "GET", "/a/../new", "", 404, "Not found\n"},
		{"escaped path", "POST", "/%6eew", "", 404, "Not found\n"},
		{"wrong method for new", "GET", "/new", "", 405, "This path takes POST only\n"},
		{"wrong method for key", "PUT", "/key", "x", 405, "This path takes POST only\n"},
		{"wrong method for count", "POST", "/", "", 405, "This path takes GET only\n"},
		{"body for new", "POST", "/new", "x", 400, "This path takes no body\n"},
		{"no key", "POST", "/key", "", 400, "The body must be the key-encrypting key in PEM, as POST /new gave it\n"},
		{"huge key", "POST", "/key", strings.Repeat("x", 64<<10+1), 413, "The body exceeds 65536 bytes\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body, header := send(t, c.method, url+c.path, c.body)
			if status != c.status || body != c.want {
				t.Errorf("got %d %q, want %d %q", status, body, c.status, c.want)
			}
			if (header.Get("Allow") != "") != (status == 405) {
				t.Errorf("status %d with Allow %q", status, header.Get("Allow"))
			}
		})
	}
	if status, _, _ := send(t, "GET", url+"/", "", "Authorization", "Bearer qt_nobody"); status != 401 {
		t.Errorf("a bad token fell back to the door's own principal: %d", status)
	}
	// A body of unknown length is bounded as well.
	req, _ := http.NewRequest(http.MethodPost, url+"/key", io.LimitReader(endless{}, 1<<20))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 413 {
		t.Errorf("an endless body: got %d", res.StatusCode)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestBlankNodeSaysSo(t *testing.T) {
	url := open(t, blank(t), keas.Config{})
	for _, c := range []struct{ method, path, body string }{{"GET", "/", ""}, {"POST", "/new", ""}, {"POST", "/key", "x"}} {
		if status, _, _ := send(t, c.method, url+c.path, c.body); status != 503 {
			t.Errorf("%s %s: got %d, want 503", c.method, c.path, status)
		}
	}
}

// founded is a door on an open vault.
func founded(t testing.TB) string {
	t.Helper()
	v := newVault(t)
	if _, err := v.Init(t.Context(), access.Caller{Door: "rest"}, vault.InitSpec{Shares: 1, Threshold: 1}); err != nil {
		t.Fatal(err)
	}
	return open(t, v, keas.Config{})
}

func TestWhoHoldsTheKEKGetsTheSameKeyEachTime(t *testing.T) {
	url := founded(t)
	if status, body, header := send(t, "GET", url+"/", ""); status != 200 || body != "KMS server holding 0 keys" || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") {
		t.Fatalf("count: %d %q", status, body)
	}
	status, kek, header := send(t, "POST", url+"/new", "")
	block, rest := pem.Decode([]byte(kek))
	if status != 200 || block == nil || len(rest) > 0 || block.Type != "RSA PRIVATE KEY" || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") || header.Get("Cache-Control") != "no-store" {
		t.Fatalf("new: %d %v", status, header)
	}
	if k, err := x509.ParsePKCS1PrivateKey(block.Bytes); err != nil || k.N.BitLen() != 2048 || k.Validate() != nil {
		t.Fatalf("the KEK is no RSA-2048 key: %v", err)
	}
	status, dek, _ := send(t, "POST", url+"/key", kek)
	if status != 200 || len(dek) != 128 {
		t.Fatalf("key: %d, %d bytes", status, len(dek))
	}
	if _, again, _ := send(t, "POST", url+"/key", kek); again != dek {
		t.Error("the second time it is another key")
	}
	_, other, _ := send(t, "POST", url+"/new", "")
	if other == kek {
		t.Fatal("the same KEK twice")
	}
	if _, d, _ := send(t, "POST", url+"/key", other); d == dek {
		t.Error("two KEKs open one key")
	}
	if _, body, _ := send(t, "GET", url+"/", ""); body != "KMS server holding 2 keys" {
		t.Errorf("count: %q", body)
	}
}

func TestUnknownKEKOpensNothing(t *testing.T) {
	url := founded(t)
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	foreign := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(k)})
	if status, body, _ := send(t, "POST", url+"/key", string(foreign)); status != 404 || body != "Key not found\n" {
		t.Errorf("a foreign KEK: %d %q", status, body)
	}
	if status, body, _ := send(t, "POST", url+"/key", "canary"); status < 400 || status >= 500 || strings.Contains(body, "canary") {
		t.Errorf("nonsense: %d %q", status, body)
	}
}

// crowd asks for 24 keys at once of a door that makes one at a time and lets one wait, and counts the answers.
func crowd(t *testing.T, v *vault.Vault) map[int]int {
	t.Helper()
	url := open(t, v, keas.Config{Makers: 1, Waiting: 1})
	counts := map[int]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 24 {
		wg.Go(func() {
			status, _, _ := send(t, "POST", url+"/new", "")
			mu.Lock()
			defer mu.Unlock()
			counts[status]++
		})
	}
	wg.Wait()
	return counts
}

func TestKeysAreMadeForSoManyAtATime(t *testing.T) {
	counts := crowd(t, vaulttest.New(t).Vault(0))
	if counts[429] == 0 || counts[200] == 0 || counts[429]+counts[200] != 24 {
		t.Errorf("answers by status: %v; want some told to come back and some served", counts)
	}
}

// TestNoKeyIsMadeWhereItCannotBeKept: where nobody waits for a key to be made, nobody is told to come back for it.
func TestNoKeyIsMadeWhereItCannotBeKept(t *testing.T) {
	cut := vaulttest.Cluster(t, 2)
	cut.Cut(1)
	for name, v := range map[string]*vault.Vault{"blank": blank(t), "sealed": vaulttest.New(t, vaulttest.Sealed()).Vault(0), "stale": cut.Vault(1)} {
		if counts := crowd(t, v); counts[503] != 24 {
			t.Errorf("%s: answers by status: %v; want 503 only", name, counts)
		}
	}
	f := vaulttest.New(t, vaulttest.Sealed())
	crowd(t, f.Vault(0))
	refused := 0
	for _, e := range f.AuditEntries(0) {
		if e.Operation == "dual.create" && e.Outcome == fault.Sealed.String() {
			refused++
		}
	}
	if refused != 24 {
		t.Errorf("%d of 24 refusals are in the audit log", refused)
	}
}

func TestWgetIsAClient(t *testing.T) {
	wget, err := exec.LookPath("wget")
	if err != nil {
		t.Skip("wget is not installed on this machine")
	}
	url, kek := founded(t), filepath.Join(t.TempDir(), "kek.dat")
	run := func(args ...string) []byte {
		out, err := exec.CommandContext(t.Context(), wget, append([]string{"--no-proxy", "-q", "-O", "-"}, args...)...).Output()
		if err != nil {
			t.Fatalf("wget: %v", err)
		}
		return out
	}
	if err := os.WriteFile(kek, run("--post-data=", url+"/new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if dek := run("--post-file", kek, url+"/key"); len(dek) != 128 {
		t.Errorf("the DEK has %d bytes", len(dek))
	}
}

func BenchmarkNew(b *testing.B) {
	url := founded(b)
	for b.Loop() {
		if status, _, _ := send(b, "POST", url+"/new", ""); status != 200 {
			b.Fatal(status)
		}
	}
}

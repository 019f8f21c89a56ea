package rest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// discard is a ResponseWriter that costs nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) WriteHeader(int)             {}
func (d discard) Write(p []byte) (int, error) { return len(p), nil }

// reused is a body that can be read again.
type reused struct{ *strings.Reader }

func (reused) Close() error { return nil }

// BenchmarkDoor measures what this door adds to a request above net/http: gate, routing, identification, decoding
// and answering. The vault belongs to no cluster, so its part is a refusal (and the problem document that it costs).
func BenchmarkDoor(b *testing.B) {
	for _, c := range []struct{ name, method, path, body string }{
		{"livez", "GET", "/livez", ""},
		{"material", "GET", "/v1/keys/app%2Fdb/material", ""},
		{"decrypt", "POST", "/v1/keys/app/db/decrypt", `{"ciphertext":"qk:v1:bm90IGEgcmVhbCBjaXBoZXJ0ZXh0","aad":"aW52b2ljZS0xNw=="}`},
		{"policy", "GET", "/v1/policies/app1", ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			h := rest.New(blank(b), rest.Config{})
			g := serve.Gate(serve.Config{Name: "rest", Error: h.Fail}, h)
			body := strings.NewReader(c.body)
			r, err := http.NewRequest(c.method, "https://127.0.0.1"+c.path, reused{body})
			if err != nil {
				b.Fatal(err)
			}
			r.ContentLength = int64(len(c.body))
			if c.body == "" {
				r.Body = http.NoBody
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := body.Seek(0, io.SeekStart); err != nil {
					b.Fatal(err)
				}
				g.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}

// BenchmarkLocalRead is a whole GET …/material on an open vault, audit and policy on, without the network.
func BenchmarkLocalRead(b *testing.B) {
	v := newVault(b)
	f, err := v.Init(b.Context(), access.Caller{Door: "rest"}, vault.InitSpec{Shares: 1, Threshold: 1})
	if err != nil {
		b.Fatal(err)
	}
	root, err := v.Authenticate(b.Context(), f.RootToken)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := v.CreateKey(b.Context(), root, vault.KeySpec{Name: "app/db", Exportable: true}); err != nil {
		b.Fatal(err)
	}
	b.Run("door and vault", func(b *testing.B) {
		h := rest.New(v, rest.Config{})
		g := serve.Gate(serve.Config{Name: "rest", Error: h.Fail}, h)
		r, err := http.NewRequest(http.MethodGet, "https://127.0.0.1/v1/keys/app%2Fdb/material", http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+string(f.RootToken))
		b.ReportAllocs()
		for b.Loop() {
			g.ServeHTTP(discard{http.Header{}}, r)
		}
	})
	b.Run("vault", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c, err := v.Authenticate(b.Context(), f.RootToken)
			if err != nil {
				b.Fatal(err)
			}
			if err := v.Reveal(b.Context(), c, "app/db", 0, func(*key.Record, uint32, []byte) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkEncrypt is a whole POST …/encrypt on an open vault, from the body's bytes to the answer's, for one item of 32
// bytes and for a batch of 100.
func BenchmarkEncrypt(b *testing.B) {
	v := newVault(b)
	f, err := v.Init(b.Context(), access.Caller{Door: "rest"}, vault.InitSpec{Shares: 1, Threshold: 1})
	if err != nil {
		b.Fatal(err)
	}
	root, err := v.Authenticate(b.Context(), f.RootToken)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := v.CreateKey(b.Context(), root, vault.KeySpec{Name: "k"}); err != nil {
		b.Fatal(err)
	}
	item := `{"plaintext":"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}`
	for _, c := range []struct{ name, body string }{{"1", item}, {"100", `{"batch":[` + strings.Repeat(item+",", 99) + item + `]}`}} {
		b.Run(c.name, func(b *testing.B) {
			h := rest.New(v, rest.Config{})
			g := serve.Gate(serve.Config{Name: "rest", Error: h.Fail}, h)
			body := strings.NewReader(c.body)
			r, err := http.NewRequest(http.MethodPost, "https://127.0.0.1/v1/keys/k/encrypt", reused{body})
			if err != nil {
				b.Fatal(err)
			}
			r.ContentLength = int64(len(c.body))
			r.Header.Set("Authorization", "Bearer "+string(f.RootToken))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := body.Seek(0, io.SeekStart); err != nil {
					b.Fatal(err)
				}
				g.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}

package rest_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"testing"

	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// BenchmarkList is a page of 100 keys as the door answers it: token, policies for each key, audit, JSON. The state has
// 100,000 keys, or as many as QUORATE_BENCH_KEYS says.
func BenchmarkList(b *testing.B) {
	n, _ := strconv.Atoi(os.Getenv("QUORATE_BENCH_KEYS"))
	if n == 0 {
		n = 100_000
	}
	f := vaulttest.New(b)
	f.Grant("app", `permit (principal == User::"app", action in [Action::"list", Action::"read"], resource)
unless { resource.tags has "hold" };`)
	_, token, err := f.Vault(0).CreateToken(b.Context(), f.Root(), vault.TokenSpec{Principal: "app"})
	if err != nil {
		b.Fatal(err)
	}
	f.Fill(n) // last: the fixture's own log knows nothing of it
	h := rest.New(f.Vault(0), rest.Config{})
	g := serve.Gate(serve.Config{Name: "rest", Error: h.Fail}, h)
	for _, c := range []struct{ name, query string }{
		{"name", "name=app/"},
		{"tag", "tag=team%3Dt7"},
		{"tags", "tag=env,team%3Dt7&state=active"},
		{"due", "sort=due"},
		{"due before", "sort=due&due_before=2100-01-01T00:00:00Z"},
	} {
		b.Run(fmt.Sprintf("%s/keys=%d", c.name, n), func(b *testing.B) {
			r, err := http.NewRequest(http.MethodGet, "https://127.0.0.1/v1/keys?"+c.query, http.NoBody)
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+string(token))
			w := &counted{discard: discard{http.Header{}}}
			b.ReportAllocs()
			for b.Loop() {
				w.n = 0
				g.ServeHTTP(w, r)
				if w.n < 20_000 {
					b.Fatalf("an answer of %d bytes", w.n)
				}
			}
			b.ReportMetric(float64(w.n), "bytes/answer")
		})
	}
}

// counted counts what it discards.
type counted struct {
	discard
	n int
}

func (c *counted) Write(p []byte) (int, error) { c.n += len(p); return len(p), nil }

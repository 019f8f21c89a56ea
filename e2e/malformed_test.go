package e2e_test

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// growth is how much resident memory malformed input may cost a node: 64 MiB, and as much garbage again as the server
// lets lie before it collects, by the 64 MiB of untouched memory that it holds for that purpose.
const growth = 128 << 20

// badRequest is a request that must be refused with a clear error.
type badRequest struct {
	what     string
	r        request
	statuses []int
	words    []string
}

func badRequests() []badRequest {
	deep := strings.Repeat(`{"tags":`, 5000) + strings.Repeat("}", 5000)
	arrays := `{"name":"x","usage":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + "}"
	many := `{"name":"x","tags":{` + strings.Repeat(`"a":"b",`, 5000) + `"a":"b"}}`
	json := func(path, body string) request { return post(path, body) }
	return []badRequest{
		{"a body over the limit", json("/v1/keys", `{"name":"`+strings.Repeat("x", 3<<20)+`"}`), []int{413}, nil},
		{"a body far over the limit", json("/v1/keys/k/encrypt", `{"plaintext":"`+strings.Repeat("QUFB", 10<<20)+`"}`), []int{413}, nil},
		{"deep JSON", json("/v1/keys", deep), []int{400, 413}, nil},
		{"deep arrays", json("/v1/keys", arrays), []int{400, 413}, nil},
		{"a duplicate field", json("/v1/keys", `{"name":"a","name":"b"}`), []int{400}, []string{"name"}},
		{"very many duplicate tags", json("/v1/keys", many), []int{400, 413}, nil},
		{"an unknown field", json("/v1/keys", `{"name":"x","colour":"red"}`), []int{400}, []string{"colour"}},
		{"a field of the wrong type", json("/v1/keys", `{"name":17}`), []int{400}, []string{"name"}},
		{"no JSON", json("/v1/keys", `name=x`), []int{400}, nil},
		{"cut JSON", json("/v1/keys", `{"name":"x"`), []int{400}, nil},
		{"two documents", json("/v1/keys", `{"name":"x"}{"name":"y"}`), []int{400}, nil},
		{"an empty body", json("/v1/keys", ``), []int{400}, nil},
		{"null", json("/v1/keys", `null`), []int{400}, nil},
		{"bad UTF-8", json("/v1/keys", "{\"name\":\"\xff\xfe\"}"), []int{400}, nil},
		{"a NUL in a name", json("/v1/keys", `{"name":"a\u0000b"}`), []int{400}, nil},
		{"bad base64", json("/v1/keys/k/encrypt", `{"plaintext":"@@@@"}`), []int{400}, []string{"plaintext"}},
		{"base64 of the wrong alphabet", json("/v1/keys/k/encrypt", `{"plaintext":"_-_-"}`), []int{400}, []string{"plaintext"}},
		{"a ciphertext that is none", json("/v1/keys/k/decrypt", `{"ciphertext":"hello"}`), []int{400}, []string{"qk:"}},
		{"a ciphertext of an impossible version", json("/v1/keys/k/decrypt", `{"ciphertext":"qk:v99999999999999999999:AAAA"}`), []int{400}, nil},
		{"an impossible size", json("/v1/random", `{"bytes":-1}`), []int{400}, []string{"bytes"}},
		{"a huge size", json("/v1/random", `{"bytes":99999999999}`), []int{400, 413}, []string{"bytes"}},
		{"an impossible duration", json("/v1/keys", `{"name":"x","rotate_every":"-5d"}`), []int{400}, []string{"rotate_every"}},
		{"an impossible date", json("/v1/keys", `{"name":"x","activate_at":"9999-99-99"}`), []int{400}, []string{"activate_at"}},
		{"a share that is none", request{method: "POST", path: "/v1/sys/unseal", body: `{"share":"qshare1qqqq"}`, noToken: true}, []int{400}, nil},
		{"an oversized share", request{method: "POST", path: "/v1/sys/unseal", body: `{"share":"` + strings.Repeat("q", 1<<20) + `"}`, noToken: true}, []int{400, 413}, nil},
		{"an impossible policy", request{method: "PUT", path: "/v1/policies/p", body: `{"policy":"permit ("}`}, []int{400}, nil},
		{"DELETE of the collection", request{method: "DELETE", path: "/v1/keys"}, []int{405}, nil},
		{"PUT of a key", request{method: "PUT", path: "/v1/keys/k", body: "{}"}, []int{405}, nil},
		{"GET of a verb", get("/v1/keys/k/encrypt"), []int{405}, nil},
		{"an unknown verb", post("/v1/keys/k/explode", struct{}{}), []int{404, 405}, nil},
		{"an unknown method", request{method: "BREW", path: "/v1/keys"}, []int{400, 405, 501}, nil},
		{"a body with GET", request{method: "GET", path: "/v1/keys", body: `{}`}, []int{400}, nil},
		{"dots in the path", get("/v1/keys/../sys/members"), []int{400}, nil},
		{"escaped dots", get("/v1/keys/%2e%2e/sys/members"), []int{400}, nil},
		{"dots behind an escaped slash", get("/v1/keys/a%2F..%2Fb"), []int{400}, nil},
		{"a double slash", get("/v1//keys"), []int{400}, nil},
		{"an escaped NUL", get("/v1/keys/a%00b"), []int{400}, nil},
		{"a backslash", get(`/v1/keys/a%5Cb`), []int{400}, nil},
		{"an overlong path", get("/v1/keys/" + strings.Repeat("a", 4000)), []int{400, 414}, nil},
		{"an unknown path", get("/v1/nothing"), []int{404}, []string{"openapi"}},
		{"an unknown parameter", get("/v1/keys?colour=red"), []int{400}, []string{"colour"}},
		{"an impossible limit", get("/v1/keys?limit=-1"), []int{400}, []string{"limit"}},
		{"an impossible consistency", get("/v1/keys?consistency=maybe"), []int{400}, []string{"consistency"}},
		{"an impossible index", request{method: "GET", path: "/v1/keys", header: map[string]string{api.HeaderIndex: "soon"}}, []int{400}, []string{"index"}},
		{"an index far ahead", request{method: "GET", path: "/v1/keys", header: map[string]string{api.HeaderIndex: "99999999999"}}, []int{412}, nil},
		{"a token that is none", request{method: "GET", path: "/v1/keys", token: "qt_" + strings.Repeat("x", 2000)}, []int{401}, nil},
		{"another scheme", request{method: "GET", path: "/v1/keys", noToken: true, header: map[string]string{"Authorization": "Basic cm9vdDpyb290"}}, []int{401}, nil},
		{"an oversized header", request{method: "GET", path: "/v1/keys", header: map[string]string{"X-Junk": strings.Repeat("j", 64<<10)}}, []int{400, 431}, nil},
	}
}

func TestMalformedInputIsRefusedClearlyAndCostsNoMemory(t *testing.T) {
	c := open(t)
	n := c.nodes[1]
	if a := c.must(n, create("k", false)); a.status != http.StatusCreated {
		t.Fatal(a)
	}
	before := n.resident()
	for _, b := range badRequests() {
		a, err := c.ask(n, b.r)
		if err != nil && strings.HasPrefix(b.what, "a body far over") {
			continue // the server may close while the client still writes
		}
		if err != nil {
			t.Errorf("%s: %v", b.what, err)
			continue
		}
		if !slices.Contains(b.statuses, a.status) {
			t.Errorf("%s: got %v, want one of %v", b.what, a, b.statuses)
		}
		// What net/http itself refuses before any handler has no problem document.
		if own := a.status != 431 && a.status != 501 && !bytes.HasPrefix(a.body, []byte("400 Bad Request")); own && (a.problem.Detail == "" || a.problem.Hint == "" || a.problem.RequestID == "") {
			t.Errorf("%s: the error lacks detail, hint or request id: %d %.300s", b.what, a.status, a.body)
		}
		for _, w := range b.words {
			if !strings.Contains(strings.ToLower(a.problem.Detail+" "+a.problem.Hint), w) {
				t.Errorf("%s: the error does not name %q: %v", b.what, w, a)
			}
		}
		if strings.Contains(string(a.body), "goroutine") || strings.Contains(string(a.body), ".go:") {
			t.Errorf("%s: the answer shows the inside: %.300s", b.what, a.body)
		}
	}
	for _, b := range []badRequest{
		{"a KEK of 1 MiB", request{method: "POST", path: "/key", body: strings.Repeat("K", 1<<20)}, []int{413}, nil},
		{"a KEK that is none", request{method: "POST", path: "/key", body: "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"}, []int{400, 404}, nil},
		{"GET of /new", request{method: "GET", path: "/new"}, []int{405}, nil},
		{"a body for /new", request{method: "POST", path: "/new", body: "junk"}, []int{400, 413}, nil},
		{"an unknown path", request{method: "GET", path: "/../etc/passwd"}, []int{404}, nil},
	} {
		b.r.keas, b.r.noToken = true, true
		if a, err := c.ask(n, b.r); err != nil || !slices.Contains(b.statuses, a.status) || len(a.body) == 0 {
			t.Errorf("%s at the keas.kmi door: got %v %v, want one of %v", b.what, a, err, b.statuses)
		}
	}
	t.Logf("after single requests: %d MiB resident, peak %d", n.resident()>>20, n.peak()>>20)
	var all sync.WaitGroup
	all.Go(func() { floods(t, c, n) })
	all.Go(func() { garbage(t, n) })
	all.Go(func() { slow(t, n) })
	all.Wait()
	if after := n.resident(); after-before > growth {
		t.Errorf("%s grew from %d to %d MiB", n.name, before>>20, after>>20)
	} else {
		t.Logf("resident memory %d MiB before, %d MiB after, peak %d", before>>20, after>>20, n.peak()>>20)
	}
	for _, n := range c.nodes {
		if n.ended() {
			t.Fatalf("%s ended: %v", n.name, n.proc.Err())
		}
		if n.logged("panic") {
			t.Errorf("%s panicked", n.name)
		}
	}
	c.serving(c.nodes...)
	c.mustSee(n, "k", nil, 1)
	if a := c.must(n, create("afterwards", false)); a.status != http.StatusCreated {
		t.Errorf("a write afterwards: %v", a)
	}
}

// floods sends large bodies at once, to routes that need no token too.
func floods(t *testing.T, c *cluster, n *node) {
	var all sync.WaitGroup
	big := bytes.Repeat([]byte("A"), 8<<20)
	for _, path := range []string{"/v1/sys/unseal", "/v1/sys/init", "/v1/keys", "/v1/keys/k/decrypt"} {
		for range 8 {
			all.Go(func() {
				a, err := c.ask(n, request{method: http.MethodPost, path: path, body: big, noToken: true})
				if err == nil && (a.status < 400 || a.status >= 500) && a.status != http.StatusServiceUnavailable {
					t.Errorf("8 MiB to %s: %v", path, a)
				}
			})
		}
	}
	all.Wait()
}

// garbage goes to every port in clear and, where the port speaks TLS, within TLS.
func garbage(t *testing.T, n *node) {
	var all sync.WaitGroup
	for _, addr := range []string{n.api, n.peer, n.gossip, n.keas} {
		for i := range 12 {
			all.Go(func() {
				junk := make([]byte, 256<<10)
				_, _ = rand.Read(junk) // never fails (crypto/rand)
				switch i % 4 {
				case 0: // a TLS record of the greatest length
					copy(junk, []byte{22, 3, 1, 0xff, 0xff})
				case 1: // a length field of 4 GiB
					copy(junk, []byte{0xff, 0xff, 0xff, 0xff})
				case 2:
					copy(junk, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
				}
				poke(t, addr, junk)
			})
		}
		all.Go(func() {
			for _, protocols := range [][]string{nil, {"h2"}, {"quorate-raft"}, {"nonsense"}} {
				pokeTLS(addr, protocols)
			}
		})
	}
	all.Go(func() {
		u, err := net.Dial("udp", n.gossip)
		if err != nil {
			t.Error(err)
			return
		}
		defer u.Close()
		for i := range 2000 {
			junk := make([]byte, 1+i%1400)
			_, _ = rand.Read(junk) // never fails (crypto/rand)
			_, _ = u.Write(junk)   // refused or dropped, as it likes
		}
	})
	all.Wait()
}

// poke writes what it can and reads until the port closes.
func poke(t *testing.T, addr string, junk []byte) {
	conn, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		t.Errorf("%s takes no connections: %v", addr, err)
		return
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(15 * time.Second)); err != nil {
		t.Error(err)
		return
	}
	_, _ = conn.Write(junk)                                                 // the port may close before all of it is written
	if n, _ := io.Copy(io.Discard, io.LimitReader(conn, 1<<20)); n > 4096 { // reset or closed, as it likes
		t.Errorf("%s answers garbage with %d bytes", addr, n)
	}
}

func pokeTLS(addr string, protocols []string) {
	d := &net.Dialer{Timeout: 5 * time.Second}
	conn, err := tls.DialWithDialer(d, "tcp", addr, &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(12 * time.Second)) // cannot fail on an open connection
	junk := make([]byte, 64<<10)
	_, _ = rand.Read(junk)                                  // never fails (crypto/rand)
	_, _ = conn.Write(junk)                                 // the port may close before all of it is written
	_, _ = io.Copy(io.Discard, io.LimitReader(conn, 1<<20)) // whatever comes
}

// slow is clients that send a request a letter at a time: they are thrown out, and do not stop the others.
func slow(t *testing.T, n *node) {
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			conn, err := tls.Dial("tcp", n.api, &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				t.Errorf("connecting: %v", err)
				return
			}
			defer conn.Close()
			text := "GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: " + strings.Repeat("s", 2000)
			if i%2 == 1 {
				text = fmt.Sprintf("POST /v1/sys/unseal HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 1000) + strings.Repeat("s", 10)
				text = text[:len(text)-5] // and then nothing
				if _, err := io.WriteString(conn, text); err != nil {
					t.Errorf("a slow body: %v", err)
				}
				return // given up in the middle
			}
			tick := time.NewTicker(200 * time.Millisecond)
			defer tick.Stop()
			for j := range text {
				if _, err := io.WriteString(conn, text[j:j+1]); err != nil {
					return // thrown out
				}
				if j > 100 {
					t.Error("a client that sends its header a letter at a time is still listened to after 20 s")
					return
				}
				<-tick.C
			}
		})
	}
	all.Wait()
}

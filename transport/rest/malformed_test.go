package rest_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/serve"
)

func TestMalformedBodiesAreNamed(t *testing.T) {
	d := known(t)
	encrypt := "/v1/keys/a/encrypt"
	for _, c := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		detail                   string // part of it
	}{
		{"no body", "POST", encrypt, "", nil, 400, "the body is empty"},
		{"blank body", "POST", encrypt, " \n", nil, 400, "the body is empty"},
		{"an array", "POST", encrypt, "[]", nil, 400, "not a JSON object"},
		{"null", "POST", encrypt, "null", nil, 400, "not a JSON object"},
		{"half an object", "POST", encrypt, `{"plaintext":"aGk="`, nil, 400, "not JSON"},
		{"two objects", "POST", encrypt, `{"plaintext":"aGk="}{}`, nil, 400, "not JSON"},
		{"trailing text", "POST", encrypt, `{"plaintext":"aGk="} x`, nil, 400, "not JSON"},
		{"bad UTF-8", "POST", encrypt, "{\"plaintext\":\"\xff\"}", nil, 400, "not JSON"},
		{"unknown field", "POST", encrypt, `{"plaintext":"aGk=","plain":1}`, nil, 400, `unknown field "plain"`},
		{"field in another case", "POST", encrypt, `{"Plaintext":"aGk="}`, nil, 400, `unknown field "Plaintext"`},
		{"field twice", "POST", encrypt, `{"plaintext":"aGk=","plaintext":"aGk="}`, nil, 400, `"plaintext" is given twice`},
		{"tag twice", "POST", "/v1/keys", `{"name":"a","tags":{"x":"1","x":"2"}}`, nil, 400, `"tags.x" is given twice`},
		{"bad base64", "POST", encrypt, `{"plaintext":"a*=="}`, nil, 400, `"plaintext" must be a string of standard base64`},
		{"URL base64", "POST", encrypt, `{"plaintext":"__-_"}`, nil, 400, `"plaintext" must be a string of standard base64`},
		{"number for bytes", "POST", encrypt, `{"plaintext":"aGk=","aad":7}`, nil, 400, `"aad" must be a string of standard base64`},
		{"string for number", "POST", "/v1/random", `{"bytes":"8"}`, nil, 400, `"bytes" must be a whole number`},
		{"fraction for number", "POST", "/v1/random", `{"bytes":1.5}`, nil, 400, `"bytes" must be a whole number`},
		{"huge number", "POST", "/v1/random", `{"bytes":1e30}`, nil, 400, `"bytes" must be a whole number`},
		{"negative version", "POST", "/v1/keys/a/suspend", `{"version":-1}`, nil, 400, `"version" must be a whole number of at least 0`},
		{"string for bool", "POST", "/v1/keys", `{"name":"a","exportable":"yes"}`, nil, 400, `"exportable" must be true or false`},
		{"object for list", "POST", "/v1/keys", `{"name":"a","usage":{}}`, nil, 400, `"usage" must be a list`},
		{"number for share", "POST", "/v1/sys/unseal", `{"share":1}`, nil, 400, `"share" must be a string`},
		{"share missing", "POST", "/v1/sys/unseal", `{}`, nil, 400, `"share" is missing`},
		{"deep object", "POST", "/v1/keys", strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17), nil, 400, "nested deeper than 16"},
		{"very deep array", "POST", "/v1/keys", `{"usage":` + strings.Repeat("[", 60<<10) + "}", nil, 400, "nested deeper than 16"},
		{"over the route's limit", "POST", "/v1/random", `{"bytes":1}` + strings.Repeat(" ", 4<<10), nil, 413, "exceeds 4096 bytes"},
		{"over the default limit", "POST", encrypt, `{"plaintext":"` + strings.Repeat("A", 1<<20) + `"}`, nil, 413, "exceeds 1048576 bytes"},
		{"not JSON by its own word", "POST", encrypt, `{"plaintext":"aGk="}`, []string{"Content-Type", "application/octet-stream"}, 400, "must be JSON"},
		{"a form", "POST", encrypt, `a=b`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, "must be JSON"},
		{"compressed", "POST", encrypt, `{}`, []string{"Content-Encoding", "gzip"}, 400, "may not be compressed"},
		{"a body where none belongs", "GET", "/v1/keys/a", `{}`, nil, 400, "takes no body"},
		{"bad duration", "POST", "/v1/keys", `{"name":"a","rotate_every":"soon"}`, nil, 400, "rotate_every: "},
		{"bad date", "POST", "/v1/keys", `{"name":"a","activate_at":"tomorrow"}`, nil, 400, "activate_at: "},
		{"bad algorithm", "POST", "/v1/keys", `{"name":"a","algorithm":"rot13"}`, nil, 400, "algorithm: "},
		{"bad usage", "POST", "/v1/keys", `{"name":"a","usage":["fly"]}`, nil, 400, "usage: "},
		{"bad scope", "POST", "/v1/sys/seal", `{"scope":"world"}`, nil, 400, `"scope" must be`},
		{"policy of another name", "PUT", "/v1/policies/a", `{"name":"b","policy":""}`, nil, 400, `"name" differs`},
		{"unknown parameter", "GET", "/v1/keys?nme=x", "", nil, 400, `no query parameter "nme"`},
		{"parameter of another route", "GET", "/v1/keys/a?version=1", "", nil, 400, `no query parameter "version"`},
		{"parameter twice", "GET", "/v1/keys?limit=1&limit=2", "", nil, 400, "more than once"},
		{"limit of zero", "GET", "/v1/keys?limit=0", "", nil, 400, "from 1 to 1000"},
		{"limit too high", "GET", "/v1/keys?limit=1001", "", nil, 400, "from 1 to 1000"},
		{"state there is not", "GET", "/v1/keys?state=happy", "", nil, 400, "state: "},
		{"semicolon", "GET", "/v1/keys?limit=1;after=b", "", nil, 400, "query string cannot be read"},
		{"consistency there is not", "GET", "/v1/keys?consistency=strong", "", nil, 400, "local or linearizable"},
		{"bad index", "GET", "/v1/keys", "", []string{"X-Quorate-Index", "-1"}, 400, "X-Quorate-Index must be"},
		{"If-Match without quotes", "PATCH", "/v1/keys/a", `{}`, []string{"If-Match", "7"}, 400, "If-Match must be"},
		{"weak If-Match", "PATCH", "/v1/keys/a", `{}`, []string{"If-Match", `W/"7"`}, 400, "If-Match must be"},
		{"If-Match that would be ignored", "POST", "/v1/keys/a/encrypt", `{"plaintext":"eA=="}`, []string{"If-Match", `"7"`}, 400, "does not take If-Match"},
		{"bad token id", "GET", "/v1/tokens/xyz", "", nil, 400, "token's id"},
		{"zero token id", "DELETE", "/v1/tokens/00000000-0000-0000-0000-000000000000", "", nil, 404, "no such token"},
		{"bad token", "GET", "/v1/keys/a", "", []string{"Authorization", "Bearer qt_nobody"}, 401, "token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := d.send(c.method, c.path, c.body, c.header...)
			p := a.problem(t)
			if a.status != c.status || !strings.Contains(p.Detail, c.detail) {
				t.Errorf("got %d %q, want %d and %q", a.status, p.Detail, c.status, c.detail)
			}
			if a.header.Get("Cache-Control") != "no-store" {
				t.Error("the answer may be cached")
			}
			if (a.header.Get("WWW-Authenticate") != "") != (a.status == 401) {
				t.Errorf("status %d with WWW-Authenticate %q", a.status, a.header.Get("WWW-Authenticate"))
			}
		})
	}
}

func TestValuesAreNeverRepeatedInErrors(t *testing.T) {
	d := known(t)
	for _, body := range []string{
		`{"plaintext":"canary*"}`, `{"plaintext":{"x":"canary"}}`, `{"plaintext":canary}`, `{"plaintext":["canary"]}`, `{"plaintext":"canary`,
		`{"plaintext":"canary\u12"}`, `{"aad":"canary"}canary`,
	} {
		if a := d.send("POST", "/v1/keys/a/encrypt", body); a.status != 400 || strings.Contains(string(a.body), "canary") {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a := d.send("POST", "/v1/sys/unseal", `{"share":["qshare1canary"]}`); strings.Contains(string(a.body), "canary") {
		t.Errorf("a share is repeated: %s", a.body)
	}
	if a := d.send("GET", "/v1/keys/a", "", "Authorization", "Bearer qt_canary"); strings.Contains(string(a.body), "canary") {
		t.Errorf("a token is repeated: %s", a.body)
	}
}

func TestPathTricksReachNothing(t *testing.T) {
	d := open(t, blank(t), serve.Limits{})
	for _, path := range []string{
		"//v1/keys/a", "/v1//keys/a", "/v1/keys/a/", "/v1/keys//a", "/v1/keys/./a", "/v1/keys/../sys/status", "/v1/keys/a/../b", "/v1/./sys/status",
		"/v1/keys/%2e%2e/sys/status", "/v1/keys/%2E", "/v1/keys/a%2F..%2Fb", "/v1/keys/a%2f.%2fb", "/v1/keys/%2Fa", "/v1/keys/a%2F", "/v1/keys/a%2F%2Fb",
		"/v1/keys/a%00", "/v1/keys/a%0a", "/v1/keys/a%252Fb", "/v1/keys/a%5cb", "/v1/keys/a%20b", "/v1/keys/%C3%A4", "/v1/keys/a;b", "/v1/keys/a%2", "/v1/keys/a%2F/encrypt",
		"/v1/keys/a%2F..%2F..%2Fsys/encrypt", "/v1/keys/" + strings.Repeat("a", 2000), "/v1/sys/members/../init",
	} {
		for _, method := range []string{"GET", "POST"} {
			a := d.raw(method, path)
			if a.StatusCode != 400 || a.Header.Get("Location") != "" {
				t.Errorf("%s %.60s: got %d, Location %q; want 400 and no redirect", method, path, a.StatusCode, a.Header.Get("Location"))
			}
		}
	}
}

// raw sends the path as it stands; Go's own client would mend some of them.
func (d *door) raw(method, path string) *http.Response {
	d.t.Helper()
	c, err := tls.Dial("tcp", strings.TrimPrefix(d.url, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		d.t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method, path)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		d.t.Fatalf("%s %.60s: %v", method, path, err)
	}
	res.Body.Close()
	return res
}

func TestWrongMethodSaysWhatIsAllowed(t *testing.T) {
	d := open(t, blank(t), serve.Limits{})
	for _, c := range []struct{ method, path, allow string }{
		{"GET", "/v1/keys/a/encrypt", "POST"},
		{"GET", "/v1/keys/a/b/encrypt", "POST"},
		{"POST", "/v1/keys/a/material", "GET"},
		{"DELETE", "/v1/keys/a", "GET, PATCH"},
		{"PUT", "/v1/keys", "GET, POST"},
		{"POST", "/v1/policies/a", "GET, PUT, DELETE"},
		{"PATCH", "/v1/tokens/self", "GET, DELETE"},
		{"GET", "/v1/sys/init", "POST"},
		{"HEAD", "/v1/keys", "GET, POST"},
		{"OPTIONS", "/v1/keys", "GET, POST"},
		{"BREW", "/v1/sys/status", "GET"},
	} {
		a := d.send(c.method, c.path, "")
		if a.status != 405 || a.header.Get("Allow") != c.allow {
			t.Errorf("%s %s: got %d Allow %q, want 405 %q", c.method, c.path, a.status, a.header.Get("Allow"), c.allow)
		}
		if c.method != "HEAD" {
			a.problem(t)
		}
	}
	for _, path := range []string{"/", "/v1", "/v1/nothing", "/v1/sys", "/v2/keys", "/v1/keys/a/fly/high/off", "/V1/keys"} {
		if a := d.send("POST", path, ""); a.status != 404 && a.status != 405 {
			t.Errorf("POST %s: got %d", path, a.status)
		}
	}
}

func TestEscapedSlashesNameOneKey(t *testing.T) {
	d := open(t, blank(t), serve.Limits{})
	for path, op := range map[string]string{
		"/v1/keys/app%2Fdb":            "key.show",
		"/v1/keys/app/db":              "key.show",
		"/v1/keys/app%2Fmaterial":      "key.show", // a key whose name ends in a verb
		"/v1/keys/app%2fdb/material":   "key.material",
		"/v1/keys/app/db/material":     "key.material",
		"/v1/keys/material/material":   "key.material",
		"/v1/keys/material":            "key.show",
		"/v1/policies/team%2Fapp1":     "policy.show",
		"/v1/policies/explain":         "policy.show", // only POST is explain's own
		"/v1/tokens/self":              "token.self",
		"/v1/keys?name=app%2F&limit=5": "key.list",
	} {
		before := exercised.count(op)
		d.send("GET", path, "")
		exercised.reach(t, op, before+1)
	}
}

func TestHostileRequestsLeaveNoMemoryBehind(t *testing.T) {
	d := open(t, blank(t), serve.Limits{})
	big := `{"plaintext":"` + strings.Repeat("A", 2<<20) + `"}`
	deep := `{"usage":` + strings.Repeat("[", 60<<10)
	wide := `{"name":"a","tags":{` + strings.Repeat(`"k":"v",`, 7000) + `"z":""}}`
	hit := func(i int) {
		switch i % 5 {
		case 0:
			d.send("POST", "/v1/keys/a/encrypt", big)
		case 1:
			d.send("POST", "/v1/keys", deep)
		case 2:
			d.send("POST", "/v1/keys", wide)
		case 3:
			d.send("GET", "/v1/keys/"+strings.Repeat("a", 1500), "")
		case 4:
			d.send("GET", "/v1/keys?"+strings.Repeat("a=b&", 2000), "")
		}
	}
	used := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for i := range 50 {
		hit(i)
	}
	before := used()
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := range 250 {
				hit(worker + i)
			}
		})
	}
	wg.Wait()
	if after := used(); after > before+8<<20 {
		t.Errorf("the heap grew from %d to %d KiB over 1,000 hostile requests", before>>10, after>>10)
	}
}

func TestGarbageAfterARequestEndsTheConnection(t *testing.T) {
	d := open(t, blank(t), serve.Limits{})
	c, err := tls.Dial("tcp", strings.TrimPrefix(d.url, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01\x00\xffnonsense\r\n\r\n")
	all, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("the connection stayed open: %v", err)
	}
	if !strings.HasPrefix(string(all), "HTTP/1.1 200") || !strings.Contains(string(all), "HTTP/1.1 400") {
		t.Errorf("got %q", all)
	}
}

func TestSlowBodyIsRefused(t *testing.T) {
	d := open(t, blank(t), serve.Limits{BodyTimeout: 150 * time.Millisecond})
	c, err := tls.Dial("tcp", strings.TrimPrefix(d.url, "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, "POST /v1/sys/unseal HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"share\":")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if res.StatusCode != 400 || !strings.Contains(string(body), "did not arrive") {
		t.Errorf("got %d %s", res.StatusCode, body)
	}
	var one [1]byte
	if _, err := c.Read(one[:]); err == nil {
		t.Error("the connection goes on")
	} else if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Error("the connection stayed open")
	}
}

package kmip_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/transport/serve"
)

// post sends a body by HTTPS as the holder of a certificate; "" for nobody.
func (w *world) post(name, contentType string, body []byte) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.postWith(name, contentType, body, nil)
}

// postWith is post with further headers.
func (w *world) postWith(name, contentType string, body []byte, more http.Header) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://kms/kmip", bytes.NewReader(body))
	maps.Copy(r.Header, more)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	r.TLS = &tls.ConnectionState{}
	if name != "" {
		r.TLS.VerifiedChains = [][]*x509.Certificate{{newAuthority(w.t).issue(w.t, name).Leaf}}
	}
	out := httptest.NewRecorder()
	serve.Gate(serve.Config{Name: "rest", Error: func(*serve.Exchange, error) {}}, w.server).ServeHTTP(out, r)
	return out
}

// TestHTTPSSpeaksThreeEncodings: the same question in each, answered in the same, and with the same words.
func TestHTTPSSpeaksThreeEncodings(t *testing.T) {
	w := open(t)
	id := w.key("k", true).ID.String()
	w.f.Grant("web", `permit (principal == Certificate::"web", action, resource) when { context.door == "kmip" };`) // whatever the port
	question := request("1.4", "", "Locate "+byName("k"))
	m, err := ttlv.DecodeXML([]byte(question), ttlv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	inJSON, err := ttlv.AppendJSON(nil, m.Root())
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, c := range []struct {
		kind, answers string
		body          []byte
		decode        func([]byte, ttlv.Limits) (*ttlv.Message, error)
	}{
		{"application/octet-stream", "application/octet-stream", m.Root().Raw(), ttlv.Decode},
		{"application/x-octet-stream", "application/octet-stream", m.Root().Raw(), ttlv.Decode},
		{"text/xml; charset=utf-8", "text/xml", []byte(question), ttlv.DecodeXML},
		{"application/json", "application/json", inJSON, ttlv.DecodeJSON},
	} {
		got := w.post("web", c.kind, bytes.Clone(c.body))
		if got.Code != http.StatusOK || got.Header().Get("Content-Type") != c.answers || got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d, %v", c.kind, got.Code, got.Header())
			continue
		}
		answer, err := c.decode(got.Body.Bytes(), ttlv.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", c.kind, err)
		}
		text := xmlOf(t, answer.Root())
		if want == "" {
			want = text
		}
		if text != want || !strings.Contains(text, id) {
			t.Errorf("%s: got %s, want %s", c.kind, text, want)
		}
		if got := w.post("stranger", c.kind, bytes.Clone(c.body)); strings.Contains(got.Body.String(), id) {
			t.Errorf("%s: a stranger gets %s", c.kind, got.Body)
		}
		if got := w.post("", c.kind, bytes.Clone(c.body)); strings.Contains(got.Body.String(), id) {
			t.Errorf("%s: nobody gets %s", c.kind, got.Body)
		}
		broken, err := c.decode(w.post("web", c.kind, []byte("<")).Body.Bytes(), ttlv.Limits{})
		if err != nil || !strings.HasPrefix(outcomes(t, broken.Root())[0], "InvalidMessage") {
			t.Errorf("%s: what is no message is answered %v, %v", c.kind, broken, err)
		}
	}
}

// TestAWrongWordIsToldInTheVersionOfTheMessage: the header of a message can be read, though a name in it is none.
func TestAWrongWordIsToldInTheVersionOfTheMessage(t *testing.T) {
	w := open(t)
	good := request("2.1", `<ClientCorrelationValue type="TextString" value="mine"/>`, `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`)
	m, err := ttlv.DecodeXML([]byte(good), ttlv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	inJSON, err := ttlv.AppendJSON(nil, m.Root())
	if err != nil {
		t.Fatal(err)
	}
	for kind, c := range map[string]struct {
		text   string
		decode func([]byte, ttlv.Limits) (*ttlv.Message, error)
	}{"text/xml": {good, ttlv.DecodeXML}, "application/json": {string(inJSON), ttlv.DecodeJSON}} {
		bad := strings.Replace(c.text, "QueryObjects", "QueryNothing", 1)
		answer, err := c.decode(w.post("web", kind, []byte(bad)).Body.Bytes(), ttlv.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		r := answer.Root()
		name, _ := r.Find(wire.TagResponseHeader).Find(wire.TagClientCorrelationValue).Text()
		if got := outcomes(t, r); versionOf(t, r) != "2.1" || name != "mine" || !strings.HasPrefix(got[0], "InvalidMessage: RequestMessage/BatchItem/RequestPayload/QueryFunction (") {
			t.Errorf("%s: %v in version %s to %q", kind, got, versionOf(t, r), name)
		}
	}
}

func TestHTTPSRefusesWhatIsNoSuchRequest(t *testing.T) {
	w := open(t)
	if got := w.post("web", "text/plain", nil).Code; got != http.StatusUnsupportedMediaType {
		t.Errorf("plain text: %d", got)
	}
	if got := w.post("web", "", nil).Code; got != http.StatusUnsupportedMediaType { // as a page of another site could send it
		t.Errorf("without a type: %d", got)
	}
	if got := w.post("web", "application/octet-stream", make([]byte, 1<<20+1)).Code; got != http.StatusRequestEntityTooLarge {
		t.Errorf("too long: %d", got)
	}
	out := httptest.NewRecorder()
	serve.Gate(serve.Config{Name: "rest", Error: func(*serve.Exchange, error) {}}, w.server).ServeHTTP(out, httptest.NewRequest(http.MethodGet, "https://kms/kmip", nil))
	if out.Code != http.StatusMethodNotAllowed || out.Header().Get("Allow") != http.MethodPost {
		t.Errorf("GET: %d, %v", out.Code, out.Header())
	}
	// A token that is nobody's is refused, whatever else came with it.
	m, err := ttlv.DecodeXML([]byte(request("1.4", "", "Locate "+byName("k"))), ttlv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "https://kms/kmip", bytes.NewReader(m.Root().Raw()))
	r.Header.Set("Authorization", "Bearer qt_nobody")
	r.Header.Set("Content-Type", "application/octet-stream")
	r.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{newAuthority(t).issue(t, "web").Leaf}}}
	out = httptest.NewRecorder()
	serve.Gate(serve.Config{Name: "rest", Error: func(*serve.Exchange, error) {}}, w.server).ServeHTTP(out, r)
	answer, err := ttlv.Decode(out.Body.Bytes(), ttlv.Limits{})
	if err != nil || !strings.HasPrefix(outcomes(t, answer.Root())[0], "AuthenticationNotSuccessful: ") {
		t.Errorf("a bad token: %s, %v", out.Body, err)
	}
}

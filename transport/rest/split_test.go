package rest_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// TestAKeyIsSplitAndJoined: enough parts make the key again, and nothing else does.
func TestAKeyIsSplitAndJoined(t *testing.T) {
	d, _ := founded(t)
	k, _ := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "k", Algorithm: "aes-128-gcm", Exportable: true}, 201)
	want, _ := ask[api.Material](d, "GET", "/v1/keys/k/material", nil, 200)
	for method, names := range map[string][]string{"": {"a1", "a2", "a3"}, "gf2-16": {"b1", "b2", "b3"}, "xor": {"c1", "c2"}} {
		in := api.SplitRequest{Names: names, Threshold: 2, Method: method, Tags: map[string]string{"of": "k"}}
		made, _ := ask[api.SplitResponse](d, "POST", "/v1/keys/k/split", in, 201, "Idempotency-Key", "split"+method)
		again, _ := ask[api.SplitResponse](d, "POST", "/v1/keys/k/split", in, 201, "Idempotency-Key", "split"+method)
		if len(made.Parts) != len(names) || again.Parts[0].ID != made.Parts[0].ID {
			t.Fatalf("%q: %d parts, and repeated others", method, len(made.Parts))
		}
		for i, p := range made.Parts {
			if p.Name != names[i] || p.Type != "split-key" || p.Tags["of"] != "k" || !p.Exportable || p.Links[len(p.Links)-1] != (api.Link{Kind: "base", To: k.ID}) {
				t.Errorf("%q: part %d is %+v", method, i, p)
			}
		}
		joined, _ := ask[api.Record](d, "POST", "/v1/keys/join", api.JoinRequest{Key: api.CreateKeyRequest{Name: "of-" + names[0], Exportable: true}, Parts: []string{names[len(names)-1], made.Parts[0].ID}}, 201)
		got, _ := ask[api.Material](d, "GET", "/v1/keys/"+joined.ID+"/material", nil, 200)
		if joined.Algorithm != "aes-128-gcm" || joined.Origin != "derived" || !bytes.Equal(got.Material, want.Material) {
			t.Errorf("%q: joined is %+v", method, joined)
		}
	}
	of := func(parts ...string) api.JoinRequest {
		return api.JoinRequest{Key: api.CreateKeyRequest{Name: "no"}, Parts: parts}
	}
	for what, c := range map[string]struct {
		path   string
		in     any
		status int
	}{
		"too few parts":         {"join", of("a1"), 400},
		"one part twice":        {"join", of("a1", "a1"), 400},
		"parts of two methods":  {"join", of("a1", "b2"), 400},
		"what is no part":       {"join", of("a1", "k"), 400},
		"a part that is not":    {"join", of("a1", "none"), 404},
		"no parts":              {"join", of(), 400},
		"a name that is taken":  {"join", api.JoinRequest{Key: api.CreateKeyRequest{Name: "k"}, Parts: []string{"a1", "a2"}}, 409},
		"a method that is not":  {"k/split", api.SplitRequest{Names: []string{"x", "y"}, Threshold: 2, Method: "rsa"}, 400},
		"a threshold of one":    {"k/split", api.SplitRequest{Names: []string{"x", "y"}, Threshold: 1}, 400},
		"parts of a taken name": {"k/split", api.SplitRequest{Names: []string{"x", "k"}, Threshold: 2}, 409},
	} {
		if _, a := ask[any](d, "POST", "/v1/keys/"+c.path, c.in, c.status); a.status != c.status {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
	d.send("PATCH", "/v1/keys/k", `{"sensitive":true}`)
	ask[any](d, "POST", "/v1/keys/k/split", api.SplitRequest{Names: []string{"x", "y"}, Threshold: 2}, 403)
}

// TestAKeyIssuesCertificates: a root, by which it signs for another key and for a request.
func TestAKeyIssuesCertificates(t *testing.T) {
	d, _ := founded(t)
	for _, name := range []string{"ca", "leaf"} {
		ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: name, Algorithm: "ed25519"}, 201)
	}
	certificate := func(r api.Record) *x509.Certificate {
		t.Helper()
		p, _ := ask[api.PublicKey](d, "GET", "/v1/keys/"+r.ID+"/public", nil, 200)
		block, _ := pem.Decode([]byte(p.PublicKey))
		if block == nil {
			t.Fatalf("no certificate: %q", p.PublicKey)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ask[any](d, "POST", "/v1/keys/ca/issue", api.IssueRequest{Name: "early", Of: "leaf"}, 409)
	root, _ := ask[api.Record](d, "POST", "/v1/keys/ca/issue", api.IssueRequest{Name: "root", Of: "ca", Subject: "Our root"}, 201)
	_, own, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "outside"}, DNSNames: []string{"outside.example"}}, own)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: csr}))
	for _, in := range []api.IssueRequest{{Name: "of-leaf", Of: "leaf", Subject: "leaf"}, {Name: "of-csr", CSR: text}} {
		r, _ := ask[api.Record](d, "POST", "/v1/keys/ca/issue", in, 201)
		c, roots := certificate(r), x509.NewCertPool()
		roots.AddCert(certificate(root))
		if _, err := c.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: c.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil || r.Type != "certificate" {
			t.Errorf("%s: %v, %+v", in.Name, err, r)
		}
		if in.CSR != "" && (c.Subject.CommonName != "outside" || len(c.DNSNames) != 1) {
			t.Errorf("of the request there is %v", c.Subject)
		}
	}
	leaf, _ := ask[api.Record](d, "GET", "/v1/keys/leaf", nil, 200)
	if len(leaf.Links) != 1 || leaf.Links[0].Kind != "certificate" {
		t.Errorf("the key does not know of its certificate: %+v", leaf.Links)
	}
	for what, c := range map[string]api.IssueRequest{
		"nothing":       {Name: "no"},
		"no request":    {Name: "no", CSR: "AAAA"},
		"no PEM":        {Name: "no", CSR: "-----BEGIN nothing"},
		"another's key": {Name: "no", Of: "leaf", CSR: text},
		"no time":       {Name: "no", Of: "leaf", NotAfter: "soon"},
		"no time left":  {Name: "no", Of: "leaf", NotBefore: "2090-01-01T00:00:00Z"},
	} {
		if _, a := ask[any](d, "POST", "/v1/keys/ca/issue", c, 400); !strings.Contains(string(a.body), `"invalid"`) {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
	}
}

// TestACertificateIsReplaced: by one for the same key, under its name, once, and as it was seen.
func TestACertificateIsReplaced(t *testing.T) {
	d, _ := founded(t)
	for _, name := range []string{"ca", "leaf"} {
		ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: name, Algorithm: "ed25519"}, 201)
	}
	ask[api.Record](d, "POST", "/v1/keys/ca/issue", api.IssueRequest{Name: "root", Of: "ca"}, 201)
	old, _ := ask[api.Record](d, "POST", "/v1/keys/ca/issue", api.IssueRequest{Name: "web", Of: "leaf", Tags: map[string]string{"team": "a"}}, 201)
	again := api.IssueRequest{Replaces: "web"}
	if _, a := ask[any](d, "POST", "/v1/keys/ca/issue", again, 412, "If-Match", `"77"`); !strings.Contains(string(a.body), `"conflict"`) {
		t.Errorf("another than was seen: %s", a.body)
	}
	ask[any](d, "POST", "/v1/keys/ca/issue", api.IssueRequest{Name: "more", Of: "leaf"}, 400, "If-Match", old.ETag)
	ask[any](d, "POST", "/v1/keys/ca/issue", api.IssueRequest{Name: "more", Replaces: "web"}, 400)
	ask[any](d, "POST", "/v1/keys/ca/issue", api.IssueRequest{Replaces: "none"}, 404)
	r, _ := ask[api.Record](d, "POST", "/v1/keys/ca/issue", again, 201, "If-Match", old.ETag)
	leaf, _ := ask[api.Record](d, "GET", "/v1/keys/leaf", nil, 200)
	was, _ := ask[api.Record](d, "GET", "/v1/keys/"+old.ID, nil, 200)
	if r.Name != "web" || r.ID == old.ID || r.Tags["team"] != "a" || r.Links[0] != (api.Link{Kind: "replaced", To: old.ID}) || was.Links[len(was.Links)-1] != (api.Link{Kind: "replacement", To: r.ID}) {
		t.Errorf("the new one is %+v, the old one %+v", r, was)
	}
	if len(leaf.Links) != 1 || leaf.Links[0] != (api.Link{Kind: "certificate", To: r.ID}) {
		t.Errorf("the key has %+v", leaf.Links)
	}
	if _, a := ask[any](d, "POST", "/v1/keys/ca/issue", api.IssueRequest{Replaces: old.ID}, 409); !strings.Contains(string(a.body), "was replaced before") || !strings.Contains(string(a.body), r.ID) {
		t.Errorf("replaced twice: %s", a.body)
	}
}

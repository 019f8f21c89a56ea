package rest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/rest"
)

// withKeys is a door with one key for each kind of use.
func withKeys(t *testing.T) *door {
	t.Helper()
	d, _ := founded(t)
	for name, algorithm := range map[string]string{"aes": "", "ec": "ecdsa-p256", "mac": "hmac-sha256", "kem": "ml-kem-768", "x": "x25519"} {
		ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: name, Algorithm: algorithm, Exportable: true}, 201)
	}
	return d
}

// both sends an item alone and as a batch of one, and gives the two answers.
func both[Out, In any](d *door, key, verb string, in In) (single, batched Out) {
	d.t.Helper()
	path := "/v1/keys/" + key + "/" + verb
	if key == "" {
		path = "/v1/" + verb
	}
	single, _ = ask[Out](d, "POST", path, in, 200)
	all, _ := ask[api.Results[Out]](d, "POST", path, api.Batch[In]{Batch: []In{in}}, 200)
	if len(all.Results) != 1 || all.Results[0].Error != nil {
		d.t.Fatalf("%s in a batch: %+v", verb, all)
	}
	return single, all.Results[0].Value
}

func TestEveryUseOfAKeyOneByOneAndInBatches(t *testing.T) {
	d := withKeys(t)
	input := []byte("the input")
	s, s2 := both[api.SignResponse](d, "ec", "sign", api.SignRequest{Input: input, Form: "jws"})
	for _, x := range []api.SignResponse{s, s2} {
		jws, err := base64.RawURLEncoding.DecodeString(x.JWS)
		if err != nil || len(jws) != 64 || x.Version != 1 || !strings.HasPrefix(x.Signature, "qk:v1:") {
			t.Errorf("signed %+v, %v", x, err)
		}
		v, v2 := both[api.VerifyResponse](d, "ec", "verify", api.VerifyRequest{Input: input, Signature: x.Signature, Form: "jws"})
		w, w2 := both[api.VerifyResponse](d, "ec", "verify", api.VerifyRequest{Input: []byte("other"), Signature: x.Signature, Form: "jws"})
		if !v.Valid || !v2.Valid || w.Valid || w2.Valid || v.Version != 1 || w.Version != 1 {
			t.Errorf("verdicts %+v %+v %+v %+v", v, v2, w, w2)
		}
	}
	m, m2 := both[api.MACResponse](d, "mac", "mac", api.MACRequest{Input: input, Hash: "sha256"})
	if m != m2 || m.Version != 1 {
		t.Errorf("MACs %+v and %+v", m, m2)
	}
	if v, v2 := both[api.VerifyResponse](d, "mac", "verify-mac", api.VerifyMACRequest{Input: input, MAC: m.MAC}); !v.Valid || !v2.Valid {
		t.Errorf("verdicts %+v, %+v", v, v2)
	}
	k, k2 := both[api.DeriveResponse](d, "mac", "derive", api.DeriveRequest{Info: []byte("a")})
	c, _ := both[api.DeriveResponse](d, "mac", "derive", api.DeriveRequest{Context: []byte("a"), Bytes: 32})
	if len(k.Derived) != 32 || !reflect.DeepEqual(k, k2) || !reflect.DeepEqual(k, c) {
		t.Errorf("derived %+v, %+v and with context %+v", k, k2, c)
	}
	ask[any](d, "POST", "/v1/keys/mac/derive", api.DeriveRequest{Info: []byte("a"), Context: []byte("a")}, 400)
	made, _ := ask[api.Record](d, "POST", "/v1/keys/mac/derive-key", api.DeriveKeyRequest{
		Key: api.CreateKeyRequest{Name: "derived", Algorithm: "secret", Exportable: true}, Derivation: api.DeriveRequest{Context: []byte("a")},
	}, 201)
	if kept, _ := ask[api.Material](d, "GET", "/v1/keys/derived/material", nil, 200); !bytes.Equal(kept.Material, k.Derived) || made.Origin != "derived" || len(made.Links) != 1 || made.Links[0].Kind != "base" {
		t.Errorf("the derived key is %+v, with %x instead of %x", made, kept.Material, k.Derived)
	}
	ask[any](d, "POST", "/v1/keys/mac/derive-key", api.DeriveKeyRequest{Key: api.CreateKeyRequest{Name: "derived"}}, 409)
	ask[any](d, "POST", "/v1/keys/mac/derive-key", api.DeriveKeyRequest{Key: api.CreateKeyRequest{Name: "longer"}, Derivation: api.DeriveRequest{Bytes: 8}}, 400)
	r, _ := ask[api.Record](d, "GET", "/v1/keys/x", nil, 200)
	if p, p2 := both[api.DeriveResponse](d, "x", "derive", api.DeriveRequest{PeerPublicKey: r.Versions[0].PublicKey, Raw: true}); len(p.Derived) != 32 || !reflect.DeepEqual(p, p2) {
		t.Errorf("agreed on %+v, %+v", p, p2)
	}
	w, w2 := both[api.EncryptResponse](d, "aes", "wrap", api.WrapRequest{Key: "mac"})
	material, _ := ask[api.Material](d, "GET", "/v1/keys/mac/material", nil, 200)
	for _, x := range []api.EncryptResponse{w, w2} {
		if u, u2 := both[api.DecryptResponse](d, "aes", "unwrap", api.UnwrapRequest{Ciphertext: x.Ciphertext}); !bytes.Equal(u.Plaintext, material.Material) || !bytes.Equal(u2.Plaintext, material.Material) {
			t.Error("what was wrapped is something else unwrapped")
		}
	}
	e, e2 := both[api.EncapsulateResponse](d, "kem", "encapsulate", api.EncapsulateRequest{})
	for _, x := range []api.EncapsulateResponse{e, e2} {
		if b, b2 := both[api.EncapsulateResponse](d, "kem", "decapsulate", api.DecapsulateRequest{Ciphertext: x.Ciphertext}); !bytes.Equal(b.SharedSecret, x.SharedSecret) || !bytes.Equal(b2.SharedSecret, x.SharedSecret) || len(x.SharedSecret) != 32 {
			t.Error("the two sides do not share their secret")
		}
	}
	if h, h2 := both[api.HashResponse](d, "", "hash", api.HashRequest{Input: input, Algorithm: "sha3-256"}); len(h.Digest) != 32 || !bytes.Equal(h.Digest, h2.Digest) {
		t.Errorf("hashed %+v, %+v", h, h2)
	}
	sealed, sealed2 := both[api.EncryptResponse](d, "aes", "encrypt", api.EncryptRequest{Plaintext: input, AAD: []byte("a")})
	for _, x := range []api.EncryptResponse{sealed, sealed2} {
		n, n2 := both[api.EncryptResponse](d, "aes", "rewrap", api.DecryptRequest{Ciphertext: x.Ciphertext, AAD: []byte("a")})
		for _, y := range []api.EncryptResponse{x, n, n2} {
			if p, p2 := both[api.DecryptResponse](d, "aes", "decrypt", api.DecryptRequest{Ciphertext: y.Ciphertext, AAD: []byte("a")}); !bytes.Equal(p.Plaintext, input) || !bytes.Equal(p2.Plaintext, input) {
				t.Errorf("decrypted %+v, %+v", p, p2)
			}
		}
	}
	if k, k2 := both[api.DataKeyResponse](d, "aes", "datakey", api.DataKeyRequest{Bits: 128, Plaintext: true}); len(k.Plaintext) != 16 || len(k2.Plaintext) != 16 {
		t.Errorf("data keys %+v, %+v", k, k2)
	}
}

func TestABatchAnswersInOrderWithEachItemsError(t *testing.T) {
	d := withKeys(t)
	good, _ := ask[api.EncryptResponse](d, "POST", "/v1/keys/aes/encrypt", api.EncryptRequest{Plaintext: []byte("hello")}, 200)
	all, a := ask[api.Results[api.DecryptResponse]](d, "POST", "/v1/keys/aes/decrypt", api.Batch[api.DecryptRequest]{Batch: []api.DecryptRequest{
		{Ciphertext: good.Ciphertext}, {Ciphertext: "garbage"}, {Ciphertext: good.Ciphertext, AAD: []byte("wrong")}, {Ciphertext: good.Ciphertext},
	}}, 200)
	kinds := []string{"", "invalid", "invalid", ""}
	for i, r := range all.Results {
		got := ""
		if r.Error != nil {
			got = r.Error.Kind
			if r.Error.Detail == "" || r.Error.Hint == "" {
				t.Errorf("item %d: %+v", i, r.Error)
			}
		} else if string(r.Value.Plaintext) != "hello" {
			t.Errorf("item %d is %q", i, r.Value.Plaintext)
		}
		if got != kinds[i] {
			t.Errorf("item %d fails with %q, want %q", i, got, kinds[i])
		}
	}
	if len(all.Results) != 4 || !bytes.HasPrefix(a.body, []byte(`{"results":[{"plaintext":`)) {
		t.Errorf("answered %s", a.body)
	}
}

func TestABatchIsNotAnItem(t *testing.T) {
	d := withKeys(t)
	item := `{"plaintext":"aGk="}`
	for name, c := range map[string]struct {
		body, detail string
		status       int
	}{
		"both":          {`{"plaintext":"aGk=","batch":[` + item + `]}`, "both a single item and a batch", 400},
		"both, empty":   {`{"plaintext":"","batch":[` + item + `]}`, "both a single item and a batch", 400},
		"none":          {`{"batch":[]}`, "1 to 1000 items, not 0", 400},
		"too many":      {`{"batch":[` + strings.Repeat(item+",", 1000) + item + `]}`, "1 to 1000 items, not 1001", 400},
		"no list":       {`{"batch":` + item + `}`, `"batch" must be a list`, 400},
		"bad items":     {`{"batch":[{"plaintext":"*"},{"plaintext":7}]}`, `"batch.0.plaintext" must be a string of standard base64`, 400},
		"no JSON":       {`{"batch":[` + item + `,{"plaintext":"aGk=}]}`, `the body is not JSON`, 400},
		"twice":         {`{"batch":[` + item + `,{"aad":"","aad":""}]}`, `the field "batch.1.aad" is given twice`, 400},
		"bad and both":  {`{"plaintext":"aGk=","batch":[` + item + `,{"plaintext":"*"}]}`, `"batch.1.plaintext" must be`, 400},
		"no plaintext":  {`{}`, "there is no plaintext", 400},
		"none of them":  {`{"batch":[{},{}]}`, "there is no plaintext", 400},
		"unknown field": {`{"batch":[{"plain":"aGk="}]}`, `unknown field "batch.0.plain"`, 400},
		"nested":        {`{"batch":[{"batch":[` + item + `]}]}`, `unknown field "batch.0.batch"`, 400},
		"large item":    {`{"plaintext":"` + strings.Repeat("AAAA", 300<<10) + `"}`, "exceeds 1048576 bytes", 413},
	} {
		a := d.send("POST", "/v1/keys/aes/encrypt", c.body)
		if p := a.problem(t); a.status != c.status || !strings.Contains(p.Detail, c.detail) {
			t.Errorf("%s: got %d %q, want %d and %q", name, a.status, p.Detail, c.status, c.detail)
		}
	}
	large := `{"batch":[{"plaintext":"` + strings.Repeat("AAAA", 300<<10) + `"},{"plaintext":"` + strings.Repeat("AAAA", 300<<10) + `"}]}`
	if a := d.send("POST", "/v1/keys/aes/encrypt", large); a.status != 200 {
		t.Errorf("a batch of %d bytes: %d %.100s", len(large), a.status, a.body)
	}
	if a := d.send("POST", "/v1/keys/aes/datakey", `{"batch":[{},{}]}`); a.status != 200 {
		t.Errorf("a batch of items by default: %d %s", a.status, a.body)
	}
	if a := d.send("POST", "/v1/keys/kem/encapsulate", ""); a.status != 200 {
		t.Errorf("nothing to say: %d %s", a.status, a.body)
	}
}

func TestAChoiceThatTheKeyHasNotIsRefused(t *testing.T) {
	d := withKeys(t)
	for _, name := range []string{"ed25519", "rsa-2048"} {
		ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: name, Algorithm: name}, 201)
	}
	for name, want := range map[string]int{"ec": 400, "ed25519": 400, "rsa-2048": 200} {
		for _, scheme := range []string{"pss", "pkcs1v15"} {
			a := d.send("POST", "/v1/keys/"+name+"/sign", `{"input":"aGk=","scheme":"`+scheme+`"}`)
			if a.status != want || want == 400 && !strings.Contains(a.problem(t).Detail, "have no scheme") {
				t.Errorf("%s with scheme %s: %d %s", name, scheme, a.status, a.body)
			}
		}
		signed, _ := ask[api.SignResponse](d, "POST", "/v1/keys/"+name+"/sign", api.SignRequest{Input: []byte("hi")}, 200)
		ask[any](d, "POST", "/v1/keys/"+name+"/verify", api.VerifyRequest{Input: []byte("hi"), Signature: signed.Signature, Scheme: "pss"}, want)
	}
	a := d.send("GET", "/v1/wrapping-key?algorithm=aes-256-gcm", "")
	if p := a.problem(t); a.status != 400 || !strings.Contains(p.Hint, "rsa-4096, x25519, ml-kem-768-p256, ml-kem-768-x25519") || strings.Contains(p.Hint, "hmac") {
		t.Errorf("a wrapping key that there is not: %d %+v", a.status, p)
	}
	if b := d.send("GET", "/v1/wrapping-key?algorithm=nonsense", ""); b.status != 400 || b.problem(t).Hint != a.problem(t).Hint {
		t.Errorf("a wrapping key of nothing: %d %s", b.status, b.body)
	}
}

func TestAnItemThatCannotBeReadFailsAlone(t *testing.T) {
	d := withKeys(t)
	a := d.send("POST", "/v1/keys/aes/encrypt", `{"batch":[{"plaintext":"aGk="},{"plaintext":"*"},{"plain":"aGk="},7,{},{"plaintext":""},{"plaintext":"aGk=","aad":"****"},{"plaintext":"aGk="}]}`)
	var all api.Results[api.EncryptResponse]
	if err := json.Unmarshal(a.body, &all); err != nil || a.status != 200 || len(all.Results) != 8 {
		t.Fatalf("answered %d %s: %v", a.status, a.body, err)
	}
	for i, want := range []string{"", `"plaintext" must be a string of standard base64`, `unknown field "plain"`, "must be an object", "there is no plaintext", "", `"aad" must be`, ""} {
		r := all.Results[i]
		switch {
		case want == "" && (r.Error != nil || r.Value.Ciphertext == ""):
			t.Errorf("item %d failed with its neighbours: %+v", i, r.Error)
		case want != "" && (r.Error == nil || r.Error.Kind != "invalid" || !strings.Contains(r.Error.Detail, want) || r.Value.Ciphertext != ""):
			t.Errorf("item %d: %+v, want %s", i, r.Error, want)
		case want == "":
			got, _ := ask[api.DecryptResponse](d, "POST", "/v1/keys/aes/decrypt", api.DecryptRequest{Ciphertext: r.Value.Ciphertext}, 200)
			if wanted := map[bool]string{true: "", false: "hi"}[i == 5]; string(got.Plaintext) != wanted {
				t.Errorf("item %d is %q", i, got.Plaintext)
			}
		}
	}
	// Data keys are stored all or none.
	before, _ := ask[api.Keys](d, "GET", "/v1/keys?parent=aes", nil, 200)
	if a := d.send("POST", "/v1/keys/aes/datakey", `{"batch":[{"store":true},{"store":true,"bits":"many"}]}`); a.status != 400 {
		t.Errorf("storing one that can be read: %d %s", a.status, a.body)
	}
	if after, _ := ask[api.Keys](d, "GET", "/v1/keys?parent=aes", nil, 200); len(after.Keys) != len(before.Keys) {
		t.Errorf("%d data keys were stored all the same", len(after.Keys)-len(before.Keys))
	}
}

// TestTextBodiesHaveTheFieldsThatClientsSend holds the bodies that keep texts as bytes to those that the document shows.
func TestTextBodiesHaveTheFieldsThatClientsSend(t *testing.T) {
	for public, ours := range rest.TextBodies() {
		if public.NumField() != ours.NumField() {
			t.Errorf("%s: %d fields, want %d", public, ours.NumField(), public.NumField())
			continue
		}
		for i := range public.NumField() {
			if got, want := ours.Field(i).Tag.Get("json"), public.Field(i).Tag.Get("json"); got != want {
				t.Errorf("%s: field %d is %q, want %q", public, i, got, want)
			}
		}
	}
}

// FuzzBatch sends arbitrary batches and items to the decoder; what it takes is JSON, one of the two, and within bounds.
func FuzzBatch(f *testing.F) {
	for _, seed := range []string{
		`{"batch":[{"plaintext":"aGk="},{}]}`, `{"batch":[]}`, `{"batch":null}`, `{"plaintext":"aGk=","batch":[{}]}`, `{"batch":[{"batch":[]}]}`, `{"batch":[[]]}`,
		`{"batch":[{"input":"aGk=","signature":"qk:v1:AA=="}]}`, `{"batch":[{"ciphertext":"qk:v1:AA==","aad":"aGk="}]}`, `{"batch":[null]}`, `{"bits":256}`, `{"batch":{},"batch":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		for _, decode := range rest.Batches() {
			items, single, err := decode(body)
			if !bytes.Equal(body, before) {
				t.Fatal("decoding changed the body")
			}
			if err == nil && (items > 1000 || items == 0 && !single) {
				t.Fatalf("took %d items, single %v", items, single)
			}
		}
	})
}

// TestWhatWasReadBeforeABadItemIsWiped: such a batch is read again, item by item.
func TestWhatWasReadBeforeABadItemIsWiped(t *testing.T) {
	body := fmt.Sprintf(`{"batch":[{"plaintext":%q},{"plaintext":7}]}`, base64.StdEncoding.EncodeToString([]byte("canary")))
	left, read := rest.LeftBehind([]byte(body))
	if !read {
		t.Fatal("the first item was not read")
	}
	if !bytes.Equal(left, make([]byte, len("canary"))) {
		t.Errorf("%q is left in memory", left)
	}
}

// TestSecretsOfABatchAreWiped: what was decoded is cleared when the request is over.
func TestSecretsOfABatchAreWiped(t *testing.T) {
	secret := base64.StdEncoding.EncodeToString([]byte("canary"))
	for verb, body := range map[string]string{
		"encrypt": `{"plaintext":"%s"}`, "wrap": `{"plaintext":"%s"}`, "sign": `{"input":"%s"}`, "verify": `{"input":"%s"}`, "mac": `{"input":"%s"}`, "verify-mac": `{"input":"%s"}`, "hash": `{"input":"%s"}`,
	} {
		item := fmt.Sprintf(body, secret)
		for _, form := range []string{item, `{"batch":[` + item + `,` + item + `]}`} {
			for i, left := range rest.Wiped(verb, []byte(form)) {
				if !bytes.Equal(left, make([]byte, len("canary"))) {
					t.Errorf("%s leaves %q in item %d", verb, left, i)
				}
			}
		}
	}
}

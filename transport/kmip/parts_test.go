package kmip_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

const initial, final = `<InitIndicator type="Boolean" value="true"/>`, `<FinalIndicator type="Boolean" value="true"/>`

// TestPartsAreKeptOnlyForWhoMayHaveThemUsed: the first part of each operation is refused as the whole would be, and nothing is held; nor is
// a use counted before there is one.
func TestPartsAreKeptOnlyForWhoMayHaveThemUsed(t *testing.T) {
	w := open(t)
	id := map[string]string{
		"aes": w.made(vault.KeySpec{Name: "app/aes"}), "mac": w.made(vault.KeySpec{Name: "app/mac", Algorithm: key.HMACSHA256}),
		"ec": w.made(vault.KeySpec{Name: "app/ec", Algorithm: key.ECDSAP256}), "none": w.made(vault.KeySpec{Name: "app/none", Algorithm: key.HMACSHA256, Usage: key.VerifyMAC}),
	}
	w.f.Grant("half", `permit (principal == Certificate::"half", action in [Action::"read", Action::"decrypt"], resource in Folder::"app");`)
	cbc := choice("BlockCipherMode", "CBC", "PaddingMethod", "PKCS5") + octets("IVCounterNonce", make([]byte, 16))
	for _, c := range []struct{ who, op, rest, want string }{
		{"stranger", "Encrypt ", id["aes"], "ItemNotFound: "},
		{"stranger", "Decrypt ", id["aes"], "ItemNotFound: "},
		{"stranger", "Sign ", id["ec"], "ItemNotFound: "},
		{"stranger", "SignatureVerify ", id["ec"], "ItemNotFound: "},
		{"stranger", "MAC ", id["mac"], "ItemNotFound: "},
		{"stranger", "MACVerify ", id["mac"], "ItemNotFound: "},
		{"stranger", "Hash ", choice("HashingAlgorithm", "SHA_256"), "ItemNotFound: "},
		{"half", "MAC ", id["mac"], "ItemNotFound: "},
		{"half", "Decrypt ", id["aes"] + cbc, "ItemNotFound: "}, // the bare cipher needs the permission to encrypt, too
		{"half", "Decrypt ", id["aes"] + choice("BlockCipherMode", "GCM") + octets("IVCounterNonce", make([]byte, 12)), "Success"},
		{"", "MAC ", id["none"], "PermissionDenied: the cryptographic usage mask"},
		{"", "Decrypt ", id["aes"] + choice("BlockCipherMode", "CBC_MAC"), "InvalidField: the Block Cipher Mode"},
		{"", "Hash ", choice("HashingAlgorithm", "MD5"), "InvalidField: "},
		{"", "MAC ", id["mac"], "Success"},
	} {
		as := w
		if c.who != "" {
			as = w.as(c.who)
		}
		ask, s := as.session()
		got := outcome(t, ask(c.op+c.rest+octets("Data", []byte("first"))+initial))
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s%s by %q: got %s, want %s", c.op, c.rest, c.who, got, c.want)
		}
		want := 0
		if c.want == "Success" {
			want = 1
		}
		if n, _ := s.Held(); n != want {
			t.Errorf("%s%s by %q: %d streams are held", c.op, c.rest, c.who, n)
		}
	}
	if r := w.record("app/mac"); r.Versions[0].Use().Count != 0 {
		t.Errorf("asking counted as %d uses", r.Versions[0].Use().Count)
	}
}

// TestAProofMayComeInAnyPart: with the first, in the middle or with the last, and it is compared with what all parts make.
func TestAProofMayComeInAnyPart(t *testing.T) {
	w := open(t)
	mac := w.made(vault.KeySpec{Name: "mac", Algorithm: key.HMACSHA256})
	right := bytesOf(t, w.one("1.4", "MAC "+mac+octets("Data", plainText)), wire.TagMACData)
	wrong := bytes.Clone(right)
	wrong[3] ^= 1
	for at := range 3 {
		for proof, want := range map[string]wire.ValidityIndicator{octets("MACData", right): wire.ValidityIndicatorValid, octets("MACData", wrong): wire.ValidityIndicatorInvalid} {
			with := [3]string{}
			with[at] = proof
			ask, _ := w.session()
			a := ask("MACVerify " + mac + octets("Data", plainText[:7]) + with[0] + initial)
			value := xmlOf(t, a.Find(wire.TagResponsePayload).Find(wire.TagCorrelationValue))
			ask("MACVerify " + octets("Data", plainText[7:20]) + with[1] + value)
			a = ask("MACVerify " + octets("Data", plainText[20:]) + with[2] + value + final)
			got, err := a.Find(wire.TagResponsePayload).Find(wire.TagValidityIndicator).Enumeration()
			if err != nil || wire.ValidityIndicator(got) != want {
				t.Errorf("in part %d: %s %v, want %v", at, xmlOf(t, a), err, want)
			}
		}
	}
}

// TestPartsDoNotComeByHTTPS: each is refused at once, and says where they may come.
func TestPartsDoNotComeByHTTPS(t *testing.T) {
	w := open(t)
	id := w.made(vault.KeySpec{Name: "k"})
	w.f.Grant("web", `permit (principal == Certificate::"web", action, resource);`)
	for _, op := range []string{"Encrypt ", "Decrypt "} {
		got := w.post("web", "text/xml", []byte(request("1.4", "", op+id+octets("Data", make([]byte, 32))+initial)))
		answer, err := ttlv.DecodeXML(got.Body.Bytes(), ttlv.Limits{})
		if err != nil || !strings.HasPrefix(outcomes(t, answer.Root())[0], "FeatureNotSupported: data in parts needs one connection") {
			t.Errorf("%s: %s %v", op, got.Body, err)
		}
	}
}

// seen gives a text in small parts, and remembers where they were put.
type seen struct {
	text   io.Reader
	places [][]byte
}

func (s *seen) Read(b []byte) (int, error) {
	n, err := s.text.Read(b[:min(len(b), 512)])
	s.places = append(s.places, b[:n])
	return n, err
}

func (*seen) Close() error { return nil }

// TestAMessageByHTTPSLeavesNothing: every place in which a part of it was, while it arrived, is cleared.
func TestAMessageByHTTPSLeavesNothing(t *testing.T) {
	w := open(t)
	body := &seen{text: strings.NewReader(request("1.4", "", "Query "+octets("Data", bytes.Repeat([]byte{0xab}, 40_000))))}
	r := httptest.NewRequest(http.MethodPost, "https://kms/kmip", body)
	r.Header.Set("Content-Type", "text/xml")
	r.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{newAuthority(t).issue(t, "web").Leaf}}}
	serve.Gate(serve.Config{Name: "rest", Error: func(*serve.Exchange, error) {}}, w.server).ServeHTTP(httptest.NewRecorder(), r)
	if len(body.places) < 100 {
		t.Fatalf("it was read in %d parts", len(body.places))
	}
	for i, p := range body.places {
		if len(bytes.Trim(p, "\x00")) != 0 {
			t.Fatalf("part %d still says %.40q", i, p)
		}
	}
}

// TestARetryKeyOfHTTPSIsNotTheMessages: two operations of one request, or two requests, are two, whatever the Idempotency-Key.
func TestARetryKeyOfHTTPSIsNotTheMessages(t *testing.T) {
	w := open(t)
	w.f.Grant("web", `permit (principal == Certificate::"web", action, resource);`)
	create := "Create " + `<ObjectType type="Enumeration" value="SymmetricKey"/>` + template(enumeration("Cryptographic Algorithm", "AES"), integer("Cryptographic Length", 256), integer("Cryptographic Usage Mask", 12))
	made := map[string]bool{}
	for range 2 {
		got := w.postWith("web", "text/xml", []byte(request("1.2", "", create, create)), http.Header{"Idempotency-Key": {"the same"}})
		answer, err := ttlv.DecodeXML(got.Body.Bytes(), ttlv.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items(answer.Root()) {
			made[idOf(t, item.Find(wire.TagResponsePayload))] = true
		}
	}
	if len(made) != 4 {
		t.Errorf("four keys were asked for, and %d made", len(made))
	}
}

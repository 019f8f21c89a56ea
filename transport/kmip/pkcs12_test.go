package kmip_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

// chainOf is a key with its certificate and that of its authority.
func chainOf(t *testing.T) (k *ecdsa.PrivateKey, own, root *x509.Certificate) {
	t.Helper()
	make1 := func(name string, serial int64, by *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), IsCA: by == nil, BasicConstraintsValid: true}
		if by == nil {
			by, signer = c, k
		}
		der, err := x509.CreateCertificate(rand.Reader, c, by, &k.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		made, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return made, k
	}
	root, signer := make1("root", 1, nil, nil)
	own, k = make1("own", 2, root, signer)
	return k, own, root
}

// TestAPKCS12IsTakenApartAndPutTogether: its key and certificates are linked objects, the key is the vault's, and what Get gives opens by the password, also
// in other software.
func TestAPKCS12IsTakenApartAndPutTogether(t *testing.T) {
	w := open(t)
	k, own, root := chainOf(t)
	file, err := pkcs12.Modern.Encode(k, own, []*x509.Certificate{root}, "secret")
	if err != nil {
		t.Fatal(err)
	}
	password := idOf(t, w.one("1.4", register("SecretData", `<SecretDataType type="Enumeration" value="Password"/>`+blockOf("Raw", bytesXML([]byte("secret")), "", 0))))
	link := `<LinkType type="Enumeration" value="PKCS_12PasswordLink"/><LinkedObjectIdentifier type="TextString" value="` + password + `"/>`
	block := blockOf("PKCS_12", bytesXML(file), "", 0)
	for v, item := range map[string]string{
		"1.4": register("PrivateKey", block, `<Attribute><AttributeName type="TextString" value="Link"/><AttributeValue>`+link+`</AttributeValue></Attribute>`),
		"2.1": register2("PrivateKey", `<Attributes><Link>`+link+`</Link></Attributes>`, block),
	} {
		id := idOf(t, w.one(v, item))
		r := w.record(id)
		if r.Algorithm != key.ECDSAP256 || r.Type != key.PrivateKey || len(r.Links) != 3 {
			t.Fatalf("%s: it is %+v", v, r)
		}
		var chain []*x509.Certificate
		for _, l := range r.Links {
			if l.Kind == key.LinkPKCS12 {
				chain = append(chain, w.x509(l.To.String()))
			}
		}
		if len(chain) != 2 || !chain[0].Equal(own) || !chain[1].Equal(root) {
			t.Errorf("%s: its certificates are %d", v, len(chain))
		}
		for _, format := range []string{"", "PKCS_12"} {
			got := materialIn(t, w, v, id, format)
			private, c, more, err := pkcs12.DecodeChain(got, "secret")
			if err != nil || !k.Equal(private) || !c.Equal(own) || len(more) != 1 || bytes.Equal(got, file) {
				t.Errorf("%s: %T %v (%v)", v, private, c, err)
			}
			opensByOpenSSL(t, got)
		}
		if got, err := x509.ParsePKCS8PrivateKey(materialIn(t, w, v, id, "PKCS_8")); err != nil || !k.Equal(got) {
			t.Errorf("%s: as PKCS #8 it is %T (%v)", v, got, err)
		}
	}
}

func materialIn(t *testing.T, w *world, v, id, format string) []byte {
	t.Helper()
	if format != "" {
		format = `<KeyFormatType type="Enumeration" value="` + format + `"/>`
	}
	b, err := w.one(v, "Get "+byID(id)+format).Find(wire.TagPrivateKey).Find(wire.TagKeyBlock).Find(wire.TagKeyValue).Find(wire.TagKeyMaterial).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func opensByOpenSSL(t *testing.T, file []byte) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		return
	}
	path := filepath.Join(t.TempDir(), "key.p12")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("openssl", "pkcs12", "-in", path, "-passin", "pass:secret", "-nodes").CombinedOutput(); err != nil || strings.Count(string(out), "BEGIN CERTIFICATE") != 2 || !strings.Contains(string(out), "BEGIN PRIVATE KEY") {
		t.Errorf("openssl says %s (%v)", out, err)
	}
}

// TestAPKCS12IsRefused: with another password, without one, with rounds that were altered; and nothing of it is kept then. What has no certificate is none.
func TestAPKCS12IsRefused(t *testing.T) {
	w := open(t)
	k, own, _ := chainOf(t)
	file, err := pkcs12.Modern.Encode(k, own, nil, "secret")
	if err != nil {
		t.Fatal(err)
	}
	torn := bytes.Replace(file, []byte{0x02, 0x02, 0x08, 0x00}, []byte{0x02, 0x02, 0x7f, 0xff}, 1)
	password := idOf(t, w.one("1.4", register("SecretData", `<SecretDataType type="Enumeration" value="Password"/>`+blockOf("Raw", bytesXML([]byte("other")), "", 0))))
	link := func(to string) string {
		return `<Attribute><AttributeName type="TextString" value="Link"/><AttributeValue><LinkType type="Enumeration" value="PKCS_12PasswordLink"/><LinkedObjectIdentifier type="TextString" value="` + to + `"/></AttributeValue></Attribute>`
	}
	before := len(identifiers(t, w.one("1.4", "Locate ")))
	for i, c := range []struct{ item, want string }{
		{register("PrivateKey", blockOf("PKCS_12", bytesXML(file), "", 0), link(password)), "CryptographicFailure: "},
		{register("PrivateKey", blockOf("PKCS_12", bytesXML(torn), "", 0), link(password)), "CryptographicFailure: "},
		{register("PrivateKey", blockOf("PKCS_12", bytesXML(file), "", 0)), "MissingData: a PKCS #12 has a password"},
		{register("PrivateKey", blockOf("PKCS_12", bytesXML(file), "", 0), link(key.ID{7: 1}.String())), "ItemNotFound: "},
		{"Get " + byID(func() string { p, _ := w.pairOf("ECDSA", 256); return p }()) + `<KeyFormatType type="Enumeration" value="PKCS_12"/>`, "KeyFormatTypeNotSupported: "},
	} {
		if got := outcomes(t, w.ask(request("1.4", "", c.item)))[0]; !strings.HasPrefix(got, c.want) {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	if after := len(identifiers(t, w.one("1.4", "Locate "))); after != before+2 { // the pair
		t.Errorf("there are %d objects, and there were %d", after, before)
	}
}

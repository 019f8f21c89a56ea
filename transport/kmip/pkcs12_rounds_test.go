package kmip_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/quorate/quorate/transport/kmip"
)

// withRounds is DER with its rounds, which are 2,048, replaced.
func withRounds(t *testing.T, der []byte, rounds int64) (out []byte, ok bool) {
	t.Helper()
	for len(der) > 0 {
		var v asn1.RawValue
		rest, err := asn1.Unmarshal(der, &v)
		if err != nil {
			return nil, false
		}
		der = rest
		switch {
		case bytes.Equal(v.FullBytes, []byte{2, 2, 8, 0}):
			v.FullBytes = must(t)(asn1.Marshal(rounds))
		case v.IsCompound || v.Class == asn1.ClassUniversal && v.Tag == asn1.TagOctetString:
			if inner, ok := withRounds(t, v.Bytes, rounds); ok {
				v.Bytes, v.FullBytes = inner, nil
				v.FullBytes = must(t)(asn1.Marshal(v))
			}
		}
		out = append(out, v.FullBytes...)
	}
	return out, true
}

func must(t *testing.T) func(b []byte, err error) []byte {
	return func(b []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// sealedAs is EncryptedData like another of PBES2, with something else in it.
func sealedAs(t *testing.T, other, plain []byte, password string) []byte {
	t.Helper()
	var e struct {
		Version int
		Content struct {
			Type      asn1.ObjectIdentifier
			Algorithm pkix.AlgorithmIdentifier
			Sealed    []byte `asn1:"tag:0"`
		}
	}
	var scheme struct{ Derive, Cipher pkix.AlgorithmIdentifier }
	var derive struct {
		Salt   []byte
		Rounds int
		PRF    pkix.AlgorithmIdentifier
	}
	for _, s := range []struct {
		der func() []byte
		to  any
	}{
		{func() []byte { return other }, &e},
		{func() []byte { return e.Content.Algorithm.Parameters.FullBytes }, &scheme},
		{func() []byte { return scheme.Derive.Parameters.FullBytes }, &derive},
	} {
		if _, err := asn1.Unmarshal(s.der(), s.to); err != nil {
			t.Fatal(err)
		}
	}
	b, err := aes.NewCipher(must(t)(pbkdf2.Key(sha256.New, password, derive.Salt, derive.Rounds, 32)))
	if err != nil {
		t.Fatal(err)
	}
	n := 16 - len(plain)%16
	e.Content.Sealed = append(bytes.Clone(plain), bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(b, scheme.Cipher.Parameters.Bytes).CryptBlocks(e.Content.Sealed, e.Content.Sealed)
	return must(t)(asn1.Marshal(e))
}

// TestPKCS12WithEndlessRoundsIsRefused: under its right password, wherever its rounds are: of the key, of the certificates, and of a key that is encrypted
// twice, which none can see before. What it would take to do them is hours: that this test ends says that none are done. A file in another order is taken.
func TestPKCS12WithEndlessRoundsIsRefused(t *testing.T) {
	w := open(t)
	k, own, root := chainOf(t)
	file := must(t)(pkcs12.Modern.Encode(k, own, []*x509.Certificate{root}, "secret"))
	password := idOf(t, w.one("1.4", register("SecretData", `<SecretDataType type="Enumeration" value="Password"/>`+blockOf("Raw", bytesXML([]byte("secret")), "", 0))))
	link := `<Attribute><AttributeName type="TextString" value="Link"/><AttributeValue><LinkType type="Enumeration" value="PKCS_12PasswordLink"/><LinkedObjectIdentifier type="TextString" value="` + password + `"/></AttributeValue></Attribute>`
	contents, err := kmip.PKCS12Contents(file)
	if err != nil || len(contents) != 2 {
		t.Fatalf("it has %d contents (%v)", len(contents), err)
	}
	const certificates, private = 0, 1
	var bags []byte
	if _, err := asn1.Unmarshal(contents[private], &bags); err != nil {
		t.Fatal(err)
	}
	rounded := func(i int, rounds int64) []byte {
		der, ok := withRounds(t, contents[i], rounds)
		if !ok || bytes.Equal(der, contents[i]) {
			t.Fatal("its rounds are not found")
		}
		return der
	}
	endless, ok := withRounds(t, bags, 1<<40)
	if !ok {
		t.Fatal("the bags have no rounds")
	}
	nested := map[int][]byte{certificates: sealedAs(t, contents[certificates], endless, "secret")}
	for name, c := range map[string]struct {
		order    []int
		replaced map[int][]byte
		want     string
	}{
		"as it was":               {[]int{certificates, private}, nil, "Success"},
		"in another order":        {[]int{private, certificates}, nil, "Success"},
		"the key":                 {[]int{certificates, private}, map[int][]byte{private: rounded(private, 20_000_001)}, "InvalidField: the PKCS #12 asks for more than 1000000 rounds"},
		"the key, for ever":       {[]int{certificates, private}, map[int][]byte{private: rounded(private, 1<<40)}, "InvalidField: the PKCS #12 asks for more than 1000000 rounds"},
		"the certificates":        {[]int{certificates, private}, map[int][]byte{certificates: rounded(certificates, 1_000_001)}, "InvalidField: the PKCS #12 asks for more than 1000000 rounds"},
		"inside, before the key":  {[]int{certificates, private}, nested, "CryptographicFailure: "},
		"inside, behind the key":  {[]int{private, certificates}, nested, "CryptographicFailure: "},
		"inside, without another": {[]int{certificates}, nested, "InvalidField: a PKCS #12 has its key in a content that is not encrypted"},
	} {
		made := must(t)(kmip.PKCS12Of(file, "secret", c.order, c.replaced))
		if got := outcomes(t, w.ask(request("1.4", "", register("PrivateKey", blockOf("PKCS_12", bytesXML(made), "", 0), link))))[0]; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

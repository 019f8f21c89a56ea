package kmip_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// TestWhatIsOfferedIsWhatDESIGNSays asks for every mode, padding and hash that the protocol has a word for, by every operation that takes one,
// and holds the answers against the tables of DESIGN.md.
func TestWhatIsOfferedIsWhatDESIGNSays(t *testing.T) {
	w := open(t)
	aes, rsa := made(t, w, "AES", 256, 4|128|512), w.made(vault.KeySpec{Name: "rsa", Algorithm: key.RSA2048})
	signs := w.made(vault.KeySpec{Name: "signs", Algorithm: key.RSA2048, Usage: key.Sign | key.Verify})
	block := octets("Data", make([]byte, 32))
	const cbc = "CBC"
	var page strings.Builder
	for _, table := range []struct {
		tag wire.Tag
		by  map[string]func(value string) string // by the operation that is asked
		ops []string
	}{
		{wire.TagBlockCipherMode, map[string]func(string) string{
			"Encrypt": func(v string) string { return "Encrypt " + aes + choice("BlockCipherMode", v) + block },
			"MAC":     func(v string) string { return "MAC " + aes + choice("BlockCipherMode", v) + block },
		}, []string{"Encrypt", "MAC"}},
		{wire.TagPaddingMethod, map[string]func(string) string{
			"Encrypt, AES": func(v string) string {
				return "Encrypt " + aes + choice("BlockCipherMode", cbc, "PaddingMethod", v) + block
			},
			"Encrypt, RSA": func(v string) string { return "Encrypt " + rsa + choice("PaddingMethod", v) + block },
			"Sign, RSA": func(v string) string {
				return "Sign " + signs + choice("PaddingMethod", v, "HashingAlgorithm", "SHA_256") + block
			},
		}, []string{"Encrypt, AES", "Encrypt, RSA", "Sign, RSA"}},
		{wire.TagHashingAlgorithm, map[string]func(string) string{
			"Hash": func(v string) string { return hashOf(v, "00") },
			"MAC":  func(v string) string { return "MAC " + aes + choice("HashingAlgorithm", v) + block },
			"OAEP": func(v string) string {
				return "Encrypt " + rsa + choice("PaddingMethod", "OAEP", "HashingAlgorithm", v) + block
			},
			"Sign, RSA":  func(v string) string { return "Sign " + signs + choice("HashingAlgorithm", v) + block },
			"Derive Key": func(v string) string { return deriveBy(aes, v) },
		}, []string{"Hash", "MAC", "OAEP", "Sign, RSA", "Derive Key"}},
	} {
		fmt.Fprintf(&page, "| %s | %s |\n|---%s|\n", table.tag.Name(), strings.Join(table.ops, " | "), strings.Repeat("|---", len(table.ops)))
		for v := uint32(1); ; v++ {
			text := wire.ValueText(table.tag, v)
			if strings.HasPrefix(text, "0x") {
				break
			}
			fmt.Fprintf(&page, "| %s |", text)
			for _, op := range table.ops {
				got := outcomes(t, w.ask(request("1.4", "", table.by[op](text))))[0]
				switch {
				case got == "Success":
					page.WriteString(" yes |")
				case strings.HasPrefix(got, "InvalidField: "): // version 1.4 has no better word
					page.WriteString(" |")
				default:
					t.Errorf("%s by %s: %s", text, op, got)
				}
			}
			page.WriteString("\n")
		}
		page.WriteString("\n")
	}
	design, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(design), page.String()) {
		t.Errorf("DESIGN.md lacks these tables, or has others:\n%s", page.String())
	}
}

// made is an active key that is for what the mask says.
func made(t *testing.T, w *world, algorithm string, bits, mask int) string {
	return byID(idOf(t, w.one("1.4", `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+template(enumeration("Cryptographic Algorithm", algorithm),
		integer("Cryptographic Length", bits), integer("Cryptographic Usage Mask", mask), attr("Activation Date", ` type="DateTime" value="2020-01-01T00:00:00Z"/>`)))))
}

// deriveBy asks for 128 bits by a hash of the key.
func deriveBy(id, hash string) string {
	return `DeriveKey <ObjectType type="Enumeration" value="SymmetricKey"/>` + id + `<DerivationMethod type="Enumeration" value="HASH"/><DerivationParameters>` +
		choice("HashingAlgorithm", hash) + `</DerivationParameters>` + template14("AES", "128")
}

// A key of HMAC that the vault only keeps makes the MACs of its own algorithm where nothing else is named.
func TestAKeptHMACKeyMakesItsOwnMACs(t *testing.T) {
	w := open(t)
	for algorithm, size := range map[string]int{"HMAC_SHA1": 20, "HMAC_SHA224": 28, "HMAC_SHA3_256": 32, "HMAC_SHA3_512": 64} {
		id := made(t, w, algorithm, 512, 128)
		data := octets("Data", plainText)
		own := bytesOf(t, w.one("1.4", "MAC "+id+data), wire.TagMACData)
		named := bytesOf(t, w.one("1.4", "MAC "+id+choice("CryptographicAlgorithm", algorithm)+data), wire.TagMACData)
		if len(own) != size || string(own) != string(named) {
			t.Errorf("%s: %x, and by its name %x", algorithm, own, named)
		}
	}
}

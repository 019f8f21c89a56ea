package kmip_test

import (
	"crypto/sha3"
	"crypto/sha512"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// hashOf is a payload of Hash.
func hashOf(algorithm, data string) string {
	return `Hash <CryptographicParameters><HashingAlgorithm type="Enumeration" value="` + algorithm + `"/></CryptographicParameters><Data type="ByteString" value="` + data + `"/>`
}

func TestHashIsThatOfTheLibrary(t *testing.T) {
	w := open(t)
	data, err := hex.DecodeString("00010203ff")
	if err != nil {
		t.Fatal(err)
	}
	long, third := sha512.Sum512(data), sha3.Sum256(data)
	for algorithm, want := range map[string][]byte{"SHA_512": long[:], "SHA3_256": third[:]} {
		got, err := w.one("1.4", hashOf(algorithm, "00010203ff")).Find(wire.TagData).Bytes()
		if err != nil || string(got) != string(want) {
			t.Errorf("%s: %x, %v", algorithm, got, err)
		}
	}
	for what, item := range map[string]string{
		"InvalidField: the hash MD5":             hashOf("MD5", "00"),
		"InvalidCorrelationValue: no operation ": hashOf("SHA_256", "00") + octets("CorrelationValue", []byte("none")),
	} {
		if got := outcomes(t, w.ask(request("2.1", "", item)))[0]; !strings.HasPrefix(got, what) {
			t.Errorf("got %s, want %s", got, what)
		}
	}
	if got := outcomes(t, w.ask(request("1.3", "", "Hash ")))[0]; got == "Success" {
		t.Error("a hash of nothing")
	}
	if got := outcomes(t, w.as("stranger").ask(request("1.4", "", hashOf("SHA_256", "00"))))[0]; got == "Success" {
		t.Error("a stranger may hash")
	}
}

func TestRandomBytesAreAsManyAsAskedFor(t *testing.T) {
	w := open(t)
	seen := map[string]bool{}
	for range 8 {
		got, err := w.one("1.4", `RNGRetrieve <DataLength type="Integer" value="32"/>`).Find(wire.TagData).Bytes()
		if err != nil || len(got) != 32 || seen[string(got)] {
			t.Errorf("%x, %v", got, err)
		}
		seen[string(got)] = true
	}
	for _, n := range []string{"0", "-1", "2000000"} {
		if got := outcomes(t, w.ask(request("1.4", "", `RNGRetrieve <DataLength type="Integer" value="`+n+`"/>`)))[0]; got == "Success" {
			t.Errorf("%s bytes are given", n)
		}
	}
	if n, err := w.one("2.0", `RNGSeed <Data type="ByteString" value="0102"/>`).Find(wire.TagDataLength).Integer(); err != nil || n != 0 {
		t.Errorf("of a seed %d bytes are said to be used, %v", n, err)
	}
}

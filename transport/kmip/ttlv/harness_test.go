package ttlv_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// cases returns the test cases by file: our own, and those of OASIS where they lie beside the repository.
func cases(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{filepath.Join("testdata", "*.xml"), filepath.Join("..", "..", "..", "..", "shared", "vectors", "kmip", "*.xml")} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(f)] = text
		}
	}
	if len(all) < 3 {
		t.Fatalf("%d cases were found: our own are missing", len(all))
	}
	return all
}

var (
	message = regexp.MustCompile(`(?s)<(RequestMessage|ResponseMessage)>.*?</(RequestMessage|ResponseMessage)>`)
	now     = regexp.MustCompile(`\$NOW([-+]\d+)?`)
	secret  = regexp.MustCompile(`type="ByteString" value="\$\w+"`)
)

// messages splits a case into its messages, with values where it has placeholders for a time or bytes.
func messages(t testing.TB, name string, text []byte) []string {
	t.Helper()
	filled := secret.ReplaceAllString(now.ReplaceAllString(string(text), "2026-11-28T12:00:00Z"), `type="ByteString" value="C0FFEE"`)
	all := message.FindAllString(filled, -1)
	if len(all) == 0 {
		t.Fatalf("%s: no message in it", name)
	}
	return all
}

// tree is XML as a list of lines, in which what may be written in several ways is written in one.
func tree(t testing.TB, text string) []string {
	t.Helper()
	var lines []string
	d := xml.NewDecoder(strings.NewReader(text))
	depth := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			line := fmt.Sprintf("%*s%s", depth, "", token.Name.Local)
			for _, a := range token.Attr {
				line += fmt.Sprintf(" %s=%q", a.Name.Local, plain(token, a))
			}
			lines = append(lines, line)
			depth++
		case xml.EndElement:
			depth--
		}
	}
}

func plain(element xml.StartElement, a xml.Attr) string {
	v := a.Value
	if a.Name.Local != "value" {
		return v
	}
	switch element.Attr[0].Value {
	case "Integer": // a mask's bits have no order
		bits := strings.Fields(v)
		slices.Sort(bits)
		return strings.Join(bits, " ")
	case "ByteString", "BigInteger":
		return strings.ToUpper(v)
	case "DateTime":
		return strings.Replace(v, "+00:00", "Z", 1)
	}
	return v
}

// decodeXML reads text that has to be right.
func decodeXML(t testing.TB, text string) *ttlv.Message {
	t.Helper()
	m, err := ttlv.DecodeXML([]byte(text), ttlv.Limits{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return m
}

func toXML(t testing.TB, it ttlv.Item) string {
	t.Helper()
	b, err := ttlv.AppendXML(nil, it)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func toJSON(t testing.TB, it ttlv.Item) string {
	t.Helper()
	b, err := ttlv.AppendJSON(nil, it)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// encoded is what write writes, as bytes of its own.
func encoded(t testing.TB, write func(*ttlv.Encoder)) []byte {
	t.Helper()
	e := ttlv.NewEncoder()
	defer e.Release()
	write(e)
	b, err := e.Message()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(b)
}

func decode(t testing.TB, b []byte) ttlv.Item {
	t.Helper()
	m, err := ttlv.Decode(b, ttlv.Limits{})
	if err != nil {
		t.Fatalf("%v in %X", err, b)
	}
	return m.Root()
}

const vendor = wire.Tag(0x540001)

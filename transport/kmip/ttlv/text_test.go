package ttlv_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/ttlv"
)

// wrongValues are values that no encoding takes: type and value.
var wrongValues = [][2]string{
	{"Integer", "2147483648"},
	{"Integer", "-2147483649"},
	{"Integer", "0x1"},
	{"Integer", "1.5"},
	{"Integer", "Encrypt"},
	{"Integer", ""},
	{"LongInteger", "9223372036854775808"},
	{"LongInteger", "0x01"},
	{"BigInteger", ""},
	{"BigInteger", "0"},
	{"BigInteger", "0x"},
	{"BigInteger", "XY"},
	{"Enumeration", "aes"},
	{"Enumeration", "3"},
	{"Enumeration", "0x3"},
	{"Boolean", "TRUE"},
	{"Boolean", "2"},
	{"ByteString", "0"},
	{"ByteString", "0x00"},
	{"DateTime", "yesterday"},
	{"DateTime", "2026-11-31T12:00:00Z"},
	{"DateTime", "0x0"},
	{"DateTimeExtended", "12:00"},
	{"Interval", "-1"},
	{"Interval", "4294967296"},
}

func TestWrongValuesAreRefused(t *testing.T) {
	for _, c := range wrongValues {
		x := fmt.Sprintf(`<RequestMessage><CryptographicAlgorithm type="%s" value="%s"/></RequestMessage>`, c[0], c[1])
		j := fmt.Sprintf(`{"tag":"RequestMessage","value":[{"tag":"CryptographicAlgorithm","type":"%s","value":"%s"}]}`, c[0], c[1])
		for _, text := range []string{x, j} {
			_, err := readText(text, ttlv.Limits{})
			var e *ttlv.Error
			if !errors.As(err, &e) || !strings.HasPrefix(e.Error(), "RequestMessage/CryptographicAlgorithm (byte ") {
				t.Errorf("%s: got %v", text, err)
			}
			if len(c[1]) > 5 && err != nil && strings.Contains(err.Error(), c[1]) {
				t.Errorf("%s: the error shows the value: %v", text, err)
			}
		}
	}
}

func readText(text string, l ttlv.Limits) (*ttlv.Message, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return ttlv.DecodeJSON([]byte(text), l)
	}
	return ttlv.DecodeXML([]byte(text), l)
}

func TestMalformedTextIsNamed(t *testing.T) {
	deepXML := strings.Repeat("<Attributes>", 5) + strings.Repeat("</Attributes>", 5)
	deepJSON := strings.Repeat(`{"tag":"Attributes","value":[`, 5) + strings.Repeat("]}", 5)
	manyXML := "<Attributes>" + strings.Repeat("<Name/>", 8) + "</Attributes>"
	manyJSON := `{"tag":"Attributes","value":[` + strings.TrimSuffix(strings.Repeat(`{"tag":"Name"},`, 8), ",") + "]}"
	for _, c := range []struct{ name, text, want string }{
		{"nothing", ``, "it has no element"},
		{"no tag", `<Nonsense/>`, "an element's name is no tag"},
		{"no such type", `<Name type="Text"/>`, "there is no such type for Name"},
		{"structure with a value", `<Name value="1"/>`, "a structure has items, not a value"},
		{"no value", `<NameValue type="TextString"/>`, "it has no value"},
		{"items in a text", `<NameValue type="TextString" value="1"><Name/></NameValue>`, "only a structure holds items"},
		{"text between", `<Name>Robert</Name>`, "text between the elements"},
		{"another attribute", `<Name lang="en"/>`, "and no other attributes"},
		{"type twice", `<Name type="Structure" type="Structure"/>`, "stands twice"},
		{"closed otherwise", `<Name><NameValue type="TextString" value=""/></Names>`, "an element is closed that is not open"},
		{"two", `<Name/><Name/>`, "something follows the end of the message"},
		{"not closed", `<Name>`, "the XML ends inside of the message"},
		{"entities", `<!DOCTYPE a [<!ENTITY b "c">]><Name/>`, "document types and entities are not taken"},
		{"unknown entity", `<NameValue type="TextString" value="&b;"/>`, "this is no XML"},
		{"instruction", `<Name><?php 1 ?></Name>`, "processing instructions are not taken"},
		{"another charset", `<?xml version="1.0" encoding="latin1"?><Name/>`, "this is no XML"},
		{"a tag that is none", `<TTLV tag="0x100001"/>`, "the tag begins with neither 42 (KMIP) nor 54 (vendors)"},
		{"deep", deepXML, "structures are nested deeper than 3"},
		{"many", manyXML, "more than 6 items"},
		{"no tag", `{"value":[]}`, `"tag" must be the name of a tag`},
		{"no such type", `{"tag":"Name","type":"Text"}`, "there is no such type"},
		{"a structure's value", `{"tag":"Name","value":"1"}`, "an array of items"},
		{"no value", `{"tag":"NameValue","type":"TextString"}`, "it has no value of its type"},
		{"null", `{"tag":"NameValue","type":"TextString","value":null}`, "it has no value of its type"},
		{"a text's items", `{"tag":"NameValue","type":"TextString","value":[]}`, "it has no value of its type"},
		{"bare text", `{"tag":"NameValue","type":"TextString","value":1}`, "in quotes"},
		{"another member", `{"tag":"Name","lang":"en"}`, "and nothing else"},
		{"twice", `{"tag":"Name","tag":"Name"}`, "a name stands twice"},
		{"two", `{"tag":"Name"}{"tag":"Name"}`, "something follows the end of the message"},
		{"not closed", `{"tag":"Name"`, "this is no JSON"},
		{"a number with a point", `{"tag":"BatchCount","type":"Integer","value":1.0}`, "it must be a number of 32 bits"},
		{"an item that is none", `{"tag":"Name","value":[1]}`, "an object is missing here"},
		{"deep", deepJSON, "structures are nested deeper than 3"},
		{"many", manyJSON, "more than 6 items"},
	} {
		_, err := readText(c.text, ttlv.Limits{Depth: 3, Items: 6})
		var e *ttlv.Error
		if !errors.As(err, &e) || !strings.Contains(e.Error(), c.want) || e.Limit != (c.name == "deep" || c.name == "many") {
			t.Errorf("%s: %s: got %v, want %s", c.name, c.text, err, c.want)
		}
	}
}

// TestTextMayBeWrittenInSeveralWays holds what clients may write, with the XML that we make of it.
func TestTextMayBeWrittenInSeveralWays(t *testing.T) {
	for _, c := range [][2]string{
		{`<?xml version="1.0" encoding="UTF-8"?><!-- a --><Name xmlns="urn:oasis:tc:kmip:xmlns"> <!-- b --> </Name>`, `<Name/>`},
		{`<k:Name xmlns:k="urn:oasis:tc:kmip:xmlns"><k:NameValue value='a' type='TextString'></k:NameValue></k:Name>`, `<Name><NameValue type="TextString" value="a"/></Name>`},
		{`<TTLV tag="0x420053" name="Name" type="Structure"></TTLV>`, `<Name/>`},
		{`<Operation type="Enumeration" value="0x0000000a"/>`, `<Operation type="Enumeration" value="Get"/>`},
		{`<CryptographicUsageMask type="Integer" value="12"/>`, `<CryptographicUsageMask type="Integer" value="Encrypt Decrypt"/>`},
		{`<CryptographicUsageMask type="Integer" value="0x0000000C"/>`, `<CryptographicUsageMask type="Integer" value="Encrypt Decrypt"/>`},
		{`<CriticalityIndicator type="Boolean" value="1"/>`, `<CriticalityIndicator type="Boolean" value="true"/>`},
		{`<Modulus type="BigInteger" value="ff"/>`, `<Modulus type="BigInteger" value="FFFFFFFFFFFFFFFF"/>`},
		{`<Modulus type="BigInteger" value="0x00ff"/>`, `<Modulus type="BigInteger" value="00000000000000FF"/>`},
		{`<TimeStamp type="DateTime" value="2026-11-28T13:00:00+01:00"/>`, `<TimeStamp type="DateTime" value="2026-11-28T12:00:00Z"/>`},
		{`<TimeStamp type="DateTime" value="2026-11-28T12:00:00"/>`, `<TimeStamp type="DateTime" value="2026-11-28T12:00:00Z"/>`},
		{`<TimeStamp type="DateTime" value="0x0000000000000006"/>`, `<TimeStamp type="DateTime" value="1970-01-01T00:00:06Z"/>`},
		{`{"value":[],"tag":"Name"}`, `<Name/>`},
		{` {"value":[ {"value":"a", "type":"TextString", "tag":"NameValue"} ], "name":"x", "tag":"0x420053"} `, `<Name><NameValue type="TextString" value="a"/></Name>`},
		{`{"tag":"CryptographicUsageMask","type":"Integer","value":"Encrypt|Decrypt"}`, `<CryptographicUsageMask type="Integer" value="Encrypt Decrypt"/>`},
		{`{"tag":"CryptographicUsageMask","type":"Integer","value":12}`, `<CryptographicUsageMask type="Integer" value="Encrypt Decrypt"/>`},
		{`{"tag":"UsageLimitsCount","type":"LongInteger","value":"0xFFFFFFFFFFFFFFFF"}`, `<UsageLimitsCount type="LongInteger" value="-1"/>`},
		{`{"tag":"CriticalityIndicator","type":"Boolean","value":"0x0000000000000001"}`, `<CriticalityIndicator type="Boolean" value="true"/>`},
		{`{"tag":"LeaseTime","type":"Interval","value":"0x0000003C"}`, `<LeaseTime type="Interval" value="60"/>`},
	} {
		m, err := readText(c[0], ttlv.Limits{})
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		if got := toXML(t, m.Root()); got != c[1] {
			t.Errorf("%s\nbecame %s\nwant   %s", c[0], got, c[1])
		}
	}
}

// TestNestedTextIsNotCopied reads JSON at the limits, in which the value of each level comes before its tag and so has to
// be read again.
func TestNestedTextIsNotCopied(t *testing.T) {
	const levels = 32
	text := strings.Repeat(`{"value":[`, levels) + `{"value":"` + strings.Repeat("00", 1<<17-1024) + `","type":"ByteString","tag":"KeyMaterial"}` + strings.Repeat(`],"tag":"Attributes"}`, levels)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := ttlv.DecodeJSON([]byte(text), ttlv.Limits{Bytes: 1 << 17})
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; err != nil || took > 4<<20 { // a copy for each level would be 8 MiB
		t.Errorf("%d bytes took %d bytes of memory (%v)", len(text), took, err)
	}
}

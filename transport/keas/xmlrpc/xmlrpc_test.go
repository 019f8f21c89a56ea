package xmlrpc_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/keas/xmlrpc"
	"github.com/quorate/quorate/vault/fault"
)

const (
	front = "<?xml version='1.0'?>\n<methodCall>\n<methodName>get</methodName>\n<params>\n"
	back  = "</params>\n</methodCall>\n"
)

func param(v string) string { return "<param>\n<value>" + v + "</value>\n</param>\n" }

func TestCallsAreRead(t *testing.T) {
	for _, c := range []struct {
		name, call, method string
		params             []string
	}{
		{"as Python writes it", front + param("<string>a\nb</string>") + param("<base64>\naGVs\nbG8=\n</base64>") + back, "get", []string{"a\nb", "hello"}},
		{"text without a type", front + param(" a ") + back, "get", []string{" a "}},
		{"white space around a type", front + param(" \n<string> a </string> ") + back, "get", []string{" a "}},
		{"nothing in it", front + param("<string></string>") + param("<base64/>") + param("") + back, "get", []string{"", "", ""}},
		{"the entities of XML", front + param("<string>&lt;&amp;&gt;&quot;&apos;&#13;&#x41;</string>") + back, "get", []string{"<&>\"'\rA"}},
		{"CDATA", front + param("<string><![CDATA[<a>&b;]]></string>") + back, "get", []string{"<a>&b;"}},
		{"a comment", front + param("<string>a<!-- x -->b</string>") + back, "get", []string{"ab"}},
		{"no params", "<methodCall><methodName> generate </methodName></methodCall>", "generate", nil},
		{"empty params", "<methodCall><methodName>generate</methodName><params/></methodCall>", "generate", nil},
	} {
		call, err := xmlrpc.Decode([]byte(c.call))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if call.Method != c.method || len(call.Params) != len(c.params) {
			t.Errorf("%s: %q with %d params", c.name, call.Method, len(call.Params))
			continue
		}
		for i, want := range c.params {
			if string(call.Params[i]) != want {
				t.Errorf("%s: param %d is %q, want %q", c.name, i, call.Params[i], want)
			}
		}
		call.Clear()
		for _, p := range call.Params {
			if !bytes.Equal(p, make([]byte, len(p))) {
				t.Errorf("%s: a value was not cleared", c.name)
			}
		}
	}
}

const canary = "canary-of-a-secret"

func TestHostileCallsAreRefused(t *testing.T) {
	laughs := `<!DOCTYPE x [<!ENTITY a "` + canary + `">` + strings.Repeat(`<!ENTITY b "&a;&a;&a;&a;">`, 9) + `]>`
	for _, c := range []struct{ name, call, want string }{
		{"nothing", "", "cut short"},
		{"no XML", canary, "text where none belongs"},
		{"a document type", "<!DOCTYPE x>" + front + back, "declaration"},
		{"entities that multiply", "<?xml version='1.0'?>" + laughs + "<methodCall><methodName>&b;</methodName></methodCall>", "declaration"},
		{"a file as an entity", `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>` + front + param("<string>&f;</string>") + back, "declaration"},
		{"an entity from nowhere", front + param("<string>&f;</string>") + back, "well-formed"},
		{"a declaration inside", front + "<!ELEMENT x ANY>" + back, "declaration"},
		{"a processing instruction", front + "<?php " + canary + "?>" + back, "processing"},
		{"a second XML declaration", front + "<?xml version='1.0'?>" + back, "processing"},
		{"another encoding", "<?xml version='1.0' encoding='utf-16'?>" + "<methodCall/>", "well-formed"},
		{"not UTF-8", front + param("<string>\xff</string>") + back, "well-formed"},
		{"a control character", front + param("<string>\x00</string>") + back, "well-formed"},
		{"an attribute", strings.Replace(front, "<methodCall>", "<methodCall a='"+canary+"'>", 1) + back, "attributes"},
		{"a namespace", "<x:methodCall xmlns:x='y'></x:methodCall>", "attributes"},
		{"depth", strings.Repeat("<methodCall>", 100000), "methodName"},
		{"depth in a value", front + param(strings.Repeat("<value>", 100000)) + back, "string or base64"},
		{"depth in a string", front + param("<string>"+canary+strings.Repeat("<string>", 100000)) + back, "none belongs"},
		{"a structure", front + param("<struct><member><name>a</name><value>b</value></member></struct>") + back, "string or base64"},
		{"an array", front + param("<array><data><value>b</value></data></array>") + back, "string or base64"},
		{"a number", front + param("<int>4</int>") + back, "string or base64"},
		{"nil", front + param("<nil/>") + back, "string or base64"},
		{"two types in a value", front + param("<string>a</string><string>b</string>") + back, "none belongs"},
		{"text beside a type", front + param(canary+"<string>a</string>") + back, "none belongs"},
		{"two values in a param", front + "<param><value>a</value><value>b</value></param>" + back, "none belongs"},
		{"too many params", front + strings.Repeat(param("a"), 5) + back, "so many"},
		{"no base64", front + param("<base64>"+canary+"!</base64>") + back, "base64"},
		{"base64 with loose bits", front + param("<base64>aGVsbG9=</base64>") + back, "base64"},
		{"an answer", "<methodResponse></methodResponse>", "methodCall"},
		{"a long name", "<methodCall><methodName>" + strings.Repeat("a", 65) + "</methodName></methodCall>", "too long"},
		{"no name", "<methodCall><params/></methodCall>", "methodName"},
		{"cut short", front, "well-formed"},
		{"unbalanced", front + "</methodCall>", "well-formed"},
		{"two calls", front + back + "<methodCall/>", "behind its end"},
		{"text behind", front + back + canary, "none belongs"},
		{"another element", "<methodCall><methodName>get</methodName><parameters/></methodCall>", "element params"},
	} {
		call, err := xmlrpc.Decode([]byte(c.call))
		if !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || call != nil {
			t.Errorf("%s: %v, %v; want %q", c.name, call, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error repeats what was sent", c.name)
		}
	}
}

func TestAnswersAreWellFormed(t *testing.T) {
	for name, text := range map[string][]byte{
		"string": xmlrpc.String([]byte("<a>&\r\n")), "bytes": xmlrpc.Bytes([]byte{0, 1, 2}), "none": xmlrpc.Bytes(nil), "true": xmlrpc.Bool(true), "fault": xmlrpc.Fault(-32700, "<]]>&\x00\xff"),
	} {
		d := xml.NewDecoder(bytes.NewReader(text))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v in %s", name, err, text)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(front + param("<string>a</string>") + param("<base64>aGVsbG8=</base64>") + back))
	f.Add([]byte("<!DOCTYPE x [<!ENTITY a 'b'>]><methodCall><methodName>&a;</methodName></methodCall>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		call, err := xmlrpc.Decode(b)
		if err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%v is of no kind", err)
		}
		if err == nil {
			n := 0
			for _, p := range call.Params {
				n += len(p)
			}
			if n > len(b) || len(call.Method) > 64 {
				t.Errorf("%d bytes became %d and a name of %d", len(b), n, len(call.Method))
			}
		}
	})
}

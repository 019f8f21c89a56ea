// Package xmlrpc reads the calls and writes the answers of XML-RPC, as far as a key server needs them: calls with strings
// and byte strings, answers with one value or a fault.
//
// It knows the form only. It must not know what a method does. Whoever calls bounds the size of a call; the rest is bounded
// here: no document type, so no entities but the five of XML, no processing instructions, no attributes, and no element
// that the form does not have at that place, so no depth.
package xmlrpc

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"strconv"

	"github.com/quorate/quorate/vault/fault"
)

// Codes of faults that are no method's own, as XML-RPC servers agreed on them.
const (
	NotWellFormed = -32700
	NoSuchMethod  = -32601
	WrongParams   = -32602
)

const (
	maxName   = 64
	maxParams = 4
)

// Call is one call. Values are the bytes of a string in UTF-8, or those that base64 stands for.
type Call struct {
	Method string
	Params [][]byte
}

// Clear wipes the values. What the XML decoder held of them is left to the collector.
func (c *Call) Clear() {
	for _, p := range c.Params {
		clear(p)
	}
}

// Decode reads a call. fault.Invalid says what is wrong with it, and repeats nothing of it.
func Decode(body []byte) (*Call, error) {
	r := &reader{d: xml.NewDecoder(bytes.NewReader(body))}
	r.d.Strict = true
	call := &Call{}
	err := r.call(call)
	if err != nil {
		call.Clear()
		return nil, err
	}
	return call, nil
}

func bad(format string, args ...any) error {
	return fault.New(fault.Invalid, "the call cannot be read: "+format, args...)
}

// reader takes a call apart, element by element.
type reader struct {
	d     *xml.Decoder
	begun bool
}

// next is the next token that means something: the start or end of an element, or its text. io.EOF at the end.
func (r *reader) next() (xml.Token, error) {
	for {
		t, err := r.d.Token()
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		if err != nil {
			return nil, bad("it is not well-formed XML in UTF-8")
		}
		first := !r.begun
		r.begun = true
		switch t := t.(type) {
		case xml.Comment:
			continue
		case xml.Directive:
			return nil, bad("a document type or other declaration is not allowed")
		case xml.ProcInst:
			if !first || t.Target != "xml" {
				return nil, bad("processing instructions are not allowed")
			}
			continue
		case xml.StartElement:
			if len(t.Attr) > 0 || t.Name.Space != "" {
				return nil, bad("attributes and namespaces are not allowed")
			}
		}
		return t, nil
	}
}

// between skips white space, and is the next start or end of an element.
func (r *reader) between() (xml.Token, error) {
	for {
		t, err := r.next()
		if err != nil {
			return nil, err
		}
		if text, ok := t.(xml.CharData); ok {
			if len(bytes.TrimSpace(text)) > 0 {
				return nil, bad("there is text where none belongs")
			}
			continue
		}
		return t, nil
	}
}

// open wants the start of an element.
func (r *reader) open(name string) error {
	t, err := r.between()
	if s, ok := t.(xml.StartElement); err == nil && (!ok || s.Name.Local != name) {
		err = bad("there has to be an element %s", name)
	}
	return ended(err)
}

// close wants the end of the element that is open.
func (r *reader) close() error {
	t, err := r.between()
	if _, ok := t.(xml.EndElement); err == nil && !ok {
		err = bad("there is an element where none belongs")
	}
	return ended(err)
}

func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return bad("it is cut short")
	}
	return err
}

func (r *reader) call(c *Call) error {
	for _, name := range []string{"methodCall", "methodName"} {
		if err := r.open(name); err != nil {
			return err
		}
	}
	name, _, err := r.text(maxName)
	if err != nil {
		return err
	}
	c.Method = string(bytes.TrimSpace(name))
	t, err := r.between()
	if err != nil {
		return ended(err)
	}
	if s, ok := t.(xml.StartElement); ok {
		if s.Name.Local != "params" {
			return bad("there has to be an element params")
		}
		if err := r.params(c); err != nil {
			return err
		}
		if err := r.close(); err != nil {
			return err
		}
	}
	if _, err := r.between(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = bad("something follows behind its end")
		}
		return err
	}
	return nil
}

func (r *reader) params(c *Call) error {
	for {
		t, err := r.between()
		if err != nil {
			return ended(err)
		}
		s, ok := t.(xml.StartElement)
		if !ok {
			return nil
		}
		if s.Name.Local != "param" {
			return bad("there has to be an element param")
		}
		if len(c.Params) == maxParams {
			return bad("no method takes so many parameters")
		}
		if err := r.open("value"); err != nil {
			return err
		}
		v, err := r.value()
		if err != nil {
			return err
		}
		c.Params = append(c.Params, v)
		if err := r.close(); err != nil {
			return err
		}
	}
}

// value reads to the end of an element value: text as it stands is a string.
func (r *reader) value() ([]byte, error) {
	text, inner, err := r.text(-1)
	if err != nil || inner == "" {
		return text, err
	}
	if len(bytes.TrimSpace(text)) > 0 {
		clear(text)
		return nil, bad("there is text where none belongs")
	}
	if inner != "string" && inner != "base64" {
		return nil, bad("values are of type string or base64 here")
	}
	if text, _, err = r.text(0); err != nil {
		return nil, err
	}
	if inner == "base64" {
		text, err = fromBase64(text)
		if err != nil {
			return nil, err
		}
	}
	if err := r.close(); err != nil {
		clear(text)
		return nil, err
	}
	return text, nil
}

// text reads the text of the element that is open, to its end. With most < 0 an element may begin instead, whose name is
// inner; with most > 0 it is the greatest length.
func (r *reader) text(most int) (text []byte, inner string, err error) {
	for {
		t, err := r.next()
		if err != nil {
			clear(text)
			return nil, "", ended(err)
		}
		switch t := t.(type) {
		case xml.CharData:
			if most > 0 && len(text)+len(t) > most {
				return nil, "", bad("the name of the method is too long")
			}
			longer := append(make([]byte, 0, len(text)+len(t)), text...)
			clear(text)
			text = append(longer, t...)
		case xml.EndElement:
			return text, "", nil
		case xml.StartElement:
			if most < 0 {
				return text, t.Name.Local, nil
			}
			clear(text)
			return nil, "", bad("there is an element where none belongs")
		}
	}
}

// fromBase64 decodes in place: the text is not needed any more.
func fromBase64(text []byte) ([]byte, error) {
	n := 0
	for _, c := range text {
		if c != '\n' && c != '\r' && c != ' ' && c != '\t' {
			text[n] = c
			n++
		}
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(n))
	m, err := base64.StdEncoding.Strict().Decode(out, text[:n])
	clear(text)
	if err != nil {
		clear(out)
		return nil, bad("a value is not base64")
	}
	return out[:m], nil
}

const (
	head  = "<?xml version='1.0'?>\n<methodResponse>"
	foot  = "</methodResponse>\n"
	begin = head + "<params><param><value>"
	end   = "</value></param></params>" + foot
)

// String answers with a string, which must be ASCII of XML's own characters.
func String(text []byte) []byte {
	out := bytes.NewBuffer(make([]byte, 0, 2*len(text)+256))
	out.WriteString(begin + "<string>")
	_ = xml.EscapeText(out, text) // a buffer takes everything
	out.WriteString("</string>" + end)
	return out.Bytes()
}

// Bytes answers with a byte string.
func Bytes(b []byte) []byte {
	out := append(make([]byte, 0, base64.StdEncoding.EncodedLen(len(b))+256), begin+"<base64>"...)
	out = base64.StdEncoding.AppendEncode(out, b)
	return append(out, "</base64>"+end...)
}

// Bool answers with true or false.
func Bool(b bool) []byte {
	digit := "0"
	if b {
		digit = "1"
	}
	return []byte(begin + "<boolean>" + digit + "</boolean>" + end)
}

// Fault answers that the call failed.
func Fault(code int, message string) []byte {
	var out bytes.Buffer
	out.WriteString(head + "<fault><value><struct><member><name>faultCode</name><value><int>" + strconv.Itoa(code) +
		"</int></value></member><member><name>faultString</name><value><string>")
	_ = xml.EscapeText(&out, []byte(message)) // a buffer takes everything
	out.WriteString("</string></value></member></struct></value></fault>" + foot)
	return out.Bytes()
}

package ttlv

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// AppendXML writes the item as XML: an element named by its tag, with its type and value as attributes; a tag without
// a name is an element TTLV with the tag as attribute (KMIP Profiles 1.4, section 5.4). It fails on a text
// with characters that XML cannot hold.
func AppendXML(b []byte, it Item) ([]byte, error) { return appendXML(b, it, 0) }

func appendXML(b []byte, it Item, attribute wire.Tag) ([]byte, error) {
	name := "TTLV"
	if it.Tag().Known() {
		name = it.Tag().String()
	}
	b = append(append(b, '<'), name...)
	if name == "TTLV" {
		b = append(append(append(b, ` tag="`...), it.Tag().String()...), '"')
	}
	if it.Type() != Structure {
		b = append(append(append(b, ` type="`...), it.Type().String()...), `" value="`...)
		text, _ := it.scalar(meaning(it.Tag(), attribute), " ")
		if !xmlText(text) {
			return b, it.Fail("the text has characters that XML cannot hold; ask in another encoding")
		}
		b = append(escape(b, text), `"/>`...)
		return b, nil
	}
	if it.node().length == 0 {
		return append(b, "/>"...), nil
	}
	b = append(b, '>')
	var err error
	attribute = 0
	for c := range it.Children() {
		if b, err = appendXML(b, c, attribute); err != nil {
			return b, err
		}
		attribute = c.attribute(attribute)
	}
	return append(append(append(b, "</"...), name...), '>'), nil
}

func escape(b []byte, text string) []byte {
	w := bytes.NewBuffer(b)
	_ = xml.EscapeText(w, []byte(text)) // a Buffer takes everything
	return w.Bytes()
}

// xmlText tells whether XML 1.0 has all of the characters (its production 2).
func xmlText(s string) bool {
	for _, r := range s {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF || r > utf8.MaxRune {
			return false
		}
	}
	return true
}

// DecodeXML reads one item in XML. Errors are *Error; their offsets count bytes of the XML. Where nothing but values is wrong (a name that no
// enumeration has), the message comes with the error: its header may say in which version the error is told.
func DecodeXML(text []byte, limits Limits) (*Message, error) {
	b, tooLong := newBuild(len(text), limits)
	if tooLong != nil {
		return nil, tooLong
	}
	x := &xmlReader{build: b, d: xml.NewDecoder(bytes.NewReader(text))}
	b.offset = x.d.InputOffset
	if err := x.document(); err != nil {
		return nil, b.failed(err)
	}
	return b.message()
}

type xmlReader struct {
	*build
	d *xml.Decoder
}

// token is the next that means something; nil at the end.
func (x *xmlReader) token() (xml.Token, *Error) {
	for {
		t, err := x.d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, x.fail("this is no XML: %v", problemOf(err))
		}
		switch t := t.(type) {
		case xml.Comment:
			continue
		case xml.ProcInst:
			if t.Target == "xml" {
				continue
			}
			return nil, x.fail("processing instructions are not taken")
		case xml.Directive:
			return nil, x.fail("document types and entities are not taken")
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return nil, x.fail("text between the elements")
			}
			continue
		}
		return t, nil
	}
}

// problemOf keeps what the parser says about syntax, and nothing else: other errors may show what stands there.
func problemOf(err error) string {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) && !strings.ContainsAny(syntax.Msg, "&<") {
		return syntax.Msg
	}
	return "it cannot be read here"
}

func (x *xmlReader) document() error {
	t, e := x.token()
	if e != nil {
		return e
	}
	start, ok := t.(xml.StartElement)
	if !ok {
		return x.fail("it has no element")
	}
	if _, e := x.element(start, 0); e != nil {
		return e
	}
	if t, e = x.token(); e != nil {
		return e
	}
	if t != nil {
		return x.fail("something follows the end of the message")
	}
	return nil
}

// element reads one element to its end. It returns what the attribute of the items that follow is.
func (x *xmlReader) element(start xml.StartElement, attribute wire.Tag) (wire.Tag, *Error) {
	tag, kind, value, e := x.attributes(start)
	if e != nil {
		return 0, e
	}
	if e := x.enter(tag); e != nil {
		return 0, e
	}
	defer x.leave()
	if kind == Structure {
		if value != nil {
			return 0, x.fail("a structure has items, not a value")
		}
		at := x.begin(tag)
		if e := x.children(start.Name); e != nil {
			return 0, e
		}
		x.end(at, tag)
		return attribute, nil
	}
	if value == nil {
		return 0, x.fail("it has no value")
	}
	x.value(x.parse(tag, meaning(tag, attribute), kind, *value, " "))
	t, e := x.token()
	if e != nil {
		return 0, e
	}
	if end, ok := t.(xml.EndElement); !ok || end.Name != start.Name {
		return 0, x.fail("only a structure holds items")
	}
	if tag == wire.TagAttributeName && kind == TextString {
		attribute = attributeNamed(*value)
	}
	return attribute, nil
}

func (x *xmlReader) children(name xml.Name) *Error {
	var attribute wire.Tag
	for {
		t, e := x.token()
		if e != nil {
			return e
		}
		switch t := t.(type) {
		case xml.StartElement:
			if attribute, e = x.element(t, attribute); e != nil {
				return e
			}
		case xml.EndElement:
			if t.Name != name {
				return x.fail("an element is closed that is not open")
			}
			return nil
		default:
			return x.fail("the XML ends inside of the message")
		}
	}
}

// attributes reads what an element's start says of its item.
func (x *xmlReader) attributes(start xml.StartElement) (tag wire.Tag, kind Type, value *string, e *Error) {
	seen := map[string]string{}
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		if _, twice := seen[a.Name.Local]; twice {
			return 0, 0, nil, x.fail("an attribute of the element stands twice")
		}
		seen[a.Name.Local] = a.Value
		switch a.Name.Local {
		case "type", "tag", "name":
		case "value":
			value = &a.Value
		default:
			return 0, 0, nil, x.fail("an element has type, value, tag and name, and no other attributes")
		}
	}
	tag, ok := wire.ParseTag(start.Name.Local)
	if start.Name.Local == "TTLV" {
		tag, ok = wire.ParseTag(seen["tag"])
	}
	if !ok {
		return 0, 0, nil, x.fail("an element's name is no tag: write TTLV and tag=\"0x540001\" for one that has no name")
	}
	if kind, ok = parseType(seen["type"]); !ok {
		return 0, 0, nil, x.fail("there is no such type for %v", tag)
	}
	return tag, kind, value, nil
}

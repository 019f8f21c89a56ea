package ttlv

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// AppendJSON writes the item as JSON: an object with its tag, its type unless it is a structure, and its value (KMIP
// Profiles 1.4, section 5.5).
func AppendJSON(b []byte, it Item) ([]byte, error) { return appendJSON(b, it, 0) }

func appendJSON(b []byte, it Item, attribute wire.Tag) ([]byte, error) {
	b = append(append(append(b, `{"tag":"`...), it.Tag().String()...), '"')
	if it.Type() != Structure {
		b = append(append(append(b, `,"type":"`...), it.Type().String()...), `","value":`...)
		text, quoted := it.scalar(meaning(it.Tag(), attribute), "|")
		switch {
		case it.Type() == LongInteger && quoted, it.Type() == BigInteger:
			text = "0x" + hexOf(it)
		case !quoted:
			return append(append(b, text...), '}'), nil
		}
		var err error
		if b, err = jsontext.AppendQuote(b, text); err != nil {
			return b, it.Fail("the text is not UTF-8")
		}
		return append(b, '}'), nil
	}
	b = append(b, `,"value":[`...)
	var err error
	attribute = 0
	for c := range it.Children() {
		if b[len(b)-1] != '[' {
			b = append(b, ',')
		}
		if b, err = appendJSON(b, c, attribute); err != nil {
			return b, err
		}
		attribute = c.attribute(attribute)
	}
	return append(b, "]}"...), nil
}

// DecodeJSON reads one item in JSON. Errors are *Error; their offsets count bytes of the JSON. A message may come with one, as from DecodeXML.
func DecodeJSON(text []byte, limits Limits) (*Message, error) {
	b, tooLong := newBuild(len(text), limits)
	if tooLong != nil {
		return nil, tooLong
	}
	j := &jsonReader{build: b, text: text, d: jsontext.NewDecoder(bytes.NewBuffer(text))}
	b.offset = func() int64 { return j.base + j.d.InputOffset() }
	if _, e := j.object(0); e != nil {
		return nil, b.failed(e)
	}
	if _, err := j.d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, b.failed(b.fail("something follows the end of the message"))
	}
	return b.message()
}

type jsonReader struct {
	*build
	text []byte // all of it
	d    *jsontext.Decoder
	base int64 // where in text that of d begins
}

func (j *jsonReader) token(want jsontext.Kind, what string) (jsontext.Token, *Error) {
	t, err := j.d.ReadToken()
	if err != nil {
		return t, j.fail("this is no JSON that we can read, or a name stands twice in it")
	}
	if t.Kind() != want {
		return t, j.fail("%s is missing here", what)
	}
	return t, nil
}

// member is what an object says of its item. The members of an object have no order, so the value waits for the rest.
type member struct {
	tag, kind string
	value     jsontext.Value // part of the text
	at        int64          // where in the text
}

// object reads one item. It returns what the attribute of the items that follow is.
func (j *jsonReader) object(attribute wire.Tag) (wire.Tag, *Error) {
	m, e := j.members()
	if e != nil {
		return 0, e
	}
	tag, ok := wire.ParseTag(m.tag)
	if !ok {
		return 0, j.fail("\"tag\" must be the name of a tag, or 0x and six hexadecimal digits")
	}
	if e := j.enter(tag); e != nil {
		return 0, e
	}
	defer j.leave()
	kind, ok := parseType(m.kind)
	if !ok {
		return 0, j.fail("there is no such type")
	}
	if kind == Structure {
		at := j.begin(tag)
		if e := j.children(m); e != nil {
			return 0, e
		}
		j.end(at, tag)
		return attribute, nil
	}
	text, e := j.scalar(m.value, kind)
	if e != nil {
		return 0, e
	}
	j.value(j.parse(tag, meaning(tag, attribute), kind, text, " |"))
	if tag == wire.TagAttributeName && kind == TextString {
		attribute = attributeNamed(text)
	}
	return attribute, nil
}

func (j *jsonReader) members() (m member, e *Error) {
	if _, e = j.token('{', "an object"); e != nil {
		return m, e
	}
	for j.d.PeekKind() != '}' {
		name, e := j.token('"', "a name")
		if e != nil {
			return m, e
		}
		switch name.String() {
		case "tag", "type", "name":
			which := name.String() // a token is good until the next
			text, e := j.token('"', "a string")
			if e != nil {
				return m, e
			}
			switch which {
			case "tag":
				m.tag = text.String()
			case "type":
				m.kind = text.String()
			}
		case "value":
			v, err := j.d.ReadValue()
			if err != nil {
				return m, j.fail("this is no JSON that we can read, or a name stands twice in it")
			}
			end := j.base + j.d.InputOffset()
			m.at = end - int64(len(v))
			m.value = j.text[m.at:end]
		default:
			return m, j.fail("an item has tag, type, value and name, and nothing else")
		}
	}
	_, e = j.token('}', "the end of the object")
	return m, e
}

// children reads the items of a structure. A byte of the text is read once for each level that it is in, and the levels
// are limited; no byte is copied.
func (j *jsonReader) children(m member) *Error {
	if len(m.value) == 0 {
		return nil
	}
	if m.value.Kind() != '[' {
		return j.fail("the value of a structure is an array of items")
	}
	outer, base := j.d, j.base
	j.d, j.base = jsontext.NewDecoder(bytes.NewBuffer(m.value)), m.at
	defer func() { j.d, j.base = outer, base }()
	if _, e := j.token('[', "an array"); e != nil {
		return e
	}
	var attribute wire.Tag
	for j.d.PeekKind() != ']' {
		var e *Error
		if attribute, e = j.object(attribute); e != nil {
			return e
		}
	}
	return nil
}

// scalar is the value of an item that is no structure.
func (j *jsonReader) scalar(v jsontext.Value, kind Type) (string, *Error) {
	switch v.Kind() {
	case '"':
		text, err := jsontext.AppendUnquote(nil, v)
		if err != nil {
			return "", j.fail("this is no JSON string")
		}
		defer clear(text)
		return string(text), nil
	case '0', 't', 'f':
		if kind == TextString || kind == ByteString || kind == Enumeration {
			return "", j.fail("the value of this type stands in quotes")
		}
		return string(v), nil
	}
	return "", j.fail("it has no value of its type")
}

// hexOf is the value of an item as hexadecimal digits.
func hexOf(it Item) string {
	n := it.node()
	return fmt.Sprintf("%X", it.m.buf[int(n.at)+headerSize:int(n.at)+headerSize+int(n.length)])
}

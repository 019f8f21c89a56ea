package rest

import (
	"errors"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

const maxDepth = 16 // of nested objects and arrays in a body

// strict refuses unknown members; names are case-sensitive and duplicates refused anyway.
var strict = json.RejectUnknownMembers(true)

// decode reads one JSON object into in, and says by field name what is wrong with it. Values are never repeated in
// the error, because they may be secret.
func decode(body []byte, optional bool, in any) error {
	first := firstByte(body)
	switch {
	case first == 0 && optional:
		return nil
	case first == 0:
		return fault.New(fault.Invalid, "the body is empty, and this operation needs one").WithHint("GET /v1/openapi.json shows an example.")
	case first != '{':
		return fault.New(fault.Invalid, "the body is not a JSON object")
	}
	if err := checkDepth(body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, in, strict); err != nil {
		return explain(err)
	}
	return nil
}

func firstByte(body []byte) byte {
	for _, c := range body {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}

// checkDepth looks at brackets only, so that nesting costs nothing to refuse; the decoder judges the rest.
func checkDepth(body []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
			if c == '\\' {
				i++
			}
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fault.New(fault.Invalid, "the body is nested deeper than %d", maxDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// explain turns the decoder's typed errors into ours.
func explain(err error) error {
	var semantic *json.SemanticError
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic) && errors.Is(semantic.Err, json.ErrUnknownName):
		return fault.New(fault.Invalid, "unknown field %q", field(semantic.JSONPointer)).WithHint("Names are case-sensitive; GET /v1/openapi.json lists the fields of every request.")
	case errors.As(err, &syntax) && errors.Is(syntax.Err, jsontext.ErrDuplicateName):
		return fault.New(fault.Invalid, "the field %q is given twice", field(syntax.JSONPointer))
	case errors.As(err, &syntax):
		return fault.New(fault.Invalid, "the body is not JSON: it goes wrong at byte %d", syntax.ByteOffset)
	case errors.As(err, &semantic):
		return fault.New(fault.Invalid, "the field %q must be %s", field(semantic.JSONPointer), wanted(semantic))
	default:
		return fault.Wrap(fault.Invalid, err, "the body cannot be read")
	}
}

// field is a JSON pointer as people write fields: "tags.env".
func field(p jsontext.Pointer) string {
	var parts []string
	for token := range p.Tokens() {
		parts = append(parts, token)
	}
	return clip(strings.Join(parts, "."))
}

func wanted(e *json.SemanticError) string {
	t := e.GoType
	if t == nil {
		return "something else"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[text]():
		return "a string"
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return "a string of standard base64 with padding"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Uint32, reflect.Uint64:
		return "a whole number of at least 0 that fits " + t.Kind().String()[4:] + " bits"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	default:
		return "something else"
	}
}

// text is a string that is secret: bytes, so that it can be cleared.
type text []byte

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (t *text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	v, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if v.Kind() == 'n' {
		*t = nil
		return nil
	}
	if v.Kind() != '"' {
		return &json.SemanticError{JSONKind: v.Kind(), GoType: reflect.TypeFor[text]()}
	}
	*t, err = jsontext.AppendUnquote(make([]byte, 0, len(v)), v)
	return err
}

// share is api.ShareRequest with the share as bytes.
type share struct {
	Share  text   `json:"share,omitzero"`
	HandIn string `json:"hand_in,omitzero"`
	ID     string `json:"id,omitzero"`
}

// wipe clears what a request body held that may be secret.
func wipe(in any) {
	switch b := in.(type) {
	case *share:
		clear(b.Share)
	case *api.EncryptRequest:
		clear(b.Plaintext)
	case *api.WrapRequest:
		clear(b.Plaintext)
	case *api.SignRequest:
		clear(b.Input)
	case *verifyBody:
		clear(b.Input)
	case *api.MACRequest:
		clear(b.Input)
	case *verifyMACBody:
		clear(b.Input)
	case *api.HashRequest:
		clear(b.Input)
	}
}

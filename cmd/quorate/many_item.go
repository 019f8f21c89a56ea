package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/quorate/quorate/vault/fault"
)

// maxItemDepth is how deep an item may be nested: in the server's bound of 16, the request around it has its part.
const maxItemDepth = 14

// item is a line of the input.
type item struct {
	number  int
	line    []byte       // of its own memory; nil: there is nothing to send
	refused *fault.Error // why it is not sent; nil: it is
}

// readItem reads a line, and looks whether it can be sent for an operation. An empty line is neither. The end of the input is io.EOF, which may come
// with the last line.
func readItem(r *bufio.Reader, number int, op string) (item, error) {
	one := item{number: number}
	for {
		part, err := r.ReadSlice('\n')
		if one.refused == nil {
			one.line = append(one.line, part...)
		}
		if len(one.line) > maxItem {
			clear(one.line)
			one.line = nil
			one.refused = fault.New(fault.TooLarge, "line %d has more than %d bytes", number, maxItem).WithHint("Encrypt files with `quorate encrypt`.")
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			clear(one.line)
			return item{}, wrongInput(err, "the input cannot be read")
		}
		if one.line = bytes.TrimSpace(one.line); len(one.line) == 0 {
			one.line = nil
		} else if one.refused = checkItem(one.line, number, op); one.refused != nil {
			clear(one.line)
			one.line = nil
		}
		return one, err
	}
}

// checkItem refuses what would spoil the request that it is sent in, because the server reads that as a whole: what is no JSON object, as strictly as
// the server takes JSON, or too deep. It also refuses what must not be sent twice, and what must not be sent at all.
func checkItem(line []byte, number int, op string) *fault.Error {
	dec := jsontext.NewDecoder(bytes.NewBuffer(line)) // reads in place, so it keeps no copy
	if dec.PeekKind() != '{' {
		return fault.New(fault.Invalid, "line %d is no JSON object", number).WithHint("Write an object a line, such as {\"input\":\"aGVsbG8=\"}.")
	}
	for {
		token, err := dec.ReadToken()
		var syntax *jsontext.SyntacticError
		switch depth := dec.StackDepth(); {
		case errors.As(err, &syntax) && errors.Is(syntax.Err, jsontext.ErrDuplicateName):
			return fault.New(fault.Invalid, "line %d names a field twice: look at byte %d", number, syntax.ByteOffset)
		case errors.As(err, &syntax):
			return fault.New(fault.Invalid, "line %d is no JSON object: it goes wrong at byte %d", number, syntax.ByteOffset)
		case err != nil:
			return fault.Wrap(fault.Invalid, err, "line %d is no JSON object", number)
		case depth > maxItemDepth:
			return fault.New(fault.Invalid, "line %d is nested deeper than %d", number, maxItemDepth)
		case depth == 0 && dec.InputOffset() < int64(len(line)):
			return fault.New(fault.Invalid, "line %d goes on after its object", number).WithHint("Write one object a line.")
		case depth == 0:
			return nil
		case depth > 1:
			continue
		}
		if _, read := dec.StackIndex(1); read%2 == 0 {
			continue // no name, but a value
		}
		switch name := token.String(); {
		case op == "datakey" && name == "store" && dec.PeekKind() == 't':
			return fault.New(fault.Invalid, "line %d asks for a data key that the cluster keeps", number).WithHint("Make it with `quorate datakey KEY --store`.")
		case op == "derive" && name == "peer_public_key" && dec.PeekKind() == '"':
			if peer, err := dec.ReadValue(); err == nil && quotesPrivate(peer) { // an error comes again
				return fault.New(fault.Invalid, "line %d holds a private key as its peer's, and was not sent", number).WithHint("Give the public key; openssl pkey -pubout writes it.")
			}
		}
	}
}

// quotesPrivate tells whether a JSON string is a private key.
func quotesPrivate(quoted jsontext.Value) bool {
	text, err := jsontext.AppendUnquote(make([]byte, 0, len(quoted)), quoted)
	defer clear(text)
	return err == nil && holdsPrivate(text)
}

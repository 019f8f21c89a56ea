package rest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/vault/fault"
)

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `[]`, `null`, `{"plaintext":"aGk="}`, `{"share":"qshare1\u0041"}`, `{"name":"a","tags":{"x":"1","x":"2"}}`, `{"a":[[[[[[[[[[[[[[[[[[[]`,
		`{"bits":1e400}`, `{"usage":["encrypt",null]}`, `{"after":null,"version":4294967296}`, "{\"plaintext\":\"\xff\"}", `{"plaintext":"\ud800"}`, `{} {}`,
		`{"to":"n2"}`, `{"ttl":"1h","uses":-1}`, `{"tags":null,"exportable":true}`,
	} {
		f.Add([]byte(seed))
	}
	bodies := rest.Bodies()
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		for _, fresh := range bodies {
			in := fresh()
			err := rest.Decode(body, in)
			if !bytes.Equal(body, before) {
				t.Fatal("decoding changed the body")
			}
			if err != nil {
				if k := fault.KindOf(err); k != fault.Invalid {
					t.Fatalf("%T: kind %s", in, k)
				}
				continue
			}
			// What was understood is strict JSON too, so it means the same to everybody else.
			if !json.Valid(body) {
				t.Fatalf("%T: accepted %q, which is not JSON", in, body)
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{
		"/", "/v1/keys/a", "/v1/keys/a%2Fb/encrypt", "/v1/keys/%2e%2e", "//", "/a/../b", "/a%2f%2fb", "/%", "/%2", "/%2f", "/a%00", "/a/.", "/..", "*", "", "/a%2F..", "/~",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if rest.CheckPath(path) != nil {
			return
		}
		name := rest.Unescape(path)
		if strings.ContainsAny(name, "%\\\x00 \n;?#") {
			t.Fatalf("%q passes and means %q", path, name)
		}
		for i, segment := range strings.Split(name, "/") {
			if segment == "." || segment == ".." || segment == "" && i > 0 && name != "/" {
				t.Fatalf("%q passes and has the segment %q", path, segment)
			}
		}
	})
}

// keeping is a part of a body that holds on to the memory that it was read into.
type keeping struct {
	left   []byte
	memory [][]byte
}

func (k *keeping) Read(p []byte) (int, error) {
	if len(k.left) == 0 {
		return 0, io.EOF
	}
	n := copy(p, k.left)
	k.left, k.memory = k.left[n:], append(k.memory, p[:n])
	return n, nil
}

func TestTheSharesOfARestoreAreCleared(t *testing.T) {
	want := strings.Repeat("canary", 4000) // longer than a buffer is at first
	part := &keeping{left: []byte(`{"shares":["` + want + `"]}`)}
	shares, err := rest.ReadRestoreRequest(part)
	if err != nil || len(shares) != 1 || shares[0] != want || len(part.memory) < 2 {
		t.Fatalf("%d shares in %d pieces, %v", len(shares), len(part.memory), err)
	}
	for i, b := range part.memory {
		if len(bytes.Trim(b, "\x00")) != 0 {
			t.Errorf("piece %d of %d: %.20q", i, len(part.memory), b)
		}
	}
	if _, err := rest.ReadRestoreRequest(strings.NewReader(strings.Repeat(" ", 64<<10+1))); !errors.Is(err, fault.TooLarge) {
		t.Errorf("too much: %v", err)
	}
}

func TestShareHasTheFieldsThatClientsSend(t *testing.T) {
	public, ours := reflect.TypeFor[api.ShareRequest](), rest.ShareBody()
	if public.NumField() != ours.NumField() {
		t.Fatalf("%d fields, want %d", ours.NumField(), public.NumField())
	}
	for i := range public.NumField() {
		if got, want := ours.Field(i).Tag.Get("json"), public.Field(i).Tag.Get("json"); got != want {
			t.Errorf("field %d is %q, want %q", i, got, want)
		}
	}
}

func TestBuffersAreClearedBeforeOthersSeeThem(t *testing.T) {
	memory := rest.Leftovers(bytes.Repeat([]byte("canary"), 10_000))
	for i, c := range memory {
		if c != 0 {
			t.Fatalf("byte %d of a buffer given back is %q", i, c)
		}
	}
}

package field_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/daead/subtle"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/transport/client/field"
	"github.com/quorate/quorate/vault/fault"
)

func newBox(t testing.TB) *envelope.Box {
	t.Helper()
	n := clienttest.New(t)
	c, err := client.New(client.Config{
		Endpoints: []string{n.URL}, CA: n.Pool(), Backoff: 50 * time.Millisecond, Token: func() []byte { return []byte(clienttest.RootToken) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: "k"}); err != nil {
		t.Fatal(err)
	}
	b, err := envelope.New(c, "k")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func newIndex(t testing.TB, b *envelope.Box) *field.Index {
	t.Helper()
	key, err := field.NewIndexKey(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	i, err := field.OpenIndex(t.Context(), b, key)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

const canary, town = "Canary-4711", "Ulm-Donau" // with what base64 does not have: no chance

type address struct{ Street, Town string }

type customer struct {
	ID      int                       `json:"id"`
	Email   field.Encrypted[string]   `json:"email"`
	Home    field.Encrypted[*address] `json:"home"`
	Nothing field.Encrypted[[]byte]   `json:"nothing"`
}

func TestDocumentsHoldNoPlaintextAndComeBack(t *testing.T) {
	b, ctx := newBox(t), t.Context()
	c := customer{ID: 17}
	var err error
	if c.Email, err = field.Seal(ctx, b, canary, "email 17"); err != nil {
		t.Fatal(err)
	}
	if c.Home, err = field.Seal(ctx, b, &address{canary, town}, "home 17"); err != nil {
		t.Fatal(err)
	}
	doc, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "c", c.Email)
	for name, out := range map[string]string{"document": string(doc), "%v": fmt.Sprintf("%v %+v %#v", c, c, c), "log": log.String()} {
		if strings.Contains(out, canary) || strings.Contains(out, town) {
			t.Errorf("%s shows the plaintext: %s", name, out)
		}
	}
	if !strings.Contains(string(doc), `"id":17`) || !strings.Contains(string(doc), `"nothing":null`) {
		t.Errorf("what is not encrypted is not readable: %s", doc)
	}
	var back customer
	if err := json.Unmarshal(doc, &back); err != nil {
		t.Fatal(err)
	}
	if got, err := back.Email.Open(ctx, b, "email 17"); err != nil || got != canary {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := back.Home.Open(ctx, b, "home 17"); err != nil || *got != (address{canary, town}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := back.Nothing.Open(ctx, b, ""); !back.Nothing.IsZero() || !errors.Is(err, fault.NotFound) {
		t.Errorf("no value came back as one: %v", err)
	}
	if _, err := back.Email.Open(ctx, b, "email 18"); !errors.Is(err, fault.Invalid) {
		t.Errorf("in another row: %v, want invalid", err)
	}
	moved, err := back.Email.Rewrap(ctx, b)
	if got, err2 := moved.Open(ctx, b, "email 17"); err != nil || err2 != nil || got != canary {
		t.Errorf("wrapped anew: %q, %v, %v", got, err, err2)
	}
}

func TestErrorsShowNothingOfAValue(t *testing.T) {
	b := newBox(t)
	e, err := field.Seal(t.Context(), b, canary, "")
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := json.Marshal(e)
	var number field.Encrypted[int]
	if err := json.Unmarshal(doc, &number); err != nil {
		t.Fatal(err)
	}
	_, wrongType := number.Open(t.Context(), b, "")
	var plain customer
	for name, err := range map[string]error{
		"another type":     wrongType,
		"plain in JSON":    json.Unmarshal([]byte(`{"email":"`+canary+`"}`), &plain),
		"no string":        json.Unmarshal([]byte(`{"email":{"`+canary+`":1}}`), &plain),
		"plain in SQL":     plain.Email.Scan(canary),
		"damaged":          plain.Email.Scan("qe1:" + canary),
		"no message in it": plain.Email.Scan("qe1:" + base64.StdEncoding.EncodeToString([]byte(canary))),
		"a number in SQL":  plain.Email.Scan(int64(4711)),
	} {
		if !errors.Is(err, fault.Invalid) || strings.Contains(fmt.Sprint(err), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type person struct {
	ID    string
	Name  string  `quorate:"person.name"`
	Photo []byte  `quorate:"person.photo"`
	Phone string  `quorate:"person.phone,searchable"`
	Notes []*note // a reference
	Self  *person
	Blank string `quorate:"person.blank"`
}

type note struct {
	At   string
	Text string `quorate:"note.text"`
}

func TestTheWalkerEncryptsWhatIsTaggedAndNothingElse(t *testing.T) {
	b, ctx := newBox(t), t.Context()
	w := field.Walker{Box: b, Index: newIndex(t, b)}
	make := func() *person {
		p := &person{ID: "17", Name: canary, Photo: []byte(canary), Phone: canary, Notes: []*note{{"today", canary}, nil, {"now", canary}}}
		p.Self = p
		return p
	}
	p := make()
	if err := w.Seal(ctx, p, p.ID); err != nil {
		t.Fatal(err)
	}
	p.Self = nil
	doc, _ := json.Marshal(p)
	if strings.Contains(string(doc), canary) || bytes.Contains(p.Photo, []byte(canary)) {
		t.Errorf("plaintext is left: %s", doc)
	}
	if p.ID != "17" || p.Notes[0].At != "today" || p.Blank != "" {
		t.Errorf("what is not tagged, or empty, was changed: %s", doc)
	}
	if err := w.Seal(ctx, p, p.ID); !errors.Is(err, fault.Invalid) {
		t.Errorf("encrypted twice: %v", err)
	}
	before := string(doc)
	if err := w.Open(ctx, p, "18"); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "person.name") {
		t.Errorf("as another row: %v", err)
	}
	if doc, _ := json.Marshal(p); string(doc) != before {
		t.Error("a failure changed the struct")
	}
	p.Name, p.Notes[0].Text = p.Notes[0].Text, p.Name
	if err := w.Open(ctx, p, p.ID); !errors.Is(err, fault.Invalid) {
		t.Errorf("two fields were swapped: %v", err)
	}
	p.Name, p.Notes[0].Text = p.Notes[0].Text, p.Name
	if err := w.Open(ctx, p, p.ID); err != nil {
		t.Fatal(err)
	}
	p.Self = p
	want := make()
	p.Self, want.Self = nil, nil
	got, _ := json.Marshal(p)
	wanted, _ := json.Marshal(want)
	if !bytes.Equal(got, wanted) {
		t.Errorf("came back as %s, want %s", got, wanted)
	}
	if err := w.Open(ctx, p, p.ID); !errors.Is(err, fault.Invalid) {
		t.Errorf("plain values were opened: %v", err)
	}
}

type contact struct {
	Email string `quorate:"contact.email"`
}

// TestTheWalkerFindsWhatIsEmbedded: encoders write the fields of an embedded struct, whatever the name of its type.
func TestTheWalkerFindsWhatIsEmbedded(t *testing.T) {
	v := &struct{ contact }{contact{canary}}
	if err := (field.Walker{Box: newBox(t)}).Seal(t.Context(), v, "1"); err != nil {
		t.Fatal(err)
	}
	if doc, _ := json.Marshal(v); strings.Contains(string(doc), canary) {
		t.Errorf("plaintext is left: %s", doc)
	}
}

func TestTagsThatCannotWorkAreRefused(t *testing.T) {
	w := field.Walker{Box: newBox(t)}
	for name, v := range map[string]any{
		"a number": &struct {
			N int `quorate:"n"`
		}{1},
		"no label": &struct {
			S string `quorate:""`
		}{"x"},
		"unknown option": &struct {
			S string `quorate:"s,deterministic"`
		}{"x"},
		"unexported": &struct {
			s string `quorate:"s"`
		}{"x"},
		"without Index": &struct {
			S string `quorate:"s,searchable"`
		}{"x"},
		"no pointer":      person{},
		"nil":             (*person)(nil),
		"no struct at it": new(string),
	} {
		if err := w.Seal(t.Context(), v, ""); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

func TestAnIndexFindsAndOpensWhatItSealed(t *testing.T) {
	b, ctx := newBox(t), t.Context()
	key, err := field.NewIndexKey(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	one, err := field.OpenIndex(ctx, b, key)
	if err != nil {
		t.Fatal(err)
	}
	again, err := field.OpenIndex(ctx, b, key+"\n")
	if err != nil {
		t.Fatal(err)
	}
	seal := func(i *field.Index, label, v string) string {
		t.Helper()
		s, err := i.Seal(ctx, label, v)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	a := seal(one, "phone", canary)
	if seal(again, "phone", canary) != a {
		t.Error("the same value has two forms")
	}
	for name, other := range map[string]string{"value": seal(one, "phone", "x"), "label": seal(one, "fax", canary), "index": seal(newIndex(t, b), "phone", canary)} {
		if other == a {
			t.Errorf("another %s has the same form", name)
		}
	}
	if got, err := again.Open(ctx, "phone", a); err != nil || got != canary {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := one.Open(ctx, "fax", a); !errors.Is(err, fault.Invalid) {
		t.Errorf("under another label: %v", err)
	}
	if _, err := field.OpenIndex(ctx, b, "qe1:AAAA"); !errors.Is(err, fault.Invalid) {
		t.Errorf("no index key: %v", err)
	}
}

// The whole of the index key is in the form: computed once more from the key itself.
func TestAnIndexIsAESSIVUnderItsWholeKey(t *testing.T) {
	b, ctx := newBox(t), t.Context()
	text, err := field.NewIndexKey(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	message, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "qe1:"))
	key, err := b.Decrypt(ctx, message, []byte("quorate index key 1"))
	if err != nil {
		t.Fatal(err)
	}
	siv, err := subtle.NewAESSIV(bytes.Clone(key))
	if err != nil {
		t.Fatal(err)
	}
	want, _ := siv.EncryptDeterministically([]byte(canary), []byte("quorate field 1\x00phone"))
	i, err := field.OpenIndex(ctx, b, text)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := i.Seal(ctx, "phone", canary); err != nil || got != "qd1:"+base64.StdEncoding.EncodeToString(want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func FuzzScan(f *testing.F) {
	f.Add("qe1:UVJUMQ==")
	f.Add("qe1:")
	f.Add("qe1:UVJU\nMQ==")
	f.Add("plain")
	f.Fuzz(func(t *testing.T, stored string) {
		var e field.Encrypted[string]
		if err := e.Scan(stored); err != nil {
			if !errors.Is(err, fault.Invalid) || !e.IsZero() {
				t.Errorf("%q: %v, %v", stored, e, err)
			}
			return
		}
		if v, err := e.Value(); err != nil || v != stored {
			t.Errorf("%q is written back as %v, %v", stored, v, err)
		}
	})
}

// FuzzIndexOpen: of what may stand in a searchable column, an Index opens what it sealed, and nothing else.
func FuzzIndexOpen(f *testing.F) {
	i := newIndex(f, newBox(f))
	good, err := i.Seal(f.Context(), "phone", canary)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-4])
	f.Add("qd1:")
	f.Add("qd1:AAAA")
	f.Add(good[:8] + "\n" + good[8:])
	f.Add(canary)
	f.Fuzz(func(t *testing.T, stored string) {
		got, err := i.Open(t.Context(), "phone", stored)
		if err == nil && (stored != good || got != canary) || err != nil && !errors.Is(err, fault.Invalid) {
			t.Errorf("%q opens as %q, %v", stored, got, err)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("the error shows the value: %v", err)
		}
	})
}

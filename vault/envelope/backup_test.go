package envelope_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

func backup() *envelope.Backup {
	return &envelope.Backup{
		Record: &key.Record{
			ID: key.ID{1}, Name: "k", Algorithm: key.AES128GCM, Type: key.SymmetricKey, State: key.Active, Tags: map[string]string{"a": "b"},
			Versions: []key.Version{{Number: 1, State: key.Deactivated}, {Number: 2, State: key.Destroyed}, {Number: 5, State: key.Active}},
		},
		Materials: []envelope.VersionMaterial{{Version: 1, Material: []byte("0123456789abcdef")}, {Version: 5, Material: []byte("fedcba9876543210")}},
	}
}

func TestABackupIsReadAsItWasWritten(t *testing.T) {
	plain, err := backup().Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := envelope.DecodeBackup(plain)
	if err != nil || b.Record.Name != "k" || len(b.Record.Versions) != 3 || len(b.Materials) != 2 || string(b.Materials[1].Material) != "fedcba9876543210" {
		t.Errorf("%+v, %v", b, err)
	}
	if b.Used != nil {
		t.Errorf("what says nothing of uses is read as %+v", b.Used)
	}
	for _, used := range []envelope.Used{{}, {Allocated: 7, Versions: []envelope.VersionUsed{{Version: 1, Uses: 2, Bytes: 3}, {Version: 5, Uses: 1}}}} {
		counted := backup()
		counted.Used = &used
		if plain, err = counted.Encode(); err != nil {
			t.Fatal(err)
		}
		if b, err = envelope.DecodeBackup(plain); err != nil || b.Used == nil || !reflect.DeepEqual(*b.Used, used) {
			t.Errorf("%+v, %v; want %+v", b, err, used)
		}
	}
	version, sealed, err := envelope.ReadBackup(append(envelope.WriteBackup(7, []byte("sealed")), '\n'))
	if version != 7 || string(sealed) != "sealed" || err != nil {
		t.Errorf("%d, %q, %v", version, sealed, err)
	}
	large := backup()
	large.Record.Attributes = map[string][]byte{"a": make([]byte, envelope.MaxBackup)}
	if _, err := large.Encode(); !errors.Is(err, fault.TooLarge) {
		t.Errorf("more than can be restored: %v", err)
	}
}

func TestABackupThatContradictsItselfIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*envelope.Backup){
		"no record":                      func(b *envelope.Backup) { b.Record = nil },
		"no id":                          func(b *envelope.Backup) { b.Record.ID = key.ID{} },
		"no version":                     func(b *envelope.Backup) { b.Record.Versions, b.Materials = nil, nil },
		"an unknown algorithm":           func(b *envelope.Backup) { b.Record.Algorithm = 99 },
		"versions out of order":          func(b *envelope.Backup) { b.Record.Versions[2].Number = 2 },
		"version 0":                      func(b *envelope.Backup) { b.Record.Versions[0].Number, b.Materials[0].Version = 0, 0 },
		"a destroyed one with material":  func(b *envelope.Backup) { b.Materials[1].Version = 2 },
		"a live one without":             func(b *envelope.Backup) { b.Materials = b.Materials[:1] },
		"material of no version":         func(b *envelope.Backup) { b.Materials = append(b.Materials, envelope.VersionMaterial{Version: 9}) },
		"material of one version, twice": func(b *envelope.Backup) { b.Materials[1].Version = 1 },
		"uses of no version": func(b *envelope.Backup) {
			b.Used = &envelope.Used{Versions: []envelope.VersionUsed{{Version: 3, Uses: 1}}}
		},
		"uses of version 0": func(b *envelope.Backup) { b.Used = &envelope.Used{Versions: []envelope.VersionUsed{{Uses: 1}}} },
		"uses of one version, twice": func(b *envelope.Backup) {
			b.Used = &envelope.Used{Versions: []envelope.VersionUsed{{Version: 5}, {Version: 5}}}
		},
	} {
		b := backup()
		spoil(b)
		plain, err := cbor.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := envelope.DecodeBackup(plain); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"", "qb1:", "qb1:AAAA", "qb2:AAAAAAAA", "qb1:AAAAAAA", "qb1:AAAAAAA=x", "AAAAAAAA"} {
		if _, _, err := envelope.ReadBackup([]byte(text)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, _, err := envelope.ReadBackup([]byte("qb1:" + strings.Repeat("A", 2*envelope.MaxBackup))); !errors.Is(err, fault.TooLarge) {
		t.Errorf("a huge one: %v", err)
	}
}

func FuzzBackup(f *testing.F) {
	plain, err := backup().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	f.Add(envelope.WriteBackup(1, plain))
	f.Add([]byte("qb1:00\r000000")) // found by fuzzing: read like the text without the break
	f.Fuzz(func(t *testing.T, data []byte) {
		if version, sealed, err := envelope.ReadBackup(data); err == nil && !bytes.Equal(envelope.WriteBackup(version, sealed), bytes.TrimSpace(data)) {
			t.Errorf("%q is not what it is read as", data)
		}
		b, err := envelope.DecodeBackup(data)
		if err != nil {
			return
		}
		again, err := b.Encode()
		if err != nil {
			return // larger than any that is made
		}
		if _, err := envelope.DecodeBackup(again); err != nil {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, a := range []key.Algorithm{key.ECDSAP256, key.Ed25519, key.X25519, key.MLKEM768, key.AES128GCM} {
		m, _, err := primitive.Generate(a, 0, rand.Reader) // not keys(): every worker would look for primes
		if err != nil {
			f.Fatal(err)
		}
		for _, form := range formats {
			if b, err := envelope.Write(a, m, form); err == nil {
				f.Add(uint8(a), b)
			}
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, data []byte) {
		a := key.Algorithm(n % (uint8(key.MLKEM1024P384) + 1))
		_, _ = envelope.ParseRecipient(data)
		m, p, err := envelope.Parse(a, data, "")
		if err != nil {
			return
		}
		text, err := envelope.Write(a, m, "")
		if err != nil {
			t.Fatalf("%s was read and cannot be written: %v", a, err)
		}
		m2, p2, err := envelope.Parse(a, text, "")
		if err != nil || !bytes.Equal(m, m2) || !bytes.Equal(p, p2) {
			t.Errorf("%s is another key after it was written: %v", a, err)
		}
	})
}

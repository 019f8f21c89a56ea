package vault_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
	"github.com/quorate/quorate/vault/vaulttest"
)

// luggage makes what import and restore need: a shared key, something wrapped, and a backup of a key from elsewhere.
func (w *world) luggage(t *testing.T) {
	t.Helper()
	shared, public := drawKey(t, key.AES256GCM)
	w.parcel = parcel(t, w.Fixture, key.X25519, shared)
	_, err := w.Vault(0).ImportKey(ctx, w.Root(), vault.ImportSpec{Key: vault.KeySpec{Name: "app/shared", Algorithm: key.AES256GCM}, Wrapped: w.parcel})
	ok(t, "importing", err)
	material, _ := drawKey(t, key.AES256GCM)
	w.parcel = parcel(t, w.Fixture, key.X25519, material)
	w.backup = foreignBackup(t, shared, material, func(r *key.Record) { r.Versions[0].Public = public })
}

// foreignBackup is the backup of a key of another vault, which spoil may change, under the key shared.
func foreignBackup(t *testing.T, shared, material []byte, spoil func(*key.Record)) []byte {
	t.Helper()
	return usedBackup(t, shared, material, spoil, nil)
}

// usedBackup is foreignBackup with what was used of the key.
func usedBackup(t *testing.T, shared, material []byte, spoil func(*key.Record), used *envelope.Used) []byte {
	t.Helper()
	at := key.At(vaulttest.Start.Add(-time.Hour))
	r := &key.Record{
		ID: key.ID{7: 7}, Name: "app/restored", Algorithm: key.AES256GCM, Type: key.SymmetricKey, Usage: key.Encrypt | key.Decrypt, State: key.Active,
		Exportable: true, Created: at, Updated: at, Revision: 9, Owner: "elsewhere", Versions: []key.Version{{Number: 1, State: key.Active, Created: at, Activated: at}},
	}
	spoil(r)
	plain, err := (&envelope.Backup{Record: r, Used: used, Materials: []envelope.VersionMaterial{{Version: 1, Material: material}}}).Encode()
	ok(t, "encoding a backup", err)
	sealer, err := primitive.Open(key.AES256GCM, shared)
	ok(t, "opening the shared key", err)
	sealed, err := sealer.Seal(rand.Reader, nil, plain, []byte(envelope.BackupBinding))
	ok(t, "sealing a backup", err)
	return envelope.WriteBackup(41, sealed)
}

func drawKey(t testing.TB, a key.Algorithm) (material, public []byte) {
	t.Helper()
	material, public, err := primitive.Generate(a, 0, rand.Reader)
	ok(t, "drawing "+a.String(), err)
	return material, public
}

// parcel wraps plain to one of the vault's own keys, as an outsider does.
func parcel(t testing.TB, f *vaulttest.Fixture, a key.Algorithm, plain []byte) vault.Wrapped {
	t.Helper()
	w, err := f.Vault(f.Leader()).WrappingKey(ctx, f.Root(), a)
	ok(t, "asking for the wrapping key", err)
	to, err := envelope.ParseRecipient(w.PEM)
	ok(t, "reading the wrapping key", err)
	wrapped, scheme, err := to.Wrap(rand.Reader, plain, w.Scheme)
	ok(t, "wrapping", err)
	return vault.Wrapped{Bytes: wrapped, Scheme: string(scheme), Version: w.Version}
}

// importPlain imports material as it is written by default, wrapped to the x25519 key.
func importPlain(t testing.TB, f *vaulttest.Fixture, node int, s vault.KeySpec, material []byte) *key.Record {
	t.Helper()
	text, err := envelope.Write(s.Algorithm, material, "")
	ok(t, "writing", err)
	r, err := f.Vault(node).ImportKey(ctx, f.Root(), vault.ImportSpec{Key: s, Wrapped: parcel(t, f, key.X25519, text)})
	ok(t, "importing "+s.Name, err)
	return r
}

func TestImportedKeysAreWhatCameAndSayWhereFrom(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	var secrets [][]byte
	for _, a := range []key.Algorithm{
		key.AES128GCM, key.AES192GCM, key.AES256GCM, key.ChaCha20Poly1305, key.HMACSHA384, key.RSA2048, key.ECDSAP256, key.Ed25519, key.X25519, key.MLKEM768,
		key.MLKEM768X25519, key.Secret,
	} {
		material, public := drawKey(t, a)
		secret := material[len(material)-16:]
		if a == key.ECDSAP256 { // whose PKCS #8 ends in the public half
			raw, err := envelope.Write(a, material, envelope.Raw)
			ok(t, "writing", err)
			secret = raw[16:]
		}
		secrets = append(secrets, secret)
		r := importPlain(t, f, len(secrets)%3, vault.KeySpec{Name: "i/" + a.String(), Algorithm: a, Exportable: true, Tags: map[string]string{"a": "b"}}, material)
		want, err := envelope.CheckValue(a, material, public)
		ok(t, "the check value", err)
		ver := r.Versions[0]
		if r.Origin != key.Imported || hex.EncodeToString(ver.Check) != want || !bytes.Equal(ver.Public, public) || r.Tags["a"] != "b" || r.Usage != a.Traits().Default() || r.Type != a.Traits().Type {
			t.Errorf("%s is imported as %+v", a, r)
		}
		if got, err := reveal(f.Vault(1), f.Root(), r.Name, 0); err != nil || !bytes.Equal(got, material) {
			t.Errorf("%s comes out as something else: %v", a, err)
		}
	}
	for _, node := range []int{0, 1, 2} {
		for _, line := range append(f.AuditLines(node), f.Wire()...) {
			for _, s := range secrets {
				if holds(line, s) {
					t.Fatal("what was imported crossed nodes, or is in the audit log")
				}
			}
		}
	}
	for _, e := range f.Log() {
		for _, s := range secrets {
			if holds(e.Data, s) {
				t.Fatal("what was imported is in the log")
			}
		}
	}
}

func TestWhatDoesNotUnwrapOrIsNoSoundKeyWritesNothing(t *testing.T) {
	f := vaulttest.New(t)
	good, _ := drawKey(t, key.AES256GCM)
	p := parcel(t, f, key.X25519, good)
	p384, _ := drawKey(t, key.ECDSAP384)
	f.MustCreate("taken")
	spec := vault.KeySpec{Name: "new", Algorithm: key.AES256GCM}
	for _, c := range []struct {
		name  string
		want  fault.Kind
		says  string
		spoil func(*vault.ImportSpec)
	}{
		{"no algorithm", fault.Invalid, "algorithm", func(s *vault.ImportSpec) { s.Key.Algorithm = 0 }},
		{"nothing wrapped", fault.Invalid, "wrapped_material", func(s *vault.ImportSpec) { s.Wrapped.Bytes = nil }},
		{"a certificate too", fault.Invalid, "wrapped_material", func(s *vault.ImportSpec) { s.Certificate = []byte("x") }},
		{"no wrapping key named", fault.Invalid, "wrapped with", func(s *vault.ImportSpec) { s.Wrapped.Scheme = "" }},
		{"an unknown scheme", fault.Invalid, "no scheme", func(s *vault.ImportSpec) { s.Wrapped.Scheme = "rot13" }},
		{"a scheme of another key", fault.Invalid, "do not wrap", func(s *vault.ImportSpec) { s.Wrapped.Key, s.Wrapped.Scheme = "quorate/wrapping/x25519", "aes-kwp" }},
		{"a wrapping key that is not there", fault.NotFound, "no key", func(s *vault.ImportSpec) { s.Wrapped.Key = "other" }},
		{"a version that is not there", fault.NotFound, "no version 9", func(s *vault.ImportSpec) { s.Wrapped.Version = 9 }},
		{"a flipped bit", fault.Invalid, "unwrap", func(s *vault.ImportSpec) { s.Wrapped.Bytes[40] ^= 1 }},
		{"another check value", fault.Invalid, "another key", func(s *vault.ImportSpec) { s.CheckValue = "000000" }},
		{"zeros", fault.Invalid, "every byte", func(s *vault.ImportSpec) { s.Wrapped = parcel(t, f, key.X25519, make([]byte, 32)) }},
		{"a short key", fault.Invalid, "32", func(s *vault.ImportSpec) { s.Wrapped = parcel(t, f, key.X25519, good[:31]) }},
		{"another algorithm's", fault.Invalid, "P-384", func(s *vault.ImportSpec) { s.Wrapped, s.Key.Algorithm = parcel(t, f, key.X25519, p384), key.ECDSAP256 }},
		{"a usage that it cannot have", fault.Invalid, "sign", func(s *vault.ImportSpec) { s.Key.Usage = key.Sign }},
		{"rotation of what is not made here", fault.Invalid, "not rotated", func(s *vault.ImportSpec) { s.Key.Algorithm, s.Key.RotateEvery = key.Opaque, time.Hour }},
		{"a parent that is not there", fault.NotFound, "no key", func(s *vault.ImportSpec) { s.Key.Parent = "other" }},
		{"a format that it has not", fault.Invalid, "jwk", func(s *vault.ImportSpec) { s.Format = "jwk" }},
		{"a name that is taken", fault.Exists, "taken", func(s *vault.ImportSpec) { s.Key.Name = "taken" }},
		{"a name of the cluster's", fault.Invalid, "own", func(s *vault.ImportSpec) { s.Key.Name = "quorate/wrapping/ed25519" }},
	} {
		s := vault.ImportSpec{Key: spec, Wrapped: p}
		s.Wrapped.Bytes = bytes.Clone(p.Bytes)
		c.spoil(&s)
		state := f.State(0).ContentDigest()
		_, err := f.Vault(0).ImportKey(ctx, f.Root(), s)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
		if f.State(0).ContentDigest() != state {
			t.Errorf("%s: something was written", c.name)
		}
	}
	if _, err := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "quorate/mine"}); !errors.Is(err, fault.Invalid) {
		t.Errorf("a key of a name of the cluster's: %v", err)
	}
}

func TestImportNeedsBothRights(t *testing.T) {
	f := vaulttest.New(t)
	good, _ := drawKey(t, key.AES256GCM)
	s := vault.ImportSpec{Key: vault.KeySpec{Name: "app/new", Algorithm: key.AES256GCM}, Wrapped: parcel(t, f, key.X25519, good)}
	f.Grant("i", `permit (principal == User::"i", action == Action::"import", resource in Folder::"app");`)
	f.Grant("u", `permit (principal == User::"u", action == Action::"unwrap", resource);`)
	for _, who := range []string{"i", "u"} {
		_, err := f.Vault(0).ImportKey(ctx, as(who), s)
		wants(t, "an import by "+who, err, fault.Denied)
	}
	f.Grant("iu", `permit (principal == User::"i", action == Action::"unwrap", resource in Folder::"quorate/wrapping");`)
	_, err := f.Vault(0).ImportKey(ctx, as("i"), s)
	ok(t, "an import by who may", err)
	// Who may import cannot read what others wrapped.
	err = f.Vault(0).Unwrap(ctx, as("i"), "quorate/wrapping/x25519", vault.Message{Body: envelopeText(s.Wrapped.Bytes)}, func([]byte, uint32) error { return nil })
	wants(t, "unwrapping an import", err, fault.Denied)
	entries := entriesOf(f, 0, 0, "key.import")
	if last := entries[len(entries)-1]; last.Changes["wrapping-key"] != "quorate/wrapping/x25519" || len(last.Policies) != 2 {
		t.Errorf("the audit log says %+v", last)
	}
}

func TestTheFirstWhoAsksHasTheWrappingKeyMadeOnce(t *testing.T) {
	f := vaulttest.Cluster(t, 3)
	var all sync.WaitGroup
	ids := make([]key.ID, 12)
	for i := range ids {
		all.Go(func() {
			w, err := f.Vault(i%3).WrappingKey(ctx, f.Root(), key.MLKEM768P256)
			if err != nil {
				t.Errorf("node %d: %v", i%3, err)
				return
			}
			ids[i] = w.Record.ID
			if w.Record.Exportable || w.Record.Usage != key.Unwrap || w.Record.Owner != "self" || w.Version != 1 || w.Scheme != "hpke-ml-kem-768-p256" || len(w.Fingerprint) != 64 || len(w.Raw) != 1184+65 {
				t.Errorf("the wrapping key is %+v", w)
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] || id.IsZero() {
			t.Fatalf("there are several: %v", ids)
		}
	}
	_, err := f.Vault(1).WrappingKey(ctx, f.Root(), key.ECDSAP256)
	wants(t, "a wrapping key that there is not", err, fault.Invalid)
}

func TestOlderVersionsOfAWrappingKeyStillUnwrap(t *testing.T) {
	f := vaulttest.New(t)
	good, _ := drawKey(t, key.AES256GCM)
	p := parcel(t, f, key.X25519, good)
	_, err := f.Vault(0).RotateKey(ctx, f.Root(), "quorate/wrapping/x25519")
	ok(t, "rotating", err)
	s := vault.ImportSpec{Key: vault.KeySpec{Name: "a", Algorithm: key.AES256GCM}, Wrapped: p}
	s.Wrapped.Version = 0
	_, err = f.Vault(0).ImportKey(ctx, f.Root(), s)
	wants(t, "unwrapping with another version", err, fault.Invalid)
	s.Wrapped.Version = 1
	_, err = f.Vault(0).ImportKey(ctx, f.Root(), s)
	ok(t, "unwrapping with the older version", err)
}

// TestEverySchemeImports: RSA and the hybrids, their public halves alone, and a key that both sides share.
func TestEverySchemeImports(t *testing.T) {
	f := vaulttest.New(t)
	good, _ := drawKey(t, key.ECDSAP256)
	n := 0
	try := func(w vault.Wrapped) {
		t.Helper()
		n++
		r, err := f.Vault(0).ImportKey(ctx, f.Root(), vault.ImportSpec{Key: vault.KeySpec{Name: "k" + string(rune('a'+n)), Algorithm: key.ECDSAP256, Exportable: true}, Wrapped: w})
		ok(t, "importing by "+w.Scheme, err)
		if got, err := reveal(f.Vault(0), f.Root(), r.Name, 0); err != nil || !bytes.Equal(got, good) {
			t.Errorf("%s: %v", w.Scheme, err)
		}
	}
	for _, a := range []key.Algorithm{key.RSA4096, key.X25519, key.MLKEM768P256, key.MLKEM768X25519} {
		p := parcel(t, f, a, good)
		try(p)
		p.Key, p.Scheme = "quorate/wrapping/"+a.String(), ""
		try(p)
	}
	shared, _ := drawKey(t, key.AES256GCM)
	importPlain(t, f, 0, vault.KeySpec{Name: "shared", Algorithm: key.AES256GCM}, shared)
	k, err := primitive.Open(key.AES256GCM, shared)
	ok(t, "opening", err)
	wrapped, err := k.Wrap(rand.Reader, good, nil)
	ok(t, "wrapping", err)
	try(vault.Wrapped{Bytes: wrapped, Key: "shared", Scheme: "aes-kwp"})
	// OAEP alone, for what is short enough.
	w, err := f.Vault(0).WrappingKey(ctx, f.Root(), key.RSA4096)
	ok(t, "asking", err)
	to, err := envelope.ParseRecipient(w.PEM)
	ok(t, "reading", err)
	direct, _, err := to.Wrap(rand.Reader, good, string(envelope.RSAOAEP))
	ok(t, "wrapping", err)
	try(vault.Wrapped{Bytes: direct, Scheme: "rsa-oaep-sha256"})
}

func TestImportedKeysGetImportedVersions(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	one, _ := drawKey(t, key.AES256GCM)
	two, _ := drawKey(t, key.AES256GCM)
	importPlain(t, f, 0, vault.KeySpec{Name: "k", Algorithm: key.AES256GCM, Exportable: true}, one)
	text := mustEncrypt(t, f, "k", "old")
	r, err := f.Vault(1).ImportVersion(ctx, f.Root(), "k", vault.ImportSpec{Wrapped: parcel(t, f, key.X25519, two)})
	ok(t, "importing a version", err)
	if r.Latest().Number != 2 || r.Versions[0].State != key.Deactivated || len(r.Latest().Check) != 3 || bytes.Equal(r.Latest().Check, r.Versions[0].Check) {
		t.Errorf("the record is %+v", r)
	}
	opens(t, f, 1, "k", text, "old")
	if got, err := reveal(f.Vault(1), f.Root(), "k", 2); err != nil || !bytes.Equal(got, two) {
		t.Errorf("version 2 is something else: %v", err)
	}
	f.MustCreate("made-here")
	_, err = f.Vault(0).ImportVersion(ctx, f.Root(), "made-here", vault.ImportSpec{Wrapped: parcel(t, f, key.X25519, two)})
	wants(t, "a version for a key that was made here", err, fault.BadState)
}

// interrupting is a source of randomness that does something else before the read number at.
type interrupting struct {
	at        int
	meanwhile func()
}

func (r *interrupting) Read(p []byte) (int, error) {
	if r.at--; r.at == 0 {
		r.meanwhile()
	}
	return rand.Read(p)
}

// TestWhoIsOvertakenGetsTheWrappingKeyOfTheOther lets another request make the key while the first is about to.
func TestWhoIsOvertakenGetsTheWrappingKeyOfTheOther(t *testing.T) {
	random := &interrupting{}
	f := vaulttest.New(t, vaulttest.WithConfig(func(c *vault.Config) { c.Random = random }))
	root := f.Root()
	var other *vault.WrappingKey
	random.meanwhile = func() {
		var err error
		other, err = f.Vault(0).WrappingKey(ctx, root, key.X25519)
		ok(t, "asking in between", err)
	}
	random.at = 2 // the first read is for the request's id, the second for the key's, after the look at the state
	mine, err := f.Vault(0).WrappingKey(ctx, root, key.X25519)
	ok(t, "asking", err)
	if other == nil || mine.Record.ID != other.Record.ID {
		t.Errorf("%+v and %+v", mine, other)
	}
}

// A secret says how long it is, whatever wraps it, so that another like it can be made.
func TestASecretTellsItsLength(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root() // the leader's answer does not have the length
	f.MustCreate("parent")
	for _, parent := range []string{"", "parent"} {
		for _, bits := range []int{128, 192, 256, 512} {
			name := fmt.Sprintf("s/%d%s", bits, parent)
			r, err := v.CreateKey(ctx, root, vault.KeySpec{Name: name, Algorithm: key.Secret, Bits: bits, Parent: parent, Exportable: true})
			ok(t, "creating", err)
			again, err := v.RotateKey(ctx, root, name)
			ok(t, "rotating", err)
			if r.Shows().Bits != bits || again.Shows().Bits != bits {
				t.Errorf("a secret of %d bits says %d, rotated %d", bits, r.Shows().Bits, again.Shows().Bits)
			}
		}
	}
	if r, err := v.Key(ctx, root, "parent"); err != nil || r.Shows().Bits != 0 {
		t.Errorf("another algorithm says %d, %v", r.Shows().Bits, err)
	}
}

package vault_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/envelope"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestNotExportableMeansNotByAnyPath tries every way out, for root, who may do everything.
func TestNotExportableMeansNotByAnyPath(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	material, _ := drawKey(t, key.AES256GCM)
	shared, _ := drawKey(t, key.AES256GCM)
	importPlain(t, f, 0, vault.KeySpec{Name: "fast", Algorithm: key.AES256GCM, Usage: key.AES256GCM.Traits().Usage}, material)
	importPlain(t, f, 0, vault.KeySpec{Name: "shared", Algorithm: key.AES256GCM}, shared)
	f.MustCreate("other")
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, fault.Denied) && !errors.Is(err, fault.BadState) && !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("material", err1(reveal(v, root, "fast", 0)))
	refused("export", err1(v.ExportKey(ctx, root, "fast", vault.ExportSpec{Recipient: kekPublic()})))
	refused("backup", err1(v.BackupKey(ctx, root, "fast", "shared")))
	refused("wrap", err2(v.Wrap(ctx, root, "other", vault.WrapInput{Key: "fast"})))
	refused("wrapping itself", err2(v.Wrap(ctx, root, "fast", vault.WrapInput{Key: "fast"})))
	refused("public", err1(v.PublicKey(ctx, root, "fast", 0, "")))
	refused("public, raw", err1(v.PublicKey(ctx, root, "fast", 0, "raw")))
	yes := true
	refused("making it exportable", err1(v.UpdateKey(ctx, root, "fast", vault.KeyPatch{Exportable: &yes})))
	flipped := foreignBackup(t, shared, material, func(r *key.Record) { r.Name, r.Exportable = "fast", false })
	refused("restoring it", err1(v.RestoreKey(ctx, root, vault.RestoreSpec{Text: flipped, Wrapping: "shared"})))
	_, err := v.RestoreKey(ctx, root, vault.RestoreSpec{Text: foreignBackup(t, shared, material, func(r *key.Record) { r.Name = "fast" }), Wrapping: "shared"})
	wants(t, "restoring over it", err, fault.Exists)
	// What is made under it is not it: data keys and derived keys leave, the key does not.
	var out [][]byte
	ok(t, "datakey", v.DataKey(ctx, root, "fast", vault.DataKeySpec{Plaintext: true}, func(d vault.DataKey) error {
		out = append(out, bytes.Clone(d.Plaintext), d.Ciphertext)
		return nil
	}))
	ok(t, "derive", v.Derive(ctx, root, "fast", vault.DeriveInput{Bytes: 64}, func(secret []byte, _ uint32) error {
		out = append(out, bytes.Clone(secret))
		return nil
	}))
	r, err := v.Key(ctx, root, "fast")
	ok(t, "showing", err)
	out = append(out, r.Versions[0].Material.Sealed, r.MAC)
	for _, b := range out {
		if holds(b, material) {
			t.Error("it came out")
		}
	}
	if r.Exportable {
		t.Error("it became exportable")
	}
	// The cluster's own keys, too, and the exportable flag of a key pair's public half means nothing.
	_, err = v.WrappingKey(ctx, root, key.X25519)
	ok(t, "asking", err)
	refused("exporting a wrapping key", err1(v.ExportKey(ctx, root, "quorate/wrapping/x25519", vault.ExportSpec{Recipient: kekPublic()})))
	refused("reading a wrapping key", err1(reveal(v, root, "quorate/wrapping/x25519", 0)))
}

// Who exports a key opens whatever it alone wraps: out of a node's raft.db, or a snapshot.
func TestWhatIsNotExportableIsWrappedByNothingExportable(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	made := func(s vault.KeySpec) {
		t.Helper()
		ok(t, "making "+s.Name, err1(v.CreateKey(ctx, root, s)))
	}
	made(vault.KeySpec{Name: "leaves", Exportable: true})
	made(vault.KeySpec{Name: "stays"})
	made(vault.KeySpec{Name: "base", Algorithm: key.Secret})
	made(vault.KeySpec{Name: "mine"})
	made(vault.KeySpec{Name: "open", Exportable: true, Parent: "leaves"}) // both leave
	made(vault.KeySpec{Name: "under", Exportable: true, Parent: "stays"})
	derived := vault.DerivedSpec{Key: vault.KeySpec{Name: "derived", Parent: "leaves"}, By: vault.DeriveInput{Info: []byte("x")}}
	no := false
	for what, err := range map[string]error{
		"creating": err1(v.CreateKey(ctx, root, vault.KeySpec{Name: "created", Parent: "leaves"})),
		"deriving": err1(v.DeriveKey(ctx, root, "base", derived)),
		"moving":   err1(v.MoveKey(ctx, root, "mine", "leaves", 0)),
		"forbidding what is wrapped by it to leave": err1(v.UpdateKey(ctx, root, "open", vault.KeyPatch{Exportable: &no})),
	} {
		if wants(t, what, err, fault.Denied); !strings.Contains(err.Error(), "leaves") {
			t.Errorf("%s: %v does not name the parent", what, err)
		}
	}
	for _, name := range []string{"created", "derived"} {
		wants(t, name, err1(v.Key(ctx, root, name)), fault.NotFound)
	}
	if r, err := v.Key(ctx, root, "mine"); err != nil || !r.Parent.IsZero() {
		t.Errorf("what was not moved: %+v, %v", r, err)
	}
	// Once it has left its parent for one that stays, it may be kept from leaving; and what stays may wrap either.
	ok(t, "moving", err1(v.MoveKey(ctx, root, "open", "stays", 0)))
	ok(t, "forbidding", err1(v.UpdateKey(ctx, root, "open", vault.KeyPatch{Exportable: &no})))
	ok(t, "moving", err1(v.MoveKey(ctx, root, "mine", "stays", 0)))
	wants(t, "moving it back", err1(v.MoveKey(ctx, root, "open", "leaves", 0)), fault.Denied)
	ok(t, "moving what may leave", err1(v.MoveKey(ctx, root, "under", "leaves", 0)))
	derived.Key.Parent = "stays"
	ok(t, "deriving", err1(v.DeriveKey(ctx, root, "base", derived)))
}

func TestExportedKeysOpenAtTheirRecipient(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	for _, to := range []key.Algorithm{key.RSA2048, key.X25519, key.MLKEM768, key.MLKEM768X25519} {
		mine, public := drawKey(t, to)
		open, err := primitive.Open(to, mine)
		ok(t, "opening", err)
		for _, a := range []key.Algorithm{key.AES256GCM, key.ECDSAP256, key.Ed25519} {
			name := to.String() + "/" + a.String()
			material, _ := drawKey(t, a)
			importPlain(t, f, 0, vault.KeySpec{Name: name, Algorithm: a, Exportable: true}, material)
			for _, format := range []string{"", "jwk"} {
				x, err := f.Vault(1).ExportKey(ctx, f.Root(), name, vault.ExportSpec{Recipient: public, Format: format})
				ok(t, "exporting "+name, err)
				plain, err := open.Unwrap(x.Wrapped, nil)
				ok(t, "unwrapping "+name, err)
				got, _, err := envelope.Parse(a, plain, envelope.Format(x.Format))
				if err != nil || !bytes.Equal(got, material) || x.Scheme != string(envelope.SchemeFor(to)) || x.Algorithm != a || x.Version != 1 || x.CheckValue == "" {
					t.Errorf("%s as %q: %+v, %v", name, format, x, err)
				}
			}
		}
	}
	for name, s := range map[string]vault.ExportSpec{
		"nobody": {}, "two": {Recipient: kekPublic(), Raw: []byte("x"), Algorithm: key.X25519}, "no key": {Recipient: []byte("x")},
		"a raw key of no KEM": {Raw: []byte("x"), Algorithm: key.RSA2048}, "a format it has not": {Recipient: kekPublic(), Format: "pkcs8"}, "a scheme it has not": {Recipient: kekPublic(), Scheme: "hpke"},
	} {
		_, err := f.Vault(0).ExportKey(ctx, f.Root(), "rsa-2048/aes-256-gcm", s)
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("to %s: %v", name, err)
		}
	}
	ok(t, "suspending", step(f, "rsa-2048/aes-256-gcm", 0, access.Suspend))
	_, err := f.Vault(1).ExportKey(ctx, f.Root(), "rsa-2048/aes-256-gcm", vault.ExportSpec{Recipient: kekPublic()})
	wants(t, "a suspended key", err, fault.BadState)
}

// TestAKeyMovesBetweenClustersWithAllItsVersions is the story of two clusters that share a wrapping key.
func TestAKeyMovesBetweenClustersWithAllItsVersions(t *testing.T) {
	here, there := vaulttest.Cluster(t, 2), vaulttest.Cluster(t, 2)
	shared, _ := drawKey(t, key.AES256GCM)
	for _, f := range []*vaulttest.Fixture{here, there} {
		importPlain(t, f, 0, vault.KeySpec{Name: "shared", Algorithm: key.AES256GCM}, shared)
	}
	v, root := here.Vault(0), here.Root()
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "app/k", Exportable: true, RotateEvery: 90 * 24 * time.Hour, Tags: map[string]string{"team": "a"}})
	ok(t, "creating", err)
	var texts [][]byte
	for range 3 {
		texts = append(texts, mustEncrypt(t, here, "app/k", "before"))
		_, err := v.RotateKey(ctx, root, "app/k")
		ok(t, "rotating", err)
	}
	ok(t, "destroying a version", destroyNow(here, "app/k", 1))
	ok(t, "compromising a version", step(here, "app/k", 2, access.Compromise))
	b, err := here.Vault(1).BackupKey(ctx, root, "app/k", "shared")
	ok(t, "backing up", err)
	if b.Versions != 2 || !slices.Equal(b.LeftOut, []uint32{2}) || b.WrappingKey != "shared" || b.WrappingVersion != 1 || !bytes.HasPrefix(b.Text, []byte("qb1:")) {
		t.Errorf("the backup is %+v", b)
	}
	// The wrapping key moves on over there; the backup still opens.
	other, _ := drawKey(t, key.AES256GCM)
	_, err = there.Vault(0).ImportVersion(ctx, there.Root(), "shared", vault.ImportSpec{Wrapped: parcel(t, there, key.X25519, other)})
	ok(t, "importing a version", err)
	r, err := there.Vault(1).RestoreKey(ctx, there.Root(), vault.RestoreSpec{Text: b.Text, Wrapping: "shared"})
	ok(t, "restoring", err)
	old, err := v.Key(ctx, root, "app/k")
	ok(t, "showing", err)
	if r.ID != old.ID || r.Name != "app/k" || r.Origin != key.Restored || !r.Exportable || r.Revision != 1 || r.RotateEvery != old.RotateEvery || r.NextRotate != old.NextRotate || r.Tags["team"] != "a" || r.Owner != "root" {
		t.Errorf("restored as %+v", r)
	}
	for i, ver := range r.Versions {
		was := old.Versions[i]
		if was.Number == 2 { // it may not be taken out: in the backup it is destroyed
			was.State, was.Destroyed = key.DestroyedCompromised, ver.Destroyed
		}
		if ver.Number != was.Number || ver.State != was.State || ver.Created != was.Created || ver.Activated != was.Activated || ver.Destroyed != was.Destroyed {
			t.Errorf("version %d is %+v, was %+v", was.Number, ver, was)
		}
	}
	opens(t, there, 1, "app/k", texts[2], "before")
	_, err = decrypt(there.Vault(0), there.Root(), "app/k", texts[0])
	wants(t, "decrypting with what was destroyed", err, fault.BadState)
	there.Grant("open", `permit (principal, action == Action::"open-compromised", resource);`)
	_, err = decrypt(there.Vault(0), there.Root(), "app/k", texts[1])
	wants(t, "decrypting with what was compromised, where a policy allows it", err, fault.BadState)
	_, err = decrypt(there.Vault(0), as("nobody"), "app/k", texts[1])
	wants(t, "decrypting as a stranger", err, fault.Denied)
	opens(t, here, 1, "app/k", mustEncrypt(t, there, "app/k", "after"), "after")

	_, err = there.Vault(0).RestoreKey(ctx, there.Root(), vault.RestoreSpec{Text: b.Text, Wrapping: "shared", Name: "again"})
	wants(t, "restoring twice", err, fault.Exists)
	_, err = v.RestoreKey(ctx, root, vault.RestoreSpec{Text: b.Text, Wrapping: "shared"})
	wants(t, "restoring where it is", err, fault.Exists)

	least := uint32(4)
	ok(t, "raising the lowest version in use", err1(v.UpdateKey(ctx, root, "app/k", vault.KeyPatch{MinDecrypt: &least})))
	b, err = v.BackupKey(ctx, root, "app/k", "shared")
	if err != nil || b.Versions != 1 || !slices.Equal(b.LeftOut, []uint32{2, 3}) {
		t.Errorf("a backup after that: %+v, %v", b, err)
	}
	ok(t, "rotating", err1(v.RotateKey(ctx, root, "app/k")))
	ok(t, "suspending a version", step(here, "app/k", 5, access.Suspend))
	ok(t, "rotating", err1(v.RotateKey(ctx, root, "app/k")))
	_, err = v.BackupKey(ctx, root, "app/k", "shared")
	wants(t, "a backup while a version is suspended", err, fault.BadState)
}

func TestBackupsAreRefusedUnlessWholeAndSealedByThatKey(t *testing.T) {
	f := vaulttest.New(t)
	v, root := f.Vault(0), f.Root()
	shared, _ := drawKey(t, key.AES256GCM)
	material, _ := drawKey(t, key.AES256GCM)
	_, public := drawKey(t, key.X25519)
	importPlain(t, f, 0, vault.KeySpec{Name: "shared", Algorithm: key.AES256GCM}, shared)
	f.MustCreate("other")
	f.MustCreate("app/taken")
	_, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "pair", Algorithm: key.X25519, Exportable: true})
	ok(t, "creating", err)
	asItIs := func(*key.Record) {}
	good := foreignBackup(t, shared, material, asItIs)
	altered := bytes.Clone(good)
	altered[len(altered)-9] ^= 2
	state := f.State(0).ContentDigest()
	for name, c := range map[string]struct {
		text []byte
		wrap string
		name string
		want fault.Kind
	}{
		"altered":               {altered, "shared", "", fault.Invalid},
		"cut":                   {good[:len(good)-8], "shared", "", fault.Invalid},
		"no backup":             {[]byte("qk:v1:AAAA"), "shared", "", fault.Invalid},
		"another key":           {good, "other", "", fault.Invalid},
		"a key that seals not":  {good, "pair", "", fault.Invalid},
		"no key":                {good, "", "", fault.NotFound},
		"a bad name":            {good, "shared", "a//b", fault.Invalid},
		"the cluster's name":    {good, "shared", "quorate/x", fault.Invalid},
		"a dual key's name":     {good, "shared", "keas/x", fault.Invalid},
		"a taken name":          {good, "shared", "app/taken", fault.Exists},
		"its name is taken":     {foreignBackup(t, shared, material, func(r *key.Record) { r.Name = "app/taken" }), "shared", "", fault.Exists},
		"not exportable":        {foreignBackup(t, shared, material, func(r *key.Record) { r.Exportable = false }), "shared", "", fault.Invalid},
		"another type":          {foreignBackup(t, shared, material, func(r *key.Record) { r.Type = key.PrivateKey }), "shared", "", fault.Invalid},
		"of no type":            {foreignBackup(t, shared, material, func(r *key.Record) { r.Type = 0 }), "shared", "", fault.Invalid},
		"a public half of none": {foreignBackup(t, shared, material, func(r *key.Record) { r.Type = key.PublicKey }), "shared", "", fault.Invalid},
		"destroyed":             {foreignBackup(t, shared, material, func(r *key.Record) { r.State = key.Destroyed }), "shared", "", fault.Invalid},
		"another public half":   {foreignBackup(t, shared, material, func(r *key.Record) { r.Versions[0].Public = public }), "shared", "", fault.Invalid},
		"other material":        {foreignBackup(t, shared, material[:30], asItIs), "shared", "", fault.Invalid},
	} {
		_, err := v.RestoreKey(ctx, root, vault.RestoreSpec{Text: c.text, Wrapping: c.wrap, Name: c.name})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if f.State(0).ContentDigest() != state {
		t.Error("something was written")
	}
	for name, c := range map[string]string{"itself": "app/taken", "nothing": "", "a key pair": "pair"} {
		if _, err := v.BackupKey(ctx, root, "app/taken", c); !errors.Is(err, fault.Invalid) {
			t.Errorf("a backup under %s: %v", name, err)
		}
	}
	f.Grant("b", `permit (principal == User::"b", action == Action::"export", resource); permit (principal == User::"r", action == Action::"import", resource);`)
	_, err = v.BackupKey(ctx, as("b"), "app/taken", "shared")
	wants(t, "a backup by who may not wrap", err, fault.Denied)
	_, err = v.RestoreKey(ctx, as("r"), vault.RestoreSpec{Text: good, Wrapping: "shared"})
	wants(t, "restoring by who may not unwrap", err, fault.Denied)
	f.Grant("r2", `permit (principal == User::"r3", action == Action::"unwrap", resource);`)
	_, err = v.RestoreKey(ctx, as("r3"), vault.RestoreSpec{Text: good, Wrapping: "shared"})
	wants(t, "restoring by who may not import", err, fault.Denied)
	r, err := v.RestoreKey(ctx, root, vault.RestoreSpec{Text: good, Wrapping: "shared"})
	if err != nil || r.Owner != "root" { // a name from elsewhere owns nothing here
		t.Errorf("restored as %+v, %v", r, err)
	}
}

// certificate makes a certificate of a key of this fixture, as a CA would that got its public half.
func certificate(t *testing.T, public []byte) []byte {
	t.Helper()
	pub, err := x509.ParsePKIXPublicKey(public)
	ok(t, "reading", err)
	m, _ := drawKey(t, key.ECDSAP256)
	ca, err := x509.ParsePKCS8PrivateKey(m)
	ok(t, "reading", err)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "a"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, pub, ca.(*ecdsa.PrivateKey))
	ok(t, "certifying", err)
	return der
}

func TestCertificatesAreLinkedToTheKeyThatTheyCertify(t *testing.T) {
	f := vaulttest.Cluster(t, 2)
	v, root := f.Vault(1), f.Root()
	k, err := v.CreateKey(ctx, root, vault.KeySpec{Name: "app/sign", Algorithm: key.ECDSAP256})
	ok(t, "creating", err)
	_, err = v.CreateKey(ctx, root, vault.KeySpec{Name: "app/other", Algorithm: key.ECDSAP256})
	ok(t, "creating", err)
	der := certificate(t, k.Versions[0].Public)
	_, err = v.RotateKey(ctx, root, "app/sign") // the certificate is of the version before
	ok(t, "rotating", err)
	s := vault.ImportSpec{Key: vault.KeySpec{Name: "app/cert", Algorithm: key.X509}, Certificate: der, Of: "app/other"}
	_, err = v.ImportKey(ctx, root, s)
	wants(t, "a certificate of another key", err, fault.Invalid)
	f.Grant("c", `permit (principal == User::"c", action == Action::"import", resource);`)
	s.Of = "app/sign"
	_, err = v.ImportKey(ctx, as("c"), s)
	wants(t, "by who may not change the key", err, fault.Denied)
	c, err := v.ImportKey(ctx, root, s)
	ok(t, "importing the certificate", err)
	k, err = v.Key(ctx, root, "app/sign")
	ok(t, "showing", err)
	if c.Type != key.Certificate || len(c.Links) != 1 || c.Links[0] != (key.Link{Kind: key.LinkPrivate, To: k.ID}) || len(k.Links) != 1 || k.Links[0] != (key.Link{Kind: key.LinkCertificate, To: c.ID}) {
		t.Errorf("certificate %+v, key %+v", c, k)
	}
	for _, node := range []int{0, 1} {
		p, err := f.Vault(node).PublicKey(ctx, root, "app/cert", 0, "der")
		if err != nil || !bytes.Equal(p.Bytes, der) {
			t.Errorf("node %d hands out another certificate: %v", node, err)
		}
	}
	p, err := v.PublicKey(ctx, root, "app/cert", 0, "")
	if err != nil || !strings.HasPrefix(string(p.Bytes), "-----BEGIN CERTIFICATE-----") || !p.Text {
		t.Errorf("as PEM: %q, %v", p.Bytes, err)
	}
	s.Key.Name, s.Of = "app/lonely", ""
	c, err = v.ImportKey(ctx, root, s)
	if err != nil || len(c.Links) != 0 {
		t.Errorf("a certificate of nobody here: %+v, %v", c, err)
	}
	s.Key.Name, s.Certificate = "app/none", []byte("x")
	_, err = v.ImportKey(ctx, root, s)
	wants(t, "what is no certificate", err, fault.Invalid)
}

func TestPublicHalvesAreGivenInEveryFormat(t *testing.T) {
	f := vaulttest.New(t)
	v := f.Vault(0)
	r, err := v.CreateKey(ctx, f.Root(), vault.KeySpec{Name: "p", Algorithm: key.ECDSAP256})
	ok(t, "creating", err)
	for _, format := range []string{"", "pem", "der", "spki", "jwk", "raw", "ssh"} {
		p, err := v.PublicKey(ctx, f.Root(), "p", 1, format)
		if err != nil || len(p.Bytes) == 0 || p.ID != r.ID || p.Version != 1 || p.Text != (format == "" || format == "pem" || format == "jwk" || format == "ssh") {
			t.Errorf("%s: %+v, %v", format, p, err)
		}
	}
	for _, format := range []string{"x", "pkcs1", "pkcs8", "sec1"} {
		_, err := v.PublicKey(ctx, f.Root(), "p", 0, format)
		wants(t, "as "+format, err, fault.Invalid)
	}
	_, err = v.PublicKey(ctx, f.Root(), "p", 2, "")
	wants(t, "a version that is not there", err, fault.NotFound)
	f.MustCreate("s")
	_, err = v.PublicKey(ctx, f.Root(), "s", 0, "")
	wants(t, "of a symmetric key", err, fault.Invalid)
}

// What is asked for by a name that does not exist is refused by that name, and told what there is.
func TestRefusalsSayWhatThereIs(t *testing.T) {
	f := vaulttest.New(t)
	f.MustCreate("k")
	_, scheme := f.Vault(0).ImportKey(ctx, f.Root(), vault.ImportSpec{
		Key:     vault.KeySpec{Name: "in", Algorithm: key.AES256GCM},
		Wrapped: vault.Wrapped{Scheme: "rot13", Bytes: []byte("x")},
	})
	_, usage := f.Vault(0).CreateKey(ctx, f.Root(), vault.KeySpec{Name: "out", Usage: key.Sign | key.Verify})
	batch := f.Vault(0).EncryptBatch(ctx, f.Root(), "k", nil, func([]vault.Result[vault.Sealed]) error { return nil })
	for _, c := range []struct {
		err        error
		says, hint string
	}{
		{scheme, `no scheme "rot13"`, "rsa-oaep-sha256+aes-kwp"},
		{usage, "cannot be used to sign or verify", "encrypt, decrypt"},
		{batch, "1 to 1000 items, not 0", "at least one"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.says) || !strings.Contains(fault.Of(c.err).NextStep(), c.hint) {
			t.Errorf("%v (%s), want %q (%q)", c.err, fault.Of(c.err).NextStep(), c.says, c.hint)
		}
	}
}

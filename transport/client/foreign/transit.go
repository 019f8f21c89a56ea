package foreign

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"

	"github.com/quorate/quorate/vault/fault"
)

// MaxTransit is the size up to which an export or backup is read, in bytes.
const MaxTransit = 16 << 20

// transitTypes are the key types of the transit engine, and what they are here.
var transitTypes = map[string]string{
	"aes128-gcm96": "aes-128-gcm", "aes256-gcm96": "aes-256-gcm", "chacha20-poly1305": "chacha20-poly1305", "ed25519": "ed25519",
	"ecdsa-p256": "ecdsa-p256", "ecdsa-p384": "ecdsa-p384", "ecdsa-p521": "ecdsa-p521",
	"rsa-2048": "rsa-2048", "rsa-3072": "rsa-3072", "rsa-4096": "rsa-4096",
	"hmac": "secret",
}

// transitNumbers are the same types by the numbers that a backup has.
var transitNumbers = []string{
	"aes256-gcm96", "ecdsa-p256", "ed25519", "rsa-2048", "rsa-4096", "chacha20-poly1305", "ecdsa-p384", "ecdsa-p521", "aes128-gcm96", "rsa-3072",
}

const whatTransitGives = "Give what `vault read -format=json transit/export/encryption-key/NAME` or `transit/backup/NAME` printed."

// ReadTransit reads the JSON of a transit export (transit/export/…, the whole answer or its data) or backup
// (transit/backup/…, the answer, its data, or the backup alone). fault.Invalid for what is neither.
func ReadTransit(text []byte) ([]Key, error) {
	if len(text) > MaxTransit {
		return nil, fault.New(fault.TooLarge, "the export is larger than %d bytes", MaxTransit)
	}
	text = bytes.TrimSpace(text)
	if len(text) > 0 && text[0] != '{' && text[0] != '"' {
		return readBackup(text)
	}
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Backup string          `json:"backup"`
		Policy json.RawMessage `json:"policy"`
		Keys   json.RawMessage `json:"keys"`
	}
	err := json.Unmarshal(text, &answer)
	switch {
	case err != nil:
		return nil, invalid("the file is not JSON as transit exports it")
	case len(answer.Data) > 0 && answer.Data[0] == '{' && len(answer.Data) < len(text):
		return ReadTransit(answer.Data)
	case answer.Backup != "":
		return readBackup([]byte(answer.Backup))
	case len(answer.Policy) > 0:
		return parseBackup(text)
	case len(answer.Keys) > 0:
		return parseExport(text)
	}
	return nil, invalid("the JSON is neither a transit export nor a backup: it has no keys").WithHint(whatTransitGives)
}

func parseExport(text []byte) ([]Key, error) {
	var in struct {
		Name string            `json:"name"`
		Type string            `json:"type"`
		Keys map[string]string `json:"keys"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, invalid("the export cannot be read: its keys are not text by version")
	}
	k := Key{Name: in.Name, Algorithm: transitTypes[in.Type], Exportable: true, State: Active}
	if k.Algorithm == "" {
		k.Left = "there is no algorithm for the type " + clip(in.Type)
		return []Key{k}, nil
	}
	if len(in.Keys) > maxVersions {
		return nil, invalid("the export has too many versions")
	}
	for number, value := range in.Keys {
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil || n == 0 {
			k.Clear()
			return nil, invalid("the export names a version by something that is no number")
		}
		material, err := exported(in.Type, value)
		if err != nil {
			k.Clear()
			return nil, err
		}
		k.Versions = append(k.Versions, Version{uint32(n), material, raw(in.Type)})
	}
	k.settle()
	return []Key{k}, nil
}

// exported is the material of one exported version: PEM as it stands, everything else base64.
func exported(kind, value string) ([]byte, error) {
	if bytes.HasPrefix([]byte(value), []byte("-----BEGIN ")) {
		return []byte(value), nil
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil || len(raw) == 0 {
		return nil, invalid("the export holds a version that is neither PEM nor base64").WithHint("An export of public keys only brings no key: export encryption-key or signing-key.")
	}
	if kind == "ed25519" {
		return edMaterial(raw)
	}
	return raw, nil
}

// raw tells whether a version of a type is bytes without a form.
func raw(kind string) bool {
	switch kind {
	case "aes128-gcm96", "aes256-gcm96", "chacha20-poly1305", "hmac":
		return true
	}
	return false
}

// settle brings the versions into their order and says what is missing.
func (k *Key) settle() {
	slices.SortFunc(k.Versions, func(a, b Version) int { return int(a.Number) - int(b.Number) })
	switch n := len(k.Versions); {
	case n == 0:
		k.Left = "it has no version"
	case k.Versions[0].Number != 1 || k.Versions[n-1].Number != uint32(n):
		k.Note = "versions are numbered anew: " + strconv.Itoa(int(k.Versions[0].Number)) + " becomes 1"
	}
}

func readBackup(text []byte) ([]Key, error) {
	inner, err := base64.StdEncoding.DecodeString(string(bytes.Trim(text, "\" \n\r\t")))
	if err != nil {
		return nil, invalid("the file is neither JSON nor a transit backup in base64").WithHint(whatTransitGives)
	}
	defer clear(inner)
	return parseBackup(inner)
}

// entry is one version of a backup.
type entry struct {
	Key []byte   `json:"key"`
	X   *big.Int `json:"ec_x"`
	Y   *big.Int `json:"ec_y"`
	D   *big.Int `json:"ec_d"`
	RSA *rsaKey  `json:"rsa_key"`
}

type rsaKey struct {
	N, D   *big.Int
	E      int
	Primes []*big.Int
}

func (e *entry) clear() {
	clear(e.Key)
	for _, n := range []*big.Int{e.D} {
		if n != nil {
			clear(n.Bits())
		}
	}
	if e.RSA != nil {
		for _, n := range append([]*big.Int{e.RSA.D}, e.RSA.Primes...) {
			if n != nil {
				clear(n.Bits())
			}
		}
	}
}

func parseBackup(text []byte) ([]Key, error) {
	var in struct {
		Policy *struct {
			Name       string           `json:"name"`
			Keys       map[string]entry `json:"keys"`
			Type       int              `json:"type"`
			Derived    bool             `json:"derived"`
			Exportable bool             `json:"exportable"`
			MinDecrypt uint32           `json:"min_decryption_version"`
			First      uint32           `json:"min_available_version"` // of the archive, where old versions were trimmed
		} `json:"policy"`
		Archived *struct {
			Keys []entry `json:"keys"`
		} `json:"archived_keys"`
	}
	if err := json.Unmarshal(text, &in); err != nil || in.Policy == nil {
		return nil, invalid("the backup cannot be read: it is not the JSON of a transit policy")
	}
	p := in.Policy
	k := Key{Name: p.Name, Exportable: p.Exportable, State: Active}
	if p.Type >= 0 && p.Type < len(transitNumbers) {
		k.Algorithm = transitTypes[transitNumbers[p.Type]]
	}
	all := map[uint32]entry{}
	if in.Archived != nil { // the archive has every version that is left, in order
		for n, e := range in.Archived.Keys {
			all[uint32(n)+p.First] = e
		}
	}
	for number, e := range p.Keys {
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return nil, invalid("the backup names a version by something that is no number")
		}
		all[uint32(n)] = e
	}
	defer func() {
		for _, e := range all {
			e.clear()
		}
	}()
	delete(all, 0)
	switch {
	case len(all) > maxVersions:
		return nil, invalid("the backup has too many versions")
	case k.Algorithm == "":
		k.Left = "there is no algorithm for the type " + strconv.Itoa(p.Type)
		return []Key{k}, nil
	case p.Derived:
		k.Left = "it is a derived key: what it encrypted is under keys that only the transit engine makes of it"
		return []Key{k}, nil
	}
	for _, n := range slices.Sorted(maps.Keys(all)) {
		e := all[n]
		material, err := e.material(transitNumbers[p.Type])
		if err != nil {
			if empty(e) {
				continue // a version that was trimmed
			}
			k.Clear()
			return nil, err
		}
		k.Versions = append(k.Versions, Version{n, material, raw(transitNumbers[p.Type])})
		if n == p.MinDecrypt && len(k.Versions) > 1 {
			k.MinDecrypt = uint32(len(k.Versions))
		}
	}
	k.settle()
	return []Key{k}, nil
}

func empty(e entry) bool { return len(e.Key) == 0 && e.D == nil && e.RSA == nil }

func (e *entry) material(kind string) ([]byte, error) {
	wrong := invalid("the backup holds a version that is no key of type %s", kind)
	switch kind {
	case "ed25519":
		return edMaterial(e.Key)
	case "ecdsa-p256", "ecdsa-p384", "ecdsa-p521":
		curve := map[string]elliptic.Curve{"ecdsa-p256": elliptic.P256(), "ecdsa-p384": elliptic.P384(), "ecdsa-p521": elliptic.P521()}[kind]
		size := (curve.Params().BitSize + 7) / 8
		if e.D == nil || e.D.Sign() <= 0 || e.D.Cmp(curve.Params().N) >= 0 {
			return nil, wrong
		}
		d := e.D.FillBytes(make([]byte, size))
		defer clear(d)
		k, err := ecdsa.ParseRawPrivateKey(curve, d)
		if err != nil {
			return nil, wrong
		}
		return x509.MarshalPKCS8PrivateKey(k)
	case "rsa-2048", "rsa-3072", "rsa-4096":
		r := e.RSA
		if r == nil || r.N == nil || r.D == nil || len(r.Primes) != 2 || r.Primes[0] == nil || r.Primes[1] == nil || r.N.BitLen() > 4096 || r.D.BitLen() > 4096 || r.Primes[0].BitLen() > 4096 || r.Primes[1].BitLen() > 4096 {
			return nil, wrong
		}
		k := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: r.N, E: r.E}, D: r.D, Primes: r.Primes}
		if k.Validate() != nil {
			return nil, wrong
		}
		k.Precompute()
		return x509.MarshalPKCS8PrivateKey(k)
	}
	if len(e.Key) == 0 {
		return nil, wrong
	}
	return bytes.Clone(e.Key), nil
}

// edMaterial is PKCS #8 of the 64 bytes that are an Ed25519 key there: seed and public half.
func edMaterial(raw []byte) ([]byte, error) {
	if len(raw) != ed25519.PrivateKeySize || !bytes.Equal(ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize]), raw) {
		return nil, invalid("a version is no private key of type ed25519")
	}
	return x509.MarshalPKCS8PrivateKey(ed25519.PrivateKey(raw))
}

func clip(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return strconv.Quote(s)
}

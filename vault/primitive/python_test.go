package primitive_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// job is a request to testdata/peer.py and what is done with its answer. Bytes are in hex.
type job struct {
	Op        string `json:"op"`
	Algorithm string `json:"algorithm"`
	Private   string `json:"private,omitempty"`
	Public    string `json:"public,omitempty"`
	Msg       string `json:"msg,omitempty"`
	Sig       string `json:"sig,omitempty"`
	CT        string `json:"ct,omitempty"`
	AAD       string `json:"aad,omitempty"`
	IV        string `json:"iv,omitempty"`
	Salt      string `json:"salt,omitempty"`
	Info      string `json:"info,omitempty"`
	Size      int    `json:"size,omitempty"`
	Hash      string `json:"hash,omitempty"`
	Padding   string `json:"padding,omitempty"`
	Prehashed bool   `json:"prehashed,omitempty"`
	LongSalt  bool   `json:"longsalt,omitempty"`
	ChaCha    bool   `json:"chacha"`
	Form      string `json:"form,omitempty"`

	check func(out []byte) error
}

// python is a Python that has cryptography; the test is skipped if there is none.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(name, "-c", "import cryptography").Run() == nil {
			return name
		}
	}
	t.Skip("there is no python3 with the package cryptography (Debian: python3-cryptography) to compare with")
	return ""
}

// TestPythonAndWeOpenWhatTheOtherMade compares everything with Python's cryptography (OpenSSL and Rust inside), in one process.
func TestPythonAndWeOpenWhatTheOtherMade(t *testing.T) {
	name := python(t)
	var jobs []job
	for _, a := range algorithms() {
		jobs = append(jobs, peerJobs(t, a)...)
	}
	in, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, "testdata/peer.py")
	cmd.Stdin = bytes.NewReader(in)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var answers []struct {
		Out    unhex
		Error  string
		Absent string
	}
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(jobs) {
		t.Fatalf("%d answers to %d jobs: %v", len(answers), len(jobs), err)
	}
	done, absent := map[string]int{}, map[string]int{}
	for i, j := range jobs {
		if answers[i].Absent != "" {
			absent[j.Algorithm+" "+j.Op]++
			continue
		}
		if answers[i].Error != "" {
			t.Errorf("%s %s %s: %s", j.Algorithm, j.Op, j.Hash, answers[i].Error)
			continue
		}
		done[j.Op]++
		if err := j.check(answers[i].Out); err != nil {
			t.Errorf("%s %s %s %s: %v", j.Algorithm, j.Op, j.Hash, j.Padding, err)
		}
	}
	t.Logf("done: %v; this Python lacks: %v", done, absent)
}

var peerText = []byte("what one has made the other opens")

// peerJobs are the jobs for one algorithm, both directions.
func peerJobs(t *testing.T, a key.Algorithm) []job {
	p, k, usage := keyOf(t, a), open(t, a), a.Traits().Usage
	base := job{Algorithm: a.String(), Private: hex.EncodeToString(p.material), Public: hex.EncodeToString(p.public), ChaCha: a == key.ChaCha20Poly1305}
	var jobs []job
	add := func(op string, change func(j *job), check func(out []byte) error) {
		j := base
		j.Op, j.check = op, check
		change(&j)
		jobs = append(jobs, j)
	}
	is := func(want []byte) func([]byte) error {
		return func(out []byte) error { return same(out, want, nil) }
	}
	if usage&key.Sign != 0 {
		jobs = append(jobs, signJobs(t, a, k, base)...)
	}
	aad := []byte("bound")
	switch {
	case a.Traits().AEAD:
		sealed := must(k.Seal(rand.Reader, nil, peerText, aad))(t)
		add("aead_open", func(j *job) { j.CT, j.AAD = hex.EncodeToString(sealed), hex.EncodeToString(aad) }, is(peerText))
		add("aead_seal", func(j *job) {
			j.IV, j.Msg, j.AAD = strings.Repeat("07", 12), hex.EncodeToString(peerText), hex.EncodeToString(aad)
		},
			func(out []byte) error { plain, err := k.Open(out, aad); return same(plain, peerText, err) })
		if a == key.ChaCha20Poly1305 {
			wrapped := must(k.Wrap(rand.Reader, peerText, aad))(t)
			label := hex.EncodeToString(append([]byte("quorate wrap\n"), aad...))
			add("aead_open", func(j *job) { j.CT, j.AAD = hex.EncodeToString(wrapped), label }, is(peerText))
			break
		}
		wrapped := must(k.Wrap(rand.Reader, peerText, nil))(t)
		add("kwp_unwrap", func(j *job) { j.CT = hex.EncodeToString(wrapped) }, is(peerText))
		add("kwp_wrap", func(j *job) { j.Msg = hex.EncodeToString(peerText) }, is(wrapped))
		jobs = append(jobs, modeJobs(t, a, k, base)...)
	case usage&key.MAC != 0:
		mac := must(k.MAC(peerText, 0))(t)
		add("mac", func(j *job) { j.Msg, j.Hash = hex.EncodeToString(peerText), strings.TrimPrefix(a.String(), "hmac-") }, is(mac))
	case usage&key.Encrypt != 0: // RSA
		sealed := must(openPublic(t, a).Seal(rand.Reader, nil, peerText, aad))(t)
		add("oaep_open", func(j *job) { j.CT, j.AAD = hex.EncodeToString(sealed), hex.EncodeToString(aad) }, is(peerText))
		add("oaep_seal", func(j *job) { j.Msg, j.AAD = hex.EncodeToString(peerText), hex.EncodeToString(aad) },
			func(out []byte) error { plain, err := k.Open(out, aad); return same(plain, peerText, err) })
		long := bytes.Repeat(peerText, 60)
		wrapped := must(openPublic(t, a).Wrap(rand.Reader, long, aad))(t)
		add("rsa_unwrap", func(j *job) { j.CT, j.AAD = hex.EncodeToString(wrapped), hex.EncodeToString(aad) }, is(long))
		add("rsa_wrap", func(j *job) { j.Msg, j.AAD = hex.EncodeToString(long), hex.EncodeToString(aad) },
			func(out []byte) error { plain, err := k.Unwrap(out, aad); return same(plain, long, err) })
	case usage&key.Wrap != 0: // HPKE
		wrapped := must(openPublic(t, a).Wrap(rand.Reader, peerText, nil))(t)
		add("hpke_unwrap", func(j *job) { j.CT = hex.EncodeToString(wrapped) }, is(peerText))
		add("hpke_wrap", func(j *job) { j.Msg = hex.EncodeToString(peerText) },
			func(out []byte) error { plain, err := k.Unwrap(out, nil); return same(plain, peerText, err) })
	}
	if usage&key.Agree != 0 {
		_, peer, err := primitive.Generate(a, 0, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		shared := must(k.Derive(primitive.Derivation{Peer: peer}))(t)
		add("ecdh", func(j *job) { j.Public = hex.EncodeToString(peer) }, is(shared))
	} else if usage&key.Derive != 0 {
		for hash, h := range hashes {
			if h == 0 {
				continue
			}
			got := must(k.Derive(primitive.Derivation{Hash: h, Salt: aad, Info: peerText, Bytes: 100}))(t)
			add("hkdf", func(j *job) {
				j.Hash, j.Salt, j.Info, j.Size = hash, hex.EncodeToString(aad), hex.EncodeToString(peerText), 100
			}, is(got))
		}
	}
	if a == key.MLKEM768 || a == key.MLKEM1024 {
		shared, ciphertext, err := openPublic(t, a).Encapsulate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		add("mlkem_decapsulate", func(j *job) { j.CT = hex.EncodeToString(ciphertext) }, is(shared))
		add("mlkem_encapsulate", func(*job) {}, func(out []byte) error {
			got, err := k.Decapsulate(out[32:])
			return same(got, out[:32], err)
		})
	}
	return jobs
}

// signJobs are all schemes that a has.
func signJobs(t *testing.T, a key.Algorithm, k *primitive.Key, base job) []job {
	var jobs []job
	each := func(h crypto.Hash, padding primitive.Padding, prehashed bool) {
		s := primitive.Scheme{Hash: h, Padding: padding, Prehashed: prehashed}
		j := base
		j.Padding = [...]string{"pss", "pkcs1"}[padding]
		for name, hash := range hashes {
			if hash == h {
				j.Hash = name
			}
		}
		input := peerText
		if prehashed {
			state := h.New()
			state.Write(peerText)
			input = state.Sum(nil)
		}
		j.Prehashed, j.Msg = prehashed, hex.EncodeToString(input)
		j.Op, j.Sig = "verify", hex.EncodeToString(must(k.Sign(rand.Reader, input, s))(t))
		j.check = func(out []byte) error { return same(out, []byte("verifies"), nil) }
		jobs = append(jobs, j)

		j.Op, j.Sig = "sign", ""
		j.check = func(out []byte) error { return k.Verify(input, out, s) }
		jobs = append(jobs, j)

		if padding == primitive.PSS && strings.HasPrefix(a.String(), "rsa") {
			j.LongSalt = true // as OpenSSL's command line makes them
			j.check = func(out []byte) error {
				if strict := s; k.Verify(input, out, primitive.Scheme{Hash: strict.Hash, Prehashed: prehashed, Form: primitive.JWS}) == nil {
					return fmt.Errorf("the JWS form takes a long salt")
				}
				return k.Verify(input, out, s)
			}
			jobs = append(jobs, j)
		}
	}
	jobs = append(jobs, formJobs(t, a, k, base)...)
	if a == key.Ed25519 {
		each(0, 0, false)
		return jobs
	}
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		each(h, primitive.PSS, false)
		each(h, primitive.PSS, true)
		if strings.HasPrefix(a.String(), "rsa") {
			each(h, primitive.PKCS1v15, false)
		}
	}
	return jobs
}

// formJobs are signatures in the forms beside ASN.1: raw with every hash, and whole tokens (RFC 7515) of every algorithm that a has.
func formJobs(t *testing.T, a key.Algorithm, k *primitive.Key, base job) []job {
	var jobs []job
	both := func(j job, verify, sign string, input []byte, s primitive.Scheme, write func(signature []byte) (msg, sig []byte)) {
		msg, sig := write(must(k.Sign(rand.Reader, input, s))(t))
		v := j
		v.Op, v.Msg, v.Sig = verify, hex.EncodeToString(msg), hex.EncodeToString(sig)
		v.check = func(out []byte) error { return same(out, []byte("verifies"), nil) }
		altered := v // what was altered verifies there no more than here
		sig = bytes.Clone(sig)
		if len(sig) > 0 {
			sig[len(sig)/2] ^= 1
			altered.Sig = hex.EncodeToString(sig)
			altered.check = func(out []byte) error { return same(out, []byte("does not verify"), nil) }
			jobs = append(jobs, altered)
		}
		j.Op, j.Msg = sign, hex.EncodeToString(input)
		j.check = func(out []byte) error { return k.Verify(input, out, s) }
		jobs = append(jobs, v, j)
	}
	for _, name := range []string{"sha256", "sha384", "sha512"} {
		h := hashes[name]
		if a == key.Ed25519 {
			h = 0 // it hashes by itself
		}
		j := base
		j.Hash, j.Padding, j.Form = name, "pss", "raw"
		both(j, "verify", "sign", peerText, primitive.Scheme{Hash: h, Form: primitive.Raw}, func(sig []byte) (m, s []byte) { return peerText, sig })
	}
	for alg, s := range tokens(a) {
		s.Form = primitive.JWS
		input := []byte(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+alg+`"}`)) + "." + base64.RawURLEncoding.EncodeToString(peerText))
		both(base, "jws_verify", "jws_sign", input, s, func(sig []byte) (m, none []byte) {
			return fmt.Appendf(bytes.Clone(input), ".%s", base64.RawURLEncoding.EncodeToString(sig)), nil
		})
	}
	return jobs
}

// tokens are the algorithms of RFC 7518 and 8037 that go with a.
func tokens(a key.Algorithm) map[string]primitive.Scheme {
	switch a {
	case key.Ed25519:
		return map[string]primitive.Scheme{"EdDSA": {}}
	case key.ECDSAP256:
		return map[string]primitive.Scheme{"ES256": {}}
	case key.ECDSAP384:
		return map[string]primitive.Scheme{"ES384": {}}
	case key.ECDSAP521:
		return map[string]primitive.Scheme{"ES512": {}}
	}
	all := map[string]primitive.Scheme{}
	for bits, h := range map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512} {
		all["PS"+bits] = primitive.Scheme{Hash: h}
		all["RS"+bits] = primitive.Scheme{Hash: h, Padding: primitive.PKCS1v15}
	}
	return all
}

// must is for what cannot fail but would end the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

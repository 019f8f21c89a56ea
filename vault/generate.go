package vault

import (
	"context"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// drawn is fresh material that is not wrapped yet. Whoever drew it clears it.
type drawn struct {
	algorithm     key.Algorithm
	plain, public []byte
}

// generatable refuses what only comes from outside.
func generatable(a key.Algorithm, bits int) error {
	switch {
	case a.Traits().Name == "":
		return fault.New(fault.Invalid, "there is no algorithm of number %d", a)
	case a == key.Opaque || a == key.X509:
		return fault.New(fault.Invalid, "%s objects are not generated", a).WithHint("Import one (`quorate key import`).")
	case bits != 0 && a != key.Secret:
		return fault.New(fault.Invalid, "the algorithm %s has a length of its own", a).WithHint("Leave bits out; only a secret has them.")
	}
	return nil
}

// generate gives a version of r fresh material, wrapped, and its public half. bits is the length of a secret; 0: the usual.
func (t *task) generate(ctx context.Context, r *key.Record, ver key.Version, bits int) (key.Version, error) {
	d := t.ahead
	t.ahead = drawn{} // material is used once
	if d.algorithm != r.Algorithm {
		clear(d.plain)
		var err error
		if d.plain, d.public, err = primitive.Generate(r.Algorithm, bits, t.v.cfg.Random); err != nil {
			return ver, err
		}
	}
	defer clear(d.plain)
	material, err := t.wrap(ctx, r, ver.Number, d.plain)
	ver.Material, ver.Public = material, d.public
	return ver, err
}

// drawAhead draws the material of an RSA key before the rotation takes the key's turn: searching for primes takes up to
// seconds, in which no other change of the keys that share its lane could go on. It does so only for a caller who may
// rotate the key, and says nothing: the rotation itself finds out what is wrong. The caller calls done at the end.
func (t *task) drawAhead(ref string) (done func()) {
	done = func() { clear(t.ahead.plain) }
	r := lookup(t.link.machine.State(), ref)
	if r == nil || r.State != key.Active || !slow(r.Algorithm) || t.allow(access.OfKey(r)) != nil {
		return done
	}
	if _, repeated, err := t.before(); repeated || err != nil {
		return done
	}
	plain, public, err := primitive.Generate(r.Algorithm, 0, t.v.cfg.Random)
	if err == nil {
		t.ahead = drawn{r.Algorithm, plain, public}
	}
	return done
}

func slow(a key.Algorithm) bool { return a == key.RSA2048 || a == key.RSA3072 || a == key.RSA4096 }

// secretBits is how long the next version of a secret is: as long as the one before. 0 for everything else.
func (t *task) secretBits(r *key.Record) (bits int, err error) {
	if err := generatable(r.Algorithm, 0); err != nil {
		return 0, err
	}
	if r.Algorithm != key.Secret {
		return 0, nil
	}
	if isDual(r) {
		return 0, fault.New(fault.Invalid, "key %s is bound to its key-encrypting key and is not rotated", nameOf(r)).
			WithHint("Make a new one: POST /new of the keas.kmi door.")
	}
	err = t.material(r, r.Latest(), func(plain []byte) error {
		bits = 8 * len(plain)
		return nil
	})
	return bits, err
}

package vault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// modelKey is what a caller knows of a key from what was acknowledged to him.
type modelKey struct {
	state  key.State
	latest uint32
	texts  map[string]string // ciphertext to plaintext
}

// model walks a three-node cluster through random operations, leader moves, cuts and proposals that fail or fail but commit.
// Every write is repeated under its Idempotency-Key until it is answered, as a client does.
type model struct {
	f     *vaulttest.Fixture
	root  access.Caller
	keys  map[string]*modelKey
	tries int
	cut   int // a node that is cut off, or -1
}

func (m *model) door(t *rapid.T) *vault.Vault {
	i := rapid.IntRange(0, 2).Draw(t, "door")
	if i == m.cut {
		i = (i + 1) % 3
	}
	return m.f.Vault(i)
}

// write repeats an operation until it is done or refused.
func (m *model) write(t *rapid.T, op func(v *vault.Vault, c access.Caller) (*key.Record, error)) (*key.Record, error) {
	m.tries++
	c := again(m.root, fmt.Sprintf("try-%d", m.tries))
	for _, x := range rapid.SliceOfN(rapid.SampledFrom([]vaulttest.Failure{
		vaulttest.None, vaulttest.None, vaulttest.NoLeader, vaulttest.Committed, vaulttest.Lost, vaulttest.Moved,
	}), 0, 2).Draw(t, "failures") {
		m.f.FailNext(x)
	}
	for range 20 {
		r, err := op(m.door(t), c)
		if !errors.Is(err, fault.Uncertain) && !errors.Is(err, fault.NoLeader) {
			return r, err
		}
	}
	t.Fatal("a write is never answered")
	return nil, nil
}

func (m *model) pick(t *rapid.T) (string, *modelKey) {
	names := make([]string, 0, len(m.keys))
	for i := range len(m.keys) {
		names = append(names, fmt.Sprintf("k%d", i))
	}
	if len(names) == 0 {
		t.Skip("no key yet")
	}
	n := rapid.SampledFrom(names).Draw(t, "key")
	return n, m.keys[n]
}

func (m *model) create(t *rapid.T) {
	name := fmt.Sprintf("k%d", len(m.keys))
	r, err := m.write(t, func(v *vault.Vault, c access.Caller) (*key.Record, error) {
		return v.CreateKey(ctx, c, vault.KeySpec{Name: name, Exportable: true})
	})
	if err != nil || r.Latest().Number != 1 {
		t.Fatalf("creating %s: %v", name, err)
	}
	m.keys[name] = &modelKey{state: key.Active, latest: 1, texts: map[string]string{}}
}

func (m *model) rotate(t *rapid.T) {
	name, k := m.pick(t)
	r, err := m.write(t, func(v *vault.Vault, c access.Caller) (*key.Record, error) { return v.RotateKey(ctx, c, name) })
	if (k.state == key.Active) != (err == nil) {
		t.Fatalf("rotating %s, which is %s: %v", name, k.state, err)
	}
	if err == nil {
		if r.Latest().Number != k.latest+1 {
			t.Fatalf("%s went from version %d to %d", name, k.latest, r.Latest().Number)
		}
		k.latest++
	}
}

func (m *model) move(t *rapid.T) {
	name, k := m.pick(t)
	a := rapid.SampledFrom([]access.Action{access.Suspend, access.Activate, access.Deactivate, access.Compromise}).Draw(t, "step")
	to := map[access.Action]key.State{access.Suspend: key.Suspended, access.Activate: key.Active, access.Deactivate: key.Deactivated, access.Compromise: key.Compromised}[a]
	if k.state == key.Destroyed && to == key.Compromised {
		to = key.DestroyedCompromised
	}
	_, err := m.write(t, func(v *vault.Vault, c access.Caller) (*key.Record, error) {
		return v.ChangeState(ctx, c, name, vault.StateChange{Action: a, Resume: a == access.Activate})
	})
	if k.state.May(to) != (err == nil) {
		t.Fatalf("%s of %s, which is %s: %v", a, name, k.state, err)
	}
	if err == nil {
		k.state = to
	}
}

func (m *model) destroy(t *rapid.T) {
	name, k := m.pick(t)
	now := time.Duration(0)
	to := key.Destroyed
	if k.state == key.Compromised {
		to = key.DestroyedCompromised
	}
	_, err := m.write(t, func(v *vault.Vault, c access.Caller) (*key.Record, error) {
		return v.DestroyKey(ctx, c, name, vault.Destruction{After: &now, Force: true})
	})
	if k.state.May(to) != (err == nil) {
		t.Fatalf("destroying %s, which is %s: %v", name, k.state, err)
	}
	if err == nil {
		k.state = to
	}
}

func (m *model) encrypt(t *rapid.T) {
	name, k := m.pick(t)
	plain := fmt.Sprintf("%s at %d", name, len(m.f.Log()))
	text, n, err := m.door(t).Encrypt(ctx, m.root, name, vault.Message{Body: []byte(plain)})
	if k.state.Protects() != (err == nil) {
		t.Fatalf("encrypting with %s, which is %s: %v", name, k.state, err)
	}
	if err == nil {
		if n != k.latest {
			t.Fatalf("%s encrypts with version %d, the latest is %d", name, n, k.latest)
		}
		k.texts[string(text)] = plain
	}
}

func (m *model) disturb(t *rapid.T) {
	switch rapid.IntRange(0, 3).Draw(t, "disturbance") {
	case 0:
		i := rapid.IntRange(0, 2).Draw(t, "leader")
		if i != m.cut {
			m.f.Lead(i)
		}
	case 1:
		if m.cut < 0 {
			m.cut = (m.f.Leader() + 1) % 3
			m.f.Cut(m.cut)
		}
	case 2:
		if m.cut >= 0 {
			m.f.Heal(m.cut)
			m.cut = -1
		}
	case 3:
		if _, err := m.f.Vault(m.f.Leader()).RotateKeyring(ctx, m.root); err != nil && !errors.Is(err, fault.Uncertain) && !errors.Is(err, fault.BadState) {
			t.Fatalf("rotating the keyring: %v", err)
		}
	}
}

// check holds what was acknowledged against every node that is in touch.
func (m *model) check(t *rapid.T) {
	for i := range 3 {
		if i == m.cut {
			continue
		}
		if n := m.f.State(i).KeyCount(); n != len(m.keys) {
			t.Fatalf("node %d has %d keys of %d", i, n, len(m.keys))
		}
		for name, k := range m.keys {
			r := m.f.State(i).KeyByName(name)
			if r.State != k.state || r.Latest().Number != k.latest {
				t.Fatalf("%s on node %d is %s at version %d, want %s at %d", name, i, r.State, r.Latest().Number, k.state, k.latest)
			}
			for text, plain := range k.texts {
				got, err := decrypt(m.f.Vault(i), m.root, name, []byte(text))
				if k.state.Processes() != (err == nil) || err == nil && got != plain {
					t.Fatalf("%s, which is %s, opens as %q on node %d: %v", name, k.state, got, i, err)
				}
			}
		}
	}
}

func TestNothingAcknowledgedIsLostWhateverHappens(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := vaulttest.Cluster(t, 3)
		m := &model{f: f, root: f.Root(), keys: map[string]*modelKey{}, cut: -1}
		rt.Repeat(map[string]func(*rapid.T){
			"create": m.create, "rotate": m.rotate, "move": m.move, "destroy": m.destroy, "encrypt": m.encrypt, "disturb": m.disturb, "": m.check,
		})
		if m.cut >= 0 {
			f.Heal(m.cut)
		}
		if f.State(0).Digest() != f.State(1).Digest() || f.State(1).Digest() != f.State(2).Digest() {
			rt.Fatal("the nodes differ")
		}
		noKeyTwice(rt, f)
	})
}

// noKeyTwice looks at everything that was ever committed: no material was made for two versions, none twice for one.
func noKeyTwice(t *rapid.T, f *vaulttest.Fixture) {
	seen, created := map[string]bool{}, 0
	for _, e := range f.Log() {
		p, err := fsm.Decode(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		var m key.Material
		switch c := p.Command.(type) {
		case *fsm.CreateKey:
			m = c.Record.Versions[0].Material
			created++
		case *fsm.RotateKey:
			m = c.Version.Material
		default:
			continue
		}
		if seen[string(m.Sealed)] {
			t.Fatal("one wrapped material is in two entries")
		}
		seen[string(m.Sealed)] = true
	}
	if created < f.State(0).KeyCount() {
		t.Fatalf("%d keys of %d creations", f.State(0).KeyCount(), created)
	}
}

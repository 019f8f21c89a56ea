package fsm_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// t0 is when every history in these tests begins.
const t0 = key.Time(1_795_000_000_000)

func keyID(n int) key.ID {
	h := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("key"), uint64(n)))
	return key.ID(h[:16])
}

func requestID(n int) fsm.Request {
	h := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("request"), uint64(n)))
	return fsm.Request{ID: [16]byte(h[:16]), Print: [8]byte(h[16:24])}
}

func newRecord(n int) *key.Record {
	return &key.Record{
		ID: keyID(n), Name: fmt.Sprintf("app/key-%06d", n), Algorithm: key.AES256GCM, Type: key.SymmetricKey,
		Usage: key.AES256GCM.Traits().Default(), State: key.Active, Exportable: true,
		Versions: []key.Version{{
			Number: 1, State: key.Active, Created: t0, Activated: t0,
			Material: key.Material{Term: 1, Sealed: bytes.Repeat([]byte{byte(n)}, 60)},
		}},
		Owner: "app1", Created: t0, Updated: t0, Revision: 1, MAC: bytes.Repeat([]byte{7}, 32),
	}
}

func newToken(n int) *access.Token {
	return &access.Token{
		ID: keyID(1_000_000 + n), Kind: access.Bearer, Hash: bytes.Repeat([]byte{byte(n)}, 32), Principal: "app1",
		Groups: []string{"team"}, Created: t0, Expires: t0.Add(time.Hour), Revision: 1,
	}
}

// vault is a machine with a log position.
type vault struct {
	t testing.TB
	*fsm.Machine
	index uint64
	log   []fsm.Entry
}

func newVault(t testing.TB) *vault { return &vault{t: t, Machine: fsm.New()} }

func (v *vault) entry(cmd fsm.Command, r fsm.Request) fsm.Entry {
	v.t.Helper()
	v.index++
	data, err := fsm.Encode(cmd, r, t0.Add(time.Duration(v.index)*time.Millisecond))
	if err != nil {
		v.t.Fatalf("Encode(%s): %v", cmd.Op(), err)
	}
	e := fsm.Entry{Index: v.index, Data: data}
	v.log = append(v.log, e)
	return e
}

// send applies a command and gives its outcome, done or refused.
func (v *vault) send(cmd fsm.Command, r fsm.Request) fsm.Outcome {
	v.t.Helper()
	e := v.entry(cmd, r)
	out, err := v.Apply(e.Index, e.Data)
	if err != nil {
		v.t.Fatalf("Apply(%s): %v", cmd.Op(), err)
	}
	return out
}

// do applies a command that must be done.
func (v *vault) do(cmd fsm.Command) fsm.Outcome {
	v.t.Helper()
	out := v.send(cmd, fsm.Request{})
	if out.Fault != nil {
		v.t.Fatalf("%s refused: %v: %v", cmd.Op(), out.Fault.Kind, out.Fault)
	}
	return out
}

// refuse applies a command that must be refused with a kind, and leave everything as it was.
func (v *vault) refuse(cmd fsm.Command, want fault.Kind) *fault.Error {
	v.t.Helper()
	before := v.State().ContentDigest()
	out := v.send(cmd, fsm.Request{})
	if out.Fault == nil {
		v.t.Fatalf("%s was done, want it refused with %v", cmd.Op(), want)
	}
	if out.Fault.Kind != want {
		v.t.Errorf("%s refused with %v (%s), want %v", cmd.Op(), out.Fault.Kind, out.Fault.Message, want)
	}
	if out.Fault.Message == "" || out.Fault.Err != nil {
		v.t.Errorf("%s refused with the message %q and cause %v", cmd.Op(), out.Fault.Message, out.Fault.Err)
	}
	if v.State().ContentDigest() != before {
		v.t.Errorf("%s was refused and changed the state", cmd.Op())
	}
	return out.Fault
}

func (v *vault) change(id key.ID) fsm.Change {
	c := fsm.Change{ID: id, Expect: 1, Updated: t0.Add(time.Duration(v.index+1) * time.Millisecond), MAC: []byte("mac")}
	if r := v.State().Key(id); r != nil {
		c.Expect = r.Revision
	}
	return c
}

// has tells whether err is of a kind.
func has(err error, k fault.Kind) bool { return errors.Is(err, k) }

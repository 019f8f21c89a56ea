package vaulttest

import (
	"crypto/sha256"
	"fmt"
	"strconv"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/key"
)

// Fill puts n keys, app/key-0000000 and so on, into the state of the first node, past the vault and past the log: they can be
// listed, and nothing else. Every one has the tags env=prod and team=t0 to t99, and a rotation to come.
func (f *Fixture) Fill(n int) {
	f.t.Helper()
	m := f.Machine(0)
	now := key.At(f.Now())
	for at := 0; at < n; {
		batch := make([]fsm.Entry, 0, 1024)
		for ; at < n && len(batch) < cap(batch); at++ {
			sum := sha256.Sum256(strconv.AppendInt(nil, int64(at), 10))
			r := &key.Record{
				ID: key.ID(sum[:16]), Name: fmt.Sprintf("app/key-%07d", at), Algorithm: key.AES256GCM, Type: key.SymmetricKey, Usage: key.AES256GCM.Traits().Default(),
				State: key.Active, Tags: map[string]string{"env": "prod", "team": fmt.Sprint("t", at%100)}, Owner: "app1", NextRotate: now + key.Time(1+at*7919%1_000_003),
				Versions: []key.Version{{Number: 1, State: key.Active, Created: now, Activated: now, Material: key.Material{Term: 1, Sealed: make([]byte, 60)}}},
				Created:  now, Updated: now, Revision: 1, MAC: make([]byte, 32),
			}
			data, err := fsm.Encode(&fsm.CreateKey{Record: r}, fsm.Request{}, now)
			if err != nil {
				f.t.Fatal(err)
			}
			batch = append(batch, fsm.Entry{Index: m.State().Index() + uint64(len(batch)) + 1, Data: data})
		}
		if _, err := m.ApplyBatch(batch); err != nil {
			f.t.Fatal(err)
		}
	}
}

// Package audit is the record of what was done, by whom and with which key: one JSON line for each, written before
// the answer is sent, chained by hash so that an edit is noticed. If it cannot be written, the operation is refused.
//
// It knows callers, keys' names and failures by their kind. It must not know any secret: no field of Entry can
// carry key material, and what is put into Detail and Changes is the writer's to keep free of it. Audit is not
// logging: nothing here is dropped, sampled or levelled.
//
// What an attacker who can write to the file gains: he can cut off its end, or write it anew from some line on. Signed
// checkpoints (Config, SetSigner) turn the second into something Verify notices, unless he cuts back to a checkpoint;
// a copy of the last line kept elsewhere (VerifyOptions.Until) shows the first.
package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Phase says whether an entry was written before or after the work.
type Phase string

// Phases. A state change has both, other operations a Response only.
const (
	Request  Phase = "request"  // the intent, before the state is changed
	Response Phase = "response" // the outcome, before the answer is sent
)

// OK is the Outcome of what succeeded; any other is the name of a fault.Kind.
const OK = "ok"

// OutcomeOf is the Outcome for err: OK for nil, else the name of its Kind.
func OutcomeOf(err error) string {
	if err == nil {
		return OK
	}
	return fault.KindOf(err).String()
}

// Limits on one entry, so that a line is bounded whatever a caller sends. What is longer is cut and ends with "…".
const (
	MaxString = 512 // bytes of one string
	MaxList   = 32  // groups, policies and changes, each
)

// Entry is one thing that happened. There is no field for key material, and there never will be.
type Entry struct {
	Seq  uint64    // its number in this node's log, from 1; set by Append
	Node string    // the node that wrote it; set by Append
	Time time.Time // zero: Append takes the present

	Phase     Phase
	Operation string        // what the vault was asked, such as "key.create"
	Action    access.Action // what policies were asked; "" if none were
	Caller    access.Caller // all of it is written but Retry

	Key        key.ID // zero: no single key
	KeyName    string
	KeyVersion uint32

	Index    uint64            // of the log entry that made the change; 0: none
	Outcome  string            // OK or the name of a fault.Kind; "" in a Request
	Detail   string            // the fault's message; never a secret
	Policies []string          // statements that decided
	Changes  map[string]string // parameters that are no secret, such as "algorithm"; written in the order of their names
}

// line is an entry as encoding/json reads it. Encoding is by hand: see appendBody.
type line struct {
	Seq       uint64            `json:"seq"`
	Time      time.Time         `json:"time"`
	Node      string            `json:"node"`
	Phase     Phase             `json:"phase"`
	RequestID string            `json:"request_id"`
	Operation string            `json:"operation"`
	Action    access.Action     `json:"action"`
	Caller    lineCaller        `json:"caller"`
	Key       lineKey           `json:"key"`
	Index     uint64            `json:"index"`
	Outcome   string            `json:"outcome"`
	Detail    string            `json:"detail"`
	Policies  []string          `json:"policies"`
	Changes   map[string]string `json:"changes"`
	Signer    string            `json:"signer"`
	Signature []byte            `json:"signature"`
	Prev      string            `json:"prev"`
	Hash      string            `json:"hash"`
}

type lineCaller struct {
	Principal string   `json:"principal"`
	Kind      string   `json:"kind"`
	Groups    []string `json:"groups"`
	Token     string   `json:"token"`
	Remote    string   `json:"remote"`
	Door      string   `json:"door"`
	Node      string   `json:"node"`

	Certificate string `json:"certificate"`
}

type lineKey struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version uint32 `json:"version"`
}

// Decode reads one line back, without checking its hash (Verify does). fault.Invalid if it is no line of an audit log.
func Decode(b []byte) (Entry, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var l line
	if err := dec.Decode(&l); err != nil {
		return Entry{}, fault.Wrap(fault.Invalid, err, "this is not a line of an audit log")
	}
	e := Entry{
		Seq: l.Seq, Node: l.Node, Time: l.Time, Phase: l.Phase, Operation: l.Operation, Action: l.Action,
		Caller: access.Caller{
			Principal: l.Caller.Principal, Groups: l.Caller.Groups, Remote: l.Caller.Remote, Door: l.Caller.Door,
			Node: l.Caller.Node, RequestID: l.RequestID, Certificate: l.Caller.Certificate,
		},
		KeyName: l.Key.Name, KeyVersion: l.Key.Version,
		Index: l.Index, Outcome: l.Outcome, Detail: l.Detail, Policies: l.Policies, Changes: l.Changes,
	}
	for k := access.Anonymous; k.String() != "unknown"; k++ {
		if k.String() == l.Caller.Kind {
			e.Caller.Kind = k
		}
	}
	for _, id := range []struct {
		to   *key.ID
		from string
	}{{&e.Key, l.Key.ID}, {&e.Caller.Token, l.Caller.Token}} {
		if id.from == "" {
			continue
		}
		parsed, err := key.ParseID(id.from)
		if err != nil {
			return Entry{}, fmt.Errorf("reading an audit line: %w", err)
		}
		*id.to = parsed
	}
	return e, nil
}

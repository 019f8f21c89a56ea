package fsm

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// MaxEntry is the size of the largest log entry, in bytes.
const MaxEntry = 256 << 10

// entryFormat is the first byte of every entry.
const entryFormat = 1

// Entry is one log entry as the log gives it back.
type Entry struct {
	Index uint64
	Data  []byte
}

// Proposal is a decoded log entry.
type Proposal struct {
	Level   uint32   // of the command; a state below it refuses the command
	At      key.Time // stamped by the leader
	Request Request
	Command Command
}

// envelope is what follows the format byte: a CBOR array of these fields.
type envelope struct {
	_     struct{} `cbor:",toarray"`
	Level uint32
	At    key.Time
	ID    [16]byte
	Print [8]byte
	Op    string
	Body  cbor.RawMessage
}

// checker is a command that can tell, without looking at the state, that no node could apply it.
type checker interface{ check() error }

// Encode writes a command as a log entry. What it returns is readable by every node of this program's level, for
// an entry that cannot be read stops the whole cluster. fault.Invalid for a command that could not be read
// back or never be applied, fault.TooLarge beyond MaxEntry.
func Encode(cmd Command, r Request, at key.Time) ([]byte, error) {
	op := operationByName[cmd.Op()]
	if op == nil {
		return nil, fault.New(fault.Internal, "there is no command %q", cmd.Op())
	}
	if at <= 0 {
		return nil, fault.New(fault.Internal, "a command needs the time at which it was proposed")
	}
	if c, ok := cmd.(checker); ok {
		if err := c.check(); err != nil {
			return nil, err
		}
	}
	body, err := encoding.Marshal(cmd)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the command %s cannot be written", op.name)
	}
	if err := decoding.Unmarshal(body, op.zero()); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the command %s could not be read back; names and other text must be valid UTF-8", op.name)
	}
	rest, err := encoding.Marshal(envelope{Level: LevelOf(cmd), At: at, ID: r.ID, Print: r.Print, Op: op.name, Body: body})
	if err != nil {
		return nil, fmt.Errorf("writing entry: %w", err)
	}
	if len(rest)+1 > MaxEntry {
		return nil, fault.New(fault.TooLarge, "the change takes %d bytes of log, more than the %d allowed", len(rest)+1, MaxEntry)
	}
	return append([]byte{entryFormat}, rest...), nil
}

// Decode reads a log entry. Its error says why this program cannot read it, and what to do.
func Decode(entry []byte) (*Proposal, error) { return decode(entry, MaxLevel) }

func decode(entry []byte, supported uint32) (*Proposal, error) {
	if len(entry) == 0 || len(entry) > MaxEntry {
		return nil, fmt.Errorf("an entry of %d bytes is none of ours (1 to %d)", len(entry), MaxEntry)
	}
	if entry[0] != entryFormat {
		return nil, fmt.Errorf("entry format %d is unknown to this program, which reads format %d: it was written by a newer one; upgrade this node", entry[0], entryFormat)
	}
	var e envelope
	if err := decoding.Unmarshal(entry[1:], &e); err != nil {
		return nil, fmt.Errorf("reading entry: %w", err)
	}
	op := operationByName[e.Op]
	if op == nil || e.Level > supported {
		return nil, fmt.Errorf("the operation %q of level %d is unknown to this program, which reads up to level %d: upgrade this node", clip(e.Op), e.Level, supported)
	}
	if e.At < 0 {
		return nil, fmt.Errorf("entry of %s is stamped with the time %d", e.Op, e.At)
	}
	cmd := op.zero()
	if err := decoding.Unmarshal(e.Body, cmd); err != nil {
		return nil, fmt.Errorf("reading body of %s: %w", e.Op, err)
	}
	return &Proposal{Level: max(e.Level, op.level), At: e.At, Request: Request{ID: e.ID, Print: e.Print}, Command: cmd}, nil
}

// clip keeps foreign text short enough for a message.
func clip(s string) string {
	if len(s) > 64 {
		return s[:64] + "…"
	}
	return s
}

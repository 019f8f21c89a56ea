package fsm

import (
	"github.com/quorate/quorate/vault/key"
)

// Command is one kind of change. Commands are plain structs, used by pointer; their field numbers and op
// names are for ever, and a command that was proposed must not be changed afterwards.
type Command interface {
	// Op names the command in the log, such as "key.create".
	Op() string
	// Apply checks everything first and then writes. An error (a *fault.Error) leaves the state as it was.
	// It may look at nothing but the command, the draft and env.
	Apply(d *Draft, env Env) (Result, error)
}

// Revoker is a Command that may take something out of use. Whoever proposes one that does acknowledges it only when
// no node can still serve the old state.
type Revoker interface {
	Revokes() bool
}

// Env is all that Apply may know of the world: the log index of the entry, and the time that the leader
// stamped on it. At never decreases from one entry to the next.
type Env struct {
	Index uint64
	At    key.Time
}

// Result is what a command did, for whoever asked.
type Result struct {
	Object   key.ID `cbor:"1,keyasint"`           // the key or token that was made or changed; zero for anything else
	Version  uint32 `cbor:"2,keyasint,omitempty"` // the key version concerned; for commands on many objects, how many changed
	Revision uint64 `cbor:"3,keyasint,omitempty"` // the object's revision afterwards
	Granted  uint64 `cbor:"4,keyasint,omitempty"` // by AllocateUses: how many uses
}

// Request tells retries of one request from other requests.
type Request struct {
	// ID is the same in every retry. The zero ID is not remembered.
	ID [16]byte
	// Print is a fingerprint of what was asked: the same ID with another Print is refused with fault.Invalid.
	Print [8]byte
}

// MaxLevel is the newest level of commands and formats that this program understands. A new State stands at
// level 1; SetLevel raises it once every member understands the next.
const MaxLevel = 1 + plantedLevel

// operation ties an op's name to its type and to the level at which it appeared.
type operation struct {
	name  string
	level uint32
	zero  func() Command
}

// operations lists every command. A line here is what it takes to add one.
var operations = append([]operation{
	{"key.create", 1, func() Command { return new(CreateKey) }},
	{"key.rotate", 1, func() Command { return new(RotateKey) }},
	{"key.state", 1, func() Command { return new(SetState) }},
	{"key.update", 1, func() Command { return new(UpdateKey) }},
	{"key.schedule-destroy", 1, func() Command { return new(ScheduleDestroy) }},
	{"key.rewrap", 1, func() Command { return new(RewrapKeys) }},
	{"key.purge", 1, func() Command { return new(PurgeKey) }},
	{"key.replace", 1, func() Command { return new(ReplaceKeys) }},
	{"key.certify", 1, func() Command { return new(CertifyKey) }},
	{"key.usage", 1, func() Command { return new(CountUses) }},
	{"key.allocate", 1, func() Command { return new(AllocateUses) }},
	{"token.create", 1, func() Command { return new(CreateToken) }},
	{"token.renew", 1, func() Command { return new(RenewToken) }},
	{"token.revoke", 1, func() Command { return new(RevokeToken) }},
	{"token.use", 1, func() Command { return new(UseToken) }},
	{"token.purge", 1, func() Command { return new(PurgeTokens) }},
	{"policy.put", 1, func() Command { return new(PutPolicy) }},
	{"policy.delete", 1, func() Command { return new(DeletePolicy) }},
	{"document.put", 1, func() Command { return new(PutDocument) }},
	{"document.delete", 1, func() Command { return new(DeleteDocument) }},
	{"cluster.init", 1, func() Command { return new(Init) }},
	{"cluster.level", 1, func() Command { return new(SetLevel) }},
	{"cluster.check", 1, func() Command { return new(Check) }},
	{"key.create-many", 1, func() Command { return new(CreateKeys) }},
	{"key.reparent", 1, func() Command { return new(Reparent) }},
	{"restore.begin", 1, func() Command { return new(BeginRestore) }},
	{"restore.chunk", 1, func() Command { return new(RestoreChunk) }},
	{"restore.commit", 1, func() Command { return new(CommitRestore) }},
	{"restore.abort", 1, func() Command { return new(AbortRestore) }},
	{"opening.grant", 1, func() Command { return new(GrantOpening) }},
	{"opening.seen", 1, func() Command { return new(NoteOpen) }},
	{"opening.approve", 1, func() Command { return new(ApproveOpening) }},
	{"opening.forget", 1, func() Command { return new(ForgetOpening) }},
	{"key.archive", 1, func() Command { return new(ArchiveKey) }},
	{"bundle", 1, func() Command { return new(Bundle) }},
}, plantedOperations...)

var operationByName = func() map[string]*operation {
	m := make(map[string]*operation, len(operations))
	for i := range operations {
		m[operations[i].name] = &operations[i]
	}
	return m
}()

// LevelOf is the level at which a command appeared, of a Bundle the newest of its commands': a state below it refuses the command, and a
// program below it cannot read the entry. 0 for what is no command of this program.
func LevelOf(c Command) uint32 {
	op := operationByName[c.Op()]
	if op == nil {
		return 0
	}
	level := op.level
	if b, ok := c.(*Bundle); ok {
		for _, in := range b.Commands {
			if in.Command != nil {
				level = max(level, LevelOf(in.Command))
			}
		}
	}
	return level
}

// Commands returns a zero value of every command, in a fixed order.
func Commands() []Command {
	all := make([]Command, len(operations))
	for i := range operations {
		all[i] = operations[i].zero()
	}
	return all
}

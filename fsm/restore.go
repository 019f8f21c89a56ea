package fsm

import (
	"bytes"
	"crypto/sha256"
	"io"
	"slices"
	"time"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// A state is replaced through the log, in pieces: BeginRestore freezes the vault, RestoreChunk brings the image of the new
// state piece by piece, CommitRestore swaps. So every node swaps at the same place in the log or none does, a leader that
// dies in the middle leaves nothing behind, and what was acknowledged before the swap was seen by whoever made the image.
// Pieces that wait are part of the state, and of its snapshots.

// Limits of a restore.
const (
	MaxChunk     = 192 << 10        // bytes of one piece
	maxChunks    = 1 << 16          // 12 GiB
	RestoreLimit = 15 * time.Minute // after which the pieces are dropped and the vault goes on as it was
)

// restoring is the pieces so far. It is copied, never changed.
type restoring struct {
	id     [16]byte
	began  key.Time // 0: no restore is under way
	chunks [][]byte
}

// staged is how a piece stands in a snapshot; number 0 is the beginning.
type staged struct {
	ID     [16]byte `cbor:"1,keyasint"`
	Number uint32   `cbor:"2,keyasint"`
	Began  key.Time `cbor:"3,keyasint"`
	Data   []byte   `cbor:"4,keyasint,omitempty"`
}

// BeginRestore freezes the vault: until the restore is committed or aborted, or RestoreLimit has passed, commands other than
// those of the restore, on documents and of the cluster itself are refused with fault.Busy. It takes the place of another restore.
type BeginRestore struct {
	ID [16]byte `cbor:"1,keyasint"`
}

// Op implements Command.
func (*BeginRestore) Op() string { return "restore.begin" }

// Apply implements Command.
func (c *BeginRestore) Apply(d *Draft, env Env) (Result, error) {
	if c.ID == ([16]byte{}) {
		return Result{}, fault.New(fault.Invalid, "a restore needs an id")
	}
	d.dirty = true
	d.restoring = restoring{id: c.ID, began: env.At}
	return Result{}, nil
}

// RestoreChunk adds a piece, counted from 1. fault.Conflict if another one is expected, or another restore is under way.
type RestoreChunk struct {
	ID     [16]byte `cbor:"1,keyasint"`
	Number uint32   `cbor:"2,keyasint"`
	Data   []byte   `cbor:"3,keyasint"`
}

// Op implements Command.
func (*RestoreChunk) Op() string { return "restore.chunk" }

// Apply implements Command.
func (c *RestoreChunk) Apply(d *Draft, _ Env) (Result, error) {
	if err := d.restoring.is(c.ID); err != nil {
		return Result{}, err
	}
	switch next := uint32(len(d.restoring.chunks)) + 1; {
	case c.Number != next:
		return Result{}, fault.New(fault.Conflict, "piece %d of the restore is expected, not %d", next, c.Number)
	case c.Number > maxChunks || len(c.Data) > MaxChunk || len(c.Data) == 0:
		return Result{}, fault.New(fault.TooLarge, "a restore has at most %d pieces of at most %d bytes", maxChunks, MaxChunk)
	}
	d.dirty = true
	d.restoring.chunks = append(slices.Clip(d.restoring.chunks), c.Data)
	return Result{}, nil
}

// CommitRestore swaps: keys, their uses and campaigns, tokens and policies become those of the image. In a vault that was
// founded before, documents stay, but for the authentication of the policies; else they are the image's too. Documents then
// replaces some. What became of earlier requests is forgotten. fault.Invalid if the pieces are not the image of that sum.
type CommitRestore struct {
	ID        [16]byte   `cbor:"1,keyasint"`
	Sum       [32]byte   `cbor:"2,keyasint"` // SHA-256 of all pieces
	Documents []Document `cbor:"3,keyasint,omitempty"`
}

// Op implements Command.
func (*CommitRestore) Op() string { return "restore.commit" }

// Revokes implements Revoker: what is not in the image goes out of use.
func (*CommitRestore) Revokes() bool { return true }

// Apply implements Command.
func (c *CommitRestore) Apply(d *Draft, env Env) (Result, error) {
	if err := d.restoring.is(c.ID); err != nil {
		return Result{}, err
	}
	sum := sha256.New()
	readers := make([]io.Reader, len(d.restoring.chunks))
	for i, b := range d.restoring.chunks {
		sum.Write(b)
		readers[i] = bytes.NewReader(b)
	}
	if [32]byte(sum.Sum(nil)) != c.Sum {
		return Result{}, fault.New(fault.Invalid, "the pieces of the restore are not those that were to come")
	}
	for _, doc := range c.Documents {
		if err := checkDocument(doc.Name, doc.Body); err != nil {
			return Result{}, err
		}
	}
	s, err := readSnapshot(io.MultiReader(readers...), d.level) // not what this program supports: all nodes must decide alike
	if err != nil {
		return Result{}, fault.Wrap(fault.Invalid, err, "the image of the restore cannot be read")
	}
	d.adopt(s, c.Documents, env)
	return Result{Revision: 1}, nil
}

// adopt is the swap.
func (d *Draft) adopt(s *State, documents []Document, env Env) {
	d.dirty = true
	old := d.content
	d.content = s.content
	d.content.share()
	d.level = max(old.level, s.level)
	d.restoring = restoring{}
	d.outcomes = newOutcomes()
	if old.document(SealDocument) != nil {
		policies := s.document(PoliciesDocument)
		d.documents = old.documents
		if there := d.document(PoliciesDocument); there != nil || policies != nil {
			d.putDocument(there, policies)
		}
	}
	for _, doc := range documents {
		there, revision := d.document(doc.Name), uint64(1)
		if there != nil {
			revision = there.Revision + 1
		}
		d.putDocument(there, &Document{Name: doc.Name, Revision: revision, Body: doc.Body, Updated: env.At})
	}
}

// AbortRestore drops the pieces: the vault goes on as it was.
type AbortRestore struct {
	ID [16]byte `cbor:"1,keyasint"`
}

// Op implements Command.
func (*AbortRestore) Op() string { return "restore.abort" }

// Apply implements Command.
func (c *AbortRestore) Apply(d *Draft, _ Env) (Result, error) {
	if err := d.restoring.is(c.ID); err != nil {
		return Result{}, err
	}
	d.dirty = true
	d.restoring = restoring{}
	return Result{}, nil
}

func (r *restoring) is(id [16]byte) error {
	if r.began == 0 || r.id != id {
		return fault.New(fault.Conflict, "this restore is not under way any more").WithHint("Begin it again.")
	}
	return nil
}

// frozen refuses commands that would change what the image was made from. A restore that was left lying ends here.
func (d *Draft) frozen(cmd Command) *fault.Error {
	if d.restoring.began == 0 {
		return nil
	}
	if d.at >= d.restoring.began.Add(RestoreLimit) {
		d.restoring = restoring{}
		return nil
	}
	switch cmd.(type) {
	case *BeginRestore, *RestoreChunk, *CommitRestore, *AbortRestore, *PutDocument, *DeleteDocument, *SetLevel, *Check:
		return nil
	}
	return fault.New(fault.Busy, "a snapshot is being restored; nothing is changed meanwhile").WithHint("Try again in a moment.")
}

// Restoring tells since when a restore is under way; 0: none is.
func (s *State) Restoring() key.Time { return s.restoring.began }

func (r *restoring) write(sw *snapshotWriter) {
	if r.began == 0 {
		return
	}
	sw.item(&staged{ID: r.id, Began: r.began})
	for i, b := range r.chunks {
		sw.item(&staged{ID: r.id, Number: uint32(i) + 1, Began: r.began, Data: b})
	}
}

func (r *restoring) count() uint64 {
	if r.began == 0 {
		return 0
	}
	return uint64(len(r.chunks)) + 1
}

func (r *restoring) read(sr *snapshotReader) error {
	return section(sr, sectionRestoring, func(p *staged) error {
		switch {
		case p.Number == 0 && r.began == 0 && p.Began > 0 && len(p.Data) == 0 && p.ID != [16]byte{}:
			r.id, r.began = p.ID, p.Began
			return nil
		case p.Number == 0 || r.began == 0 || p.ID != r.id || p.Began != r.began || int(p.Number) != len(r.chunks)+1 || len(p.Data) == 0 || len(p.Data) > MaxChunk:
			return errOrder
		}
		r.chunks = append(r.chunks, p.Data)
		return nil
	})
}

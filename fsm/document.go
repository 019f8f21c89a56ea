package fsm

import (
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Limits on documents.
const (
	MaxDocuments = 10_000
	MaxDocument  = 128 << 10 // bytes of one body
)

// SealDocument is the name of the document whose presence says that the cluster was initialised.
const SealDocument = "seal"

// Document is a small opaque piece of replicated data, such as the seal's configuration or one member's
// description. Documents in the state are shared and never changed.
type Document struct {
	Name     string   `cbor:"1,keyasint"`
	Revision uint64   `cbor:"2,keyasint"` // counts changes from 1
	Body     []byte   `cbor:"3,keyasint"`
	Updated  key.Time `cbor:"4,keyasint"`
}

// PutDocument adds or replaces a document. fault.Conflict if its revision is not Expect (0: there is none).
type PutDocument struct {
	Name   string `cbor:"1,keyasint"`
	Expect uint64 `cbor:"2,keyasint,omitempty"`
	Body   []byte `cbor:"3,keyasint"`
}

// Op implements Command.
func (*PutDocument) Op() string { return "document.put" }

// Apply implements Command.
func (c *PutDocument) Apply(d *Draft, env Env) (Result, error) {
	if err := checkDocument(c.Name, c.Body); err != nil {
		return Result{}, err
	}
	old, found := d.document(c.Name), uint64(0)
	if old != nil {
		found = old.Revision
	}
	if err := expectRevision("document", c.Name, c.Expect, found); err != nil {
		return Result{}, err
	}
	if old == nil && d.documentCount() >= MaxDocuments {
		return Result{}, fault.New(fault.TooLarge, "there are %d documents, the most there may be", MaxDocuments)
	}
	d.putDocument(old, &Document{Name: c.Name, Revision: found + 1, Body: c.Body, Updated: env.At})
	return Result{Revision: found + 1}, nil
}

// DeleteDocument removes a document. fault.NotFound if there is none, fault.Conflict if its revision is not
// Expect, fault.BadState for SealDocument, without which nothing could be opened again.
type DeleteDocument struct {
	Name   string `cbor:"1,keyasint"`
	Expect uint64 `cbor:"2,keyasint"`
}

// Op implements Command.
func (*DeleteDocument) Op() string { return "document.delete" }

// Revokes implements Revoker: a member's description goes this way.
func (*DeleteDocument) Revokes() bool { return true }

// Apply implements Command.
func (c *DeleteDocument) Apply(d *Draft, _ Env) (Result, error) {
	old := d.document(c.Name)
	if old == nil {
		return Result{}, fault.New(fault.NotFound, "there is no document %q", clip(c.Name))
	}
	if err := expectRevision("document", c.Name, c.Expect, old.Revision); err != nil {
		return Result{}, err
	}
	if c.Name == SealDocument {
		return Result{}, fault.New(fault.BadState, "the document %q stays as long as the cluster does", SealDocument)
	}
	d.putDocument(old, nil)
	return Result{}, nil
}

func checkDocument(name string, body []byte) error {
	if err := key.CheckName(name); err != nil {
		return err
	}
	if len(body) > MaxDocument {
		return fault.New(fault.TooLarge, "the document %q has %d bytes, more than the %d allowed", clip(name), len(body), MaxDocument)
	}
	return nil
}

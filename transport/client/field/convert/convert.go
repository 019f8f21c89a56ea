// Package convert encrypts the plain values of a column that has rows already, while applications go on using the table: batch by
// batch of rows that are locked meanwhile, each value proved to open before it is written. It can be ended at any time and begun
// again: what is encrypted is passed over.
//
// It knows database/sql in PostgreSQL's dialect, and the forms of package field. It must not know which key is used, or a driver.
package convert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/transport/client/field"
	"github.com/quorate/quorate/vault/fault"
)

// Form is how a value is stored. row is the text of the row's key.
type Form interface {
	Seal(ctx context.Context, row, plain string) (string, error)
	Open(ctx context.Context, row, stored string) (string, error)
}

// Value is the form of field.Encrypted[string], sealed where "<label> <row>".
func Value(box *envelope.Box, label string) Form { return value{box, label} }

type value struct {
	box   *envelope.Box
	label string
}

func (v value) Seal(ctx context.Context, row, plain string) (string, error) {
	e, err := field.Seal(ctx, v.box, plain, v.label+" "+row)
	if err != nil {
		return "", err
	}
	stored, err := e.Value()
	if err != nil {
		return "", fmt.Errorf("writing the value down: %w", err)
	}
	text, _ := stored.(string) // an Encrypted that is not zero is one
	return text, nil
}

func (v value) Open(ctx context.Context, row, stored string) (string, error) {
	var e field.Encrypted[string]
	if err := e.Scan(stored); err != nil {
		return "", err
	}
	return e.Open(ctx, v.box, v.label+" "+row)
}

// Tagged is the form of a struct's field with the tag `quorate:"<label>"`, sealed by a field.Walker.
func Tagged(box *envelope.Box, label string) Form { return tagged{field.Walker{Box: box}, label} }

type tagged struct {
	walker field.Walker
	label  string
}

func (t tagged) Seal(ctx context.Context, row, plain string) (string, error) {
	return t.walker.SealField(ctx, t.label, row, plain)
}

func (t tagged) Open(ctx context.Context, row, stored string) (string, error) {
	return t.walker.OpenField(ctx, t.label, row, stored)
}

// Searchable is the form that can be searched for; read the comment of field.Index about its price.
func Searchable(index *field.Index, label string) Form { return searchable{index, label} }

type searchable struct {
	index *field.Index
	label string
}

func (s searchable) Seal(ctx context.Context, _, plain string) (string, error) {
	return s.index.Seal(ctx, s.label, plain)
}

func (s searchable) Open(ctx context.Context, _, stored string) (string, error) {
	return s.index.Open(ctx, s.label, stored)
}

// Column says which values are encrypted. Names are taken as they stand; a table may have a schema in front.
type Column struct {
	Table string
	Key   string // column of the primary key, which orders the rows: numbers, text, or a UUID
	Name  string // column of text with the plain values
	Into  string // another column for the encrypted ones; "": the same
	Clear bool   // with Into: the plain value is set to NULL when the encrypted one is written
}

// Report counts rows.
type Report struct {
	Rows    int64 `json:"rows"`             // that were looked at
	Null    int64 `json:"null"`             // have no value
	Before  int64 `json:"encrypted_before"` // were encrypted already
	Done    int64 `json:"encrypted"`        // were encrypted, or would be
	Longest int   `json:"longest"`          // letters of the longest encrypted value that was made
}

// Job is one conversion. Its methods may be called one after the other.
type Job struct {
	DB       *sql.DB
	Column   Column
	Form     Form
	Batch    int          // rows of a transaction; 0: 200
	Progress func(Report) // hears after each batch; may be nil
}

// Count tells how many rows there are, for progress.
func (j *Job) Count(ctx context.Context) (n int64, err error) {
	if err := j.check(); err != nil {
		return 0, err
	}
	err = j.DB.QueryRowContext(ctx, "SELECT count(*) FROM "+table(j.Column.Table)).Scan(&n)
	return n, failed(err, "counting the rows")
}

// Dry looks at every row, and encrypts and opens each plain value without writing it.
func (j *Job) Dry(ctx context.Context) (Report, error) { return j.pass(ctx, false) }

// Run encrypts, and looks again until no plain value is left: others may write some meanwhile. fault.Conflict if they do without
// end. An error or the end of ctx leaves whole batches behind: run it again.
func (j *Job) Run(ctx context.Context) (Report, error) {
	all, err := j.pass(ctx, true)
	for again := all; err == nil && again.Done > 0; all.Done, all.Longest = all.Done+again.Done, max(all.Longest, again.Longest) {
		if all.Done > 10*all.Rows+1000 {
			return all, fault.New(fault.Conflict, "plain values are written as fast as they are encrypted").WithHint("Have the application write encrypted values, then run it again.")
		}
		again, err = j.pass(ctx, true)
	}
	return all, err
}

// row is one as it was read.
type row struct {
	key           any
	name          string // of the row: its key as text
	plain, stored sql.NullString
}

func (j *Job) pass(ctx context.Context, write bool) (r Report, err error) {
	if err := j.check(); err != nil {
		return r, err
	}
	var last any
	for {
		n, err := j.batch(ctx, &last, write, &r)
		if err != nil {
			return r, ended(ctx, err)
		}
		if j.Progress != nil {
			j.Progress(r)
		}
		if n < j.size() {
			return r, nil
		}
	}
}

func (j *Job) size() int {
	if j.Batch <= 0 {
		return 200
	}
	return j.Batch
}

// batch does the rows behind last in one transaction. What it did is counted when it is committed.
func (j *Job) batch(ctx context.Context, last *any, write bool, r *Report) (n int, err error) {
	tx, err := j.DB.BeginTx(ctx, &sql.TxOptions{ReadOnly: !write})
	if err != nil {
		return 0, failed(err, "beginning a transaction")
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	rows, err := j.read(ctx, tx, *last, write)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	now := *r
	for _, row := range rows {
		if err := j.one(ctx, tx, row, write, &now); err != nil {
			return 0, err
		}
	}
	if err := tx.Commit(); err != nil {
		return 0, failed(err, "committing the encrypted values")
	}
	*r, *last = now, rows[len(rows)-1].key
	return len(rows), nil
}

// one encrypts the value of a row, if it is plain.
func (j *Job) one(ctx context.Context, tx *sql.Tx, row row, write bool, r *Report) error {
	r.Rows++
	own := j.Column.Into == ""
	switch {
	case own && row.plain.Valid && field.IsSealed(row.plain.String), !own && row.stored.Valid:
		r.Before++
		return nil
	case !row.plain.Valid:
		r.Null++
		return nil
	case field.IsSealed(row.plain.String):
		return about(row, fault.New(fault.Invalid, "the plain value looks like an encrypted one"))
	}
	sealed, err := j.Form.Seal(ctx, row.name, row.plain.String)
	if err != nil {
		return about(row, err)
	}
	if back, err := j.Form.Open(ctx, row.name, sealed); err != nil {
		return about(row, err)
	} else if back != row.plain.String {
		return about(row, fault.New(fault.Invalid, "the value is no text in UTF-8, and would come back changed").WithHint("Such a column cannot be converted; nothing of this batch was written."))
	}
	r.Longest = max(r.Longest, len(sealed))
	r.Done++
	if !write {
		return nil
	}
	done, err := tx.ExecContext(ctx, j.update(), sealed, row.key)
	if err != nil {
		return about(row, failed(err, "writing the encrypted value"))
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return about(row, fault.Wrap(fault.Invalid, err, "the key %s does not name one row", j.Column.Key).WithHint("Name the primary key; nothing of this batch was written."))
	}
	return nil
}

// Verify opens the encrypted value of every row, and compares it with the plain one where that is still there. fault.Invalid
// names the first row that does not open, is different, or is still plain.
func (j *Job) Verify(ctx context.Context) (r Report, err error) {
	if err := j.check(); err != nil {
		return r, err
	}
	var last any
	for {
		rows, err := j.read(ctx, j.DB, last, false)
		if err != nil {
			return r, ended(ctx, err)
		}
		for _, row := range rows {
			if err := j.verify(ctx, row, &r); err != nil {
				return r, ended(ctx, about(row, err))
			}
			last = row.key
		}
		if j.Progress != nil {
			j.Progress(r)
		}
		if len(rows) < j.size() {
			return r, nil
		}
	}
}

func (j *Job) verify(ctx context.Context, row row, r *Report) error {
	r.Rows++
	stored := row.stored
	if j.Column.Into == "" {
		stored = row.plain
	}
	switch {
	case !stored.Valid && !row.plain.Valid:
		r.Null++
		return nil
	case !stored.Valid || !field.IsSealed(stored.String):
		return fault.New(fault.Invalid, "the value is still plain").WithHint("Run the conversion again.")
	}
	plain, err := j.Form.Open(ctx, row.name, stored.String)
	if err != nil {
		return err
	}
	if j.Column.Into != "" && row.plain.Valid && plain != row.plain.String {
		return fault.New(fault.Invalid, "the encrypted value is not the plain one: it was changed after it was encrypted").
			WithHint("Set %s to NULL in that row, and run the conversion again.", j.Column.Into)
	}
	r.Before++
	return nil
}

// about says which row an error is about, and nothing of its value.
func about(row row, err error) error {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		return fmt.Errorf("row %s: %w", row.name, err)
	}
	return fault.Wrap(f.Kind, err, "row %s: %s", row.name, f.Message).WithHint("%s", f.NextStep())
}

// ended is the end of ctx where that is what an error comes from: a database says in its own words that a statement was cancelled.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// failed keeps the database's own words: they name tables and columns. What was to be stored is in none that PostgreSQL sends for
// what is done here.
func failed(err error, doing string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fault.Wrap(fault.Invalid, err, "%s: %s", doing, firstLine(err.Error())).WithHint("Check the names of table and columns, their types, and what the database's user may do.")
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

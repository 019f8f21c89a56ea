package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	_ "github.com/lib/pq" // PostgreSQL
	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/client/envelope"
	fields "github.com/quorate/quorate/transport/client/field"
	"github.com/quorate/quorate/transport/client/field/convert"
	"github.com/quorate/quorate/vault/fault"
)

// conversion are the flags of convert.
type conversion struct {
	column           convert.Column
	database         string
	key, label       string
	tagged           bool
	index            string // file with an index key
	batch            int
	dry, verify, new bool
}

func newConvertCmd(a *app) *cobra.Command {
	var f conversion
	cmd := &cobra.Command{
		Use:   "convert --key KEY --table T --id COLUMN --column COLUMN",
		Short: "Encrypt the plain values of a database column that has rows already",
		Long: `Encrypt a column of text in a PostgreSQL database, while applications go on using the table. Go programs read the values as
field.Encrypted[string], sealed where "<label> <id>"; with --tagged as a struct's field with the tag quorate:"<label>"; with --index as
one that can be searched for (read about its price in package field). The label is table.column unless --label says otherwise.

Rows are locked and written in batches; a value is proved to open before it is written. It can be interrupted and run again: what is
encrypted is passed over. It ends when a whole pass finds nothing plain. Begin with --dry-run, which encrypts and opens everything and
writes nothing; end with --verify, which opens every row. The column must have room: a value grows to about 4/3 and 220 letters.

The database is found as psql finds it: PGHOST, PGDATABASE, PGUSER, PGPASSFILE, …, or by --database without a password in it.`,
		Example: `  quorate convert --key app1 --table customers --id id --column email --dry-run
  quorate convert --key app1 --table customers --id id --column email
  quorate convert --key app1 --table customers --id id --column email --verify
  quorate convert --key app1 --new-index > phone.index
  quorate convert --key app1 --table customers --id id --column phone --into phone_enc --clear --index phone.index`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			box, err := envelope.New(c, f.key)
			if err != nil {
				return err
			}
			defer box.Close()
			if f.new {
				return a.newIndex(cmd.Context(), box)
			}
			return a.convert(cmd.Context(), box, f)
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.key, "key", "k", "", "name or id of the `key`")
	fl.StringVar(&f.database, "database", "", "`address` of the database: postgres://user@host/name or host=… dbname=… (default: PGHOST and its like)")
	fl.StringVar(&f.column.Table, "table", "", "`table`, with its schema if it needs one")
	fl.StringVar(&f.column.Key, "id", "", "`column` of the primary key: a number, text or a UUID")
	fl.StringVar(&f.column.Name, "column", "", "`column` with the plain values")
	fl.StringVar(&f.column.Into, "into", "", "another `column` for the encrypted values (default: in place)")
	fl.BoolVar(&f.column.Clear, "clear", false, "with --into: set the plain value to NULL when its encrypted one is written")
	fl.StringVar(&f.label, "label", "", "`text` that is bound to the values (default: table.column)")
	fl.BoolVar(&f.tagged, "tagged", false, "as fields of structs with a tag, not as field.Encrypted[string]")
	fl.StringVar(&f.index, "index", "", "as values that can be searched for, with the index key in this `file`")
	fl.BoolVar(&f.new, "new-index", false, "print a new index key, encrypted under the key, and do nothing else")
	fl.IntVar(&f.batch, "batch", 200, "`rows` that are locked and written at a time")
	fl.BoolVar(&f.dry, "dry-run", false, "write nothing")
	fl.BoolVar(&f.verify, "verify", false, "open every encrypted value, and write nothing")
	_ = cmd.MarkFlagRequired("key")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "verify", "new-index")
	cmd.MarkFlagsMutuallyExclusive("tagged", "index")
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeyFlag)
	return cmd
}

func (a *app) newIndex(ctx context.Context, box *envelope.Box) error {
	text, err := fields.NewIndexKey(ctx, box)
	if err != nil {
		return err
	}
	return a.result(map[string]string{"index": text}, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, text)
		return err
	})
}

// form is how the values are stored.
func (a *app) convertedForm(ctx context.Context, box *envelope.Box, f conversion) (convert.Form, error) {
	label := nonEmpty(f.label, f.column.Table+"."+f.column.Name)
	switch {
	case f.tagged:
		return convert.Tagged(box, label), nil
	case f.index != "":
		text, err := a.readSmall(f.index, 4<<10)
		if err != nil {
			return nil, err
		}
		index, err := fields.OpenIndex(ctx, box, string(text))
		if err != nil {
			return nil, err
		}
		return convert.Searchable(index, label), nil
	}
	return convert.Value(box, label), nil
}

func (a *app) convert(ctx context.Context, box *envelope.Box, f conversion) error {
	if hasPassword(f.database) {
		return fault.New(fault.Invalid, "the database's password would be seen by everybody on this machine").WithHint("Leave it out of --database; put it into a file that PGPASSFILE names, or into PGPASSWORD.")
	}
	if f.batch < 1 || f.batch > 10_000 {
		return fault.New(fault.Invalid, "--batch is %d, but it can be 1 to 10000 only", f.batch)
	}
	if f.column.Table == "" || f.column.Key == "" || f.column.Name == "" {
		return fault.New(fault.Invalid, "a conversion needs a table, the column of its primary key, and the column with the plain values").WithHint("Add --table, --id and --column.")
	}
	form, err := a.convertedForm(ctx, box, f)
	if err != nil {
		return err
	}
	db, err := sql.Open("postgres", f.database)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the database's address cannot be read")
	}
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		return fault.Wrap(fault.Invalid, err, "the database cannot be reached").WithHint("Try it with psql: PGHOST, PGDATABASE, PGUSER and PGPASSFILE, or --database, are the same.")
	}
	job := &convert.Job{DB: db, Column: f.column, Form: form, Batch: f.batch}
	total, err := job.Count(ctx)
	if err != nil {
		return err
	}
	work, label := job.Run, "encrypting"
	switch {
	case f.dry:
		work, label = job.Dry, "trying"
	case f.verify:
		work, label = job.Verify, "opening"
	}
	bar, seen := a.newCount(label, total), int64(0)
	job.Progress = func(r convert.Report) {
		bar.add(max(0, r.Rows-seen)) // a second pass begins anew
		seen = max(seen, r.Rows)
	}
	r, err := work(ctx)
	bar.end(err == nil)
	if err != nil && (r.Rows == 0 || !errors.Is(err, context.Canceled)) {
		return err
	}
	shown := a.result(r, func(w io.Writer) error {
		return describe(w, []field{
			{"Rows", fmt.Sprint(r.Rows)},
			{"Without a value", fmt.Sprint(r.Null)},
			{"Encrypted before", fmt.Sprint(r.Before)},
			{map[bool]string{false: "Encrypted", true: "Would be encrypted"}[f.dry], fmt.Sprint(r.Done)},
			{"Longest", fmt.Sprint(r.Longest)},
		})
	})
	return errors.Join(err, shown)
}

// hasPassword tells whether a database's address holds one.
func hasPassword(address string) bool {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		if _, set := u.User.Password(); set {
			return true
		}
		if u.Query().Has("password") {
			return true
		}
	}
	return strings.Contains(strings.ToLower(address), "password=")
}

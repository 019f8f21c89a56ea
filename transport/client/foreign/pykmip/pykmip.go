// Package pykmip reads the keys in the database of PyKMIP's server, a file of SQLite.
//
// It knows that file and its tables. It must not know what becomes of an object: that is foreign's. It stands alone because fuzzing
// watches all of a program, and SQLite is large.
package pykmip

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // reads the database

	"github.com/quorate/quorate/transport/client/foreign"
	"github.com/quorate/quorate/vault/fault"
)

// maxValues bounds the values of all objects together, in bytes.
const maxValues = 256 << 20

// maxKeys bounds the objects.
const maxKeys = 100_000

// maxName bounds a name, in letters; the server itself sets no limit.
const maxName = 4 << 10

// Read reads the objects in the SQLite database of PyKMIP's server, which must not be running. It writes nothing.
// fault.Invalid for a file that is no such database; fault.TooLarge for one with more than can be taken over at once.
func Read(ctx context.Context, path string) ([]foreign.Key, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding the database: %w", err)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, invalid("%s is no regular file, and so no database", path).WithHint("Give the file that database_path in that server's configuration names.")
	}
	// The schema is the file's, so it was written by others: no function that it names does more than compute.
	query := url.Values{"mode": {"ro"}, "_pragma": {"trusted_schema(0)", "cell_size_check(1)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	rows, err := readRows(ctx, db)
	defer func() {
		for _, r := range rows {
			r.Clear()
		}
	}()
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, fault.TooLarge) {
			return nil, err
		}
		return nil, fault.Wrap(fault.Invalid, err, "the file is not a whole database of PyKMIP's server").
			WithHint("Stop that server and give its database (database_path in its configuration): a file of SQLite.")
	}
	all := make([]foreign.Key, 0, len(rows))
	for _, r := range rows {
		all = append(all, r.Key())
	}
	return all, nil
}

// tables refuses a database in which a name that is read is not a plain table: a view or a computed column can be without end.
func tables(ctx context.Context, db *sql.DB) error {
	for _, name := range []string{"managed_objects", "crypto_objects", "keys", "managed_object_names"} {
		var plain, computed int
		if err := db.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND name = ? AND type = 'table'`, name).Scan(&plain); err != nil {
			return err
		}
		if err := db.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_xinfo(?) WHERE hidden <> 0`, name).Scan(&computed); err != nil {
			return err
		}
		if plain != 1 || computed > 0 {
			return invalid("%s is no table as that server makes it", name)
		}
	}
	return nil
}

func readRows(ctx context.Context, db *sql.DB) (all []*foreign.PyKMIPObject, err error) {
	if err := tables(ctx, db); err != nil {
		return nil, err
	}
	var there int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM managed_objects LIMIT ?)`, maxKeys+1).Scan(&there); err != nil {
		return nil, err
	}
	if there > maxKeys { // before any of them is read
		return nil, tooLarge()
	}
	wrapped := "NULL"
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_info('keys') WHERE name = '_kdw_wrapping_method'`).Scan(&there); err != nil {
		return nil, err
	}
	if there > 0 { // older databases have no wrapped keys
		wrapped = "k._kdw_wrapping_method"
	}
	// A value that is too large is not read at all. One that is text is not one of that server's.
	found, err := db.QueryContext(ctx, `SELECT m.uid, m.object_type, CASE WHEN typeof(m.value) = 'blob' AND length(m.value) <= ? THEN m.value END,
		c.state, k.cryptographic_algorithm, k.cryptographic_length, `+wrapped+`
		FROM managed_objects m LEFT JOIN crypto_objects c ON c.uid = m.uid LEFT JOIN keys k ON k.uid = m.uid ORDER BY m.uid`, foreign.MaxMaterial)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	at, bytes := map[int64]*foreign.PyKMIPObject{}, 0
	for found.Next() {
		columns, into := make([]any, foreign.PyKMIPColumns), make([]any, foreign.PyKMIPColumns)
		for i := range columns {
			into[i] = &columns[i]
		}
		if err := found.Scan(into...); err != nil {
			return all, err
		}
		r, err := foreign.ParsePyKMIP(columns)
		if err != nil {
			for _, c := range columns {
				if b, ok := c.([]byte); ok {
					clear(b)
				}
			}
			return all, err
		}
		if at[r.UID()] != nil {
			return all, invalid("the object %d is in it twice", r.UID())
		}
		all, at[r.UID()] = append(all, r), r
		if bytes += r.Size(); len(all) > maxKeys || bytes > maxValues {
			return all, tooLarge()
		}
	}
	if err := found.Err(); err != nil {
		return all, err
	}
	return all, readNames(ctx, db, at)
}

// readNames gives objects their names, in order.
func readNames(ctx context.Context, db *sql.DB, at map[int64]*foreign.PyKMIPObject) error {
	names, err := db.QueryContext(ctx, `SELECT mo_uid, name FROM managed_object_names WHERE typeof(name) = 'text' AND length(name) <= ? ORDER BY mo_uid, name_index`, maxName)
	if err != nil {
		return err
	}
	defer names.Close()
	for names.Next() {
		var uid int64
		var name string
		if err := names.Scan(&uid, &name); err != nil {
			return err
		}
		if r := at[uid]; r != nil {
			r.AddName(name)
		}
	}
	return names.Err()
}

func tooLarge() error {
	return fault.New(fault.TooLarge, "the database has more than %d objects, or %d MiB of keys", maxKeys, maxValues>>20)
}

func invalid(format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, format, args...)
}

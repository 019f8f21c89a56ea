package foreign

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // reads the database

	"github.com/quorate/quorate/vault/fault"
)

// What PyKMIP keeps as numbers: KMIP's own.
const (
	typeCertificate, typeSymmetric, typePublic, typePrivate = 1, 2, 3, 4
	typeSplit, typeSecret, typeOpaque                       = 5, 7, 8

	statePreActive, stateActive, stateDeactivated, stateCompromised = 1, 2, 3, 4

	algorithmAES, algorithmRSA, algorithmChaCha = 3, 4, 0x1c
)

// hmacs are KMIP's HMAC algorithms with the length that keys of them have here.
var hmacs = map[[2]int64]string{{9, 256}: "hmac-sha256", {10, 384}: "hmac-sha384", {11, 512}: "hmac-sha512"}

// row is one object as it lies in the database.
type row struct {
	uid                          int64
	kind                         int64
	value                        []byte
	mask, state, algorithm, bits sql.NullInt64
	wrapped                      sql.NullInt64
	names                        []string
}

// maxValues bounds the values of all objects together, in bytes.
const maxValues = 256 << 20

// maxName bounds a name, in letters; the server itself sets no limit.
const maxName = 4 << 10

// ReadPyKMIP reads the objects in the SQLite database of PyKMIP's server, which must not be running. It writes nothing.
// fault.Invalid for a file that is no such database; fault.TooLarge for one with more than can be taken over at once.
func ReadPyKMIP(ctx context.Context, path string) ([]Key, error) {
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
			clear(r.value)
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
	all := make([]Key, 0, len(rows))
	for _, r := range rows {
		all = append(all, r.key())
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

func readRows(ctx context.Context, db *sql.DB) (all []*row, err error) {
	if err := tables(ctx, db); err != nil {
		return nil, err
	}
	wrapped := "NULL"
	var there int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_info('keys') WHERE name = '_kdw_wrapping_method'`).Scan(&there); err != nil {
		return nil, err
	}
	if there > 0 { // older databases have no wrapped keys
		wrapped = "k._kdw_wrapping_method"
	}
	// A value that is too large is not read at all. One that is text is not one of that server's.
	found, err := db.QueryContext(ctx, `SELECT m.uid, m.object_type, CASE WHEN typeof(m.value) = 'blob' AND length(m.value) <= ? THEN m.value END,
		c.cryptographic_usage_mask, c.state, k.cryptographic_algorithm, k.cryptographic_length, `+wrapped+`
		FROM managed_objects m LEFT JOIN crypto_objects c ON c.uid = m.uid LEFT JOIN keys k ON k.uid = m.uid ORDER BY m.uid`, maxMaterial)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	at, bytes := map[int64]*row{}, 0
	for found.Next() {
		r := &row{}
		if err := found.Scan(&r.uid, &r.kind, &r.value, &r.mask, &r.state, &r.algorithm, &r.bits, &r.wrapped); err != nil {
			return all, err
		}
		if at[r.uid] != nil {
			return all, invalid("the object %d is in it twice", r.uid)
		}
		all, at[r.uid] = append(all, r), r
		if bytes += len(r.value); len(all) > maxKeys || bytes > maxValues {
			return all, fault.New(fault.TooLarge, "the database has more than %d objects, or %d MiB of keys", maxKeys, maxValues>>20)
		}
	}
	if err := found.Err(); err != nil {
		return all, err
	}
	return all, readNames(ctx, db, at)
}

// readNames gives objects their names, in order, up to 16 each.
func readNames(ctx context.Context, db *sql.DB, at map[int64]*row) error {
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
		if r := at[uid]; r != nil && len(r.names) < 16 {
			r.names = append(r.names, name)
		}
	}
	return names.Err()
}

// key is what becomes of an object.
func (r *row) key() Key {
	k := Key{ID: strconv.FormatInt(r.uid, 10), State: Active, Exportable: true}
	if len(r.names) > 0 {
		k.Name = r.names[0]
	}
	switch r.state.Int64 {
	case statePreActive:
		if r.state.Valid {
			k.State, k.Note = Suspended, "it was not active yet: resume it to use it"
		}
	case stateDeactivated:
		k.State = Deactivated
	case stateCompromised:
		k.State = Compromised
	case stateActive, 0, -1: // opaque objects have none; -1 is how that server writes it
	default:
		k.Left = "it was destroyed"
		return k
	}
	k.Algorithm, k.Left = r.algorithmHere()
	switch {
	case k.Left != "":
	case r.wrapped.Int64 > 0: // -1 is none, as that server writes it
		k.Left = "its material is wrapped by another key"
	case len(r.value) == 0 || len(r.value) > maxMaterial:
		k.Left = "its material has no bytes, or too many"
	}
	if k.Left != "" {
		k.Algorithm = ""
		return k
	}
	k.Versions = []Version{{1, append([]byte(nil), r.value...), k.Algorithm != "x509" && r.kind != typePrivate}}
	return k
}

// algorithmHere is the algorithm of an object here, or why there is none.
func (r *row) algorithmHere() (algorithm, left string) {
	switch r.kind {
	case typeCertificate:
		return "x509", ""
	case typePublic:
		return "", "it is a public key: the private key brings it along"
	case typePrivate:
		if r.algorithm.Int64 != algorithmRSA {
			return "", "private keys other than RSA have no agreed form there"
		}
		switch r.bits.Int64 {
		case 2048, 3072, 4096:
			return "rsa-" + strconv.FormatInt(r.bits.Int64, 10), ""
		}
		return "", "an RSA key of this length is not used here"
	case typeSecret:
		return "secret", ""
	case typeOpaque:
		return "opaque", ""
	case typeSymmetric:
		return r.symmetric(), ""
	case typeSplit:
		return "", "it is a part of a split key"
	}
	return "", "objects of its type are not kept here"
}

// symmetric is the algorithm of a symmetric key: one that is not used here is kept as a secret.
func (r *row) symmetric() string {
	switch {
	case r.algorithm.Int64 == algorithmAES && r.bits.Int64 == 128:
		return "aes-128-gcm"
	case r.algorithm.Int64 == algorithmAES && r.bits.Int64 == 256:
		return "aes-256-gcm"
	case r.algorithm.Int64 == algorithmChaCha && r.bits.Int64 == 256:
		return "chacha20-poly1305"
	}
	if h := hmacs[[2]int64{r.algorithm.Int64, r.bits.Int64}]; h != "" {
		return h
	}
	return "secret"
}

package convert_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/quorate/quorate/e2e/postgres"
	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/transport/client/field"
	"github.com/quorate/quorate/transport/client/field/convert"
	"github.com/quorate/quorate/vault/fault"
)

func newBox(t testing.TB) *envelope.Box {
	t.Helper()
	n := clienttest.New(t)
	c, err := client.New(client.Config{Endpoints: []string{n.URL}, CA: n.Pool(), Token: func() []byte { return []byte(clienttest.RootToken) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if _, err := c.CreateKey(t.Context(), api.CreateKeyRequest{Name: "k"}); err != nil {
		t.Fatal(err)
	}
	b, err := envelope.New(c, "k")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

const canary = "Canary-4711"

type fixture struct {
	testing.TB
	db    *sql.DB
	files string
	box   *envelope.Box
}

func (f fixture) exec(query string, args ...any) {
	f.Helper()
	if _, err := f.db.ExecContext(f.Context(), query, args...); err != nil {
		f.Fatalf("%s: %v", query, err)
	}
}

// value is what a query of one value gives.
func (f fixture) value(query string, args ...any) (v sql.NullString) {
	f.Helper()
	if err := f.db.QueryRowContext(f.Context(), query, args...).Scan(&v); err != nil {
		f.Fatalf("%s: %v", query, err)
	}
	return v
}

func ok(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

const rows = 1000

// people fills a table: every tenth row has no value.
func (f fixture) people(name, key string) {
	f.exec(`CREATE TABLE ` + name + ` (id ` + key + ` PRIMARY KEY, email text, email_enc text)`)
	f.exec(`INSERT INTO `+name+` SELECT i, CASE WHEN i % 10 = 0 THEN NULL ELSE $1 || i END FROM generate_series(1, $2::int) AS i`, canary+"-", rows)
}

func TestARealTableIsConverted(t *testing.T) {
	db, files, _ := postgres.Start(t)
	f := fixture{t, db, files, newBox(t)}
	t.Run("in place", f.inPlace)
	t.Run("interrupted", f.interrupted)
	t.Run("beside writers", f.besideWriters)
	t.Run("into another column", f.intoAnother)
	t.Run("text keys and forms", f.forms)
	t.Run("what cannot be", f.refused)
	log, err := os.ReadFile(filepath.Join(files, "log"))
	if err != nil || !bytes.Contains(log, []byte("UPDATE")) {
		t.Fatalf("the server's log was not seen: %v", err)
	}
	for line := range bytes.Lines(log) {
		if bytes.Contains(line, []byte(canary+"-7")) {
			t.Errorf("the server's log shows a plaintext: %s", line)
		}
	}
}

func (f fixture) inPlace(t *testing.T) {
	f.TB = t
	f.people("place", "bigint")
	form := convert.Value(f.box, "place.email")
	j := &convert.Job{DB: f.db, Column: convert.Column{Table: "public.place", Key: "id", Name: "email"}, Form: form, Batch: 70}
	n, err := j.Count(t.Context())
	if err != nil || n != rows {
		t.Fatalf("count: %d, %v", n, err)
	}
	if _, err := j.Verify(t.Context()); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "still plain") {
		t.Errorf("verifying what is plain: %v", err)
	}
	var heard int64
	j.Progress = func(r convert.Report) { heard = r.Rows }
	dry, err := j.Dry(t.Context())
	if want := (convert.Report{Rows: rows, Null: 100, Done: 900, Longest: dry.Longest}); err != nil || dry != want || heard != rows {
		t.Errorf("dry: %+v, %v; heard of %d", dry, err, heard)
	}
	if got := f.value(`SELECT count(*) FROM place WHERE email LIKE 'qe1:%'`); got.String != "0" {
		t.Errorf("a dry run wrote %s values", got.String)
	}
	done, err := j.Run(t.Context())
	if err != nil || done.Done != 900 || done.Rows != rows || done.Longest < 100 {
		t.Errorf("run: %+v, %v", done, err)
	}
	if got := f.value(`SELECT count(*) FROM place WHERE email NOT LIKE 'qe1:%'`); got.String != "0" {
		t.Errorf("%s values are plain", got.String)
	}
	if got := f.value(`SELECT max(length(email)) FROM place`); got.String != fmt.Sprint(done.Longest) {
		t.Errorf("the longest has %s letters, said was %d", got.String, done.Longest)
	}
	// An application reads them as they are documented.
	var e field.Encrypted[string]
	ok(t, "reading", f.db.QueryRowContext(t.Context(), `SELECT email FROM place WHERE id = 17`).Scan(&e))
	if v, err := e.Open(t.Context(), f.box, "place.email 17"); err != nil || v != canary+"-17" {
		t.Errorf("row 17 is %q, %v", v, err)
	}
	again, err := j.Run(t.Context())
	if want := (convert.Report{Rows: rows, Null: 100, Before: 900}); err != nil || again != want {
		t.Errorf("again: %+v, %v", again, err)
	}
	verified, err := j.Verify(t.Context())
	if want := (convert.Report{Rows: rows, Null: 100, Before: 900}); err != nil || verified != want {
		t.Errorf("verify: %+v, %v", verified, err)
	}
	f.exec(`UPDATE place SET email = (SELECT email FROM place WHERE id = 18) WHERE id = 17`)
	if _, err := j.Verify(t.Context()); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "row 17") {
		t.Errorf("a value that was moved: %v", err)
	}
}

// interrupted ends the run in the middle; what was committed stays and opens, and the next run does the rest.
func (f fixture) interrupted(t *testing.T) {
	f.TB = t
	f.people("cut", "int")
	j := &convert.Job{DB: f.db, Column: convert.Column{Table: "cut", Key: "id", Name: "email"}, Form: convert.Value(f.box, "cut.email"), Batch: 100}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	j.Progress = func(r convert.Report) {
		if r.Rows == 300 {
			cancel()
		}
	}
	first, err := j.Run(ctx)
	if !errors.Is(err, context.Canceled) || first.Done != 270 {
		t.Fatalf("a run that was ended: %+v, %v", first, err)
	}
	j.Progress = nil
	if got := f.value(`SELECT count(*) FROM cut WHERE email LIKE 'qe1:%'`); got.String != "270" {
		t.Errorf("%s values are encrypted, said were 270", got.String)
	}
	rest, err := j.Run(t.Context())
	if err != nil || rest.Before != 270 || rest.Done != 630 {
		t.Errorf("the rest: %+v, %v", rest, err)
	}
	_, err = j.Verify(t.Context())
	ok(t, "verifying", err)
}

// besideWriters changes rows while they are converted: no change is lost, and no value stays plain.
func (f fixture) besideWriters(t *testing.T) {
	f.TB = t
	f.people("busy", "int")
	ctx, cancel := context.WithCancel(t.Context())
	written := make(chan int, 1)
	go func() {
		n := 0
		for ; ctx.Err() == nil && n < 300; n++ {
			if _, err := f.db.ExecContext(t.Context(), `UPDATE busy SET email = $1 WHERE id = $2`, fmt.Sprintf("new-%d", n), n%rows+1); err != nil {
				t.Error(err)
				break
			}
		}
		written <- n
	}()
	j := &convert.Job{DB: f.db, Column: convert.Column{Table: "busy", Key: "id", Name: "email"}, Form: convert.Value(f.box, "busy.email"), Batch: 50}
	_, err := j.Run(t.Context())
	ok(t, "running", err)
	cancel()
	n := <-written
	_, err = j.Run(t.Context())
	ok(t, "running after the last write", err)
	_, err = j.Verify(t.Context())
	ok(t, "verifying", err)
	for i := range n {
		var e field.Encrypted[string]
		ok(t, "reading", f.db.QueryRowContext(t.Context(), `SELECT email FROM busy WHERE id = $1`, i+1).Scan(&e))
		if v, err := e.Open(t.Context(), f.box, fmt.Sprintf("busy.email %d", i+1)); err != nil || v != fmt.Sprintf("new-%d", i) {
			t.Fatalf("the write to row %d was lost: %q, %v", i+1, v, err)
		}
	}
	if n == 0 {
		t.Error("nothing was written meanwhile")
	}
}

func (f fixture) intoAnother(t *testing.T) {
	f.TB = t
	f.people("other", "int")
	form := convert.Tagged(f.box, "other.email")
	j := &convert.Job{DB: f.db, Column: convert.Column{Table: "other", Key: "id", Name: "email", Into: "email_enc"}, Form: form}
	done, err := j.Run(t.Context())
	if err != nil || done.Done != 900 || done.Null != 100 {
		t.Fatalf("run: %+v, %v", done, err)
	}
	if got := f.value(`SELECT email FROM other WHERE id = 1`); got.String != canary+"-1" {
		t.Errorf("the plain value is %q", got.String)
	}
	_, err = j.Verify(t.Context())
	ok(t, "verifying", err)
	f.exec(`UPDATE other SET email = 'changed' WHERE id = 5`)
	if _, err := j.Verify(t.Context()); !errors.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "row 5") {
		t.Errorf("a plain value that was changed afterwards: %v", err)
	}
	row := struct {
		Email string `quorate:"other.email"`
	}{f.value(`SELECT email_enc FROM other WHERE id = 4`).String}
	if err := (field.Walker{Box: f.box}).Open(t.Context(), &row, "4"); err != nil || row.Email != canary+"-4" {
		t.Errorf("a Walker reads %q, %v", row.Email, err)
	}
	f.exec(`CREATE TABLE cleared AS SELECT id, email, NULL::text AS email_enc FROM other`)
	j.Column.Table, j.Column.Clear = "cleared", true
	_, err = j.Run(t.Context())
	ok(t, "running", err)
	_, err = j.Verify(t.Context())
	ok(t, "verifying", err)
	if got := f.value(`SELECT count(email) || ' ' || count(email_enc) FROM cleared`); got.String != "0 900" {
		t.Errorf("plain and encrypted values after clearing: %s", got.String)
	}
}

func (f fixture) forms(t *testing.T) {
	f.TB = t
	for _, key := range []string{"text", "varchar(10)"} {
		f.people(`"Odd ""table"`, key)
		text, err := field.NewIndexKey(t.Context(), f.box)
		ok(t, "an index key", err)
		index, err := field.OpenIndex(t.Context(), f.box, text)
		ok(t, "opening it", err)
		j := &convert.Job{DB: f.db, Column: convert.Column{Table: `Odd "table`, Key: "id", Name: "email"}, Form: convert.Searchable(index, "odd.email"), Batch: 33}
		_, err = j.Run(t.Context())
		ok(t, "running", err)
		r, err := j.Verify(t.Context())
		if err != nil || r.Before != 900 {
			t.Errorf("%s: %+v, %v", key, r, err)
		}
		wanted, err := index.Seal(t.Context(), "odd.email", canary+"-321")
		ok(t, "searching", err)
		if got := f.value(`SELECT id FROM "Odd ""table" WHERE email = $1`, wanted); got.String != "321" {
			t.Errorf("%s: found row %q", key, got.String)
		}
		f.exec(`DROP TABLE "Odd ""table"`)
	}
}

func (f fixture) refused(t *testing.T) {
	f.TB = t
	f.exec(`CREATE TABLE small (id int PRIMARY KEY, name varchar(20), born date, twice int, blob bytea, note text)`)
	f.exec(`INSERT INTO small VALUES (1, $1, '2000-01-01', 7, '\xff00', 'n'), (2, 'b', '2000-01-02', 7, NULL, 'n')`, canary)
	form := convert.Value(f.box, "x")
	for name, c := range map[string]struct {
		column convert.Column
		want   string
	}{
		"no table":               {convert.Column{Key: "id", Name: "name"}, "needs a table"},
		"the key itself":         {convert.Column{Table: "small", Key: "id", Name: "id"}, "different columns"},
		"into itself":            {convert.Column{Table: "small", Key: "id", Name: "name", Into: "name"}, "different columns"},
		"clearing in place":      {convert.Column{Table: "small", Key: "id", Name: "name", Clear: true}, "nothing"},
		"a table that is none":   {convert.Column{Table: "nowhere", Key: "id", Name: "name"}, "does not exist"},
		"a statement as name":    {convert.Column{Table: `small"; DROP TABLE small; --`, Key: "id", Name: "name"}, "does not exist"},
		"too short a column":     {convert.Column{Table: "small", Key: "id", Name: "name"}, "too long"},
		"a key that is a date":   {convert.Column{Table: "small", Key: "born", Name: "name"}, "rows are named by"},
		"a key of two rows":      {convert.Column{Table: "small", Key: "twice", Name: "note"}, "does not name one row"},
		"bytes that are no text": {convert.Column{Table: "small", Key: "id", Name: "blob"}, "no text"},
	} {
		j := &convert.Job{DB: f.db, Column: c.column, Form: form}
		_, err := j.Run(t.Context())
		if !errors.Is(err, fault.Invalid) || name != "clearing in place" && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error shows the value: %v", name, err)
		}
	}
	if got := f.value(`SELECT string_agg(name, ' ' ORDER BY id) FROM small`); got.String != canary+" b" {
		t.Errorf("what could not be converted was changed: %s", got.String)
	}
}

package e2e_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/e2e/postgres"
	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/transport/client/field"
)

// conversion is what `quorate convert` reports.
type conversion struct {
	Rows, Null int
	Before     int `json:"encrypted_before"`
	Done       int `json:"encrypted"`
}

// people is a table in a real database, and the commands of a user who encrypts a column of it.
type people struct {
	t   *testing.T
	c   *cluster
	db  *sql.DB
	env []string // PGHOST and its like
}

const (
	manyPeople   = 3_000
	withoutEmail = manyPeople / 10
)

func (p *people) exec(query string, args ...any) {
	p.t.Helper()
	if _, err := p.db.ExecContext(p.t.Context(), query, args...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *people) count(condition string) (n int) {
	p.t.Helper()
	if err := p.db.QueryRowContext(p.t.Context(), `SELECT count(*) FROM people WHERE `+condition).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

func (p *people) args(more ...string) []string {
	return append([]string{"convert", "--key", "shop", "--table", "people", "--id", "id", "--column", "email"}, more...)
}

// convert runs the command to its end and reads its report.
func (p *people) convert(code int, more ...string) (r conversion) {
	p.t.Helper()
	ran := p.c.cliEnv(nil, p.env, p.args(append(more, "--format", "json")...)...)
	if ran.code != code {
		p.t.Fatalf("convert %v: %v", more, ran)
	}
	if code == 0 {
		if err := json.Unmarshal([]byte(ran.stdout), &r); err != nil {
			p.t.Fatalf("convert %v: %v: %v", more, err, ran)
		}
	}
	return r
}

// begin starts the command at a terminal, and returns when some rows more are encrypted than before.
func (p *people) begin(ctx context.Context) (*exec.Cmd, *kit.Terminal) {
	p.t.Helper()
	term, err := kit.NewTerminal("")
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(term.Close)
	cmd := p.c.command(ctx, p.c.nodes, p.args("--batch", "20")...)
	cmd.Env = append(cmd.Env, p.env...)
	cmd.Env = append(cmd.Env, "TERM=xterm")
	cmd.Stdout, cmd.Stderr = term.Side, term.Side
	before := p.count(sealedEmail)
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, 30*time.Second, "some rows are encrypted, and a bar is shown", func() error {
		if now := p.count(sealedEmail); now < before+200 || !shownCount.MatchString(term.Seen()) {
			return fmt.Errorf("%d rows; shown is %.300q", now-before, term.Seen())
		}
		return nil
	})
	return cmd, term
}

const sealedEmail = `email LIKE 'qe1:%'`

// shownCount is what progress shows of a count of rows, not of bytes.
var shownCount = regexp.MustCompile(fmt.Sprintf(`encrypting +\[.*\] [1-9][0-9]* / %d +[0-9]+/s`, manyPeople))

// `quorate convert` encrypts a column of a real database: a dry run writes nothing; killed in the middle it leaves whole rows, and
// goes on where it was; it shows how far it is; and an application reads the values as they are documented.
func TestAColumnIsEncryptedByTheCommandLineAlsoWhenItIsKilled(t *testing.T) {
	t.Parallel()
	db, files, _ := postgres.Start(t)
	c := open(t)
	c.ok("key", "create", "shop")
	p := &people{t, c, db, []string{"PGHOST=" + files, "PGUSER=app", "PGDATABASE=postgres", "PGSSLMODE=disable"}}
	p.exec(`CREATE TABLE people (id bigint PRIMARY KEY, email text)`)
	p.exec(`INSERT INTO people SELECT i, CASE WHEN i % 10 = 0 THEN NULL ELSE 'p' || i || '@example.org' END FROM generate_series(1, $1::int) AS i`, manyPeople)
	if r := p.convert(0, "--dry-run"); r != (conversion{Rows: manyPeople, Null: withoutEmail, Done: manyPeople - withoutEmail}) || p.count(sealedEmail) != 0 {
		t.Errorf("a dry run: %+v; it wrote %d values", r, p.count(sealedEmail))
	}
	p.convert(2, "--verify") // all is plain

	p.exec(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.003); RETURN NEW; END'`)
	p.exec(`CREATE TRIGGER slow BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION slow()`) // so that it is ended within a batch
	x, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd, _ := p.begin(x)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the command ended well before it was killed: there are too few rows")
	}
	killed := p.settled()
	if killed%18 != 0 || killed >= manyPeople-withoutEmail { // 18 of the 20 rows of a batch have a value
		t.Errorf("after kill -9 %d values are encrypted, which is no number of whole batches, or all", killed)
	}
	p.readable(killed)

	cmd, term := p.begin(x)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	term.Close()
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(term.Seen(), "Encrypted before") {
		t.Errorf("Ctrl-C: exit %d\n%s", code, term.Seen())
	}
	before := p.settled()
	p.exec(`DROP TRIGGER slow ON people`)
	if r := p.convert(0); r != (conversion{Rows: manyPeople, Null: withoutEmail, Before: before, Done: manyPeople - withoutEmail - before}) || before <= killed {
		t.Errorf("the last run, after %d and %d values: %+v", killed, before, r)
	}
	if r := p.convert(0, "--verify"); r != (conversion{Rows: manyPeople, Null: withoutEmail, Before: manyPeople - withoutEmail}) {
		t.Errorf("verifying: %+v", r)
	}
	p.readable(manyPeople - withoutEmail)
	p.exec(`UPDATE people SET email = (SELECT email FROM people WHERE id = 18) WHERE id = 17`)
	if ran := c.cliEnv(nil, p.env, p.args("--verify")...); ran.code != 2 || !strings.Contains(ran.stderr, "row 17") {
		t.Errorf("a value that was moved: %v", ran)
	}
	if ran := c.cliEnv(nil, p.env, p.args("--database", "postgres://app:secret@localhost/x")...); ran.code != 2 || !strings.Contains(ran.stderr, "PGPASSFILE") {
		t.Errorf("a password on the command line: %v", ran)
	}
	if left, _ := filepath.Glob(filepath.Join(c.home, "*")); len(left) > 0 { // the pattern is fixed
		t.Errorf("the command left files: %v", left)
	}
}

// settled is how many values are encrypted once no transaction is open any more.
func (p *people) settled() int {
	p.t.Helper()
	eventually(p.t, 10*time.Second, "the database lets go of what the command held", func() error {
		var open int
		err := p.db.QueryRowContext(p.t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'`).Scan(&open)
		if err == nil && open > 0 {
			err = errors.New("transactions are open")
		}
		return err
	})
	return p.count(sealedEmail)
}

// readable reads every encrypted value as an application does, and compares it.
func (p *people) readable(want int) {
	p.t.Helper()
	box, err := envelope.New(p.c.client(), "shop")
	if err != nil {
		p.t.Fatal(err)
	}
	defer box.Close()
	rows, err := p.db.QueryContext(p.t.Context(), `SELECT id, email FROM people WHERE `+sealedEmail)
	if err != nil {
		p.t.Fatal(err)
	}
	defer rows.Close()
	read := 0
	for ; rows.Next(); read++ {
		var id int
		var e field.Encrypted[string]
		if err := rows.Scan(&id, &e); err != nil {
			p.t.Fatal(err)
		}
		if v, err := e.Open(p.t.Context(), box, fmt.Sprintf("people.email %d", id)); err != nil || v != fmt.Sprintf("p%d@example.org", id) {
			p.t.Fatalf("row %d is %q, %v", id, v, err)
		}
	}
	if err := rows.Err(); err != nil || read != want {
		p.t.Errorf("%d values were read, want %d: %v", read, want, err)
	}
}

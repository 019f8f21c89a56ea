package convert

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

func (j *Job) check() error {
	c := j.Column
	switch {
	case c.Table == "" || c.Key == "" || c.Name == "":
		return fault.New(fault.Invalid, "a conversion needs a table, its key column and the column of the plain values")
	case strings.ContainsRune(c.Table+c.Key+c.Name+c.Into, 0):
		return fault.New(fault.Invalid, "a name holds a zero byte")
	case c.Key == c.Name || c.Key == c.Into || c.Name == c.Into:
		return fault.New(fault.Invalid, "the key, the plain and the encrypted values must be in different columns").WithHint("To encrypt in place, leave the other column away.")
	case c.Clear && c.Into == "":
		return fault.New(fault.Invalid, "in place there is no plain value to clear")
	}
	return nil
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func table(name string) string {
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = quoted(parts[i])
	}
	return strings.Join(parts, ".")
}

// querier is a database, or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// read gets the next rows behind last in the order of their keys (nil: the first), and locks them if asked to: whoever changes
// one waits for the transaction.
func (j *Job) read(ctx context.Context, q querier, last any, lock bool) (all []row, err error) {
	c := j.Column
	stored := "NULL"
	if c.Into != "" {
		stored = quoted(c.Into)
	}
	query, args := "SELECT "+quoted(c.Key)+", "+quoted(c.Name)+", "+stored+" FROM "+table(c.Table), []any(nil)
	if last != nil {
		query, args = query+" WHERE "+quoted(c.Key)+" > $1", []any{last}
	}
	query += " ORDER BY " + quoted(c.Key) + " LIMIT " + strconv.Itoa(j.size())
	if lock {
		query += " FOR UPDATE"
	}
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, failed(err, "reading the rows")
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.key, &r.plain, &r.stored); err != nil {
			return nil, failed(err, "reading a row")
		}
		switch k := r.key.(type) {
		case int64:
			r.name = strconv.FormatInt(k, 10)
		case string:
			r.name = k
		case []byte: // text, or a UUID
			r.name = string(k)
			r.key = r.name
		default:
			return nil, fault.New(fault.Invalid, "the key %s is a %T: rows are named by numbers, text and UUIDs only", c.Key, k)
		}
		all = append(all, r)
	}
	return all, failed(rows.Err(), "reading the rows")
}

// update writes the value of a row. It does not name the plain one: databases log parameters.
func (j *Job) update() string {
	c := j.Column
	where := " WHERE " + quoted(c.Key) + " = $2"
	if c.Into == "" {
		return "UPDATE " + table(c.Table) + " SET " + quoted(c.Name) + " = $1" + where
	}
	set := quoted(c.Into) + " = $1"
	if c.Clear {
		set += ", " + quoted(c.Name) + " = NULL"
	}
	return "UPDATE " + table(c.Table) + " SET " + set + where
}

package rest

import (
	"context"
	"reflect"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// listParams are the parameters of GET /v1/keys.
var listParams = []param{
	{"name", "Only names that begin so.", "app/"},
	{"tag", `Only keys with all of these tags: k or k=v, separated by commas. A comma or backslash in a tag is written \, or \\.`, "env=prod,team"},
	{"state", "Only keys in this state.", "active"},
	{"algorithm", "Only keys of this algorithm.", "aes-256-gcm"},
	{"type", "Only objects of this type, such as symmetric-key or secret-data.", "symmetric-key"},
	{"owner", "Only keys of this owner.", "app1"},
	{"parent", "Only keys that this key, by name or id, wraps.", "app/master"},
	{"created_after", "Only keys created at or after this time.", exampleTime},
	{"created_before", "Only keys created before this time.", exampleTime},
	{"updated_after", "Only keys changed at or after this time.", exampleTime},
	{"updated_before", "Only keys last changed before this time.", exampleTime},
	{"due_after", "Only keys that the cluster will next rotate, activate, deactivate or destroy by itself at or after this time.", exampleTime},
	{"due_before", "Only keys that the cluster will rotate, activate, deactivate or destroy by itself before this time.", exampleTime},
	{"rotation_after", "Only keys that the cluster will rotate at or after this time.", exampleTime},
	{"rotation_before", "Only keys that the cluster will rotate before this time.", exampleTime},
	{"sort", "name, the default; or due: what the cluster will do soonest comes first, and keys without a date are left out.", "due"},
	{"limit", "Keys in a page, 1 to 1000; 100 if absent. A page may hold fewer and have a next: what one request may look at is bounded.", 100},
	{"after", "The next of the page before.", "app/db"},
}

// listKeys writes an api.Keys, one record after the other: a page of a thousand is half a megabyte.
func listKeys(ctx context.Context, q *request, out *buffer) error {
	s, err := keyQuery(q)
	if err != nil {
		return err
	}
	records, next, err := q.vault.Keys(ctx, q.caller, s)
	if err != nil {
		return err
	}
	return writePage(out, records, next)
}

// writeRecord writes an api.Record.
var writeRecord = plan(reflect.TypeFor[api.Record]())

func writePage(out *buffer, records []*key.Record, next string) error {
	var record api.Record
	v := reflect.ValueOf(&record).Elem()
	out.raw(`{"keys":[`)
	for i, r := range records {
		if i > 0 {
			out.raw(",")
		}
		record = recordOf(r)
		if err := writeRecord(out, v); err != nil {
			return fault.Wrap(fault.Internal, err, "an internal error")
		}
	}
	out.raw("]")
	if next != "" {
		out.raw(`,"next":`)
		if err := out.quote(next); err != nil {
			return fault.Wrap(fault.Internal, err, "an internal error")
		}
	}
	out.raw("}")
	return nil
}

func keyQuery(q *request) (s vault.KeyQuery, err error) {
	limit, err := q.number("limit", 1, 1000)
	if err != nil {
		return s, err
	}
	s = vault.KeyQuery{Prefix: q.query.Get("name"), After: q.query.Get("after"), Owner: q.query.Get("owner"), Parent: q.query.Get("parent"), Limit: int(limit)}
	for _, v := range []string{s.Prefix, s.After, s.Owner, s.Parent} {
		if len(v) > 512 {
			return s, fault.New(fault.Invalid, "a query parameter is longer than 512 bytes")
		}
	}
	if s.Tags, err = q.tags(); err != nil {
		return s, err
	}
	switch q.query.Get("sort") {
	case "", "name":
	case "due":
		s.ByDue = true
	default:
		return s, fault.New(fault.Invalid, "the query parameter sort must be name or due")
	}
	for name, into := range map[string]*key.Time{
		"created_after": &s.CreatedFrom, "created_before": &s.CreatedBefore, "updated_after": &s.UpdatedFrom, "updated_before": &s.UpdatedBefore,
		"due_after": &s.DueFrom, "due_before": &s.DueBefore, "rotation_after": &s.RotateFrom, "rotation_before": &s.RotateBefore,
	} {
		if err := parameter(q, name, key.ParseTime, into); err != nil {
			return s, err
		}
	}
	if err := parameter(q, "state", key.ParseState, &s.State); err != nil {
		return s, err
	}
	if err := parameter(q, "algorithm", key.ParseAlgorithm, &s.Algorithm); err != nil {
		return s, err
	}
	return s, parameter(q, "type", access.ParseType, &s.Type)
}

// parameter reads a query parameter, if it was given.
func parameter[T any](q *request, name string, parse func(string) (T, error), into *T) error {
	text := q.query.Get(name)
	if text == "" {
		return nil
	}
	v, err := parse(text)
	if err != nil {
		return of(name, err)
	}
	*into = v
	return nil
}

// maxTagList bounds the parameter tag, in bytes.
const maxTagList = 4096

func (q *request) tags() ([]string, error) {
	text := q.query.Get("tag")
	if len(text) > maxTagList {
		return nil, fault.New(fault.Invalid, "the query parameter tag is longer than %d bytes", maxTagList)
	}
	return api.SplitTags(text), nil
}

package rest

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// object is a JSON object of the OpenAPI document.
type object = map[string]any

// describe writes the OpenAPI 3.1 document of the routes: paths and limits from the table, schemas from the types
// of the examples. It runs once, when the door is built.
func describe(routes []*route, version string) []byte {
	if version == "" {
		version = "0"
	}
	s := schemas{}
	paths := object{}
	for _, rt := range routes {
		item, _ := paths[rt.Path].(object)
		if item == nil {
			item = object{}
			paths[rt.Path] = item
		}
		item[strings.ToLower(rt.Method)] = operation(rt, s)
	}
	s.of(reflect.TypeFor[api.Problem](), false)
	doc := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Quorate", "version": version,
			"description": "A replicated key vault. Bytes are standard base64, times RFC 3339 in UTC, durations such as 90d, 36h or 10s. " +
				"Unknown fields and parameters are refused. Any node answers any request. In a path, write a slash inside a name as %2F, or as it is where the name does not end in one of the verbs.",
		},
		"paths": paths,
		"components": object{
			"schemas":   object(s),
			"responses": failures(),
			"headers": object{
				"RequestId": object{"description": "Id of the request, for logs and audit.", "schema": object{"type": "string"}},
				"Index":     object{"description": "The state that this answer reflects; send it back to see no less on another node.", "schema": object{"type": "integer"}},
			},
			"securitySchemes": object{
				"token":       object{"type": "http", "scheme": "bearer", "description": "A token, qt_…"},
				"certificate": object{"type": "mutualTLS", "description": "A client certificate; its common name is the principal."},
			},
		},
		"security": []any{object{"token": []any{}}, object{"certificate": []any{}}},
	}
	out, err := json.Marshal(doc, json.Deterministic(true), jsontext.Multiline(true))
	if err != nil {
		panic("rest: the route table cannot be described: " + err.Error()) // a mistake in this package; every test meets it
	}
	return out
}

func operation(rt *route, s schemas) object {
	op := object{"operationId": rt.Op, "summary": rt.Summary, "responses": responses(rt, s), "tags": []any{group(rt)}}
	if p := parameters(rt); len(p) > 0 {
		op["parameters"] = p
	}
	if rt.In != nil {
		op["requestBody"] = object{
			"required":    !rt.Optional,
			"description": "At most " + strconv.FormatInt(rt.Body, 10) + " bytes.",
			"content":     object{"application/json": object{"schema": s.body(rt), "example": rt.In}},
		}
	}
	if rt.Raw != "" {
		op["requestBody"] = object{"required": true, "content": object{rt.Raw: object{"schema": object{"type": "string", "format": "binary"}}}}
	}
	if rt.Public || rt.Share {
		op["security"] = []any{object{}}
	}
	return op
}

func group(rt *route) string {
	first, _, _ := strings.Cut(rt.Op, ".")
	return first
}

func parameters(rt *route) []any {
	var all []any
	add := func(in, name, summary string, required bool, schema object, example any) {
		p := object{"in": in, "name": name, "description": summary, "schema": schema}
		if required {
			p["required"] = true
		}
		if example != nil {
			p["example"] = example
		}
		all = append(all, p)
	}
	if _, after, ok := strings.Cut(rt.Path, "{"); ok {
		name, _, _ := strings.Cut(after, "}")
		example, summary := "n2", "Name of the member."
		switch name {
		case "k":
			example, summary = "app%2Fdb", "Name or id of the key."
		case "id":
			example, summary = exampleID, "Id of the token."
		case "name":
			example, summary = "app1", "Name of the policy."
		}
		add("path", name, summary, true, object{"type": "string"}, example)
	}
	for _, p := range rt.Query {
		kind := "string"
		if _, ok := p.Example.(int); ok {
			kind = "integer"
		}
		schema := object{"type": kind}
		if words := enums()[rt.Op+"?"+p.Name]; words != nil {
			schema["enum"] = words
		}
		add("query", p.Name, p.Summary, false, schema, p.Example)
	}
	if rt.Stateless {
		return all
	}
	add("query", "consistency", "How recent the state must be: local (the default) is within the staleness bound.", false, object{"type": "string", "enum": []any{"local", "linearizable"}}, nil)
	add("header", api.HeaderIndex, "Answer only from a state at least this new; waits up to 1 s.", false, object{"type": "integer"}, nil)
	if rt.Method != http.MethodGet {
		add("header", api.HeaderIdempotency, "Repeating a write with the same key gives the first outcome.", false, object{"type": "string", "maxLength": 128}, nil)
	}
	if rt.IfMatch {
		add("header", "If-Match", "Change only what still has this ETag.", false, object{"type": "string"}, `"1"`)
	}
	if rt.IfNoneMatch {
		add("header", "If-None-Match", "Answer 304 without a body if the ETag is still this one.", false, object{"type": "string"}, `"1"`)
	}
	return all
}

// responses lists the good answer and, by status, every error that any route may give.
func responses(rt *route, s schemas) object {
	good := object{"description": "Done.", "headers": object{api.HeaderRequestID: ref("headers", "RequestId")}}
	if !rt.Stateless {
		good["headers"] = object{api.HeaderRequestID: ref("headers", "RequestId"), api.HeaderIndex: ref("headers", "Index")}
	}
	switch out := rt.Out.(type) {
	case nil:
	case string:
		good["content"] = object{"text/plain": object{"schema": object{"type": "string"}, "example": "quorate_requests_in_flight 1"}}
	case eventStream:
		good["content"] = object{"text/event-stream": object{"schema": object{"type": "string"}, "example": string(out)}}
		s.of(reflect.TypeFor[api.WatchEvent](), false)
	case binaryStream:
		good["content"] = object{api.TypeSnapshot: object{"schema": object{"type": "string", "format": "binary"}, "example": string(out)}}
	case object:
		good["content"] = object{"application/json": object{"schema": object{"type": "object"}, "example": object{"openapi": "3.1.0"}}}
	default:
		good["content"] = object{"application/json": object{"schema": s.answer(rt), "example": out}}
	}
	all := object{strconv.Itoa(rt.Status): good}
	for status := range failures() {
		all[status] = ref("responses", status)
	}
	if rt.IfNoneMatch {
		all["304"] = object{"description": "It is still what If-None-Match names."}
	}
	return all
}

// failures are the error answers by status, from the one table of kinds.
func failures() object {
	kinds := map[int][]string{}
	for _, k := range fault.All() {
		o := outcomes[k]
		kinds[o.status] = append(kinds[o.status], k.String())
	}
	all := object{}
	for _, status := range slices.Sorted(maps.Keys(kinds)) {
		k, _ := fault.Parse(kinds[status][0])
		all[strconv.Itoa(status)] = object{
			"description": "kind: " + strings.Join(kinds[status], ", "),
			"headers":     object{api.HeaderRequestID: ref("headers", "RequestId")},
			"content": object{"application/problem+json": object{
				"schema": ref("schemas", "Problem"),
				"example": api.Problem{
					Type: problemType + k.String(), Title: outcomes[k].title, Status: status, Detail: "what is wrong, in a sentence", Kind: k.String(), Hint: k.Hint(),
					RequestID: "5f1c0d9e8b7a6c5d4e3f2a1b0c9d8e7f",
				},
			}},
		}
	}
	return all
}

func ref(section, name string) object { return object{"$ref": "#/components/" + section + "/" + name} }

// schemas are the JSON schemas of named structs, collected as they are met.
type schemas object

// body is what a route takes: with Batch, an item or a list of them.
func (s schemas) body(rt *route) object {
	item := s.of(reflect.TypeOf(rt.In), true)
	if !rt.Batch {
		return item
	}
	many := object{"type": "array", "items": item, "minItems": 1, "maxItems": api.MaxBatch}
	return object{"oneOf": []any{item, object{
		"type": "object", "properties": object{"batch": many}, "required": []any{"batch"}, "additionalProperties": false,
	}}}
}

// answer is what it answers: with Batch, a list in the order of the items for a list.
func (s schemas) answer(rt *route) object {
	item := s.of(reflect.TypeOf(rt.Out), false)
	if !rt.Batch {
		return item
	}
	failed := object{"type": "object", "properties": object{"error": s.of(reflect.TypeFor[api.ItemError](), false)}, "required": []any{"error"}}
	return object{"oneOf": []any{item, object{
		"type": "object", "properties": object{"results": object{"type": "array", "items": object{"oneOf": []any{item, failed}}}}, "required": []any{"results"},
	}}}
}

// of is the schema of t; strict is for what clients send, where unknown fields are refused.
func (s schemas) of(t reflect.Type, strict bool) object {
	switch {
	case t.Kind() == reflect.Pointer:
		return s.of(t.Elem(), strict)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return object{"type": "string", "contentEncoding": "base64"}
	case t.Kind() == reflect.Struct && t.Name() != "":
		if _, ok := s[t.Name()]; !ok {
			s[t.Name()] = object{} // so that a type may contain itself
			s[t.Name()] = s.fields(t, strict)
		}
		return ref("schemas", t.Name())
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.fields(t, strict)
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem(), strict)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem(), strict)}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return object{"type": "integer"}
	case reflect.Uint32, reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	default:
		return object{"type": "string"}
	}
}

func (s schemas) fields(t reflect.Type, strict bool) object {
	properties, required := object{}, []any{}
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		p := s.of(f.Type, strict)
		if strings.HasSuffix(name, "_at") && f.Type.Kind() == reflect.String {
			p["format"] = "date-time"
		}
		if words := enums()[t.Name()+"."+name]; words != nil {
			p["enum"] = words
		}
		properties[name] = p
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			required = append(required, name)
		}
	}
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	if strict {
		out["additionalProperties"] = false
	}
	return out
}

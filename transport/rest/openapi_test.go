package rest_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/transport/serve"
)

func TestEveryReferenceInTheDocumentResolves(t *testing.T) {
	doc := open(t, blank(t), serve.Limits{}).document()
	if doc["openapi"] != "3.1.0" {
		t.Errorf("openapi is %v", doc["openapi"])
	}
	refs := 0
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				if target, ok := x.(string); ok && k == "$ref" {
					refs++
					if !resolves(doc, target) {
						t.Errorf("%s: %s leads nowhere", at, target)
					}
				}
				walk(at+"/"+k, x)
			}
		case []any:
			for i, x := range v {
				walk(fmt.Sprint(at, "/", i), x)
			}
		}
	}
	walk("", doc)
	if refs == 0 {
		t.Error("the document refers to nothing")
	}
}

// TestWhatMayBeAbsentIsNotRequired: by the document a client must neither send nor expect it.
func TestWhatMayBeAbsentIsNotRequired(t *testing.T) {
	components, _ := open(t, blank(t), serve.Limits{}).document()["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	for name, want := range map[string]string{
		"CreateKeyRequest": "name", "JoinTokenResponse": "id join_token", "UpdateKeyRequest": "",
		"UnsealResponse": "have members need sealed", "Policy": "policy",
	} {
		schema, _ := schemas[name].(map[string]any)
		listed, _ := schema["required"].([]any)
		required := []string{}
		for _, r := range listed {
			required = append(required, fmt.Sprint(r))
		}
		slices.Sort(required)
		if got := strings.Join(required, " "); schema == nil || got != want {
			t.Errorf("%s requires %q, want %q", name, got, want)
		}
	}
}

// TestClosedSetsAreListed: what takes or gives one of a few words says which, and no word is listed for what there is not.
func TestClosedSetsAreListed(t *testing.T) {
	doc := open(t, blank(t), serve.Limits{}).document()
	components, _ := doc["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	listed := map[string]string{}
	note := func(name string, schema any) {
		if m, _ := schema.(map[string]any); m["enum"] != nil {
			listed[name] = fmt.Sprint(m["enum"])
		}
	}
	for name, schema := range schemas {
		m, _ := schema.(map[string]any)
		properties, _ := m["properties"].(map[string]any)
		for field, p := range properties {
			note(name+"."+field, p)
		}
	}
	for id, o := range open(t, blank(t), serve.Limits{}).operations() {
		all, _ := o.spec["parameters"].([]any)
		for _, p := range all {
			m, _ := p.(map[string]any)
			note(fmt.Sprint(id, "?", m["name"]), m["schema"])
		}
	}
	for name, words := range rest.Enums() {
		if listed[name] != fmt.Sprint(words) {
			t.Errorf("%s lists %s, want %s", name, listed[name], words)
		}
	}
	for name, want := range map[string]string{"SignRequest.scheme": "pss pkcs1v15", "SignRequest.form": "der raw jws", "Record.state": "suspended", "CreateKeyRequest.algorithm": "ml-kem-1024", "key.list?state": "pre-active"} {
		if !strings.Contains(listed[name], want) {
			t.Errorf("%s lists %q, without %q", name, listed[name], want)
		}
	}
}

func resolves(doc map[string]any, target string) bool {
	var at any = doc
	for part := range strings.SplitSeq(strings.TrimPrefix(target, "#/"), "/") {
		m, _ := at.(map[string]any)
		if at = m[part]; at == nil {
			return false
		}
	}
	return true
}

func TestEveryRouteIsDocumentedWhole(t *testing.T) {
	ops := open(t, blank(t), serve.Limits{}).operations()
	documented = slices.Sorted(maps.Keys(ops))
	if len(ops) < 50 {
		t.Errorf("only %d operations", len(ops))
	}
	for id, o := range ops {
		if o.spec["summary"] == "" || id == "" {
			t.Errorf("%s %s has no summary or id", o.method, o.path)
		}
		responses, _ := o.spec["responses"].(map[string]any)
		good := 0
		for status, r := range responses {
			if !strings.HasPrefix(status, "2") {
				continue
			}
			good++
			content, _ := r.(map[string]any)["content"].(map[string]any)
			for media, m := range content {
				if m.(map[string]any)["example"] == nil || m.(map[string]any)["schema"] == nil {
					t.Errorf("%s: %s has no example or schema", id, media)
				}
			}
			if status != "204" && len(content) == 0 {
				t.Errorf("%s answers %s without content", id, status)
			}
		}
		if good != 1 {
			t.Errorf("%s has %d good answers", id, good)
		}
		for _, status := range []string{"400", "401", "403", "404", "409", "412", "413", "429", "500", "503", "504"} {
			if responses[status] == nil {
				t.Errorf("%s does not say what %s means", id, status)
			}
		}
		if strings.Contains(o.path, "{") && o.concrete() == o.path {
			t.Errorf("%s has no example for its path", id)
		}
	}
}

// TestDocumentedExamplesAreUnderstood sends every operation its own example. The node belongs to no cluster, so what
// needs one answers 503 or 401; what is refused as malformed would be a mistake in the document.
func TestDocumentedExamplesAreUnderstood(t *testing.T) {
	d := open(t, blank(t), serve.Limits{})
	for id, o := range d.operations() {
		if id == "sys.init" || id == "policy.put" || id == "sys.snapshot-restore" {
			continue // these would go on to work; the tests on a real vault send them
		}
		before := exercised.count(id)
		a := d.send(o.method, o.concrete(), o.example())
		exercised.reach(t, id, before+1)
		switch a.status {
		case http.StatusOK, http.StatusServiceUnavailable, http.StatusUnauthorized, http.StatusForbidden:
		default:
			t.Errorf("%s: got %d %s", id, a.status, a.body)
		}
		if a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") == "" && id != "readyz" {
			t.Errorf("%s: 503 without Retry-After", id)
		}
	}
}

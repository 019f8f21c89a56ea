package rest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// TestAttributesAreKeptAndChangedOneByOne: what is not named stays, and null takes away.
func TestAttributesAreKeptAndChangedOneByOne(t *testing.T) {
	d, _ := founded(t)
	r, _ := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "a", Attributes: map[string][]byte{"x-one": {0}, "x-two": {2}}}, 201)
	names := func() string { return strings.Join(slices.Sorted(maps.Keys(r.Attributes)), " ") }
	if names() != "x-one x-two" || string(r.Attributes["x-one"]) != "\x00" {
		t.Errorf("created with %v", r.Attributes)
	}
	d.send("PATCH", "/v1/keys/a", `{"attributes":{"x-one":null,"x-three":"Aw=="}}`)
	r, _ = ask[api.Record](d, "GET", "/v1/keys/a", nil, 200)
	if names() != "x-three x-two" || string(r.Attributes["x-three"]) != "\x03" || string(r.Attributes["x-two"]) != "\x02" {
		t.Errorf("changed to %v", r.Attributes)
	}
	for body, why := range map[string]string{
		`{"attributes":{"":"AA=="}}`:                                      "has no name",
		`{"attributes":{"` + strings.Repeat("n", 257) + `":"AA=="}}`:      "longer than 256",
		`{"attributes":{"x-big":"` + strings.Repeat("AAAA", 3000) + `"}}`: "8192",
	} {
		if a := d.send("PATCH", "/v1/keys/a", body); a.status/100 != 4 || !strings.Contains(string(a.body), why) {
			t.Errorf("%.40s: %d %s", body, a.status, a.body)
		}
	}
}

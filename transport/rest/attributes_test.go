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

// TestARecordSaysWhatItIsAndHowItMayLeave: the type, and that what is sensitive leaves wrapped only.
func TestARecordSaysWhatItIsAndHowItMayLeave(t *testing.T) {
	d, _ := founded(t)
	type said struct {
		Type                     string
		Sensitive, Always, Never bool
	}
	of := func(r api.Record) said {
		return said{r.Type, r.Sensitive, r.AlwaysSensitive, r.NeverExtractable}
	}
	for name, c := range map[string]struct {
		in    api.CreateKeyRequest
		patch string
		want  said
	}{
		"kept":  {api.CreateKeyRequest{}, "", said{Type: "symmetric-key", Never: true}},
		"given": {api.CreateKeyRequest{Algorithm: "ecdsa-p256", Exportable: true}, "", said{Type: "private-key"}},
		"born":  {api.CreateKeyRequest{Algorithm: "secret", Exportable: true, Sensitive: true}, `{"exportable":true}`, said{Type: "secret-data", Sensitive: true, Always: true}},
		"since": {api.CreateKeyRequest{Exportable: true}, `{"sensitive":true}`, said{Type: "symmetric-key", Sensitive: true}},
		"until": {api.CreateKeyRequest{Exportable: true, Sensitive: true}, `{"sensitive":false,"exportable":false}`, said{Type: "symmetric-key"}},
	} {
		c.in.Name = name
		r, _ := ask[api.Record](d, "POST", "/v1/keys", c.in, 201)
		if c.patch != "" {
			d.send("PATCH", "/v1/keys/"+name, c.patch)
			r, _ = ask[api.Record](d, "GET", "/v1/keys/"+name, nil, 200)
		}
		if got := of(r); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
		status := 200
		if r.Sensitive || !r.Exportable {
			status = 403
		}
		if a := d.send("GET", "/v1/keys/"+name+"/material", ""); a.status != status {
			t.Errorf("the material of %s: %d %s", name, a.status, a.body)
		}
	}
	if page, _ := ask[api.Keys](d, "GET", "/v1/keys?type=secret-data", nil, 200); len(page.Keys) != 1 || page.Keys[0].Name != "born" {
		t.Errorf("by its type: %+v", page.Keys)
	}
}

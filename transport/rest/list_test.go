package rest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

func TestListsAreFilteredAndSortedByEveryParameter(t *testing.T) {
	d := known(t)
	soon, later := time.Now().AddDate(30, 0, 0).UTC().Format(time.RFC3339), time.Now().AddDate(40, 0, 0).UTC().Format(time.RFC3339)
	for _, in := range []api.CreateKeyRequest{
		{Name: "app/a", Algorithm: "aes-128-gcm", Tags: map[string]string{"env": "prod", "note": `a,b\c`}, DeactivateAt: later},
		{Name: "app/b", Tags: map[string]string{"env": "prod", "team": "x"}, DeactivateAt: soon},
		{Name: "web/c", RotateEvery: "90d", Tags: map[string]string{"env": "test"}},
	} {
		ask[api.Record](d, "POST", "/v1/keys", in, 201)
	}
	past, future := "2001-01-01T00:00:00Z", "2300-01-01T00:00:00Z"
	for query, want := range map[string][]string{
		"":                                       {"app/a", "app/b", "web/c"},
		"name=app/":                              {"app/a", "app/b"},
		"tag=env":                                {"app/a", "app/b", "web/c"},
		"tag=env=prod,team":                      {"app/b"},
		"tag=" + url.QueryEscape(`note=a\,b\\c`): {"app/a"},
		"algorithm=aes-128-gcm":                  {"app/a"},
		"type=symmetric-key&state=active":        {"app/a", "app/b", "web/c"},
		"type=opaque-object":                     {},
		"owner=root":                             {"app/a", "app/b", "web/c"},
		"owner=x":                                {},
		"parent=app/a":                           {},
		"parent=nobody":                          {},
		"created_after=" + future:                {},
		"created_before=" + past:                 {},
		"created_after=" + past + "&created_before=" + future + "&updated_after=" + past + "&updated_before=" + future: {"app/a", "app/b", "web/c"},
		"updated_after=" + future:              {},
		"due_before=" + url.QueryEscape(later): {"app/b", "web/c"},
		"due_before=" + past:                   {},
		"due_after=" + url.QueryEscape(later):  {"app/a"}, // the bound itself is in
		"due_after=" + past:                    {"app/a", "app/b", "web/c"},
		"due_after=" + future:                  {},
		"sort=due&due_after=" + url.QueryEscape(soon) + "&due_before=" + url.QueryEscape(later): {"app/b"},
		"sort=due&limit=1&due_after=" + url.QueryEscape(soon):                                   {"app/b", "app/a"},

		"rotation_before=" + future:                             {"web/c"},
		"rotation_before=" + past:                               {},
		"rotation_after=" + past:                                {"web/c"},
		"rotation_after=" + past + "&rotation_before=" + future: {"web/c"},
		"sort=due&rotation_after=" + past:                       {"web/c"},
		"rotation_after=" + future:                              {},
		"state=suspended":                                       {},
		"algorithm=ed25519":                                     {},
		"name=z":                                                {},
		"tag=env=none":                                          {},
		"updated_before=" + past:                                {},
		"sort=due":                                              {"web/c", "app/b", "app/a"},
		"sort=due&tag=env=prod&limit=1":                         {"app/b", "app/a"},
		"sort=name&limit=2":                                     {"app/a", "app/b", "web/c"},
	} {
		got, after := []string{}, ""
		for {
			page, _ := ask[api.Keys](d, "GET", "/v1/keys?"+query+after, nil, 200)
			for _, r := range page.Keys {
				got = append(got, r.Name)
			}
			if page.Next == "" {
				break
			}
			after = "&after=" + url.QueryEscape(page.Next)
		}
		if !slices.Equal(got, want) {
			t.Errorf("?%s gives %v, want %v", query, got, want)
		}
	}
	for _, query := range []string{
		"sort=size", "type=key", "due_before=soon", "created_after=yesterday", "tag==prod", "sort=due&after=app/a", "tag=a&tag=b",
	} {
		if a := d.send("GET", "/v1/keys?"+query, ""); a.status != 400 || a.problem(t).Detail == "" {
			t.Errorf("?%s gives %d %s", query, a.status, a.body)
		}
	}
}

func TestAKeyThatIsKnownIsNotSentAgain(t *testing.T) {
	d := known(t)
	made, a := ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "a"}, 201)
	if made.ETag != a.header.Get("ETag") {
		t.Errorf("ETag %q, in the record %q", a.header.Get("ETag"), made.ETag)
	}
	for _, header := range []string{made.ETag, "W/" + made.ETag, `"77", ` + made.ETag, "*"} {
		b := d.send("GET", "/v1/keys/a", "", "If-None-Match", header)
		if b.status != http.StatusNotModified || len(b.body) != 0 || b.header.Get("ETag") != made.ETag || b.header.Get(api.HeaderIndex) == "" {
			t.Errorf("If-None-Match %s: %d %s", header, b.status, b.body)
		}
	}
	ask[api.Record](d, "POST", "/v1/keys/a/rotate", nil, 200)
	if now, b := ask[api.Record](d, "GET", "/v1/keys/a", nil, 200, "If-None-Match", made.ETag); now.Latest != 2 || b.header.Get("ETag") == made.ETag {
		t.Errorf("after a change: %+v", now)
	}
	if b := d.send("GET", "/v1/keys/a", "", "If-None-Match", made.ETag, "Authorization", "Bearer qt_nobody"); b.status != 401 {
		t.Errorf("a stranger who knows the ETag gets %d", b.status)
	}
}

// Many callers read a key, add a tag of theirs and write it back with If-Match, again until it is taken: no tag is lost.
func TestNoUpdateIsLostWithIfMatch(t *testing.T) {
	d := known(t)
	ask[api.Record](d, "POST", "/v1/keys", api.CreateKeyRequest{Name: "a"}, 201)
	const callers, each = 4, 5
	var wg sync.WaitGroup
	conflicts := make([]int, callers)
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				for {
					r := d.send("GET", "/v1/keys/a", "")
					tags := parse[api.Record](t, r.body).Tags
					if tags == nil {
						tags = map[string]string{}
					}
					tags[fmt.Sprintf("c%d-%d", c, i)] = ""
					w := d.send("PATCH", "/v1/keys/a", encode(t, api.UpdateKeyRequest{Tags: &tags}), "If-Match", r.header.Get("ETag"))
					if w.status == 200 {
						break
					}
					if w.status != 412 {
						t.Errorf("PATCH: %d %s", w.status, w.body)
						return
					}
					conflicts[c]++
				}
			}
		})
	}
	wg.Wait()
	if r, _ := ask[api.Record](d, "GET", "/v1/keys/a", nil, 200); len(r.Tags) != callers*each {
		t.Errorf("%d tags of %d are there", len(r.Tags), callers*each)
	}
	stale := `"1"`
	for _, verb := range []string{"rotate", "suspend", "resume", "deactivate", "compromise", "destroy", "cancel-destroy", "purge"} {
		if a := d.send("POST", "/v1/keys/a/"+verb, "", "If-Match", stale); a.status != 412 {
			t.Errorf("%s of what is no longer so: %d %s", verb, a.status, a.body)
		}
	}
	for verb, body := range map[string]string{"import": `{"wrapped_material":"eA=="}`, "move": `{"parent":""}`} {
		if a := d.send("POST", "/v1/keys/a/"+verb, body, "If-Match", stale); a.status != 412 {
			t.Errorf("%s of what is no longer so: %d %s", verb, a.status, a.body)
		}
	}
}

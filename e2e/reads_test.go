package e2e_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// A key that one follower created is there on the other follower in the very next request, when that names the index
// of the answer or asks for a linearizable read; and on the node asked it is there without a word.
func TestWritesThroughAFollowerAreReadInTheNextRequest(t *testing.T) {
	c := open(t)
	_, followers := c.leader()
	a, b := followers[0], followers[1]
	plainMisses, rotateMisses := 0, 0
	for i := range 200 {
		name := fmt.Sprintf("rw/%d", i)
		made := c.must(a, create(name, false))
		if made.status != http.StatusCreated {
			t.Fatalf("create at %s: %v", a.name, made)
		}
		if got := c.must(b, get("/v1/keys/"+name)); got.status != http.StatusOK {
			plainMisses++
		}
		c.mustSee(a, name, nil, 1)
		c.mustSeeIn(a, b, name, i, made, 1)
	}
	const name = "rw/0"
	const rotations = 100
	for i := range rotations {
		turned := c.must(a, post("/v1/keys/"+name+"/rotate", nil))
		if turned.status != http.StatusOK {
			t.Fatalf("rotate at %s: %v", a.name, turned)
		}
		var r api.Record
		c.must(b, get("/v1/keys/"+name)).into(t, &r)
		if r.Latest != uint32(i+2) {
			rotateMisses++
		}
		c.mustSee(a, name, nil, i+2)
		c.mustSeeIn(a, b, name, i, turned, i+2)
		var e api.EncryptResponse
		x := post("/v1/keys/"+name+"/encrypt", api.EncryptRequest{Plaintext: []byte("x")})
		x.header = map[string]string{api.HeaderIndex: turned.header.Get(api.HeaderIndex)}
		c.must(b, x).into(t, &e)
		if e.Version != uint32(i+2) {
			t.Fatalf("%s encrypted under version %d right after %s rotated to %d", b.name, e.Version, a.name, i+2)
		}
	}
	t.Logf("without asking for an index, the other follower did not have the new key in %d of 200 requests, nor the new version in %d of %d", plainMisses, rotateMisses, rotations)
}

// mustSeeIn reads at b, alternately by index and linearizable, what a was told.
func (c *cluster) mustSeeIn(_, b *node, name string, i int, written answer, latest int) {
	c.t.Helper()
	if i%2 == 0 {
		c.mustSee(b, name, map[string]string{api.HeaderIndex: written.header.Get(api.HeaderIndex)}, latest)
		return
	}
	c.mustSee(b, name+"?consistency=linearizable", nil, latest)
}

func (c *cluster) mustSee(n *node, name string, header map[string]string, latest int) {
	c.t.Helper()
	r := get("/v1/keys/" + name)
	r.header = header
	var rec api.Record
	c.must(n, r).into(c.t, &rec)
	if rec.Latest != uint32(latest) {
		c.t.Fatalf("%s shows version %d of %s, want %d", n.name, rec.Latest, name, latest)
	}
}

package field_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/transport/client/field"
)

// exampleBox is a Box at a stand-in for a cluster; done ends both.
func exampleBox() (box *envelope.Box, done func()) {
	var node *clienttest.Server
	stop := clienttest.Start(&node)
	c, err := client.New(client.Config{Endpoints: []string{node.URL}, CA: node.Pool(), Token: func() []byte { return []byte(clienttest.RootToken) }})
	if err != nil {
		panic(err)
	}
	if _, err := c.CreateKey(context.Background(), api.CreateKeyRequest{Name: "shop"}); err != nil {
		panic(err)
	}
	if box, err = envelope.New(c, "shop"); err != nil {
		panic(err)
	}
	return box, func() { box.Close(); c.Close(); stop() }
}

// A document, or a row, with one field that only its application reads.
func ExampleEncrypted() {
	type Customer struct {
		ID    int                     `json:"id"`
		Email field.Encrypted[string] `json:"email"`
	}
	box, done := exampleBox()
	defer done()
	ctx := context.Background()

	var c Customer
	var err error
	c.ID = 17
	if c.Email, err = field.Seal(ctx, box, "ada@example.org", "customers.email 17"); err != nil {
		fmt.Println(err)
		return
	}
	doc, _ := json.Marshal(c)
	fmt.Println(strings.HasPrefix(string(doc), `{"id":17,"email":"qe1:`), strings.Contains(string(doc), "ada"))

	var back Customer
	if err := json.Unmarshal(doc, &back); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back.Email)
	fmt.Println(back.Email.Open(ctx, box, "customers.email 17"))
	_, err = back.Email.Open(ctx, box, "customers.email 18") // moved to another row
	fmt.Println(err != nil)
	// Output:
	// true false
	// [encrypted]
	// ada@example.org <nil>
	// true
}

// A struct whose tagged fields are encrypted where they are.
func ExampleWalker() {
	type Customer struct {
		ID    string
		Email string `quorate:"customers.email"`
	}
	box, done := exampleBox()
	defer done()
	ctx, w := context.Background(), field.Walker{Box: box}

	c := Customer{ID: "17", Email: "ada@example.org"}
	if err := w.Seal(ctx, &c, c.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.ID, c.Email[:4])
	if err := w.Open(ctx, &c, c.ID); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.ID, c.Email)
	// Output:
	// 17 qe1:
	// 17 ada@example.org
}

// A value that can be searched for: read first what that gives away.
func ExampleIndex() {
	box, done := exampleBox()
	defer done()
	ctx := context.Background()
	key, err := field.NewIndexKey(ctx, box) // once; kept with the schema
	if err != nil {
		fmt.Println(err)
		return
	}
	index, err := field.OpenIndex(ctx, box, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	stored, err := index.Seal(ctx, "customers.phone", "+49 731 4711")
	if err != nil {
		fmt.Println(err)
		return
	}
	wanted, err := index.Seal(ctx, "customers.phone", "+49 731 4711") // for WHERE phone = $1
	fmt.Println(stored == wanted, stored[:4], err)
	// Output: true qd1: <nil>
}

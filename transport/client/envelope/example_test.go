package envelope_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/transport/client/envelope"
)

func Example() {
	var node *clienttest.Server // stands in for a cluster
	defer clienttest.Start(&node)()
	ctx := context.Background()
	c, err := client.New(client.Config{Endpoints: []string{node.URL}, CA: node.Pool(), Token: func() []byte { return []byte(clienttest.RootToken) }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if _, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: "billing"}); err != nil {
		fmt.Println(err)
		return
	}

	box, err := envelope.New(c, "billing")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer box.Close()
	where := []byte("customers.iban, row 17") // bound to the message: it opens nowhere else
	message, err := box.Encrypt(ctx, []byte("DE02 1203 0000 0000 2020 51"), where)
	if err != nil {
		fmt.Println(err)
		return
	}
	plain, err := box.Decrypt(ctx, message, where)
	fmt.Println(string(plain), err)
	_, err = box.Decrypt(ctx, message, []byte("customers.iban, row 18"))
	fmt.Println(err != nil)
	// Output:
	// DE02 1203 0000 0000 2020 51 <nil>
	// true
}

// A stream of any size, of which any part can be read without the rest.
func ExampleBox_OpenStream() {
	var node *clienttest.Server // stands in for a cluster
	defer clienttest.Start(&node)()
	ctx := context.Background()
	c, err := client.New(client.Config{Endpoints: []string{node.URL}, CA: node.Pool(), Token: func() []byte { return []byte(clienttest.RootToken) }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	if _, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: "films"}); err != nil {
		fmt.Println(err)
		return
	}
	box, err := envelope.New(c, "films")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer box.Close()
	var stored bytes.Buffer
	film := strings.Repeat("a picture ", 100_000) + "the end"
	if err := box.EncryptStream(ctx, &stored, strings.NewReader(film), []byte("film 7"), nil); err != nil {
		fmt.Println(err)
		return
	}
	r, err := box.OpenStream(ctx, bytes.NewReader(stored.Bytes()), int64(stored.Len()), []byte("film 7"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	if _, err := r.Seek(-7, io.SeekEnd); err != nil {
		fmt.Println(err)
		return
	}
	last, err := io.ReadAll(r)
	fmt.Println(string(last), err)
	// Output: the end <nil>
}

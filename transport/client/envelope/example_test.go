package envelope_test

import (
	"context"
	"fmt"

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

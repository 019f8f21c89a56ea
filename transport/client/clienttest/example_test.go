package clienttest_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
)

// In a test, Memory(t, "billing") is all that is needed. This is how a TestMain, or a program, has a stand-in.
func ExampleStart() {
	var node *clienttest.Server
	stop := clienttest.Start(&node)
	defer stop()
	c, err := client.New(client.Config{Endpoints: []string{node.URL}, CA: node.Pool(), Token: func() []byte { return []byte(clienttest.RootToken) }})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	ctx := context.Background()
	if _, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: "billing"}); err != nil {
		fmt.Println(err)
		return
	}
	e, err := c.Encrypt(ctx, "billing", api.EncryptRequest{Plaintext: []byte("hello")})
	if err != nil {
		fmt.Println(err)
		return
	}
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(e.Ciphertext, "qk:v1:"))
	fmt.Println(string(raw[:9]))
	// Output: TEST-ONLY
}

package client_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/clienttest"
	"github.com/quorate/quorate/vault/fault"
)

// exampleNode is the cluster of the examples.
var exampleNode *clienttest.Server

func TestMain(m *testing.M) {
	stop := clienttest.Start(&exampleNode)
	defer stop()
	m.Run()
}

func dial() *client.Client {
	c, err := client.New(client.Config{
		Endpoints: []string{exampleNode.URL},
		CA:        exampleNode.Pool(),
		Token:     func() []byte { return []byte(clienttest.RootToken) },
	})
	if err != nil {
		panic(err)
	}
	return c
}

func ExampleClient_Encrypt() {
	ctx, c := context.Background(), dial()
	defer c.Close()
	if _, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: "app1"}); err != nil {
		fmt.Println(err)
		return
	}
	e, err := c.Encrypt(ctx, "app1", api.EncryptRequest{Plaintext: []byte("the password")})
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := c.Decrypt(ctx, "app1", api.DecryptRequest{Ciphertext: e.Ciphertext})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Ciphertext[:6], string(d.Plaintext))
	// Output: qk:v1: the password
}

func ExampleClient_EncryptStream() {
	ctx, c := context.Background(), dial()
	defer c.Close()
	if _, err := c.CreateKey(ctx, api.CreateKeyRequest{Name: "backups"}); err != nil {
		fmt.Println(err)
		return
	}
	var stored, back bytes.Buffer
	if _, err := c.EncryptStream(ctx, &stored, strings.NewReader("a long story"), "backups", client.StreamOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := c.DecryptStream(ctx, &back, &stored, client.StreamOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back.String())
	// Output: a long story
}

func ExampleError() {
	c := dial()
	defer c.Close()
	_, err := c.Key(context.Background(), "nobody")
	var e *client.Error
	if errors.Is(err, fault.NotFound) && errors.As(err, &e) {
		fmt.Println(e.Fault.Message)
		fmt.Println(e.RequestID)
	}
	// Output:
	// there is no key "nobody"
	// req-1
}

package holder_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/quorate/quorate/transport/client/holder"
)

// A token that the platform mounts as a file, and renews there; Token is for client.Config.
func ExampleFile() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte("qt_example\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}

	h, err := holder.File(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer h.Close()
	fmt.Println(h, h.Warning() == "")
	fmt.Println(string(h.Token()))
	// Output:
	// [secret] true
	// qt_example
}

// A key that is needed for a moment: what was lent is cleared afterwards.
func ExampleHolder_Lend() {
	if err := os.Setenv("EXAMPLE_KEY", "a key"); err != nil {
		fmt.Println(err)
		return
	}
	h, err := holder.Env("EXAMPLE_KEY")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer h.Close()
	_, there := os.LookupEnv("EXAMPLE_KEY")
	fmt.Println("still in the environment:", there)
	err = h.Lend(func(secret []byte) error {
		fmt.Println(len(secret), "bytes")
		return nil
	})
	fmt.Println(err)
	// Output:
	// still in the environment: false
	// 5 bytes
	// <nil>
}

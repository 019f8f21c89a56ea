// Command age stands for age and age-keygen where they are not installed, as far as the runbooks use them.
//
//	age-keygen -o KEY      a new identity in KEY
//	age-keygen -y KEY      its recipient
//	age -d -i KEY FILE     what FILE holds
package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

func main() {
	log.SetFlags(0)
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	var err error
	switch {
	case name == "age-keygen" && len(args) == 2 && args[0] == "-o":
		err = generate(args[1])
	case name == "age-keygen" && len(args) == 2 && args[0] == "-y":
		err = recipient(args[1])
	case name == "age" && len(args) == 4 && args[0] == "-d" && args[1] == "-i":
		err = decrypt(args[2], args[3])
	default:
		log.Fatalf("this %s knows no %v", name, args)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func generate(key string) error {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	return os.WriteFile(key, []byte(id.String()+"\n"), 0o600)
}

func recipient(key string) error {
	raw, err := os.ReadFile(key)
	if err != nil {
		return err
	}
	id, err := age.ParseX25519Identity(strings.TrimSpace(string(raw)))
	if err != nil {
		return err
	}
	fmt.Println(id.Recipient())
	return nil
}

func decrypt(key, file string) error {
	k, err := os.Open(key)
	if err != nil {
		return err
	}
	defer k.Close()
	ids, err := age.ParseIdentities(k)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var in io.Reader = strings.NewReader(string(raw))
	if strings.HasPrefix(string(raw), armor.Header) {
		in = armor.NewReader(in)
	}
	plain, err := age.Decrypt(in, ids...)
	if err != nil {
		return err
	}
	_, err = io.Copy(os.Stdout, plain)
	return err
}

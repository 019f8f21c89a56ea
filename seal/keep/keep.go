// Package keep keeps a node's share of the slot "quorum" on its own disk: small files in a directory that only the node's user reads, each
// replaced whole or not at all. With a key, such as a systemd credential that the machine's TPM unseals, the files are encrypted, so that a
// disk without its machine does not even hold a share. It knows what the files are called and how long they may be, not what is in them.
package keep

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

const (
	plainFile  = 0    // first byte of a file
	sealedFile = 1    // the rest is nonce, ciphertext and tag of AES-256-GCM
	maxFile    = 4096 // bytes of a file
	maxKeyFile = 64 << 10
	minKeyFile = 32
	temporary  = ".new"
	label      = "quorate/v1/keep"
)

// Dir is a directory of such files. It is safe for concurrent use on different files.
type Dir struct {
	path string
	aead cipher.AEAD // nil: files are kept as they are
}

// Open makes the directory if it is missing. keyFile, if not "", holds a key of at least 32 bytes under which files are encrypted; its
// content is not changed. Files that were written without a key still open with one, and are encrypted when they are next written.
func Open(path, keyFile string) (*Dir, error) {
	if err := makeDir(path); err != nil {
		return nil, fmt.Errorf("making the directory of this node's shares: %w", err)
	}
	d := &Dir{path: path}
	if keyFile == "" {
		return d, nil
	}
	secret, err := readBounded(keyFile, maxKeyFile)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the key %s, which encrypts this node's share, cannot be read", keyFile).
			WithHint("With systemd: LoadCredentialEncrypted=share-key:FILE, and share_key_file: ${CREDENTIALS_DIRECTORY}/share-key.")
	}
	defer clear(secret)
	if len(secret) < minKeyFile {
		return nil, fault.New(fault.Invalid, "the key %s has %d bytes; at least %d are needed", keyFile, len(secret), minKeyFile).
			WithHint("Make one: head -c 32 /dev/urandom > FILE")
	}
	key, err := hkdf.Key(sha256.New, secret, nil, label, 32)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	d.aead, err = cipher.NewGCMWithRandomNonce(block)
	return d, err
}

func readBounded(file string, limit int64) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fault.New(fault.TooLarge, "%s has more than %d bytes", file, limit)
	}
	return b, err
}

// Read gives a file's content, which the caller clears. fault.NotFound if there is none; fault.BadState if it is damaged, or encrypted under
// another key.
func (d *Dir) Read(name string) ([]byte, error) {
	path, err := d.file(name)
	if err != nil {
		return nil, err
	}
	b, err := readBounded(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "there is no file %q", name)
	}
	if err != nil {
		return nil, err
	}
	defer clear(b)
	switch {
	case len(b) > 0 && b[0] == plainFile:
		return bytes.Clone(b[1:]), nil
	case len(b) > 0 && b[0] == sealedFile && d.aead != nil:
		plain, err := d.aead.Open(nil, nil, b[1:], aad(name))
		if err == nil {
			return plain, nil
		}
	}
	return nil, fault.New(fault.BadState, "%s is damaged, or encrypted under another key than this node was given", path).
		WithHint("Give the node the key that it had (share_key_file), or remove the file: the leader deals a new share.")
}

func aad(name string) []byte { return []byte(label + "\x00" + name) }

// Write replaces a file, durably on return; nil data removes it.
func (d *Dir) Write(name string, data []byte) error {
	path, err := d.file(name)
	if err != nil {
		return err
	}
	if data == nil {
		err := os.Remove(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return errors.Join(err, d.sync())
	}
	whole := append(make([]byte, 0, 1+len(data)+64), plainFile)
	if d.aead != nil {
		whole[0] = sealedFile
		whole = d.aead.Seal(whole, nil, data, aad(name))
	} else {
		whole = append(whole, data...)
	}
	defer clear(whole)
	if len(whole) > maxFile {
		return fault.New(fault.TooLarge, "a file has at most %d bytes", maxFile)
	}
	if err := writeSynced(path+temporary, whole); err != nil {
		return err
	}
	if err := os.Rename(path+temporary, path); err != nil {
		return err
	}
	return d.sync()
}

func writeSynced(path string, b []byte) error {
	if err := makeDir(filepath.Dir(path)); err != nil { // a node that forgets its membership removes it
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func (d *Dir) sync() error { return syncDir(d.path) }

// makeDir makes a folder for good: its name, too.
func makeDir(path string) error {
	return errors.Join(os.MkdirAll(path, 0o700), syncDir(filepath.Dir(path)))
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Names lists the files that were written whole.
func (d *Dir) Names() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), temporary) {
			continue // a write may be under way; the next one of that name replaces it
		}
		if _, err := d.file(e.Name()); err == nil && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// file is where a file lies. Names are a-z 0-9 -.
func (d *Dir) file(name string) (string, error) {
	strange := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
	if name == "" || len(name) > 128 || strings.ContainsFunc(name, strange) {
		return "", fault.New(fault.Invalid, "%.64q cannot name a file here", name)
	}
	return filepath.Join(d.path, name), nil
}

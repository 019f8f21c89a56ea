// Package legacy reads the ciphertext that keas.kmi's own clients wrote, so that it can be encrypted anew: AES-256 in CBC
// mode, under a key made of the data key by two rounds of MD5. It writes nothing: the form cannot tell whether data was
// changed, and its first variant uses one initialisation vector for everything.
//
// It also reads the data keys in the storage directory of that server, encrypted as they are (dek.go).
//
// It knows bytes and a plain data key, and that directory. It must not know where either comes from.
package legacy

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // fixed by the form that existing data has
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/quorate/quorate/vault/fault"
)

// Form is how a ciphertext is laid out.
type Form uint8

// The forms. Auto is for Detect's callers; it is not decrypted.
const (
	Auto Form = iota
	Data      // one value: a fixed vector, PKCS #7 padding, nothing in front
	File      // a file: its length (64 bits, little-endian), a vector of 16 bytes, blocks, the last one filled with spaces
)

func (f Form) String() string { return [...]string{"auto", "data", "file"}[f] }

// ParseForm reads the name of a form. fault.Invalid.
func ParseForm(name string) (Form, error) {
	for _, f := range []Form{Auto, Data, File} {
		if f.String() == name {
			return f, nil
		}
	}
	return Auto, fault.New(fault.Invalid, "there is no form %q", name).WithHint("Forms: auto, data, file.")
}

const (
	fileHeader = 8 + aes.BlockSize
	chunk      = 64 << 10 // a multiple of the block size
	maxFile    = 1 << 56
)

var (
	vector = []byte("0123456789ABCDEF")
	salt   = []byte("12345678")
)

// Detect tells the form of a ciphertext of size bytes that begins with head: a file says its length, and that of any other
// data fits by a chance of one in 2^50.
func Detect(head []byte, size int64) Form {
	if len(head) >= 8 {
		if n := binary.LittleEndian.Uint64(head); n < maxFile && size == fileHeader+blocks(int64(n)) {
			return File
		}
	}
	return Data
}

func blocks(n int64) int64 { return (n + aes.BlockSize - 1) / aes.BlockSize * aes.BlockSize }

// Decrypt reads src to its end and writes the plaintext. What it wrote before an error is worthless. fault.Invalid if
// padding or length are not as they must be; most damage cannot be seen, since nothing authenticates these forms.
func Decrypt(dst io.Writer, src io.Reader, dek []byte, f Form) error {
	block, err := cipherOf(dek)
	if err != nil {
		return err
	}
	switch f {
	case Data:
		return decryptData(dst, src, block)
	case File:
		return decryptFile(dst, src, block)
	case Auto:
	}
	return fault.New(fault.Invalid, "the form of the ciphertext has to be said").WithHint("Forms: data, file.")
}

// cipherOf makes the key as OpenSSL's EVP_BytesToKey does with MD5, a fixed salt and one iteration.
func cipherOf(dek []byte) (cipher.Block, error) {
	seed := append(bytes.Clone(dek), salt...)
	defer clear(seed)
	first := md5.Sum(seed) //nolint:gosec // see above
	longer := append(bytes.Clone(first[:]), seed...)
	defer clear(longer)
	second := md5.Sum(longer) //nolint:gosec // see above
	key := append(bytes.Clone(first[:]), second[:]...)
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("making the cipher: %w", err)
	}
	return block, nil
}

func wrong(why string) error {
	return fault.New(fault.Invalid, "the input was not encrypted under this key, or is damaged: %s", why).
		WithHint("Take the key-encrypting key with which it was encrypted, and a whole copy; --form says whether it is a value or a file.")
}

func reading(err error) error { return fmt.Errorf("reading the input: %w", err) }
func writing(err error) error { return fmt.Errorf("writing the output: %w", err) }

func decryptData(dst io.Writer, src io.Reader, block cipher.Block) error {
	mode := cipher.NewCBCDecrypter(block, vector)
	buf, last := make([]byte, chunk), make([]byte, 0, aes.BlockSize)
	defer clear(buf)
	defer func() { clear(last) }()
	for {
		n, err := io.ReadFull(src, buf)
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return reading(err)
		}
		if n%aes.BlockSize != 0 || end && n+len(last) == 0 {
			return wrong("its length is no multiple of 16")
		}
		if n > 0 {
			mode.CryptBlocks(buf[:n], buf[:n])
			if _, err := dst.Write(last); err != nil {
				return writing(err)
			}
			last = append(last[:0], buf[n-aes.BlockSize:n]...) // it may be the padding
			if _, err := dst.Write(buf[:n-aes.BlockSize]); err != nil {
				return writing(err)
			}
		}
		if !end {
			continue
		}
		pad := int(last[len(last)-1])
		if pad == 0 || pad > aes.BlockSize || !bytes.Equal(last[aes.BlockSize-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
			return wrong("its padding is none")
		}
		if _, err := dst.Write(last[:aes.BlockSize-pad]); err != nil {
			return writing(err)
		}
		return nil
	}
}

func decryptFile(dst io.Writer, src io.Reader, block cipher.Block) error {
	var head [fileHeader]byte
	if _, err := io.ReadFull(src, head[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return wrong("it is too short")
	} else if err != nil {
		return reading(err)
	}
	size := binary.LittleEndian.Uint64(head[:8])
	if size >= maxFile {
		return wrong("its length is out of bounds")
	}
	left := int64(size)
	mode := cipher.NewCBCDecrypter(block, head[8:])
	buf := make([]byte, chunk)
	defer clear(buf)
	for left > 0 {
		part := buf[:min(chunk, blocks(left))]
		if _, err := io.ReadFull(src, part); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return wrong("it is cut short")
		} else if err != nil {
			return reading(err)
		}
		mode.CryptBlocks(part, part)
		plain := part[:min(int64(len(part)), left)]
		if pad := part[len(plain):]; !bytes.Equal(pad, bytes.Repeat([]byte{' '}, len(pad))) {
			return wrong("its last block is not filled with spaces")
		}
		if _, err := dst.Write(plain); err != nil {
			return writing(err)
		}
		left -= int64(len(plain))
	}
	switch n, err := io.ReadFull(src, buf[:1]); {
	case n > 0:
		return wrong("it goes on behind its end")
	case !errors.Is(err, io.EOF):
		return reading(err)
	}
	return nil
}

package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5" //nolint:gosec // fixed by the form that existing data has
	"errors"
	"fmt"
	"io"

	"github.com/quorate/quorate/vault/fault"
)

// The form of keas.kmi's clients: AES-256 in CBC mode with a fixed vector and PKCS #7 padding, under a key made from
// the data key and a fixed salt by two rounds of MD5 (OpenSSL's EVP_BytesToKey with one iteration).
var (
	keasVector = []byte("0123456789ABCDEF")
	keasSalt   = []byte("12345678")
)

func keasBlock(dek []byte) (cipher.Block, error) {
	seed := append(bytes.Clone(dek), keasSalt...)
	defer clear(seed)
	first := md5.Sum(seed)                       //nolint:gosec // see above
	second := md5.Sum(append(first[:], seed...)) //nolint:gosec // see above
	key := append(bytes.Clone(first[:]), second[:]...)
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("making the cipher: %w", err)
	}
	return block, nil
}

const keasChunk = 64 << 10 // a multiple of the block size

func keasEncrypt(w io.Writer, r io.Reader, dek []byte) error {
	block, err := keasBlock(dek)
	if err != nil {
		return err
	}
	mode := cipher.NewCBCEncrypter(block, keasVector)
	buf := make([]byte, keasChunk, keasChunk+aes.BlockSize)
	defer clear(buf)
	for {
		n, err := io.ReadFull(r, buf[:keasChunk])
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return fmt.Errorf("reading the input: %w", err)
		}
		out := buf[:n]
		if end {
			pad := aes.BlockSize - n%aes.BlockSize
			out = append(out, bytes.Repeat([]byte{byte(pad)}, pad)...)
		}
		mode.CryptBlocks(out, out)
		if _, err := w.Write(out); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
		if end {
			return nil
		}
	}
}

func keasDecrypt(w io.Writer, r io.Reader, dek []byte) error {
	block, err := keasBlock(dek)
	if err != nil {
		return err
	}
	wrong := fault.New(fault.Invalid, "the input was not encrypted under this key, or is damaged")
	mode := cipher.NewCBCDecrypter(block, keasVector)
	buf, last := make([]byte, keasChunk), make([]byte, 0, aes.BlockSize)
	defer clear(buf)
	for {
		n, err := io.ReadFull(r, buf)
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return fmt.Errorf("reading the input: %w", err)
		}
		if n%aes.BlockSize != 0 || end && n+len(last) == 0 {
			return wrong
		}
		if n > 0 {
			mode.CryptBlocks(buf[:n], buf[:n])
			if _, err := w.Write(last); err != nil {
				return fmt.Errorf("writing the output: %w", err)
			}
			last = append(last[:0], buf[n-aes.BlockSize:n]...) // it may be the padding
			if _, err := w.Write(buf[:n-aes.BlockSize]); err != nil {
				return fmt.Errorf("writing the output: %w", err)
			}
		}
		if !end {
			continue
		}
		pad := int(last[len(last)-1])
		if pad == 0 || pad > aes.BlockSize || !bytes.Equal(last[aes.BlockSize-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
			return wrong
		}
		if _, err := w.Write(last[:aes.BlockSize-pad]); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
		return nil
	}
}

package seal

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	agearmor "filippo.io/age/armor"
	"github.com/ProtonMail/go-crypto/openpgp"
	pgparmor "github.com/ProtonMail/go-crypto/openpgp/armor"

	"github.com/quorate/quorate/vault/fault"
)

const maxRecipient = 64 << 10 // bytes of a public key

// EncryptShares encrypts share line i to recipient i and returns one armored text for each; the lines stay the caller's. A recipient is an
// age public key (age1…) or an ASCII-armored OpenPGP public key. fault.Invalid names the recipient that cannot be used,
// or says that there is not exactly one for each share. Nothing is returned unless all succeed.
func EncryptShares(lines [][]byte, recipients []string) ([][]byte, error) {
	if len(lines) != len(recipients) {
		return nil, fault.New(fault.Invalid, "there are %d shares and %d recipients; give exactly one recipient for each share", len(lines), len(recipients))
	}
	if err := CheckRecipients(recipients); err != nil {
		return nil, err
	}
	out := make([][]byte, len(lines))
	for i, line := range lines {
		to, err := parseRecipient(recipients[i])
		if err != nil {
			return nil, fmt.Errorf("recipient %d: %w", i+1, err)
		}
		var text bytes.Buffer
		if err := to(&text, line); err != nil {
			return nil, fault.Wrap(fault.Invalid, err, "share %d cannot be encrypted to its recipient", i+1)
		}
		out[i] = text.Bytes()
	}
	return out, nil
}

// CheckRecipients tells whether shares can be encrypted to all of these, so that a mistake is found before there are shares.
func CheckRecipients(recipients []string) error {
	for i, r := range recipients {
		to, err := parseRecipient(r)
		if err == nil {
			err = to(io.Discard, []byte("trial")) // an OpenPGP key may turn out unable to encrypt, or expired
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "recipient %d cannot be used", i+1).
				WithHint("Give an age public key (age1…) or an ASCII-armored OpenPGP public key that can encrypt and has not expired.")
		}
	}
	return nil
}

// encryptor writes one armored, encrypted line.
type encryptor func(w io.Writer, line []byte) error

func parseRecipient(text string) (encryptor, error) {
	text = strings.TrimSpace(text)
	switch {
	case len(text) > maxRecipient:
		return nil, fault.New(fault.TooLarge, "a recipient has at most %d bytes", maxRecipient)
	case strings.HasPrefix(text, "age1"):
		to, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, err
		}
		if len(to) != 1 {
			return nil, fault.New(fault.Invalid, "%d age keys instead of one", len(to))
		}
		return ageEncryptor(to[0]), nil
	case strings.HasPrefix(text, "-----BEGIN PGP PUBLIC KEY BLOCK-----"):
		return pgpEncryptor(text)
	default:
		return nil, fault.New(fault.Invalid, "neither an age public key nor an armored OpenPGP public key")
	}
}

func ageEncryptor(to age.Recipient) encryptor {
	return func(w io.Writer, line []byte) error {
		armored := agearmor.NewWriter(w)
		plain, err := age.Encrypt(armored, to)
		if err != nil {
			return err
		}
		return writeAll(plain, armored, line)
	}
}

func pgpEncryptor(text string) (encryptor, error) {
	entities, err := openpgp.ReadArmoredKeyRing(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	if len(entities) != 1 {
		return nil, fault.New(fault.Invalid, "%d OpenPGP keys instead of one", len(entities))
	}
	return func(w io.Writer, line []byte) error {
		armored, err := pgparmor.Encode(w, "PGP MESSAGE", nil)
		if err != nil {
			return err
		}
		plain, err := openpgp.Encrypt(armored, entities, nil, nil, nil)
		if err != nil {
			return err
		}
		return writeAll(plain, armored, line)
	}, nil
}

// writeAll writes line and a line end, and closes the writers, inner first.
func writeAll(plain, armored io.WriteCloser, line []byte) error {
	for _, part := range [][]byte{line, []byte("\n")} {
		if _, err := plain.Write(part); err != nil {
			return err
		}
	}
	if err := plain.Close(); err != nil {
		return err
	}
	return armored.Close()
}

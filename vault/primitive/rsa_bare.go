package primitive

import (
	"crypto"
	"crypto/rsa"
	"io"

	"github.com/quorate/quorate/vault/fault"
)

// Encryption is how RSA encrypts for other software (RFC 8017, 7).
type Encryption struct {
	PKCS1v15 bool        // else OAEP, and the rest says how
	Hash     crypto.Hash // 0: SHA-256
	MaskHash crypto.Hash // of MGF1; 0: Hash
	Label    []byte
}

type (
	rsaEncrypter interface{ public() *rsa.PublicKey }
	rsaDecrypter interface{ secret() *rsa.PrivateKey }
)

func (k rsaPublic) public() *rsa.PublicKey    { return k.key }
func (k *rsaPrivate) secret() *rsa.PrivateKey { return k.private }

func (e *Encryption) options() (*rsa.OAEPOptions, error) {
	o := &rsa.OAEPOptions{Hash: e.Hash, MGFHash: e.MaskHash, Label: e.Label}
	if o.Hash == 0 {
		o.Hash = crypto.SHA256
	}
	if o.MGFHash == 0 {
		o.MGFHash = o.Hash
	}
	if err := keyedHash(o.Hash); err != nil {
		return nil, err
	}
	return o, keyedHash(o.MGFHash)
}

// EncryptRSA encrypts plaintext as e says. What is too long for the key is refused with fault.TooLarge.
func (k *Key) EncryptRSA(rnd io.Reader, e Encryption, plaintext []byte) ([]byte, error) {
	half, ok := k.half.(rsaEncrypter)
	if !ok {
		return nil, k.refuse("encrypt with RSA")
	}
	public := half.public()
	room := public.Size() - 11
	if e.PKCS1v15 {
		if len(plaintext) <= room {
			//lint:ignore SA1019 it is what the other side asked for by name
			return rsa.EncryptPKCS1v15(rnd, public, plaintext)
		}
		return nil, tooLong(room, len(plaintext))
	}
	o, err := e.options()
	if err != nil {
		return nil, err
	}
	if room = public.Size() - 2*o.Hash.Size() - 2; len(plaintext) > room {
		return nil, tooLong(room, len(plaintext))
	}
	return rsa.EncryptOAEPWithOptions(rnd, public, plaintext, o)
}

func tooLong(room, n int) error {
	return fault.New(fault.TooLarge, "this key encrypts at most %d bytes in this padding, not %d", max(room, 0), n)
}

// DecryptRSA undoes EncryptRSA. What does not open is told apart from nothing else. For PKCS #1 v1.5 that is what an attack by
// chosen ciphertexts asks for (Bleichenbacher): only who may decrypt anyway can ask.
func (k *Key) DecryptRSA(e Encryption, ciphertext []byte) ([]byte, error) {
	half, ok := k.half.(rsaDecrypter)
	if !ok {
		return nil, k.refuse("decrypt with RSA")
	}
	//lint:ignore SA1019 it is what the other side asked for by name
	var options crypto.DecrypterOpts = &rsa.PKCS1v15DecryptOptions{}
	if !e.PKCS1v15 {
		o, err := e.options()
		if err != nil {
			return nil, err
		}
		options = o
	}
	plain, err := half.secret().Decrypt(nil, ciphertext, options)
	if err != nil {
		return nil, ErrUnopened
	}
	return plain, nil
}

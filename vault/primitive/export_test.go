package primitive

// For tests of the fields in which secrets are shared.
var (
	Mul8  = mul8
	Mul16 = mul16
)

// Inverse16 is an element's inverse.
func Inverse16(a uint16) uint16 { return wide.inverse(a) }

// SealCCM is CCM with tags of every length that it has, and OpenCCM undoes it.
func (k *Key) SealCCM(c Cipher, plaintext []byte) (ciphertext, tag []byte, err error) {
	return c.sealCCM(k.half.(blocker).block(), plaintext)
}

// OpenCCM undoes SealCCM.
func (k *Key) OpenCCM(c Cipher, ciphertext, tag []byte) ([]byte, error) {
	return c.openCCM(k.half.(blocker).block(), ciphertext, tag)
}

package primitive_test

import (
	"crypto/rand"
	"encoding/hex"
	"testing"

	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

// modeJobs are CCM and XTS under an AES key, and under a key of 512 bits beside the one of 256. Both are deterministic, so one direction says all.
func modeJobs(t *testing.T, a key.Algorithm, k *primitive.Key, base job) (jobs []job) {
	add := func(k *primitive.Key, j job, c primitive.Cipher, n int) {
		plain := make([]byte, n)
		_, _ = rand.Read(plain)
		_, _ = rand.Read(c.IV)
		sealed, tag, err := k.EncryptBlocks(c, plain)
		if err != nil {
			t.Fatal(err)
		}
		want := append(sealed, tag...)
		j.Msg, j.IV, j.AAD, j.Size = hex.EncodeToString(plain), hex.EncodeToString(c.IV), hex.EncodeToString(c.AAD), c.Tag
		j.check = func(out []byte) error { return same(out, want, nil) }
		jobs = append(jobs, j)
	}
	ccm := base
	ccm.Op = "ccm"
	for nonce := 7; nonce <= 13; nonce++ {
		for tag := 8; tag <= 16; tag += 2 {
			add(k, ccm, primitive.Cipher{Mode: primitive.CCM, IV: make([]byte, nonce), AAD: make([]byte, 3*nonce), Tag: tag}, 5*tag)
		}
	}
	add(k, ccm, primitive.Cipher{Mode: primitive.CCM, IV: make([]byte, 12), Tag: 16}, 0)
	if a != key.AES256GCM {
		return jobs
	}
	wide := base
	material := make([]byte, 64)
	_, _ = rand.Read(material)
	wide.Private = hex.EncodeToString(material)
	for _, n := range []int{16, 17, 31, 32, 33, 512, 4111} {
		for _, j := range []job{base, wide} {
			xts := k
			if j.Private == wide.Private {
				xts = openXTS(t, material)
			}
			j.Op = "xts"
			add(xts, j, primitive.Cipher{Mode: primitive.XTS, IV: make([]byte, 16)}, n)
		}
	}
	return jobs
}

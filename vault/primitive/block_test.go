package primitive_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/primitive"
)

func aes(t testing.TB, material string) *primitive.Key {
	t.Helper()
	a := key.AES128GCM
	if len(material) == 64 {
		a = key.AES256GCM
	}
	k, err := primitive.Open(a, fromHex(t, material))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const (
	nistKey128 = "2b7e151628aed2a6abf7158809cf4f3c"
	nistKey256 = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
	nistIV     = "000102030405060708090a0b0c0d0e0f"
	nistCount  = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
	nistText   = "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51 30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710"
)

// TestBlockModesAreThoseOfSP80038A: the examples of its appendix F.
func TestBlockModesAreThoseOfSP80038A(t *testing.T) {
	for _, c := range []struct {
		mode          primitive.Mode
		key, iv, want string
	}{
		{primitive.ECB, nistKey128, "", "3ad77bb40d7a3660a89ecaf32466ef97 f5d3d58503b9699de785895a96fdbaaf 43b1cd7f598ece23881b00e3ed030688 7b0c785e27e8ad3f8223207104725dd4"},
		{primitive.ECB, nistKey256, "", "f3eed1bdb5d2a03c064b5a7e3db181f8 591ccb10d410ed26dc5ba74a31362870 b6ed21b99ca6f4f9f153e7b1beafed1d 23304b7a39f9f3ff067d8d8f9e24ecc7"},
		{primitive.CBC, nistKey128, nistIV, "7649abac8119b246cee98e9b12e9197d 5086cb9b507219ee95db113a917678b2 73bed6b8e3c1743b7116e69e22229516 3ff1caa1681fac09120eca307586e1a7"},
		{primitive.CBC, nistKey256, nistIV, "f58c4c04d6e5f1ba779eabfb5f7bfbd6 9cfc4e967edb808d679f777bc6702c7d 39f23369a9d9bacfa530e26304231461 b2eb05e2c39be9fcda6c19078c6a9d1b"},
		{primitive.CFB, nistKey128, nistIV, "3b3fd92eb72dad20333449f8e83cfb4a c8a64537a0b3a93fcde3cdad9f1ce58b 26751f67a3cbb140b1808cf187a4f4df c04b05357c5d1c0eeac4c66f9ff7f2e6"},
		{primitive.CFB, nistKey256, nistIV, "dc7e84bfda79164b7ecd8486985d3860 39ffed143b28b1c832113c6331e5407b df10132415e54b92a13ed0a8267ae2f9 75a385741ab9cef82031623d55b1e471"},
		{primitive.OFB, nistKey128, nistIV, "3b3fd92eb72dad20333449f8e83cfb4a 7789508d16918f03f53c52dac54ed825 9740051e9c5fecf64344f7a82260edcc 304c6528f659c77866a510d9c1d6ae5e"},
		{primitive.OFB, nistKey256, nistIV, "dc7e84bfda79164b7ecd8486985d3860 4febdc6740d20b3ac88f6ad82a4fb08d 71ab47a086e86eedf39d1c5bba97c408 0126141d67f37be8538f5a8be740e484"},
		{primitive.CTR, nistKey128, nistCount, "874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff 5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee"},
		{primitive.CTR, nistKey256, nistCount, "601ec313775789a5b7a7f504bbf3d228 f443e3ca4d62b59aca84e990cacaf5c5 2b0930daa23de94ce87017ba2d84988d dfc9c58db67aada613c2dd08457941a6"},
	} {
		k, how := aes(t, c.key), primitive.Cipher{Mode: c.mode, IV: fromHex(t, c.iv)}
		got, tag, err := k.EncryptBlocks(how, fromHex(t, nistText))
		if want := fromHex(t, c.want); err != nil || tag != nil || !bytes.Equal(got, want) {
			t.Errorf("mode %d: got %x, %x, %v, want %x", c.mode, got, tag, err, want)
		}
		plain, err := k.DecryptBlocks(how, fromHex(t, c.want), nil)
		if want := fromHex(t, nistText); err != nil || !bytes.Equal(plain, want) {
			t.Errorf("mode %d: got %x, %v, want %x", c.mode, plain, err, want)
		}
	}
}

// TestGCMTakesNoncesAndTagsOfOtherLengths: test cases 4 to 6 of the paper that specified GCM, with nonces of 12, 8 and 60 bytes.
func TestGCMTakesNoncesAndTagsOfOtherLengths(t *testing.T) {
	const (
		plain = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
		aad   = "feedfacedeadbeeffeedfacedeadbeefabaddad2"
		long  = "9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b"
	)
	k := aes(t, "feffe9928665731c6d6a8f9467308308")
	for _, c := range []struct{ iv, want, tag string }{
		{"cafebabefacedbaddecaf888", "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091", "5bc94fbc3221a5db94fae95ae7121a47"},
		{"cafebabefacedbad", "61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c742373806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f4598", "3612d2e79e3b0785561be14aaca2fccb"},
		{long, "8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca701e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5", "619cc5aefffe0bfa462af43c1699d050"},
	} {
		for _, n := range []int{0, 12, 13, 16} {
			how := primitive.Cipher{IV: fromHex(t, c.iv), AAD: fromHex(t, aad), Tag: n}
			got, tag, err := k.EncryptBlocks(how, fromHex(t, plain))
			want := fromHex(t, c.tag)
			if n != 0 {
				want = want[:n]
			}
			if err != nil || !bytes.Equal(got, fromHex(t, c.want)) || !bytes.Equal(tag, want) {
				t.Fatalf("tag of %d bytes: got %x and %x, %v", n, got, tag, err)
			}
			opened, err := k.DecryptBlocks(how, got, fromHex(t, c.tag))
			if err != nil || !bytes.Equal(opened, fromHex(t, plain)) {
				t.Errorf("tag of %d bytes: got %x, %v", n, opened, err)
			}
			for name, bad := range map[string]func(){
				"text": func() { got[3] ^= 1 }, "tag": func() { tag[len(tag)-1] ^= 1 }, "tag too short": func() { tag = tag[:len(tag)-1] },
				"aad": func() { how.AAD[0] ^= 1 }, "nonce": func() { how.IV[0] ^= 1 },
			} {
				keptText, keptTag, kept := bytes.Clone(got), bytes.Clone(tag), primitive.Cipher{IV: bytes.Clone(how.IV), AAD: bytes.Clone(how.AAD), Tag: n}
				bad()
				if _, err := k.DecryptBlocks(how, got, tag); err == nil {
					t.Errorf("tag of %d bytes: opens with another %s", n, name)
				} else {
					wantRefusal(t, err, "the ciphertext does not open with this key")
				}
				got, tag, how = keptText, keptTag, kept
			}
		}
	}
}

func TestWhatIsPaddedIsUnpaddedAndNothingElse(t *testing.T) {
	k := aes(t, nistKey128)
	plainOf := func(last string) []byte { // a ciphertext whose last block opens as last
		c, _, err := k.EncryptBlocks(primitive.Cipher{Mode: primitive.ECB}, fromHex(t, nistIV+last))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, padding := range []primitive.BlockPadding{primitive.PKCS5, primitive.X923} {
		how := primitive.Cipher{Mode: primitive.ECB, Padding: padding}
		for n := range 50 {
			plain := bytes.Repeat([]byte{0xff}, n)
			c, _, err := k.EncryptBlocks(how, plain)
			if err != nil || len(c) != n/16*16+16 {
				t.Fatalf("%d bytes become %d, %v", n, len(c), err)
			}
			got, err := k.DecryptBlocks(how, c, nil)
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes: got %x, %v", n, got, err)
			}
		}
	}
	for last, good := range map[string][3]bool{ // none, PKCS5, X923
		"00112233445566778899aabbccddee01": {true, true, true},
		"00112233445566778899aabbccdd0202": {true, true, false},
		"00112233445566778899aabbccdd0002": {true, false, true},
		"00112233445566778899aabbccddee00": {true, false, false},
		"00112233445566778899aabbccddee11": {true, false, false},
		"10101010101010101010101010101010": {true, true, false},
		"00000000000000000000000000000010": {true, false, true},
		"0f101010101010101010101010101010": {true, false, false},
		"11111111111111111111111111111111": {true, false, false},
		"00000000000000000000000000000011": {true, false, false},
		"00112233445566778899aabbccddeeff": {true, false, false},
	} {
		for padding, want := range good {
			_, err := k.DecryptBlocks(primitive.Cipher{Mode: primitive.ECB, Padding: primitive.BlockPadding(padding)}, plainOf(last), nil)
			if (err == nil) != want {
				t.Errorf("%s in padding %d: %v", last, padding, err)
			}
			if err != nil {
				wantRefusal(t, err, "the ciphertext does not open with this key")
			}
		}
	}
	for _, n := range []int{1, 15, 17} {
		if _, _, err := k.EncryptBlocks(primitive.Cipher{Mode: primitive.ECB}, make([]byte, n)); !errors.Is(err, fault.Invalid) {
			t.Errorf("%d bytes without padding: %v", n, err)
		}
	}
	if _, err := k.DecryptBlocks(primitive.Cipher{Mode: primitive.ECB, Padding: primitive.PKCS5}, nil, nil); err == nil {
		t.Error("nothing opens as padded")
	}
}

func TestCiphersThatMakeNoSenseAreRefused(t *testing.T) {
	k, iv := aes(t, nistKey128), fromHex(t, nistIV)
	for name, c := range map[string]primitive.Cipher{
		"no such mode": {Mode: 8, IV: iv}, "no such padding": {Mode: primitive.ECB, Padding: 3}, "ECB with an IV": {Mode: primitive.ECB, IV: iv},
		"CBC without": {Mode: primitive.CBC}, "GCM without": {}, "a short IV": {Mode: primitive.CTR, IV: iv[:12]}, "AAD in CBC": {Mode: primitive.CBC, IV: iv, AAD: iv},
		"a short tag": {IV: iv, Tag: 11}, "a long tag": {IV: iv, Tag: 17}, "a negative tag": {IV: iv, Tag: -1},
	} {
		_, _, err := k.EncryptBlocks(c, iv)
		_, err2 := k.DecryptBlocks(c, iv, iv)
		if !errors.Is(err, fault.Invalid) || !errors.Is(err2, fault.Invalid) {
			t.Errorf("%s: %v, %v", name, err, err2)
		}
	}
	for _, a := range algorithms() {
		_, _, err := open(t, a).EncryptBlocks(primitive.Cipher{Mode: primitive.ECB}, iv)
		_, err2 := open(t, a).DecryptBlocks(primitive.Cipher{Mode: primitive.ECB}, iv, nil)
		if block := strings.HasPrefix(a.String(), "aes-"); (err == nil) != block || (err2 == nil) != block {
			t.Errorf("%s: %v, %v", a, err, err2)
		}
	}
}

// TestCMACIsThatOfSP80038B: its examples, and those of FIPS 198 by another hash than the key's own.
func TestCMACIsThatOfSP80038B(t *testing.T) {
	text := fromHex(t, nistText)
	for _, c := range []struct {
		key  string
		n    int
		want string
	}{
		{nistKey128, 0, "bb1d6929e95937287fa37d129b756746"},
		{nistKey128, 16, "070a16b46b4d4144f79bdd9dd04a287c"},
		{nistKey128, 40, "dfa66747de9ae63030ca32611497c827"},
		{nistKey128, 64, "51f0bebf7e3b9d92fc49741779363cfe"},
		{nistKey256, 0, "028962f61b7bf89efc6b551f4667d983"},
		{nistKey256, 16, "28a7023f452e8f82bd4bf28d8c37c35c"},
		{nistKey256, 40, "aaf3d8f1de5640c232f5b169b9c911e6"},
		{nistKey256, 64, "e1992190549f6ed5696a2c056c315410"},
	} {
		got, err := aes(t, c.key).CMAC(text[:c.n])
		if err != nil || hex.EncodeToString(got) != c.want {
			t.Errorf("%d bytes: got %x, %v, want %s", c.n, got, err, c.want)
		}
	}
}

func TestOpenSSLOpensWhatBlockModesMade(t *testing.T) {
	o := newOpenSSL(t)
	names := map[primitive.Mode]string{primitive.CBC: "cbc", primitive.ECB: "ecb", primitive.CFB: "cfb", primitive.OFB: "ofb", primitive.CTR: "ctr"}
	for _, a := range []key.Algorithm{key.AES128GCM, key.AES256GCM} {
		p := keyOf(t, a)
		k := open(t, a)
		for mode, name := range names {
			for _, n := range []int{0, 1, 16, 1000} {
				plain, iv := make([]byte, n), make([]byte, (&primitive.Cipher{Mode: mode}).IVBytes())
				_, _ = rand.Read(plain)
				_, _ = rand.Read(iv)
				c, _, err := k.EncryptBlocks(primitive.Cipher{Mode: mode, Padding: primitive.PKCS5, IV: iv}, plain)
				if err != nil {
					t.Fatal(err)
				}
				o.write("c", c)
				args := fmt.Sprintf("enc -d -aes-%d-%s -K %x -in c -out p", 8*len(p.material), name, p.material)
				if len(iv) > 0 {
					args += fmt.Sprintf(" -iv %x", iv)
				}
				if _, err := o.run(args); err != nil {
					t.Errorf("%s, %d bytes: %v", name, n, err)
				} else if got := o.read("p"); !bytes.Equal(got, plain) {
					t.Errorf("%s, %d bytes: openssl opens %x", name, n, got)
				}
			}
		}
		mac, err := k.CMAC(peerText)
		if err != nil {
			t.Fatal(err)
		}
		o.write("msg", peerText)
		out, err := o.run(fmt.Sprintf("mac -cipher AES-%d-CBC -macopt hexkey:%x -in msg CMAC", 8*len(p.material), p.material))
		if got := strings.ToLower(strings.TrimSpace(string(out))); err != nil || got != hex.EncodeToString(mac) {
			t.Errorf("openssl's CMAC is %s (%v), ours %x", got, err, mac)
		}
		for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA224, crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA3_224, crypto.SHA3_256, crypto.SHA3_384, crypto.SHA3_512} {
			mac, err := k.HMACWith(h, peerText)
			if err != nil {
				t.Fatal(err)
			}
			out, err := o.run(fmt.Sprintf("mac -digest %s -macopt hexkey:%x -in msg HMAC", map[bool]string{false: strings.ReplaceAll(h.String(), "-", ""), true: h.String()}[h >= crypto.SHA3_224], p.material))
			if got := strings.ToLower(strings.TrimSpace(string(out))); err != nil || got != hex.EncodeToString(mac) {
				t.Errorf("openssl's HMAC with %s is %s (%v), ours %x", h, got, err, mac)
			}
		}
	}
}

func TestOpenSSLAndWeOpenWhatRSAEncrypted(t *testing.T) {
	o := newOpenSSL(t)
	p := keyOf(t, key.RSA2048)
	o.keys(p)
	plain := []byte("thirty bytes are less than all")
	o.write("p", plain)
	for _, c := range []struct {
		how  primitive.Encryption
		opts string
	}{
		{primitive.Encryption{PKCS1v15: true}, "rsa_padding_mode:pkcs1"},
		{primitive.Encryption{}, "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256"},
		{primitive.Encryption{Hash: crypto.SHA1}, "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha1"},
		{primitive.Encryption{Hash: crypto.SHA384, MaskHash: crypto.SHA1, Label: []byte("ab")}, "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha384 -pkeyopt rsa_mgf1_md:sha1 -pkeyopt rsa_oaep_label:6162"},
	} {
		sealed, err := openPublic(t, key.RSA2048).EncryptRSA(rand.Reader, c.how, plain)
		if err != nil {
			t.Fatal(err)
		}
		o.write("c", sealed)
		out, err := o.run("pkeyutl -decrypt -inkey private.pem -in c -pkeyopt " + c.opts)
		if err != nil || !bytes.Equal(out, plain) {
			t.Errorf("%s: openssl opens %q, %v", c.opts, out, err)
		}
		theirs, err := o.run("pkeyutl -encrypt -pubin -inkey public.pem -in p -pkeyopt " + c.opts)
		if err != nil {
			t.Fatal(err)
		}
		got, err := open(t, key.RSA2048).DecryptRSA(c.how, theirs)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: we open %q, %v", c.opts, got, err)
		}
		theirs[20] ^= 1
		_, err = open(t, key.RSA2048).DecryptRSA(c.how, theirs)
		wantRefusal(t, err, "the ciphertext does not open with this key")
	}
	k := open(t, key.RSA2048)
	for n, how := range map[int]primitive.Encryption{246: {PKCS1v15: true}, 191: {}} {
		if _, err := k.EncryptRSA(rand.Reader, how, make([]byte, n)); !errors.Is(err, fault.TooLarge) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if _, err := k.EncryptRSA(rand.Reader, primitive.Encryption{Hash: crypto.MD5}, nil); !errors.Is(err, fault.Invalid) {
		t.Errorf("OAEP by MD5: %v", err)
	}
	_, err := openPublic(t, key.RSA2048).DecryptRSA(primitive.Encryption{}, make([]byte, 256))
	wantRefusal(t, err, "a public key of algorithm rsa-2048 cannot decrypt with RSA")
}

func TestAPSSSaltIsAsLongAsAskedFor(t *testing.T) {
	o := newOpenSSL(t)
	o.keys(keyOf(t, key.RSA2048))
	o.write("msg", peerText)
	for salt, want := range map[int]int{0: 32, 20: 20, 222: 222} {
		sig, err := open(t, key.RSA2048).Sign(rand.Reader, peerText, primitive.Scheme{Salt: salt})
		if err != nil {
			t.Fatal(err)
		}
		o.write("sig", sig)
		if _, err := o.run(fmt.Sprintf("dgst -sha256 -verify public.pem -signature sig -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:%d msg", want)); err != nil {
			t.Errorf("a salt of %d: %v", salt, err)
		}
	}
	for _, salt := range []int{223, -1, 1 << 20} {
		if _, err := open(t, key.RSA2048).Sign(rand.Reader, peerText, primitive.Scheme{Salt: salt}); !errors.Is(err, fault.Invalid) {
			t.Errorf("a salt of %d: %v", salt, err)
		}
	}
}

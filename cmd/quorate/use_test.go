package main

import "testing"

// A JWS signature is read as "quorate sign --form jws" prints it; what is not one is left alone.
func TestASignatureIsReadInItsForm(t *testing.T) {
	for _, c := range []struct{ in, form, want string }{
		{"_-8\n", "jws", "qk:v2:/+8="},
		{"_-8", "raw", "qk:v2:Xy04"},
		{"qk:v3:/+8=\n", "jws", "qk:v3:/+8="},
		{"\xff\xef", "jws", "qk:v2:/+8="},
	} {
		if got := signatureOf([]byte(c.in), 2, c.form); got != c.want {
			t.Errorf("%q of form %s is read as %s, want %s", c.in, c.form, got, c.want)
		}
	}
}

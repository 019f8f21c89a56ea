package kmip_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestParametersOfAnIVAreKeptToOrRefused: nothing that they say is passed over.
func TestParametersOfAnIVAreKeptToOrRefused(t *testing.T) {
	w := open(t)
	id := made(t, w, "AES", 128, 12)
	number := func(tag string, n int) string { return fmt.Sprintf(`<%s type="Integer" value="%d"/>`, tag, n) }
	random := func(v string) string { return `<RandomIV type="Boolean" value="` + v + `"/>` }
	iv := func(b ...byte) string { return octets("IVCounterNonce", b) }
	block := func(last byte) []byte { return append(make([]byte, 15), last) }
	long := octets("Data", make([]byte, 16*3))
	for _, c := range []struct{ mode, parameters, rest, want string }{
		{"CBC", random("true"), long, "Success"},
		{"CBC", random("false"), long, "Random IV is false, and no IV is sent: send it"},
		{"CBC", random("false"), long + iv(block(1)...), "Success"},
		{"ECB", random("false"), long, "Success"},
		{"ECB", random("true"), long, "the parameters say how an IV is made"},
		{"CBC", number("IVLength", 128), long, "Success"},
		{"CBC", number("IVLength", 16), long, "Success"},
		{"CBC", number("IVLength", 96), long, "the IV Length is 96, and the IV has 128 bits: send one"},
		{"GCM", number("TagLength", 16) + number("IVLength", 96), long, "Success"},
		{"GCM", number("TagLength", 16) + number("IVLength", 128), long, "the IV Length is 128, and the IV has 96 bits"},
		{"GCM", number("TagLength", 16) + number("FixedFieldLength", 32) + number("InvocationFieldLength", 64), long, "an IV that is drawn here is random as a whole"},
		{"GCM", number("TagLength", 16) + number("FixedFieldLength", 32) + number("InvocationFieldLength", 64), long + iv(make([]byte, 12)...), "Success"},
		{"GCM", number("TagLength", 16) + number("FixedFieldLength", 32) + number("InvocationFieldLength", 32), long + iv(make([]byte, 12)...), "the fixed and the invocation field have 32 and 32 bits, and the IV has 96"},
		{"CBC", number("CounterLength", 32), long, "Counter Length and Initial Counter Value are for the mode CTR"},
		{"CTR", number("CounterLength", 128), long, "Success"},
		{"CTR", number("CounterLength", 129), long, "the Counter Length is 129 bits"},
		{"CTR", number("CounterLength", 32), long, "a counter of which length"},
		{"CTR", number("CounterLength", 32) + number("InitialCounterValue", 7), long + iv(block(7)...), "Success"},
		{"CTR", number("CounterLength", 32) + number("InitialCounterValue", 7), long + iv(block(8)...), "the Initial Counter Value is 7, and the last 32 bits"},
		{"CTR", number("CounterLength", 8), long + iv(block(253)...), "Success"},
		{"CTR", number("CounterLength", 8), long + iv(block(254)...), "a counter of 8 bits may overflow"},
		{"CTR", number("CounterLength", 64), long + iv(0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 254), "a counter of 64 bits may overflow"},
		{"CTR", number("CounterLength", 72), long + iv(0, 0, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 254), "Success"},
		{"CTR", number("CounterLength", 0), long, "RequestMessage/"},
	} {
		got := outcomes(t, w.ask(request("1.4", "", "Encrypt "+id+"<CryptographicParameters>"+wordOf("BlockCipherMode", c.mode)+c.parameters+"</CryptographicParameters>"+c.rest)))[0]
		if _, text, _ := strings.Cut(got, ": "); got != c.want && !(c.want != "Success" && strings.HasPrefix(text, c.want)) {
			t.Errorf("%s %s: got %s, want %s", c.mode, c.parameters, got, c.want)
		}
	}
}

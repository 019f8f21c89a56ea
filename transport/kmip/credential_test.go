package kmip_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
)

// TestACredentialInTheHeaderSaysWhoAsks: a token as password or ticket, under its principal's name; all else is refused, also from who could
// do it without.
func TestACredentialInTheHeaderSaysWhoAsks(t *testing.T) {
	w := open(t)
	id := byID(w.key("k", true).ID.String())
	w.f.Grant("forti", `permit (principal == User::"forti", action, resource);`)
	token := func(principal string) string {
		t.Helper()
		_, secret, err := w.f.Vault(0).CreateToken(t.Context(), w.f.Root(), vault.TokenSpec{Principal: principal})
		if err != nil {
			t.Fatal(err)
		}
		return string(secret)
	}
	good, other := token("forti"), token("other")
	credential := func(kind, value string) string {
		return `<Credential><CredentialType type="Enumeration" value="` + kind + `"/><CredentialValue>` + value + `</CredentialValue></Credential>`
	}
	password := func(name, secret string) string {
		return credential("UsernameAndPassword", `<Username type="TextString" value="`+name+`"/><Password type="TextString" value="`+secret+`"/>`)
	}
	ticket := func(secret string) string {
		return credential("Ticket", `<Ticket><TicketType type="Enumeration" value="Login"/><TicketValue type="ByteString" value="`+hex.EncodeToString([]byte(secret))+`"/></Ticket>`)
	}
	const refused = "AuthenticationNotSuccessful: the credential in the header is not valid here"
	stranger := w.as("stranger")
	for _, c := range []struct{ version, credentials, want string }{
		{"1.0", password("forti", good), "Success"},
		{"2.1", ticket(good), "Success"},
		{"1.2", password("forti", good) + password("forti", good), "Success"},
		{"1.2", password("forti", good) + password("other", other), refused},
		{"1.0", password("other", other), "ItemNotFound: there is no such object"},
		{"1.0", password("other", good), refused},
		{"1.0", password("", good), refused},
		{"1.0", password("forti", good[:len(good)-1]+"A"), refused},
		{"1.0", password("forti", ""), refused},
		{"2.1", ticket("none"), refused},
		{"1.1", credential("Device", `<DeviceSerialNumber type="TextString" value="1"/>`), refused},
		{"1.0", `<Credential/>`, refused},
		{"1.0", ``, refused},
	} {
		header := `<Authentication>` + c.credentials + `</Authentication>`
		got := outcomes(t, stranger.ask(request(c.version, header, "Get "+id)))[0]
		if got != c.want && !(c.want != refused && strings.HasPrefix(got, c.want)) {
			t.Errorf("%.90s: got %s, want %s", c.credentials, got, c.want)
		}
	}
	both, alone := 0, 0
	for _, e := range w.f.AuditEntries(0) {
		switch c := e.Caller; {
		case c.Certificate == "stranger" && c.Principal == "forti" && c.Kind == access.ByToken && e.Outcome == "ok":
			both++
		case c.Principal == "stranger" && c.Certificate == "":
			alone++
		}
	}
	if both < 3 || alone == 0 {
		t.Errorf("the audit log names certificate and credential %d times, and the certificate alone %d times", both, alone)
	}
	if got := outcomes(t, w.ask(request("1.0", `<Authentication>`+password("forti", "wrong")+`</Authentication>`, "Get "+id)))[0]; got != refused {
		t.Errorf("root with a wrong password: %s", got)
	}
}

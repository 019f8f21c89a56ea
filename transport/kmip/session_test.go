package kmip_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
)

// ticketOf is the ticket in a payload, as a header shows it and as Logout names it.
func ticketOf(t testing.TB, payload ttlv.Item) (header, named string) {
	t.Helper()
	value, err := payload.Find(wire.TagTicket).Find(wire.TagTicketValue).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	named = `<Ticket><TicketType type="Enumeration" value="Login"/><TicketValue type="ByteString" value="` + hex.EncodeToString(value) + `"/></Ticket>`
	return `<Authentication><Credential><CredentialType type="Enumeration" value="Ticket"/><CredentialValue>` + named + `</CredentialValue></Credential></Authentication>`, named
}

const refusedCredential = "AuthenticationNotSuccessful: the credential in the header is not valid here"

// TestATicketIsItsMakersUntilItEnds: on every node, with the same certificate only, until it is ended, used up or old.
func TestATicketIsItsMakersUntilItEnds(t *testing.T) {
	w := openCluster(t, 3)
	w[0].f.Grant("clients", `permit (principal is Certificate, action, resource) when { resource.owner == principal.name }; permit (principal is Certificate, action == Action::"create", resource);`)
	for _, v := range []string{"2.0", "2.1"} {
		alice, elsewhere, bob := w[0].as("alice"), w[2].as("alice"), w[1].as("bob")
		id := byID(idOf(t, alice.one(v, newKey(v))))
		header, named := ticketOf(t, alice.one(v, "Login "))
		ask := func(w *world, header, item string) string { return outcomes(t, w.ask(request(v, header, item)))[0] }
		if got := ask(elsewhere, header, "Get "+id); got != "Success" {
			t.Errorf("the ticket on another node: %s", got)
		}
		if got := ask(bob, header, "Get "+id); got != refusedCredential {
			t.Errorf("the ticket of another: %s", got)
		}
		if got := ask(elsewhere, header, "Logout "+named); got != "Success" {
			t.Errorf("ending it: %s", got)
		}
		for node := range w {
			if got := ask(w[node].as("alice"), header, "Get "+id); got != refusedCredential {
				t.Errorf("after its end, on node %d: %s", node, got)
			}
		}
		if got := ask(alice, "", "Logout "+named); !strings.HasPrefix(got, "InvalidTicket: ") {
			t.Errorf("ending it again: %s", got)
		}
		twice, _ := ticketOf(t, alice.one(v, `Login <RequestCount type="Integer" value="2"/>`))
		for n, want := range []string{"Success", "Success", refusedCredential} {
			if got := ask(w[n].as("alice"), twice, "Get "+id); got != want {
				t.Errorf("request %d of 2: %s", n+1, got)
			}
		}
		short, _ := ticketOf(t, alice.one(v, `Login <LeaseTime type="Interval" value="60"/>`))
		w[0].f.Advance(61 * time.Second)
		alice.one(v, newKey(v)) // the log's time goes on
		if got := ask(alice, short, "Get "+id); got != refusedCredential {
			t.Errorf("after its time: %s", got)
		}
		if got := ask(alice, "", `Login <LeaseTime type="Interval" value="90000"/>`); got == "Success" {
			t.Error("a ticket for more than a day")
		}
	}
	crowd := w[0].as("crowd")
	for range 16 {
		crowd.one("2.1", "Login ")
	}
	if got := outcomes(t, crowd.ask(request("2.1", "", "Login ")))[0]; !strings.HasPrefix(got, "ServerLimitExceeded: ") {
		t.Errorf("a seventeenth ticket: %s", got)
	}
	if got := outcomes(t, crowd.ask(request("1.4", "", "Login ")))[0]; !strings.HasPrefix(got, "OperationNotSupported: ") {
		t.Errorf("in 1.4: %s", got)
	}
}

// TestADelegateDoesWhatTheRightsNameAndNoMore: by whatever certificate; what Rights do not name is refused, also by another identifier.
func TestADelegateDoesWhatTheRightsNameAndNoMore(t *testing.T) {
	const v = "2.1"
	w := open(t)
	w.f.Grant("clients", `permit (principal is Certificate, action, resource) when { resource.owner == principal.name }; permit (principal is Certificate, action in [Action::"create", Action::"list"], resource);`)
	alice, bob := w.as("alice"), w.as("bob")
	mine, other := idOf(t, alice.one(v, newKey(v))), idOf(t, alice.one(v, newKey(v)))
	rights := `<Rights><Right><Operations><Operation type="Enumeration" value="Get"/><Operation type="Enumeration" value="DelegatedLogin"/></Operations><Objects>` + byID(mine) + `</Objects></Right>` +
		`<Right><Operations><Operation type="Enumeration" value="Query"/></Operations></Right></Rights>`
	payload := alice.one(v, "DelegatedLogin "+rights)
	header, named := ticketOf(t, payload)
	for item, want := range map[string]string{
		"Get " + byID(mine):           "Success",
		"Get " + byID(other):          "ItemNotFound: there is no such object",
		"GetAttributes " + byID(mine): "PermissionDenied: the ticket is not good for GetAttributes",
		"Destroy " + byID(mine):       "PermissionDenied: the ticket is not good for Destroy",
		newKey(v):                     "PermissionDenied: the ticket is not good for Create",
		"Locate ":                     "PermissionDenied: the ticket is not good for Locate",
		"DelegatedLogin " + rights:    "PermissionDenied: the ticket is not good for DelegatedLogin",
		`Query <QueryFunction type="Enumeration" value="QueryObjects"/>`: "Success",
	} {
		if got := outcomes(t, bob.ask(request(v, header, item)))[0]; got != want {
			t.Errorf("%.60s: %s, want %s", item, got, want)
		}
	}
	whole := outcomes(t, bob.ask(request(v, undo+header, "Get "+byID(mine), newKey(v)))) // on the leader, with the same rights
	if want := []string{"OperationUndone", "PermissionDenied: the ticket is not good for Create"}; !slices.Equal(whole, want) {
		t.Errorf("in a batch with Undo: %q, want %q", whole, want)
	}
	if got := outcomes(t, bob.ask(request(v, "", "Get "+byID(mine))))[0]; got == "Success" {
		t.Error("without the ticket it is given all the same")
	}
	value, err := payload.Find(wire.TagTicket).Find(wire.TagTicketValue).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	more := strings.Replace(hex.EncodeToString(value), hex.EncodeToString([]byte(mine)), hex.EncodeToString([]byte(other)), 1)
	forged := strings.Replace(header, hex.EncodeToString(value), more, 1)
	if got := outcomes(t, bob.ask(request(v, forged, "Get "+byID(other))))[0]; got != refusedCredential || forged == header {
		t.Errorf("rights that were written into it later: %s", got)
	}
	bare := strings.Replace(header, hex.EncodeToString(value), hex.EncodeToString(value[:48]), 1)
	if got := outcomes(t, bob.ask(request(v, bare, "Get "+byID(other))))[0]; got != refusedCredential {
		t.Errorf("a ticket without its rights: %s", got)
	}
	alice.one(v, "Logout "+named)
	if got := outcomes(t, bob.ask(request(v, header, "Get "+byID(mine))))[0]; got != refusedCredential {
		t.Errorf("after its end: %s", got)
	}
	for _, bad := range []string{"", "<Rights/>", `<Rights><Right><UsageLimits/></Right></Rights>`} {
		if got := outcomes(t, alice.ask(request(v, "", "DelegatedLogin "+bad)))[0]; got == "Success" {
			t.Errorf("delegating %q", bad)
		}
	}
}

// TestTicketsAreGoodAtThisDoorOnly: the API does not know them.
func TestTicketsAreGoodAtThisDoorOnly(t *testing.T) {
	w := open(t)
	value, err := w.one("2.1", "Login ").Find(wire.TagTicket).Find(wire.TagTicketValue).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if who, err := w.f.Vault(0).Authenticate(t.Context(), value); err == nil {
		t.Errorf("a ticket is the token of %s", who.Principal)
	}
}

// TestWordsForTheAuditLogAreOneLineOfIt: of Log and of Interop, which resets nothing.
func TestWordsForTheAuditLogAreOneLineOfIt(t *testing.T) {
	w := open(t)
	say := func(v, item string) string { return outcomes(t, w.ask(request(v, "", item)))[0] }
	for _, v := range []string{"2.0", "2.1"} {
		if got := say(v, `Log <LogMessage type="TextString" value="first&#10;{&quot;forged&quot;:1}&#x202E;end"/>`); got != "Success" {
			t.Errorf("logging: %s", got)
		}
		for _, f := range []string{"Begin", "End"} {
			if got := say(v, `Interop <InteropFunction type="Enumeration" value="`+f+`"/><InteropIdentifier type="TextString" value="TC-1"/>`); got != "Success" {
				t.Errorf("%s: %s", f, got)
			}
		}
		if got := say(v, `Interop <InteropFunction type="Enumeration" value="Reset"/>`); !strings.HasPrefix(got, "PermissionDenied: ") {
			t.Errorf("a reset: %s", got)
		}
	}
	for _, text := range []string{"", strings.Repeat("x", 1025)} {
		if got := say("2.1", `Log <LogMessage type="TextString" value="`+text+`"/>`); got == "Success" {
			t.Errorf("%d bytes are logged", len(text))
		}
	}
	var told []string
	for _, e := range w.f.AuditEntries(0) {
		if m := e.Changes["message"]; m != "" {
			told = append(told, e.Operation+" "+m)
		}
	}
	want := `kmip.log first {"forged":1} end,kmip.interop Begin TC-1,kmip.interop End TC-1`
	if got := strings.Join(told, ","); got != want+","+want {
		t.Errorf("the audit log has %s", got)
	}
}

// TestRolesStayAndPKCS11HasNoToken: each says so in its own words.
func TestRolesStayAndPKCS11HasNoToken(t *testing.T) {
	w := open(t)
	for _, v := range []string{"2.0", "2.1"} {
		role := func(name string) string {
			return `SetEndpointRole <EndpointRole type="Enumeration" value="` + name + `"/>`
		}
		w.one(v, role("Client"))
		if got := outcomes(t, w.ask(request(v, "", role("Server"))))[0]; !strings.HasPrefix(got, "FeatureNotSupported: ") {
			t.Errorf("the client as a server: %s", got)
		}
		call := func(f string) string { return `PKCS_11 <PKCS_11Function type="Enumeration" value="` + f + `"/>` }
		calls := []struct{ f, code string }{
			{"C_GetInfo", "CRYPTOKI_NOT_INITIALIZED"},
			{"C_Initialize", "OK"},
			{"C_Initialize", "CRYPTOKI_ALREADY_INITIALIZED"},
			{"C_GetInfo", "OK"},
			{"C_GetSlotList", "OK"},
			{"C_OpenSession", "FUNCTION_NOT_SUPPORTED"},
			{"C_Finalize", "OK"},
			{"C_Finalize", "CRYPTOKI_NOT_INITIALIZED"},
			{"C_GetFunctionList", "OK"},
			{"0x00001234", "FUNCTION_NOT_SUPPORTED"},
		}
		var all []string
		for _, c := range calls {
			all = append(all, call(c.f))
		}
		for i, item := range items(w.ask(request(v, "", all...))) { // of one connection
			p := item.Find(wire.TagResponsePayload)
			code, err := p.Find(wire.TagPKCS_11ReturnCode).Enumeration()
			if got := fmt.Sprint(wire.PKCS_11ReturnCode(code)); err != nil || got != calls[i].code || !p.Find(wire.TagPKCS_11Function).Present() {
				t.Errorf("%s: %s (%v)", calls[i].f, xmlOf(t, p), err)
			}
		}
	}
	w.one("2.1", "Ping ")
}

// TestATicketOutlivesNothing: it gets no other ticket, whether its uses are counted or not, and ends with the token that it was got with,
// whether that is ended or its time is over.
func TestATicketOutlivesNothing(t *testing.T) {
	const v = "2.1"
	w := open(t)
	id := byID(w.key("k", true).ID.String())
	w.f.Grant("forti", `permit (principal == User::"forti", action, resource);`)
	stranger := w.as("stranger")
	ask := func(header, item string) string { return outcomes(t, stranger.ask(request(v, header, item)))[0] }
	login := func(ttl time.Duration, payload string) (header string, token *access.Token) {
		t.Helper()
		token, secret, err := w.f.Vault(0).CreateToken(t.Context(), w.f.Root(), vault.TokenSpec{Principal: "forti", TTL: ttl})
		if err != nil {
			t.Fatal(err)
		}
		password := `<Authentication><Credential><CredentialType type="Enumeration" value="UsernameAndPassword"/><CredentialValue><Username type="TextString" value="forti"/><Password type="TextString" value="` +
			string(secret) + `"/></CredentialValue></Credential></Authentication>`
		r := stranger.ask(request(v, password, "Login "+payload))
		if got := outcomes(t, r)[0]; got != "Success" {
			t.Fatal(got)
		}
		header, _ = ticketOf(t, items(r)[0].Find(wire.TagResponsePayload))
		return header, token
	}
	const day, twice = `<LeaseTime type="Interval" value="86400"/>`, `<RequestCount type="Integer" value="2"/>`
	for _, payload := range []string{day, day + twice} {
		header, _ := login(time.Hour, payload)
		for _, item := range []string{"Login " + day, `DelegatedLogin <Rights><Right><Operations><Operation type="Enumeration" value="Get"/></Operations></Right></Rights>`} {
			if got := ask(header, item); !strings.HasPrefix(got, "PermissionDenied: a ticket gets no other ticket") {
				t.Errorf("%q with a ticket of %q: %s", item, payload, got)
			}
		}
	}
	revoked, token := login(time.Hour, day)
	if got := ask(revoked, "Get "+id); got != "Success" {
		t.Fatal(got)
	}
	if err := w.f.Vault(0).RevokeToken(t.Context(), w.f.Root(), token.ID); err != nil {
		t.Fatal(err)
	}
	if got := ask(revoked, "Get "+id); got != refusedCredential {
		t.Errorf("after its token was revoked: %s", got)
	}
	short, token := login(time.Minute, day)
	for _, tok := range mustTokens(t, w) {
		if tok.Parent == token.ID && (tok.Expires != token.Expires || tok.MaxUntil != token.Expires) {
			t.Errorf("the ticket expires at %s, its token at %s", tok.Expires, token.Expires)
		}
	}
	if got := ask(short, "Get "+id); got != "Success" {
		t.Fatal(got)
	}
	w.f.Advance(61 * time.Second)
	w.one(v, newKey(v)) // the log's time goes on
	if got := ask(short, "Get "+id); got != refusedCredential {
		t.Errorf("after its token's time: %s", got)
	}
}

func mustTokens(t testing.TB, w *world) []*access.Token {
	t.Helper()
	all, err := w.f.Vault(0).Tokens(t.Context(), w.f.Root())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestRightsNameObjectsAsOperationsDo: also one that another system called by a name of its own.
func TestRightsNameObjectsAsOperationsDo(t *testing.T) {
	const v = "2.1"
	w := open(t)
	id := byID("other system/key #1")
	w.one(v, importOf(v, "other system/key #1", "foreign", strings.Repeat("0A", 16), false))
	header, _ := ticketOf(t, w.one(v, `DelegatedLogin <Rights><Right><Operations><Operation type="Enumeration" value="Get"/></Operations><Objects>`+id+`</Objects></Right></Rights>`))
	if got := outcomes(t, w.ask(request(v, header, "Get "+id)))[0]; got != "Success" {
		t.Errorf("by the name that the rights have: %s", got)
	}
}

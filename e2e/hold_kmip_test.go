package e2e_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/quorate/quorate/e2e/kit"
)

// kmipAsker is a client that may do everything and asks for operations of KMIP 1.4 in XML, at POST /kmip of the API port.
type kmipAsker struct {
	c    *cluster
	http *http.Client
}

func (c *cluster) kmipAsker() *kmipAsker {
	c.t.Helper()
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: poolOf(c.t, c.init.CACertificate), Certificates: []tls.Certificate{c.kmipClient()}}}
	c.t.Cleanup(tr.CloseIdleConnections)
	a := &kmipAsker{c, &http.Client{Transport: tr}}
	for _, n := range c.nodes {
		eventually(c.t, 10*time.Second, n.name+" knows the policy of the client", func() error {
			if got := a.ask(n, "", "Get "+kmipName("held")); strings.Contains(strings.Join(got, " "), "PermissionDenied") {
				return fmt.Errorf("%q", got)
			}
			return nil
		})
	}
	return a
}

func kmipID(id string) string { return `<UniqueIdentifier type="TextString" value="` + id + `"/>` }

func kmipName(name string) string {
	return `<Attribute><AttributeName type="TextString" value="Name"/><AttributeValue><NameValue type="TextString" value="` + name +
		`"/><NameType type="Enumeration" value="UninterpretedTextString"/></AttributeValue></Attribute>`
}

var kmipResult = regexp.MustCompile(`<ResultStatus type="Enumeration" value="(\w+)"/>(?:<ResultReason type="Enumeration" value="(\w+)"/>)?`)

// ask sends one batch and returns the result of each item: "Success", or the status and the reason.
func (a *kmipAsker) ask(n *node, header string, items ...string) (results []string) {
	a.c.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, `<RequestMessage><RequestHeader><ProtocolVersion><ProtocolVersionMajor type="Integer" value="1"/><ProtocolVersionMinor type="Integer" value="4"/></ProtocolVersion>`+
		`%s<BatchCount type="Integer" value="%d"/></RequestHeader>`, header, len(items))
	for i, item := range items {
		op, payload, _ := strings.Cut(item, " ")
		fmt.Fprintf(&b, `<BatchItem><Operation type="Enumeration" value="%s"/><UniqueBatchItemID type="ByteString" value="%02X"/><RequestPayload>%s</RequestPayload></BatchItem>`, op, i+1, payload)
	}
	b.WriteString(`</RequestMessage>`)
	got, err := kit.Ask(a.http, "https://"+n.api, "", kit.Request{Method: http.MethodPost, Path: "/kmip", Body: b.String(), Header: map[string]string{"Content-Type": "text/xml"}})
	if err != nil || got.Status != http.StatusOK {
		a.c.t.Fatalf("KMIP at %s: %v, %v", n.name, err, got)
	}
	for _, m := range kmipResult.FindAllStringSubmatch(string(got.Body), -1) {
		results = append(results, strings.TrimSpace(m[1]+" "+m[2]))
	}
	if len(results) == 0 {
		a.c.t.Fatalf("KMIP at %s says %s", n.name, got.Body)
	}
	return results
}

// endsNothing tries on every node what KMIP has to end a key under hold, and demands that no batch's last item succeeds. The unit test of the door tries
// more, in more versions.
func (a *kmipAsker) endsNothing(id, name string) {
	a.c.t.Helper()
	it := kmipID(id)
	date := func(name string, in time.Duration) string {
		return `<Attribute><AttributeName type="TextString" value="` + name + `"/><AttributeValue type="DateTime" value="` + time.Now().Add(in).UTC().Format(time.RFC3339) + `"/></Attribute>`
	}
	replace := "Import " + it + `<ObjectType type="Enumeration" value="SymmetricKey"/><ReplaceExisting type="Boolean" value="true"/>` + kmipName(name) +
		`<Attribute><AttributeName type="TextString" value="Cryptographic Usage Mask"/><AttributeValue type="Integer" value="12"/></Attribute>` +
		`<SymmetricKey><KeyBlock><KeyFormatType type="Enumeration" value="Raw"/><KeyValue><KeyMaterial type="ByteString" value="` + strings.Repeat("0B", 16) + `"/></KeyValue>` +
		`<CryptographicAlgorithm type="Enumeration" value="AES"/><CryptographicLength type="Integer" value="128"/></KeyBlock></SymmetricKey>`
	const undo = `<BatchErrorContinuationOption type="Enumeration" value="Undo"/>`
	revoke := "Revoke " + it + `<RevocationReason><RevocationReasonCode type="Enumeration" value="CessationOfOperation"/></RevocationReason>`
	for what, steps := range map[string][]string{
		"Destroy":                          {"", "Destroy " + it},
		"Get and Destroy":                  {"", "Get " + it, "Destroy " + it},
		"Re-key":                           {"", "ReKey " + it},
		"Archive":                          {"", "Archive " + it},
		"Import that replaces":             {"", replace},
		"a Deactivation Date":              {"", "AddAttribute " + it + date("Deactivation Date", time.Hour)},
		"another Deactivation Date":        {"", "ModifyAttribute " + it + date("Deactivation Date", time.Hour)},
		"a Destroy Date":                   {"", "AddAttribute " + it + date("Destroy Date", time.Second)},
		"the tag":                          {"", "DeleteAttribute " + it + `<AttributeName type="TextString" value="legal-hold"/>`},
		"the tag as a custom attribute":    {"", "DeleteAttribute " + it + `<AttributeName type="TextString" value="x-legal-hold"/>`},
		"all or nothing: revoke, destroy":  {undo, revoke, "Destroy " + it},
		"all or nothing: import, destroy":  {undo, replace, "Destroy " + it},
		"all or nothing: archive, destroy": {undo, "Archive " + it, "Destroy " + it},
	} {
		for _, n := range a.c.nodes {
			if got := a.ask(n, steps[0], steps[1:]...); got[len(got)-1] == "Success" {
				a.c.t.Errorf("by KMIP, %s of %s at %s: %q", what, name, n.name, got)
			}
		}
	}
}

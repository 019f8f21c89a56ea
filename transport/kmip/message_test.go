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
)

func versionOf(t testing.TB, response ttlv.Item) string {
	t.Helper()
	v := response.Find(wire.TagResponseHeader).Find(wire.TagProtocolVersion)
	major, err := v.Find(wire.TagProtocolVersionMajor).Integer()
	if err != nil {
		t.Fatal(err)
	}
	minor, err := v.Find(wire.TagProtocolVersionMinor).Integer()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d.%d", major, minor)
}

func TestVersionsAreEchoedOrRefusedReadably(t *testing.T) {
	w := open(t)
	for _, v := range wire.Versions() {
		r := w.ask(request(v.String(), "", `Query <QueryFunction type="Enumeration" value="QueryOperations"/>`))
		if got := versionOf(t, r); got != v.String() || outcomes(t, r)[0] != "Success" {
			t.Errorf("%v is answered in %s: %v", v, got, outcomes(t, r))
		}
	}
	for _, c := range []struct{ asked, answered, reason string }{
		{"3.0", "2.1", "UnsupportedProtocolVersion"}, {"2.9", "2.1", "UnsupportedProtocolVersion"}, {"1.9", "1.4", "InvalidMessage"}, {"0.1", "1.0", "InvalidMessage"},
	} {
		r := w.ask(request(c.asked, "", `Query <QueryFunction type="Enumeration" value="QueryOperations"/>`))
		if got := versionOf(t, r); got != c.answered || !strings.HasPrefix(outcomes(t, r)[0], c.reason+": ") {
			t.Errorf("%s is answered in %s, want %s: %v", c.asked, got, c.answered, outcomes(t, r))
		}
	}
}

func TestDiscoverVersions(t *testing.T) {
	w := open(t)
	version := func(v string) string {
		major, minor, _ := strings.Cut(v, ".")
		return `<ProtocolVersion><ProtocolVersionMajor type="Integer" value="` + major + `"/><ProtocolVersionMinor type="Integer" value="` + minor + `"/></ProtocolVersion>`
	}
	all := "2.1 2.0 1.4 1.3 1.2 1.1 1.0"
	for asked, want := range map[string]string{"": all, "1.2 9.9 2.0": "2.0 1.2", "9.9": ""} {
		text := ""
		for v := range strings.FieldsSeq(asked) {
			text += version(v)
		}
		answer := w.one("1.1", "DiscoverVersions "+text)
		wanted := ""
		for v := range strings.FieldsSeq(want) {
			wanted += version(v)
		}
		if got := xmlOf(t, answer); got != "<ResponsePayload>"+wanted+"</ResponsePayload>" && (wanted != "" || got != "<ResponsePayload/>") {
			t.Errorf("asked for %q: got %s", asked, got)
		}
	}
	if got := outcomes(t, w.ask(request("1.0", "", "DiscoverVersions "))); !strings.HasPrefix(got[0], "OperationNotSupported: ") {
		t.Errorf("1.0 has no Discover Versions, and got %v", got)
	}
}

func TestQueryTellsWhatIsDone(t *testing.T) {
	w := open(t)
	for _, v := range wire.Versions() {
		answer := w.one(v.String(), `Query <QueryFunction type="Enumeration" value="QueryOperations"/><QueryFunction type="Enumeration" value="QueryServerInformation"/>`)
		n := 0
		for c := range answer.Children() {
			if c.Tag() != wire.TagOperation {
				continue
			}
			n++
			op, err := c.Enumeration()
			if err != nil {
				t.Fatal(err)
			}
			r := w.ask(request(v.String(), "", wire.Operation(op).String()+" "))
			if got := outcomes(t, r)[0]; strings.HasPrefix(got, "OperationNotSupported") {
				t.Errorf("%v: Query lists %v, and it is %s", v, wire.Operation(op), got)
			}
		}
		if n < 8 || n == 8 && v != wire.V10 {
			t.Errorf("%v: %d operations are listed", v, n)
		}
		if got, err := answer.Find(wire.TagVendorIdentification).Text(); err != nil || got != "Quorate" {
			t.Errorf("the vendor is %q (%v)", got, err)
		}
	}
}

func TestBatchesStopOrGoOn(t *testing.T) {
	w := open(t)
	const query = `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`
	for option, want := range map[string][]string{
		"": {"Success", "OperationNotSupported"}, "Stop": {"Success", "OperationNotSupported"}, "Continue": {"Success", "OperationNotSupported", "Success"}, "Undo": {"OperationUndone", "OperationNotSupported"},
	} {
		header := ""
		if option != "" {
			header = `<BatchErrorContinuationOption type="Enumeration" value="` + option + `"/>`
		}
		r := w.ask(request("1.4", header, query, "Put ", query))
		var got []string
		for i, o := range outcomes(t, r) {
			reason, _, _ := strings.Cut(o, ":")
			got = append(got, reason)
			if id, err := items(r)[i].Find(wire.TagUniqueBatchItemID).Bytes(); option != "Undo" && (err != nil || !slices.Equal(id, []byte{byte(i + 1)})) {
				t.Errorf("%q: item %d has the id %X (%v)", option, i, id, err)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", option, got, want)
		}
		if n, err := r.Find(wire.TagResponseHeader).Find(wire.TagBatchCount).Integer(); err != nil || int(n) != len(want) {
			t.Errorf("%q: the batch count is %d (%v), want %d", option, n, err, len(want))
		}
	}
}

func TestAnswersKeepWithinTheSizeThatIsAskedFor(t *testing.T) {
	w := open(t)
	const query = `Query <QueryFunction type="Enumeration" value="QueryOperations"/><QueryFunction type="Enumeration" value="QueryObjects"/>`
	whole := len(w.ask(request("1.4", "", query)).Raw())
	for most, want := range map[int]string{whole: "Success", whole - 1: "ResponseTooLarge"} {
		r := w.ask(request("1.4", fmt.Sprintf(`<MaximumResponseSize type="Integer" value="%d"/>`, most), query))
		if got := outcomes(t, r)[0]; !strings.HasPrefix(got, want) {
			t.Errorf("%d of %d bytes: got %s, want %s", most, whole, got, want)
		}
	}
}

func TestHeadersAreHeededOrRefused(t *testing.T) {
	w := open(t)
	stamp := func(d time.Duration) string {
		return `<TimeStamp type="DateTime" value="` + w.f.Now().Add(d).UTC().Format(time.RFC3339) + `"/>`
	}
	for _, c := range []struct{ version, header, want string }{
		{"1.4", stamp(4 * time.Minute), "Success"},
		{"1.4", stamp(-6 * time.Minute), "InvalidMessage"},
		{"1.4", stamp(6 * time.Minute), "InvalidMessage"},
		{"1.4", `<AsynchronousIndicator type="Boolean" value="true"/>`, "Success"},
		{"2.1", `<AsynchronousIndicator type="Enumeration" value="Optional"/>`, "Success"},
		{"2.1", `<AsynchronousIndicator type="Enumeration" value="Mandatory"/>`, "Success"},
		{"2.1", `<AsynchronousIndicator type="Enumeration" value="0x00000009"/>`, "InvalidMessage"},
		{"1.4", `<MaximumResponseSize type="Integer" value="0"/>`, "InvalidMessage"},
		{"1.4", `<Authentication><Credential/></Authentication>`, "AuthenticationNotSuccessful"},
		{"1.4", `<BatchOrderOption type="Boolean" value="true"/>`, "Success"},
		{"1.4", `<AttestationCapableIndicator type="Boolean" value="true"/><AttestationType type="Enumeration" value="TPMQuote"/>`, "Success"},
		{"1.4", `<TTLV tag="0x540001" type="Boolean" value="true"/>`, "InvalidMessage: RequestMessage/RequestHeader/0x540001 (byte 56): a request's header has no such item here: leave it out"},
		{"2.1", `<UsageLimitsCount type="LongInteger" value="1"/>`, "InvalidMessage: RequestMessage/RequestHeader/UsageLimitsCount (byte 56): a request's header has no such item here: leave it out"},
	} {
		r := w.ask(request(c.version, c.header, `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`))
		if got := outcomes(t, r)[0]; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s, want %s", c.header, got, c.want)
		}
	}
}

// TestAnswersAreFoundInTheAuditLog: who names its message gets the server's name for it, too, since there is a word for that; and so does whoever is refused.
func TestAnswersAreFoundInTheAuditLog(t *testing.T) {
	w := open(t)
	w.caller.RequestID = "r-17"
	const mine, query = `<ClientCorrelationValue type="TextString" value="mine"/>`, `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`
	for _, c := range []struct{ text, client, server string }{
		{request("1.4", mine, query), "mine", "r-17"},
		{request("2.1", mine, query), "mine", "r-17"},
		{request("1.3", mine, query), "mine", ""},
		{request("1.4", "", query), "", ""},
		{request("1.4", `<MaximumResponseSize type="Integer" value="0"/>`+mine, query), "mine", "r-17"},
		{request("2.1", `<MaximumResponseSize type="Integer" value="0"/>`, query), "", "r-17"},
		{request("1.4", mine+`<AsynchronousIndicator type="Boolean" value="true"/>`, "Create "), "mine", "r-17"},
	} {
		h := w.ask(c.text).Find(wire.TagResponseHeader)
		client, _ := h.Find(wire.TagClientCorrelationValue).Text()
		server, _ := h.Find(wire.TagServerCorrelationValue).Text()
		if client != c.client || server != c.server {
			t.Errorf("%s: the answer is called %q and %q, want %q and %q", c.text, client, server, c.client, c.server)
		}
	}
	if e := w.f.AuditEntries(0); len(e) == 0 || e[len(e)-1].Caller.RequestID != "r-17" {
		t.Errorf("the audit log has %v", e)
	}
}

func TestCriticalExtensionsAreRefused(t *testing.T) {
	w := open(t)
	for critical, want := range map[string]string{"false": "Success", "true": "FeatureNotSupported"} {
		text := strings.Replace(request("1.4", "", `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`), "</BatchItem>",
			`<MessageExtension><VendorIdentification type="TextString" value="x"/><CriticalityIndicator type="Boolean" value="`+critical+`"/><VendorExtension/></MessageExtension></BatchItem>`, 1)
		if got := outcomes(t, w.ask(text))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("critical %s: got %s", critical, got)
		}
	}
}

// TestBadMessagesAreAnswered: never silence.
func TestBadMessagesAreAnswered(t *testing.T) {
	w := open(t)
	good := request("1.4", "", `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`)
	for name, c := range map[string]struct{ text, want string }{
		"a response":      {strings.NewReplacer("RequestMessage", "ResponseMessage").Replace(good), "InvalidMessage: ResponseMessage (byte 0): a request is a RequestMessage"},
		"no header":       {`<RequestMessage/>`, "MissingData: RequestMessage/RequestHeader (byte 0): it is missing"},
		"no version":      {`<RequestMessage><RequestHeader/></RequestMessage>`, "MissingData: RequestMessage/RequestHeader/ProtocolVersion (byte 8): it is missing"},
		"no count":        {strings.Replace(good, `<BatchCount type="Integer" value="1"/>`, "", 1), "MissingData: RequestMessage/RequestHeader/BatchCount (byte 8): it is missing"},
		"another count":   {strings.Replace(good, `<BatchCount type="Integer" value="1"/>`, `<BatchCount type="Integer" value="2"/>`, 1), "InvalidMessage: RequestMessage/RequestHeader/BatchCount (byte 56): it says 2 operations, and the message has 1"},
		"no operations":   {request("1.4", ""), "InvalidMessage: RequestMessage/RequestHeader/BatchCount (byte 56): there is no operation in the message"},
		"many operations": {request("1.4", "", slices.Repeat([]string{"Query "}, 65)...), "InvalidMessage: a message may have 64 operations, not 65"},
	} {
		r := w.ask(c.text)
		if got := outcomes(t, r); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: got %v, want %s", name, got, c.want)
		}
	}
	for _, text := range []string{"", "00", "42007801", "4200780100000008" + "4200770200000004"} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := outcomes(t, w.raw(b)); len(got) != 1 || !strings.HasPrefix(got[0], "InvalidMessage: ") {
			t.Errorf("%q: got %v", text, got)
		}
	}
	if got := outcomes(t, w.ask(strings.Replace(good, `<Operation type="Enumeration" value="Query"/>`, "", 1)))[0]; !strings.HasPrefix(got, "MissingData: ") {
		t.Errorf("without an operation: %s", got)
	}
}

// FuzzAnswer: whatever comes, there is an answer that can be read.
func FuzzAnswer(f *testing.F) {
	w := open(f)
	for _, text := range []string{
		request("1.4", "", `Query <QueryFunction type="Enumeration" value="QueryObjects"/>`, "Get "+byID("x")),
		request("1.0", `<MaximumResponseSize type="Integer" value="8192"/>`, "Locate "+byName("a"), "Get ", "GetAttributes ", "Destroy "),
		request("2.1", "", `Locate <Attributes><Name><NameValue type="TextString" value="a"/></Name></Attributes>`, `Get <UniqueIdentifier type="Enumeration" value="IDPlaceholder"/>`),
	} {
		m, err := ttlv.DecodeXML([]byte(text), ttlv.Limits{})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(m.Root().Raw())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o := *w
		o.t = t
		if r := o.raw(slices.Clone(b)); r.Tag() != wire.TagResponseMessage || len(items(r)) == 0 {
			t.Fatalf("%X is answered with %s", b, xmlOf(t, r))
		}
	})
}

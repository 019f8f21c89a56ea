package kmip_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
	"github.com/quorate/quorate/vault/vaulttest"
)

// TestConformance plays the test cases of OASIS, which are not part of this project, against a cluster of three nodes
// over mutual TLS: each request goes to the next node. KMIP_VECTORS says where they lie. Cases that are right, as
// testdata/conformance.txt has them, have to stay right; `make kmip-conformance` shows them all.
func TestConformance(t *testing.T) {
	dir := os.Getenv("KMIP_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "vectors", "kmip")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		if os.Getenv("KMIP_VECTORS") != "" {
			t.Fatalf("no *.xml in KMIP_VECTORS=%s", dir)
		}
		t.Skip("the OASIS cases are not here: lay them into ../shared/vectors/kmip beside the repository, or say KMIP_VECTORS=DIR")
	}
	slices.Sort(files)
	floor := readFloor(t)
	var report strings.Builder
	right := map[string]int{}
	for _, group := range grouped(files) {
		t.Run(caseName(group[0]), func(t *testing.T) {
			nodes := startNodes(t)
			for _, file := range group {
				r, name := nodes.play(file), caseName(file)
				for what, wrong := range map[string]string{"status": r.status, "shape": r.shape, "values": r.values} {
					switch {
					case wrong == "":
						right[what]++
					case floor[name+" "+what]:
						t.Errorf("%s was right in its %s before: %s", name, what, wrong)
					}
				}
				fmt.Fprintf(&report, "%-24s status %-5s shape %-5s values %-5s %s\n", name, word(r.status), word(r.shape), word(r.values), firstOf(r.status, r.shape, r.values))
			}
		})
	}
	t.Logf("\n%s%d cases: status right in %d, shape right in %d, values right in %d", report.String(), len(files), right["status"], right["shape"], right["values"])
}

func word(wrong string) string {
	if wrong == "" {
		return "right"
	}
	return "wrong"
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// readFloor reads what is right already: lines "NAME status", "NAME shape" and "NAME values".
func readFloor(t *testing.T) map[string]bool {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "conformance.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	floor := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) != 2 || !slices.Contains([]string{"status", "shape", "values"}, fields[1]) {
			t.Fatalf("testdata/conformance.txt: %q is not NAME status, NAME shape or NAME values", line)
		}
		floor[line] = true
	}
	return floor
}

func caseName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".xml") }

// chained are the cases that go on where the one before them ended.
var chained = regexp.MustCompile(`^(SASED|TL)-`)

// grouped are the cases by the store that they share: one each, but for those that build on each other.
func grouped(files []string) (groups [][]string) {
	last := ""
	for _, f := range files {
		chain := chained.FindString(caseName(f))
		if chain != "" && chain == last {
			groups[len(groups)-1] = append(groups[len(groups)-1], f)
			continue
		}
		last = chain
		groups = append(groups, []string{f})
	}
	return groups
}

// nodes is a cluster with a KMIP port on each node, and a connection to each.
type nodes struct {
	t     *testing.T
	f     *vaulttest.Fixture
	ports []*port
	conns []connection
}

type connection interface {
	Write(b []byte) (int, error)
	Read(b []byte) (int, error)
}

// startNodes starts three, empty.
func startNodes(t *testing.T) *nodes {
	t.Helper()
	f := vaulttest.Cluster(t, 3)
	f.Grant("conformance", `permit (principal == Certificate::"conformance", action, resource);
permit (principal == Certificate::"conformance", action == Action::"open-compromised", resource) when { resource.owner == principal.name };`) // as "default" does
	if _, err := f.Vault(0).CreateKey(t.Context(), f.Root(), vault.KeySpec{Name: "kmip-authority", Algorithm: key.ECDSAP256}); err != nil {
		t.Fatal(err)
	}
	n := &nodes{t: t, f: f}
	for i := range f.Len() {
		w := &world{t: t, f: f, caller: access.Caller{}}
		w.server = kmip.New(f.Vault(i), kmip.Config{Now: f.Now, Node: f.Node(i), CertifyWith: "kmip-authority"})
		p := w.listen(serve.Limits{})
		n.ports = append(n.ports, p)
		n.conns = append(n.conns, p.connect("conformance"))
	}
	return n
}

// play plays one case.
func (n *nodes) play(file string) *replay {
	n.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		n.t.Fatal(err)
	}
	messages := caseMessage.FindAllString(string(text), -1)
	if len(messages) == 0 || len(messages)%2 != 0 {
		n.t.Fatalf("%s: %d messages, which are not requests and their answers", file, len(messages))
	}
	last := 0
	r := &replay{now: n.f.Now(), bound: map[string]string{}}
	for i := 0; i < len(messages); i += 2 {
		want, err := r.expected(messages[i+1])
		if err != nil {
			n.t.Fatalf("%s, message %d: %v", file, i+1, err)
		}
		request, err := r.request(messages[i])
		if err != nil { // what it needs was not answered, so the case is lost
			r.status, r.shape, r.values = firstOf(r.status, err.Error()), firstOf(r.shape, err.Error()), firstOf(r.values, err.Error())
			return r
		}
		at := i / 2 % len(n.conns)
		if strings.Contains(messages[i], "<CorrelationValue") { // data in parts goes on where it began
			at = last
		}
		last = at
		if _, err := n.conns[at].Write(request); err != nil {
			n.t.Fatalf("%s, message %d: %v", file, i, err)
		}
		answer, err := ttlv.Read(n.conns[at], nil, 1<<20)
		if err != nil {
			n.t.Fatalf("%s, message %d: %v", file, i, err)
		}
		m, err := ttlv.Decode(answer, ttlv.Limits{})
		if err != nil {
			n.t.Fatalf("%s: the answer to message %d cannot be read: %v", file, i, err)
		}
		r.judge(want, m.Root())
	}
	return r
}

// TestAReplayTellsRightFromWrong: the judge of the cases, with answers that differ in each way.
func TestAReplayTellsRightFromWrong(t *testing.T) {
	answer := func(op, status, payload string) string {
		return `<ResponseMessage><BatchItem><Operation type="Enumeration" value="` + op + `"/><ResultStatus type="Enumeration" value="` + status + `"/>` + payload + `</BatchItem></ResponseMessage>`
	}
	payload := func(s string) string {
		return `<ResponsePayload>` + s + `<MACData type="ByteString" value="0a0b"/></ResponsePayload>`
	}
	id := `<UniqueIdentifier type="TextString" value="%s"/>`
	want := answer("Get", "Success", payload(fmt.Sprintf(id, "$UNIQUE_IDENTIFIER_0")+`<Data type="ByteString" value="$DATA_0"/>`))
	good := payload(fmt.Sprintf(id, "abc") + `<Data type="ByteString" value="0102"/>`)
	for name, c := range map[string]struct {
		got                   string
		status, shape, values bool
	}{
		"the same":            {answer("Get", "Success", good), true, true, true},
		"another operation":   {answer("Locate", "Success", good), false, true, false},
		"another status":      {answer("Get", "OperationFailed", good), false, true, false},
		"a reason":            {answer("Get", "Success", `<ResultReason type="Enumeration" value="ItemNotFound"/>`+good), false, false, false},
		"one item less":       {answer("Get", "Success", payload(fmt.Sprintf(id, "abc"))), true, false, false},
		"another value":       {answer("Get", "Success", strings.Replace(good, "0a0b", "0a0c", 1)), true, true, false},
		"another type":        {answer("Get", "Success", payload(fmt.Sprintf(id, "abc")+`<Data type="TextString" value="0102"/>`)), true, false, false},
		"another order":       {answer("Get", "Success", payload(`<Data type="ByteString" value="0102"/>`+fmt.Sprintf(id, "abc"))), true, false, false},
		"an item twice":       {answer("Get", "Success", payload(fmt.Sprintf(id, "abc")+`<Data type="ByteString" value="01"/><Data type="ByteString" value="02"/>`)), true, false, false},
		"no answer":           {`<ResponseMessage></ResponseMessage>`, false, false, false},
		"a payload not there": {answer("Get", "Success", ""), true, false, false},
	} {
		r := &replay{bound: map[string]string{}}
		expected, err := r.expected(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ttlv.DecodeXML([]byte(c.got), ttlv.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		r.judge(expected, got.Root())
		if status, shape, values := r.status == "", r.shape == "", r.values == ""; status != c.status || shape != c.shape || values != c.values {
			t.Errorf("%s: status right is %t (%s), shape right is %t (%s), values right are %t (%s)", name, status, r.status, shape, r.shape, values, r.values)
		}
		if name == "the same" && (r.bound["$UNIQUE_IDENTIFIER_0"] != "abc" || r.bound["$DATA_0"] != "0102") {
			t.Errorf("learnt %v", r.bound)
		}
	}
	if _, err := (&replay{}).request(fmt.Sprintf(id, "$UNIQUE_IDENTIFIER_7")); err == nil {
		t.Error("a placeholder that nothing told was filled in")
	}
}

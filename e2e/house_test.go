package e2e_test

import (
	"go/ast"
	"go/build/constraint"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/quorate/quorate/"

// plan is the floor plan: what each package may import of ours. A package that is not in it has to be added, here
// and in the design, before it may exist. Tests may also import what their own package may, itself, and the kits.
var plan = map[string][]string{
	"vault/fault":                    {},
	"vault/plant":                    {}, // bugs on purpose, by build tag
	"vault/key":                      {"vault/fault"},
	"vault/access":                   {"vault/key", "vault/fault"},
	"vault/doctor":                   {}, // facts in, findings out
	"vault/audit":                    {"vault/key", "vault/access", "vault/fault"},
	"seal":                           {"vault/fault"},
	"seal/keep":                      {"vault/fault"},
	"seal/handin":                    {"seal", "vault/fault"},
	"fsm/btree":                      {}, // knows not what it orders
	"fsm":                            {"fsm/btree", "vault/key", "vault/access", "vault/fault", "vault/plant"},
	"cluster/autopilot":              {},
	"cluster":                        {"cluster/autopilot", "cluster/peer", "cluster/gossip", "cluster/room", "fsm", "vault/key", "vault/access", "vault/fault", "vault/plant"},
	"cluster/peer":                   {"fsm", "vault/key", "vault/access", "vault/fault", "vault/plant"},
	"cluster/room":                   {},
	"cluster/gossip":                 {"fsm", "vault/key", "vault/access", "vault/fault"},
	"cluster/clustertest":            {"cluster", "cluster/peer", "cluster/gossip", "cluster/room", "fsm", "vault/key", "vault/access", "vault/fault"},
	"cluster/sim":                    {"cluster", "cluster/peer", "cluster/room", "fsm", "vault/key", "vault/access", "vault/fault"}, // a kit: whole nodes in simulated time
	"cluster/floor":                  {},                                                                                             // the bare loop that bench measures against
	"vault/primitive":                {"vault/key", "vault/fault"},
	"vault/envelope":                 {"vault/primitive", "vault/key", "vault/fault"},
	"vault/archive":                  {"vault/fault"},
	"vault/merge":                    {"fsm", "vault/key"},
	"vault/depot":                    {"vault/fault"},
	"vault":                          {"fsm", "seal", "seal/handin", "vault/merge", "vault/archive", "vault/depot", "vault/primitive", "vault/envelope", "vault/key", "vault/access", "vault/audit", "vault/fault", "vault/plant"},
	"vault/vaulttest":                {"vault", "fsm", "seal", "vault/archive", "vault/primitive", "vault/envelope", "vault/key", "vault/access", "vault/audit", "vault/fault"},
	"transport/serve":                {"vault", "vault/key", "vault/access", "vault/fault"},
	"transport/api":                  {},
	"transport/rest":                 {"vault", "vault/archive", "vault/merge", "vault/key", "vault/access", "vault/fault", "transport/serve", "transport/api"},
	"transport/keas":                 {"transport/keas/legacy", "transport/keas/xmlrpc", "transport/client/sealed", "vault", "vault/key", "vault/access", "vault/fault", "transport/serve"},
	"transport/keas/legacy":          {"vault/fault"}, // old ciphertext and data keys, to read
	"transport/keas/xmlrpc":          {"vault/fault"}, // the form of calls and answers
	"transport/kmip/attribute":       {"transport/kmip/wire", "transport/kmip/ttlv"},
	"transport/kmip":                 {"transport/kmip/attribute", "transport/kmip/block", "transport/kmip/policy", "transport/kmip/wire", "transport/kmip/ttlv", "transport/serve", "vault", "vault/key", "vault/access", "vault/fault"},
	"transport/kmip/block":           {"transport/kmip/wire", "transport/kmip/ttlv", "vault/key", "vault/fault"}, // keys in key blocks
	"transport/kmip/wire":            {},                                                                         // the words of the protocol
	"transport/kmip/policy":          {"vault/access", "vault/key", "vault/fault"},                               // operation policies, said in Cedar; its tests ask for decisions
	"transport/kmip/ttlv":            {"transport/kmip/wire"},
	"transport/client":               {"transport/client/sealed", "transport/api", "vault/fault"},
	"transport/client/sealed":        {"vault/fault"}, // the form of what clients encrypt
	"transport/client/envelope":      {"transport/client", "transport/client/sealed", "transport/api", "vault/fault"},
	"transport/client/field":         {"transport/client/envelope", "transport/client", "transport/api", "vault/fault"},
	"transport/client/foreign":       {"vault/fault"},                                                                                             // keys of other key managers, to read
	"transport/client/field/convert": {"transport/client/field", "transport/client/envelope", "transport/client", "transport/api", "vault/fault"}, // the middle two are for its tests
	"transport/client/holder":        {"vault/fault"},
	"transport/client/clienttest":    {"transport/client", "transport/api", "vault/fault"},
	"cmd/quorate":                    {"*"},
	"e2e":                            {"transport/client", "transport/client/envelope", "transport/client/field", "transport/api", "vault/fault", "vault/plant"}, // what users have
	"e2e/kit":                        {"transport/api"},
	"e2e/postgres":                   {},          // a real database
	"e2e/rados":                      {"e2e/kit"}, // a real S3 server
	"e2e/chaos/fabric":               {},          // a network of namespaces
	"e2e/chaos/disk":                 {},          // disks that fail
	"e2e/chaos/history":              {},          // what clients saw, and whether one vault could have said so
	"e2e/chaos":                      {"transport/api"},
	"e2e/figures":                    {}, // results into the README
	"e2e/runbook":                    {}, // executes the documents

	"transport/client/envfile":        {"vault/fault"},                             // lines of environment files
	"transport/client/folder":         {"vault/fault"},                             // folders as archives
	"transport/client/foreign/pykmip": {"transport/client/foreign", "vault/fault"}, // a database of one of them
}

// kits are packages for tests; only tests import them.
var kits = []string{"vault/vaulttest", "cluster/clustertest", "transport/client/clienttest", "e2e/kit", "e2e/rados", "e2e/postgres", "e2e/figures", "e2e/chaos/fabric", "e2e/chaos/disk", "e2e/chaos/history"}

// only lists libraries and the packages that may import them.
var only = map[string][]string{
	"github.com/hashicorp/raft":           {"cluster", "cluster/peer", "cluster/clustertest", "cluster/floor", "cluster/sim"}, // peer: its types
	"github.com/hashicorp/raft-boltdb/v2": {"cluster", "cluster/floor", "cluster/sim"},
	"github.com/hashicorp/memberlist":     {"cluster/gossip"},
	"go.etcd.io/bbolt":                    {"cluster", "cluster/clustertest", "cluster/floor", "cluster/sim"},
	"github.com/gemalto/kmip-go/ttlv":     {}, // allocates what a header claims; tests compare with it
	"github.com/gemalto/kmip-go/kmip14":   {},
	"github.com/gemalto/kmip-go/kmip20":   {},
}

// never lists imports that a package must not have, and why.
var never = map[string]map[string]string{
	"vault": {"net": "the vault knows no network"},
	"seal":  {"net/http": "custody knows no network", "net": "custody knows no network"},
	"fsm": {
		"net/http": "the state machine is pure", "net": "the state machine is pure", "os": "the state machine is pure",
		"crypto/rand": "the state machine makes no choices", "math/rand": "the state machine makes no choices", "math/rand/v2": "the state machine makes no choices",
	},
}

// topLevel is everything that may lie at the top, beside dot-files.
var topLevel = []string{
	"cmd", "cluster", "fsm", "vault", "transport", "seal", "e2e", "deployments", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE",
	"bin", // made by `make build`, ignored by git
}

// source is one parsed Go file.
type source struct {
	path, pkg string // relative to the top
	test      bool
	file      *ast.File
	set       *token.FileSet
	text      []byte
}

// tree is every Go file, parsed once for all rules.
func tree(t *testing.T) []source {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d Go files were found: this test does not see the tree", len(all))
	}
	return all
}

var parsed = sync.OnceValues(func() (all []source, _ error) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("..", path)
		if err != nil {
			return err
		}
		if d.IsDir() && rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || rel == "bin") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{
			path: filepath.ToSlash(rel), pkg: filepath.ToSlash(filepath.Dir(rel)), test: strings.HasSuffix(rel, "_test.go"), file: f, set: set, text: text,
		})
		return nil
	})
	return all, err
})

func (s source) imports() []string {
	var all []string
	for _, i := range s.file.Imports {
		p, _ := strconv.Unquote(i.Path.Value) // the parser has read it
		all = append(all, p)
	}
	return all
}

func TestPackagesImportOnlyWhatThePlanAllows(t *testing.T) {
	for _, s := range tree(t) {
		allowed, known := plan[s.pkg]
		if !known {
			t.Errorf("%s: the package %q is not in the floor plan: add it to the design's table and to this test", s.path, s.pkg)
			continue
		}
		for _, p := range s.imports() {
			ours, isOurs := strings.CutPrefix(p, module)
			if isOurs {
				if s.test && (ours == s.pkg || slices.Contains(kits, ours) || s.pkg == "transport/rest" && ours == "vault/audit" || s.pkg == "transport/keas" && ours == "vault/audit") {
					continue
				}
				if slices.Contains(kits, ours) && !slices.Contains(kits, s.pkg) { // a kit may be built of others that its plan names
					t.Errorf("%s imports %s: a kit for tests is imported by tests and kits only; move the code into a _test file", s.path, ours)
				}
				if !slices.Contains(allowed, ours) && !slices.Contains(allowed, "*") {
					t.Errorf("%s imports %s, which the plan does not allow: %s may import %v; declare an interface where it is needed", s.path, ours, s.pkg, allowed)
				}
				continue
			}
			if who, limited := only[p]; limited && !s.test && !slices.Contains(who, s.pkg) {
				t.Errorf("%s imports %s: only %v may", s.path, p, who)
			}
			if strings.HasPrefix(s.pkg, "vault") && !s.test && (p == "net/http" || strings.HasPrefix(p, "net/http/")) {
				t.Errorf("%s imports %s: the vault knows no protocol; move it into an adapter under transport", s.path, p)
			}
			if why := never[s.pkg][p]; why != "" && !s.test {
				t.Errorf("%s imports %s: %s", s.path, p, why)
			}
		}
	}
}

func TestPurePackagesAskNoClock(t *testing.T) {
	for _, s := range tree(t) {
		if s.pkg != "fsm" || s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Tick", "NewTimer", "NewTicker", "Sleep"}, sel.Sel.Name) {
					t.Errorf("%s uses time.%s: take the time from the entry (Env.At)", s.set.Position(sel.Pos()), sel.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestTopLevelHoldsNothingElse(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && !slices.Contains(topLevel, e.Name()) {
			t.Errorf("%s lies at the top: notes belong in <package>/DESIGN.md, runbooks under deployments/runbooks, code in a package of the plan", e.Name())
		}
	}
	for _, f := range []string{"transport"} {
		if found, _ := filepath.Glob(filepath.Join("..", f, "*.go")); len(found) > 0 { // the pattern is fixed
			t.Errorf("%s: the folder holds adapters, no Go code of its own: move it into a package", found[0])
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := map[string]bool{}
	packages := map[string]string{}
	for _, s := range tree(t) {
		if s.test {
			continue
		}
		packages[s.pkg] = s.file.Name.Name
		if s.file.Doc != nil && len(s.file.Doc.Text()) > 40 {
			said[s.pkg] = true
		}
	}
	for pkg, name := range packages {
		if !said[pkg] {
			t.Errorf("%s: package %s has no package comment: say what it is, what it knows, what it must not know", pkg, name)
		}
	}
}

func TestFilesAreAboutOneIdea(t *testing.T) {
	const limit = 500
	for _, s := range tree(t) {
		if n := strings.Count(string(s.text), "\n"); !s.test && n > limit {
			t.Errorf("%s has %d lines, more than %d: split it by idea", s.path, n, limit)
		}
	}
}

func TestTestsDoNotSleep(t *testing.T) {
	for _, s := range tree(t) {
		if !s.test {
			continue
		}
		bubbles := slices.Contains(s.imports(), "testing/synctest") || // where sleeping costs no time
			slices.Contains(s.imports(), module+"cluster/sim") // a world refuses to be made elsewhere
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && !bubbles {
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && sel.Sel.Name == "Sleep" {
					t.Errorf("%s sleeps: poll with a deadline, inject the clock, or use testing/synctest", s.set.Position(sel.Pos()))
				}
			}
			return true
		})
	}
}

// TestPackagesForApplicationsShowThemselves: what an application imports has an example in its docs, and every example is run and compared.
func TestPackagesForApplicationsShowThemselves(t *testing.T) {
	shown := map[string]int{}
	for _, s := range tree(t) {
		if !s.test {
			continue
		}
		for _, e := range doc.Examples(s.file) {
			shown[s.pkg]++
			if e.Output == "" && !e.EmptyOutput {
				t.Errorf("%s: Example%s has no output to compare: it is compiled, and never run", s.path, e.Name)
			}
		}
	}
	for _, pkg := range []string{"transport/client", "transport/client/envelope", "transport/client/field", "transport/client/holder", "transport/client/clienttest"} {
		if shown[pkg] == 0 {
			t.Errorf("%s has no example", pkg)
		}
	}
}

// TestNobodyWritesWhatKeasKMIWrote: its forms are AES in CBC mode, and PEM under 3DES. CBC and 3DES are written only where KMIP's Encrypt asks for
// them by name; encrypted PEM is read (x509.DecryptPEMBlock), and written by nobody.
func TestNobodyWritesWhatKeasKMIWrote(t *testing.T) {
	for _, s := range tree(t) {
		if s.test {
			continue
		}
		if slices.Contains(s.imports(), "crypto/des") && s.pkg != "vault/primitive" {
			t.Errorf("%s imports crypto/des", s.path)
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if ok && sel.Sel.Name == "NewCipher" {
				if from, ok := sel.X.(*ast.Ident); ok && from.Name == "des" {
					t.Errorf("%s computes with single DES", s.set.Position(sel.Pos()))
				}
			}
			if ok && (sel.Sel.Name == "EncryptPEMBlock" || sel.Sel.Name == "NewCBCEncrypter" && s.pkg != "vault/primitive") {
				t.Errorf("%s writes a weak form: %s", s.set.Position(sel.Pos()), sel.Sel.Name)
			}
			return true
		})
	}
}

// TestWhatTheDetectorDoesNotWatchIsRunAllTheSame: make test runs everything with the race detector, and what is not compiled with it in a step
// that knows each by name.
func TestWhatTheDetectorDoesNotWatchIsRunAllTheSame(t *testing.T) {
	text, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^UNWATCHED := (.*)$`).FindSubmatch(text)
	if found == nil || !strings.Contains(string(text), "-run '^$(UNWATCHED)' ./cluster\n") {
		t.Fatal("the Makefile has no such step")
	}
	named := regexp.MustCompile("^" + string(found[1]))
	seen := 0
	for _, s := range tree(t) {
		if !s.test || !unwatched(s.constraint(t)) {
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") {
				continue
			}
			if seen++; s.pkg != "cluster" || !named.MatchString(f.Name.Name) {
				t.Errorf("%s: %s is never run: name it in UNWATCHED of the Makefile", s.path, f.Name.Name)
			}
		}
	}
	if seen < 5 {
		t.Errorf("only %d such tests were found", seen)
	}
}

// constraint is the file's //go:build line; nil if it has none.
func (s source) constraint(t *testing.T) constraint.Expr {
	t.Helper()
	for _, group := range s.file.Comments {
		for _, line := range group.List {
			if line.Pos() < s.file.Package && constraint.IsGoBuild(line.Text) {
				x, err := constraint.Parse(line.Text)
				if err != nil {
					t.Fatalf("%s: %v", s.path, err)
				}
				return x
			}
		}
	}
	return nil
}

// unwatched tells whether there are tags with which a file is compiled, and with the race detector besides is not.
func unwatched(x constraint.Expr) bool {
	if x == nil {
		return false
	}
	var tags []string
	x.Eval(func(tag string) bool { // it asks for every tag
		if tag != "race" && !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
		return false
	})
	for set := range 1 << len(tags) {
		with := func(race bool) bool {
			return x.Eval(func(tag string) bool {
				if tag == "race" {
					return race
				}
				return set>>slices.Index(tags, tag)&1 == 1
			})
		}
		if with(false) && !with(true) {
			return true
		}
	}
	return false
}

// unfinished are words of work that is not done; they are put together here so that this file does not hold them.
var unfinished = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b|not ` + `implemented|un` + `implemented`)

func TestNothingIsLeftUnfinished(t *testing.T) {
	for _, s := range tree(t) {
		for i, line := range strings.Split(string(s.text), "\n") {
			if unfinished.MatchString(line) {
				t.Errorf("%s:%d: %q: finish it, or open an issue and take the words out", s.path, i+1, strings.TrimSpace(line))
			}
		}
	}
}

// machine are paths and addresses that hold on somebody's machine only.
var machine = regexp.MustCompile(`(^|["'\s=(:])/(wo` + `rk|ho` + `me|ro` + `ot|Us` + `ers|t` + `mp)/[A-Za-z0-9_.-]+`)

func TestNoFileNamesAMachine(t *testing.T) {
	list, err := exec.Command("git", "-C", "..", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Skipf("git does not list the files: %v", err)
	}
	for _, name := range strings.Split(strings.TrimRight(string(list), "\x00"), "\x00") {
		if name == "go.sum" || strings.Contains(name, "testdata/fuzz/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			continue // removed, and not committed yet
		}
		for i, line := range strings.Split(string(text), "\n") {
			if hit := machine.FindString(line); hit != "" {
				t.Errorf("%s:%d names a path of one machine (%s): use a relative path or t.TempDir", name, i+1, strings.TrimSpace(hit))
			}
		}
	}
}

// The rules bite: each finds a planted breach.
func TestHouseRulesBite(t *testing.T) {
	for _, line := range []string{"// TO" + "DO: later", `errors.New("not ` + `implemented")`} {
		if !unfinished.MatchString(line) {
			t.Errorf("%q passes as finished", line)
		}
	}
	for _, line := range []string{`open("/wo` + `rk/x")`, "cd /ho" + "me/ada", "path=/t" + "mp/x"} {
		if !machine.MatchString(line) {
			t.Errorf("%q passes", line)
		}
	}
	if unfinished.MatchString("a key that is done") || machine.MatchString("https://example.org/home/x") {
		t.Error("the rules see what is not there")
	}
	for line, want := range map[string]bool{
		"//go:build !race": true, "//go:build linux && !race": true, "//go:build !(race || windows)": true, "//go:build !race || e2e": true,
		"//go:build race": false, "//go:build linux": false, "//go:build race || !race": false,
	} {
		if x, err := constraint.Parse(line); err != nil || unwatched(x) != want {
			t.Errorf("%q is not watched: %v, want %v (%v)", line, !want, want, err)
		}
	}
	for pkg, allowed := range plan {
		if pkg != "cmd/quorate" && slices.Contains(allowed, "*") {
			t.Errorf("%s may import everything", pkg)
		}
		for _, a := range allowed {
			if _, known := plan[a]; !known && a != "*" {
				t.Errorf("the plan lets %s import %s, which is not in it", pkg, a)
			}
		}
	}
}

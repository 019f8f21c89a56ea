package wire_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
)

var update = flag.Bool("update", false, "write tables.go anew from vocabulary.txt")

// word and group are vocabulary.txt as it stands.
type word struct{ code, since, until, name string }

type group struct {
	kind, name string // kind is enum or mask
	tags       []string
	words      []word
}

var (
	line   = regexp.MustCompile(`^([0-9A-F]{6}|[0-9A-F]{8}) (\d\.\d)(?:-(\d\.\d))? (\S.*)$`)
	header = regexp.MustCompile(`^(enum|mask) (.+?)(?: of (.+))?$`)
)

func vocabulary(t *testing.T) (tags []word, groups []group) {
	t.Helper()
	text, err := os.ReadFile("vocabulary.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range strings.Split(string(text), "\n") {
		if l == "" || l[0] == '#' {
			continue
		}
		if h := header.FindStringSubmatch(l); h != nil {
			g := group{kind: h[1], name: h[2], tags: []string{h[2]}}
			if h[3] != "" {
				g.tags = strings.Split(h[3], ", ")
			}
			groups = append(groups, g)
			continue
		}
		rest, isTag := strings.CutPrefix(l, "tag ")
		m := line.FindStringSubmatch(rest)
		if m == nil || isTag != (len(m[1]) == 6) || !isTag && len(groups) == 0 {
			t.Fatalf("vocabulary.txt:%d: cannot read %q", i+1, l)
		}
		w := word{code: m[1], since: m[2], until: m[3], name: m[4]}
		if isTag {
			tags = append(tags, w)
		} else {
			g := &groups[len(groups)-1]
			g.words = append(g.words, w)
		}
	}
	return tags, groups
}

func version(v string) string {
	if v == "" {
		return "last"
	}
	return "V" + strings.Replace(v, ".", "", 1)
}

func entries(b *bytes.Buffer, words []word) {
	for _, w := range words {
		fmt.Fprintf(b, "{0x%s, %s, %s, %q, %q},\n", w.code, version(w.since), version(w.until), w.name, wire.Text(w.name))
	}
}

// constants writes one constant for each code: the first name of each.
func constants(b *bytes.Buffer, prefix, kind string, words []word) {
	if len(words) == 0 {
		return
	}
	seen := map[string]bool{}
	b.WriteString("const (\n")
	for _, w := range words {
		if !seen[w.code] {
			fmt.Fprintf(b, "%s%s %s = 0x%s\n", prefix, wire.Text(w.name), kind, w.code)
		}
		seen[w.code] = true
	}
	b.WriteString(")\n\n")
}

func generate(t *testing.T) []byte {
	t.Helper()
	tags, groups := vocabulary(t)
	var b bytes.Buffer
	b.WriteString("// Code generated from vocabulary.txt by go generate; DO NOT EDIT.\n\npackage wire\n\n")
	b.WriteString("var last = Version{255, 255} // until further notice\n\n")
	b.WriteString("// The tags.\n")
	constants(&b, "Tag", "Tag", tags)
	for _, g := range groups {
		kind := wire.Text(g.name)
		if g.kind == "mask" {
			fmt.Fprintf(&b, "// %s has a bit for each of these.\ntype %s uint32\n\n", kind, kind)
		} else {
			fmt.Fprintf(&b, "// %s is the enumeration %q.\ntype %s uint32\n\n", kind, g.name, kind)
		}
		constants(&b, kind, kind, g.words)
		method := "ValueText(Tag%s, uint32(v))"
		if g.kind == "mask" {
			method = `MaskText(Tag%s, uint32(v), " ")`
		}
		fmt.Fprintf(&b, "// String is the value as XML writes it.\nfunc (v %s) String() string { return %s }\n\n", kind, fmt.Sprintf(method, wire.Text(g.tags[0])))
	}
	b.WriteString("var tags = []entry{\n")
	entries(&b, tags)
	b.WriteString("}\n\nvar sets = []set{\n")
	for _, g := range groups {
		fmt.Fprintf(&b, "{name: %q, mask: %v, tags: []Tag{", g.name, g.kind == "mask")
		for i, tag := range g.tags {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString("Tag" + wire.Text(tag))
		}
		b.WriteString("}, entries: []entry{\n")
		entries(&b, g.words)
		b.WriteString("}},\n")
	}
	b.WriteString("}\n")
	out, err := format.Source(b.Bytes())
	if err != nil {
		t.Fatalf("formatting: %v\n%s", err, b.Bytes())
	}
	return out
}

func TestTablesAreGenerated(t *testing.T) {
	want := generate(t)
	if *update {
		if err := os.WriteFile("tables.go", want, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile("tables.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("tables.go is not what vocabulary.txt makes: run go generate ./transport/kmip/wire")
	}
}

package wire_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
)

var update = flag.Bool("update", false, "write the tables anew from vocabulary.txt")

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

// file is a generated file while it is written: as many sets as fit.
type file struct {
	name string
	text bytes.Buffer
}

// most is how many lines a generated file may have: fewer than the house allows one that is written by hand.
const most = 400

// generate is every generated file: the tags, what they are called, and the sets in the order of vocabulary.txt.
func generate(t *testing.T) map[string][]byte {
	t.Helper()
	tags, groups := vocabulary(t)
	var files []*file
	begin := func(name string) *bytes.Buffer {
		f := &file{name: name}
		f.text.WriteString("// Code generated from vocabulary.txt by go generate; DO NOT EDIT.\n\npackage wire\n\n")
		files = append(files, f)
		return &f.text
	}
	b := begin("tags.go")
	b.WriteString("// The tags.\n")
	constants(b, "Tag", "Tag", tags)
	b = begin("tags_words.go")
	b.WriteString("var tags = []entry{\n")
	entries(b, tags)
	b.WriteString("}\n")
	var sets []string
	for i, g := range groups {
		name := wire.Text(g.name)
		sets = append(sets, "set"+name)
		for what, text := range [][]byte{constantsOf(g), wordsOf(g)} {
			if i == 0 && what == 0 || bytes.Count(b.Bytes(), []byte("\n"))+bytes.Count(text, []byte("\n")) > most-30 { // gofmt breaks long lines
				b = begin(fmt.Sprintf("sets_%s%s.go", strings.ToLower(name), []string{"", "_words"}[what]))
			}
			b.Write(text)
		}
	}
	fmt.Fprintf(begin("sets.go"), "var sets = []*set{\n&%s,\n}\n", strings.Join(sets, ",\n&"))
	out := map[string][]byte{}
	for _, f := range files {
		text, err := format.Source(f.text.Bytes())
		if err != nil {
			t.Fatalf("formatting %s: %v\n%s", f.name, err, f.text.Bytes())
		}
		out[f.name] = text
	}
	return out
}

// constantsOf is the type of an enumeration or a mask, and its constants.
func constantsOf(g group) []byte {
	var b bytes.Buffer
	kind := wire.Text(g.name)
	method := "ValueText(Tag%s, uint32(v))"
	if g.kind == "mask" {
		fmt.Fprintf(&b, "// %s has a bit for each of these.\ntype %s uint32\n\n", kind, kind)
		method = `MaskText(Tag%s, uint32(v), " ")`
	} else {
		fmt.Fprintf(&b, "// %s is the enumeration %q.\ntype %s uint32\n\n", kind, g.name, kind)
	}
	constants(&b, kind, kind, g.words)
	fmt.Fprintf(&b, "// String is the value as XML writes it.\nfunc (v %s) String() string { return %s }\n\n", kind, fmt.Sprintf(method, wire.Text(g.tags[0])))
	return b.Bytes()
}

// wordsOf is the variable that holds what the values are called.
func wordsOf(g group) []byte {
	var b bytes.Buffer
	tags := make([]string, len(g.tags))
	for i, tag := range g.tags {
		tags[i] = "Tag" + wire.Text(tag)
	}
	fmt.Fprintf(&b, "var set%s = set{name: %q, mask: %v, tags: []Tag{%s}, entries: []entry{\n", wire.Text(g.name), g.name, g.kind == "mask", strings.Join(tags, ", "))
	entries(&b, g.words)
	b.WriteString("}}\n\n")
	return b.Bytes()
}

func TestTablesAreGenerated(t *testing.T) {
	want := generate(t)
	there, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range there {
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(got, []byte("// Code generated")) && want[name] == nil {
			if *update {
				err = os.Remove(name)
			} else {
				err = errors.New("vocabulary.txt does not make it any more")
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for name, text := range want {
		if n := bytes.Count(text, []byte("\n")); n > most {
			t.Errorf("%s has %d lines, more than %d", name, n, most)
		}
		if *update {
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, text) {
			t.Errorf("%s is not what vocabulary.txt makes: run go generate ./transport/kmip/wire", name)
		}
	}
}

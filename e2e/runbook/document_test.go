package runbook_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// document is a Markdown file, as far as the test understands it.
type document struct {
	file      string // relative to the top
	situation string
	blocks    []block
	text      string // what is outside of blocks
}

// block is a fenced block.
type block struct {
	line     int    // of its fence
	language string // "" if the fence says none
	text     string

	on    []string // machines
	typed [][]int  // the block is run once for each; these custodians type their shares at its terminal
	exit  int      // how it ends
	says  string   // what it prints, among other things
	until bool     // repeated until it succeeds
	but   []string // repeated until doctor finds nothing wrong but these
	with  []string // words to replace
	carry []string // files that are taken along, from the desk or as MACHINE:FILE
}

func (b block) String() string { return fmt.Sprintf("line %d", b.line) }

var (
	situationLine = regexp.MustCompile(`^<!-- situation: (.+) -->$`)
	runLine       = regexp.MustCompile(`^<!-- run:(.*) -->$`)
)

// read parses a document; what it says to the test and is not understood is an error.
func read(file string) (document, error) {
	d := document{file: file}
	raw, err := os.ReadFile(filepath.Join("..", "..", file))
	if err != nil {
		return d, err
	}
	return d, d.parse(string(raw))
}

func (d *document) parse(raw string) error {
	var text []string
	next := block{on: []string{desk}} // what the comment before a block says
	var open *block
	for i, line := range strings.Split(raw, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case open != nil && isFence:
			d.blocks = append(d.blocks, *open)
			open, next = nil, block{on: []string{desk}}
		case open != nil:
			open.text += line + "\n"
		case isFence:
			next.line, next.language = i+1, fence
			open = &next
		case situationLine.MatchString(line):
			d.situation = situationLine.FindStringSubmatch(line)[1]
		case runLine.MatchString(line):
			if err := next.directive(runLine.FindStringSubmatch(line)[1]); err != nil {
				return fmt.Errorf("%s:%d: %w", d.file, i+1, err)
			}
		case strings.HasPrefix(line, "<!-- run") || strings.HasPrefix(line, "<!-- situation"):
			return fmt.Errorf("%s:%d: the comment is not understood: %s", d.file, i+1, line)
		default:
			text = append(text, line)
		}
	}
	if open != nil {
		return fmt.Errorf("%s:%d: the block does not end", d.file, open.line)
	}
	d.text = strings.Join(text, "\n")
	return nil
}

// directive reads what stands behind "run:".
func (b *block) directive(words string) error {
	words, says, hasPhrase := strings.Cut(words, " says=")
	if b.says = strings.TrimSpace(says); hasPhrase && b.says == "" {
		return fmt.Errorf("says= names no words")
	}
	for _, word := range strings.Fields(words) {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "on":
			b.on = strings.Split(value, ",")
			for _, m := range b.on {
				if !slices.Contains(machines, m) {
					return fmt.Errorf("there is no machine %q; there are %v", m, machines)
				}
			}
		case "typed":
			for _, seat := range strings.Split(value, ",") {
				var shares []int
				for _, n := range strings.Split(seat, "+") {
					share, err := strconv.Atoi(n)
					if err != nil {
						return fmt.Errorf("typed=%s names no shares", value)
					}
					shares = append(shares, share)
				}
				b.typed = append(b.typed, shares)
			}
		case "exit":
			n, err := strconv.Atoi(value)
			if err != nil || n == 0 {
				return fmt.Errorf("exit=%s is no failure", value)
			}
			b.exit = n
		case "but":
			b.but = strings.Split(value, ",")
		case "until":
			b.until = true
		case "carry":
			b.carry = strings.Split(value, ",")
			for _, f := range b.carry {
				if m, _, elsewhere := strings.Cut(f, ":"); elsewhere && !slices.Contains(machines, m) {
					return fmt.Errorf("there is no machine %q; there are %v", m, machines)
				}
			}
		case "with":
			b.with = strings.Split(value, ",")
		default:
			return fmt.Errorf("%q is not understood", word)
		}
	}
	if b.exit != 0 && b.says == "" {
		return fmt.Errorf("exit=%d alone takes any refusal for the one that is meant: add says=, and words of it", b.exit)
	}
	if b.says != "" && (b.until || b.but != nil) {
		return fmt.Errorf("a block that is repeated says nothing in particular: take says= away")
	}
	return nil
}

// documents are all that are executed.
func documents(t *testing.T) []document {
	t.Helper()
	files, err := filepath.Glob("../../deployments/runbooks/*.md")
	if err != nil || len(files) < 10 {
		t.Fatalf("the runbooks are not found: %d, %v", len(files), err)
	}
	var all []document
	for _, f := range append(files, "../../README.md", "../../deployments/container/README.md") {
		d, err := read(strings.TrimPrefix(filepath.ToSlash(f), "../../"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// commandLike is a line that a reader would type.
var commandLike = regexp.MustCompile(`(?m)^\s*(\$ )?(quorate|systemctl|curl|docker|kubectl|make|cp|mv|install|journalctl|kill) `)

func TestEveryBlockIsRunOrSaidToBeShown(t *testing.T) {
	run, shown := 0, 0
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			switch {
			case b.language == "sh":
				run++
			case b.language == "console":
				shown++
				t.Logf("%s:%d is shown, not run:\n%s", d.file, b.line, b.text)
			case b.language == "" || commandLike.MatchString(b.text):
				t.Errorf("%s:%d: a block of commands is marked %q: write ```sh, so that it is run, or ```console, if it cannot be run here:\n%s", d.file, b.line, b.language, b.text)
			}
		}
		for i, line := range strings.Split(d.text, "\n") {
			if strings.HasPrefix(line, "    ") && commandLike.MatchString(line) {
				t.Errorf("%s: an indented line is a command that nothing runs; put it between ```sh or ```console (line %d of the text): %s", d.file, i+1, line)
			}
		}
	}
	t.Logf("%d blocks are run, %d are only shown", run, shown)
	if run < 40 {
		t.Errorf("only %d blocks are run: the test does not see the documents", run)
	}
}

func TestDirectivesThatAreNotUnderstoodAreRefused(t *testing.T) {
	for _, text := range []string{
		"<!-- run: on=node7 -->\n", "<!-- run: typed=ann -->\n", "<!-- run: exit=0 -->\n", "<!-- run: sudo -->\n", "<!-- run exit=3 -->\n",
		"<!-- run: exit=3 -->\n", "<!-- run: exit=3 says= -->\n", "<!-- run: until says=ok -->\n", "<!-- run: carry=node7:x -->\n",
		"<!-- situation one node dead -->\n", "```sh\nquorate status\n",
	} {
		if err := (&document{}).parse(text); err == nil {
			t.Errorf("%q passes", text)
		}
	}
	var d document
	if err := d.parse("<!-- situation: x y -->\n<!-- run: on=node2 typed=1,3+4 exit=5 with=ID carry=a,node1:b says=node2 is sealed -->\n```sh\na\nb\n```\n```console\nc\n```\n"); err != nil {
		t.Fatal(err)
	}
	b := d.blocks[0]
	if d.situation != "x y" || b.on[0] != "node2" || fmt.Sprint(b.typed) != "[[1] [3 4]]" || b.exit != 5 || b.says != "node2 is sealed" || fmt.Sprint(b.carry) != "[a node1:b]" || b.with[0] != "ID" || b.text != "a\nb\n" {
		t.Errorf("got %+v", d)
	}
	if c := d.blocks[1]; c.on[0] != desk || c.exit != 0 || c.says != "" || c.language != "console" {
		t.Errorf("the second block inherits from the first: %+v", c)
	}
}

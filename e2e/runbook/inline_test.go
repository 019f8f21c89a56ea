package runbook_test

import (
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// inline is a command within a sentence or a table.
var inline = regexp.MustCompile("`(quorate\\s[^`]+)`")

// commands are the commands that stand in the text of a document, each written once for every word that it leaves open ("status|new").
func (d document) commands() (all []string) {
	for _, found := range inline.FindAllStringSubmatch(d.text, -1) {
		line, _, _ := strings.Cut(strings.Join(strings.Fields(found[1]), " "), " | ")
		forms := []string{""}
		for _, word := range strings.Fields(line) {
			words := []string{word}
			if strings.Contains(word, "|") && word == strings.ToLower(word) {
				words = strings.Split(word, "|")
			}
			var next []string
			for _, form := range forms {
				for _, w := range words {
					next = append(next, strings.TrimSpace(form+" "+w))
				}
			}
			forms = next
		}
		all = append(all, forms...)
	}
	return all
}

// parses asks the binary whether it knows a command and its flags. Nothing is done: the command is asked for its help.
func parses(command string) error {
	args := []string{}
	for _, word := range strings.Fields(command)[1:] {
		if word = strings.Trim(word, `"'`); word != "…" {
			args = append(args, word)
		}
	}
	flags := slices.IndexFunc(args, func(w string) bool { return strings.HasPrefix(w, "-") })
	if flags < 0 {
		flags = len(args)
	}
	names := args[:flags]
	cmd := exec.Command(binary, slices.Insert(slices.Clone(args), flags, "--help")...)
	cmd.Env = []string{"HOME=" + scratch, "XDG_CONFIG_HOME=" + scratch}
	var said strings.Builder
	cmd.Stderr = &said
	help, err := cmd.Output()
	if err != nil {
		if last := args[len(args)-1]; strings.HasPrefix(last, "-") && strings.Contains(said.String(), "flag needs an argument: "+last) {
			return nil // a sentence about the flag
		}
		return fmt.Errorf("%w: %s", err, said.String())
	}
	known, takes := usage(string(help))
	if len(known) == 0 {
		return errors.New("its help shows no usage")
	}
	if len(known) > len(names) || !slices.Equal(known, names[:len(known)]) {
		return fmt.Errorf("that is the help of %q", known)
	}
	if len(names) > len(known) && !takes {
		return fmt.Errorf("%q has no command %s", strings.Join(append([]string{"quorate"}, known...), " "), names[len(known)])
	}
	return nil
}

// usage is the command that a help is about, and whether it takes words besides: those that have commands below them do not.
func usage(help string) (names []string, takes bool) {
	_, rest, _ := strings.Cut(help, "\nUsage:\n")
	rest, _, _ = strings.Cut(rest, "\n\n")
	takes = true
	for line := range strings.Lines(rest) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "quorate" {
			continue
		}
		end := slices.IndexFunc(words, func(w string) bool { return strings.ContainsAny(w, "[<-.|") || w != strings.ToLower(w) })
		if end < 0 {
			end = len(words)
		}
		if names == nil {
			names = words[1:end]
			if len(names) == 0 {
				names = []string{}
			}
		}
		takes = takes && !slices.Contains(words, "[command]")
	}
	return names, takes
}

// TestCommandsInSentencesAreKnownToTheBinary: what nobody runs is at least a command that there is, with flags that it has.
func TestCommandsInSentencesAreKnownToTheBinary(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range documents(t) {
		for _, command := range d.commands() {
			if seen[command] {
				continue
			}
			seen[command] = true
			if err := parses(command); err != nil {
				t.Errorf("%s: `%s`: %v", d.file, command, err)
			}
		}
	}
	t.Logf("%d commands in sentences", len(seen))
	if len(seen) < 50 {
		t.Errorf("only %d were found: the test does not see the documents", len(seen))
	}
	for _, wrong := range []string{
		"quorate operater seal", "quorate operator snapshots save FILE", "quorate operator seal --gently", "quorate key list --under", "quorate kmi statuses",
		"quorate operator init --shares five",
	} {
		if parses(wrong) == nil {
			t.Errorf("`%s` passes: the test does not see any", wrong)
		}
	}
	d := document{text: "Say `quorate kmi status|new` or\n`quorate operator drill FILE|URL\n--share-file …`, `quorate-epochs` not."}
	want := []string{"quorate kmi status", "quorate kmi new", "quorate operator drill FILE|URL --share-file …"}
	if got := d.commands(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

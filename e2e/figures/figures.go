// Package figures assembles what `make sim`, `make chaos`, `make bench`, `make counted` and others measured into the table of the README.
//
// Each of them appends lines of JSON to a file of its own, bin/results/NAME.jsonl:
//
//	{"figure":"kill -9 of the leader until a write succeeds, p99","target":"≤ 1.2 s","measured":"0.81 s",
//	 "how":"make chaos, 200 kills, 3 nodes","commit":"1a2b3c4","seed":42}
//
// Of lines with the same figure the last one counts, of files the one that comes later by name; `make figures` writes the table
// between the markers of the README. A line that lacks a field, or has one that is not known, is refused: a figure whose
// commit nobody knows is no figure. The table says of each whether its target was met (Result.Verdict): it is computed from the two texts.
//
// It knows files and text. It must not know what is measured.
package figures

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Result is one figure that was measured.
type Result struct {
	Figure   string `json:"figure"`         // what was promised
	Target   string `json:"target"`         // to reach, with its unit; "reported" if nothing was promised
	Measured string `json:"measured"`       // with its unit
	How      string `json:"how"`            // command, repetitions, machine
	Commit   string `json:"commit"`         // of the code that was measured
	Seed     uint64 `json:"seed,omitempty"` // replays it, where chance had a part
}

// maxLine bounds a line of results.
const maxLine = 64 << 10

func (r Result) check() error {
	for _, f := range []struct{ name, value string }{
		{"figure", r.Figure}, {"target", r.Target}, {"measured", r.Measured}, {"how", r.How}, {"commit", r.Commit},
	} {
		if f.value == "" {
			return fmt.Errorf("%q says no %s", r.Figure, f.name)
		}
		if strings.ContainsAny(f.value, "\n\r|") {
			return fmt.Errorf("%q: the %s does not fit into a cell of a table", r.Figure, f.name)
		}
	}
	return nil
}

// Append adds results to a file, which it makes with its folder if it is not there.
func Append(file string, results ...Result) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, r := range results {
		if err := r.check(); err != nil {
			return err
		}
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	return errors.Join(err, f.Close())
}

// Read reads every file of results in a folder, in order of their names.
func Read(dir string) ([]Result, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var all []Result
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		some, err := decode(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, some...)
	}
	return latest(all), nil
}

func decode(r io.Reader) ([]Result, error) {
	var all []Result
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	for n := 1; s.Scan(); n++ {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(s.Bytes()))
		dec.DisallowUnknownFields()
		var one Result
		err := dec.Decode(&one)
		if err == nil && dec.More() {
			err = errors.New("more than one result")
		}
		if err == nil {
			err = one.check()
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		all = append(all, one)
	}
	return all, s.Err()
}

// latest keeps the last result of each figure, where the first stood.
func latest(all []Result) []Result {
	var kept []Result
	at := map[string]int{}
	for _, r := range all {
		if i, ok := at[r.Figure]; ok {
			kept[i] = r
			continue
		}
		at[r.Figure] = len(kept)
		kept = append(kept, r)
	}
	return kept
}

// Table is the results in Markdown, each with its Verdict.
func Table(results []Result) string {
	var b strings.Builder
	b.WriteString("| figure | to reach | measured | reached | how | commit | seed |\n|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		seed := "–"
		if r.Seed != 0 {
			seed = fmt.Sprint(r.Seed)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.Figure, r.Target, r.Measured, r.Verdict(), r.How, r.Commit, seed)
	}
	return b.String()
}

const (
	begin = "<!-- figures: written by `make figures` from bin/results -->\n"
	end   = "<!-- end of figures -->\n"
)

// Replace puts a table between the markers of a document.
func Replace(document, table string) (string, error) {
	head, rest, ok := strings.Cut(document, begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("the document has no place for figures: %sand %s", begin, end)
	}
	return head + begin + table + end + tail, nil
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"
)

// result prints what a command found: the API's object with --format json, else what text writes.
func (a *app) result(v any, text func(io.Writer) error) error {
	if a.format == "json" {
		e := json.NewEncoder(a.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(v); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
		return nil
	}
	if err := text(a.out); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// say tells the user something that is not the result.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.talk, format+"\n", args...) }

// table writes aligned columns. An empty cell is shown as "-", so that columns can be counted by awk.
func table(w io.Writer, head []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	line := func(cells []string) {
		for i, c := range cells {
			if c == "" {
				c = "-"
			}
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, printable(c))
		}
		fmt.Fprintln(t)
	}
	line(head)
	for _, r := range rows {
		line(r)
	}
	return t.Flush()
}

// field is one line of a description.
type field struct{ name, value string }

// describe writes name and value a line; fields without a value are left out.
func describe(w io.Writer, fields []field) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, f := range fields {
		if f.value != "" {
			fmt.Fprintf(t, "%s:\t%s\n", f.name, printable(f.value))
		}
	}
	return t.Flush()
}

// printable keeps what others may have put into names and tags from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e || r == 0x202d {
			return '?'
		}
		return r
	}, s)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func openSealed(sealed bool) string {
	if sealed {
		return "sealed"
	}
	return "open"
}

// isTerminal tells whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// nonEmpty is s, or other where s is empty.
func nonEmpty(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

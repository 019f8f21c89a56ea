package rest

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

const maxPath = 1024 // letters of a path; a key's name has at most 255, three times that when escaped

// checkPath refuses every path that somebody (a proxy, a library, we) could read as another one: empty and dot
// segments, also behind %2F, and every escape but %2F. Names need none of them. A path that passes means exactly
// what it says, so nothing is ever cleaned or redirected. path is the escaped form.
func checkPath(path string) error {
	if len(path) > maxPath {
		return fault.New(fault.Invalid, "the path is longer than %d letters", maxPath)
	}
	if path == "" || path[0] != '/' {
		return fault.New(fault.Invalid, "the path does not begin with a slash")
	}
	begin := 1 // of the segment
	for i := 1; i <= len(path); i++ {
		switch {
		case i == len(path) || path[i] == '/':
			if err := checkSegment(path, begin, i); err != nil {
				return err
			}
			begin = i + 1
		case path[i] == '%':
			if i+2 >= len(path) || path[i+1] != '2' || path[i+2]|0x20 != 'f' {
				return fault.New(fault.Invalid, "the path holds an escape other than %%2F").
					WithHint("Names consist of letters, digits and . _ - /; write a slash inside a name as %%2F, and nothing else escaped.")
			}
			if err := checkSegment(path, begin, i); err != nil {
				return err
			}
			i += 2
			begin = i + 1
		case !nameLetter(path[i]):
			return fault.New(fault.Invalid, "the path holds a character that no name has").
				WithHint("Names consist of letters, digits and . _ - /.")
		}
	}
	return nil
}

func checkSegment(path string, begin, end int) error {
	if path == "/" {
		return nil
	}
	switch path[begin:end] {
	case "":
		return fault.New(fault.Invalid, "the path has an empty segment").WithHint("Write it without double slashes and without a slash at the end.")
	case ".", "..":
		return fault.New(fault.Invalid, "the path has a segment that is only dots").WithHint("Write the path out; nothing is resolved here.")
	}
	return nil
}

func nameLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-' || c == '~'
}

// escapedPath is u.EscapedPath for a URL that net/http has parsed: what it kept of the escaped form is right, and a path
// of letters that are never escaped is its own escaped form. Anything else is net/url's to judge.
func escapedPath(u *url.URL) string {
	path := cmp.Or(u.RawPath, u.Path)
	for i := range len(path) {
		if c := path[i]; !nameLetter(c) && c != '/' && (c != '%' || u.RawPath == "") {
			return u.EscapedPath()
		}
	}
	return path
}

// unescape gives back the name behind a part of a path that checkPath has passed: the only escape in it is %2F.
func unescape(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for ; i >= 0; i = strings.IndexByte(s, '%') {
		b.WriteString(s[:i])
		b.WriteByte('/')
		s = s[i+len("%2F"):]
	}
	b.WriteString(s)
	return b.String()
}

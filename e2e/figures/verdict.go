package figures

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What a figure is beside its target.
const (
	Met        = "met"
	Missed     = "**missed**"
	Reported   = "reported"     // nothing was promised
	Uncompared = "not compared" // a number was promised, and what was measured does not show it under that name
	Words      = "–"            // what was promised is no number
)

// Verdict compares what was measured with the target, clause by clause, so that no missed target is published without the word. A target
// is clauses with commas between: "p50 ≤ 0.7 s", "≤ 15 s", "≥ 200 faults", "0 elections", "0", "100 %", "all"; others are words. A clause with
// a name in front wants the quantity behind that name (or before it in brackets), one with a name behind wants the number before that name, and
// one without wants all quantities of its unit to hold.
func (r Result) Verdict() string {
	if r.Target == Reported {
		return Reported
	}
	verdict := Words
	for clause := range strings.SplitSeq(notes.ReplaceAllString(r.Target, ""), ", ") {
		switch compare(strings.TrimSpace(clause), r.Measured) {
		case Missed:
			return Missed
		case Uncompared:
			verdict = Uncompared
		case Met:
			if verdict == Words {
				verdict = Met
			}
		}
	}
	return verdict
}

var (
	notes    = regexp.MustCompile(`\s*\([^)]*\)`)
	bound    = regexp.MustCompile(`^(.*?)\s*(\+ )?(≤|≥)\s*(?:\+ )?([0-9][0-9,]*(?:\.[0-9]+)?)\s*(.*)$`)
	nothing  = regexp.MustCompile(`^0(?: ([a-z][a-z0-9 -]*))?$`)
	shares   = regexp.MustCompile(`^([0-9]+) of ([0-9]+)`)
	quantity = regexp.MustCompile(`[+-]?[0-9]+h(?:[0-9]+m)?(?:[0-9.]+s)?|[+-]?[0-9]+m[0-9.]+s|[+-]?[0-9][0-9,]*(?:\.[0-9]+)? ?(?:ns|µs|ms|s|%|×|KiB|MiB|GiB)?`)
	scales   = map[string]struct {
		dimension string
		factor    float64
	}{
		"ns": {"time", 1e-9}, "µs": {"time", 1e-6}, "ms": {"time", 1e-3}, "s": {"time", 1}, "%": {"%", 1}, "×": {"×", 1},
		"KiB": {"bytes", 1 << 10}, "MiB": {"bytes", 1 << 20}, "GiB": {"bytes", 1 << 30}, "": {"", 1},
	}
)

// value is a quantity in a text.
type value struct {
	n         float64
	dimension string
	signed    bool
	from, to  int
}

// values reads the quantities of a text.
func values(text string) (all []value) {
	for _, at := range quantity.FindAllStringIndex(text, -1) {
		s := text[at[0]:at[1]]
		if at[0] > 0 && isWord(text[at[0]-1]) { // of a word, such as p99
			continue
		}
		v := value{signed: s[0] == '+' || s[0] == '-', from: at[0], to: at[1]}
		unit := strings.TrimLeft(s, "+-0123456789,. ")
		if scale, ok := scales[unit]; ok {
			if at[1] < len(text) && unit != "" && isWord(text[at[1]]) { // the unit is the beginning of a word
				unit, scale = "", scales[""]
				v.to = v.from + len(strings.TrimRight(s, "nµmskKiMGB%× "))
			}
			n, err := strconv.ParseFloat(strings.TrimRight(strings.ReplaceAll(strings.TrimSuffix(s[:v.to-v.from], unit), ",", ""), " ."), 64)
			if err != nil {
				continue
			}
			v.n, v.dimension = n*scale.factor, scale.dimension
		} else {
			d, err := time.ParseDuration(s)
			if err != nil {
				continue
			}
			v.n, v.dimension = d.Seconds(), "time"
		}
		all = append(all, v)
	}
	return all
}

func isWord(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_'
}

// compare judges one clause.
func compare(clause, measured string) string {
	found := values(measured)
	switch m := bound.FindStringSubmatch(clause); {
	case m != nil:
		return within(m, measured, found)
	case clause == "all":
		m := shares.FindStringSubmatch(measured)
		switch {
		case strings.HasPrefix(measured, "all of"), m != nil && m[1] == m[2]:
			return Met
		case m != nil:
			return Missed
		}
		return Uncompared
	case clause == "100 %":
		if strings.HasPrefix(measured, "all of") {
			return Met
		}
		return within([]string{"", "", "", "≥", "100", "%"}, measured, found)
	case nothing.MatchString(clause):
		name := nothing.FindStringSubmatch(clause)[1]
		if name == "" || strings.HasPrefix(name, "in ") {
			return verdict(found[:min(1, len(found))], func(n float64) bool { return n == 0 })
		}
		return verdict(before(name, measured, found, ""), func(n float64) bool { return n == 0 })
	}
	return Words
}

// within judges a clause with a bound, in its parts.
func within(m []string, measured string, found []value) string {
	limit, _ := strconv.ParseFloat(strings.ReplaceAll(m[4], ",", ""), 64)
	unit, behind, _ := strings.Cut(m[5], " ")
	scale, ok := scales[unit]
	if !ok { // no unit, but what is counted
		scale, behind = scales[""], m[5]
	}
	var fit []value
	switch name := strings.TrimSpace(m[1]); {
	case name != "":
		fit = after(name, measured, found, scale.dimension)
	case scale.dimension == "" && behind != "":
		fit = before(behind, measured, found, "")
	default:
		for _, v := range found {
			if v.dimension == scale.dimension && (m[2] == "" || v.signed) {
				fit = append(fit, v)
			}
		}
	}
	return verdict(fit, func(n float64) bool {
		if m[3] == "≤" {
			return n <= limit*scale.factor
		}
		return n >= limit*scale.factor
	})
}

func verdict(found []value, holds func(float64) bool) string {
	if len(found) == 0 {
		return Uncompared
	}
	for _, v := range found {
		if math.IsNaN(v.n) || !holds(v.n) {
			return Missed
		}
	}
	return Met
}

// after finds the quantity behind a name, with a word or two between, or before the name in brackets; of a name of several words the first
// may stand for all.
func after(name, measured string, found []value, dimension string) []value {
	const apart = 12
	first, _, _ := strings.Cut(name, " ")
	for _, name := range []string{name, first} {
		for at, from := 0, 0; ; from = at + len(name) {
			next := strings.Index(measured[from:], name)
			if next < 0 {
				break
			}
			at = from + next
			for _, v := range found {
				end := at + len(name)
				if v.dimension == dimension && (v.from >= end && v.from-end <= apart || v.to <= at && strings.TrimSpace(measured[v.to:at]) == "(") {
					return []value{v}
				}
			}
		}
	}
	return nil
}

// before finds the number before a name.
func before(name, measured string, found []value, dimension string) []value {
	for _, v := range found {
		if v.dimension == dimension && strings.HasPrefix(strings.TrimLeft(measured[v.to:], " "), name) {
			return []value{v}
		}
	}
	return nil
}

package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Damage says what is wrong with a line.
type Damage string

// Damages.
const (
	Edited    Damage = "edited"    // the line is not what was written
	Removed   Damage = "removed"   // lines are missing before it
	Inserted  Damage = "inserted"  // the line, or the one before it with the same number, was not written by the log
	Reordered Damage = "reordered" // the line stands in another place than it was written to
	Truncated Damage = "truncated" // the end is missing
	Unsigned  Damage = "unsigned"  // a checkpoint whose signature is wrong: all before it may have been written anew
)

// Problem is one thing that Verify found.
type Problem struct {
	Line   int    // in the file, counted from 1
	Seq    uint64 // number of the line in the chain; 0 where it cannot be read
	Damage Damage
	Text   string // in words
}

// String is the problem in words, with its line.
func (p Problem) String() string { return fmt.Sprintf("line %d: %s: %s", p.Line, p.Damage, p.Text) }

// maxProblems bounds a Report: a file that is wrong throughout need not be told line by line.
const maxProblems = 100

// Report is what Verify found.
type Report struct {
	Lines       int  // whole lines read
	First       Head // the first line's own place; Continues is what it stands behind
	Continues   Head // the line before the first one, in the file before; Seq 0: the log begins here
	Last        Head // the last line in the chain; for the next file's VerifyOptions.Behind
	Checkpoints int  // checkpoints whose signature is right, or, without CheckSignature, all of them
	SignedUpTo  uint64
	Problems    []Problem // empty: nothing is wrong; at most 100
}

// OK tells whether nothing is wrong.
func (r Report) OK() bool { return len(r.Problems) == 0 }

// VerifyOptions is what the caller of Verify knows of the file.
type VerifyOptions struct {
	Behind *Head // the last line of the file before; nil: not known, so the first line is taken at its word
	Until  *Head // a line that the file must reach, kept elsewhere; nil: not known, so a missing end is not noticed
	// CheckSignature tells whether a checkpoint's signature is right; nil: signatures are not checked.
	CheckSignature func(keyID string, message, signature []byte) error
}

// Verify reads a file of an audit log and tells whether it is as it was written. What is wrong with the file is in the
// Report; the error is for a reader that fails. It reads in constant memory.
func Verify(r io.Reader, opts VerifyOptions) (Report, error) {
	v := verifier{opts: opts}
	br := bufio.NewReaderSize(r, 64<<10)
	for {
		l, whole, err := readLine(br)
		if err != nil {
			return v.report, fmt.Errorf("reading the audit log: %w", err)
		}
		if len(l) == 0 {
			break
		}
		v.number++
		if !whole {
			v.problem(0, Truncated, "the file ends within this line")
			break
		}
		v.report.Lines++
		v.line(l)
	}
	v.finish()
	return v.report, nil
}

// readLine returns the next line with its newline. Of one longer than any line of a log only the beginning is kept.
func readLine(br *bufio.Reader) (l []byte, whole bool, err error) {
	for {
		part, err := br.ReadSlice('\n')
		if room := maxLine + 1 - len(l); room > 0 {
			l = append(l, part[:min(len(part), room)]...)
		}
		switch {
		case err == nil:
			return l, true, nil
		case errors.Is(err, io.EOF):
			return l, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, err
		}
	}
}

type span struct {
	from, to uint64
	found    int // lines of it that came later, out of their place
}

type verifier struct {
	opts   VerifyOptions
	report Report
	number int // of the line, from 1

	begun   bool
	seq     uint64   // of the last line in its place
	heads   []digest // hashes that the next line may name: more than one after two lines of one number
	missing []span   // not yet seen
	lost    []Problem
	reached bool // Until was seen
	unread  int  // lines since the last one in its place that could not be read
	loose   bool // that one was edited, so whatever the next one names as its hash is accepted
}

func (v *verifier) problem(seq uint64, d Damage, format string, args ...any) {
	if len(v.report.Problems) < maxProblems {
		v.report.Problems = append(v.report.Problems, Problem{Line: v.number, Seq: seq, Damage: d, Text: fmt.Sprintf(format, args...)})
	}
}

func (v *verifier) line(l []byte) {
	p, ok := parsePlace(l)
	if !ok {
		v.problem(0, Edited, "it has not the form of a line of this log")
		v.unread++
		return
	}
	if !v.begun {
		v.first(p)
	}
	switch {
	case p.seq == v.seq+1:
		v.next(p)
	case p.seq > v.seq+1:
		v.ahead(p)
	default:
		v.behind(p)
		return
	}
	if p.intact {
		v.signature(l, p)
	}
}

func (v *verifier) first(p place) {
	v.begun = true
	v.seq, v.heads = p.seq-1, []digest{p.prev}
	if v.opts.Behind != nil {
		var d digest
		copy(d[:], v.opts.Behind.Hash)
		v.seq, v.heads = v.opts.Behind.Seq, []digest{d}
	} else if p.seq == 1 {
		v.heads = []digest{genesis}
	}
	v.report.First = Head{p.seq, p.hash.String()}
	v.report.Continues = Head{p.seq - 1, p.prev.String()}
}

// next takes a line that has the number that is due.
func (v *verifier) next(p place) {
	switch {
	case !p.intact:
		v.problem(p.seq, Edited, "its hash is not that of its text")
	case slices.Contains(v.heads, p.prev) || v.unread > 0 || v.loose:
	case v.number == 1:
		v.problem(p.seq, Edited, "it does not stand behind the last line of the file before, or that was replaced")
	default:
		v.problem(p.seq, Edited, "it does not stand behind the line before it, which was replaced by another (line %d)", v.number-1)
	}
	v.move(p)
}

// ahead takes a line whose number is higher than the one due. Lines that could not be read are not also missing.
func (v *verifier) ahead(p place) {
	gap := p.seq - v.seq - 1
	if !p.intact {
		v.problem(p.seq, Edited, "its hash is not that of its text")
		if p.prev != v.lastHash() { // its number alone may have been edited: then nothing is missing
			v.miss(p, gap)
			v.move(p)
			return
		}
		p.seq = v.seq + 1
		v.move(p)
		return
	}
	if gap > uint64(v.unread) {
		v.miss(p, gap)
	}
	v.move(p)
}

func (v *verifier) lastHash() digest {
	if len(v.heads) == 0 {
		return digest{}
	}
	return v.heads[0]
}

// miss notes that lines before p are missing, unless they come later.
func (v *verifier) miss(p place, gap uint64) {
	if len(v.missing) >= maxProblems {
		return
	}
	v.missing = append(v.missing, span{from: v.seq + 1, to: p.seq - 1})
	what := fmt.Sprintf("line %d of the chain is missing before it", v.seq+1)
	if gap > 1 {
		what = fmt.Sprintf("lines %d to %d of the chain are missing before it", v.seq+1, p.seq-1)
	}
	v.lost = append(v.lost, Problem{Line: v.number, Seq: p.seq, Damage: Removed, Text: what})
}

// behind takes a line whose number is lower than the one due.
func (v *verifier) behind(p place) {
	for i := range v.missing {
		if m := &v.missing[i]; p.seq >= m.from && p.seq <= m.to {
			m.found++
			v.problem(p.seq, Reordered, "line %d of the chain stands behind line %d", p.seq, v.seq)
			return
		}
	}
	if !p.intact {
		v.problem(p.seq, Edited, "its hash is not that of its text")
	} else {
		v.problem(p.seq, Inserted, "line %d of the chain was there before", p.seq)
	}
	if p.seq == v.seq && len(v.heads) < 8 {
		v.heads = append(v.heads, p.hash) // which of the two is ours, the next line tells
	} else if !p.intact && p.prev == v.lastHash() {
		p.seq = v.seq + 1 // a line in its place whose number was edited
		v.move(p)
	}
}

func (v *verifier) move(p place) {
	v.seq, v.heads, v.unread, v.loose = p.seq, []digest{p.hash}, 0, !p.intact
	v.report.Last = Head{p.seq, p.hash.String()}
	if u := v.opts.Until; u != nil && u.Seq == p.seq {
		v.reached = true
		if u.Hash != p.hash.String() {
			v.problem(p.seq, Edited, "it is not the line that was noted elsewhere: it, or one before it, was written anew")
		}
	}
}

func (v *verifier) signature(l []byte, p place) {
	if !bytes.Contains(l, []byte(`"operation":"`+OpCheckpoint+`"`)) { // cannot stand within a string: its quotes would be escaped
		return
	}
	var c struct {
		Node      string `json:"node"`
		Signer    string `json:"signer"`
		Signature []byte `json:"signature"`
	}
	if err := json.Unmarshal(l, &c); err != nil {
		v.problem(p.seq, Edited, "it is not JSON")
		return
	}
	if v.opts.CheckSignature != nil {
		if err := v.opts.CheckSignature(c.Signer, checkpointMessage(c.Node, p.seq, p.prev), c.Signature); err != nil {
			v.problem(p.seq, Unsigned, "the signature of this checkpoint is not right (key %q): it, or what stands before it, was written anew", c.Signer)
			return
		}
	}
	v.report.Checkpoints++
	v.report.SignedUpTo = p.seq
}

func (v *verifier) finish() {
	for i, m := range v.missing {
		if uint64(m.found) < m.to-m.from+1 {
			v.report.Problems = append(v.report.Problems, v.lost[i])
		}
	}
	if u := v.opts.Until; u != nil && !v.reached && v.seq < u.Seq {
		v.problem(0, Truncated, "the file ends with line %d of the chain; line %d was noted elsewhere", v.seq, u.Seq)
	}
	slices.SortStableFunc(v.report.Problems, func(a, b Problem) int { return a.Line - b.Line })
	if len(v.report.Problems) > maxProblems {
		v.report.Problems = v.report.Problems[:maxProblems]
	}
}

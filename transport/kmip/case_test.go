package kmip_test

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// replay is one test case of OASIS while it is played: what its placeholders have come to stand for, and how it went.
// A placeholder is bound where an expected answer first shows it, and stands for that value from then on.
type replay struct {
	now   time.Time         // what $NOW is
	bound map[string]string // by placeholder, as written in XML
	told  map[string]string // the latest value of each item, by its name as placeholders write it

	status string // the first answer whose outcome is wrong; "" for none
	shape  string // the first answer with other tags or types; "" for none
	values string // the first answer of the right shape with another value; "" for none
}

var (
	caseMessage = regexp.MustCompile(`(?s)<(RequestMessage|ResponseMessage)>.*?</(RequestMessage|ResponseMessage)>`)
	caseTime    = regexp.MustCompile(`\$NOW(?:([-+]\d+))?`)
	caseBytes   = regexp.MustCompile(`type="ByteString" value="(\$\w+)"`)
	placeholder = regexp.MustCompile(`\$[A-Z][A-Z0-9_]*`)
	caseNumber  = regexp.MustCompile(`_\d+$`)
)

// timed puts times where the text says $NOW, with or without seconds to add.
func (r *replay) timed(text string) string {
	return caseTime.ReplaceAllStringFunc(text, func(m string) string {
		seconds, _ := strconv.Atoi(strings.TrimPrefix(m, "$NOW")) // none: 0
		return r.now.Add(time.Duration(seconds) * time.Second).UTC().Format(time.RFC3339)
	})
}

// request fills in what is known by now. What is not known is an error: the answer that would have told was another one.
func (r *replay) request(text string) ([]byte, error) {
	var unknown string
	text = placeholder.ReplaceAllStringFunc(r.timed(text), func(name string) string {
		v, ok := r.bound[name]
		if !ok { // some cases show an answer's value, and mean it by the name of its item
			v, ok = r.told[caseNumber.ReplaceAllString(name[1:], "")]
		}
		if !ok {
			unknown = name
		}
		return v
	})
	if unknown != "" {
		return nil, fmt.Errorf("no answer told %s", unknown)
	}
	m, err := ttlv.DecodeXML([]byte(text), ttlv.Limits{})
	if err != nil {
		return nil, err
	}
	return m.Root().Raw(), nil
}

// expected reads an answer as the case has it. Bytes that are a placeholder become its name, in bytes.
func (r *replay) expected(text string) (ttlv.Item, error) {
	text = caseBytes.ReplaceAllStringFunc(r.timed(text), func(m string) string {
		return `type="ByteString" value="` + hex.EncodeToString([]byte(caseBytes.FindStringSubmatch(m)[1])) + `"`
	})
	m, err := ttlv.DecodeXML([]byte(text), ttlv.Limits{})
	if err != nil {
		return ttlv.Item{}, err
	}
	return m.Root(), nil
}

// judge holds an answer against what the case expects, and learns from it.
func (r *replay) judge(want, got ttlv.Item) {
	r.learn(want, got)
	if a, b := verdict(got), verdict(want); a != b && r.status == "" {
		r.status = fmt.Sprintf("got %s, want %s", a, b)
	}
	if a, b := form(got, kind), form(want, kind); a != b && r.shape == "" {
		r.shape = fmt.Sprintf("got %s, want %s", apart(a, b), apart(b, a))
	}
	if a, b := form(got, r.value), form(want, r.value); a != b && r.values == "" {
		r.values = fmt.Sprintf("got %s, want %s", apart(a, b), apart(b, a))
	}
}

// kind is what an item without children counts as in a shape.
func kind(it ttlv.Item) string { return it.Type().String() }

// value is what an item without children counts as where values are compared. Placeholders count as what they are bound
// to, and times to ten minutes: cases say when they were made, not what the server's clock shows.
func (r *replay) value(it ttlv.Item) string {
	known := func(text string) string {
		return placeholder.ReplaceAllStringFunc(text, func(name string) string { return cmp.Or(r.bound[name], name) })
	}
	switch it.Type() {
	case ttlv.TextString:
		v, _ := it.Text()
		return known(v)
	case ttlv.ByteString:
		v, _ := it.Bytes()
		if name := string(v); placeholder.FindString(name) == name && name != "" {
			return known(name)
		}
		return hex.EncodeToString(v)
	case ttlv.DateTime:
		v, _ := it.Time()
		return fmt.Sprint(v.Sub(r.now).Round(10 * time.Minute))
	}
	return hex.EncodeToString(it.Raw())
}

// learn binds placeholders: it goes down where both have the same tags, the n-th of a tag with the n-th.
func (r *replay) learn(want, got ttlv.Item) {
	if want.Type() != got.Type() {
		return
	}
	name, value := "", ""
	switch want.Type() {
	case ttlv.Structure:
		seen := map[wire.Tag]int{}
		for w := range want.Children() {
			if g, ok := nth(got, w.Tag(), seen[w.Tag()]); ok {
				r.learn(w, g)
			}
			seen[w.Tag()]++
		}
		return
	case ttlv.TextString:
		name, _ = want.Text()
		value, _ = got.Text()
	case ttlv.ByteString:
		n, _ := want.Bytes()
		v, _ := got.Bytes()
		name, value = string(n), hex.EncodeToString(v)
	}
	if r.told == nil {
		r.told = map[string]string{}
	}
	r.told[strings.ToUpper(strings.NewReplacer(" ", "_", "/", "_").Replace(want.Tag().Name()))] = value
	if _, known := r.bound[name]; !known && placeholder.FindString(name) == name && name != "" {
		r.bound[name] = value
	}
}

func nth(parent ttlv.Item, tag wire.Tag, n int) (ttlv.Item, bool) {
	for c := range parent.Children() {
		if c.Tag() == tag {
			if n == 0 {
				return c, true
			}
			n--
		}
	}
	return ttlv.Item{}, false
}

// verdict is what an answer says of its operations: which, how they ended, and why.
func verdict(response ttlv.Item) string {
	var all []string
	for _, item := range items(response) {
		op, _ := item.Find(wire.TagOperation).Enumeration()
		status, _ := item.Find(wire.TagResultStatus).Enumeration()
		text := wire.Operation(op).String() + " " + wire.ResultStatus(status).String()
		if reason, err := item.Find(wire.TagResultReason).Enumeration(); err == nil {
			text += " " + wire.ResultReason(reason).String()
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// form is an item's tags, each with what leaf makes of an item without children. Neighbours of one tag are brought into an
// order, as the specification gives none to the attributes of an answer.
func form(it ttlv.Item, leaf func(ttlv.Item) string) string {
	if it.Type() != ttlv.Structure {
		return fmt.Sprintf("%v:%s", it.Tag(), leaf(it))
	}
	type child struct {
		run  int // of neighbours with one tag
		text string
	}
	var all []child
	run, last := 0, wire.Tag(0)
	for c := range it.Children() {
		if c.Tag() != last {
			run++
		}
		last = c.Tag()
		all = append(all, child{run, form(c, leaf)})
	}
	slices.SortStableFunc(all, func(a, b child) int { return cmp.Or(cmp.Compare(a.run, b.run), cmp.Compare(a.text, b.text)) })
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = c.text
	}
	return fmt.Sprintf("%v{%s}", it.Tag(), strings.Join(texts, " "))
}

// apart is a little of a, from where it stops being the same as b.
func apart(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	i = strings.LastIndexAny(a[:i], " {") + 1 // a whole word
	return fmt.Sprintf("%.60s", a[i:])
}

package kmip

import (
	"cmp"
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/quorate/quorate/transport/kmip/attribute"
	"github.com/quorate/quorate/transport/kmip/policy"
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/key"
)

// leaseTime is for how long a client may use what it got before it asks again. It is advice: the vault takes nothing back by it.
const leaseTime = time.Hour

// instance is one attribute of an object, or one of its several values, as it is written.
type instance struct {
	tag   wire.Tag // 0: a custom attribute
	name  string   // in 1.x, and in Record.Attributes
	index int      // which of several
	write func(out *ttlv.Encoder, t wire.Tag)
}

// gathering is the attributes of one record while they are put together.
type gathering struct {
	r   *key.Record
	all []instance
}

func (g *gathering) add(t wire.Tag, write func(*ttlv.Encoder, wire.Tag)) {
	g.all = append(g.all, instance{tag: t, name: t.Name(), write: write})
}

func (g *gathering) text(t wire.Tag, v string) {
	g.add(t, func(e *ttlv.Encoder, t wire.Tag) { e.Text(t, v) })
}

func (g *gathering) enum(t wire.Tag, v uint32) {
	g.add(t, func(e *ttlv.Encoder, t wire.Tag) { e.Enumeration(t, v) })
}

func (g *gathering) integer(t wire.Tag, v int32) {
	g.add(t, func(e *ttlv.Encoder, t wire.Tag) { e.Integer(t, v) })
}

// boolean is an attribute that the record keeps, or v where it keeps none.
func (g *gathering) boolean(t wire.Tag, v bool) {
	if !g.kept(t) {
		g.add(t, func(e *ttlv.Encoder, t wire.Tag) { e.Boolean(t, v) })
	}
}

// guard is a Boolean that the vault acts on, whatever is kept under its name.
func (g *gathering) guard(t wire.Tag, v bool) {
	g.add(t, func(e *ttlv.Encoder, t wire.Tag) { e.Boolean(t, v) })
}

// guards tells whether an attribute says how the material may leave, which is the record's to say.
func guards(t wire.Tag) bool {
	return t == wire.TagSensitive || t == wire.TagAlwaysSensitive || t == wire.TagExtractable || t == wire.TagNeverExtractable
}

func (g *gathering) date(t wire.Tag, at key.Time) {
	if at != 0 && !g.kept(t) {
		g.add(t, func(e *ttlv.Encoder, t wire.Tag) { e.DateTime(t, at.Time()) })
	}
}

// kept tells whether the record keeps the attribute itself, which is then taken from there.
func (g *gathering) kept(t wire.Tag) bool { return len(g.r.Attributes[t.Name()]) > 0 }

// attributes are all of a record that a version knows, in the order of the specification, and custom ones by name.
func attributes(r *key.Record, v wire.Version) []instance {
	g := gathering{r: r}
	g.identity()
	if r.Type == key.Template {
		g.ofTemplate()
	} else {
		g.life()
		g.rules()
	}
	if !v.Before(wire.V20) {
		g.since20()
	}
	for _, name := range slices.Sorted(maps.Keys(r.Attributes)) {
		if strings.HasPrefix(name, ".") { // of this door's own
			continue
		}
		t, _ := wire.TagNamed(name)
		if guards(t) || t == wire.TagProtectionStorageMask {
			continue
		}
		for _, a := range attribute.Decode(r.Attributes[name]) {
			g.all = append(g.all, instance{t, name, a.Index, func(e *ttlv.Encoder, t wire.Tag) { e.CopyAs(t, a.Item) }})
		}
	}
	all := slices.DeleteFunc(g.all, func(a instance) bool { return a.tag != 0 && !a.tag.In(v) })
	slices.SortStableFunc(all, func(a, b instance) int { return cmp.Compare(place(a.tag), place(b.tag)) })
	return all
}

// place is where an attribute stands in the specification; custom ones come last.
func place(t wire.Tag) int {
	if at, ok := places[t]; ok {
		return at
	}
	return len(places)
}

var places = func() map[wire.Tag]int {
	m := make(map[wire.Tag]int, len(attribute.Rules))
	for i, r := range attribute.Rules {
		m[r.Tag] = i
	}
	return m
}()

// identity is what an object is and how it is called.
func (g *gathering) identity() {
	r := g.r
	g.text(wire.TagUniqueIdentifier, r.ID.String())
	for _, n := range namesOf(r) {
		g.all = append(g.all, instance{wire.TagName, wire.TagName.Name(), int(n.Index), func(e *ttlv.Encoder, t wire.Tag) {
			e.Structure(t, func() {
				e.Text(wire.TagNameValue, n.Value)
				e.Enumeration(wire.TagNameType, n.Kind)
			})
		}})
	}
	g.enum(wire.TagObjectType, uint32(r.Type))
	if c, ok := ciphers[r.Algorithm]; ok && !g.kept(wire.TagCryptographicAlgorithm) {
		g.enum(wire.TagCryptographicAlgorithm, uint32(c.algorithm))
		g.integer(wire.TagCryptographicLength, c.bits)
	}
	if name := r.Tags[policy.Tag]; name != "" && name != "default" && !g.kept(wire.TagOperationPolicyName) { // the default is told to who gave it
		g.text(wire.TagOperationPolicyName, name)
	}
	for _, n := range r.Groups {
		g.all = append(g.all, instance{wire.TagObjectGroup, wire.TagObjectGroup.Name(), int(n.Index), func(e *ttlv.Encoder, t wire.Tag) { e.Text(t, n.Value) }})
	}
	for i, l := range r.Links {
		g.all = append(g.all, instance{wire.TagLink, wire.TagLink.Name(), i, func(e *ttlv.Encoder, t wire.Tag) {
			e.Structure(t, func() {
				e.Enumeration(wire.TagLinkType, linkTypes|uint32(l.Kind))
				e.Text(wire.TagLinkedObjectIdentifier, l.To.String())
			})
		}})
	}
	if v := r.Latest(); v != nil && len(v.Public) > 0 && r.Type != key.PrivateKey {
		g.digest(v.Public, wire.KeyFormatTypeX_509)
	}
	if r.Origin == key.Generated && !g.kept(wire.TagRandomNumberGenerator) {
		g.add(wire.TagRandomNumberGenerator, writeGenerator)
	}
}

// writeGenerator tells what draws the vault's keys: the operating system's generator, of which no standard is claimed.
func writeGenerator(e *ttlv.Encoder, t wire.Tag) {
	e.Structure(t, func() {
		e.Enumeration(wire.TagRNGAlgorithm, uint32(wire.RNGAlgorithmUnspecified))
		e.Enumeration(wire.TagCryptographicAlgorithm, uint32(wire.CryptographicAlgorithmChaCha20))
		e.Integer(wire.TagCryptographicLength, 256)
	})
}

// linkTypes is what the numbers of Link Type have above the byte that the vault keeps.
const linkTypes = 0x100

func (g *gathering) digest(of []byte, format wire.KeyFormatType) {
	if g.kept(wire.TagDigest) {
		return
	}
	sum := sha256.Sum256(of)
	g.add(wire.TagDigest, func(e *ttlv.Encoder, t wire.Tag) { writeDigest(e, t, sum[:], format) })
}

func writeDigest(e *ttlv.Encoder, t wire.Tag, sum []byte, format wire.KeyFormatType) {
	e.Structure(t, func() {
		e.Enumeration(wire.TagHashingAlgorithm, uint32(wire.HashingAlgorithmSHA_256))
		e.Bytes(wire.TagDigestValue, sum)
		e.Enumeration(wire.TagKeyFormatType, uint32(format))
	})
}

// since20 is what 2.0 made attributes.
func (g *gathering) since20() {
	if forms[g.r.Type].content == wire.TagKeyBlock {
		a, _ := cipherOf(g.r)
		g.enum(wire.TagKeyFormatType, uint32(formatOf(g.r, a)))
	}
	g.integer(wire.TagProtectionStorageMask, int32(storage))
	if g.r.Type == key.Certificate {
		g.certificate()
	}
}

// life is the state of an object and its dates.
func (g *gathering) life() {
	r, latest := g.r, g.r.Latest()
	g.enum(wire.TagState, uint32(state(r.State)))
	g.date(wire.TagInitialDate, r.Created)
	g.date(wire.TagProcessStartDate, r.ProcessStart)
	g.date(wire.TagProtectStopDate, r.ProtectStop)
	g.date(wire.TagLastChangeDate, r.Updated)
	if r.Origin == key.Generated {
		g.date(wire.TagOriginalCreationDate, r.Created)
	}
	if latest != nil {
		g.date(wire.TagActivationDate, firstOf(latest.Activated, r.ActivateAt))
		g.date(wire.TagDeactivationDate, firstOf(latest.Deactivated, r.DeactivAt))
		g.date(wire.TagDestroyDate, latest.Destroyed)
		g.date(wire.TagArchiveDate, r.Archived)
		g.date(wire.TagCompromiseDate, latest.Compromised)
		if latest.Compromised != 0 { // who does not know when is asked to say the initial date
			g.date(wire.TagCompromiseOccurrenceDate, firstOf(r.Occurred[latest.Number], r.Created))
		}
	}
	code, message, _ := strings.Cut(r.Reason, ": ")
	if v, ok := wire.ParseValue(wire.TagRevocationReasonCode, code); ok {
		g.add(wire.TagRevocationReason, func(e *ttlv.Encoder, t wire.Tag) {
			e.Structure(t, func() {
				e.Enumeration(wire.TagRevocationReasonCode, v)
				if message != "" {
					e.Text(wire.TagRevocationMessage, message)
				}
			})
		})
	}
}

// rules are what an object may be used for and by.
func (g *gathering) rules() {
	r := g.r
	if r.Type != key.OpaqueObject || r.Usage != 0 {
		g.integer(wire.TagCryptographicUsageMask, int32(r.Usage))
	}
	if r.UsageLimit > 0 {
		g.add(wire.TagUsageLimits, func(e *ttlv.Encoder, t wire.Tag) {
			e.Structure(t, func() {
				e.LongInteger(wire.TagUsageLimitsTotal, int64(r.UsageLimit))
				e.LongInteger(wire.TagUsageLimitsCount, int64(r.Shows().UsageLeft))
				unit := wire.UsageLimitsUnitObject
				if r.LimitBytes {
					unit = wire.UsageLimitsUnitByte
				}
				e.Enumeration(wire.TagUsageLimitsUnit, uint32(unit))
			})
		})
	}
	if !r.State.Gone() {
		g.add(wire.TagLeaseTime, func(e *ttlv.Encoder, t wire.Tag) { e.Interval(t, leaseTime) })
	}
	g.boolean(wire.TagFresh, latestIsUnused(r))
	g.guard(wire.TagSensitive, r.Sensitive())
	g.guard(wire.TagAlwaysSensitive, r.AlwaysSensitive())
	g.guard(wire.TagExtractable, r.Exportable)
	g.guard(wire.TagNeverExtractable, r.NeverExportable())
}

// latestIsUnused tells whether nothing was done with an object yet, as far as this node knows.
func latestIsUnused(r *key.Record) bool {
	v := r.Latest()
	return v != nil && v.Use().Count == 0 && v.Use().Last == 0
}

// namesOf are the names of a record as clients know them: its own, or else the vault's, unless that was made up here or taken away from it.
func namesOf(r *key.Record) []key.Label {
	if len(r.Names) > 0 || r.Name == "" || r.Name == "kmip/"+r.ID.String() || r.Attributes[keptUnnamed] != nil {
		return r.Names
	}
	return []key.Label{{Value: r.Name, Kind: uint32(wire.NameTypeUninterpretedTextString)}}
}

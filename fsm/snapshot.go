package fsm

import (
	"encoding/binary"
	"fmt"

	"github.com/quorate/quorate/vault/key"
)

// A snapshot is a header, sections of items, and the SHA-256 of all that. Each item is its length (4 bytes)
// and its CBOR; numbers are big-endian. Sections and items have one order only, so equal states are equal bytes.
// The header says how many sections follow: a newer program adds its own at the end, and finds them empty where an older
// one wrote. Format 1 did not say; it had the first six.

const (
	snapshotMagic  = "QUORATE\x00"
	snapshotFormat = 2
	headerSize     = 8 + 4 + 4 + 8 + 8 + 8 + 32 // what all formats begin with
	firstSections  = 6                          // of format 1
	maxSections    = 64                         // that a header may speak of
)

// Sections, in the order in which they are written.
const (
	sectionKeys      = iota // ascending by id
	sectionTokens           // ascending by id
	sectionPolicies         // ascending by name
	sectionDocuments        // ascending by name
	sectionPrevious         // outcomes, ascending by request id
	sectionCurrent
	sectionCampaigns // ascending by parent
	sectionUsage     // ascending by key id and version
	sectionRestoring // pieces of a restore under way, in their order
	sectionCount
)

// sections says how many items each section may have and how large one may be, so that a reader allocates nothing on a stranger's word.
var sections = [sectionCount]struct {
	name     string
	maxItems uint64
	maxBytes uint32
}{
	{"keys", 1 << 32, MaxRecord + 1<<20},
	{"tokens", 1 << 32, 64 << 10},
	{"policies", MaxPolicies, MaxPolicySource + 4<<10},
	{"documents", MaxDocuments, MaxDocument + 4<<10},
	{"previous outcomes", generation, 16 << 10},
	{"current outcomes", generation, 16 << 10},
	{"campaigns", 1 << 32, 256},
	{"usages", 1 << 32, 1 << 10},
	{"pieces of a restore", maxChunks + 1, MaxChunk + 1<<10},
}

// snapshotHeader is what a snapshot says of itself before its sections.
type snapshotHeader struct {
	level          uint32
	policyRevision uint64
	position
	counts [sectionCount]uint64
}

func (h *snapshotHeader) bytes() []byte {
	b := make([]byte, 0, headerSize+4+8*sectionCount)
	b = append(b, snapshotMagic...)
	b = binary.BigEndian.AppendUint32(b, snapshotFormat)
	b = binary.BigEndian.AppendUint32(b, h.level)
	b = binary.BigEndian.AppendUint64(b, h.index)
	b = binary.BigEndian.AppendUint64(b, uint64(h.at))
	b = binary.BigEndian.AppendUint64(b, h.policyRevision)
	b = append(b, h.chain[:]...)
	b = binary.BigEndian.AppendUint32(b, sectionCount)
	for _, n := range h.counts {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b
}

// parseHeader reads what all formats begin with; the counts follow.
func parseHeader(b []byte, supported uint32) (h *snapshotHeader, format uint32, err error) {
	if string(b[:8]) != snapshotMagic {
		return nil, 0, fmt.Errorf("this is not a snapshot of Quorate's state")
	}
	if format = binary.BigEndian.Uint32(b[8:]); format == 0 || format > snapshotFormat {
		return nil, 0, fmt.Errorf("the snapshot has format %d, this program reads up to format %d: use the program that wrote it, or a newer one", format, snapshotFormat)
	}
	h = &snapshotHeader{level: binary.BigEndian.Uint32(b[12:]), policyRevision: binary.BigEndian.Uint64(b[32:])}
	h.index, h.at = binary.BigEndian.Uint64(b[16:]), key.Time(binary.BigEndian.Uint64(b[24:]))
	copy(h.chain[:], b[40:72])
	if h.level == 0 || h.level > supported {
		return nil, 0, fmt.Errorf("the snapshot is of level %d, this program knows up to %d: upgrade this node", h.level, supported)
	}
	if h.at < 0 {
		return nil, 0, fmt.Errorf("the snapshot bears the time %d", h.at)
	}
	return h, format, nil
}

// parseCounts reads how many items each section has. b holds eight bytes for each section that was written.
func (h *snapshotHeader) parseCounts(b []byte) error {
	for i := range len(b) / 8 {
		n := binary.BigEndian.Uint64(b[8*i:])
		if i >= sectionCount {
			if n > 0 {
				return fmt.Errorf("the snapshot has a section, number %d, that this program does not know: upgrade this node", i+1)
			}
			continue
		}
		if n > sections[i].maxItems {
			return fmt.Errorf("the snapshot claims %d %s, more than the %d there may be", n, sections[i].name, sections[i].maxItems)
		}
		h.counts[i] = n
	}
	return nil
}

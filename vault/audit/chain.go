package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"time"
)

// A line of the file is
//
//	{"seq":7,"time":…,…,"prev":"<hash of line 6>","hash":"<hash of this line>"}
//
// where hash is the SHA-256, in unpadded base64url, of the line's bytes before `,"hash":`. As these include prev, the
// hash of one line stands for all lines before it, in this file and the files before it. prev of line 1 is 32 zero bytes.

const (
	digestLen = 43 // 32 bytes in unpadded base64
	maxLine   = 1 << 20
	prevKey   = `,"prev":"`
	hashKey   = `","hash":"`
	lineEnd   = "\"}\n"
	tailLen   = len(prevKey) + digestLen + len(hashKey) + digestLen + len(lineEnd)
)

type digest [digestLen]byte

func (d digest) String() string { return string(d[:]) }

var genesis = encodeDigest([sha256.Size]byte{})

func encodeDigest(sum [sha256.Size]byte) (d digest) {
	base64.RawURLEncoding.Encode(d[:], sum[:])
	return d
}

// Head is the place of a line in the chain: its number and its hash. Kept elsewhere, it proves later that nothing up
// to that line was changed or cut off.
type Head struct {
	Seq  uint64
	Hash string
}

// link is a Head as the log keeps it.
type link struct {
	seq  uint64
	hash digest
}

func (l link) head() Head { return Head{Seq: l.seq, Hash: l.hash.String()} }

// appendLine puts a body in its place in the chain, behind at, and moves at to the new line.
func appendLine(buf, body []byte, at *link) []byte {
	start := len(buf)
	buf = append(buf, `{"seq":`...)
	buf = strconv.AppendUint(buf, at.seq+1, 10)
	buf = append(buf, ',')
	buf = append(buf, body...)
	buf = append(buf, prevKey...)
	buf = append(buf, at.hash[:]...)
	buf = append(buf, '"')
	at.seq++
	at.hash = encodeDigest(sha256.Sum256(buf[start:]))
	buf = append(buf, hashKey[1:]...)
	buf = append(buf, at.hash[:]...)
	return append(buf, lineEnd...)
}

// place is where a line says that it stands.
type place struct {
	seq        uint64
	prev, hash digest
	computed   digest // the hash of its bytes
	intact     bool   // which is the one that it states
}

// parsePlace reads a line, with its newline. false if it has not the form of a line.
func parsePlace(l []byte) (p place, ok bool) {
	if len(l) < tailLen || !bytes.HasSuffix(l, []byte(lineEnd)) {
		return place{}, false
	}
	digits, ok := bytes.CutPrefix(l, []byte(`{"seq":`))
	if !ok {
		return place{}, false
	}
	comma := bytes.IndexByte(digits, ',')
	if comma < 1 || comma > 20 {
		return place{}, false
	}
	seq, err := strconv.ParseUint(string(digits[:comma]), 10, 64)
	if err != nil || seq == 0 {
		return place{}, false
	}
	p.seq = seq
	tail := l[len(l)-tailLen:]
	if string(tail[:len(prevKey)]) != prevKey {
		return place{}, false
	}
	tail = tail[len(prevKey):]
	copy(p.prev[:], tail)
	tail = tail[digestLen:]
	if string(tail[:len(hashKey)]) != hashKey {
		return place{}, false
	}
	copy(p.hash[:], tail[len(hashKey):])
	hashed := l[:len(l)-digestLen-len(lineEnd)-len(hashKey)+1]
	p.computed = encodeDigest(sha256.Sum256(hashed))
	p.intact = p.computed == p.hash
	return p, true
}

// Operations that the log writes of itself.
const (
	OpBegin      = "audit.begin"      // the first line of a node's log
	OpOpened     = "audit.opened"     // the log was opened again and continues
	OpTorn       = "audit.torn"       // a last line that a crash left half-written was cut off
	OpDamaged    = "audit.damaged"    // the file's end was not intact; the file was set aside
	OpRecovered  = "audit.recovered"  // entries were refused because the log could not be written, and now it can
	OpLost       = "audit.lost"       // a sync failed: lines before this one may be missing from the disk
	OpCheckpoint = "audit.checkpoint" // signed: what stands before was so when it was signed
)

// checkpointMessage is what a checkpoint's signature covers: who signs, which line it is, and the hash of all before it.
func checkpointMessage(node string, seq uint64, prev digest) []byte {
	m := append([]byte("quorate audit checkpoint 1\x00"), node...)
	m = append(m, 0)
	m = binary.BigEndian.AppendUint64(m, seq)
	return append(m, prev[:]...)
}

// appendCheckpoint writes the body of a checkpoint line.
func appendCheckpoint(buf []byte, node string, now time.Time, signer string, signature []byte) []byte {
	e := Entry{Time: now, Phase: Response, Operation: OpCheckpoint, Outcome: OK}
	e.Caller.Kind, e.Caller.Door = selfKind, selfDoor
	buf = appendBody(buf, node, &e)
	buf = member(buf, `,"signer":`, signer)
	buf = append(buf, `,"signature":"`...)
	buf = base64.StdEncoding.AppendEncode(buf, signature)
	return append(buf, '"')
}

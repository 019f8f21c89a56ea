package vault

import (
	"bytes"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/vault/archive"
)

// Documents of snapshots in the replicated state.
const (
	docLineage = "lineage"         // lineage: the lives that this state descends from
	docEpochs  = "snapshot-epochs" // archive.Epochs, as the companion has it: the snapshot keys that have not expired
)

// A restore begins another life of the cluster. The lives that a state descends from are written down, so that a snapshot is known
// for what it is: of this state's own past, when what the state lacks was destroyed since; or of another branch, which was left
// by restoring something older, when it was merely never seen here.

// life is one of them: it began when a snapshot of the life before, at index From, was restored.
type life struct {
	ID   [16]byte `cbor:"1,keyasint"`
	From uint64   `cbor:"2,keyasint"`
}

// lineage is the lives of a state, oldest first. The first life of a cluster has the zero id and is not listed.
type lineage []life

const maxLives = 256

func lineageOf(s *fsm.State) lineage {
	var l lineage
	if doc := s.Document(docLineage); doc != nil {
		if err := cbor.Unmarshal(doc.Body, &l); err != nil {
			return nil // as if it were the first life: then nothing counts as destroyed that is not known to be
		}
	}
	return l
}

func (l lineage) current() [16]byte {
	if len(l) == 0 {
		return [16]byte{}
	}
	return l[len(l)-1].ID
}

// past tells whether a state of that life and index is one that l went through.
func (l lineage) past(life [16]byte, index uint64) bool {
	if life == l.current() {
		return true
	}
	at := [16]byte{}
	for _, next := range l {
		if at == life {
			return index <= next.From
		}
		at = next.ID
	}
	return false
}

// follow is the lineage of a state that is restored from s, in a life with that id.
func follow(s *fsm.State, id [16]byte) lineage {
	l := append(slices.Clone(lineageOf(s)), life{ID: id, From: s.Index()})
	return l[max(0, len(l)-maxLives):]
}

// epochsOf is the snapshot keys that the cluster keeps; none before the first schedule.
func epochsOf(s *fsm.State) (*archive.Epochs, error) {
	doc := s.Document(docEpochs)
	if doc == nil {
		return &archive.Epochs{}, nil
	}
	return archive.ReadEpochs(bytes.NewReader(doc.Body))
}

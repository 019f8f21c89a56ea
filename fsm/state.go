package fsm

import (
	"iter"
	"strings"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// State is the vault's replicated state after one entry, frozen. Everything it gives out is shared and must not
// be changed. All methods may be called concurrently.
type State struct {
	content
	position
	outcomes outcomes
}

// Index is the log index of the last command applied.
func (s *State) Index() uint64 { return s.index }

// At is the newest time stamped on a command so far.
func (s *State) At() key.Time { return s.at }

// Level is the agreed level of commands; see SetLevel.
func (s *State) Level() uint32 { return s.level }

// Chain is a running hash over index, bytes and outcome of every entry applied.
func (s *State) Chain() [32]byte { return s.chain }

// Key finds a key by id; nil if there is none.
func (s *State) Key(id key.ID) *key.Record { return s.key(id) }

// KeyByName finds a key by name; nil if there is none, and for the empty name. A destroyed key has its name until it is purged.
func (s *State) KeyByName(name string) *key.Record { return s.keyByName(name) }

// AllKeys gives every key, by id.
func (s *State) AllKeys() iter.Seq[*key.Record] {
	return func(yield func(*key.Record) bool) {
		s.keys.byID.tree.Ascend(func(e idEntry) bool { return yield(e.look(new(view))) })
	}
}

// KeyCount is the number of keys in whatever state.
func (s *State) KeyCount() int { return s.keys.byID.tree.Len() }

// CountPrefix is the number of keys whose name has that prefix. It takes time in proportion to the answer.
func (s *State) CountPrefix(prefix string) int {
	n := 0
	s.keys.byName.tree.AscendFrom(nameEntry{name: prefix}, func(e nameEntry) bool {
		if !strings.HasPrefix(e.name, prefix) {
			return false
		}
		n++
		return true
	})
	return n
}

// Due gives the keys on which the cluster must act by itself at or before a time, soonest first, at most limit.
func (s *State) Due(before key.Time, limit int) iter.Seq[*key.Record] {
	return func(yield func(*key.Record) bool) {
		n := 0
		s.keys.byDue.tree.Ascend(func(e dueEntry) bool {
			if e.at > before || n >= limit {
				return false
			}
			n++
			return yield(s.key(e.cell.id))
		})
	}
}

// TermCount is the number of key versions wrapped under a term of the keyring.
func (s *State) TermCount(term uint32) int {
	if at, ok := s.keys.terms.find(term); ok {
		return s.keys.terms.counts[at].n
	}
	return 0
}

// Terms lists the terms of the keyring that wrap any version, ascending.
func (s *State) Terms() []uint32 {
	terms := make([]uint32, len(s.keys.terms.counts))
	for i, c := range s.keys.terms.counts {
		terms[i] = c.term
	}
	return terms
}

// Token finds a token by id; nil if there is none.
func (s *State) Token(id key.ID) *access.Token { return s.token(id) }

// TokenCount is the number of tokens, expired ones that were not purged among them.
func (s *State) TokenCount() int { return s.tokens.byID.tree.Len() }

// Tokens lists tokens by id, those after a given one, at most limit (0: 100). next is where to go on, zero at the end.
func (s *State) Tokens(after key.ID, limit int) (page []*access.Token, next key.ID) {
	limit = pageLimit(limit)
	s.tokens.byID.tree.AscendFrom(tokenEntry{id: after}, func(e tokenEntry) bool {
		if e.id == after {
			return true
		}
		if len(page) == limit {
			next = page[limit-1].ID
			return false
		}
		page = append(page, e.tok)
		return true
	})
	return page, next
}

// TokensExpired gives the tokens that ended at or before a time, soonest first, at most limit.
func (s *State) TokensExpired(before key.Time, limit int) iter.Seq[*access.Token] {
	return s.tokensExpired(before, limit)
}

// Policy finds a policy; nil if there is none.
func (s *State) Policy(name string) *Policy { return s.policy(name) }

// Policies lists all policies by name.
func (s *State) Policies() []*Policy {
	all := make([]*Policy, 0, s.policyCount())
	s.policies.tree.Ascend(func(p *Policy) bool { all = append(all, p); return true })
	return all
}

// PolicyRevision counts the changes of policies: while it stays, so do they all.
func (s *State) PolicyRevision() uint64 { return s.policyRevision }

// Document finds a document; nil if there is none.
func (s *State) Document(name string) *Document { return s.document(name) }

// Documents lists the documents whose name has a prefix, by name.
func (s *State) Documents(prefix string) []*Document {
	var all []*Document
	s.documents.tree.AscendFrom(&Document{Name: prefix}, func(d *Document) bool {
		if !strings.HasPrefix(d.Name, prefix) {
			return false
		}
		all = append(all, d)
		return true
	})
	return all
}

// Outcome finds what became of a recent request, and the request's fingerprint.
func (s *State) Outcome(id [16]byte) (out Outcome, print [8]byte, ok bool) {
	k := s.outcomes.find(id)
	if k == nil {
		return Outcome{}, [8]byte{}, false
	}
	return k.outcome(), k.Print, true
}

package fsm

import (
	"iter"

	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/key"
)

// content is what commands read and change: what a State holds frozen and a Draft holds open.
type content struct {
	level          uint32
	policyRevision uint64
	keys           keyTable
	tokens         tokenTable
	policies       index[Policy, *Policy]
	documents      index[Document, *Document]
	campaigns      campaignTable
	usage          usageTable
	restoring      restoring
}

func newContent() content {
	return content{
		level: 1, keys: newKeyTable(), tokens: newTokenTable(), policies: newPolicyIndex(), documents: newDocumentIndex(),
		campaigns: newCampaignTable(), usage: newUsageTable(),
	}
}

// share makes the next write to anything in c work on a copy.
func (c *content) share() {
	c.keys.share()
	for _, x := range c.tokens.indexes() {
		x.share()
	}
	c.policies.share()
	c.documents.share()
	c.campaigns.share()
	c.usage.share()
}

func (c *content) key(id key.ID) *key.Record { return c.entry(id).record() }

// entry is a key with its cell; both are nil where there is none.
func (c *content) entry(id key.ID) idEntry {
	e, _ := c.keys.byID.tree.Get(idEntry{id: id})
	return e
}

// keyByName finds nothing for the empty name, which is nobody's.
func (c *content) keyByName(name string) *key.Record {
	if name == "" {
		return nil
	}
	var found *cell
	c.keys.byName.tree.AscendFrom(nameEntry{name: name}, func(e nameEntry) bool {
		if e.name == name {
			found = e.cell
		}
		return false
	})
	if found == nil {
		return nil
	}
	return c.key(found.id)
}

func (c *content) token(id key.ID) *access.Token {
	e, _ := c.tokens.byID.tree.Get(tokenEntry{id: id})
	return e.tok
}

// childTokens appends the tokens made with the token of that id.
func (c *content) childTokens(id key.ID, to []*access.Token) []*access.Token {
	c.tokens.byParent.tree.AscendFrom(tokenEntry{id: id}, func(e tokenEntry) bool {
		if e.id != id {
			return false
		}
		to = append(to, e.tok)
		return true
	})
	return to
}

// tokensExpired gives tokens with an end at or before a time, soonest first.
func (c *content) tokensExpired(before key.Time, limit int) iter.Seq[*access.Token] {
	return func(yield func(*access.Token) bool) {
		n := 0
		c.tokens.byExpiry.tree.Ascend(func(t *access.Token) bool {
			if t.Expires > before || n >= limit {
				return false
			}
			n++
			return yield(t)
		})
	}
}

func (c *content) policy(name string) *Policy {
	p, _ := c.policies.tree.Get(&Policy{Name: name})
	return p
}

func (c *content) document(name string) *Document {
	d, _ := c.documents.tree.Get(&Document{Name: name})
	return d
}

func (c *content) policyCount() int   { return c.policies.tree.Len() }
func (c *content) documentCount() int { return c.documents.tree.Len() }

package fsm

import (
	"slices"
	"strings"

	"github.com/quorate/quorate/vault/key"
)

// memberDocument is how the documents begin that describe members: one is written for a node that joins.
const memberDocument = "member/"

// JoinedDocument is how the documents begin that say by which request a member joined: one is written before it takes its use of a token.
const JoinedDocument = "setting/joined/"

// Urgent tells whether a command goes on while a disk is almost full: it takes something out of use, gives room back,
// lets what is there be used (counted uses), or brings the member that has room. What only makes the state grow waits.
func Urgent(c Command) bool {
	switch c := c.(type) {
	case *SetState:
		return c.To != key.Active
	case *UpdateKey:
		return c.narrows()
	case *ArchiveKey:
		return c.Archived
	case *Bundle:
		return len(c.Commands) > 0 && !slices.ContainsFunc(c.Commands, func(b Bundled) bool { return !Urgent(b.Command) })
	case *PutDocument:
		return strings.HasPrefix(c.Name, memberDocument) || strings.HasPrefix(c.Name, JoinedDocument) || strings.HasPrefix(c.Name, ReplaceDocument)
	case *ScheduleDestroy, *PurgeKey, *RevokeToken, *PurgeTokens, *DeleteDocument,
		*PutPolicy, *DeletePolicy, // a policy may be what forbids
		*AbortRestore, *CountUses, *AllocateUses, *UseToken, *Check,
		*GrantOpening, *NoteOpen, *ApproveOpening, *ForgetOpening: // a member that opens itself serves; a note per member, replaced
		return true
	default:
		return false
	}
}

// narrows tells whether a change takes something out of use, or may do so where policies look at the name, the tags or the owner of a
// key. What an object is called elsewhere, and what is noted beside it, only makes the state grow.
func (c *UpdateKey) narrows() bool {
	return c.Revokes() && c.Attributes == nil && c.Names == nil && c.Groups == nil && c.Links == nil
}

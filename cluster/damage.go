package cluster

import (
	"fmt"

	"github.com/quorate/quorate/vault/fault"
)

// DamageError says that something in this node's store is not what was written there. The node does not serve it.
type DamageError struct {
	File  string // the damaged file
	Index uint64 // of the log entry or snapshot; 0 if the damage has none
	What  string // what is damaged, such as "log entry"
	Err   error  // how that shows
}

// Error names file, index and what the operator should do.
func (e *DamageError) Error() string {
	at := ""
	if e.Index > 0 {
		at = fmt.Sprintf(" at index %d", e.Index)
	}
	return fmt.Sprintf("%s: %s%s is damaged: %v. Put the data directory aside for examination, remove this member "+
		"on another node, and let it join again with an empty directory", e.File, e.What, at, e.Err)
}

// Unwrap gives the kind first, then the cause.
func (e *DamageError) Unwrap() []error {
	return []error{fault.New(fault.Internal, "this node's store is damaged"), e.Err}
}

// RemovedError says that this node is no longer a member.
type RemovedError struct {
	File string // the marker that says so
}

// Error tells the operator what the marker means.
func (e *RemovedError) Error() string {
	return fmt.Sprintf("this node was removed from its cluster (%s): it may come back only with an empty data directory, "+
		"by joining again", e.File)
}

// Is makes errors.Is(err, fault.BadState) true.
func (e *RemovedError) Is(target error) bool { return target == error(fault.BadState) }

// LostError says that a member's log is gone. As a voter it may have promised what it no longer knows: an entry that was
// acknowledged because it had it, a vote. So it must not come back under its old membership.
type LostError struct {
	File string // the log that is not there
	Node string
}

// Error tells the operator how the node comes back.
func (e *LostError) Error() string {
	return fmt.Sprintf("%s: the log of this member is gone, and with it what the member promised to the others. Remove %s on "+
		"another node, then let it join again, empty", e.File, e.Node)
}

// Is makes errors.Is(err, fault.BadState) true.
func (e *LostError) Is(target error) bool { return target == error(fault.BadState) }

// DiskError says that the disk under the store failed or stalled. The process must end: what the kernel still holds
// of the file is not to be trusted, and start-up verifies everything again.
type DiskError struct {
	File string
	Err  error
}

// Error names the file.
func (e *DiskError) Error() string {
	return fmt.Sprintf("%s: the disk failed: %v. The node stops; look at the disk, then start it again", e.File, e.Err)
}

// Unwrap gives the cause.
func (e *DiskError) Unwrap() error { return e.Err }

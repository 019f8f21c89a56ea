package fsm

import (
	"time"

	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// Members that open themselves: who was seen open, whom an operator lets in, and to which process the others were allowed to give their
// shares. No share is ever in here. Each is a document of its own, so a snapshot needs no place for them.
const (
	seenDocuments     = "opening/seen/"     // by member; Updated is when it was last seen open
	grantDocuments    = "opening/grant/"    // by member; the body is a Grant
	approvedDocuments = "opening/approved/" // by member; Updated is when an operator said so
)

const (
	// ApprovalLife is how long an operator's word lets a member in, once.
	ApprovalLife = time.Hour

	maxNoted   = 64  // members in one NoteOpen
	maxMember  = 63  // bytes of a member's name
	maxBoot    = 128 // bytes of a boot key
	maxDealing = 32  // bytes of a dealing's name
)

// Grant says that members may give their shares of one dealing to one process of a member.
type Grant struct {
	Boot     []byte   `cbor:"1,keyasint"`           // the public key of that process
	Deal     []byte   `cbor:"2,keyasint"`           // which dealing of shares
	By       string   `cbor:"3,keyasint"`           // the leader that wrote it
	At       key.Time `cbor:"4,keyasint"`           // when, by the log
	Approved bool     `cbor:"5,keyasint,omitempty"` // an operator's word was needed, and used up
}

// GrantOpening lets members give their shares to one process of a member, at most one in a window. fault.Denied if the member was never seen
// open, or not for longer than Away; fault.Busy while the window of another process is not over. An operator's word, used up by it, stands
// for both. Asking again for the same process in its window changes nothing.
type GrantOpening struct {
	Node   string        `cbor:"1,keyasint"`
	Boot   []byte        `cbor:"2,keyasint"`
	Deal   []byte        `cbor:"3,keyasint"`
	By     string        `cbor:"4,keyasint"`
	Window time.Duration `cbor:"5,keyasint"`
	Away   time.Duration `cbor:"6,keyasint"`
}

// Op implements Command.
func (*GrantOpening) Op() string { return "opening.grant" }

func (c *GrantOpening) check() error {
	if err := checkMember(c.Node); err != nil {
		return err
	}
	if len(c.Boot) == 0 || len(c.Boot) > maxBoot || len(c.Deal) == 0 || len(c.Deal) > maxDealing || len(c.By) > maxMember || c.Window <= 0 || c.Away < 0 {
		return fault.New(fault.Invalid, "a grant names a boot key, a dealing and a window")
	}
	return nil
}

// Apply implements Command.
func (c *GrantOpening) Apply(d *Draft, env Env) (Result, error) {
	if err := c.check(); err != nil {
		return Result{}, err
	}
	old, last := d.document(grantDocuments+c.Node), (*Grant)(nil)
	if old != nil {
		last = readGrant(old.Body)
	}
	inWindow := last != nil && env.At.Time().Before(last.At.Time().Add(c.Window))
	if inWindow && string(last.Boot) == string(c.Boot) && string(last.Deal) == string(c.Deal) {
		return Result{Revision: old.Revision}, nil
	}
	refusal := c.refusal(d, env, last, inWindow && string(last.Boot) != string(c.Boot))
	word := d.document(approvedDocuments + c.Node)
	if refusal != nil && (word == nil || env.At.Time().Sub(word.Updated.Time()) > ApprovalLife) {
		return Result{}, refusal
	}
	g := Grant{Boot: c.Boot, Deal: c.Deal, By: c.By, At: env.At, Approved: refusal != nil}
	body, err := encoding.Marshal(&g)
	if err != nil {
		return Result{}, fault.Wrap(fault.Internal, err, "a grant cannot be written")
	}
	if g.Approved {
		d.putDocument(word, nil)
	}
	return putNote(d, env, grantDocuments+c.Node, body)
}

// refusal is why only an operator's word lets the member in; nil if it needs none.
func (c *GrantOpening) refusal(d *Draft, env Env, last *Grant, taken bool) error {
	word := "quorate operator slots approve " + c.Node
	seen := d.document(seenDocuments + c.Node)
	switch {
	case seen == nil:
		return fault.New(fault.Denied, "the member %q has not been open before, so it may not open itself", clip(c.Node)).
			WithHint("Hand in shares once, or let it in: %s.", word)
	case env.At.Time().Sub(seen.Updated.Time()) > c.Away:
		return fault.New(fault.Denied, "the member %q was last seen open at %s, longer ago than the %v after which it may not open itself",
			clip(c.Node), seen.Updated, c.Away).
			WithHint("Make sure that it is yours and was not stolen, then let it in: %s.", word)
	case taken:
		return fault.New(fault.Busy, "another process of the member %q was let in at %s; the next may be from %s on",
			clip(c.Node), last.At, key.At(last.At.Time().Add(c.Window))).
			WithHint("It asks again by itself. If it was not you who started it again, look into it; to let it in now: %s.", word)
	}
	return nil
}

// readGrant reads a grant; nil if it is none.
func readGrant(body []byte) *Grant {
	var g Grant
	if len(body) > 1<<10 || decoding.Unmarshal(body, &g) != nil {
		return nil
	}
	return &g
}

// putNote adds or replaces a document whatever its revision.
func putNote(d *Draft, env Env, name string, body []byte) (Result, error) {
	old, revision := d.document(name), uint64(1)
	if old != nil {
		revision = old.Revision + 1
	} else if d.documentCount() >= MaxDocuments {
		return Result{}, fault.New(fault.TooLarge, "there are %d documents, the most there may be", MaxDocuments)
	}
	d.putDocument(old, &Document{Name: name, Revision: revision, Body: body, Updated: env.At})
	return Result{Revision: revision}, nil
}

func checkMember(node string) error {
	if node == "" || len(node) > maxMember {
		return fault.New(fault.Invalid, "a member's name has 1 to %d letters", maxMember)
	}
	return key.CheckName(node)
}

// NoteOpen notes that members are open now.
type NoteOpen struct {
	Nodes []string `cbor:"1,keyasint"`
}

// Op implements Command.
func (*NoteOpen) Op() string { return "opening.seen" }

// Apply implements Command.
func (c *NoteOpen) Apply(d *Draft, env Env) (Result, error) {
	if len(c.Nodes) > maxNoted {
		return Result{}, fault.New(fault.TooLarge, "at most %d members are noted at once", maxNoted)
	}
	fresh := 0
	for _, n := range c.Nodes {
		if err := checkMember(n); err != nil {
			return Result{}, err
		}
		if d.document(seenDocuments+n) == nil {
			fresh++
		}
	}
	if d.documentCount()+fresh > MaxDocuments {
		return Result{}, fault.New(fault.TooLarge, "there are %d documents, the most there may be", MaxDocuments)
	}
	for _, n := range c.Nodes {
		if _, err := putNote(d, env, seenDocuments+n, []byte{1}); err != nil {
			return Result{}, err
		}
	}
	return Result{Version: uint32(len(c.Nodes))}, nil
}

// ApproveOpening is an operator's word that a member may open itself, once, within ApprovalLife.
type ApproveOpening struct {
	Node string `cbor:"1,keyasint"`
	By   string `cbor:"2,keyasint"`
}

// Op implements Command.
func (*ApproveOpening) Op() string { return "opening.approve" }

// Apply implements Command.
func (c *ApproveOpening) Apply(d *Draft, env Env) (Result, error) {
	if err := checkMember(c.Node); err != nil {
		return Result{}, err
	}
	if len(c.By) > 512 {
		return Result{}, fault.New(fault.TooLarge, "the name of who approves is too long")
	}
	return putNote(d, env, approvedDocuments+c.Node, []byte(c.By))
}

// ForgetOpening ends what is known of a member: a newcomer of the same name begins with nothing.
type ForgetOpening struct {
	Node string `cbor:"1,keyasint"`
}

// Op implements Command.
func (*ForgetOpening) Op() string { return "opening.forget" }

// Apply implements Command.
func (c *ForgetOpening) Apply(d *Draft, _ Env) (Result, error) {
	if err := checkMember(c.Node); err != nil {
		return Result{}, err
	}
	var gone uint32
	for _, kind := range []string{seenDocuments, grantDocuments, approvedDocuments} {
		if old := d.document(kind + c.Node); old != nil {
			d.putDocument(old, nil)
			gone++
		}
	}
	return Result{Version: gone}, nil
}

// Grant is the newest grant to a member; nil if there is none.
func (s *State) Grant(node string) *Grant {
	if doc := s.Document(grantDocuments + node); doc != nil {
		return readGrant(doc.Body)
	}
	return nil
}

// SeenOpen is when a member was last noted to be open; 0: never.
func (s *State) SeenOpen(node string) key.Time {
	if doc := s.Document(seenDocuments + node); doc != nil {
		return doc.Updated
	}
	return 0
}

// KnownOpenings lists the members of which anything is noted, some more than once.
func (s *State) KnownOpenings() []string {
	var all []string
	for _, kind := range []string{seenDocuments, grantDocuments, approvedDocuments} {
		for _, doc := range s.Documents(kind) {
			all = append(all, doc.Name[len(kind):])
		}
	}
	return all
}

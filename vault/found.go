package vault

import (
	"context"
	"crypto/sha256"
	"encoding/pem"
	"io"
	"strings"

	"github.com/quorate/quorate/fsm"
	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// keasPolicy lets whoever reaches the keas.kmi door make and fetch data keys that open only with a key-encrypting
// key of his own. It permits nothing elsewhere, and the door is closed unless it is configured.
const keasPolicy = `// The keas.kmi door: possession of the key-encrypting key is the credential.
permit (
    principal,
    action in [Action::"create", Action::"reveal", Action::"list"],
    resource
) when { context.door == "keas" };
`

// Init founds a cluster with this node as its first member: master key, shares, CA, root token. fault.Exists once
// that was done. What it returns is shown once; the caller clears it.
func (v *Vault) Init(ctx context.Context, c access.Caller, s InitSpec) (*Founded, error) {
	v.initMu.Lock()
	defer v.initMu.Unlock()
	t := v.start("sys.init", access.Unchecked, c, true)
	if v.link.Load() != nil {
		return nil, t.done(fault.New(fault.Exists, "this cluster was initialised before").
			WithHint("Hand in key shares with `quorate operator unseal`. A cluster is initialised once."))
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	f, err := t.found(ctx, s)
	if werr := t.done(err); werr != nil {
		if err == nil {
			v.abandon()
			f.clear()
			return nil, fault.Wrap(fault.Internal, werr, "the audit log could not be written, so no cluster was founded").
				WithHint("Mend the audit log (the node's log names it), then initialise again.")
		}
		return nil, werr
	}
	return f, nil
}

// abandon undoes a founding: shares that nobody was shown open nothing.
func (v *Vault) abandon() {
	v.close()
	v.link.Store(nil)
	v.cfg.Founder.Abandon()
}

// clear wipes what nobody will be shown.
func (f *Founded) clear() {
	wipe(f.Shares)
	wipe([][]byte{f.RootToken, f.JoinToken})
}

func (t *task) found(ctx context.Context, s InitSpec) (*Founded, error) {
	v := t.v
	if len(s.Recipients) > 0 {
		if len(s.Recipients) != s.Shares {
			return nil, fault.New(fault.Invalid, "%d recipients for %d shares: each share is encrypted to one recipient", len(s.Recipients), s.Shares)
		}
		if err := seal.CheckRecipients(s.Recipients); err != nil {
			return nil, err
		}
	}
	var cluster [16]byte
	if _, err := io.ReadFull(v.cfg.Random, cluster[:]); err != nil {
		return nil, err
	}
	cfg, opened, lines, err := seal.Create(cluster, s.Shares, s.Threshold, v.cfg.Now())
	if err != nil {
		return nil, err
	}
	out := &Founded{Cluster: formatCluster(cluster), Shares: lines}
	if len(s.Recipients) > 0 {
		out.Shares, err = seal.EncryptShares(lines, s.Recipients)
		for _, l := range lines {
			clear(l)
		}
		if err != nil {
			opened.Destroy()
			return nil, err
		}
	}
	room := &keyroom{opened: opened, ring: opened.Keyring(), cluster: cluster}
	if err := t.establish(ctx, cfg, room, out); err != nil {
		opened.Destroy()
		out.clear()
		return nil, err
	}
	if s.Sealed {
		opened.Destroy()
		return out, nil
	}
	v.unseal(opened, cluster)
	return out, nil
}

// establish makes the one-member cluster and commits its first entry, which either founds it or leaves nothing.
func (t *task) establish(ctx context.Context, cfg *seal.Config, room *keyroom, out *Founded) (err error) {
	v, now := t.v, key.At(t.v.cfg.Now())
	m := &memberSecrets{Gossip: make([]byte, 32), Log: make([]byte, 32)}
	defer m.clear()
	for _, b := range [][]byte{m.Gossip, m.Log} {
		if _, err := io.ReadFull(v.cfg.Random, b); err != nil {
			return err
		}
	}
	var ca []byte
	if ca, m.CAKey, err = v.cfg.Authority.NewCA(room.cluster, v.cfg.Now()); err != nil {
		return err
	}
	first, err := t.firstEntry(cfg, room, m, ca, now, out)
	if err != nil {
		return err
	}
	founding := Founding{Cluster: room.cluster, CA: ca, CAKey: m.CAKey, Gossip: m.Gossip, Log: m.Log, Now: v.cfg.Now()}
	if err := v.cfg.Founder.Found(ctx, founding); err != nil {
		return err
	}
	t.link = v.link.Load()
	if _, err = t.propose(ctx, first); err == nil {
		err = v.cfg.Founder.Keep()
	}
	if err != nil {
		v.abandon()
		return err
	}
	out.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca})
	return nil
}

// firstEntry is everything that a new cluster begins with, in one command.
func (t *task) firstEntry(cfg *seal.Config, room *keyroom, m *memberSecrets, ca []byte, now key.Time, out *Founded) (*fsm.Init, error) {
	wrapped, err := room.wrapSecrets(m)
	if err != nil {
		return nil, err
	}
	root, err := mintToken(t.v, room, now, access.Bearer, 0)
	if err != nil {
		return nil, err
	}
	root.Principal, root.Groups = "root", []string{access.RootGroup}
	join, err := mintToken(t.v, room, now, access.Join, joinTTL)
	if err != nil {
		return nil, err
	}
	for _, tok := range []*access.Token{root, join} {
		if err := room.stampToken(tok); err != nil {
			return nil, err
		}
		secret, err := room.bearer(tok.Kind, tok.ID)
		if err != nil {
			return nil, err
		}
		if tok == root {
			out.RootToken = bearerText(tok.ID, secret)
		} else {
			out.JoinToken = joinText(sha256.Sum256(ca), tok.ID, secret)
		}
		clear(secret)
	}
	t.change("cluster", out.Cluster)
	policies := []fsm.Policy{{Name: access.RootName, Source: access.RootText, Revision: 1}, {Name: "keas", Source: keasPolicy, Revision: 2}}
	sealed, err := room.sealPolicies(2, []*fsm.Policy{&policies[0], &policies[1]})
	if err != nil {
		return nil, err
	}
	return &fsm.Init{
		Documents: []fsm.Document{
			{Name: docSeal, Body: cfg.Encode()}, {Name: docCA, Body: ca}, {Name: docSecrets, Body: wrapped}, {Name: fsm.PoliciesDocument, Body: sealed.MAC},
		},
		Tokens:   []access.Token{*root, *join},
		Policies: policies,
	}, nil
}

// Admission is what a node asks for when it joins.
type Admission struct {
	Token []byte `cbor:"1,keyasint"` // id and secret of the join token
	Node  string `cbor:"2,keyasint"`
	Peer  string `cbor:"3,keyasint"` // address of its peer port, as the others reach it
	CSR   []byte `cbor:"4,keyasint"` // its names: hosts at which the node is reached; those of other members are refused
	// Level is the newest level of commands that the node's program knows; 0: it is too old to say, which means 1.
	Level uint32 `cbor:"5,keyasint,omitempty"`
	// Replace names the dead member whose place the node takes; "": nobody's.
	Replace string `cbor:"6,keyasint,omitempty"`
}

// Admitted is what it gets.
type Admitted struct {
	Cluster [16]byte `cbor:"1,keyasint"`
	Cert    []byte   `cbor:"2,keyasint"`
	CA      []byte   `cbor:"3,keyasint"`
	Gossip  []byte   `cbor:"4,keyasint"`
	Log     []byte   `cbor:"5,keyasint"`
	Seeds   []string `cbor:"6,keyasint"` // gossip addresses of the members
}

var opAdmit = newWrite("sys.join", access.Unchecked, admit)

// Admit gives a node that shows a live join token its certificate, and makes it a member.
func (v *Vault) Admit(ctx context.Context, c access.Caller, a Admission) (*Admitted, error) {
	return opAdmit.do(ctx, v, c, a)
}

func admit(ctx context.Context, t *task, a Admission) (*Admitted, error) {
	t.change("node", a.Node)
	t.change("peer", a.Peer)
	s := t.link.machine.State()
	use := useOf(s, a) // one that is done lets it in again only as long as nobody removed it
	tok, err := t.joinToken(s, a.Token)
	if err != nil && use.done {
		err = nil // its last use was this very node's, whose answer was lost
	}
	if err != nil {
		return nil, err
	}
	if err := mayReplace(tok, a.Replace); err != nil {
		return nil, err
	}
	if err := t.vacant(a.Node, a.Peer); err != nil {
		return nil, err
	}
	if have := max(a.Level, 1); have < s.Level() { // before the token is used up; the cluster looks again
		return nil, fault.New(fault.BadState, "the cluster is at level %d, and the program of %s knows up to level %d", s.Level(), clip(a.Node), have).
			WithHint("Start the node with the version that the members run, or a newer one.")
	}
	if err := t.replaceable(a); err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	ca := s.Document(docCA)
	if ca == nil {
		return nil, fault.New(fault.Internal, "the state has no CA certificate")
	}
	out := &Admitted{Cluster: t.keys.cluster, CA: ca.Body}
	err = t.keys.secrets(s, func(m *memberSecrets) (err error) {
		out.Gossip, out.Log = append([]byte(nil), m.Gossip...), append([]byte(nil), m.Log...)
		out.Cert, err = t.v.cfg.Authority.SignNode(Signing{
			CA: ca.Body, CAKey: m.CAKey, CSR: a.CSR, Node: a.Node, Cluster: t.keys.cluster, Now: t.v.cfg.Now(), Allow: t.ownNames(a.Node, a.Peer),
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := t.noteUse(ctx, a.Node, tok, use); err != nil {
		return nil, err
	}
	if err := t.spend(ctx, tok, use); err != nil {
		return nil, err
	}
	if t.member(a.Node) != nil { // a newcomer: what was known of another of its name is not its own
		if err := t.forgetOpening(ctx, a.Node); err != nil {
			return nil, err
		}
	}
	for _, m := range t.link.members.Members() {
		if m.Gossip != "" {
			out.Seeds = append(out.Seeds, m.Gossip)
		}
	}
	if err := t.link.members.Change(ctx, MemberChange{Act: AddMember, Node: a.Node, Peer: a.Peer, Level: a.Level}); err != nil || a.Replace == "" {
		return out, err
	}
	return out, t.putBody(ctx, fsm.ReplaceDocument+a.Node, []byte(a.Replace)) // the leader does the rest by itself
}

// replaceable refuses to have a member replaced that is not there, or is up.
func (t *task) replaceable(a Admission) error {
	if a.Replace == "" {
		return nil
	}
	t.change("replace", a.Replace)
	for _, m := range t.link.members.Members() {
		switch {
		case m.Node != a.Replace:
		case m.Healthy:
			return fault.New(fault.BadState, "the member %s is up, so it is not replaced", clip(a.Replace)).
				WithHint("Stop it for good first, or join without --replace and remove it: quorate operator remove %s", clip(a.Replace))
		default:
			return nil
		}
	}
	return fault.New(fault.NotFound, "there is no member %q to replace", clip(a.Replace)).WithHint("`quorate operator members` lists them.")
}

// ownNames holds the names in a node's request to those that are not another member's: neither its name nor a host at which it
// is reached, unless this node is reached there, too (several nodes on one machine). The audit log shows what was signed.
func (t *task) ownNames(node, peer string) func([]string) error {
	return func(names []string) error {
		t.change("names", strings.Join(names, " "))
		for _, m := range t.link.members.Members() {
			if m.Node == node {
				continue
			}
			for _, n := range names {
				if n == m.Node || n != host(peer) && (n == host(m.API) || n == host(m.Peer) || n == host(m.Gossip)) {
					return fault.New(fault.Denied, "the name %q in the request is that of the member %s", clip(n), m.Node).
						WithHint("Ask for the node's own names and addresses (advertise, in its configuration).")
				}
			}
		}
		return nil
	}
}

// host is the host of host:port.
func host(addr string) string {
	i := strings.LastIndexByte(addr, ':')
	if i < 0 {
		return addr
	}
	return strings.Trim(addr[:i], "[]")
}

func (t *task) joinToken(s *fsm.State, proof []byte) (*access.Token, error) {
	bad := fault.New(fault.Unauthenticated, "the join token is not valid here").
		WithHint("It may have expired, been used up or belong to another cluster; `quorate operator join-token` makes a new one.")
	if len(proof) != len(key.ID{})+tokenSecret {
		return nil, bad
	}
	tok, err := t.v.proven(s, key.ID(proof[:16]), proof[16:], access.Join)
	if err != nil {
		return nil, err
	}
	if tok == nil {
		return nil, bad
	}
	t.entry.Caller.Token = tok.ID
	return tok, nil
}

// vacant refuses the name of a live member: only one that is not there any more may be replaced, by removing it first.
// A node that asks again under its own address, because the first answer was lost, is let in again; but one that has had a
// vote must not: empty, it no longer knows what it promised as a voter.
func (t *task) vacant(node, peer string) error {
	for _, m := range t.link.members.Members() {
		if m.Node == node && m.Peer != peer {
			return fault.New(fault.Exists, "a member is called %s already", node).
				WithHint("Choose another --name, or remove the old member first: quorate operator remove %s", node)
		}
		if m.Node == node && m.Role != "nonvoter" {
			return fault.New(fault.Exists, "the member %s votes, and an empty node does not know what it promised", node).
				WithHint("Remove it first: quorate operator remove %s", node)
		}
		if m.Node == node && m.Healthy {
			return fault.New(fault.Exists, "the member %s is alive", node)
		}
		if m.Node != node && m.Peer == peer && peer != "" { // the log would refuse it when the token is used up
			return fault.New(fault.Exists, "the address %s is that of the member %s", clip(peer), m.Node).
				WithHint("Give the node another address, or remove that member first: quorate operator remove %s", m.Node)
		}
	}
	return nil
}

// mayReplace refuses to have a member replaced by whoever has a token that was not made for that. tok is nil when this was looked at before.
func mayReplace(tok *access.Token, replace string) error {
	switch {
	case tok == nil || tok.Principal == replace:
		return nil
	case tok.Principal == "":
		return fault.New(fault.Denied, "the join token does not say that %s may be replaced", clip(replace)).
			WithHint("Make one that does: quorate operator join-token --uses 1 --replace %s", clip(replace))
	default:
		return fault.New(fault.Denied, "the join token was made to replace %s", tok.Principal).
			WithHint("Start the node with --replace %s, or make another token.", tok.Principal)
	}
}

package vault

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/quorate/quorate/seal"
	"github.com/quorate/quorate/seal/handin"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// Peer methods of handing in by file, to be reachable under these names.
const (
	MethodHandInKey  = "seal/hand-in-key"
	MethodHandInFile = "seal/hand-in-file"
)

// HandInLife is how long a request for shares by file is good, unless told otherwise.
const HandInLife = 4 * time.Hour

// HandInRequest is what custodians encrypt their shares to, on machines without a network. None of it is secret.
type HandInRequest struct {
	Text        []byte // for a file
	ID          string // of the ceremony
	Fingerprint string // over the text, for people to compare
	Nodes       []string
	Expires     time.Time
}

// vouch makes this node's key for a ceremony, and signs it as the node that its certificate names.
func (v *Vault) vouch(keys *handin.Keys, c *handin.Ceremony) (handin.Key, error) {
	if v.cfg.Sign == nil || v.cfg.Certificate == nil {
		return handin.Key{}, fault.New(fault.BadState, "node %s has no certificate to vouch for a key with", v.cfg.Node)
	}
	public, err := keys.Public(c, v.cfg.Node)
	if err != nil {
		return handin.Key{}, err
	}
	k := handin.Key{Node: v.cfg.Node, Public: public, Certificate: v.cfg.Certificate()}
	k.Signature, _, err = v.cfg.Sign(handin.Statement(c, k.Node, public))
	return k, err
}

// requested puts a request together.
func requested(c *handin.Ceremony, keys []handin.Key) (*HandInRequest, error) {
	slices.SortFunc(keys, func(a, b handin.Key) int { return cmp.Compare(a.Node, b.Node) })
	r := &handin.Request{Ceremony: *c, Keys: keys}
	text, err := r.Text()
	if err != nil {
		return nil, err
	}
	out := &HandInRequest{Text: text, ID: c.ID(), Fingerprint: r.Fingerprint(), Expires: c.Ends()}
	for _, k := range keys {
		out.Nodes = append(out.Nodes, k.Node)
	}
	return out, nil
}

// RequestHandIn gives out keys to which custodians encrypt shares that open the cluster: this node's, and those of all members that
// answer. Any of them takes the file. Nothing is begun by it, so anybody may ask. life 0 means HandInLife.
func (v *Vault) RequestHandIn(ctx context.Context, c access.Caller, life time.Duration) (*HandInRequest, error) {
	t := v.start("sys.unseal-request", access.Unchecked, c, true)
	r, err := t.requestHandIn(ctx, cmp.Or(life, HandInLife))
	if err := t.done(err); err != nil {
		return nil, err
	}
	return r, nil
}

func (t *task) requestHandIn(ctx context.Context, life time.Duration) (*HandInRequest, error) {
	v := t.v
	if err := v.requests.admit(v.cfg.Now(), "keys for shares by file are asked for"); err != nil {
		return nil, err
	}
	l, cfg, err := v.settled(ctx, ownWait)
	if err != nil {
		return nil, err
	}
	y, err := handin.NewCeremony(handin.Unseal, cfg.Cluster, cfg.Epoch, v.cfg.Now(), life)
	if err != nil {
		return nil, err
	}
	t.change("ceremony", y.ID())
	own, err := v.vouch(v.handKeys, y)
	if err != nil {
		return nil, err
	}
	body, err := cbor.Marshal(y)
	if err != nil {
		return nil, err
	}
	keys := []handin.Key{own}
	v.everyOther(ctx, l, MethodHandInKey, body, func(node string, answer []byte, err error) {
		var k handin.Key
		if err == nil {
			err = decodeCall.Unmarshal(answer, &k)
		}
		if err != nil || k.Node != node {
			v.log.Warn("a member gave no key for shares by file", "member", node, "err", err)
			return
		}
		keys = append(keys, k)
	})
	r, err := requested(y, keys)
	if err != nil {
		return nil, err
	}
	t.change("members", strings.Join(r.Nodes, " "))
	return r, nil
}

// HandleHandInKey gives another member this node's key for a ceremony.
func (v *Vault) HandleHandInKey(ctx context.Context, _ string, body []byte) ([]byte, error) {
	var y handin.Ceremony
	if err := decodeCall.Unmarshal(body, &y); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the ceremony cannot be read")
	}
	_, cfg, err := v.settled(ctx, peersWait)
	if err != nil {
		return nil, err
	}
	if y.Cluster != cfg.Cluster || y.Kind != handin.Unseal {
		return nil, fault.New(fault.Invalid, "this is not a ceremony of this cluster")
	}
	k, err := v.vouch(v.handKeys, &y)
	if err != nil {
		return nil, err
	}
	return cbor.Marshal(k)
}

// HandIn takes a share in a file that was encrypted to a request. It is opened by this node, or by another that it is addressed to, and
// goes on as if it had been handed in plain. fault.Invalid and fault.BadState name what is wrong with the file: of another cluster,
// ceremony or epoch, expired, or of a ceremony that is over.
func (v *Vault) HandIn(ctx context.Context, c access.Caller, text []byte) (*Unsealing, error) {
	t := v.start("sys.unseal-hand-in", access.Unchecked, c, true)
	t.caller.Kind = access.ByShare
	u, err := t.handIn(ctx, text)
	if u != nil {
		t.change("need", number(uint32(u.Progress.Need)))
		t.change("have", number(uint32(u.Progress.Have)))
	}
	if err := t.done(err); err != nil {
		return nil, err
	}
	return u, nil
}

func (t *task) handIn(ctx context.Context, text []byte) (*Unsealing, error) {
	v := t.v
	l, cfg, err := v.settled(ctx, ownWait)
	if err != nil {
		return nil, err
	}
	var line []byte
	f, err := t.handedFile(cfg, text)
	if err == nil {
		line, err = v.openFile(f)
	}
	if err != nil { // only now: strangers, whose files open nowhere, keep no custodian waiting
		if err := v.handIns.admit(v.cfg.Now(), "files that this node does not open are handed in"); err != nil {
			return nil, err
		}
		if f == nil {
			return nil, err
		}
		line, err = v.openElsewhere(ctx, l, text, err)
	}
	if err != nil {
		return nil, err
	}
	defer clear(line)
	return t.unseal(ctx, line)
}

// handedFile reads a file and tells what is wrong with handing it in to this cluster.
func (t *task) handedFile(cfg *seal.Config, text []byte) (*handin.File, error) {
	f, err := handin.ParseFile(text)
	if err != nil {
		return nil, err
	}
	t.change("ceremony", f.Ceremony.ID())
	if err := f.For(handin.Unseal, cfg.Cluster, ""); err != nil {
		return nil, err
	}
	if err := sameEpoch(f, cfg.Epoch); err != nil {
		return nil, err
	}
	return f, nil
}

func sameEpoch(f *handin.File, epoch uint16) error {
	if f.Ceremony.Epoch != epoch {
		return fault.New(fault.Invalid, "the file holds a share of epoch %d, and shares of epoch %d are asked for", f.Ceremony.Epoch, epoch).
			WithHint("Make a new request, and let the custodian use the share of epoch %d.", epoch)
	}
	return nil
}

// openFile copies the share out of a file. The caller clears it.
func (v *Vault) openFile(f *handin.File) (line []byte, err error) {
	err = v.handKeys.Open(f, v.cfg.Node, func(b []byte) error { line = append([]byte(nil), b...); return nil })
	return line, err
}

// openElsewhere has another member open the file; own says why this one cannot, and is what the caller hears if nobody can.
func (v *Vault) openElsewhere(ctx context.Context, l *link, text []byte, own error) (line []byte, err error) {
	failed := own
	v.everyOther(ctx, l, MethodHandInFile, text, func(node string, answer []byte, err error) {
		switch {
		case err == nil && line == nil:
			line = answer
		case err == nil:
			clear(answer)
		case errors.Is(failed, fault.NotFound) && (errors.Is(err, fault.BadState) || errors.Is(err, fault.Invalid)):
			failed = err
		default:
			v.log.Info("a member does not open a share by file", "member", node, "err", err)
		}
	})
	if line != nil {
		return line, nil
	}
	return nil, failed
}

// HandleHandInFile opens a file for the member that it was handed in at. Shares travel between members as in a ceremony: over mTLS.
func (v *Vault) HandleHandInFile(ctx context.Context, from string, body []byte) ([]byte, error) {
	t := v.start("sys.unseal-hand-in", access.Unchecked, access.Caller{Kind: access.ByShare, Door: "peer", Node: from}, true)
	line, err := t.openFor(ctx, body)
	if err := t.done(err); err != nil {
		clear(line)
		return nil, err
	}
	return line, nil
}

func (t *task) openFor(ctx context.Context, text []byte) ([]byte, error) {
	_, cfg, err := t.v.settled(ctx, peersWait)
	if err != nil {
		return nil, err
	}
	f, err := t.handedFile(cfg, text)
	if err != nil {
		return nil, err
	}
	if err := t.intend(); err != nil {
		return nil, err
	}
	return t.v.openFile(f)
}

// rekeyRequest asks for shares by file for a change of shares.
type rekeyRequest struct {
	ID   string        `cbor:"1,keyasint"`
	Life time.Duration `cbor:"2,keyasint"`
}

var opRequestRekey = newWrite("sys.rekey-request", access.Operate, requestRekey)

// RequestRekeyHandIn gives out the leader's key for the shares that a change of shares waits for now, and keeps that change alive as long
// as the request is good. It ends with the change, or when the leader changes. life 0 means HandInLife.
func (v *Vault) RequestRekeyHandIn(ctx context.Context, c access.Caller, id string, life time.Duration) (*HandInRequest, error) {
	return opRequestRekey.do(ctx, v, c, rekeyRequest{id, cmp.Or(life, HandInLife)})
}

func requestRekey(_ context.Context, t *task, in rekeyRequest) (*HandInRequest, error) {
	if err := t.allow(access.OfVault()); err != nil {
		return nil, err
	}
	cfg, err := sealConfig(t.link.machine.State())
	if err != nil {
		return nil, err
	}
	r, now := &t.v.rekey, t.v.cfg.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.liveLocked(now) || r.id != in.ID {
		return nil, noRekey()
	}
	epoch := cfg.Epoch
	if r.next != nil {
		epoch = r.next.Epoch
	}
	y, err := handin.NewCeremony(handin.Rekey, cfg.Cluster, epoch, now, in.Life)
	if err != nil {
		return nil, err
	}
	t.change("ceremony", y.ID())
	if err := t.intend(); err != nil {
		return nil, err
	}
	own, err := t.v.vouch(r.keys, y)
	if err != nil {
		return nil, err
	}
	if y.Ends().After(r.until) {
		r.until = y.Ends()
	}
	return requested(y, []handin.Key{own})
}

// HandInRekey is SubmitRekey with a share in a file that was encrypted to a request of that change.
func (v *Vault) HandInRekey(ctx context.Context, c access.Caller, id string, text []byte) (*Rekeying, error) {
	return opSubmitRekey.do(ctx, v, c, rekeyIn{ID: id, File: text})
}

// shareOf is the share that was handed in, out of its file if it came in one. The caller clears it; r's lock is held.
func (r *rekeyRoom) shareOf(t *task, in rekeyIn, epoch uint16, cluster [16]byte) ([]byte, error) {
	if len(in.File) == 0 {
		return in.Share, nil
	}
	f, err := handin.ParseFile(in.File)
	if err != nil {
		return nil, err
	}
	t.change("ceremony", f.Ceremony.ID())
	if err := f.For(handin.Rekey, cluster, ""); err != nil {
		return nil, err
	}
	var line []byte
	err = r.keys.Open(f, t.v.cfg.Node, func(b []byte) error { line = append(line, b...); return nil })
	if err == nil {
		err = sameEpoch(f, epoch)
	}
	if err != nil {
		clear(line)
		return nil, err
	}
	return line, nil
}

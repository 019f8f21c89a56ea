package rest

import (
	"encoding/hex"
	"encoding/pem"
	"time"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

func recordOf(r *key.Record) api.Record {
	shows := r.Shows()
	out := api.Record{
		ID: r.ID.String(), Name: r.Name, Algorithm: r.Algorithm.String(), Bits: shows.Bits, Usage: r.Usage.Names(), State: r.State.String(),
		Versions: make([]api.Version, len(r.Versions)), MinDecryptVersion: r.MinDecrypt, Exportable: r.Exportable, RevealIdle: r.RevealIdle,
		RotateEvery: key.FormatPeriod(r.RotateEvery), NextRotation: r.NextRotate.String(),
		ActivateAt: r.ActivateAt.String(), DeactivateAt: r.DeactivAt.String(), DestroyAt: r.DestroyAt.String(),
		Tags: r.Tags, Attributes: r.Attributes, Owner: r.Owner, UsageLimit: r.UsageLimit, Reason: r.Reason,
		RotateAfterUses: r.RotateUses, RotateAfterBytes: r.RotateBytes, RetireAfter: key.FormatPeriod(r.RetireAfter),
		CreatedAt: r.Created.String(), UpdatedAt: r.Updated.String(), ETag: etag(r.Revision), Origin: r.Origin.String(), Links: linksOf(r.Links),
	}
	out.Type, out.Sensitive, out.AlwaysSensitive, out.NeverExtractable = access.TypeName(r.Type), r.Sensitive(), r.AlwaysSensitive(), r.NeverExportable()
	out.DestroyHeld, out.DestroyWaitsFor, out.ArchivedAt = heldOf(r.Ending), shows.WaitsFor, r.Archived.String()
	out.Names, out.Groups = labelsOf(r.Names), labelsOf(r.Groups)
	out.ProcessStartsAt, out.ProtectionStopsAt = r.ProcessStart.String(), r.ProtectStop.String()
	if r.LimitBytes {
		out.UsageLimitUnit = limitBytes
	}
	if r.UsageLimit > 0 {
		left := shows.UsageLeft
		out.UsageLeft = &left
	}
	if latest := r.Latest(); latest != nil {
		out.Latest = latest.Number
	}
	if !r.Parent.IsZero() {
		out.Parent = r.Parent.String()
	}
	var last key.Time
	for i := range r.Versions {
		out.Versions[i] = versionOf(&r.Versions[i])
		out.Versions[i].OccurredAt = r.Occurred[r.Versions[i].Number].String()
		last = max(last, r.Versions[i].Use().Last)
	}
	out.LastUsedAt = last.String()
	return out
}

// heldOf is why a destruction that was due did not happen.
func heldOf(e key.Ending) string {
	if e == key.Held {
		return "in-use"
	}
	return ""
}

func labelsOf(all []key.Label) []api.Label {
	var out []api.Label
	for _, l := range all {
		out = append(out, api.Label{Value: l.Value, Type: l.Kind, Index: l.Index})
	}
	return out
}

func versionOf(v *key.Version) api.Version {
	used := v.Use()
	out := api.Version{
		Version: v.Number, State: v.State.String(), CreatedAt: v.Created.String(), ActivatedAt: v.Activated.String(),
		DeactivatedAt: v.Deactivated.String(), CompromisedAt: v.Compromised.String(), DestroyedAt: v.Destroyed.String(),
		DestroyAt: v.DestroyAt.String(), Reason: v.Reason, CheckValue: hex.EncodeToString(v.Check), Uses: used.Count, Bytes: used.Bytes, LastUsedAt: used.Last.String(),
	}
	out.DestroyHeld = heldOf(v.Ending)
	if len(v.Public) > 0 {
		out.PublicKey = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: v.Public}))
	}
	return out
}

// recorded is recordOf over a method's two results.
func recorded(r *key.Record, err error) (api.Record, error) {
	if err != nil {
		return api.Record{}, err
	}
	return recordOf(r), nil
}

func etag(revision uint64) string { return `"` + decimal(revision) + `"` }

// limitBytes is the unit of a usage limit that is not the number of uses.
const limitBytes = "bytes"

func keySpec(in *api.CreateKeyRequest) (s vault.KeySpec, err error) {
	s = vault.KeySpec{Name: in.Name, Bits: in.Bits, Exportable: in.Exportable, Sensitive: in.Sensitive, RevealIdle: in.RevealIdle, PreActive: in.PreActive, Parent: in.Parent, Tags: in.Tags, Attributes: in.Attributes, UsageLimit: in.UsageLimit}
	switch in.UsageLimitUnit {
	case limitBytes:
		s.LimitBytes = true
	case "", "uses":
	default:
		return s, fault.New(fault.Invalid, "usage_limit_unit is neither uses nor bytes")
	}
	if in.Algorithm != "" {
		if s.Algorithm, err = key.ParseAlgorithm(in.Algorithm); err != nil {
			return s, of("algorithm", err)
		}
	}
	if s.Usage, err = key.ParseUsage(in.Usage); err != nil {
		return s, of("usage", err)
	}
	if s.RotateEvery, err = key.ParsePeriod(in.RotateEvery); err != nil {
		return s, of("rotate_every", err)
	}
	if s.ActivateAt, err = key.ParseTime(in.ActivateAt); err != nil {
		return s, of("activate_at", err)
	}
	if s.DeactivAt, err = key.ParseTime(in.DeactivateAt); err != nil {
		return s, of("deactivate_at", err)
	}
	return s, lifeSpec(in, &s)
}

func keyPatch(in *api.UpdateKeyRequest, ifMatch uint64) (p vault.KeyPatch, err error) {
	p = vault.KeyPatch{IfMatch: ifMatch, Tags: in.Tags, MinDecrypt: in.MinDecryptVersion, Exportable: in.Exportable, Sensitive: in.Sensitive}
	if p.RotateEvery, err = optional("rotate_every", in.RotateEvery, key.ParsePeriod); err != nil {
		return p, err
	}
	if p.ActivateAt, err = optional("activate_at", in.ActivateAt, key.ParseTime); err != nil {
		return p, err
	}
	if p.DeactivAt, err = optional("deactivate_at", in.DeactivateAt, key.ParseTime); err != nil {
		return p, err
	}
	return p, lifePatch(in, &p)
}

// optional parses a field that may be absent.
func optional[T any](name string, given *string, parse func(string) (T, error)) (*T, error) {
	if given == nil {
		return nil, nil //nolint:nilnil // absent is neither a value nor an error
	}
	v, err := parse(*given)
	if err != nil {
		return nil, of(name, err)
	}
	return &v, nil
}

// of says which field an error is about.
func of(name string, err error) error {
	f := fault.Of(err)
	return fault.Wrap(f.Kind, err, "%s: %s", name, f.Message).WithHint("%s", f.NextStep())
}

func tokenOf(t *access.Token) api.Token {
	out := api.Token{
		ID: t.ID.String(), Principal: t.Principal, Groups: t.Groups, Kind: "bearer",
		ExpiresAt: t.Expires.String(), MaxUntil: t.MaxUntil.String(),
		TTL: key.FormatPeriod(time.Duration(t.TTL) * time.Millisecond),
	}
	switch t.Kind {
	case access.Join:
		out.Kind = "join"
	case access.Ticket:
		out.Kind = "ticket"
	}
	if !t.Parent.IsZero() {
		out.Parent = t.Parent.String()
	}
	return out
}

func policyOf(p vault.PolicyText) api.Policy {
	return api.Policy{Name: p.Name, Policy: p.Text, Revision: p.Revision, UpdatedAt: p.Updated.String()}
}

func membersOf(all []vault.Member) []api.Member {
	out := make([]api.Member, len(all))
	for i, m := range all {
		out[i] = api.Member{ID: m.Node, Role: m.Role, API: m.API, Peer: m.Peer, Gossip: m.Gossip, Sealed: m.Sealed, Healthy: m.Healthy, Applied: m.Applied, Disk: diskOf(m.Disk), Zone: m.Zone, Replica: m.Replica, Version: m.Version, Level: m.Level}
	}
	return out
}

// diskOf is nil where nothing is known.
func diskOf(d vault.Disk) *api.Disk {
	if d == (vault.Disk{}) {
		return nil
	}
	return &api.Disk{Free: d.Free, Mark: d.Mark, Low: d.Low}
}

func statusOf(s vault.Status) api.Status {
	out := api.Status{
		Node: s.Node, Version: s.Version, ClusterID: s.Cluster, Initialized: s.Initialized, Sealed: s.Sealed, Leader: s.Leader,
		Role: s.Role, Members: membersOf(s.Members), Disk: diskOf(s.Disk), Index: s.Index, Fresh: s.Fresh, Reason: s.Why, Level: s.Level, HoldLevel: s.HoldLevel,
	}
	if c := s.Ceremony; c != nil {
		out.Ceremony = &api.Ceremony{ID: c.ID, Have: c.Have, Need: c.Need, Expires: stampOf(c.Expires)}
	}
	if o := s.Opening; o.State != "" {
		out.Opening = &api.Opening{State: o.State, Reason: o.Reason, Hint: o.Hint}
	}
	return out
}

func unsealingOf(u *vault.Unsealing) api.UnsealResponse {
	out := api.UnsealResponse{
		Sealed: u.Sealed, Have: u.Progress.Have, Need: u.Progress.Need, ID: u.Progress.ID, Expires: stampOf(u.Progress.Expires),
		Members: make([]api.SealMember, len(u.Members)),
	}
	for i, m := range u.Members {
		out.Members[i] = api.SealMember{ID: m.Node, Sealed: m.Sealed}
	}
	return out
}

func rekeyingOf(r *vault.Rekeying) api.RekeyResponse {
	return api.RekeyResponse{ID: r.ID, Phase: r.Phase, Have: r.Progress.Have, Need: r.Progress.Need, Epoch: r.Epoch, Expires: stampOf(r.Progress.Expires)}
}

func keyringOf(k *vault.KeyringStatus) api.Keyring {
	out := api.Keyring{Term: k.Term, Terms: make([]api.KeyringTerm, len(k.Terms)), Rewrap: api.Rewrapping{Active: k.Active, Done: k.Done, Total: k.Total}}
	for i, t := range k.Terms {
		out.Terms[i] = api.KeyringTerm{Term: t.Term, Versions: t.Versions}
	}
	return out
}

func stampOf(t time.Time) string { return key.At(t).String() }

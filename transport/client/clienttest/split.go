package clienttest

import (
	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// keep is a new record under a name.
func (s *state) keep(e *entry, name string) (api.Record, error) {
	if _, taken := s.names[name]; taken {
		return api.Record{}, fault.New(fault.Exists, "the name %q is taken", name)
	}
	r := &e.record
	r.ID, r.Name, r.State, r.Owner, r.CreatedAt, r.UpdatedAt, r.ETag, r.Origin = newID(), name, "active", "root", when, when, `"1"`, "derived"
	r.Latest, r.Versions = 1, []api.Version{{Version: 1, State: "active", CreatedAt: when}}
	s.keys[r.ID], s.names[name] = e, r.ID
	return *r, nil
}

// split makes parts that each know the key: here nobody shares a secret.
func (rt *route) split(st *state, of *entry) (any, int, error) {
	return write(rt, 201, func(in api.SplitRequest) (out api.SplitResponse, err error) {
		if !of.record.Exportable || of.record.Sensitive {
			return out, fault.New(fault.Denied, "the key is not exportable in plain")
		}
		if in.Threshold < 2 || in.Threshold > len(in.Names) {
			return out, fault.New(fault.Invalid, "%d of %d parts are no threshold", in.Threshold, len(in.Names))
		}
		for _, name := range in.Names {
			e := &entry{record: api.Record{Algorithm: "opaque", Type: "split-key", Exportable: true, Tags: in.Tags, Links: []api.Link{{Kind: "base", To: of.record.ID}}}, materials: of.materials[len(of.materials)-1:]}
			r, err := st.keep(e, name)
			if err != nil {
				return out, err
			}
			out.Parts = append(out.Parts, r)
		}
		return out, nil
	})
}

func (rt *route) join(st *state) (any, int, error) {
	return write(rt, 201, func(in api.JoinRequest) (api.Record, error) {
		e := &entry{record: api.Record{Algorithm: in.Key.Algorithm, Usage: usageOf(in.Key), Exportable: in.Key.Exportable, Tags: in.Key.Tags}}
		for _, ref := range in.Parts {
			part, err := st.find(ref)
			if err != nil {
				return api.Record{}, err
			}
			if part.record.Type != "split-key" || len(in.Parts) < 2 {
				return api.Record{}, fault.New(fault.Invalid, "too few parts, or what is none")
			}
			e.materials = part.materials
			e.record.Links = append(e.record.Links, api.Link{Kind: "base", To: part.record.ID})
			if of, err := st.find(part.record.Links[0].To); err == nil && e.record.Algorithm == "" {
				e.record.Algorithm = of.record.Algorithm
			}
		}
		e.record.Type = typeOf(e.record.Algorithm)
		return st.keep(e, in.Key.Name)
	})
}

func (rt *route) issue(st *state, signer *entry) (any, int, error) {
	return write(rt, 201, func(in api.IssueRequest) (api.Record, error) {
		if in.Replaces != "" {
			return rt.renew(st, in)
		}
		if typeOf(signer.record.Algorithm) != "private-key" || in.Of == "" && in.CSR == "" {
			return api.Record{}, fault.New(fault.Invalid, "the key signs no certificates, or none is asked for")
		}
		e := &entry{record: api.Record{Algorithm: "x509", Type: "certificate", Usage: []string{}, Tags: in.Tags}, certificate: "-----BEGIN CERTIFICATE-----\n"}
		if in.Of != "" {
			of, err := st.find(in.Of)
			if err != nil {
				return api.Record{}, err
			}
			e.record.Links = []api.Link{{Kind: "private-key", To: of.record.ID}}
		}
		return st.keep(e, in.Name)
	})
}

// renew puts a certificate in the place of another.
func (rt *route) renew(st *state, in api.IssueRequest) (api.Record, error) {
	old, err := st.find(in.Replaces)
	if err != nil {
		return api.Record{}, err
	}
	if err := rt.ifMatch(old); err != nil {
		return api.Record{}, err
	}
	e := &entry{record: api.Record{Algorithm: "x509", Type: "certificate", Usage: []string{}, Tags: old.record.Tags}, certificate: old.certificate}
	for _, l := range old.record.Links {
		if l.Kind == "replacement" {
			return api.Record{}, fault.New(fault.BadState, "the certificate was replaced before")
		}
		if l.Kind == "private-key" {
			e.record.Links = append(e.record.Links, l)
		}
	}
	e.record.Links = append(e.record.Links, api.Link{Kind: "replaced", To: old.record.ID})
	name := old.record.Name
	delete(st.names, name)
	old.record.Name += "/" + old.record.ID
	st.names[old.record.Name] = old.record.ID
	r, err := st.keep(e, name)
	old.record.Links = append(old.record.Links, api.Link{Kind: "replacement", To: r.ID})
	return r, err
}

package clienttest

import (
	"strings"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// ClusterID is that of every stand-in.
const ClusterID = testID + "-0000-4000-8000-000000000000"

func (rt *route) membersOf(st *state) []api.Member {
	all := []api.Member{}
	for i, m := range st.members {
		role := "voter"
		if i == 0 {
			role = "leader"
		}
		all = append(all, api.Member{ID: m.Name, Role: role, API: strings.TrimPrefix(m.URL, "https://"), Sealed: st.sealed, Healthy: true, Applied: st.index})
	}
	return all
}

func (rt *route) system(st *state) (any, int, error) {
	switch {
	case rt.is("GET", "v1", "sys", "doctor"):
		return api.Doctor{Node: rt.server.Name, At: when, Verdict: "attention", Findings: []api.Finding{
			{Check: "spare voters", Severity: "attention", Detail: "1 of 1 voters up, 0 may be lost", Next: "Add nodes."},
		}}, 200, nil
	case rt.is("GET", "v1", "sys", "status"):
		s := api.Status{Node: rt.server.Name, Version: Mark, ClusterID: ClusterID, Initialized: !st.fresh, Sealed: st.sealed, Leader: st.members[0].Name, Role: "voter", Members: rt.membersOf(st), Index: st.index, Fresh: !st.sealed}
		if st.have > 0 && st.sealed {
			s.Ceremony = &api.Ceremony{ID: "u1", Have: st.have, Need: st.need, Expires: when}
		}
		return s, 200, nil
	case rt.is("POST", "v1", "sys", "init"):
		var in api.InitRequest
		if err := decode(rt.r, &in); err != nil {
			return nil, 0, err
		}
		if !st.fresh {
			return nil, 0, fault.New(fault.Exists, "the cluster was founded before")
		}
		st.fresh = false
		return api.InitResponse{ClusterID: ClusterID, Shares: st.shares[:in.Shares], RootToken: RootToken, CACertificate: string(rt.server.PEM()), JoinToken: "qj_" + Mark}, 200, nil
	case rt.is("POST", "v1", "sys", "unseal"), rt.is("POST", "v1", "sys", "unseal", "reset"):
		return rt.unseal(st)
	case rt.is("POST", "v1", "sys", "seal"):
		return write(rt, 200, func(api.SealRequest) (struct{}, error) {
			st.sealed, st.have = true, 0
			return struct{}{}, nil
		})
	case rt.is("GET", "v1", "sys", "members"):
		return api.Members{Members: rt.membersOf(st)}, 200, nil
	case rt.is("GET", "v1", "sys", "digest"):
		return api.Digest{Node: "node1", Index: 42, Digest: strings.Repeat("5a", 32)}, 200, nil
	case rt.is("GET", "v1", "sys", "slots"):
		return api.Slots{Slots: rt.slotsOf(st)}, 200, nil
	case rt.is("POST", "v1", "sys", "slots"):
		return write(rt, 201, func(in api.SlotRequest) (api.Slot, error) {
			if st.quorum != nil && !in.Replace {
				return api.Slot{}, fault.New(fault.Exists, "members open themselves already")
			}
			st.quorum = &api.QuorumSlot{Dealt: true, Members: []string{"node1"}, Window: in.Window, Away: in.Away, ColdStart: in.ColdStart}
			return rt.slotsOf(st)[1], nil
		})
	case rt.is("DELETE", "v1", "sys", "slots", "*"):
		return write(rt, 204, func(struct{}) (struct{}, error) {
			if rt.at[3] != "quorum" || st.quorum == nil {
				return struct{}{}, fault.New(fault.NotFound, "there is no slot %q", rt.at[3])
			}
			st.quorum = nil
			return struct{}{}, nil
		})
	case rt.is("GET", "v1", "sys", "keyring"):
		return api.Keyring{Term: 1, Terms: []api.KeyringTerm{{Term: 1}}}, 200, nil
	case rt.is("POST", "v1", "sys", "keyring", "rotate"):
		return write(rt, 200, func(struct{}) (api.Keyring, error) {
			return api.Keyring{Term: 2, Terms: []api.KeyringTerm{{Term: 1}, {Term: 2}}, Rewrap: api.Rewrapping{Active: true, Total: len(st.keys)}}, nil
		})
	case rt.is("POST", "v1", "sys", "join-tokens"):
		return write(rt, 200, func(in api.JoinTokenRequest) (api.JoinTokenResponse, error) {
			return api.JoinTokenResponse{JoinToken: "qj_" + Mark + "-new", ID: newID(), Uses: in.Uses}, nil
		})
	case rt.is("POST", "v1", "sys", "leader", "transfer"):
		return write(rt, 200, func(api.TransferRequest) (struct{}, error) { return struct{}{}, nil })
	case rt.is("POST", "v1", "sys", "members", "*", "promote"), rt.is("POST", "v1", "sys", "members", "*", "demote"), rt.is("POST", "v1", "sys", "members", "*", "approve-opening"), rt.is("DELETE", "v1", "sys", "members", "*"):
		return write(rt, 200, func(struct{}) (struct{}, error) {
			for _, m := range st.members {
				if m.Name == rt.at[3] {
					return struct{}{}, nil
				}
			}
			return struct{}{}, fault.New(fault.NotFound, "there is no member %q", rt.at[3])
		})
	}
	return rt.rekey(st)
}

func (rt *route) slotsOf(st *state) []api.Slot {
	all := []api.Slot{{ID: "s1", Kind: "shamir", Epoch: 1, Threshold: 2, Shares: 3}}
	if st.quorum != nil {
		all = append(all, api.Slot{ID: "quorum", Kind: "quorum", Epoch: 1, Threshold: 2, Shares: 3, Quorum: st.quorum})
	}
	return all
}

func (rt *route) unseal(st *state) (any, int, error) {
	var in api.ShareRequest
	if err := decode(rt.r, &in); err != nil {
		return nil, 0, err
	}
	if rt.at[len(rt.at)-1] == "reset" {
		st.have = 0
	} else if st.sealed {
		if st.have++; st.have >= st.need {
			st.sealed = false
		}
	}
	out := api.UnsealResponse{Sealed: st.sealed, Have: st.have, Need: st.need, ID: "u1", Expires: when}
	for _, m := range st.members {
		out.Members = append(out.Members, api.SealMember{ID: m.Name, Sealed: st.sealed})
	}
	return out, 200, nil
}

func (rt *route) rekey(st *state) (any, int, error) {
	none := fault.New(fault.NotFound, "no change of shares is under way")
	switch {
	case rt.is("GET", "v1", "sys", "rekey"):
		if st.rekey == nil {
			return nil, 0, none
		}
		return *st.rekey, 200, nil
	case rt.is("DELETE", "v1", "sys", "rekey"):
		return write(rt, 200, func(struct{}) (struct{}, error) { st.rekey = nil; return struct{}{}, nil })
	case rt.is("POST", "v1", "sys", "rekey", "start"):
		return write(rt, 200, func(in api.RekeyRequest) (api.RekeyResponse, error) {
			if st.rekey != nil {
				return api.RekeyResponse{}, fault.New(fault.Exists, "a change of shares is under way")
			}
			st.rekey = &api.RekeyResponse{ID: "r1", Phase: "prove", Need: st.need, Epoch: 2}
			return *st.rekey, nil
		})
	case rt.is("POST", "v1", "sys", "rekey", "share"):
		var in api.ShareRequest
		if err := decode(rt.r, &in); err != nil {
			return nil, 0, err
		}
		if st.rekey == nil || in.ID != st.rekey.ID {
			return nil, 0, none
		}
		st.rekey.Have++
		out := *st.rekey
		if out.Have < out.Need {
			return out, 200, nil
		}
		if out.Phase == "prove" {
			st.rekey.Phase, st.rekey.Have = "verify", 0
			out = *st.rekey
			out.Shares = st.shares
			return out, 200, nil
		}
		out.Phase = "done"
		st.rekey = nil
		return out, 200, nil
	}
	return nil, 0, noRoute(rt.r)
}

func (rt *route) tokens(st *state) (any, int, error) {
	self := api.Token{ID: "root-id", Principal: "root", Groups: []string{"root"}, Kind: "bearer"}
	if rt.is("GET", "v1", "tokens") {
		all := api.Tokens{Tokens: []api.Token{self}}
		for _, t := range st.tokens {
			t.Token = ""
			all.Tokens = append(all.Tokens, t)
		}
		return all, 200, nil
	}
	if rt.is("POST", "v1", "tokens") {
		return write(rt, 201, func(in api.TokenRequest) (api.Token, error) {
			t := api.Token{ID: newID(), Token: "qt_" + newID(), Principal: in.Principal, Groups: in.Groups, Kind: "bearer"}
			st.tokens[t.Token] = t
			return t, nil
		})
	}
	if len(rt.at) < 3 {
		return nil, 0, noRoute(rt.r)
	}
	secret, found := "", self
	for s, t := range st.tokens {
		if t.ID == rt.at[2] {
			secret, found = s, t
		}
	}
	if rt.at[2] != "self" && secret == "" {
		return nil, 0, fault.New(fault.NotFound, "there is no token %q", rt.at[2])
	}
	found.Token = ""
	switch {
	case rt.is("GET", "v1", "tokens", "*"):
		return found, 200, nil
	case rt.is("POST", "v1", "tokens", "*", "renew"):
		return write(rt, 200, func(struct{}) (api.Token, error) { return found, nil })
	case rt.is("DELETE", "v1", "tokens", "*"):
		return write(rt, 200, func(struct{}) (struct{}, error) { delete(st.tokens, secret); return struct{}{}, nil })
	}
	return nil, 0, noRoute(rt.r)
}

func (rt *route) policies(st *state) (any, int, error) {
	switch {
	case rt.is("GET", "v1", "policies"):
		all := api.Policies{Policies: []api.Policy{}}
		for _, p := range st.policies {
			all.Policies = append(all.Policies, p)
		}
		return all, 200, nil
	case rt.is("POST", "v1", "policies", "explain"):
		var in api.ExplainRequest
		if err := decode(rt.r, &in); err != nil {
			return nil, 0, err
		}
		return api.ExplainResponse{Allowed: in.Principal == "root"}, 200, nil
	case rt.is("PUT", "v1", "policies", "*"):
		return write(rt, 200, func(in api.Policy) (api.Policy, error) {
			p := api.Policy{Name: rt.at[2], Policy: in.Policy, Revision: 1, UpdatedAt: when}
			st.policies[p.Name] = p
			return p, nil
		})
	case rt.is("GET", "v1", "policies", "*"), rt.is("DELETE", "v1", "policies", "*"):
		p, ok := st.policies[rt.at[2]]
		if !ok {
			return nil, 0, fault.New(fault.NotFound, "there is no policy %q", rt.at[2])
		}
		if rt.r.Method == "GET" {
			return p, 200, nil
		}
		return write(rt, 200, func(struct{}) (struct{}, error) { delete(st.policies, p.Name); return struct{}{}, nil })
	}
	return nil, 0, noRoute(rt.r)
}

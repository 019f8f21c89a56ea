package rest

import (
	"context"
	"encoding/hex"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// systemRoutes are the operators' routes.
func systemRoutes() []route {
	get, post, del := http.MethodGet, http.MethodPost, http.MethodDelete
	progress := api.UnsealResponse{Sealed: true, Have: 2, Need: 3, ID: "c4", Expires: exampleTime, Members: []api.SealMember{{ID: "n1", Sealed: true}}}
	rekey := api.RekeyResponse{ID: "r1", Phase: "prove", Have: 1, Need: 3, Epoch: 2, Expires: exampleTime}
	keyring := api.Keyring{Term: 2, Terms: []api.KeyringTerm{{Term: 2, Versions: 17}}, Rewrap: api.Rewrapping{Active: true, Done: 17, Total: 40}}
	return []route{
		{
			Method: post, Path: "/v1/sys/init", Op: "sys.init", Summary: "Found the cluster. Shares and tokens are shown this once.",
			serve: takeSecret(initialize), Public: true, Timeout: ceremony, In: api.InitRequest{Shares: 5, Threshold: 3},
			Out: api.InitResponse{ClusterID: exampleID, Shares: []string{"qshare1…"}, RootToken: "qt_…", CACertificate: "-----BEGIN CERTIFICATE-----\n…", JoinToken: "qj_…"},
		},
		{
			Method: post, Path: "/v1/sys/unseal", Op: "sys.unseal", Summary: "Hand in a key share, to any node; it is relayed to every sealed member.",
			serve: take(unseal), Public: true, Body: smallBody, Timeout: ceremony, In: api.ShareRequest{Share: "qshare1…"}, Out: progress,
		},
		{
			Method: post, Path: "/v1/sys/unseal/request", Op: "sys.unseal-request", Summary: "One-time keys of the members, to which custodians encrypt their shares on machines without a network.",
			serve: take(requestHandIn), Public: true, Optional: true, Body: smallBody, Timeout: ceremony, In: api.HandInRequest{TTL: "4h"}, Out: exampleHandIn(),
		},
		{
			Method: post, Path: "/v1/sys/unseal/reset", Op: "sys.unseal-reset", Summary: "Forget the shares handed in so far. A share proves the right to, or a permitted token.",
			serve: take(resetUnseal), Share: true, Optional: true, Body: shareBody, Timeout: ceremony, In: api.ShareRequest{Share: "qshare1…"}, Out: progress,
		},
		{
			Method: post, Path: "/v1/sys/seal", Op: "sys.seal", Summary: "Close every member, or with scope node just this one.",
			serve: takeOnly(sealVault), Optional: true, Body: smallBody, Timeout: ceremony, In: api.SealRequest{Scope: "cluster"},
		},
		{Method: get, Path: "/v1/sys/rekey", Op: "sys.rekey", Summary: "How far the change of shares has come.", serve: give(rekeying), Out: rekey},
		{
			Method: post, Path: "/v1/sys/rekey/start", Op: "sys.rekey-start", Summary: "Begin to replace the shares. The old ones stay good until the new ones are proved.",
			serve: take(startRekey), In: api.RekeyRequest{Shares: 5, Threshold: 3, Verify: vault.VerifyAll}, Out: rekey,
		},
		{
			Method: post, Path: "/v1/sys/rekey/share", Op: "sys.rekey-share", Summary: "Hand in a share: of now to prove, then new ones to verify. Who completes the proof gets the new shares, this once.",
			serve: takeSecret(submitRekey), Body: smallBody, Timeout: ceremony, In: api.ShareRequest{ID: "r1", Share: "qshare1…"}, Out: rekey,
		},
		{
			Method: post, Path: "/v1/sys/rekey/request", Op: "sys.rekey-request", Summary: "The leader's one-time key, to which custodians encrypt the shares that the change of shares waits for.",
			serve: take(requestRekeyHandIn), Body: smallBody, In: api.HandInRequest{TTL: "4h", ID: "r1"}, Out: exampleHandIn(),
		},
		{Method: del, Path: "/v1/sys/rekey", Op: "sys.rekey-cancel", Summary: "Give up the change of shares.", serve: only(cancelRekey)},
		{Method: get, Path: "/v1/sys/keyring", Op: "sys.keyring", Summary: "The terms of the keyring and what is wrapped under each.", serve: give(showKeyring), Out: keyring},
		{
			Method: post, Path: "/v1/sys/keyring/rotate", Op: "sys.keyring-rotate", Summary: "Add a term; every key is wrapped anew in the background.",
			serve: take(rotateKeyring), Optional: true, Body: smallBody, In: struct{}{}, Out: keyring,
		},
		{Method: get, Path: "/v1/sys/members", Op: "sys.members", Summary: "The members of the cluster.", serve: give(listMembers), Out: api.Members{Members: exampleMembers()}},
		{
			Method: get, Path: "/v1/sys/digest", Op: "sys.digest", Summary: "A hash over the whole state of the node that answers. At one index all nodes have the same.",
			serve: give(stateDigest), Out: api.Digest{Node: "n1", Index: 41, Digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		},
		{
			Method: post, Path: "/v1/sys/members/{node}/promote", Op: "sys.member-promote", Summary: "Give a member a vote.",
			serve: takeOnly(onMember((*vault.Vault).Promote)), Optional: true, Body: smallBody, Timeout: ceremony, In: struct{}{},
		},
		{
			Method: post, Path: "/v1/sys/members/{node}/demote", Op: "sys.member-demote", Summary: "Take a member's vote away.",
			serve: takeOnly(onMember((*vault.Vault).Demote)), Optional: true, Body: smallBody, Timeout: ceremony, In: struct{}{},
		},
		{
			Method: del, Path: "/v1/sys/members/{node}", Op: "sys.member-remove", Summary: "Remove a member for good; its certificate is refused from then on.", Timeout: ceremony,
			serve: only(func(ctx context.Context, q *request) error { return q.vault.Remove(ctx, q.caller, q.ref) }),
		},
		{
			Method: post, Path: "/v1/sys/leader/transfer", Op: "sys.leader-transfer", Summary: "Hand leadership to the member named, or to any.",
			serve: takeOnly(transferLeader), Optional: true, Body: smallBody, In: api.TransferRequest{To: "n2"},
		},
		{
			Method: post, Path: "/v1/sys/join-tokens", Op: "sys.join-token", Summary: "Make a token with which a node can join. It is shown this once.",
			serve: takeSecret(createJoinToken), Status: http.StatusCreated, Optional: true, Body: smallBody, In: api.JoinTokenRequest{TTL: "1h", Uses: 1},
			Out: api.JoinTokenResponse{JoinToken: "qj_…", ID: exampleID, ExpiresAt: exampleTime, Uses: 1},
		},
		{
			Method: post, Path: "/v1/sys/client-certificates", Op: "sys.client-certificate", Summary: "Sign a client's certificate with the cluster's CA.",
			serve: take(certifyClient), Status: http.StatusCreated, Body: 32 << 10, In: api.ClientCertificateRequest{Name: "app1", CSR: exampleCSR(), TTL: "90d"},
			Out: api.ClientCertificate{Certificate: "-----BEGIN CERTIFICATE-----\n…", CACertificate: "-----BEGIN CERTIFICATE-----\n…", ExpiresAt: exampleTime},
		},
		{
			Method: post, Path: "/v1/random", Op: "random", Summary: "Random bytes.", serve: takeSecret(random), Body: 4 << 10,
			In: api.RandomRequest{Bytes: 32}, Out: api.RandomResponse{Random: make([]byte, 32)},
		},
	}
}

func exampleMembers() []api.Member {
	return []api.Member{{ID: "n1", Role: "leader", API: "192.0.2.1:7800", Peer: "192.0.2.1:7801", Gossip: "192.0.2.1:7802", Healthy: true, Applied: 41, Version: "1.0.0", Level: 1}}
}

func initialize(ctx context.Context, q *request, in *api.InitRequest, out *buffer) error {
	f, err := q.vault.Init(ctx, q.caller, vault.InitSpec{Shares: in.Shares, Threshold: in.Threshold, Recipients: in.Recipients, Sealed: in.Sealed})
	if err != nil {
		return err
	}
	out.raw(`{"cluster_id":`).text([]byte(f.Cluster)).raw(`,"shares":[`)
	out.list(f.Shares)
	out.raw(`],"root_token":`).text(f.RootToken).raw(`,"ca_certificate":`).text(f.CA).raw(`,"join_token":`).text(f.JoinToken).raw("}")
	clear(f.RootToken)
	clear(f.JoinToken)
	return nil
}

// list appends secrets as JSON strings with commas between, and clears them.
func (b *buffer) list(secrets [][]byte) {
	for i, s := range secrets {
		if i > 0 {
			b.raw(",")
		}
		b.text(s)
		clear(s)
	}
}

func resetUnseal(ctx context.Context, q *request, in *share) (api.UnsealResponse, error) {
	var proof []byte
	if len(in.Share) > 0 {
		proof = in.Share
	}
	u, err := q.vault.ResetUnseal(ctx, q.caller, proof)
	if err != nil {
		return api.UnsealResponse{}, err
	}
	return unsealingOf(u), nil
}

func sealVault(ctx context.Context, q *request, in *api.SealRequest) error {
	switch in.Scope {
	case "", "cluster", "node":
		return q.vault.Seal(ctx, q.caller, in.Scope == "node")
	default:
		return fault.New(fault.Invalid, "the field %q must be cluster or node", "scope")
	}
}

func rekeying(ctx context.Context, q *request) (api.RekeyResponse, error) {
	r, err := q.vault.Rekeying(ctx, q.caller)
	if err != nil {
		return api.RekeyResponse{}, err
	}
	return rekeyingOf(r), nil
}

func startRekey(ctx context.Context, q *request, in *api.RekeyRequest) (api.RekeyResponse, error) {
	r, err := q.vault.StartRekey(ctx, q.caller, vault.RekeySpec{Shares: in.Shares, Threshold: in.Threshold, Recipients: in.Recipients, Verify: in.Verify})
	if err != nil {
		return api.RekeyResponse{}, err
	}
	return rekeyingOf(r), nil
}

func submitRekey(ctx context.Context, q *request, in *share, out *buffer) error {
	r, err := submittedRekey(ctx, q, in)
	if err != nil {
		return err
	}
	out.raw("{")
	if len(r.NewShares) > 0 {
		out.raw(`"shares":[`)
		out.list(r.NewShares)
		out.raw("],")
	}
	return out.rest(rekeyingOf(r))
}

// rest appends v, an object, without its opening brace: the members that are not secret.
func (b *buffer) rest(v any) error {
	public, err := json.Marshal(v)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "an internal error")
	}
	b.raw(string(public[1:]))
	return nil
}

func cancelRekey(ctx context.Context, q *request) error { return q.vault.CancelRekey(ctx, q.caller) }

func showKeyring(ctx context.Context, q *request) (api.Keyring, error) {
	k, err := q.vault.Keyring(ctx, q.caller)
	if err != nil {
		return api.Keyring{}, err
	}
	return keyringOf(k), nil
}

func rotateKeyring(ctx context.Context, q *request, _ *struct{}) (api.Keyring, error) {
	k, err := q.vault.RotateKeyring(ctx, q.caller)
	if err != nil {
		return api.Keyring{}, err
	}
	return keyringOf(k), nil
}

func listMembers(ctx context.Context, q *request) (api.Members, error) {
	all, err := q.vault.Members(ctx, q.caller)
	if err != nil {
		return api.Members{}, err
	}
	return api.Members{Members: membersOf(all)}, nil
}

func stateDigest(ctx context.Context, q *request) (api.Digest, error) {
	index, sum, err := q.vault.Digest(ctx, q.caller)
	if err != nil {
		return api.Digest{}, err
	}
	return api.Digest{Node: q.vault.Status(ctx).Node, Index: index, Digest: hex.EncodeToString(sum[:])}, nil
}

func transferLeader(ctx context.Context, q *request, in *api.TransferRequest) error {
	return q.vault.StepDown(ctx, q.caller, in.To)
}

func createJoinToken(ctx context.Context, q *request, in *api.JoinTokenRequest, out *buffer) error {
	ttl, err := key.ParsePeriod(in.TTL)
	if err != nil {
		return of("ttl", err)
	}
	t, secret, err := q.vault.CreateJoinToken(ctx, q.caller, vault.JoinTokenSpec{TTL: ttl, Uses: in.Uses, Replace: in.Replace})
	if err != nil {
		return err
	}
	defer clear(secret)
	out.raw(`{"join_token":`).text(secret).raw(`,"id":"`).raw(t.ID.String()).raw(`"`)
	if t.Expires != 0 {
		out.raw(`,"expires_at":"`).raw(t.Expires.String()).raw(`"`)
	}
	if t.UsesLeft > 0 {
		out.raw(`,"uses":`).number(uint64(t.UsesLeft))
	}
	out.raw("}")
	return nil
}

func random(ctx context.Context, q *request, in *api.RandomRequest, out *buffer) error {
	return q.vault.Random(ctx, q.caller, in.Bytes, func(b []byte) error {
		out.raw(`{"random":`).bytes(b).raw("}")
		return nil
	})
}

// onMember is what promote and demote share.
func onMember(f func(*vault.Vault, context.Context, access.Caller, string) error) func(context.Context, *request, *struct{}) error {
	return func(ctx context.Context, q *request, _ *struct{}) error { return f(q.vault, ctx, q.caller, q.ref) }
}

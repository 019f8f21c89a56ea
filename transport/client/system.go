package client

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
)

// system performs a call under /v1/sys.
func (c *Client) system(ctx context.Context, s safety, method, path string, in, out any) error {
	return c.do(ctx, &call{safety: s, method: method, path: "/v1/sys/" + path, in: in, out: out, slow: s != read})
}

// Status describes the node that answers, and the cluster as that node sees it. No token is needed.
func (c *Client) Status(ctx context.Context) (*api.Status, error) {
	var s api.Status
	if err := c.do(ctx, &call{method: http.MethodGet, path: "/v1/sys/status", out: &s, anyNode: true}); err != nil {
		return nil, err
	}
	return &s, nil
}

// Doctor asks the first endpoint what it finds about itself and, while it leads, about the cluster. No token is needed.
func (c *Client) Doctor(ctx context.Context) (*api.Doctor, error) {
	var d api.Doctor
	if err := c.do(ctx, &call{safety: pinned, method: http.MethodGet, path: "/v1/sys/doctor", out: &d, anyNode: true}); err != nil {
		return nil, err
	}
	return &d, nil
}

// Ready is nil when the first endpoint can answer requests; else fault.Sealed, fault.Stale or fault.NoLeader says why not.
func (c *Client) Ready(ctx context.Context) error {
	return c.do(ctx, &call{safety: pinned, method: http.MethodGet, path: "/readyz", anyNode: true})
}

// Init founds a cluster at the first endpoint and nowhere else. fault.Exists if that was done before. It is not
// repeated once it was sent: fault.Uncertain means that the answer, with the shares in it, is lost.
func (c *Client) Init(ctx context.Context, in api.InitRequest) (*api.InitResponse, error) {
	var r api.InitResponse
	if err := c.do(ctx, &call{safety: pinned, method: http.MethodPost, path: "/v1/sys/init", in: in, out: &r, anyNode: true, slow: true}); err != nil {
		return nil, err
	}
	return &r, nil
}

// Unseal hands in a share; no token is needed. fault.Invalid says what is wrong with the share.
func (c *Client) Unseal(ctx context.Context, share string) (*api.UnsealResponse, error) {
	var r api.UnsealResponse
	in := api.ShareRequest{Share: share}
	if err := c.do(ctx, &call{safety: unique, method: http.MethodPost, path: "/v1/sys/unseal", in: in, out: &r, anyNode: true, slow: true}); err != nil {
		return nil, err
	}
	return &r, nil
}

// HandIn is Unseal with a file that holds the share, encrypted to a request. fault.Invalid and fault.BadState say what is wrong with it.
func (c *Client) HandIn(ctx context.Context, file string) (*api.UnsealResponse, error) {
	var r api.UnsealResponse
	in := api.ShareRequest{HandIn: file}
	if err := c.do(ctx, &call{safety: unique, method: http.MethodPost, path: "/v1/sys/unseal", in: in, out: &r, anyNode: true, slow: true}); err != nil {
		return nil, err
	}
	return &r, nil
}

// RequestHandIn asks for one-time keys to which custodians encrypt shares; no token is needed.
func (c *Client) RequestHandIn(ctx context.Context, in api.HandInRequest) (*api.HandInResponse, error) {
	var r api.HandInResponse
	if err := c.do(ctx, &call{safety: unique, method: http.MethodPost, path: "/v1/sys/unseal/request", in: in, out: &r, anyNode: true, slow: true}); err != nil {
		return nil, err
	}
	return &r, nil
}

// ResetUnseal forgets the shares handed in so far. A share proves the right to; with "" the caller's token must.
func (c *Client) ResetUnseal(ctx context.Context, share string) (*api.UnsealResponse, error) {
	var r api.UnsealResponse
	in := api.ShareRequest{Share: share}
	if err := c.do(ctx, &call{safety: unique, method: http.MethodPost, path: "/v1/sys/unseal/reset", in: in, out: &r, anyNode: true, slow: true}); err != nil {
		return nil, err
	}
	return &r, nil
}

// Seal closes every member, or with nodeOnly just the node that answers.
func (c *Client) Seal(ctx context.Context, nodeOnly bool) error {
	s, in := write, api.SealRequest{}
	if nodeOnly {
		s, in.Scope = pinned, "node"
	}
	return c.system(ctx, s, http.MethodPost, "seal", in, nil)
}

// Rekey describes the change of shares that is under way; fault.NotFound if none is.
func (c *Client) Rekey(ctx context.Context) (*api.RekeyResponse, error) {
	var r api.RekeyResponse
	if err := c.system(ctx, read, http.MethodGet, "rekey", nil, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// StartRekey begins a change of shares.
func (c *Client) StartRekey(ctx context.Context, in api.RekeyRequest) (*api.RekeyResponse, error) {
	var r api.RekeyResponse
	if err := c.system(ctx, write, http.MethodPost, "rekey/start", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// SubmitRekey hands in a present share (phase "prove") or hands back a new one (phase "verify"). The answer to the
// last present share holds the new shares, once; so it is not repeated after it was sent.
func (c *Client) SubmitRekey(ctx context.Context, id, share string) (*api.RekeyResponse, error) {
	var r api.RekeyResponse
	if err := c.system(ctx, unique, http.MethodPost, "rekey/share", api.ShareRequest{ID: id, Share: share}, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// HandInRekey is SubmitRekey with a file that holds the share, encrypted to a request of that change.
func (c *Client) HandInRekey(ctx context.Context, id, file string) (*api.RekeyResponse, error) {
	var r api.RekeyResponse
	if err := c.system(ctx, unique, http.MethodPost, "rekey/share", api.ShareRequest{ID: id, HandIn: file}, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// RequestRekeyHandIn asks for a key to which custodians encrypt the shares that a change of shares waits for.
func (c *Client) RequestRekeyHandIn(ctx context.Context, in api.HandInRequest) (*api.HandInResponse, error) {
	var r api.HandInResponse
	if err := c.system(ctx, unique, http.MethodPost, "rekey/request", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// CancelRekey calls off a change of shares; the present shares stay.
func (c *Client) CancelRekey(ctx context.Context) error {
	return c.system(ctx, write, http.MethodDelete, "rekey", nil, nil)
}

// Keyring describes the keyring's terms and the rewrapping under the newest.
func (c *Client) Keyring(ctx context.Context) (*api.Keyring, error) {
	var r api.Keyring
	if err := c.system(ctx, read, http.MethodGet, "keyring", nil, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// RotateKeyring begins a new term; what older terms wrap is rewrapped in the background.
func (c *Client) RotateKeyring(ctx context.Context) (*api.Keyring, error) {
	var r api.Keyring
	if err := c.system(ctx, write, http.MethodPost, "keyring/rotate", struct{}{}, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// Slots lists the ways to open the vault.
func (c *Client) Slots(ctx context.Context) (*api.Slots, error) {
	var r api.Slots
	if err := c.system(ctx, read, http.MethodGet, "slots", nil, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// AddSlot adds a way to open the vault.
func (c *Client) AddSlot(ctx context.Context, in api.SlotRequest) (*api.Slot, error) {
	var r api.Slot
	if err := c.system(ctx, write, http.MethodPost, "slots", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// RemoveSlot removes a way to open the vault. The operators' shares cannot be removed.
func (c *Client) RemoveSlot(ctx context.Context, id string) error {
	if err := checkRef(id); err != nil {
		return err
	}
	return c.system(ctx, write, http.MethodDelete, "slots/"+ref(id), nil, nil)
}

// ApproveOpening lets a member open itself once, within an hour.
func (c *Client) ApproveOpening(ctx context.Context, member string) error {
	return c.member(ctx, http.MethodPost, member, "/approve-opening")
}

// Members lists the nodes.
func (c *Client) Members(ctx context.Context) (*api.Members, error) {
	var r api.Members
	if err := c.system(ctx, read, http.MethodGet, "members", nil, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// Digest is a hash over the state of the node that answers; give the client one endpoint to choose the node.
func (c *Client) Digest(ctx context.Context) (*api.Digest, error) {
	var r api.Digest
	if err := c.system(ctx, read, http.MethodGet, "digest", nil, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// Promote makes a member a voter.
func (c *Client) Promote(ctx context.Context, member string) error {
	return c.member(ctx, http.MethodPost, member, "/promote")
}

// Demote takes a member's vote.
func (c *Client) Demote(ctx context.Context, member string) error {
	return c.member(ctx, http.MethodPost, member, "/demote")
}

// RemoveMember takes a member out of the cluster for good.
func (c *Client) RemoveMember(ctx context.Context, member string) error {
	return c.member(ctx, http.MethodDelete, member, "")
}

func (c *Client) member(ctx context.Context, method, member, verb string) error {
	if err := checkRef(member); err != nil {
		return err
	}
	var in any
	if method == http.MethodPost {
		in = struct{}{}
	}
	return c.system(ctx, write, method, "members/"+ref(member)+verb, in, nil)
}

// Autopilot is what is set of what the leader does about the members by itself.
func (c *Client) Autopilot(ctx context.Context) (*api.Autopilot, error) {
	var r api.Autopilot
	if err := c.system(ctx, read, http.MethodGet, "autopilot", nil, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// SetAutopilot replaces it, on the revision that s names. fault.Conflict if that is not the newest.
func (c *Client) SetAutopilot(ctx context.Context, s api.Autopilot) (*api.Autopilot, error) {
	var r api.Autopilot
	if err := c.system(ctx, write, http.MethodPut, "autopilot", s, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// StepDown hands leadership to the member named, or to any ("").
func (c *Client) StepDown(ctx context.Context, to string) error {
	return c.system(ctx, write, http.MethodPost, "leader/transfer", api.TransferRequest{To: to}, nil)
}

// CreateJoinToken makes a token with which a new node may join; shown once.
func (c *Client) CreateJoinToken(ctx context.Context, in api.JoinTokenRequest) (*api.JoinTokenResponse, error) {
	var r api.JoinTokenResponse
	if err := c.system(ctx, write, http.MethodPost, "join-tokens", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

// CertifyClient has the cluster's CA sign a client's certificate: csr (PKCS #10, DER) proves the key, name becomes the principal.
func (c *Client) CertifyClient(ctx context.Context, in api.ClientCertificateRequest) (*api.ClientCertificate, error) {
	var r api.ClientCertificate
	if err := c.system(ctx, write, http.MethodPost, "client-certificates", in, &r); err != nil {
		return nil, err
	}
	return &r, nil
}

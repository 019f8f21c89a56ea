package access

import "github.com/quorate/quorate/vault/key"

// TokenKind says what a token opens.
type TokenKind uint8

// Token kinds. Numbers are kept in the state: they are for ever.
const (
	Bearer TokenKind = 1 // the API: qt_…
	Join   TokenKind = 2 // membership: qj_…
	Ticket TokenKind = 3 // a session of the KMIP door, for who has logged in there; good at no other
)

// Token is what the vault keeps of a secret that it handed out: a hash and what it is good for. Records in the
// replicated state are shared and never changed; copy one to change it.
type Token struct {
	ID        key.ID    `cbor:"1,keyasint"` // public half, also the first part of the token's text
	Kind      TokenKind `cbor:"2,keyasint"`
	Hash      []byte    `cbor:"3,keyasint"` // SHA-256 of the 32-byte secret half
	Principal string    `cbor:"4,keyasint"`
	Groups    []string  `cbor:"5,keyasint,omitempty"`
	Created   key.Time  `cbor:"6,keyasint"`
	Expires   key.Time  `cbor:"7,keyasint,omitempty"`  // 0: never
	MaxUntil  key.Time  `cbor:"8,keyasint,omitempty"`  // renewal goes no further; 0: no bound
	TTL       int64     `cbor:"9,keyasint,omitempty"`  // milliseconds; what one renewal adds, counted from the renewal
	UsesLeft  int32     `cbor:"10,keyasint,omitempty"` // for join tokens and tickets; 0: not counted
	Parent    key.ID    `cbor:"11,keyasint,omitempty"` // the token that made it; revoking that one revokes this one
	Revision  uint64    `cbor:"12,keyasint"`
	MAC       []byte    `cbor:"13,keyasint,omitempty"` // under the keyring, as on key records
	Of        Kind      `cbor:"14,keyasint,omitempty"` // of a ticket: how its maker proved who he is, as whoever shows it does
	Scope     []byte    `cbor:"15,keyasint,omitempty"` // of a ticket: SHA-256 of the rights that travel in it; empty: all of its maker's
}

// Live tells whether t may be used at that time.
func (t *Token) Live(now key.Time) bool {
	return t.Expires == 0 || now < t.Expires
}

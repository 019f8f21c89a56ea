package kmip

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// errCredential is the one answer to every credential that is nobody's.
var errCredential = because(wire.ResultReasonAuthenticationNotSuccessful, fault.New(fault.Unauthenticated, "the credential in the header is not valid here").
	WithHint("The password, or the ticket, is a token of the vault (quorate token create), and the user name its principal."))

// credentials asks who a header's credentials say is asking (KMIP 1.4, section 2.1.2; 2.1, section 7.5): with a valid one it is the
// principal of that token, in place of the certificate's, which the audit log names beside it. All that are there have to be valid, and one principal's.
func (s *Server) credentials(ctx context.Context, c access.Caller, r *request) (access.Caller, error) {
	if !r.authentication.Present() {
		return c, nil
	}
	var who access.Caller
	for item := range r.authentication.Children() {
		if item.Tag() != wire.TagCredential {
			return c, errCredential
		}
		is, err := s.credential(ctx, c, r, item)
		if err != nil {
			return c, err
		}
		if who.Principal != "" && who.Principal != is.Principal {
			return c, errCredential
		}
		who = is
	}
	if who.Principal == "" {
		return c, errCredential
	}
	if c.Kind == access.ByCertificate {
		c.Certificate = c.Principal
	}
	c.Principal, c.Groups, c.Kind, c.Token = who.Principal, who.Groups, who.Kind, who.Token
	return c, nil
}

// credential is whose one credential is.
func (s *Server) credential(ctx context.Context, c access.Caller, r *request, item ttlv.Item) (access.Caller, error) {
	kind, err := item.Find(wire.TagCredentialType).Enumeration()
	if err != nil {
		return access.Caller{}, errCredential
	}
	value := item.Find(wire.TagCredentialValue)
	var bearer []byte
	name := ""
	switch wire.CredentialType(kind) {
	case wire.CredentialTypeUsernameAndPassword:
		if name, err = value.Find(wire.TagUsername).Text(); err != nil || name == "" {
			return access.Caller{}, errCredential
		}
		bearer = secretText(value.Find(wire.TagPassword))
	case wire.CredentialTypeTicket:
		ticket := value.Find(wire.TagTicket)
		if !ticket.Present() {
			ticket = value
		}
		if bearer, err = ticket.Find(wire.TagTicketValue).Bytes(); err != nil {
			return access.Caller{}, errCredential
		}
		if !bytes.HasPrefix(bearer, []byte("qt_")) {
			return s.ticket(ctx, c, r, bearer)
		}
	}
	who, err := s.vault.Authenticate(ctx, bearer)
	switch {
	case fault.KindOf(err) == fault.Unauthenticated || err == nil && name != "" && who.Principal != name:
		return access.Caller{}, errCredential
	case err != nil:
		return access.Caller{}, err
	}
	return who, nil
}

// secretText is the bytes of a text, which make no string: they are cleared with the message.
func secretText(item ttlv.Item) []byte {
	if item.Type() != ttlv.TextString {
		return nil
	}
	raw := item.Raw()
	return raw[8 : 8+binary.BigEndian.Uint32(raw[4:])]
}

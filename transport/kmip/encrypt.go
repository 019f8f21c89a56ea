package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

// encrypt is Encrypt (KMIP 1.4, section 4.29; 2.1, section 6.1.19). An IV is drawn, and returned, when none was sent. Versions
// without a place for GCM's tag have it behind the data. Each part of data is answered with what is certain of its ciphertext: it is
// computed anew from all of them, which are few and bounded.
func encrypt(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	p, err := x.collect(wire.OperationEncrypt, true, payload, 0, nil, out)
	if p == nil || err != nil {
		return err
	}
	err = x.bare(vault.EncryptBare, p, key.Encrypt, encryption, func(got *vault.BareOutput) {
		p.version = got.Version // what goes on stays with it, whatever is rotated meanwhile
		data, apart := got.Data[min(p.sent, len(got.Data)):], wire.TagAuthenticatedEncryptionTag.In(x.version)
		p.sent += len(data)
		if !apart && got.Tag != nil && !p.more {
			data = append(append(make([]byte, 0, len(data)+len(got.Tag)), data...), got.Tag...)
		}
		out.Bytes(wire.TagData, data)
		if got.IV != nil {
			p.iv = got.IV
			out.Bytes(wire.TagIVCounterNonce, got.IV)
		}
		switch {
		case p.more:
			out.Bytes(wire.TagCorrelationValue, p.correlation)
		case apart && got.Tag != nil:
			out.Bytes(wire.TagAuthenticatedEncryptionTag, got.Tag)
		}
	})
	if err != nil && p.more {
		x.session.drop(string(p.correlation), p)
	}
	return err
}

// whole leaves of data that goes on what can be encrypted by now: whole blocks, where the mode has blocks.
func whole(r *key.Record, in *vault.BareInput) error {
	if r.Type != key.SymmetricKey {
		return unsupported("only symmetric keys encrypt data in parts")
	}
	switch in.Scheme.Mode {
	case "xts":
		return unsupported("a data unit of XTS comes whole, not in parts")
	case "cbc", "ecb":
		in.Data = in.Data[:len(in.Data)&^15]
	}
	in.Scheme.Padding = "none"
	return nil
}

// decrypt is Decrypt (KMIP 1.4, section 4.30; 2.1, section 6.1.13). What is authenticated is given out whole, once it was checked.
func decrypt(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	p, err := x.collect(wire.OperationDecrypt, true, payload, wire.TagAuthenticatedEncryptionTag, x.may(vault.DecryptBare, key.Decrypt, encryption), out)
	if p == nil || err != nil {
		return err
	}
	return x.bare(vault.DecryptBare, p, key.Decrypt, encryption, func(got *vault.BareOutput) { out.Bytes(wire.TagData, got.Data) })
}

// may is what tells whether an operation on a parcel would be done, as far as that can be told from its first part: nothing is kept for who
// may not have it done.
func (x *exchange) may(what vault.BareUse, need key.Usage, read func(ttlv.Item, *key.Record, *vault.BareScheme) error) func(*parcel) error {
	return func(p *parcel) error {
		in := vault.BareInput{Ask: true, IV: p.iv, AAD: p.aad, Choose: func(r *key.Record, in *vault.BareInput) error {
			return choose(p, r, need, read, &in.Scheme)
		}}
		return cryptoReason(x.server.vault.Bare(x.ctx, x.caller, what, p.id, in, func(*vault.BareOutput) error { return nil }))
	}
}

// choose reads the scheme of a parcel for the key that was found.
func choose(p *parcel, r *key.Record, need key.Usage, read func(ttlv.Item, *key.Record, *vault.BareScheme) error, s *vault.BareScheme) error {
	if err := usable(r, need); err != nil {
		return err
	}
	parameters, err := parametersOf(p.parameters, r)
	if err != nil {
		return err
	}
	if err := read(parameters, r, s); err != nil {
		return asFault(err, wire.ResultReasonInvalidField)
	}
	mode := s.Mode
	if s.Cipher != "" {
		mode = s.Cipher + "-" + mode
	}
	return asFault(p.checkIV(parameters, r, mode), wire.ResultReasonInvalidField)
}

// bare does one operation on a parcel: the scheme is that of the request, or the key's own.
func (x *exchange) bare(what vault.BareUse, p *parcel, need key.Usage,
	read func(ttlv.Item, *key.Record, *vault.BareScheme) error, write func(*vault.BareOutput),
) error {
	if !p.more {
		defer clear(p.data)
	}
	in := vault.BareInput{Version: p.version, Data: p.data, IV: p.iv, AAD: p.aad, Proof: p.proof, Scheme: vault.BareScheme{Prehashed: p.digested}}
	in.Choose = func(r *key.Record, in *vault.BareInput) error {
		if err := choose(p, r, need, read, &in.Scheme); err != nil {
			return err
		}
		if p.more {
			return whole(r, in)
		}
		return cutTag(r, p, in)
	}
	return cryptoReason(x.server.vault.Bare(x.ctx, x.caller, what, p.id, in, func(got *vault.BareOutput) error {
		write(got)
		return nil
	}))
}

// cutTag finds the tag of GCM or CCM behind the data, where it has no place of its own.
func cutTag(r *key.Record, p *parcel, in *vault.BareInput) error {
	m := in.Scheme.Mode
	authentic := m == "" || m == "gcm" || m == "ccm"
	if p.op != wire.OperationDecrypt || r.Type != key.SymmetricKey || !authentic || len(p.proof) > 0 {
		return nil
	}
	n := in.Scheme.TagBytes
	if n == 0 {
		n = 16
	}
	if n < 0 || len(p.data) < n {
		return vault.ErrUnopened
	}
	at := len(p.data) - n
	in.Data, in.Proof = p.data[:at], p.data[at:]
	return nil
}

package rest

import (
	"context"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
)

var signing = cryptic[api.SignRequest, vault.SignInput, vault.Signature]{
	item: func(in *api.SignRequest) (vault.SignInput, error) {
		return vault.SignInput{Input: in.Input, Scheme: vault.SignScheme{Hash: in.Hash, Padding: in.Scheme, Form: in.Form, Prehashed: in.Prehashed}}, nil
	},
	write: func(out *buffer, r *vault.Signature) {
		out.raw(`{"signature":`).plain(r.Text).raw(`,"version":`).number(uint64(r.Version))
		if len(r.JWS) > 0 {
			out.raw(`,"jws":`).plain(r.JWS)
		}
		out.raw("}")
	},
	one: func(ctx context.Context, q *request, in vault.SignInput, lend func(*vault.Signature)) error {
		s, err := q.vault.Sign(ctx, q.caller, q.ref, in)
		if err == nil {
			lend(&s)
		}
		return err
	},
	many: func(ctx context.Context, q *request, all []vault.SignInput, lend func([]vault.Result[vault.Signature]) error) error {
		return q.vault.SignBatch(ctx, q.caller, q.ref, all, lend)
	},
}

var verifying = cryptic[verifyBody, vault.VerifyInput, vault.Verdict]{
	item: func(in *verifyBody) (vault.VerifyInput, error) {
		return vault.VerifyInput{
			Input: in.Input, Signature: in.Signature,
			Scheme: vault.SignScheme{Hash: in.Hash, Padding: in.Scheme, Form: in.Form, Prehashed: in.Prehashed},
		}, nil
	},
	write: writeVerdict,
	one: func(ctx context.Context, q *request, in vault.VerifyInput, lend func(*vault.Verdict)) error {
		v, err := q.vault.Verify(ctx, q.caller, q.ref, in)
		if err == nil {
			lend(&v)
		}
		return err
	},
	many: func(ctx context.Context, q *request, all []vault.VerifyInput, lend func([]vault.Result[vault.Verdict]) error) error {
		return q.vault.VerifyBatch(ctx, q.caller, q.ref, all, lend)
	},
}

var macs = cryptic[api.MACRequest, vault.MACInput, vault.MACText]{
	item: func(in *api.MACRequest) (vault.MACInput, error) {
		return vault.MACInput{Input: in.Input, Hash: in.Hash}, nil
	},
	write: func(out *buffer, r *vault.MACText) {
		out.raw(`{"mac":`).plain(r.Text).raw(`,"version":`).number(uint64(r.Version)).raw("}")
	},
	one: func(ctx context.Context, q *request, in vault.MACInput, lend func(*vault.MACText)) error {
		m, err := q.vault.MAC(ctx, q.caller, q.ref, in)
		if err == nil {
			lend(&m)
		}
		return err
	},
	many: func(ctx context.Context, q *request, all []vault.MACInput, lend func([]vault.Result[vault.MACText]) error) error {
		return q.vault.MACBatch(ctx, q.caller, q.ref, all, lend)
	},
}

var verifyingMACs = cryptic[verifyMACBody, vault.VerifyMACInput, vault.Verdict]{
	item: func(in *verifyMACBody) (vault.VerifyMACInput, error) {
		return vault.VerifyMACInput{Input: in.Input, MAC: in.MAC, Hash: in.Hash}, nil
	},
	write: writeVerdict,
	one: func(ctx context.Context, q *request, in vault.VerifyMACInput, lend func(*vault.Verdict)) error {
		v, err := q.vault.VerifyMAC(ctx, q.caller, q.ref, in)
		if err == nil {
			lend(&v)
		}
		return err
	},
	many: func(ctx context.Context, q *request, all []vault.VerifyMACInput, lend func([]vault.Result[vault.Verdict]) error) error {
		return q.vault.VerifyMACBatch(ctx, q.caller, q.ref, all, lend)
	},
}

var hashing = cryptic[api.HashRequest, vault.HashInput, []byte]{
	item: func(in *api.HashRequest) (vault.HashInput, error) {
		return vault.HashInput{Input: in.Input, Algorithm: in.Algorithm}, nil
	},
	write: func(out *buffer, sum *[]byte) { out.raw(`{"digest":`).bytes(*sum).raw("}") },
	one: func(ctx context.Context, q *request, in vault.HashInput, lend func(*[]byte)) error {
		sum, err := q.vault.Hash(ctx, q.caller, in)
		if err == nil {
			lend(&sum)
		}
		return err
	},
	many: func(ctx context.Context, q *request, all []vault.HashInput, lend func([]vault.Result[[]byte]) error) error {
		return q.vault.HashBatch(ctx, q.caller, all, lend)
	},
}

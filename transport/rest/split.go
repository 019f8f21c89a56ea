package rest

import (
	"bytes"
	"context"
	"encoding/pem"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/key"
)

// splitRoutes make keys of parts, parts of keys, and certificates.
func splitRoutes() []route {
	part, joined, certificate := derivedExample(), derivedExample(), derivedExample()
	part.Name, part.Algorithm, part.Type = "app/db/part-1", "opaque", "split-key"
	certificate.Name, certificate.Algorithm, certificate.Type, certificate.Links = "app/cert", "x509", "certificate", []api.Link{{Kind: "private-key", To: exampleID}}
	return []route{
		{
			Method: http.MethodPost, Path: keyPath + "/split", Op: "key.split", Summary: "Make parts of an exportable key, of which some are needed to make it again. The key stays.",
			serve: take(splitKey), Status: http.StatusCreated, Body: smallBody,
			In:  api.SplitRequest{Names: []string{"app/db/part-1", "app/db/part-2", "app/db/part-3"}, Threshold: 2},
			Out: api.SplitResponse{Parts: []api.Record{part}},
		},
		{
			Method: http.MethodPost, Path: "/v1/keys/join", Op: "key.join", Summary: "Make a key of its parts, which stay.",
			serve: take(joinKey), Status: http.StatusCreated, Body: smallBody,
			In: api.JoinRequest{Key: api.CreateKeyRequest{Name: "app/db"}, Parts: []string{"app/db/part-1", "app/db/part-3"}}, Out: joined,
		},
		{
			Method: http.MethodPost, Path: keyPath + "/issue", Op: "key.issue",
			Summary: "Make a certificate that the key signs, for another key of the cluster, for itself (a root), or for a request; it may take the place of another, which If-Match is then about.",
			serve:   take(issueCertificate), Status: http.StatusCreated, Body: smallBody, IfMatch: true,
			In: api.IssueRequest{Name: "app/cert", Of: "app/db"}, Out: certificate,
		},
	}
}

// sharings are the methods of sharing by name.
var sharings = map[string]vault.SharingMethod{
	"": vault.SharingGF2_8, "gf2-8": vault.SharingGF2_8, "gf2-16": vault.SharingGF2_16, "prime": vault.SharingPrime, "xor": vault.SharingXOR,
}

func splitKey(ctx context.Context, q *request, in *api.SplitRequest) (out api.SplitResponse, err error) {
	method, ok := sharings[in.Method]
	if !ok {
		return out, fault.New(fault.Invalid, "method is none to split a key by").WithHint("Methods are gf2-8, gf2-16, prime and xor.")
	}
	s := vault.SplitSpec{Of: q.ref, Sharing: vault.Sharing{Method: method, Parts: len(in.Names), Threshold: in.Threshold, Prime: in.Prime}}
	for _, name := range in.Names {
		s.Parts = append(s.Parts, vault.KeySpec{Name: name, Exportable: true, Tags: in.Tags})
	}
	parts, err := q.vault.SplitKey(ctx, q.caller, s)
	for _, r := range parts {
		out.Parts = append(out.Parts, recordOf(r))
	}
	return out, err
}

func joinKey(ctx context.Context, q *request, in *api.JoinRequest) (api.Record, error) {
	spec, err := keySpec(&in.Key)
	if err != nil {
		return api.Record{}, err
	}
	s := vault.JoinSpec{Key: spec}
	for _, ref := range in.Parts {
		s.Parts = append(s.Parts, vault.JoinPart{Ref: ref})
	}
	return recorded(q.vault.JoinKey(ctx, q.caller, s))
}

func issueCertificate(ctx context.Context, q *request, in *api.IssueRequest) (api.Record, error) {
	s := vault.IssueSpec{Key: vault.KeySpec{Name: in.Name, Exportable: true, Tags: in.Tags}, Of: in.Of, Signer: q.ref, Subject: in.Subject, Replaces: in.Replaces, IfMatch: q.ifMatch}
	s.Key.Unnamed = in.Replaces != ""
	var err error
	if s.Request, err = textOrBase64("csr", in.CSR); err != nil {
		return api.Record{}, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(s.Request), []byte("-----BEGIN ")) {
		block, _ := pem.Decode(s.Request)
		if block == nil {
			return api.Record{}, fault.New(fault.Invalid, "csr: it is no PEM")
		}
		s.Request = block.Bytes
	}
	if len(s.Request) == 0 {
		s.Request = nil
	}
	if s.NotBefore, err = key.ParseTime(in.NotBefore); err != nil {
		return api.Record{}, of("not_before", err)
	}
	if s.NotAfter, err = key.ParseTime(in.NotAfter); err != nil {
		return api.Record{}, of("not_after", err)
	}
	return recorded(q.vault.IssueCertificate(ctx, q.caller, s))
}

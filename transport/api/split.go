package api

// SplitRequest is the body of POST /v1/keys/{k}/split.
type SplitRequest struct {
	Names     []string          `json:"names"`           // of the parts that are made, each an exportable object
	Threshold int               `json:"threshold"`       // how many of them make the key
	Method    string            `json:"method,omitzero"` // gf2-8 (default), gf2-16, prime, or xor, which needs all parts
	Prime     []byte            `json:"prime,omitempty"` // of prime: the size of the field, big-endian
	Tags      map[string]string `json:"tags,omitempty"`  // of each part
}

// SplitResponse answers it.
type SplitResponse struct {
	Parts []Record `json:"parts"` // in the order of their numbers, each with a link to the key and to its neighbours
}

// JoinRequest is the body of POST /v1/keys/join: a key of parts that a split made, which stay.
type JoinRequest struct {
	Key   CreateKeyRequest `json:"key"`   // default of algorithm: that of the key that was split
	Parts []string         `json:"parts"` // names or ids, as many as are needed
}

// IssueRequest is the body of POST /v1/keys/{k}/issue: a certificate that the key k signs. It is for a key of the cluster, or for a request. One that
// replaces another is for the same key and takes its name, and so name, of, csr and subject can be left out; If-Match is then about the one replaced.
type IssueRequest struct {
	Name      string            `json:"name,omitzero"`       // of the certificate, which is kept; default: that of the one that it replaces
	Of        string            `json:"of,omitzero"`         // key of the cluster that it is for; k itself for a root
	CSR       string            `json:"csr,omitzero"`        // PKCS #10: PEM, or base64 of DER. Its subject and names are taken over
	Subject   string            `json:"subject,omitzero"`    // common name where there is no request that has one; default: the key's name
	NotBefore string            `json:"not_before,omitzero"` // default: now
	NotAfter  string            `json:"not_after,omitzero"`  // default: in a year, of a root in ten, or as long as the one that is replaced; never after the issuer's
	Replaces  string            `json:"replaces,omitzero"`   // name or id of a certificate whose place this one takes
	Tags      map[string]string `json:"tags,omitempty"`      // beside those of the one that is replaced
}

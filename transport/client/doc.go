// Package client is the Go client of the native API: keys, tokens, policies and the system, over HTTPS, against
// any number of a cluster's nodes, and the encryption of streams of any size under a key of the cluster.
//
// A call goes to one endpoint and moves on to the next when that one cannot be reached or cannot answer just now,
// until the context ends; a change of leader is not seen by the caller. Writes carry an Idempotency-Key, drawn
// once per call, so that repeating them is safe. The client remembers the highest index that any answer named and
// asks for at least that index afterwards, so that a caller reads what it wrote whichever node answers.
//
// Every failure that a server named is an *Error around a *fault.Error: ask errors.Is(err, fault.NotFound).
// Who encrypts often uses package envelope, which keeps data keys for a while; package sealed is the form of what it writes;
// package field encrypts single fields of documents, rows and structs.
//
// The package knows the wire structs (transport/api) and the kinds of failure (vault/fault). It must not know the
// vault, the cluster or the shares' encoding. DESIGN.md has the decisions and the format byte by byte.
package client

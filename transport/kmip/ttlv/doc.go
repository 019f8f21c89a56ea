// Package ttlv is the encoding of KMIP: items of tag, type, length and value, in binary, and the same items in XML
// and JSON (KMIP Specification 1.4 section 9.1, 2.1 section 10; KMIP Profiles 1.4 sections 5.4 and 5.5).
//
// A decoded Message is a flat list of items over the bytes that came in: one pass, two allocations, and nothing is
// allocated before the limits have been asked. Whatever is well formed survives a round trip, whether or not
// anybody knows its tag or value. The text encodings are read into binary first, so there is one form that the rest
// of the server sees, and one place that judges it.
//
// The package knows the words of KMIP (package wire), because XML and JSON are written with them and errors should
// be readable. It must not know what an operation is, or that there is a vault.
package ttlv

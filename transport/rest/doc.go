// Package rest is the native API: JSON over HTTP, as a table of routes. Every route states its method, path,
// operation, body limit, time limit, parameters and the types and examples of what goes in and out; the dispatcher,
// the limits and the OpenAPI document are read off that one table.
//
// It knows the wire structs of package api and the methods of the vault. It must not know how the vault does its
// work: no store, no replication, no cipher. Whether a caller may do something is the vault's to decide; this
// package only says who asks (package serve) and what.
package rest

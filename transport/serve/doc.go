// Package serve is the edge that every HTTP door of a node shares: the listener and its limits, TLS, who is
// calling, request ids, the access log, metrics and the graceful stop.
//
// It knows connections, certificates and the shape of an HTTP exchange. It must not know what a door offers:
// routes, bodies and error documents belong to the protocols, which hand in a handler and a function that writes
// their kind of error. Nothing here logs or echoes a header, a path or a body.
package serve

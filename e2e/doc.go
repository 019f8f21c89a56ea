// Package e2e holds the stories that prove the product: real `quorate server` processes on loopback, real clients,
// real faults; and the rules of the house, which hold the whole tree to its floor plan. All of it is in tests.
//
// It knows what users know: the command line, the routes, the files that a node leaves. It must not know the inside
// of any package; what a story needs and cannot be had from outside is a gap in the product.
//
// Stories that do not measure time run two at a time (t.Parallel; -parallel says otherwise), after those that do, which have the machine to themselves.
//
// The stories run in `make test`. Behind the build tag e2e the same stories run longer: more rounds, larger files.
package e2e

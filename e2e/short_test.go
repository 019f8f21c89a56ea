//go:build !e2e

package e2e_test

// long tells whether the stories run at their full length.
const long = false

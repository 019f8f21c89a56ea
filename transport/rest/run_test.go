package rest_test

import (
	"context"
	"testing"

	"github.com/quorate/quorate/transport/serve"
)

// run serves until the test ends.
func run(t testing.TB, s *serve.Server) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

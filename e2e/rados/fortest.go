package rados

import (
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"testing"
	"time"
)

// ForTest starts a server for the time of a test, with a bucket. Where it is not installed the test is
// skipped and says so. settings are further lines of the gateway's configuration.
func ForTest(t testing.TB, bucket string, settings ...string) *Server {
	t.Helper()
	host := fmt.Sprintf("127.%d.%d.%d", 16+mathrand.IntN(200), mathrand.IntN(256), 1+mathrand.IntN(254))
	began := time.Now()
	s, err := Start(t.Context(), t.TempDir(), free(t, host), free(t, host), settings...)
	if errors.Is(err, ErrAbsent) {
		t.Skipf("no S3 server can be run here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	if err := s.MakeBucket(t.Context(), bucket); err != nil {
		t.Fatal(err)
	}
	t.Logf("radosgw answers after %v", time.Since(began).Round(time.Millisecond))
	return s
}

// free is a port that nobody has. The host is this test's own, so nobody takes it meanwhile.
func free(t testing.TB, host string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

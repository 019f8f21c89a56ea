package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/quorate/quorate/transport/kmip"
)

// TestKMIPIsClosedOnTheAPIsPortWhereItsDoorIsClosed: the path is the native API's then, which knows no such thing.
func TestKMIPIsClosedOnTheAPIsPortWhereItsDoorIsClosed(t *testing.T) {
	answers := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	for _, c := range []struct {
		listen, path string
		want         int
	}{
		{"", kmip.Path, http.StatusNotFound},
		{"127.0.0.1:5696", kmip.Path, http.StatusOK},
		{"127.0.0.1:5696", kmip.Path + "/", http.StatusNotFound},
		{"127.0.0.1:5696", "/v1/keys", http.StatusNotFound},
	} {
		out := httptest.NewRecorder()
		onAPIPort(listenConfig{KMIP: c.listen}, answers(http.StatusNotFound), answers(http.StatusOK)).ServeHTTP(out, httptest.NewRequest(http.MethodPost, c.path, nil))
		if out.Code != c.want {
			t.Errorf("listen.kmip %q: POST %s is answered %d, want %d", c.listen, c.path, out.Code, c.want)
		}
	}
}

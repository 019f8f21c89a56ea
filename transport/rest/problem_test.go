package rest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/rest"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/fault"
)

// failing answers every request with err, through this door's Fail.
func failing(t *testing.T, err error) answer {
	t.Helper()
	h := rest.New(blank(t), rest.Config{})
	g := serve.Gate(serve.Config{Name: "rest", Error: h.Fail}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { h.Fail(serve.Of(w), err) }))
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	return answer{w.Code, w.Header(), w.Body.Bytes()}
}

func TestEveryKindHasItsStatus(t *testing.T) {
	want := map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 400, fault.Unauthenticated: 401, fault.Denied: 403, fault.NotFound: 404, fault.Exists: 409, fault.Conflict: 412,
		fault.BadState: 409, fault.Sealed: 503, fault.NoLeader: 503, fault.Stale: 503, fault.Uncertain: 504, fault.Busy: 429, fault.TooLarge: 413, fault.Full: 507,
	}
	for _, k := range fault.All() {
		a := failing(t, fmt.Errorf("doing: %w", fault.Wrap(k, errors.New("canary"), "a message")))
		p := a.problem(t)
		if a.status != want[k] || p.Kind != k.String() || p.Type != "urn:quorate:problem:"+k.String() || p.Detail != "a message" || p.Hint != k.Hint() {
			t.Errorf("%s: got %d %s", k, a.status, a.body)
		}
		if strings.Contains(string(a.body), "canary") || strings.Contains(string(a.body), "doing") {
			t.Errorf("%s: internal text leaves: %s", k, a.body)
		}
		if retry := a.status == 429 || a.status == 503; (a.header.Get("Retry-After") != "") != retry {
			t.Errorf("%s: Retry-After %q", k, a.header.Get("Retry-After"))
		}
	}
}

func TestErrorsThatNobodyUnderstoodSayNothing(t *testing.T) {
	if a := failing(t, errors.New("canary: disk sector 7")); a.status != 500 || strings.Contains(string(a.body), "canary") {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if a := failing(t, context.DeadlineExceeded); a.status != 504 {
		t.Errorf("a deadline: got %d", a.status)
	}
	if a := failing(t, fault.New(fault.Kind(99), "?")); a.status != 500 {
		t.Errorf("an unknown kind: got %d", a.status)
	}
	if a := failing(t, fault.New(fault.Invalid, "bad \xff bytes")); a.status != 400 || !strings.Contains(string(a.body), "invalid") {
		t.Errorf("a message that is not UTF-8: got %d %s", a.status, a.body)
	}
}

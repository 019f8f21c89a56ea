package chaos_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/quorate/quorate/e2e/chaos/history"
	"github.com/quorate/quorate/e2e/kit"
	"github.com/quorate/quorate/transport/api"
)

// change is the request for a change.
func change(o history.Op) kit.Request {
	r := kit.Request{Method: http.MethodPost, Path: "/v1/keys/" + o.Key, Header: map[string]string{}}
	now := "0s"
	switch o.Kind {
	case history.Create:
		r.Path, r.Body = "/v1/keys", api.CreateKeyRequest{Name: o.Key, Exportable: true}
	case history.Rotate:
		r.Path += "/rotate"
	case history.Suspend:
		r.Path, r.Body = r.Path+"/suspend", api.StateRequest{Version: uint32(o.Version)}
	case history.Resume:
		r.Path, r.Body = r.Path+"/resume", api.StateRequest{Version: uint32(o.Version)}
	case history.Deactivate:
		r.Path, r.Body = r.Path+"/deactivate", api.StateRequest{Version: uint32(o.Version)}
	case history.Compromise:
		r.Path, r.Body = r.Path+"/compromise", api.StateRequest{Version: uint32(o.Version)}
	case history.Destroy:
		r.Path, r.Body = r.Path+"/destroy", api.DestroyRequest{Version: uint32(o.Version), After: &now, Force: true}
	case history.Tag:
		r.Method, r.Body = http.MethodPatch, api.UpdateKeyRequest{Tags: &map[string]string{"by": o.Tag}}
		r.Header["If-Match"] = fmt.Sprintf("%q", fmt.Sprint(o.IfMatch))
	}
	return r
}

// outcome is what an answer says of what was asked.
func outcome(a kit.Answer, err error) history.Outcome {
	switch {
	case err != nil:
		return history.Unknown
	case a.OK():
		return history.OK
	case a.Status == http.StatusNotFound:
		return history.Missing
	case a.Status == http.StatusConflict, a.Status == http.StatusPreconditionFailed:
		return history.Refused
	}
	return history.Unknown
}

// declined tells whether an answer promises that nothing was written.
func declined(a kit.Answer, err error) bool {
	return err == nil && slices.Contains([]string{"sealed", "no_leader", "stale", "busy", "full"}, a.Problem.Kind)
}

// record is what the answer shows of the key.
func (l *load) record(s *subject, a kit.Answer) (history.Record, bool) {
	var k api.Record
	if err := json.Unmarshal(a.Body, &k); err != nil {
		l.complain("a record that does not decode: %v: %.200s", err, a.Body)
		return history.Record{}, false
	}
	s.mu.Lock()
	s.id = k.ID
	s.mu.Unlock()
	r := history.Record{State: k.State, Tag: k.Tags["by"]}
	if _, err := fmt.Sscanf(strings.Trim(k.ETag, `"`), "%d", &r.Revision); err != nil {
		l.complain("an ETag that is no revision: %q", k.ETag)
	}
	for _, v := range k.Versions {
		switch v.State {
		case "destroyed":
			r.Versions += "x"
		case "destroyed-compromised":
			r.Versions += "y"
		default:
			r.Versions += v.State[:1]
		}
	}
	return r, true
}

package rest

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault/fault"
)

// outcome is how a kind of fault looks on this door.
type outcome struct {
	status int
	title  string
	retry  string // Retry-After in seconds; "": none
}

// outcomes is the one table from fault.Kind to HTTP; a test proves it complete.
var outcomes = map[fault.Kind]outcome{
	fault.Internal:        {500, "Internal error", ""},
	fault.Invalid:         {400, "Invalid request", ""},
	fault.Unauthenticated: {401, "Not authenticated", ""},
	fault.Denied:          {403, "Not permitted", ""},
	fault.NotFound:        {404, "Not found", ""},
	fault.Exists:          {409, "Exists already", ""},
	fault.BadState:        {409, "Forbidden by the present state", ""},
	fault.Conflict:        {412, "Changed in the meantime", ""},
	fault.TooLarge:        {413, "Too large", ""},
	fault.Busy:            {429, "Too much at once", "1"},
	fault.Sealed:          {503, "Sealed", "5"},
	fault.NoLeader:        {503, "No leader", "1"},
	fault.Stale:           {503, "Not recent enough", "1"},
	fault.Uncertain:       {504, "Outcome unknown", ""},
	fault.Full:            {507, "No room on the disk", ""},
}

// otherStatus is a fault whose status HTTP itself prescribes.
type otherStatus struct {
	fault  *fault.Error
	status int
	title  string
	allow  string
}

// Error is the fault's text, for our log.
func (o *otherStatus) Error() string { return o.fault.Error() }

// Unwrap makes the fault inside be found.
func (o *otherStatus) Unwrap() error { return o.fault }

func wrongMethod(allow []string) error {
	list := strings.Join(allow, ", ")
	return &otherStatus{
		fault:  fault.New(fault.Invalid, "this path does not take that method").WithHint("It takes %s.", list),
		status: http.StatusMethodNotAllowed, title: "Method not allowed", allow: list,
	}
}

func keysOf(m map[string]*route) []string { return slices.Sorted(maps.Keys(m)) }

const problemType = "urn:quorate:problem:"

func problemOf(f *fault.Error, o outcome, request string) api.Problem {
	return api.Problem{
		Type: problemType + f.Kind.String(), Title: o.title, Status: o.status,
		Detail: f.Message, Kind: f.Kind.String(), Hint: f.NextStep(), RequestID: request,
	}
}

func writeProblem(x *serve.Exchange, f *fault.Error, other *otherStatus) {
	o, ok := outcomes[f.Kind]
	if !ok {
		o = outcomes[fault.Internal]
	}
	header := x.Header()
	if other != nil {
		o = outcome{status: other.status, title: other.title}
		if other.allow != "" {
			header.Set("Allow", other.allow)
		}
	}
	if o.retry != "" {
		header.Set("Retry-After", o.retry)
	}
	if o.status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="quorate"`)
	}
	if o.status == http.StatusRequestEntityTooLarge {
		header.Set("Connection", "close") // do not read what is too much
	}
	p := problemOf(f, o, x.ID)
	body, err := json.Marshal(p)
	if err != nil {
		// A message that is not UTF-8 cannot be shown; the rest can.
		p.Detail, p.Hint = o.title, f.Kind.Hint()
		body, _ = json.Marshal(p) //nolint:errcheck // constant text marshals
	}
	header["Content-Type"] = problemJSON
	header["Cache-Control"] = noStore
	header["X-Content-Type-Options"] = noSniff
	x.WriteHeader(o.status)
	_, _ = x.Write(body) // the client is gone if this fails
}

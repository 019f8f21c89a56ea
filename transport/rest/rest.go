package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/mux"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/serve"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/access"
	"github.com/quorate/quorate/vault/fault"
)

// Config holds what the door needs beside the vault. The zero value works.
type Config struct {
	Log     *slog.Logger                     // nil: silent
	Metrics http.Handler                     // answers GET /metrics; nil: there is none
	Doctor  func(context.Context) api.Doctor // answers GET /v1/sys/doctor; nil: there is none
	Version string                           // of the software, for the OpenAPI document
}

// Handler is the native API. Make one with New and run it in a serve.Server whose Config.Error is its Fail.
type Handler struct {
	vault   *vault.Vault
	log     *slog.Logger
	metrics http.Handler
	doctor  func(context.Context) api.Doctor
	routes  []*route
	verbs   map[string]map[string]*route // POST /v1/keys/{k}/<verb>: by verb, then by method
	router  *mux.Router                  // everything else
	named   map[string]*route            // by operation
	openAPI []byte
	bodies  atomic.Int64 // bytes that large request bodies hold just now
}

// New builds the door on v.
func New(v *vault.Vault, cfg Config) *Handler {
	h := &Handler{vault: v, log: cfg.Log, metrics: cfg.Metrics, doctor: cfg.Doctor, routes: table(), verbs: map[string]map[string]*route{}, named: map[string]*route{}}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	h.router = mux.NewRouter().UseEncodedPath().SkipClean(true)
	for _, rt := range h.routes {
		rt.op = &serve.Op{Name: rt.Op}
		h.named[rt.Op] = rt
		if verb, ok := strings.CutPrefix(rt.Path, keyPath); ok && verb != "" {
			if h.verbs[verb[1:]] == nil {
				h.verbs[verb[1:]] = map[string]*route{}
			}
			h.verbs[verb[1:]][rt.Method] = rt
			continue
		}
		h.router.Methods(rt.Method).Path(pattern(rt.Path)).Name(rt.Op)
	}
	h.openAPI = describe(h.routes, cfg.Version)
	return h
}

// ServeHTTP answers one request. w must come from a serve.Server (or serve.Gate).
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := serve.Of(w)
	if x == nil {
		panic("rest: served without a serve.Server")
	}
	q := request{vault: h.vault, x: x, r: r}
	path := escapedPath(r.URL)
	x.Header()["Cache-Control"] = noStore
	if err := h.resolve(&q, path); err != nil {
		h.Fail(x, err)
		return
	}
	x.Op = q.route.op
	if err := h.answer(&q); err != nil {
		if !q.route.Stateless {
			h.stamp(x)
		}
		h.Fail(x, err)
	}
}

// resolve finds the route and what its path names. Below /v1/keys/ the last segment decides: a name that ends in a
// verb's own word is reached by writing its slashes as %2F.
func (h *Handler) resolve(q *request, path string) error {
	if err := checkPath(path); err != nil {
		return err
	}
	method := q.r.Method
	if method == http.MethodHead && (path == "/livez" || path == "/readyz") {
		method = http.MethodGet
	}
	if rest, ok := strings.CutPrefix(path, "/v1/keys/"); ok {
		if i := strings.LastIndexByte(rest, '/'); i > 0 {
			if methods, ok := h.verbs[rest[i+1:]]; ok {
				q.ref, q.route = unescape(rest[:i]), methods[method]
				if q.route == nil {
					return wrongMethod(keysOf(methods))
				}
				return nil
			}
		}
	}
	asked := http.Request{Method: method, URL: q.r.URL}
	var m mux.RouteMatch
	if h.router.Match(&asked, &m) && m.MatchErr == nil {
		q.route = h.named[m.Route.GetName()]
		for _, v := range m.Vars {
			q.ref = unescape(v)
		}
		return nil
	}
	if allow := h.allowed(&asked); len(allow) > 0 {
		return wrongMethod(allow)
	}
	return fault.New(fault.NotFound, "there is nothing under this path").WithHint("GET /v1/openapi.json lists every route.")
}

// allowed lists the methods that would find a route.
func (h *Handler) allowed(asked *http.Request) []string {
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		asked.Method = method
		var m mux.RouteMatch
		if h.router.Match(asked, &m) && m.MatchErr == nil {
			allow = append(allow, method)
		}
	}
	return allow
}

// answer does what every route needs before and after its own work.
func (h *Handler) answer(q *request) error {
	rt := q.route
	ctx := newDeadline(q.r.Context(), rt.timeout())
	defer ctx.stop()
	if err := q.readQuery(); err != nil {
		return err
	}
	if err := q.readHeader(); err != nil {
		return err
	}
	var err error
	if rt.Public || rt.Share && len(q.r.Header["Authorization"]) == 0 {
		q.caller, err = serve.Describe(q.x, q.r, access.Caller{Kind: access.Anonymous})
	} else {
		q.caller, err = serve.Identify(q.x, q.r, h.vault)
	}
	if err != nil {
		return h.vault.Refused(rt.Op, access.Caller{RequestID: q.x.ID, Remote: q.r.RemoteAddr, Door: q.x.Door()}, err)
	}
	if q.caller.Kind == access.Anonymous && !rt.Public && !rt.Share { // before the body: strangers make us read nothing
		return h.vault.Refused(rt.Op, q.caller, fault.New(fault.Unauthenticated, "this needs a token or a client certificate"))
	}
	q.caller.Read = q.read
	if rt.In == nil && rt.Raw == "" {
		if err := q.refuseBody(); err != nil {
			return err
		}
	}
	return rt.serve(ctx, h, q)
}

// stamp tells the client how new the state is that it sees; it can ask another node for no less.
func (h *Handler) stamp(x *serve.Exchange) {
	if i := h.vault.Index(); i > 0 {
		x.Header()["X-Quorate-Index"] = []string{decimal(i)}
	}
}

// Fail writes err as a problem document (RFC 9457). It is the serve.Config.Error of this door.
func (h *Handler) Fail(x *serve.Exchange, err error) {
	f := fault.Of(err)
	x.Failed(f.Kind)
	switch f.Kind {
	case fault.Internal:
		h.log.Error("request failed", "request_id", x.ID, "op", opName(x), "err", err)
	default:
		h.log.Debug("request refused", "request_id", x.ID, "op", opName(x), "kind", f.Kind.String(), "err", err)
	}
	if x.Begun() {
		return // an answer is on its way; nothing can be added to it
	}
	var other *otherStatus
	errors.As(err, &other)
	writeProblem(x, f, other)
}

func opName(x *serve.Exchange) string {
	if x.Op == nil {
		return ""
	}
	return x.Op.Name
}

const defaultTimeout = 15 * time.Second

package rest

import (
	"regexp"
	"time"

	"github.com/quorate/quorate/transport/serve"
)

// route is one line of the API. Everything that the dispatcher enforces and the OpenAPI document tells is here.
type route struct {
	Method  string
	Path    string // template; {k} is a key, with slashes as they are or as %2F
	Op      string // in logs, metrics and as operationId
	Summary string
	serve   action

	Status      int           // of success; default 200, or 204 without Out
	Body        int64         // bytes of the request body; default 1 MiB where there is one
	Timeout     time.Duration // of the vault's work; default 15 s
	Query       []param
	Public      bool   // nobody is asked who he is: health, and what has its own proof
	Share       bool   // a key share in the body is proof enough, so anonymous callers come through
	Optional    bool   // the body may be missing
	IfMatch     bool   // takes If-Match
	IfNoneMatch bool   // answers 304 to an If-None-Match that names the answer's ETag
	Batch       bool   // takes {"batch":[…]} too, and answers {"results":[…]}
	Stateless   bool   // the answer does not reflect the replicated state
	In          any    // example of the body; its type is the body's type; nil: there is none
	Out         any    // example of the answer, likewise
	Raw         string // media type of a body that is a stream of bytes, read by the handler

	op *serve.Op // as counted
}

// param is a query parameter.
type param struct {
	Name    string
	Summary string
	Example any
}

const (
	keyPath     = "/v1/keys/{k}"
	defaultBody = 1 << 20
	smallBody   = 64 << 10
	shareBody   = 16 << 10
	ceremony    = 60 * time.Second // what relaying to every member may take
)

// table lists every route.
func table() []*route {
	var all []*route
	for _, part := range [][]route{
		keyRoutes(), treeRoutes(), cryptoRoutes(), carryRoutes(), lifeRoutes(), splitRoutes(), watchRoutes(), systemRoutes(), slotRoutes(), snapshotRoutes(), restoreRoutes(), scheduleRoutes(), accessRoutes(), nodeRoutes(), doctorRoutes(), autopilotRoutes(), plantedRoutes(),
	} {
		for _, rt := range part {
			if rt.Body == 0 {
				rt.Body = defaultBody
			}
			if rt.Status == 0 {
				rt.Status = 200
				if rt.Out == nil {
					rt.Status = 204
				}
			}
			all = append(all, &rt)
		}
	}
	return all
}

func (rt *route) timeout() time.Duration {
	if rt.Timeout > 0 {
		return rt.Timeout
	}
	return defaultTimeout
}

// takes tells whether the route has that query parameter.
func (rt *route) takes(name string) bool {
	if name == "consistency" {
		return !rt.Stateless
	}
	for _, p := range rt.Query {
		if p.Name == name {
			return true
		}
	}
	return false
}

var (
	anyDepth   = regexp.MustCompile(`\{(k|name)\}`)
	oneSegment = regexp.MustCompile(`\{(id|node)\}`)
)

// pattern is the template as the router wants it: names of keys and policies may have slashes, ids may not.
func pattern(path string) string {
	return oneSegment.ReplaceAllString(anyDepth.ReplaceAllString(path, "{$1:.+}"), "{$1:[^/]+}")
}

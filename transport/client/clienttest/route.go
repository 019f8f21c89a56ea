package clienttest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault/fault"
)

// route is one request on its way to the code that answers it.
type route struct {
	server *Server
	r      *http.Request
	at     []string // unescaped segments of the path
}

// public tells whether the route asks for no token and serves while sealed.
func (rt *route) public() bool {
	switch strings.Join(rt.at, "/") {
	case "v1/sys/status", "v1/sys/doctor", "v1/sys/init", "v1/sys/unseal", "v1/sys/unseal/reset", "v1/sys/unseal/request", "readyz", "new", "key", "":
		return true
	}
	return false
}

func (rt *route) is(method string, path ...string) bool {
	if rt.r.Method != method || len(path) != len(rt.at) {
		return false
	}
	for i, p := range path {
		if p != "*" && p != rt.at[i] {
			return false
		}
	}
	return true
}

// find answers the request. What it answers with is written down while nobody can change it.
func (rt *route) find() (any, int, error) {
	st := rt.server.state
	st.mu.Lock()
	defer st.mu.Unlock()
	answer, status, err := rt.serve(st)
	switch answer.(type) {
	case []byte, eventStream:
		return answer, status, err
	}
	if err != nil {
		return nil, 0, err
	}
	b, err := json.Marshal(answer)
	return json.RawMessage(b), status, err
}

func (rt *route) serve(st *state) (any, int, error) {
	switch {
	case rt.is("GET", "readyz"):
		if st.sealed {
			return nil, 0, fault.New(fault.Sealed, "the node is sealed")
		}
		return map[string]bool{"ready": true}, 200, nil
	case rt.is("POST", "new"):
		kek := []byte("-----BEGIN " + Mark + " KEK-----\n" + newID() + "\n-----END " + Mark + " KEK-----\n")
		dek := make([]byte, 128)
		_, _ = rand.Read(dek)
		st.keks[string(kek)] = dek
		return kek, 200, nil
	case rt.is("POST", "key"):
		kek, _ := io.ReadAll(rt.r.Body)
		if dek, ok := st.keks[string(kek)]; ok {
			return dek, 200, nil
		}
		return nil, 0, fault.New(fault.NotFound, "Key not found")
	case len(rt.at) > 2 && rt.at[1] == "sys":
		return rt.system(st)
	case len(rt.at) > 1 && rt.at[1] == "keys":
		return rt.keys(st)
	case rt.is("GET", "v1", "watch"):
		return rt.watch(st)
	case len(rt.at) > 1 && rt.at[1] == "tokens":
		return rt.tokens(st)
	case len(rt.at) > 1 && rt.at[1] == "policies":
		return rt.policies(st)
	case rt.is("POST", "v1", "kmi", "import"):
		return rt.importKMI(st)
	case rt.is("GET", ""):
		return []byte(fmt.Sprintf("KMS server holding %d keys", len(st.keks))), 200, nil
	case rt.is("GET", "v1", "wrapping-key"):
		return rt.wrappingKey(st)
	case rt.is("POST", "v1", "hash"):
		return rt.crypto(&entry{}, "hash")
	case rt.is("GET", "v1", "tree"):
		return st.forest(), 200, nil
	case rt.is("POST", "v1", "random"):
		var in api.RandomRequest
		if err := decode(rt.r, &in); err != nil {
			return nil, 0, err
		}
		b := make([]byte, in.Bytes)
		_, _ = rand.Read(b)
		return api.RandomResponse{Random: b}, 200, nil
	}
	return nil, 0, noRoute(rt.r)
}

// write runs a change once per Idempotency-Key.
func write[In, Out any](rt *route, status int, work func(In) (Out, error)) (any, int, error) {
	if err := idempotent(rt.r); err != nil {
		return nil, 0, err
	}
	var in In
	if rt.r.Method != http.MethodDelete {
		if err := decode(rt.r, &in); err != nil {
			return nil, 0, err
		}
	}
	st := rt.server.state
	k := rt.r.Header.Get(api.HeaderIdempotency)
	if out, ok := st.outcomes[k]; ok {
		return out, status, nil
	}
	out, err := work(in)
	if err != nil {
		return nil, 0, err
	}
	st.grow()
	st.outcomes[k] = out
	return out, status, nil
}

func (rt *route) keys(st *state) (any, int, error) {
	switch {
	case rt.is("POST", "v1", "keys"):
		return write(rt, 201, func(in api.CreateKeyRequest) (api.Record, error) {
			if _, taken := st.names[in.Name]; taken {
				return api.Record{}, fault.New(fault.Exists, "the name %q is taken", in.Name)
			}
			if in.Algorithm == "" {
				in.Algorithm = "aes-256-gcm"
			}
			e := &entry{record: api.Record{
				ID: newID(), Name: in.Name, Algorithm: in.Algorithm, Type: typeOf(in.Algorithm), Usage: usageOf(in), State: "active", Exportable: in.Exportable, Sensitive: in.Sensitive, AlwaysSensitive: in.Sensitive, NeverExtractable: !in.Exportable, RevealIdle: in.RevealIdle,
				Tags: in.Tags, Attributes: in.Attributes, Owner: "root", RotateAfterUses: in.RotateAfterUses, RotateAfterBytes: in.RotateAfterBytes, RetireAfter: in.RetireAfter,
				DeactivateAt: in.DeactivateAt, DestroyAt: in.DestroyAt, UsageLimit: in.UsageLimit, UsageLimitUnit: in.UsageLimitUnit, CreatedAt: when, UpdatedAt: when, RotateEvery: in.RotateEvery, ETag: `"1"`,
			}}
			if in.PreActive {
				e.record.State = "pre-active"
			}
			if in.RotateEvery != "" {
				e.record.NextRotation = firstRotation
			}
			e.rotate()
			if err := st.adopt(e, in.Parent); err != nil {
				return api.Record{}, err
			}
			st.keys[e.record.ID], st.names[in.Name] = e, e.record.ID
			return e.record, nil
		})
	case rt.is("POST", "v1", "keys", "import"):
		return rt.importKey(st)
	case rt.is("POST", "v1", "keys", "join"):
		return rt.join(st)
	case rt.is("POST", "v1", "keys", "restore"):
		return rt.restore(st)
	case rt.is("GET", "v1", "keys"):
		return rt.list(st)
	case rt.is("GET", "v1", "keys", "*"):
		e, err := st.find(rt.at[2])
		if err != nil {
			return nil, 0, err
		}
		return e.record, 200, nil
	case rt.is("PATCH", "v1", "keys", "*"):
		return write(rt, 200, func(in api.UpdateKeyRequest) (api.Record, error) {
			e, err := st.find(rt.at[2])
			if err != nil {
				return api.Record{}, err
			}
			if err := rt.ifMatch(e); err != nil {
				return api.Record{}, err
			}
			e.update(in)
			if in.RotateEvery != nil {
				e.record.RotateEvery = *in.RotateEvery
			}
			return e.record, nil
		})
	case len(rt.at) == 4:
		return rt.keyVerb(st)
	}
	return nil, 0, noRoute(rt.r)
}

func usageOf(in api.CreateKeyRequest) []string {
	if len(in.Usage) > 0 {
		return in.Usage
	}
	return []string{"encrypt", "decrypt"}
}

// typeOf is the object type of an algorithm's keys, as the cluster tells it.
func typeOf(algorithm string) string {
	for prefix, name := range map[string]string{
		"secret": "secret-data", "opaque": "opaque-object", "x509": "certificate",
		"rsa-": "private-key", "ecdsa-": "private-key", "ed25519": "private-key", "x25519": "private-key", "ml-": "private-key", "slh-": "private-key",
	} {
		if strings.HasPrefix(algorithm, prefix) {
			return name
		}
	}
	return "symmetric-key"
}

func (rt *route) keyVerb(st *state) (any, int, error) {
	e, err := st.find(rt.at[2])
	if err != nil {
		return nil, 0, err
	}
	verb := rt.at[3]
	if verb != "issue" { // where it is about the certificate that is replaced
		if err := rt.ifMatch(e); err != nil {
			return nil, 0, err
		}
	}
	if out, status, handled, err := rt.family(st, e, verb); handled {
		return out, status, err
	}
	change := map[string]string{"activate": "active", "suspend": "suspended", "resume": "active", "deactivate": "deactivated", "compromise": "compromised"}
	switch {
	case rt.r.Method == "GET" && verb == "material":
		if !e.record.Exportable {
			return nil, 0, fault.New(fault.Denied, "the key is not exportable")
		}
		if e.record.Sensitive {
			return nil, 0, fault.New(fault.Denied, "the key is sensitive: its material leaves only wrapped")
		}
		return api.Material{ID: e.record.ID, Version: e.record.Latest, Algorithm: e.record.Algorithm, Material: e.materials[len(e.materials)-1]}, 200, nil
	case rt.r.Method == "GET" && verb == "public":
		return rt.publicHalf(e)
	case rt.r.Method != "POST":
		return nil, 0, noRoute(rt.r)
	case verb == "import":
		return rt.importVersion(st, e)
	case verb == "split":
		return rt.split(st, e)
	case verb == "issue":
		return rt.issue(st, e)
	case verb == "derive-key":
		return rt.deriveKey(st, e)
	case verb == "export":
		return rt.export(e)
	case verb == "backup":
		return rt.backup(st, e)
	case change[verb] != "":
		return write(rt, 200, func(in api.StateRequest) (api.Record, error) {
			e.record.State, e.record.Reason = change[verb], in.Reason
			return e.record, nil
		})
	case verb == "rotate":
		return write(rt, 200, func(struct{}) (api.Record, error) {
			if err := rt.ifMatch(e); err != nil {
				return api.Record{}, err
			}
			e.rotate()
			return e.record, nil
		})
	case verb == "destroy" || verb == "cancel-destroy":
		return write(rt, 200, func(in api.DestroyRequest) (api.Record, error) { return rt.destroy(e, verb, in) })
	case verb == "archive" || verb == "recover":
		return write(rt, 200, func(struct{}) (api.Record, error) { return e.store(verb == "archive") })
	case verb == "reserve":
		return write(rt, 200, e.reserve)
	case verb == "purge":
		return write(rt, 204, func(struct{}) (any, error) { return nil, st.purge(e) })
	}
	return rt.crypto(e, verb)
}

package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// exercise is how one operation of the state machine is tried from outside.
type exercise struct {
	algorithm string                            // of the key that it is tried with
	usage     []string                          // beside the default
	before    func(s *trial, key string) string // while the key is active: what the operation will be given, such as a ciphertext
	early     bool                              // before is for a key that is not active yet, too
	imported  bool                              // the key comes from outside
	limit     uint64                            // of use
	idle      bool                              // the key has reveal_idle
	do        func(key, given string) request
}

// exercises has every operation of the printed table.
var exercises = map[string]exercise{
	"encrypt": {do: func(k, _ string) request { return on(k, "encrypt", api.EncryptRequest{Plaintext: []byte("x")}) }},
	"datakey": {do: func(k, _ string) request { return on(k, "datakey", api.DataKeyRequest{}) }},
	"sign":    {algorithm: "ed25519", do: func(k, _ string) request { return on(k, "sign", api.SignRequest{Input: []byte("x")}) }},
	"mac":     {algorithm: "hmac-sha256", do: func(k, _ string) request { return on(k, "mac", api.MACRequest{Input: []byte("x")}) }},
	"derive":  {algorithm: "hmac-sha256", do: func(k, _ string) request { return on(k, "derive", api.DeriveRequest{Info: []byte("x")}) }},
	"wrap": {do: func(k, _ string) request {
		return on(k, "wrap", api.WrapRequest{Plaintext: []byte("0123456789abcdef")})
	}},
	"encapsulate": {algorithm: "ml-kem-768", do: func(k, _ string) request { return on(k, "encapsulate", api.EncapsulateRequest{}) }},
	"rewrap": {
		before: func(s *trial, k string) string {
			return s.text(on(k, "encrypt", api.EncryptRequest{Plaintext: []byte("x")}), "ciphertext")
		},
		do: func(k, text string) request { return on(k, "rewrap", api.DecryptRequest{Ciphertext: text}) },
	},
	"decrypt": {
		before: func(s *trial, k string) string {
			return s.text(on(k, "encrypt", api.EncryptRequest{Plaintext: []byte("x")}), "ciphertext")
		},
		do: func(k, text string) request { return on(k, "decrypt", api.DecryptRequest{Ciphertext: text}) },
	},
	"verify": {
		algorithm: "ed25519",
		before: func(s *trial, k string) string {
			return s.text(on(k, "sign", api.SignRequest{Input: []byte("x")}), "signature")
		},
		do: func(k, sig string) request {
			return on(k, "verify", api.VerifyRequest{Input: []byte("x"), Signature: sig})
		},
	},
	"verify-mac": {
		algorithm: "hmac-sha256",
		before: func(s *trial, k string) string {
			return s.text(on(k, "mac", api.MACRequest{Input: []byte("x")}), "mac")
		},
		do: func(k, mac string) request {
			return on(k, "verify-mac", api.VerifyMACRequest{Input: []byte("x"), MAC: mac})
		},
	},
	"unwrap": {
		before: func(s *trial, k string) string {
			return s.text(on(k, "wrap", api.WrapRequest{Plaintext: []byte("0123456789abcdef")}), "ciphertext")
		},
		do: func(k, text string) request { return on(k, "unwrap", api.UnwrapRequest{Ciphertext: text}) },
	},
	"decapsulate": {
		algorithm: "ml-kem-768",
		before: func(s *trial, k string) string {
			return s.text(on(k, "encapsulate", api.EncapsulateRequest{}), "ciphertext")
		},
		do: func(k, text string) request { return on(k, "decapsulate", api.DecapsulateRequest{Ciphertext: text}) },
	},
	"have a new child": {do: func(k, _ string) request {
		return post("/v1/keys", api.CreateKeyRequest{Name: k + ".child", Parent: k, Exportable: true})
	}},
	"open a child": {
		before: func(s *trial, k string) string {
			s.must(s.nodes[0], post("/v1/keys", api.CreateKeyRequest{Name: k + ".child", Parent: k, Exportable: true}))
			return s.text(on(k+".child", "encrypt", api.EncryptRequest{Plaintext: []byte("x")}), "ciphertext")
		},
		do: func(k, text string) request { return on(k+".child", "decrypt", api.DecryptRequest{Ciphertext: text}) },
	},
	"material":              {do: func(k, _ string) request { return get("/v1/keys/" + k + "/material") }},
	"material, reveal_idle": {idle: true, do: func(k, _ string) request { return get("/v1/keys/" + k + "/material") }},
	"export": {do: func(k, _ string) request {
		return on(k, "export", api.ExportRequest{RecipientPublicKey: recipient})
	}},
	"backup":        {do: func(k, _ string) request { return on(k, "backup", api.BackupKeyRequest{WrappingKey: other}) }},
	"seal a backup": {do: func(k, _ string) request { return on(other, "backup", api.BackupKeyRequest{WrappingKey: k}) }},
	"restore": {
		before: func(s *trial, k string) string {
			kept := k + ".kept"
			s.done(create(kept, true))
			text := s.text(on(kept, "backup", api.BackupKeyRequest{WrappingKey: k}), "backup")
			s.done(on(kept, "deactivate", api.StateRequest{}))
			s.done(on(kept, "destroy", atOnce()))
			s.done(on(kept, "purge", struct{}{}))
			return text
		},
		do: func(k, text string) request {
			return post("/v1/keys/restore", api.RestoreKeyRequest{Backup: text, WrappingKey: k})
		},
	},
	"derive-key": {algorithm: "hmac-sha256", do: func(k, _ string) request {
		return on(k, "derive-key", api.DeriveKeyRequest{Key: api.CreateKeyRequest{Name: k + ".derived"}})
	}},
	"import-version": {
		imported: true, early: true,
		before: func(s *trial, _ string) string { return s.parcel() },
		do: func(k, parcel string) request {
			return on(k, "import", api.ImportVersionRequest{WrappedMaterial: unbased(parcel), Wrapping: api.Wrapping{Key: other, Scheme: "aes-kwp"}})
		},
	},
	"archive": {do: func(k, _ string) request { return on(k, "archive", struct{}{}) }},
	"recover": {do: func(k, _ string) request { return on(k, "recover", struct{}{}) }},
	"move":    {do: func(k, _ string) request { return on(k, "move", api.MoveRequest{Parent: other}) }},
	"certify": {
		algorithm: "ed25519", early: true,
		before: func(s *trial, k string) string {
			return certificateOf(s.t, s.text(get("/v1/keys/"+k+"/public"), "public_key"))
		},
		do: func(k, certificate string) request {
			return post("/v1/keys/import", api.ImportKeyRequest{Name: k + ".certificate", Algorithm: "x509", Certificate: certificate, Key: k})
		},
	},
	"reserve":        {limit: 100, do: func(k, _ string) request { return on(k, "reserve", api.ReserveRequest{Uses: 1}) }},
	"rotate":         {do: func(k, _ string) request { return on(k, "rotate", struct{}{}) }},
	"activate":       {do: func(k, _ string) request { return on(k, "activate", api.StateRequest{}) }},
	"suspend":        {do: func(k, _ string) request { return on(k, "suspend", api.StateRequest{}) }},
	"resume":         {do: func(k, _ string) request { return on(k, "resume", api.StateRequest{}) }},
	"deactivate":     {do: func(k, _ string) request { return on(k, "deactivate", api.StateRequest{}) }},
	"compromise":     {do: func(k, _ string) request { return on(k, "compromise", api.StateRequest{Reason: "a test"}) }},
	"destroy":        {do: func(k, _ string) request { return on(k, "destroy", atOnce()) }},
	"cancel-destroy": {do: func(k, _ string) request { return on(k, "cancel-destroy", api.DestroyRequest{}) }},
	"update": {do: func(k, _ string) request {
		return request{method: http.MethodPatch, path: "/v1/keys/" + k, body: api.UpdateKeyRequest{Tags: &map[string]string{"a": "b"}}}
	}},
	"show":  {do: func(k, _ string) request { return get("/v1/keys/" + k) }},
	"purge": {do: func(k, _ string) request { return on(k, "purge", struct{}{}) }},
}

// recipient is X25519's base point, as a public key: whose private half is nobody's matter here.
const recipient = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEACQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n"

func on(key, verb string, body any) request { return post("/v1/keys/"+key+"/"+verb, body) }

func atOnce() api.DestroyRequest {
	now := "0s"
	return api.DestroyRequest{After: &now, Force: true}
}

// trial is a cluster on which the state machine is tried.
type trial struct {
	*cluster
	rescuer string // the token of one whom a policy lets open what compromised keys protected
	donors  map[string]string
}

// text is a member of the answer to a request that has to be granted.
func (s *trial) text(r request, member string) string {
	s.t.Helper()
	a := s.must(s.nodes[0], r)
	var m map[string]any
	a.into(s.t, &m)
	text, ok := m[member].(string)
	if !ok {
		s.t.Fatalf("%s %s answers no %s: %v", r.method, r.path, member, a)
	}
	return text
}

// done makes a step that has to be granted.
func (s *trial) done(r request) {
	s.t.Helper()
	if a := s.must(s.nodes[0], r); a.status > 299 {
		s.t.Fatalf("%s %s: %v", r.method, r.path, a)
	}
}

// make makes a key for an exercise, and with it what the operation will be given, and takes it to a state. All have a
// destruction in the far future, which can be called off. It tells whether the state could be reached.
func (s *trial) make(op, state, name string) (given string, reached bool) {
	s.t.Helper()
	x := exercises[op]
	at := func(days int) string { return time.Now().AddDate(0, 0, days).UTC().Format(time.RFC3339) }
	spec := api.CreateKeyRequest{Name: name, Algorithm: x.algorithm, Usage: x.usage, Exportable: true, RevealIdle: x.idle, UsageLimit: x.limit, DeactivateAt: at(300), DestroyAt: at(301)}
	if state == "pre-active" {
		spec.ActivateAt = at(200)
	}
	if x.imported {
		s.done(post("/v1/keys/import", api.ImportKeyRequest{
			Name: name, Algorithm: "aes-256-gcm", WrappedMaterial: unbased(s.parcel()), Wrapping: api.Wrapping{Key: other, Scheme: "aes-kwp"},
			ActivateAt: spec.ActivateAt, DeactivateAt: spec.DeactivateAt, DestroyAt: spec.DestroyAt,
		}))
	} else {
		s.done(post("/v1/keys", spec))
	}
	switch {
	case x.before == nil:
	case op == "open a child" && state == "pre-active":
		if a := s.must(s.nodes[0], exercises["have a new child"].do(name, "")); a.problem.Kind != "bad_state" {
			s.t.Fatalf("a key that is not active yet gets a child: %v", a)
		}
		return "", false // and so has none to open: nobody comes into this cell
	case state == "pre-active" && !x.early: // it never protected anything: it is given what another key made
		if s.donors[op] == "" {
			s.donors[op], _ = s.make(op, "active", "donor/"+strings.ReplaceAll(op, " ", "-"))
		}
		given = s.donors[op]
	default:
		given = x.before(s, name)
	}
	switch state {
	case "suspended":
		s.done(on(name, "suspend", api.StateRequest{}))
	case "deactivated", "destroyed":
		s.done(on(name, "deactivate", api.StateRequest{}))
	case "compromised", "destroyed-compromised":
		s.done(on(name, "compromise", api.StateRequest{Reason: "a test"}))
	case "archived": // which is no state, but a column of the table
		s.done(on(name, "archive", struct{}{}))
	}
	if strings.HasPrefix(state, "destroyed") {
		a := s.must(s.nodes[0], on(name, "destroy", atOnce()))
		if op == "open a child" && a.problem.Kind == "bad_state" {
			return given, false // a key that wraps others is not destroyed: nobody comes into this cell
		}
		if a.status > 299 {
			s.t.Fatalf("destroying %s: %v", name, a)
		}
	}
	return given, true
}

// outcome is an answer as the table has it.
func outcome(a answer) string {
	if a.status < 300 {
		return "yes"
	}
	return a.problem.Kind
}

// TestEveryCellOfTheStateMachine tries each operation in each state on three nodes, and wants what `quorate key states` prints.
func TestEveryCellOfTheStateMachine(t *testing.T) {
	t.Parallel()
	s := &trial{cluster: open(t), donors: map[string]string{}}
	var rules []struct {
		Operation string            `json:"operation"`
		Verdicts  map[string]string `json:"verdicts"`
	}
	if err := json.Unmarshal([]byte(s.ok("key", "states", "--format", "json")), &rules); err != nil {
		t.Fatal(err)
	}
	s.ok("policy", "put", "rescue", s.write("rescue.cedar", `permit (principal == User::"rescuer", action, resource);
permit (principal == User::"rescuer", action == Action::"open-compromised", resource);`))
	s.rescuer = s.knownToken(api.TokenRequest{Principal: "rescuer", TTL: "1h"}).Token
	s.done(create(other, true))
	cells, unreached := 0, 0
	for _, rule := range rules {
		x, known := exercises[rule.Operation]
		if !known {
			t.Errorf("nobody tries %q: add an exercise", rule.Operation)
			continue
		}
		for state, verdict := range rule.Verdicts {
			name := strings.NewReplacer(" ", "-", ",", "").Replace("t/" + rule.Operation + "/" + state)
			given, reached := s.make(rule.Operation, state, name)
			cells++
			if !reached {
				unreached++
				continue
			}
			ask := x.do(name, given)
			n := s.nodes[cells%len(s.nodes)]
			want := verdict
			if verdict == "policy" { // root's permit for everything is not enough, and the one that names it is
				want = "bad_state"
				named := ask
				named.token = s.rescuer
				if a := s.must(n, named); outcome(a) != "yes" {
					t.Errorf("%s of a key that is %s, with a policy that names it, at %s: %v", rule.Operation, state, n.name, a)
				}
			}
			if a := s.must(n, ask); outcome(a) != want {
				t.Errorf("%s of a key that is %s at %s: want %s, got %v", rule.Operation, state, n.name, want, a)
			}
		}
	}
	t.Logf("%d cells, of which the vault lets nobody into %d", cells, unreached)
	if want := len(rules) * 8; cells != want || unreached > 3 {
		t.Errorf("%d cells were tried, %d not reached; want %d and at most 3", cells, unreached, want)
	}
}

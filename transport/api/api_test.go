package api_test

import (
	stdjson "encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/quorate/quorate/transport/api"
)

// structs are all of this package; the first test holds the list complete.
var structs = []any{
	api.Problem{},
	api.Member{},
	api.Members{},
	api.Autopilot{},
	api.Ceremony{},
	api.Disk{},
	api.Status{},
	api.InitRequest{},
	api.InitResponse{},
	api.ShareRequest{},
	api.HandInRequest{},
	api.HandInResponse{},
	api.UnsealResponse{},
	api.SealMember{},
	api.SealRequest{},
	api.RekeyRequest{},
	api.RekeyResponse{},
	api.Keyring{},
	api.KeyringTerm{},
	api.Rewrapping{},
	api.Slots{},
	api.QuorumSlot{},
	api.SlotRequest{},
	api.Opening{},
	api.Slot{},
	api.TransferRequest{},
	api.JoinTokenRequest{},
	api.JoinTokenResponse{},
	api.ClientCertificateRequest{},
	api.ClientCertificate{},
	api.CreateKeyRequest{},
	api.UpdateKeyRequest{},
	api.StateRequest{},
	api.DestroyRequest{},
	api.ReserveRequest{},
	api.Record{},
	api.Label{},
	api.Version{},
	api.Keys{},
	api.Material{},
	api.DataKeyRequest{},
	api.StoredKey{},
	api.StoredKeys{},
	api.MoveRequest{},
	api.Tree{},
	api.TreeNode{},
	api.KeyRewrapping{},
	api.WrapVersion{},
	api.Campaign{},
	api.DataKeyResponse{},
	api.EncryptRequest{},
	api.EncryptResponse{},
	api.DecryptRequest{},
	api.DecryptResponse{},
	api.RandomRequest{},
	api.RandomResponse{},
	api.TokenRequest{},
	api.Token{},
	api.Tokens{},
	api.Policy{},
	api.Policies{},
	api.ExplainRequest{},
	api.ExplainResponse{},
	api.Health{},
	api.Digest{},
}

func TestEveryStructIsTested(t *testing.T) {
	known := map[string]bool{}
	for _, v := range structs {
		known[reflect.TypeOf(v).Name()] = true
	}
	for _, name := range []string{"api.go", "access.go", "slots.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok && !known[s.Name.Name] {
				t.Errorf("%s is not in the list", s.Name.Name)
			}
			return true
		})
	}
}

// TestBothEncodersLeaveOutTheSame holds for what is unset (left out), and for what is set to nothing: a pointer to an
// empty value says "set it to nothing", and stays.
func TestBothEncodersLeaveOutTheSame(t *testing.T) {
	for _, v := range structs {
		unset := reflect.New(reflect.TypeOf(v)).Elem()
		empty := reflect.New(reflect.TypeOf(v)).Elem()
		unsetWant, emptyWant := []string{}, []string{}
		for f, at := range unset.Fields() {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if options == "" {
				unsetWant = append(unsetWant, name)
			}
			switch at.Kind() {
			case reflect.Pointer:
				empty.FieldByIndex(f.Index).Set(reflect.New(f.Type.Elem()))
				emptyWant = append(emptyWant, name)
				continue
			case reflect.Slice:
				empty.FieldByIndex(f.Index).Set(reflect.MakeSlice(f.Type, 0, 0))
			case reflect.Map:
				empty.FieldByIndex(f.Index).Set(reflect.MakeMap(f.Type))
			}
			if options == "" {
				emptyWant = append(emptyWant, name)
			}
		}
		encodeAs(t, unset.Interface(), unsetWant)
		encodeAs(t, empty.Interface(), emptyWant)
	}
}

func encodeAs(t *testing.T, v any, want []string) {
	t.Helper()
	slices.Sort(want)
	for encoder, marshal := range map[string]func(any) ([]byte, error){
		"encoding/json":      stdjson.Marshal,
		"go-json-experiment": func(v any) ([]byte, error) { return json.Marshal(v) },
	} {
		b, err := marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := stdjson.Unmarshal(b, &fields); err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
			t.Errorf("%T by %s has the fields %v, want %v", v, encoder, got, want)
		}
	}
}

package rest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// TestEveryOperationOfABatchFailsItemByItem sends to each operation that takes many items a bad one between two good ones.
func TestEveryOperationOfABatchFailsItemByItem(t *testing.T) {
	d := withKeys(t)
	text := func(key, verb, body, member string) string {
		a := d.send("POST", "/v1/keys/"+key+"/"+verb, body)
		var m map[string]any
		if err := json.Unmarshal(a.body, &m); err != nil || a.status != 200 {
			t.Fatalf("%s: %d %s", verb, a.status, a.body)
		}
		return fmt.Sprint(m[member])
	}
	input := `{"input":"aGk="}`
	sealed := text("aes", "encrypt", `{"plaintext":"aGk="}`, "ciphertext")
	wrapped := text("aes", "wrap", `{"plaintext":"MDEyMzQ1Njc4OWFiY2RlZg=="}`, "ciphertext")
	signature, mac := text("ec", "sign", input, "signature"), text("mac", "mac", input, "mac")
	shared := text("kem", "encapsulate", `{}`, "ciphertext")
	cases := map[string]struct {
		key, good, bad, kind string
		result               string // a member that every good result has
	}{
		"key.encrypt":     {"aes", `{"plaintext":"aGk="}`, `{"aad":"aGk="}`, "invalid", "ciphertext"},
		"key.decrypt":     {"aes", `{"ciphertext":"` + sealed + `"}`, `{"ciphertext":"` + sealed + `","aad":"aGk="}`, "invalid", "plaintext"},
		"key.rewrap":      {"aes", `{"ciphertext":"` + sealed + `"}`, `{"ciphertext":"` + strings.Replace(sealed, "v1", "v7", 1) + `"}`, "not_found", "ciphertext"},
		"key.datakey":     {"aes", `{"bits":128,"plaintext":true}`, `{"bits":3}`, "invalid", "plaintext"},
		"key.sign":        {"ec", input, `{"input":"aGk=","hash":"md5"}`, "invalid", "signature"},
		"key.verify":      {"ec", `{"input":"aGk=","signature":"` + signature + `"}`, `{"input":"aGk=","signature":"qk:v7:AAAA"}`, "not_found", "valid"},
		"key.mac":         {"mac", input, `{"input":"aGk=","hash":"sha512"}`, "invalid", "mac"},
		"key.verify-mac":  {"mac", `{"input":"aGk=","mac":"` + mac + `"}`, `{"input":"aGk=","mac":"hi"}`, "invalid", "valid"},
		"key.derive":      {"mac", `{"info":"aGk="}`, `{"info":"aGk=","bytes":100000}`, "invalid", "derived"},
		"key.wrap":        {"aes", `{"plaintext":"MDEyMzQ1Njc4OWFiY2RlZg=="}`, `{"key":"nobody"}`, "not_found", "ciphertext"},
		"key.unwrap":      {"aes", `{"ciphertext":"` + wrapped + `"}`, `{"ciphertext":"` + sealed + `"}`, "invalid", "plaintext"},
		"key.encapsulate": {"kem", `{}`, `{"bits":256}`, "invalid", "shared_secret"},
		"key.decapsulate": {"kem", `{"ciphertext":"` + shared + `"}`, `{"ciphertext":"qk:v1:AAAA"}`, "invalid", "shared_secret"},
		"hash":            {"", input, `{"input":"aGk=","algorithm":"rot13"}`, "invalid", "digest"},
	}
	for id, o := range d.operations() {
		body, err := json.Marshal(o.spec["requestBody"])
		if err != nil {
			t.Fatal(err)
		}
		c, known := cases[id]
		if takes := strings.Contains(string(body), `"batch"`); takes != known {
			t.Errorf("%s takes a batch by its document: %v; tried here: %v", id, takes, known)
		}
		if !known {
			continue
		}
		a := d.send("POST", strings.Replace(o.path, "{k}", c.key, 1), `{"batch":[`+c.good+`,`+c.bad+`,`+c.good+`]}`)
		var all struct {
			Results []map[string]any `json:"results"`
		}
		if err := json.Unmarshal(a.body, &all); err != nil || a.status != 200 || len(all.Results) != 3 {
			t.Errorf("%s: %d %s", id, a.status, a.body)
			continue
		}
		for _, i := range []int{0, 2} {
			if all.Results[i][c.result] == nil || all.Results[i]["error"] != nil || all.Results[i]["valid"] == false {
				t.Errorf("%s: item %d failed with its neighbour: %v", id, i, all.Results[i])
			}
		}
		failed, _ := all.Results[1]["error"].(map[string]any)
		if len(all.Results[1]) != 1 || failed["kind"] != c.kind || failed["detail"] == "" || failed["hint"] == "" || failed["detail"] == nil {
			t.Errorf("%s: the bad item is answered %v, want %s", id, all.Results[1], c.kind)
		}
	}
	// A signature, or a MAC, over something else is no error of its item.
	for verb, item := range map[string]string{"ec/verify": `{"input":"YQ==","signature":"` + signature + `"}`, "mac/verify-mac": `{"input":"YQ==","mac":"` + mac + `"}`} {
		all, _ := ask[api.Results[api.VerifyResponse]](d, "POST", "/v1/keys/"+verb, json.RawMessage(`{"batch":[`+item+`]}`), 200)
		if all.Results[0].Error != nil || all.Results[0].Value.Valid {
			t.Errorf("%s: %+v", verb, all.Results)
		}
	}
}

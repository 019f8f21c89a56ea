package keas_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/client/sealed"
	"github.com/quorate/quorate/transport/keas"
)

type refusal struct {
	Code, Status int
	Text, Answer string
}

func TestPythonsOwnClientSpeaksXMLRPC(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed on this machine")
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/rpc.py", founded(t))
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, errs.String())
	}
	var r struct {
		KEK, DEK, Secret                     string
		Same, Other, Text, Empty, Raw, Large bool
		Contains                             []bool
		Faults                               map[string]refusal
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if block, rest := pem.Decode([]byte(r.KEK)); block == nil || len(rest) > 0 {
		t.Errorf("generate: %q", r.KEK)
	}
	if len(r.DEK) != 256 || !r.Same || r.Other {
		t.Errorf("get: %d digits, the same again: %v, that of another: %v", len(r.DEK), r.Same, r.Other)
	}
	if want := []bool{true, true, false, false}; len(r.Contains) != 4 || r.Contains[0] != want[0] || r.Contains[1] != want[1] || r.Contains[2] != want[2] || r.Contains[3] != want[3] {
		t.Errorf("contains: %v, want %v", r.Contains, want)
	}
	if !r.Text || !r.Empty || !r.Raw || !r.Large {
		t.Errorf("what was encrypted comes back: text %v, nothing %v, bytes %v, half a megabyte %v", r.Text, r.Empty, r.Raw, r.Large)
	}
	secret, err := hex.DecodeString(r.Secret)
	if err != nil || !sealed.BeginsHeld(secret) {
		t.Errorf("encrypt wrote another form than %s: %.8x %v", sealed.HeldMagic, secret, err)
	}
	for name, want := range map[string]refusal{
		"unknown key": {Code: 404, Text: "Key not found"}, "decrypt under another key": {Code: 400, Text: "another key"}, "changed": {Code: 400, Text: "does not open"},
		"no ciphertext": {Code: 400, Text: "not encrypted under this key"}, "no such method": {Code: -32601, Text: "no such method"},
		"too few": {Code: -32602, Text: "takes 2 parameters"}, "too many": {Code: -32602, Text: "takes 0 parameters"},
		"a number": {Code: -32700, Text: "string or base64"}, "a list": {Code: -32700, Text: "string or base64"},
		"another path": {Status: 404},
	} {
		if got := r.Faults[name]; got.Code != want.Code || got.Status != want.Status || got.Answer != "" || !strings.Contains(got.Text, want.Text) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if len(r.Faults) != 10 {
		t.Errorf("%d refusals were tried", len(r.Faults))
	}
}

func TestXMLRPCSaysWhyItDoesNotServe(t *testing.T) {
	call := "<methodCall><methodName>generate</methodName></methodCall>"
	status, body, header := send(t, "POST", open(t, blank(t), keas.Config{})+"/RPC2", call)
	if status != http.StatusOK || !strings.Contains(body, "<name>faultCode</name><value><int>503</int>") || !strings.HasPrefix(header.Get("Content-Type"), "text/xml") {
		t.Errorf("a blank node: %d %s", status, body)
	}
	url := founded(t)
	if status, _, header := send(t, "GET", url+"/RPC2", ""); status != http.StatusMethodNotAllowed || header.Get("Allow") != "POST" {
		t.Errorf("GET: %d", status)
	}
	if status, body, _ := send(t, "POST", url+"/RPC2", "<!DOCTYPE x [<!ENTITY a 'b'>]>"+call); status != http.StatusOK || !strings.Contains(body, "<int>-32700</int>") {
		t.Errorf("a document type: %d %s", status, body)
	}
	if status, _, _ := send(t, "POST", url+"/RPC2", strings.Repeat(" ", 1<<20+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a call of more than a megabyte: %d", status)
	}
	if status, _, _ := send(t, "POST", url+"/RPC2", call, "Authorization", "Bearer qt_nobody"); status != http.StatusUnauthorized {
		t.Errorf("a bad token fell back to the door's own principal: %d", status)
	}
	if _, body, _ := send(t, "GET", url+"/", ""); body != "KMS server holding 0 keys" {
		t.Errorf("a refused call made a key: %s", body)
	}
}

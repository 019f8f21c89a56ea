package e2e_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// wget posts a file as users of keas.kmi do; without wget it falls back to net/http and says so.
func (c *cluster) wget(n *node, path, file string) (body []byte, status int) {
	c.t.Helper()
	url := "https://" + n.keas + path
	if tool, err := exec.LookPath("wget"); err == nil {
		args := []string{"-q", "-O", "-", "-T", "10", "-t", "1", "--no-config", "--ca-certificate=" + c.caFile, "--content-on-error", "--server-response"}
		if file == "" {
			args = append(args, "--post-data=")
		} else {
			args = append(args, "--post-file="+file)
		}
		var out, errs bytes.Buffer
		cmd := exec.Command(tool, append(args, url)...)
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		for line := range strings.Lines(errs.String()) {
			if f := strings.Fields(line); len(f) >= 2 && strings.HasPrefix(f[0], "HTTP/") {
				status = 0
				for _, d := range f[1] {
					status = 10*status + int(d-'0')
				}
			}
		}
		if status == 0 {
			c.t.Fatalf("wget %s: %v: %s", url, err, errs.String())
		}
		return out.Bytes(), status
	}
	c.t.Log("wget is not installed: asking with net/http instead")
	var post []byte
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			c.t.Fatal(err)
		}
		post = b
	}
	h := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: poolOf(c.t, c.init.CACertificate)}, DisableKeepAlives: true}}
	resp, err := h.Post(url, "application/x-www-form-urlencoded", bytes.NewReader(post))
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		c.t.Fatal(err)
	}
	return body, resp.StatusCode
}

func TestKeasDoorGivesTheSameKeyAtEveryNode(t *testing.T) {
	t.Parallel()
	c := open(t)
	kek, status := c.wget(c.nodes[1], "/new", "")
	block, _ := pem.Decode(kek)
	if status != http.StatusOK || block == nil {
		t.Fatalf("POST /new: %d %.80q", status, kek)
	}
	file := c.write("kek.dat", string(kek))
	var dek []byte
	for _, n := range c.nodes {
		for range 3 {
			got, status := c.wget(n, "/key", file)
			if status != http.StatusOK || len(got) < 16 || dek != nil && !bytes.Equal(got, dek) {
				t.Fatalf("POST /key at %s: %d, %d bytes, the same as before: %v", n.name, status, len(got), bytes.Equal(got, dek))
			}
			dek = got
		}
	}
	other, status := c.wget(c.nodes[2], "/new", "")
	if status != http.StatusOK || bytes.Equal(other, kek) {
		t.Fatalf("a second POST /new: %d", status)
	}
	if got, status := c.wget(c.nodes[0], "/key", c.write("other.dat", string(other))); status != http.StatusOK || bytes.Equal(got, dek) {
		t.Errorf("another KEK: %d, another DEK: %v", status, !bytes.Equal(got, dek))
	}
	if got, status := c.wget(c.nodes[0], "/key", c.write("unknown.pem", unknownKEK(t))); status != http.StatusNotFound || !bytes.Contains(got, []byte("Key not found")) {
		t.Errorf("an unknown KEK: %d %q, want 404 Key not found", status, got)
	}
	if got, status := c.wget(c.nodes[0], "/key", c.write("garbage.pem", "not a key")); status < 400 || status > 499 {
		t.Errorf("a body that is no key: %d %q", status, got)
	}
	for _, dead := range c.nodes {
		dead.kill()
		for _, n := range c.nodes {
			if n == dead {
				continue
			}
			eventually(t, 10*time.Second, n.name+" serves after "+dead.name+" died", func() error { return c.ready(n) })
			if got, status := c.wget(n, "/key", file); status != http.StatusOK || !bytes.Equal(got, dek) {
				t.Errorf("POST /key at %s after %s died: %d, the same: %v", n.name, dead.name, status, bytes.Equal(got, dek))
			}
		}
		dead.start()
		c.settled(dead)
		c.unseal(dead)
		c.serving(c.nodes...)
	}
}

// unknownKEK is a KEK that the cluster did not make.
func unknownKEK(t *testing.T) string {
	t.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey(t))}))
}

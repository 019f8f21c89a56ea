package kit

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/quorate/quorate/transport/api"
)

// Anyone trusts every certificate: for asking a node that has none of the cluster's yet whether it lives.
var Anyone = &http.Client{
	Timeout:   2 * time.Second,
	Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
}

// Request is one request to one node.
type Request struct {
	Method, Path string
	Body         any // []byte and string are sent as they stand, nil is none, the rest is JSON
	Header       map[string]string
	Within       time.Duration // 0: ten seconds
}

// Answer is what a node said to one request.
type Answer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Problem api.Problem // of an error
}

// OK tells whether the node did what it was asked.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

func (a Answer) String() string {
	if a.Status >= 400 && a.Problem.Kind != "" {
		return fmt.Sprintf("%d %s: %s (%s)", a.Status, a.Problem.Kind, a.Problem.Detail, a.Problem.Hint)
	}
	return fmt.Sprintf("%d %.200s", a.Status, a.Body)
}

// Into decodes the body of an answer that is a success.
func (a Answer) Into(v any) error {
	if !a.OK() {
		return fmt.Errorf("the node answered %v", a)
	}
	if err := json.Unmarshal(a.Body, v); err != nil {
		return fmt.Errorf("the answer does not decode: %w", err)
	}
	return nil
}

// Ask sends a request to the node at base ("https://host:port"), once and without retries, as the bearer of token ("": nobody).
func Ask(client *http.Client, base, token string, r Request) (Answer, error) {
	body, err := encode(r.Body)
	if err != nil {
		return Answer{}, err
	}
	if r.Within == 0 {
		r.Within = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.Within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, base+r.Path, body)
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for k, v := range r.Header {
		req.Header.Set(k, v)
	}
	if req.GetBody = nil; req.Body == nil && r.Method != http.MethodGet { // else net/http may send it again by itself
		req.Body = io.NopCloser(strings.NewReader(""))
	}
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Status: resp.StatusCode, Header: resp.Header, Body: b}
	if resp.StatusCode >= 400 {
		_ = json.Unmarshal(b, &a.Problem) // shows as an empty kind
	}
	return a, nil
}

// encode is the body of a request; a nil io.Reader is none.
func encode(body any) (io.Reader, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case string:
		return bytes.NewReader([]byte(b)), nil
	case []byte:
		return bytes.NewReader(b), nil
	default:
		j, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		return bytes.NewReader(j), nil
	}
}

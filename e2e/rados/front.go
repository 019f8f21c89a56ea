package rados

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
)

// Front is an HTTP server before an S3 server. It passes requests on unless a trouble takes them; signatures cover the host that was asked, so the
// server behind sees that one.
type Front struct {
	*httptest.Server

	mu      sync.Mutex
	trouble Trouble
}

// Trouble may answer a request in the server's place, and tells whether it did.
type Trouble func(w http.ResponseWriter, r *http.Request) bool

// NewFront begins one. The caller closes it.
func (s *Server) NewFront() *Front {
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: s.Host})
		r.Out.Host = r.In.Host
	}}
	f := &Front{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		trouble := f.trouble
		f.mu.Unlock()
		if trouble == nil || !trouble(w, r) {
			pass.ServeHTTP(w, r)
		}
	}))
	return f
}

// Host is where it is asked.
func (f *Front) Host() string { return f.Listener.Addr().String() }

// Begin sets the trouble from now on; nil: none.
func (f *Front) Begin(t Trouble) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trouble = t
}

// CutUploads breaks the connection after so many bytes of an upload.
func CutUploads(after int64) Trouble {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPut {
			return false
		}
		_, _ = io.CopyN(io.Discard, r.Body, after) // a shorter one is cut as well
		panic(http.ErrAbortHandler)
	}
}

// Unavailable answers requests of a method with 503, as a store does that is overloaded.
func Unavailable(method string) Trouble {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != method {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>`)
		return true
	}
}

// Stalled takes requests of a method and says nothing until the other side gives up.
func Stalled(method string) Trouble {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != method {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body) // the other side's going away is seen only then
		<-r.Context().Done()
		return true
	}
}

// CutDownloads breaks off after so many bytes of an object.
func (s *Server) CutDownloads(after int64) Trouble {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || r.URL.Query().Has("list-type") {
			return false
		}
		resp, err := s.ask(r)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer resp.Body.Close()
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		if _, err := io.CopyN(w, resp.Body, after); err != nil && !errors.Is(err, io.EOF) {
			panic(http.ErrAbortHandler)
		}
		panic(http.ErrAbortHandler)
	}
}

// Yesterday answers listings with what the first one was, as a store may that is consistent only in the end.
func (s *Server) Yesterday() Trouble {
	var mu sync.Mutex
	var old []byte
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet || !r.URL.Query().Has("list-type") {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		if old == nil {
			resp, err := s.ask(r)
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			defer resp.Body.Close()
			if old, err = io.ReadAll(resp.Body); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		w.Header().Set("Content-Type", "application/xml")
		_, _ = w.Write(old)
		return true
	}
}

// ask passes a request on by hand.
func (s *Server) ask(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.RequestURI, out.URL.Scheme, out.URL.Host = "", "http", s.Host
	return http.DefaultTransport.RoundTrip(out)
}

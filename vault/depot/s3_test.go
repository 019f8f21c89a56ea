package depot

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/e2e/rados"
	"github.com/quorate/quorate/vault/fault"
)

// One real S3 server serves these stories, through a front that makes trouble on demand.
func TestBuckets(t *testing.T) {
	s := rados.ForTest(t, "backups")
	for _, e := range s.Environment() {
		k, v, _ := strings.Cut(e, "=")
		t.Setenv(k, v)
	}
	f := s.NewFront()
	t.Cleanup(f.Close)
	t.Run("a bucket is like a folder", func(t *testing.T) { likeAFolder(t, at(t, s.Address("backups", f.Host())), s) })
	t.Run("trouble is said and leaves what was there", func(t *testing.T) { trouble(t, at(t, s.Address("backups", f.Host())), s, f) })
	t.Run("refused credentials are named and not shown", func(t *testing.T) { refusal(t, s) })
}

func at(t *testing.T, address string) *Depot {
	t.Helper()
	d, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// large is more than one part of an upload, middling is one.
var (
	large    = strings.Repeat("sixteen bytes...", 17<<20/16)
	middling = large[:6<<20]
)

func likeAFolder(t *testing.T, d *Depot, s *rados.Server) {
	t.Helper()
	for _, name := range []string{"q-3", "q-1", "other", "q-10", "q-2"} {
		if err := put(t.Context(), d, name, name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(put(t.Context(), d, "q-1", large, nil), d.Delete(t.Context(), "q-2"), d.Delete(t.Context(), "q-2")); err != nil {
		t.Fatal(err)
	}
	if got, want := names(t, d, "q-"), []string{"q-1", "q-10", "q-3"}; !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	if content(t, d, "q-1") != large || content(t, d, "q-3") != "q-3" {
		t.Error("other bytes come back")
	}
	if _, err := d.Get(t.Context(), "q-2"); !errors.Is(err, fault.NotFound) {
		t.Errorf("reading what is not there: %v", err)
	}
	broken := errors.New("broken")
	if err := put(t.Context(), d, "q-1", large, broken); !errors.Is(err, broken) {
		t.Errorf("the failure is lost: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := d.Put(ctx, "late", func(w io.Writer) error { _, err := io.WriteString(w, large); cancel(); return err }); err == nil {
		t.Error("an upload that was given up is taken for done")
	}
	if content(t, d, "q-1") != large || len(names(t, d, "late")) != 0 {
		t.Error("an upload that failed left something")
	}
	if got := content(t, at(t, s.Address("backups", "")), "q-3"); got != "q-3" { // so these tests speak with it and not with themselves
		t.Errorf("another sees %q", got)
	}
}

// Whatever a store or the way to it does, what does not work is said, with what to look at, and what was stored before is still there.
func trouble(t *testing.T, d *Depot, s *rados.Server, f *rados.Front) {
	t.Helper()
	if err := put(t.Context(), d, "kept", "whole", nil); err != nil {
		t.Fatal(err)
	}
	store := func() error { return put(t.Context(), d, "kept", middling, nil) }
	list := func() error { _, err := d.List(t.Context(), ""); return err }
	read := func() error {
		r, err := d.Get(t.Context(), "kept")
		if err != nil {
			return err
		}
		defer r.Close()
		_, err = io.ReadAll(r)
		return err
	}
	for _, c := range []struct {
		what    string
		trouble rados.Trouble
		do      func() error
		says    string
	}{
		{"an upload that is cut", rados.CutUploads(1 << 20), store, "writing"},
		{"a store that is overloaded, for uploads", rados.Unavailable(http.MethodPut), store, "SlowDown"},
		{"a store that is overloaded, for listings", rados.Unavailable(http.MethodGet), list, "SlowDown"},
		{"a store that takes parts and says nothing", rados.Stalled(http.MethodPut), store, "nothing moved for 500ms"},
		{"a store that does not list", rados.Stalled(http.MethodGet), list, "nothing moved for 500ms"},
		{"a store that does not give", rados.Stalled(http.MethodGet), read, "nothing moved for 500ms"},
		{"a store that does not delete", rados.Stalled(http.MethodDelete), func() error { return d.Delete(t.Context(), "kept") }, "nothing moved for 500ms"},
		{"a download that is cut", s.CutDownloads(3), read, "reading kept"},
	} {
		if strings.Contains(c.says, "moved") {
			d.stall = 500 * time.Millisecond
		}
		f.Begin(c.trouble)
		err := c.do()
		f.Begin(nil)
		if err == nil || !strings.Contains(err.Error(), c.says) || fault.Of(err).Hint == "" || strings.Contains(err.Error(), s.Secret) {
			t.Errorf("%s: %v", c.what, err)
		}
		d.stall = time.Minute
		if got := content(t, d, "kept"); got != "whole" {
			t.Fatalf("after %s there are %d other bytes", c.what, len(got))
		}
	}
}

func refusal(t *testing.T, s *rados.Server) {
	t.Helper()
	denied := func(what string, err error, hint string) {
		t.Helper()
		if err == nil || !strings.Contains(fault.Of(err).Hint, hint) || strings.Contains(err.Error(), "not-the-secret") {
			t.Errorf("%s: %v", what, err)
		}
	}
	d := at(t, s.Address("nowhere", ""))
	_, err := d.List(t.Context(), "")
	denied("a bucket that is not there", err, "bucket is there")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
	d = at(t, s.Address("backups", ""))
	_, err = d.List(t.Context(), "")
	denied("a wrong secret, listing", err, "AWS_ACCESS_KEY_ID")
	denied("a wrong secret, storing", put(t.Context(), d, "x", "x", nil), "AWS_ACCESS_KEY_ID")
	t.Setenv("AWS_ACCESS_KEY_ID", "nobody")
	d = at(t, s.Address("backups", ""))
	denied("a user that is not there", put(t.Context(), d, "x", "x", nil), "AWS_ACCESS_KEY_ID")
}

// Who may set a schedule must not be able to have files of the node, or its credentials, sent anywhere.
func TestAddressesSetNoCredentials(t *testing.T) {
	for _, bad := range []string{
		"s3://b?web_identity_token_file=/etc/quorate/node.key&role=r", "s3://b?role=r", "s3://b?anonymous=true", "s3://k:s@b", "s3://", "s3://b/folder", "s3://b?x=%zz",
		"s3://b?endpoint=https://k:s@host", "s3://b?endpoint=host", "gs://b", "azblob://b", "mem://b",
	} {
		if err := Check(bad); !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, good := range []string{"s3://b", "s3://b?region=eu-central-1", "s3://b?endpoint=https%3A%2F%2Fs3.example.org%3A7480&use_path_style=true&region=x"} {
		if err := Check(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

package depot

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/quorate/quorate/vault/fault"
)

func folder(t *testing.T) (*Depot, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "made")
	d, err := Open(t.Context(), "file://"+dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, dir
}

func put(ctx context.Context, d *Depot, name, text string, fail error) error {
	return d.Put(ctx, name, func(w io.Writer) error {
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
		return fail
	})
}

func names(t *testing.T, d *Depot, prefix string) (all []string) {
	t.Helper()
	objects, err := d.List(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		all = append(all, o.Name)
	}
	return all
}

func content(t *testing.T, d *Depot, name string) string {
	t.Helper()
	r, err := d.Get(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFilesAreListedByName(t *testing.T) {
	d, dir := folder(t)
	for _, name := range []string{"q-3", "q-1", "other", "q-10", "q-2"} {
		if err := put(t.Context(), d, name, name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := names(t, d, "q-"), []string{"q-1", "q-10", "q-2", "q-3"}; !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	if err := errors.Join(d.Delete(t.Context(), "q-2"), d.Delete(t.Context(), "q-2")); err != nil {
		t.Errorf("deleting twice: %v", err)
	}
	if got, want := names(t, d, "q-"), []string{"q-1", "q-10", "q-3"}; !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	if _, err := d.Get(t.Context(), "q-2"); !errors.Is(err, fault.NotFound) {
		t.Errorf("reading what is not there: %v", err)
	}
	if s, err := os.Stat(dir); err != nil || s.Mode().Perm() != 0o700 {
		t.Errorf("the folder is open to others: %v, %v", s.Mode(), err)
	}
}

func TestAnUploadThatFailsLeavesWhatWasThere(t *testing.T) {
	d, dir := folder(t)
	broken := errors.New("broken")
	if err := put(t.Context(), d, "new", "half of it", broken); !errors.Is(err, broken) {
		t.Fatalf("the failure is lost: %v", err)
	}
	if err := put(t.Context(), d, "kept", "whole", nil); err != nil {
		t.Fatal(err)
	}
	if err := put(t.Context(), d, "kept", "half", broken); !errors.Is(err, broken) {
		t.Fatalf("the failure is lost: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Put(ctx, "kept", func(w io.Writer) error { _, err := io.WriteString(w, "late"); cancel(); return err })
	if err == nil {
		t.Error("a store that was given up is taken for done")
	}
	if got := names(t, d, ""); !slices.Equal(got, []string{"kept"}) || content(t, d, "kept") != "whole" {
		t.Errorf("stored are %v", got)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("it leaves %v, %v", left, err)
	}
}

func TestAddressesThatCannotBeOpened(t *testing.T) {
	for _, at := range []string{"", "nothing", "/var/x", "file://host/x", "file:///x?mode=1", "gopher://x", "file://u:p@/x", ":"} {
		if _, err := Open(t.Context(), at); !errors.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", at, err)
		}
	}
	if err := Check("file:///var/backups/quorate"); err != nil {
		t.Error(err)
	}
}

// Package depot is where snapshots are stored: a folder, or object storage, named by a URL. It moves bytes under names and knows
// nothing of what they are. Files appear under their names when they are whole. Drivers beside the folder's are registered by
// whoever links them in (gocloud.dev/blob); credentials come from their own environment and files, never through here.
package depot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"github.com/quorate/quorate/vault/fault"
)

// Depot is an open store. It is safe for concurrent use; Close ends it.
type Depot struct {
	bucket *blob.Bucket
	where  string
}

// Object is one file in a store.
type Object struct {
	Name string
	Size int64
	At   time.Time
}

// Check refuses addresses that cannot be opened, without opening them: a URL whose scheme nobody knows, or a folder that is not
// absolute.
func Check(at string) error {
	u, err := url.Parse(at)
	if err != nil || u.Scheme == "" {
		return fault.New(fault.Invalid, "%.80q is no address of a store", at).WithHint("A folder is file:///var/backups/quorate")
	}
	if u.User != nil {
		return fault.New(fault.Invalid, "the address of a store holds no password").WithHint("Credentials come from the environment of the node (AWS_ACCESS_KEY_ID, …) or its files.")
	}
	if u.Scheme == fileblob.Scheme {
		if u.Host != "" || !filepath.IsAbs(u.Path) || u.RawQuery != "" {
			return fault.New(fault.Invalid, "%.80q names no folder", at).WithHint("A folder is given whole: file:///var/backups/quorate")
		}
		return nil
	}
	if !blob.DefaultURLMux().ValidBucketScheme(u.Scheme) {
		return fault.New(fault.Invalid, "this program cannot store to %q", u.Scheme).
			WithHint("It knows %s.", strings.Join(append([]string{fileblob.Scheme}, blob.DefaultURLMux().BucketSchemes()...), ", "))
	}
	return nil
}

// Open opens a store; a folder is made if it is not there, readable by this user alone.
func Open(ctx context.Context, at string) (*Depot, error) {
	if err := Check(at); err != nil {
		return nil, err
	}
	u, err := url.Parse(at)
	if err != nil {
		return nil, err
	}
	var b *blob.Bucket
	if u.Scheme == fileblob.Scheme {
		b, err = fileblob.OpenBucket(u.Path, &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	} else {
		b, err = blob.OpenBucket(ctx, at)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the store %s cannot be opened: %v", at, err).WithHint("Look at its address, and at the credentials in the node's environment.")
	}
	return &Depot{bucket: b, where: at}, nil
}

// Close ends the use of the store.
func (d *Depot) Close() error { return d.bucket.Close() }

func (d *Depot) failed(what, name string, err error) error {
	kind := fault.Internal
	if gcerrors.Code(err) == gcerrors.NotFound {
		kind = fault.NotFound
	}
	return fault.Wrap(kind, err, "%s %s in %s failed: %v", what, name, d.where, err).WithHint("Look whether the store can be reached and written; the next turn tries again.")
}

// List gives the files whose names begin so, by name.
func (d *Depot) List(ctx context.Context, prefix string) ([]Object, error) {
	var all []Object
	for it := d.bucket.List(&blob.ListOptions{Prefix: prefix}); ; {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, d.failed("listing", prefix+"*", err)
		}
		if !o.IsDir {
			all = append(all, Object{Name: o.Key, Size: o.Size, At: o.ModTime})
		}
	}
	slices.SortFunc(all, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Get opens a file.
func (d *Depot) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := d.bucket.NewReader(ctx, name, nil)
	if err != nil {
		return nil, d.failed("reading", name, err)
	}
	return r, nil
}

// Put makes or replaces a file by what write writes. If that fails there is no such file, or the one from before.
func (d *Depot) Put(ctx context.Context, name string, write func(io.Writer) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := d.bucket.NewWriter(ctx, name, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return d.failed("writing", name, err)
	}
	if err := write(w); err != nil {
		cancel() // so that Close gives it up
		_ = w.Close()
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return d.failed("writing", name, err)
	}
	return nil
}

// Delete removes a file; one that is not there is no error.
func (d *Depot) Delete(ctx context.Context, name string) error {
	if err := d.bucket.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return d.failed("deleting", name, err)
	}
	return nil
}

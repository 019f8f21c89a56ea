// Package depot is where snapshots are stored: a folder, or object storage, named by a URL. It moves bytes under names and knows
// nothing of what they are. Files appear under their names when they are whole. Folders and S3 are always there, Google's and Azure's
// stores with the build tags gcs and azure (gocloud.dev/blob); credentials come from the environment and files that their makers
// define, never through here. A store is not believed: it may be slow, cut off, or tell of yesterday's files.
package depot

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
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
	stall  time.Duration // without a byte moved, after which an operation is given up
}

// Stall is for how long a store may stand still within one operation: it covers the tries that the drivers make again by themselves.
const Stall = 2 * time.Minute

// Object is one file in a store.
type Object struct {
	Name string
	Size int64
	At   time.Time
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
		b, err = blob.OpenBucket(ctx, driven(u))
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the store %s cannot be opened: %v", at, err).WithHint("Look at its address, and at the credentials in the node's environment.")
	}
	return &Depot{bucket: b, where: at, stall: Stall}, nil
}

// String is the store's address.
func (d *Depot) String() string { return d.where }

// Close ends the use of the store.
func (d *Depot) Close() error { return d.bucket.Close() }

// Try proves that the store can be written, listed, read and deleted in, and leaves it as it was.
func (d *Depot) Try(ctx context.Context) error {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	name, word := "quorate-trial-"+hex.EncodeToString(b[:]), b[:]
	if err := d.Put(ctx, name, func(w io.Writer) error { _, err := w.Write(word); return err }); err != nil {
		return err
	}
	tried := func() error {
		if _, err := d.List(ctx, name); err != nil { // what it lists may be of yesterday
			return err
		}
		r, err := d.Get(ctx, name)
		if err != nil {
			return err
		}
		defer r.Close()
		if got, err := io.ReadAll(io.LimitReader(r, 1<<10)); err != nil || !bytes.Equal(got, word) {
			return errors.Join(err, fault.New(fault.Internal, "the store %s does not give back what was just written to it", d.where))
		}
		return nil
	}()
	if err := d.Delete(ctx, name); tried == nil {
		return err
	}
	return tried
}

// failed says what did not work, and what to look at.
func (d *Depot) failed(ctx context.Context, what, name string, err error) error {
	kind, hint := fault.Internal, "Look whether the store can be reached and written; the next turn tries again."
	var already *fault.Error
	switch code := gcerrors.Code(err); {
	case errors.As(err, &already):
		return err
	case errors.Is(context.Cause(ctx), errStalled):
		return fault.Wrap(kind, err, "%s %s in %s failed: nothing moved for %v", what, name, d.where, d.stall).WithHint("The store, or the way to it, is too slow; the next turn tries again.")
	case code == gcerrors.NotFound:
		kind, hint = fault.NotFound, "Look whether the bucket is there and the file was not deleted."
	case refused(err, code):
		hint = "The store refuses the node's credentials: look at AWS_ACCESS_KEY_ID and its like in the environment of every node, and at the bucket's policy."
	}
	return fault.Wrap(kind, err, "%s %s in %s failed: %v", what, name, d.where, err).WithHint("%s", hint)
}

// refused tells whether a store does not believe the credentials.
func refused(err error, code gcerrors.ErrorCode) bool {
	var said interface{ ErrorCode() string } // as S3's errors do
	if errors.As(err, &said) {
		switch said.ErrorCode() {
		case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken":
			return true
		}
	}
	return code == gcerrors.PermissionDenied
}

// List gives the files whose names begin so, by name.
func (d *Depot) List(ctx context.Context, prefix string) ([]Object, error) {
	ctx, p, end := d.with(ctx)
	defer end()
	var all []Object
	for it := d.bucket.List(&blob.ListOptions{Prefix: prefix}); ; {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, d.failed(ctx, "listing", prefix+"*", err)
		}
		p.heard()
		if !o.IsDir {
			all = append(all, Object{Name: o.Key, Size: o.Size, At: o.ModTime})
		}
	}
	slices.SortFunc(all, func(a, b Object) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// Get opens a file. Reading and Close go on until ctx ends.
func (d *Depot) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	ctx, p, end := d.with(ctx)
	r, err := d.bucket.NewReader(ctx, name, nil)
	if err != nil {
		defer end()
		return nil, d.failed(ctx, "reading", name, err)
	}
	p.heard()
	return &patientReader{d: d, name: name, ctx: ctx, r: r, p: p, end: end}, nil
}

// Put makes or replaces a file by what write writes. If that fails there is no such file, or the one from before.
func (d *Depot) Put(ctx context.Context, name string, write func(io.Writer) error) error {
	ctx, p, end := d.with(ctx)
	defer end()
	w, err := d.bucket.NewWriter(ctx, name, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return d.failed(ctx, "writing", name, err)
	}
	if err := write(patientWriter{w: w, p: p}); err != nil {
		if ctx.Err() != nil {
			err = d.failed(ctx, "writing", name, err)
		}
		end() // so that Close gives it up
		_ = w.Close()
		return fmt.Errorf("writing %s: %w", name, err)
	}
	p.heard()
	if err := w.Close(); err != nil {
		return d.failed(ctx, "writing", name, err)
	}
	return nil
}

// Delete removes a file; one that is not there is no error.
func (d *Depot) Delete(ctx context.Context, name string) error {
	ctx, _, end := d.with(ctx)
	defer end()
	if err := d.bucket.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return d.failed(ctx, "deleting", name, err)
	}
	return nil
}

package folder

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// Entry is one file, folder or symbolic link of an archive.
type Entry struct {
	Name   string      // slash-separated and clean; of something in the folder, or "." for the folder itself
	Mode   fs.FileMode // 0, fs.ModeDir or fs.ModeSymlink, with at most reading, writing and executing
	Time   time.Time   // of its last change
	Target string      // of a symbolic link, as it stands there
}

// Read reads an archive to the end of what is there, and hands on each entry as it comes; of a file, content gives the bytes until
// the callback returns. fault.Invalid for an archive with anything else in it; an error of the callback is returned as it is.
func Read(r io.Reader, use func(e Entry, content io.Reader) error) error {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, r) // whoever writes what is behind the archive wants to get rid of it
			return err
		}
		if err != nil {
			return noArchive(err)
		}
		e := Entry{Name: path.Clean(h.Name), Mode: fs.FileMode(h.Mode) & fs.ModePerm, Time: h.ModTime}
		if !filepath.IsLocal(filepath.FromSlash(e.Name)) {
			return fault.New(fault.Invalid, "the archive names %q, which is outside of the folder", h.Name)
		}
		for k := range h.PAXRecords {
			if strings.HasPrefix(k, "GNU.sparse.") {
				return fault.New(fault.Invalid, "the archive holds %q with holes, which can be larger than anything", h.Name).WithHint("Decrypt it to a file with -o, and unpack that with tar.")
			}
		}
		switch h.Typeflag {
		case tar.TypeDir:
			e.Mode |= fs.ModeDir
		case tar.TypeReg:
		case tar.TypeSymlink:
			e.Mode |= fs.ModeSymlink
			e.Target = h.Linkname
		default:
			return fault.New(fault.Invalid, "the archive holds %q, which is neither a file, a folder nor a symbolic link", h.Name).WithHint("Decrypt it to a file with -o, and unpack that with tar.")
		}
		if err := use(e, content{t}); err != nil {
			return err
		}
	}
}

func noArchive(err error) error {
	return fault.Wrap(fault.Invalid, err, "the data is not a folder that `quorate encrypt` packed").WithHint("Decrypt it to a file with -o instead.")
}

// content is what a file holds.
type content struct{ t *tar.Reader }

func (c content) Read(p []byte) (int, error) {
	n, err := c.t.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = noArchive(err) // it ends in the middle
	}
	return n, err
}

// Unpack writes an archive's entries below root, which nothing of it can leave. What a failure leaves there is the caller's to remove.
func Unpack(root *os.Root, r io.Reader) error {
	var folders []Entry // get permissions and times when nothing is written to them any more
	err := Read(r, func(e Entry, content io.Reader) error {
		switch {
		case e.Mode.IsDir():
			folders = append(folders, e)
			if err := root.MkdirAll(e.Name, 0o700); err != nil {
				return fmt.Errorf("making %s: %w", e.Name, err)
			}
			return nil
		case e.Mode.IsRegular():
			return unpackFile(root, e, content)
		}
		if err := root.Symlink(e.Target, e.Name); err != nil {
			return fmt.Errorf("making %s: %w", e.Name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := len(folders) - 1; i >= 0; i-- {
		if err := settle(root, folders[i]); err != nil {
			return err
		}
	}
	return nil
}

func unpackFile(root *os.Root, e Entry, content io.Reader) error {
	if err := root.MkdirAll(path.Dir(e.Name), 0o700); err != nil {
		return fmt.Errorf("making %s: %w", path.Dir(e.Name), err)
	}
	f, err := root.OpenFile(e.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making %s: %w", e.Name, err)
	}
	_, err = io.Copy(f, content)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", e.Name, err)
	}
	return settle(root, e)
}

// settle gives permissions and time.
func settle(root *os.Root, e Entry) error {
	if err := root.Chmod(e.Name, e.Mode.Perm()); err != nil {
		return fmt.Errorf("setting the permissions of %s: %w", e.Name, err)
	}
	if err := root.Chtimes(e.Name, time.Time{}, e.Time); err != nil {
		return fmt.Errorf("setting the time of %s: %w", e.Name, err)
	}
	return nil
}

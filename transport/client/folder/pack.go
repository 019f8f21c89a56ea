package folder

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/quorate/quorate/vault/fault"
)

// Packable looks at everything in a folder, and tells about how many bytes its archive will have. fault.Invalid names what cannot be
// packed, before the first byte is.
func Packable(ctx context.Context, root *os.Root) (size int64, err error) {
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return wrongFile(err, "%s cannot be read", name)
		}
		if t := d.Type(); t != 0 && t != fs.ModeDir && t != fs.ModeSymlink {
			return fault.New(fault.Invalid, "%s is neither a file, a folder nor a symbolic link", name).WithHint("Move it out of the folder, or pack the folder with tar and encrypt that.")
		}
		info, err := d.Info()
		if err != nil {
			return wrongFile(err, "%s cannot be read", name)
		}
		if info.Mode().IsRegular() {
			size += (info.Size() + 511) &^ 511
		}
		size += 512 // a header at least
		return nil
	})
	return size + 1024, err
}

// Pack writes the archive of a folder. Paths in it are relative to the folder. fault.Invalid for what cannot be read;
// fault.Conflict for a file that changed its length meanwhile.
func Pack(ctx context.Context, root *os.Root, w io.Writer) error {
	t := tar.NewWriter(w)
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return wrongFile(err, "%s cannot be read", name)
		}
		return packEntry(root, t, name, d)
	})
	if err != nil {
		return err
	}
	return t.Close()
}

func packEntry(root *os.Root, t *tar.Writer, name string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return wrongFile(err, "%s cannot be read", name)
	}
	h := &tar.Header{Name: name, Mode: int64(info.Mode().Perm()), ModTime: info.ModTime(), Format: tar.FormatPAX, Typeflag: tar.TypeReg}
	switch {
	case info.IsDir():
		h.Typeflag, h.Name = tar.TypeDir, name+"/"
	case info.Mode()&fs.ModeSymlink != 0:
		h.Typeflag = tar.TypeSymlink
		if h.Linkname, err = root.Readlink(name); err != nil {
			return wrongFile(err, "%s cannot be read", name)
		}
	case info.Mode().IsRegular():
		h.Size = info.Size()
		return packFile(root, t, h)
	default:
		return fault.New(fault.Invalid, "%s has become something that cannot be packed", name)
	}
	return t.WriteHeader(h)
}

func packFile(root *os.Root, t *tar.Writer, h *tar.Header) error {
	f, err := root.Open(h.Name)
	if err != nil {
		return wrongFile(err, "%s cannot be read", h.Name)
	}
	defer f.Close()
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	n, err := io.Copy(t, f)
	if errors.Is(err, tar.ErrWriteTooLong) || err == nil && n < h.Size {
		return fault.New(fault.Conflict, "%s changed its length while it was read", h.Name).WithHint("Run it again when nobody writes to the folder.")
	}
	return err
}

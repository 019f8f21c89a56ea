package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// packed reads a folder as a tar archive (POSIX pax) of its files, folders and symbolic links, with permissions and times, and
// without owners. Paths in it are relative to the folder. Anything else in the folder is refused by name before the first byte.
func packed(ctx context.Context, folder string) (*input, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, wrongInput(err, "the folder cannot be opened")
	}
	size, err := packable(ctx, root)
	if err != nil {
		_ = root.Close() // only read
		return nil, err
	}
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		t := tar.NewWriter(w)
		err := pack(ctx, root, t)
		if err == nil {
			err = t.Close()
		}
		w.CloseWithError(err)
	}()
	return &input{Reader: r, size: size, close: func() {
		_ = r.Close() // ends the packing, if it is still under way
		<-done
		_ = root.Close() // only read
	}}, nil
}

// packable looks at everything in a folder, and tells about how large the archive will be.
func packable(ctx context.Context, root *os.Root) (size int64, err error) {
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return wrongInput(err, "%s cannot be read", name)
		}
		if t := d.Type(); t != 0 && t != fs.ModeDir && t != fs.ModeSymlink {
			return fault.New(fault.Invalid, "%s is neither a file, a folder nor a symbolic link", name).WithHint("Move it out of the folder, or pack the folder with tar and encrypt that.")
		}
		info, err := d.Info()
		if err != nil {
			return wrongInput(err, "%s cannot be read", name)
		}
		if info.Mode().IsRegular() {
			size += (info.Size() + 511) &^ 511
		}
		size += 512 // a header at least
		return nil
	})
	return size + 1024, err
}

func pack(ctx context.Context, root *os.Root, t *tar.Writer) error {
	return fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return wrongInput(err, "%s cannot be read", name)
		}
		info, err := d.Info()
		if err != nil {
			return wrongInput(err, "%s cannot be read", name)
		}
		h := &tar.Header{Name: name, Mode: int64(info.Mode().Perm()), ModTime: info.ModTime(), Format: tar.FormatPAX, Typeflag: tar.TypeReg}
		switch {
		case info.IsDir():
			h.Typeflag, h.Name = tar.TypeDir, name+"/"
		case info.Mode()&fs.ModeSymlink != 0:
			h.Typeflag = tar.TypeSymlink
			if h.Linkname, err = root.Readlink(name); err != nil {
				return wrongInput(err, "%s cannot be read", name)
			}
		case info.Mode().IsRegular():
			h.Size = info.Size()
			return packFile(root, t, h)
		default:
			return fault.New(fault.Invalid, "%s has become something that cannot be packed", name)
		}
		return t.WriteHeader(h)
	})
}

func packFile(root *os.Root, t *tar.Writer, h *tar.Header) error {
	f, err := root.Open(h.Name)
	if err != nil {
		return wrongInput(err, "%s cannot be read", h.Name)
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

// unpackInto runs work, which writes a tar archive, and unpacks that to a new folder. The folder has a hidden name beside its final one
// until work has succeeded and everything is on disk; what failed is removed. A run that is killed leaves the hidden folder.
func unpackInto(folder string, work func(io.Writer) error) (err error) {
	folder = filepath.Clean(folder)
	if _, err := os.Lstat(folder); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return wrongInput(err, "%s cannot be made", folder)
		}
		return fault.New(fault.Exists, "%s exists already", folder).WithHint("Name a folder that does not exist.")
	}
	temp := hiddenName(folder)
	if err := os.Mkdir(temp, 0o700); err != nil {
		return wrongInput(err, "%s cannot be made", folder)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeTree(temp))
		}
	}()
	root, err := os.OpenRoot(temp)
	if err != nil {
		return fmt.Errorf("opening the new folder: %w", err)
	}
	defer root.Close()
	if err := unpackFrom(root, work); err != nil {
		return err
	}
	d, err := os.Open(temp)
	if err != nil {
		return fmt.Errorf("opening the new folder: %w", err)
	}
	defer d.Close()
	if err := syncTree(d); err != nil {
		return fmt.Errorf("writing %s to disk: %w", folder, err)
	}
	if err := renameNew(temp, folder); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fault.New(fault.Exists, "%s exists already", folder).WithHint("Name a folder that does not exist.")
		}
		return fmt.Errorf("naming %s: %w", folder, err)
	}
	return syncFolder(filepath.Dir(folder))
}

// removeTree removes a folder, also with folders in it that nobody may write to, as an archive may have them.
func removeTree(folder string) error {
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o700) // what cannot be removed is told below
		}
		return nil
	})
	if err := os.RemoveAll(folder); err != nil {
		return fault.Wrap(fault.Internal, err, "what was decrypted so far could not be removed").WithHint("Remove %s.", folder)
	}
	return nil
}

// unpackFrom joins work's output to unpack. The error of work comes first: an archive that was cut short is its fault.
func unpackFrom(root *os.Root, work func(io.Writer) error) error {
	r, w := io.Pipe()
	unpacked := make(chan error, 1)
	go func() {
		err := unpack(root, tar.NewReader(r))
		if err == nil {
			_, err = io.Copy(io.Discard, r) // to the end: what is behind the archive is proved too
		}
		r.CloseWithError(err)
		unpacked <- err
	}()
	worked := work(w)
	w.CloseWithError(worked)
	broken := <-unpacked
	if worked != nil && (broken == nil || !errors.Is(worked, broken)) {
		return worked
	}
	return broken
}

// unpack writes an archive's entries below root, which nothing of it can leave.
func unpack(root *os.Root, t *tar.Reader) error {
	type folder struct {
		name string
		h    *tar.Header
	}
	var folders []folder // get permissions and times when nothing is written to them any more
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, err, "the data is not a folder that `quorate encrypt` packed").WithHint("Decrypt it to a file with -o instead.")
		}
		name := path.Clean(h.Name)
		if !filepath.IsLocal(filepath.FromSlash(name)) {
			return fault.New(fault.Invalid, "the archive names %q, which is outside of the folder", h.Name)
		}
		switch h.Typeflag {
		case tar.TypeDir:
			if err := root.MkdirAll(name, 0o700); err != nil {
				return fmt.Errorf("making %s: %w", name, err)
			}
			folders = append(folders, folder{name, h})
		case tar.TypeReg:
			if err := unpackFile(root, name, h, t); err != nil {
				return err
			}
		case tar.TypeSymlink:
			if err := root.Symlink(h.Linkname, name); err != nil {
				return fmt.Errorf("making %s: %w", name, err)
			}
		default:
			return fault.New(fault.Invalid, "the archive holds %q, which is neither a file, a folder nor a symbolic link", h.Name).WithHint("Decrypt it to a file with -o, and unpack that with tar.")
		}
	}
	for i := len(folders) - 1; i >= 0; i-- {
		f := folders[i]
		if err := settle(root, f.name, f.h); err != nil {
			return err
		}
	}
	return nil
}

func unpackFile(root *os.Root, name string, h *tar.Header, t *tar.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return fmt.Errorf("making %s: %w", path.Dir(name), err)
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making %s: %w", name, err)
	}
	_, err = io.Copy(f, t)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return settle(root, name, h)
}

// settle gives permissions and time; never more than reading, writing and executing.
func settle(root *os.Root, name string, h *tar.Header) error {
	if err := root.Chmod(name, fs.FileMode(h.Mode)&fs.ModePerm); err != nil {
		return fmt.Errorf("setting the permissions of %s: %w", name, err)
	}
	if err := root.Chtimes(name, time.Time{}, h.ModTime); err != nil {
		return fmt.Errorf("setting the time of %s: %w", name, err)
	}
	return nil
}

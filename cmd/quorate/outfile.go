package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/quorate/quorate/vault/fault"
)

// outFile is a file in the making. It has no name, or a hidden one, until commit gives it the final one; so nothing
// half-written is ever found under the final name. Close removes what was not committed.
type outFile struct {
	*os.File
	path  string // final
	temp  string // hidden name; "" while the file has none (O_TMPFILE)
	force bool   // replace what is there
	plain bool   // not a regular file (a pipe, a device): written as it stands
	done  bool
}

// createOut begins a file. fault.Exists if the name is taken and force is not given.
func createOut(path string, mode os.FileMode, force bool) (*outFile, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, wrongInput(err, "%s cannot be written", path)
	case info.IsDir():
		return nil, fault.New(fault.Invalid, "%s is a directory", path).WithHint("Name a file.")
	case !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, wrongInput(err, "%s cannot be written", path)
		}
		return &outFile{File: f, path: path, plain: true}, nil
	case !force:
		return nil, taken(path)
	}
	o := &outFile{path: path, force: force}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		o.path = real // with --force, the file behind a symbolic link is replaced, not the link
	}
	if o.File, err = openUnnamed(filepath.Dir(o.path), mode); err == nil {
		return o, nil
	}
	o.temp = hiddenName(o.path)
	if o.File, err = os.OpenFile(o.temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode); err != nil {
		return nil, wrongInput(err, "%s cannot be written", path)
	}
	return o, nil
}

func taken(path string) error {
	return fault.New(fault.Exists, "%s exists already", path).WithHint("Choose another name, or add --force to replace it.")
}

func hiddenName(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:10]+".tmp")
}

// commit makes what was written durable, then gives it its name.
func (o *outFile) commit() error {
	if o.plain {
		o.done = true
		return o.File.Close()
	}
	if err := o.Sync(); err != nil {
		return fmt.Errorf("writing %s to disk: %w", o.path, err)
	}
	if err := o.name(); err != nil {
		return err
	}
	o.done = true
	if err := o.File.Close(); err != nil {
		return fmt.Errorf("closing %s: %w", o.path, err)
	}
	return syncFolder(filepath.Dir(o.path))
}

// name gives the finished file its final name.
func (o *outFile) name() error {
	if o.temp == "" {
		if !o.force {
			return o.link(o.path)
		}
		// A link cannot replace a file, a rename can: a hidden name in between, for the finished file.
		temp := hiddenName(o.path)
		if err := o.link(temp); err != nil {
			return err
		}
		o.temp = temp
	}
	err := error(nil)
	if o.force {
		err = os.Rename(o.temp, o.path)
	} else {
		err = renameNew(o.temp, o.path)
	}
	if errors.Is(err, fs.ErrExist) {
		return taken(o.path)
	}
	if err != nil {
		return fmt.Errorf("naming %s: %w", o.path, err)
	}
	o.temp = ""
	return nil
}

func (o *outFile) link(path string) error {
	err := linkUnnamed(o.File, path)
	if errors.Is(err, fs.ErrExist) {
		return taken(path)
	}
	if err != nil {
		return fmt.Errorf("naming %s: %w", path, err)
	}
	return nil
}

// discard closes the file, and removes it unless it was committed.
func (o *outFile) discard() {
	if o.done {
		return
	}
	_ = o.File.Close() // what it holds is thrown away
	if o.temp != "" {
		_ = os.Remove(o.temp) // hidden, and worthless; a later run does not care
	}
}

// writeFile writes a small file whole.
func writeFile(path string, content []byte, mode os.FileMode, force bool) error {
	o, err := createOut(path, mode, force)
	if err != nil {
		return err
	}
	defer o.discard()
	if _, err := o.Write(content); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return o.commit()
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("syncing %s: %w", path, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", path, err)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/quorate/quorate/transport/client/folder"
	"github.com/quorate/quorate/vault/fault"
)

// packed reads a folder as an archive. What cannot be packed is refused by name before the first byte.
func packed(ctx context.Context, path string) (*input, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, wrongInput(err, "the folder cannot be opened")
	}
	size, err := folder.Packable(ctx, root)
	if err != nil {
		_ = root.Close() // only read
		return nil, err
	}
	r, w := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.CloseWithError(folder.Pack(ctx, root, w))
	}()
	return &input{Reader: r, size: size, close: func() {
		_ = r.Close() // ends the packing, if it is still under way
		<-done
		_ = root.Close() // only read
	}}, nil
}

// unpackInto runs work, which writes an archive, and unpacks that to a new folder. The folder has a hidden name beside its final one
// until work has succeeded and everything is on disk; what failed is removed. A run that is killed leaves the hidden folder.
func unpackInto(path string, work func(io.Writer) error) (err error) {
	path = filepath.Clean(path)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return wrongInput(err, "%s cannot be made", path)
		}
		return fault.New(fault.Exists, "%s exists already", path).WithHint("Name a folder that does not exist.")
	}
	temp := hiddenName(path)
	if err := os.Mkdir(temp, 0o700); err != nil {
		return wrongInput(err, "%s cannot be made", path)
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
		return fmt.Errorf("writing %s to disk: %w", path, err)
	}
	if err := renameNew(temp, path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fault.New(fault.Exists, "%s exists already", path).WithHint("Name a folder that does not exist.")
		}
		return fmt.Errorf("naming %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// removeTree removes a folder, also with folders in it that nobody may write to, as an archive may have them.
func removeTree(path string) error {
	_ = filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(path, 0o700) // what cannot be removed is told below
		}
		return nil
	})
	if err := os.RemoveAll(path); err != nil {
		return fault.Wrap(fault.Internal, err, "what was decrypted so far could not be removed").WithHint("Remove %s.", path)
	}
	return nil
}

// unpackFrom joins work's output to unpacking. The error of work comes first: an archive that was cut short is its fault.
func unpackFrom(root *os.Root, work func(io.Writer) error) error {
	r, w := io.Pipe()
	unpacked := make(chan error, 1)
	go func() {
		err := folder.Unpack(root, r) // to the end: what is behind the archive is proved too
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

//go:build !linux

package main

import (
	"errors"
	"os"
)

func openUnnamed(string, os.FileMode) (*os.File, error) { return nil, errors.ErrUnsupported }

func linkUnnamed(*os.File, string) error { return errors.ErrUnsupported }

// renameNew renames without replacing; fs.ErrExist if the name is taken.
func renameNew(from, to string) error {
	if err := os.Link(from, to); err != nil {
		return err
	}
	return os.Remove(from)
}

// syncTree makes a folder durable; the files in it, the system writes when it will.
func syncTree(folder *os.File) error { return folder.Sync() }

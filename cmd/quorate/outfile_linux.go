package main

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// openUnnamed opens a file without a name: even a killed process leaves nothing of it. Not every file system can.
func openUnnamed(folder string, mode os.FileMode) (*os.File, error) {
	return os.OpenFile(folder, unix.O_TMPFILE|os.O_WRONLY, mode)
}

// linkUnnamed gives such a file its name; fs.ErrExist if that is taken.
func linkUnnamed(f *os.File, path string) error {
	from := "/proc/self/fd/" + strconv.Itoa(int(f.Fd()))
	return unix.Linkat(unix.AT_FDCWD, from, unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
}

// renameNew renames without replacing; fs.ErrExist if the name is taken.
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if err == unix.EINVAL || err == unix.ENOSYS { //nolint:errorlint // a bare errno; the file system cannot do it
		return renameOld(from, to)
	}
	return err
}

// renameOld is for file systems that know no other way. A folder has no hard links: between the look and the renaming an empty folder of
// that name may be replaced, and nothing else.
func renameOld(from, to string) error {
	if info, err := os.Lstat(from); err != nil || !info.IsDir() {
		return linkThenRemove(from, to)
	}
	if _, err := os.Lstat(to); err == nil {
		return os.ErrExist
	}
	return os.Rename(from, to)
}

func linkThenRemove(from, to string) error {
	if err := os.Link(from, to); err != nil {
		return err
	}
	return os.Remove(from)
}

// syncTree makes all that was written to the file system of a folder durable.
func syncTree(folder *os.File) error { return unix.Syncfs(int(folder.Fd())) }

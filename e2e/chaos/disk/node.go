package disk

import (
	"context"
	"errors"
	"io"
	iofs "io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"
)

// node is a file or directory.
type node struct {
	*fs.LoopbackNode
	disk *Disk
}

// WrapChild implements fs.NodeWrapChilder: what lies below is on this disk, too.
func (n *node) WrapChild(_ context.Context, ops fs.InodeEmbedder) fs.InodeEmbedder {
	if plain, ok := ops.(*fs.LoopbackNode); ok {
		return &node{LoopbackNode: plain, disk: n.disk}
	}
	return ops
}

func (n *node) path() string { return filepath.Join(n.disk.Back, n.Path(n.Root())) }

// Open implements fs.NodeOpener. The kernel keeps what it has cached: somebody may have the file mapped.
func (n *node) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return n.open(n.path(), int(flags), 0)
}

func (n *node) open(path string, flags int, mode uint32) (fs.FileHandle, uint32, syscall.Errno) {
	how := flags &^ (syscall.O_APPEND | int(fuse.FMODE_EXEC) | syscall.O_SYNC | syscall.O_DSYNC)
	if how&syscall.O_ACCMODE == syscall.O_WRONLY {
		how = how&^syscall.O_ACCMODE | syscall.O_RDWR // what is overwritten is read before
	}
	truncate := how&syscall.O_TRUNC != 0
	f, err := os.OpenFile(path, how&^syscall.O_TRUNC, os.FileMode(mode))
	if err != nil {
		return nil, 0, fs.ToErrno(err)
	}
	h := &file{disk: n.disk, f: f}
	if truncate {
		if errno := h.resize(0); errno != 0 {
			f.Close()
			return nil, 0, errno
		}
	}
	return h, fuse.FOPEN_KEEP_CACHE, 0
}

// Create implements fs.NodeCreater.
func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	n.disk.move()
	path := filepath.Join(n.path(), name)
	_, err := os.Lstat(path)
	isNew := errors.Is(err, iofs.ErrNotExist)
	if isNew {
		n.disk.set(func() { n.disk.changed(n.path(), func() error { return os.Remove(path) }) })
	}
	h, kept, errno := n.open(path, int(flags)|os.O_CREATE, mode)
	if errno != 0 {
		return nil, nil, 0, errno
	}
	child, errno := n.Lookup(ctx, name, out)
	return child, h, kept, errno
}

// Mkdir implements fs.NodeMkdirer.
func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	n.disk.move()
	child, errno := n.LoopbackNode.Mkdir(ctx, name, mode, out)
	if errno == 0 {
		path := filepath.Join(n.path(), name)
		n.disk.set(func() { n.disk.changed(n.path(), func() error { return os.RemoveAll(path) }) })
	}
	return child, errno
}

// Unlink implements fs.NodeUnlinker.
func (n *node) Unlink(ctx context.Context, name string) syscall.Errno {
	n.disk.move()
	n.disk.set(func() { n.disk.changed(n.path(), n.disk.keep(filepath.Join(n.path(), name))) })
	return n.LoopbackNode.Unlink(ctx, name)
}

// Rename implements fs.NodeRenamer.
func (n *node) Rename(ctx context.Context, name string, to fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	n.disk.move()
	target, ok := to.(*node)
	if !ok || flags != 0 {
		return syscall.EXDEV
	}
	from, into := filepath.Join(n.path(), name), filepath.Join(target.path(), newName)
	n.disk.mu.Lock()
	defer n.disk.mu.Unlock()
	back := n.disk.keep(into)
	if err := os.Rename(from, into); err != nil {
		return fs.ToErrno(err)
	}
	n.disk.changed(target.path(), func() error { return errors.Join(os.Rename(into, from), back()) })
	return 0
}

// Setattr implements fs.NodeSetattrer: a change of the size can be lost, too.
func (n *node) Setattr(ctx context.Context, h fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if size, ok := in.GetSize(); ok {
		f, isFile := h.(*file)
		if !isFile {
			opened, _, errno := n.open(n.path(), os.O_RDWR, 0)
			if errno != 0 {
				return errno
			}
			f = opened.(*file)
			defer f.f.Close()
		}
		if errno := f.resize(int64(size)); errno != 0 {
			return errno
		}
		in.Valid &^= fuse.FATTR_SIZE
	}
	return n.LoopbackNode.Setattr(ctx, nil, in, out)
}

// Statfs implements fs.NodeStatfser.
func (n *node) Statfs(ctx context.Context, out *fuse.StatfsOut) syscall.Errno {
	errno := n.LoopbackNode.Statfs(ctx, out)
	n.disk.set(func() {
		if n.disk.free >= 0 && out.Bsize > 0 {
			out.Bfree = uint64(n.disk.free) / uint64(out.Bsize)
			out.Bavail = out.Bfree
		}
	})
	return errno
}

// OpendirHandle implements fs.NodeOpendirHandler.
func (n *node) OpendirHandle(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	h, kept, errno := n.LoopbackNode.OpendirHandle(ctx, flags)
	if errno != 0 {
		return nil, 0, errno
	}
	s, ok := h.(stream)
	if !ok {
		return nil, 0, syscall.EIO
	}
	return &dir{stream: s, node: n}, kept, 0
}

// stream is what the library's directory handles can do.
type stream interface {
	fs.FileReaddirenter
	fs.FileReleasedirer
	fs.FileSeekdirer
}

// dir is an open directory.
type dir struct {
	stream
	node *node
}

// Fsyncdir implements fs.FileFsyncdirer.
func (d *dir) Fsyncdir(context.Context, uint32) syscall.Errno {
	if errno := d.node.disk.sync(); errno != 0 {
		return errno
	}
	d.node.disk.set(func() { delete(d.node.disk.names, d.node.path()) })
	return 0
}

// file is an open file.
type file struct {
	disk *Disk
	f    *os.File
}

// Read implements fs.FileReader.
func (f *file) Read(_ context.Context, buf []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n, err := f.f.ReadAt(buf, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fs.ToErrno(err)
	}
	return fuse.ReadResultData(buf[:n]), 0
}

// Write implements fs.FileWriter.
func (f *file) Write(_ context.Context, data []byte, off int64) (uint32, syscall.Errno) {
	f.disk.move()
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	j, size, errno := f.journal()
	if errno != 0 {
		return 0, errno
	}
	if !f.disk.take(f.missing(off, int64(len(data)), size)) {
		return 0, syscall.ENOSPC
	}
	w := write{at: time.Now(), off: off, new: append([]byte(nil), data...), oldSize: size, newSize: max(size, off+int64(len(data)))}
	w.old = make([]byte, len(data))
	n, err := f.f.ReadAt(w.old, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, fs.ToErrno(err)
	}
	w.old = w.old[:n]
	if _, err := f.f.WriteAt(data, off); err != nil {
		return 0, fs.ToErrno(err)
	}
	j.writes = append(j.writes, w)
	return uint32(len(data)), 0
}

// missing is how many of n bytes from off take room that the file does not have yet: what lies behind its end or in a hole.
func (f *file) missing(off, n, size int64) int64 {
	need := max(0, off+n-max(off, size))
	for end := min(off+n, size); off < end; {
		data, err := unix.Seek(int(f.f.Fd()), off, unix.SEEK_DATA)
		if err != nil { // no data from here on
			return need + end - off
		}
		need += max(0, min(data, end)-off)
		if off, err = unix.Seek(int(f.f.Fd()), data, unix.SEEK_HOLE); err != nil {
			return need
		}
	}
	return need
}

// resize is ftruncate. Growing takes no room: it makes a hole, as most file systems do.
func (f *file) resize(to int64) syscall.Errno {
	f.disk.move()
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	j, size, errno := f.journal()
	switch {
	case errno != 0:
		return errno
	case size == to:
		return 0
	}
	w := write{at: time.Now(), off: to, oldSize: size, newSize: to}
	if to < size {
		w.old = make([]byte, size-to)
		if _, err := f.f.ReadAt(w.old, to); err != nil {
			return fs.ToErrno(err)
		}
	}
	if err := f.f.Truncate(to); err != nil {
		return fs.ToErrno(err)
	}
	j.writes = append(j.writes, w)
	return 0
}

// journal is the file's, with its size. disk.mu is held.
func (f *file) journal() (*journal, int64, syscall.Errno) {
	var st syscall.Stat_t
	if err := syscall.Fstat(int(f.f.Fd()), &st); err != nil {
		return nil, 0, fs.ToErrno(err)
	}
	if j := f.disk.journals[st.Ino]; j != nil {
		return j, st.Size, 0
	}
	fd, err := syscall.Dup(int(f.f.Fd()))
	if err != nil {
		return nil, 0, fs.ToErrno(err)
	}
	syscall.CloseOnExec(fd)
	j := &journal{ino: st.Ino, file: os.NewFile(uintptr(fd), f.f.Name())}
	f.disk.journals[st.Ino] = j
	return j, st.Size, 0
}

// Fsync implements fs.FileFsyncer. The bytes lie in the machine's memory and that is enough: the only power cut is Cut.
func (f *file) Fsync(context.Context, uint32) syscall.Errno {
	if errno := f.disk.sync(); errno != 0 {
		return errno
	}
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	j, _, errno := f.journal()
	if errno == 0 {
		j.writes = nil
	}
	return errno
}

// Flush implements fs.FileFlusher: closing writes nothing back.
func (f *file) Flush(context.Context) syscall.Errno { return 0 }

// Release implements fs.FileReleaser.
func (f *file) Release(context.Context) syscall.Errno { return fs.ToErrno(f.f.Close()) }

// Getattr implements fs.FileGetattrer.
func (f *file) Getattr(_ context.Context, out *fuse.AttrOut) syscall.Errno {
	var st syscall.Stat_t
	if err := syscall.Fstat(int(f.f.Fd()), &st); err != nil {
		return fs.ToErrno(err)
	}
	out.FromStat(&st)
	return 0
}

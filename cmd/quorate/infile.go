package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/quorate/quorate/vault/fault"
)

// input is what a command reads: a file, or standard input.
type input struct {
	io.Reader
	size  int64 // -1: not known
	close func()
}

// openAny is openIn for what may be a folder, which is read as a tar archive.
func (a *app) openAny(ctx context.Context, path string) (*input, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return packed(ctx, path)
	}
	return a.openIn(ctx, path)
}

// openIn opens path, or standard input for "" and "-", so that reading ends when the context does.
func (a *app) openIn(ctx context.Context, path string) (*input, error) {
	f, own := (*os.File)(nil), false
	if path == "" || path == "-" {
		std, ok := a.in.(*os.File)
		if !ok {
			return &input{Reader: a.in, size: -1, close: func() {}}, nil
		}
		if isTerminal(std) {
			a.say("Reading from the terminal; end with Ctrl-D.")
		}
		f = std
		// Opened anew, a pipe or terminal can be given a deadline; the descriptor that we inherited cannot, since it
		// is shared with other processes.
		if again, err := os.Open("/dev/stdin"); err == nil {
			if info, err := again.Stat(); err == nil && !info.Mode().IsRegular() {
				f, own = again, true
			} else {
				_ = again.Close() // a regular file, which has its own position and never waits: the inherited one is right
			}
		}
	} else {
		opened, err := os.Open(path)
		if err != nil {
			return nil, wrongInput(err, "the input cannot be opened")
		}
		f, own = opened, true
	}
	size := int64(-1)
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		_ = f.Close() // only looked at
		return nil, fault.New(fault.Invalid, "%s is a directory", path).WithHint("Name a file.")
	}
	if err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) }) // where there is no deadline, nothing waits
	return &input{Reader: f, size: size, close: func() {
		stop()
		if own {
			_ = f.Close() // only read
		}
	}}, nil
}

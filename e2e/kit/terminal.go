package kit

import (
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Terminal is a pseudo-terminal: a program that gets it believes that a person sits there. What the program shows is kept. Seen may be
// called concurrently.
type Terminal struct {
	Path string   // of the program's side
	Side *os.File // the program's side, held, so that what was typed ahead is kept

	master *os.File
	done   chan struct{}
	mu     sync.Mutex
	seen   []byte // guarded by mu
}

// NewTerminal makes one; text is typed ahead.
func NewTerminal(text string) (*Terminal, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	t := &Terminal{master: master, done: make(chan struct{})}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 120})
	}
	if err == nil {
		t.Path = fmt.Sprintf("/dev/pts/%d", n)
		t.Side, err = os.OpenFile(t.Path, os.O_RDWR|syscall.O_NOCTTY, 0)
	}
	if err == nil {
		_, err = io.WriteString(master, text)
	}
	if err != nil {
		_ = master.Close()
		return nil, err
	}
	go t.read()
	return t, nil
}

func (t *Terminal) read() {
	defer close(t.done)
	b := make([]byte, 4096)
	for {
		n, err := t.master.Read(b)
		t.mu.Lock()
		t.seen = append(t.seen, b[:n]...)
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Type types more.
func (t *Terminal) Type(text string) error {
	_, err := io.WriteString(t.master, text)
	return err
}

// Seen is what was shown so far, echo and control characters included.
func (t *Terminal) Seen() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.seen)
}

// Close takes the terminal away. What programs showed that have ended is Seen afterwards; those that still hold it lose it.
func (t *Terminal) Close() {
	_ = t.Side.Close()
	select {
	case <-t.done: // reading ends when nobody holds the other side
	case <-time.After(time.Second):
	}
	_ = t.master.Close()
	<-t.done
}

// Package holder brings an application its first secret: a token, an index key, a key-encrypting key, from where the platform puts
// such things. It keeps the bytes, lends copies, and shows them to nobody.
//
// It knows files, environment variables and descriptors. It must not know what a secret is for.
package holder

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/quorate/quorate/vault/fault"
)

// maxSecret bounds what is taken for a secret, in bytes.
const maxSecret = 64 << 10

// Holder keeps one secret. It may be used concurrently. It prints as [secret].
type Holder struct {
	path string // of a file that is read again when it changed; else ""

	mu      sync.Mutex // guards what follows
	secret  []byte     // owned; nil when closed
	size    int64      // of the file, as it was read
	when    time.Time
	closed  bool   // a file that is being read again must not bring it back
	once    bool   // what was read is no file, and cannot be read again
	warning string // about the file, as it was read
}

// File holds what is in a file; text without white space around it, anything else as it is. A file that changes is read again: whoever
// renews the secret writes a new file and renames it. A pipe, such as a shell's <(command), is read once; somebody must be writing to it.
//
// fault.Denied if others than its owner may write to the file. That others may read it is for the platform to decide: see Warning.
// fault.Invalid for what is neither a file nor a pipe, is empty, or larger than 64 KiB.
func File(path string) (*Holder, error) {
	h := &Holder{path: path}
	return h, h.read()
}

// Credential holds a credential of systemd (LoadCredential=, SetCredentialEncrypted= and the like): the file of that name in
// $CREDENTIALS_DIRECTORY.
func Credential(name string) (*Holder, error) {
	folder := os.Getenv("CREDENTIALS_DIRECTORY")
	if folder == "" {
		return nil, fault.New(fault.NotFound, "there are no credentials of systemd: CREDENTIALS_DIRECTORY is not set").WithHint("Add LoadCredential=%s:… to the unit.", name)
	}
	if name == "" || strings.ContainsRune(name, '/') || name == "." || name == ".." {
		return nil, fault.New(fault.Invalid, "%q is no name of a credential", name)
	}
	return File(filepath.Join(folder, name))
}

// Env holds the value of an environment variable, and takes the variable away, so that no child process inherits it. What the system keeps of
// a process's first environment (/proc/PID/environ) stays: a file, a credential or a descriptor is better.
func Env(name string) (*Holder, error) {
	value, err := take(strings.NewReader(os.Getenv(name)))
	switch {
	case errors.Is(err, errEmpty):
		return nil, fault.New(fault.NotFound, "the environment variable %s is not set", name)
	case err != nil:
		return nil, fault.Wrap(fault.Invalid, err, "the environment variable %s holds no secret", name)
	}
	if err := os.Unsetenv(name); err != nil {
		clear(value)
		return nil, fault.Wrap(fault.Internal, err, "the environment variable %s cannot be taken away", name)
	}
	return &Holder{secret: value}, nil
}

// Descriptor holds what can be read from a file descriptor that the process was started with, to its end; it is then closed.
func Descriptor(fd uintptr) (*Holder, error) {
	f := os.NewFile(fd, "secret")
	if f == nil {
		return nil, fault.New(fault.Invalid, "%d is no file descriptor", fd)
	}
	defer f.Close()
	b, err := take(f)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the secret cannot be read from the file descriptor %d", fd).WithHint("Start the process with the secret on it, such as 3<file.")
	}
	return &Holder{secret: b}, nil
}

// Warning says in words for a log what is unwise about the place that the secret was read from, though it is not refused: that every
// user of the machine may read the file. "" if nothing is.
func (h *Holder) Warning() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.warning
}

// Lend gives use a copy of the secret, which is cleared when use returns.
func (h *Holder) Lend(use func(secret []byte) error) error {
	b, err := h.copy()
	if err != nil {
		return err
	}
	defer clear(b)
	return use(b)
}

// Token is for client.Config: the secret for each request, or nothing once the Holder is closed. A file that cannot be read any more leaves
// the last secret in force; the cluster decides whether it still is one.
func (h *Holder) Token() []byte {
	b, err := h.copy()
	if err != nil {
		return nil
	}
	return b
}

// Close clears the secret.
func (h *Holder) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.secret)
	h.secret, h.closed = nil, true
}

func (h *Holder) copy() ([]byte, error) {
	if h.path != "" {
		h.again()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.secret == nil {
		return nil, fault.New(fault.BadState, "the Holder is closed")
	}
	return bytes.Clone(h.secret), nil
}

// again reads the file if it is another one than before.
func (h *Holder) again() {
	info, err := os.Stat(h.path)
	h.mu.Lock()
	same := err != nil || h.once || h.secret == nil || info.Size() == h.size && info.ModTime().Equal(h.when)
	h.mu.Unlock()
	if !same {
		_ = h.read() // what was read before stays
	}
}

func (h *Holder) read() error {
	// A pipe that nobody writes to must not hold us for ever: opened like this, it is empty.
	f, err := os.OpenFile(h.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, "the file %s is not there", h.path)
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the file %s cannot be read", h.path)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the file %s cannot be read", h.path)
	}
	warning := ""
	switch mode := info.Mode(); {
	case mode&fs.ModeNamedPipe != 0:
		_ = f.SetReadDeadline(time.Now().Add(pipeTime)) // where there is no deadline, the writer ends it
	case !mode.IsRegular():
		return fault.New(fault.Invalid, "%s is neither a file nor a pipe", h.path).WithHint("Give a file, or the secret on a pipe: <(command).")
	case mode.Perm()&0o022 != 0:
		return fault.New(fault.Denied, "others than its owner may write to the file %s (mode %04o)", h.path, mode.Perm()).WithHint("chmod 600 %s", h.path)
	case mode.Perm()&0o004 != 0:
		warning = fmt.Sprintf("every user of this machine may read the file %s (mode %04o)", h.path, mode.Perm())
	}
	b, err := take(f)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the file %s holds no secret", h.path)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		clear(b)
		return nil
	}
	clear(h.secret)
	h.secret, h.size, h.when = b, info.Size(), info.ModTime()
	h.once, h.warning = !info.Mode().IsRegular(), warning
	return nil
}

// pipeTime is how long a pipe's writer has.
const pipeTime = 30 * time.Second

var errEmpty = fault.New(fault.Invalid, "it is empty")

// take reads a secret to its end. White space around text is an editor's or a shell's; around other bytes it may be a part of them.
func take(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSecret+1))
	defer clear(b)
	switch {
	case err != nil:
		return nil, err
	case len(b) > maxSecret:
		return nil, fault.New(fault.TooLarge, "it is larger than %d bytes", maxSecret)
	}
	secret := b
	if isText(b) {
		secret = bytes.TrimSpace(b)
	}
	if len(secret) == 0 {
		return nil, errEmpty
	}
	return bytes.Clone(secret), nil
}

func isText(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexFunc(b, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) < 0
}

// String says that there is something, and not what.
func (h *Holder) String() string { return "[secret]" }

// GoString is String.
func (h *Holder) GoString() string { return "[secret]" }

// LogValue is String.
func (h *Holder) LogValue() slog.Value { return slog.StringValue("[secret]") }

// MarshalText is String.
func (h *Holder) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

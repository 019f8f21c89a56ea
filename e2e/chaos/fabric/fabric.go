// Package fabric is a network for real processes on one machine: each host is a network namespace of its own with a
// TAP device, and a switch in this process carries the frames between them, and loses, delays, doubles or cuts them
// as told, each direction apart. What is asked of a host from here goes over the host's own loopback instead: a socket belongs to
// the namespace in which it was made, so Dial enters a host's namespace, makes a socket, and leaves. Those calls bypass every
// cut. No frame leaves this process: there is no wire to anywhere.
//
// It needs Linux, /dev/net/tun and the right to make network namespaces (root, or a user namespace; see Inside). It knows
// nothing of Quorate.
package fabric

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// Host is one namespace.
type Host struct {
	Name string
	IP   string // on the switch

	ns  int // file descriptor of the namespace
	tap *os.File
}

// newHost makes a namespace with a loopback and a TAP device of that address.
func newHost(name string, ip [4]byte) (*Host, error) {
	h := &Host{Name: name, IP: net.IP(ip[:]).String(), ns: -1}
	err := elsewhere(func() error { return unix.Unshare(unix.CLONE_NEWNET) }, func() error {
		var err error
		if h.ns, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return fmt.Errorf("holding the namespace: %w", err)
		}
		if h.tap, err = openTAP("q0"); err != nil {
			return err
		}
		if err := address("q0", ip[:], []byte{255, 255, 255, 0}); err != nil {
			return err
		}
		return up("lo")
	})
	if err != nil {
		h.close()
		return nil, fmt.Errorf("host %s: %w", name, err)
	}
	return h, nil
}

func (h *Host) close() {
	if h.tap != nil {
		h.tap.Close()
	}
	if h.ns >= 0 {
		unix.Close(h.ns)
	}
}

// Enter runs f on a thread that is in the host's namespace. What f begins there, sockets and processes, stays there.
func (h *Host) Enter(f func() error) error {
	return elsewhere(func() error { return unix.Setns(h.ns, unix.CLONE_NEWNET) }, f)
}

// Start begins a command in the namespace.
func (h *Host) Start(cmd *exec.Cmd) error { return h.Enter(cmd.Start) }

// Dial connects to an address of the host over its own loopback, whatever the switch does.
func (h *Host) Dial(ctx context.Context, network, addr string) (conn net.Conn, err error) {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	err = h.Enter(func() error {
		var d net.Dialer
		var err error
		conn, err = d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port)) // one address: the socket is made on this thread
		return err
	})
	return conn, err
}

// elsewhere runs f on a thread that was moved to another namespace, and moves it back. A thread that cannot be moved back
// is not given back to the others: it ends with its goroutine, after f's processes, which would be killed with it (Pdeathsig).
func elsewhere(move func() error, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		home, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			runtime.UnlockOSThread()
			done <- err
			return
		}
		defer unix.Close(home)
		if err := move(); err != nil {
			runtime.UnlockOSThread()
			done <- fmt.Errorf("entering a network namespace: %w", err)
			return
		}
		err = f()
		if back := unix.Setns(home, unix.CLONE_NEWNET); back != nil {
			done <- errors.Join(err, fmt.Errorf("coming back from a network namespace: %w", back))
			return
		}
		runtime.UnlockOSThread()
		done <- err
	}()
	return <-done
}

// openTAP makes a TAP device in the thread's namespace. Frames are read and written through the runtime's poller.
func openTAP(name string) (*os.File, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("/dev/net/tun: %w", err)
	}
	req, err := unix.NewIfreq(name)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	req.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("making a TAP device: %w", err)
	}
	return os.NewFile(uintptr(fd), "/dev/net/tun"), nil // only now: a poller does not take a device that is attached later
}

// address gives a device of the thread's namespace an address, and brings it up.
func address(device string, ip, mask []byte) error {
	err := configure(device, func(s int, req *unix.Ifreq) error {
		if err := req.SetInet4Addr(ip); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(s, unix.SIOCSIFADDR, req); err != nil {
			return err
		}
		if err := req.SetInet4Addr(mask); err != nil {
			return err
		}
		return unix.IoctlIfreq(s, unix.SIOCSIFNETMASK, req)
	})
	if err != nil {
		return err
	}
	return up(device)
}

func up(device string) error {
	return configure(device, func(s int, req *unix.Ifreq) error {
		req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
		return unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, req)
	})
}

func configure(device string, f func(socket int, req *unix.Ifreq) error) error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	req, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	if err := f(s, req); err != nil {
		return fmt.Errorf("setting up %s: %w", device, err)
	}
	return nil
}

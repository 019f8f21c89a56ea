package seal_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/quorate/quorate/seal"
)

// hits counts occurrences of a secret in everything that this process can read of itself through /proc/self/mem: raw, and as the padded
// key blocks of HMAC. The needle is itself in locked memory, so that looking for it leaves no trace.
func hits(t *testing.T, needle *seal.Secret) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	found := 0
	const window, overlap = 1 << 20, 64
	// The buffer is outside the Go heap and left out of the scan, or every hit would count twice.
	buffer, err := unix.Mmap(-1, 0, window, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { clear(buffer); _ = unix.Munmap(buffer) }()
	own := fmt.Sprintf("%p", &buffer[0])[2:]
	lines := bufio.NewScanner(bytes.NewReader(maps))
	for lines.Scan() {
		var from, to uint64
		var mode string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &mode); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(mode, "rw") || strings.HasPrefix(strings.TrimLeft(lines.Text(), "0"), own) {
			continue
		}
		for at := from; at < to; at += window - overlap {
			n, err := mem.ReadAt(buffer[:min(window, to-at)], int64(at))
			if n == 0 && err != nil {
				break // secret memory, or a mapping that went away
			}
			for _, mask := range []byte{0, 0x36, 0x5c} {
				found += count(t, buffer[:n], needle, mask)
			}
		}
	}
	return found
}

func count(t *testing.T, haystack []byte, needle *seal.Secret, mask byte) (found int) {
	err := needle.Lend(func(key []byte) error {
		for i := 0; i+len(key) <= len(haystack); i++ {
			next := bytes.IndexByte(haystack[i:len(haystack)-len(key)+1], key[0]^mask)
			if next < 0 {
				break
			}
			i += next
			same := true
			for j := range key {
				if haystack[i+j] != key[j]^mask {
					same = false
					break
				}
			}
			if same {
				found++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// An open node that has unsealed, wrapped, unwrapped, derived and rotated has none of its long-lived secrets where /proc/self/mem, and
// so a debugger or a core file, could read them.
func TestMemoryScanFindsNoKey(t *testing.T) {
	if kind := seal.MemoryKind(); kind != "memfd_secret" {
		t.Skipf("this kernel hides no memory from its own process: secrets are in %s", kind)
	}
	c, o, lines := create(t, 3, 2)
	needles := map[string]*seal.Secret{}
	keep := func(name string, b []byte) { needles[name] = secretOf(t, b) }
	_ = o.WithMaster(func(b []byte) error { keep("master key", b); return nil })
	_ = o.LendKEK(c, 0, func(root, kek []byte) { keep("root", root); keep("term 1", kek) })
	for i, line := range lines {
		needles[fmt.Sprintf("share %d", i+1)] = scalarOf(t, line)
	}
	o.Destroy()
	opened := open(t, c, lines[:2])
	next, err := opened.RotateKeyring(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.Adopt(next); err != nil {
		t.Fatal(err)
	}
	_ = opened.LendKEK(next, 1, func(_, kek []byte) { keep("term 2", kek) })
	dek := secretOf(t, make([]byte, 48))
	needles["unwrapped key"] = dek
	useKeyring(t, opened, dek)

	control := secretOf(t, bytes.Repeat([]byte("control-"), 4))
	loose := make([]byte, 32)
	_ = control.Lend(func(b []byte) error { copy(loose, b); return nil })
	if n := hits(t, control); n < 1 {
		t.Error("the scan does not find a secret on the heap: it proves nothing")
	}
	runtime.KeepAlive(loose)
	for name, needle := range needles {
		if n := hits(t, needle); n != 0 {
			t.Errorf("%s: %d hits", name, n)
		}
	}
	if err := opened.Keyring().CheckMAC("x", nil, make([]byte, 32)); err == nil {
		t.Error("the keyring is gone") // it was open all the time
	}
}

// scalarOf reads a share's value straight into locked memory.
func scalarOf(t *testing.T, line []byte) *seal.Secret {
	t.Helper()
	s, err := seal.NewSecret(32, func(mem []byte) error {
		work, err := seal.NewSecret(256, func(w []byte) error {
			copy(w, line)
			_, values, err := seal.Bech32Decode(w[:len(line)])
			if err != nil {
				return err
			}
			payload, err := seal.Bech32Pack(w[128:128], values[:len(values)-6])
			copy(mem, payload[10:])
			return err
		})
		if err == nil {
			work.Destroy()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func useKeyring(t *testing.T, o *seal.Opened, dek *seal.Secret) {
	t.Helper()
	k := o.Keyring()
	for range 100 {
		var term uint32
		var sealed []byte
		// A fresh random value each time: all zeros would be found everywhere.
		dek2, err := seal.NewSecret(48, func(mem []byte) error { return fill(mem) })
		if err != nil {
			t.Fatal(err)
		}
		err = dek2.Lend(func(b []byte) (err error) {
			term, sealed, err = k.Wrap([]byte("aad"), b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = k.Unwrap(term, []byte("aad"), sealed, func(b []byte) error {
			return dek.Lend(func(d []byte) error { copy(d, b); return nil })
		})
		if err != nil {
			t.Fatal(err)
		}
		dek2.Destroy()
		if _, err := k.MAC("record", sealed); err != nil {
			t.Fatal(err)
		}
		secret, err := k.Derive("token", []byte("context"), 64)
		if err != nil {
			t.Fatal(err)
		}
		clear(secret)
	}
}

func fill(mem []byte) error {
	f, err := os.Open("/dev/urandom")
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Read(mem)
	return err
}

// Run in a process of its own, since it cannot be undone.
func TestHardenProcess(t *testing.T) {
	if os.Getenv("SEAL_TEST_HARDEN") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestHardenProcess$", "-test.v")
		cmd.Env = append(os.Environ(), "SEAL_TEST_HARDEN=1")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("hardened")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if err := seal.HardenProcess(); err != nil {
		t.Fatal(err)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil || limit.Cur != 0 || limit.Max != 0 {
		t.Errorf("core limit %+v, %v", limit, err)
	}
	if n, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || n != 0 {
		t.Errorf("dumpable %d, %v", n, err)
	}
	t.Log("hardened")
}

// Where nothing may be locked, secrets still work, and MemoryKind says what they lie in.
func TestWithoutLockingRightsItDegradesAndSaysSo(t *testing.T) {
	if os.Getenv("SEAL_TEST_NOLOCK") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWithoutLockingRightsItDegradesAndSaysSo$", "-test.v")
		cmd.Env = append(os.Environ(), "SEAL_TEST_NOLOCK=1")
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("degraded to")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	// Root may lock as much as it likes, so the right goes before the limit.
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	runtime.LockOSThread()
	if err := unix.Capset(&header, &none[0]); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{}); err != nil {
		t.Fatal(err)
	}
	c, o, lines := create(t, 2, 2)
	w := wrap(t, o)
	if err := w.unwrap(open(t, c, lines)); err != nil {
		t.Error(err)
	}
	kind := seal.MemoryKind()
	if !strings.HasPrefix(kind, "mmap (") || !strings.Contains(kind, "LimitMEMLOCK") {
		t.Errorf("memory kind %q", kind)
	}
	t.Logf("degraded to %s", kind)
}

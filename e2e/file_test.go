package e2e_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"io"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func rsaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// bigFile writes size bytes that do not repeat, and returns their hash.
func bigFile(t *testing.T, path string, size int64) [32]byte {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(f, sum), io.LimitReader(mathrand.NewChaCha8([32]byte{1}), size)); err != nil {
		t.Fatal(err)
	}
	return [32]byte(sum.Sum(nil))
}

func hashOf(t *testing.T, path string) [32]byte {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		t.Fatal(err)
	}
	return [32]byte(sum.Sum(nil))
}

const memoryBound = 200 << 20

func TestLargeFileIsEncryptedInBoundedMemory(t *testing.T) {
	t.Parallel()
	size := int64(256 << 20)
	if long {
		size = 1 << 30
	}
	c := open(t)
	c.ok("key", "create", "files")
	plain, sealed, back := filepath.Join(c.dir, "plain"), filepath.Join(c.dir, "sealed"), filepath.Join(c.dir, "back")
	want := bigFile(t, plain, size)
	for _, step := range [][]string{
		{"encrypt", "--key", "files", "-i", plain, "-o", sealed},
		{"decrypt", "-i", sealed, "-o", back},
	} {
		r := c.cli(nil, step...)
		if r.code != 0 {
			t.Fatalf("%s: %v", step[0], r)
		}
		if r.maxRSS == 0 || r.maxRSS > memoryBound {
			t.Errorf("%s of %d MiB took %d MiB of memory, more than %d", step[0], size>>20, r.maxRSS>>20, memoryBound>>20)
		}
		t.Logf("%s of %d MiB: %v, %d MiB resident", step[0], size>>20, r.took.Round(time.Millisecond), r.maxRSS>>20)
	}
	if got := hashOf(t, back); got != want {
		t.Error("what was decrypted is not what was encrypted")
	}
	if got := hashOf(t, sealed); got == want {
		t.Error("the encrypted file is the plain one")
	}
	// One bit of the middle is changed: nothing appears under the name of the output.
	flip(t, sealed, size/2)
	again := filepath.Join(c.dir, "again")
	if r := c.cli(nil, "decrypt", "-i", sealed, "-o", again); r.code == 0 {
		t.Error("a changed file was decrypted")
	}
	if _, err := os.Stat(again); err == nil {
		t.Error("decrypting a changed file left an output")
	}
}

func TestEncryptionKilledInTheMiddleLeavesNoOutput(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.ok("key", "create", "files")
	for _, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGTERM} {
		folder := t.TempDir()
		x, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := c.command(x, c.nodes, "encrypt", "--key", "files", "-o", filepath.Join(folder, "out"))
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The pipe holds 64 KiB: when this much is taken, most of it was encrypted and written.
		if _, err := io.CopyN(in, mathrand.NewChaCha8([32]byte{2}), 8<<20); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Errorf("encrypt ended well although it got %v", s)
		}
		in.Close()
		left, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range left {
			t.Errorf("after %v the folder holds %s", s, l.Name())
		}
	}
}

func TestUnpackingThatIsInterruptedLeavesNoFolder(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.ok("key", "create", "files")
	folder := filepath.Join(c.dir, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	want := bigFile(t, filepath.Join(folder, "data"), 16<<20)
	sealed := filepath.Join(c.dir, "sealed")
	c.ok("encrypt", "--key", "files", "-i", folder, "-o", sealed)
	text, err := os.ReadFile(sealed)
	if err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	x, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := c.command(x, c.nodes, "decrypt", "--into", filepath.Join(top, "back"))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(text[:8<<20]); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("decrypt ended with %v", err)
	}
	in.Close()
	left, err := os.ReadDir(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range left {
		t.Errorf("%s is left", l.Name())
	}
	c.ok("decrypt", "-i", sealed, "--into", filepath.Join(top, "back"))
	if hashOf(t, filepath.Join(top, "back", "data")) != want {
		t.Error("the folder came back different")
	}
}

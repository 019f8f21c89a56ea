package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/fault"
)

// drill saves a snapshot and rehearses the recovery from it with three of five shares, as an operator does: a process of its own opens every
// version in it.
func (b *localBench) drill(ctx context.Context) error {
	dir := filepath.Join(b.dir, "drill")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	ca := filepath.Join(dir, "ca.crt")
	if err := os.WriteFile(ca, []byte(b.init.CACertificate), 0o600); err != nil {
		return err
	}
	file := filepath.Join(dir, "bench.qsnap")
	args := []string{"operator", "drill", file, "--format", "json"}
	for i, share := range b.init.Shares[:3] {
		name := filepath.Join(dir, fmt.Sprint("share-", i))
		if err := os.WriteFile(name, []byte(share+"\n"), 0o600); err != nil {
			return err
		}
		args = append(args, "--share-file", name)
	}
	run := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, b.exe, args...) //nolint:gosec // this program
		cmd.Env = append(os.Environ(), "QUORATE_ADDR=https://"+b.nodes[0].api, "QUORATE_CACERT="+ca, "QUORATE_TOKEN="+b.init.RootToken)
		cmd.Stderr = os.Stderr
		return cmd.Output()
	}
	begin := time.Now()
	if _, err := run("operator", "snapshot", "save", file); err != nil {
		return fmt.Errorf("saving a snapshot: %w", err)
	}
	saved := time.Since(begin)
	begin = time.Now()
	out, err := run(args...)
	if err != nil {
		return fmt.Errorf("drilling: %w", err)
	}
	took := time.Since(begin)
	var said vault.DrillReport
	if err := json.Unmarshal(out, &said); err != nil {
		return fault.Wrap(fault.Internal, err, "the drill says %.200s", out)
	}
	if !said.OK || said.Keys < uint64(b.o.keys) {
		return fault.New(fault.Internal, "the drill opened %d keys of %d: %s", said.Keys, b.o.keys, said.Error)
	}
	b.promise(fmt.Sprintf("%d keys: drill of a snapshot by three of five shares", b.o.keys), b.scaleTarget("≤ 60 s", "reported"),
		"%s, %d keys, %d versions opened (saving the snapshot took %s)", round(took), said.Keys, said.Versions, round(saved))
	return nil
}

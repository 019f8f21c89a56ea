package vault_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/fault"
	"github.com/quorate/quorate/vault/vaulttest"
)

// Whoever can write to a store, and no more, must not have snapshots deleted or keys of epochs destroyed by files that are named as newer ones.
func TestForgedNamesLetNothingGo(t *testing.T) {
	f, dir := scheduled(t)
	f.MustCreate("k")
	for range 3 {
		backUp(t, f)
	}
	before, e := inStore(t, dir)
	if len(before) != 3 || len(e.Keys) < 2 {
		t.Fatalf("%v, %d epochs", before, len(e.Keys))
	}
	at := func(d time.Duration) string { return f.Now().Add(d).UTC().Format("20060102T150405Z") }
	newest := filepath.Base(before[2])
	parts := strings.Split(strings.TrimSuffix(newest, ".qsnap"), "-") // quorate, cluster, time, index, epoch, tag
	forge := func(stamp, epoch, tag string) string {
		p := append([]string(nil), parts...)
		p[2], p[4], p[5] = stamp, epoch, tag
		return strings.Join(p, "-") + ".qsnap"
	}
	forged := []string{
		forge("20991128T120000Z", "e999", parts[5]), forge("20991128T120001Z", "e999", "0123456789abcdef"), forge("20991128T120002Z", parts[4], parts[5]),
		forge(at(-time.Minute), parts[4], parts[5]), forge(at(-2*time.Minute), parts[4], "0000000000000000"), forge(parts[2], "e998", parts[5]),
		strings.Join(parts[:5], "-") + ".qsnap",
	}
	for _, name := range forged {
		ok(t, "writing", os.WriteFile(filepath.Join(dir, name), []byte("nothing"), 0o600))
	}
	backUp(t, f)
	after, e := inStore(t, dir)
	kept := map[string]bool{}
	for _, path := range after {
		kept[filepath.Base(path)] = true
	}
	for _, name := range forged {
		if !kept[name] {
			t.Errorf("%s was deleted: it is not ours to judge", name)
		}
		delete(kept, name)
	}
	if len(kept) != 3 || kept[filepath.Base(before[0])] || !kept[filepath.Base(before[1])] || !kept[newest] {
		t.Fatalf("of ours are kept: %v; before: %v", kept, before)
	}
	for name := range kept {
		ok(t, name, openFile(t, filepath.Join(dir, name), f.Shares()[:3], e))
	}
	if _, err := f.Vault(f.Leader()).Drill(ctx, f.Root()); err != nil {
		t.Errorf("a drill takes what was forged: %v", err)
	}
}

// Nor does a companion with other keys open anything, or open it as something else.
func TestForgedKeysOfEpochsOpenNothing(t *testing.T) {
	f, dir := scheduled(t)
	f.MustCreate("k")
	for range 2 {
		backUp(t, f)
	}
	names, e := inStore(t, dir)
	other := vaulttest.New(t, vaulttest.WithShares(5, 3))
	for what, forge := range map[string]func(e *archive.Epochs){
		"keys of two epochs exchanged":     func(e *archive.Epochs) { e.Keys[0].Wrapped, e.Keys[1].Wrapped = e.Keys[1].Wrapped, e.Keys[0].Wrapped },
		"the later key under both numbers": func(e *archive.Epochs) { e.Keys[0].Wrapped = e.Keys[1].Wrapped },
		"a key of nobody":                  func(e *archive.Epochs) { e.Keys[0].Wrapped = make([]byte, len(e.Keys[0].Wrapped)) },
		"another term":                     func(e *archive.Epochs) { e.Keys[0].Term++ },
	} {
		bad := &archive.Epochs{Format: e.Format, Cluster: e.Cluster, Made: e.Made, Seal: e.Seal}
		for _, k := range e.Keys {
			k.Wrapped = bytes.Clone(k.Wrapped)
			bad.Keys = append(bad.Keys, k)
		}
		forge(bad)
		if err := openFile(t, names[0], f.Shares()[:3], bad); err == nil {
			t.Errorf("%s: it opens", what)
		}
	}
	wants(t, "by another cluster's shares", openFile(t, names[0], other.Shares()[:3], e), fault.Invalid)
	ok(t, "with its own companion", openFile(t, names[0], f.Shares()[:3], e))
}

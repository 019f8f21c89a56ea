package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/quorate/quorate/vault/archive"
	"github.com/quorate/quorate/vault/depot"
	"github.com/quorate/quorate/vault/fault"
)

// storedName is a scheduled snapshot's: the cluster, then the time, by which names sort, and the index.
var storedName = regexp.MustCompile(`^quorate-([0-9a-f]{12})-([0-9]{8}T[0-9]{6}Z)-([0-9]{1,20})-e[0-9]+-[0-9a-f]{16}\.qsnap$`)

// atHand is the snapshot that somebody named: a file, or the newest of a store (a URL), which is fetched. done removes what was fetched.
func (a *app) atHand(ctx context.Context, at string) (path string, done func(), err error) {
	if !strings.Contains(at, "://") {
		return at, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "quorate-fetched-") // mode 0700
	if err != nil {
		return "", nil, fmt.Errorf("making a directory for the snapshot: %w", err)
	}
	done = func() { _ = os.RemoveAll(dir) } // what is in it is encrypted
	if path, err = a.fetchNewest(ctx, at, dir); err != nil {
		done()
		return "", nil, err
	}
	return path, done, nil
}

// fetchNewest copies the newest snapshot of a store, and the companion that opens it, into a folder.
func (a *app) fetchNewest(ctx context.Context, store, dir string) (path string, err error) {
	d, err := depot.Open(ctx, store)
	if err != nil {
		return "", err
	}
	defer d.Close()
	all, err := d.List(ctx, "quorate-")
	if err != nil {
		return "", err
	}
	newest, cluster, stamp := "", "", ""
	for _, o := range all {
		m := storedName.FindStringSubmatch(o.Name)
		switch {
		case m == nil:
			continue // not one of ours
		case cluster != "" && m[1] != cluster:
			return "", fault.New(fault.Invalid, "%s holds snapshots of several clusters, %s and %s", d, cluster, m[1]).WithHint("Fetch the one that you mean, with the companion %s, and name its file.", archive.EpochsName)
		}
		if cluster = m[1]; m[2] >= stamp {
			newest, stamp = o.Name, m[2]
		}
	}
	if newest == "" {
		return "", fault.New(fault.NotFound, "there is no snapshot in %s", d).WithHint("Check the address: it is that of `quorate operator snapshot schedule show`.")
	}
	if err := fetch(ctx, d, archive.EpochsName, dir); err != nil && !errors.Is(err, fault.NotFound) {
		return "", err
	}
	a.say("Fetching %s …", newest)
	return filepath.Join(dir, newest), fetch(ctx, d, newest, dir)
}

// newerBeside names the newest scheduled snapshot of the same cluster that lies beside an older one; "" for none.
func newerBeside(path string) string {
	own := storedName.FindStringSubmatch(filepath.Base(path))
	if own == nil {
		return ""
	}
	age := func(m []string) string { return m[2] + fmt.Sprintf("%20s", m[3]) }
	newest, name := age(own), ""
	all, _ := os.ReadDir(filepath.Dir(path)) // what cannot be listed is opened by its name, or not at all
	for _, f := range all {
		if m := storedName.FindStringSubmatch(f.Name()); m != nil && m[1] == own[1] && age(m) > newest {
			newest, name = age(m), f.Name()
		}
	}
	return name
}

func fetch(ctx context.Context, d *depot.Depot, name, dir string) error {
	r, err := d.Get(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/transport/client/envelope"
	"github.com/quorate/quorate/vault/fault"
)

// outcome is what became of one thing of many.
type outcome struct {
	Name   string `json:"name"`
	Result string `json:"result"`
	Error  string `json:"error,omitempty"`
}

func outcomes(all []outcome) (rows [][]string) {
	for _, o := range all {
		rows = append(rows, []string{o.Name, o.Result, o.Error})
	}
	return rows
}

// each is work on every file of a folder, into another folder. A result gets its name when it is whole, and then the time of its
// original: so a run that was interrupted goes on where it was, and what was changed since is done again.
type each struct {
	in, out string
	label   string // what is done, for progress and report
	rename  func(name string) (target string, ok bool)
	work    func(ctx context.Context, w io.Writer, src *input, progress func(int64)) error
}

// eachReport is what became of the files.
type eachReport struct {
	Files  []outcome `json:"files"`
	Done   int       `json:"done"`
	Before int       `json:"done_before"`
	Left   int       `json:"left_out"`
	Failed int       `json:"failed"`
}

// run goes on after a file that is not what it should be, and says at the end which ones. What is wrong with the cluster or the
// disk ends it.
func (e *each) run(ctx context.Context, a *app) error {
	if e.out == "" || e.out == "-" {
		return fault.New(fault.Invalid, "the files of a folder go into another folder").WithHint("Name it with -o; it is made if it does not exist.")
	}
	if inside(e.in, e.out) || inside(e.out, e.in) {
		return fault.New(fault.Invalid, "one of the two folders is in the other").WithHint("Name a folder beside it.")
	}
	var pending int64
	if err := e.walk(ctx, func(_, target string, info fs.FileInfo) error {
		if info.Mode().IsRegular() && target != "" && !done(target, info) {
			pending += info.Size()
		}
		return nil
	}); err != nil {
		return err
	}
	var report eachReport
	bar := a.newProgress(e.label, pending)
	err := e.walk(ctx, func(name, target string, info fs.FileInfo) error {
		o := outcome{Name: name, Result: "done"}
		err := e.one(ctx, name, target, info, bar.add)
		switch {
		case errors.Is(err, errDoneBefore):
			o.Result = "done before"
			report.Before++
		case errors.Is(err, errNoFile):
			o.Result, o.Error = "left out", err.Error()
			report.Left++
		case errors.Is(err, fault.Invalid):
			o.Result, o.Error = "failed", fault.Of(err).Message
			report.Failed++
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		default:
			report.Done++
		}
		report.Files = append(report.Files, o)
		return nil
	})
	bar.end(err == nil)
	shown := a.result(report, func(w io.Writer) error {
		return table(w, []string{"FILE", "RESULT", "WHY"}, outcomes(report.Files))
	})
	switch {
	case err != nil:
		return err
	case shown != nil:
		return shown
	case report.Failed > 0:
		return fault.New(fault.Invalid, "%d of %d files failed", report.Failed, len(report.Files)).WithHint("What is done is left out when you run it again.")
	}
	return nil
}

// What became of a file that nothing was done with.
var (
	errDoneBefore = errors.New("done before")
	errNoFile     = errors.New("it is no regular file")
)

// walk calls do for everything that is no folder, without a target if its name has none; folders are made.
func (e *each) walk(ctx context.Context, do func(name, target string, info fs.FileInfo) error) error {
	return filepath.WalkDir(e.in, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return wrongInput(err, "%s cannot be read", path)
		}
		name, err := filepath.Rel(e.in, path)
		if err != nil {
			return fmt.Errorf("naming %s: %w", path, err)
		}
		if d.IsDir() {
			if err := os.MkdirAll(filepath.Join(e.out, name), 0o700); err != nil {
				return wrongInput(err, "the folder %s cannot be made", filepath.Join(e.out, name))
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return wrongInput(err, "%s cannot be read", path)
		}
		target, ok := e.rename(name)
		if !ok {
			return do(name, "", info)
		}
		return do(name, filepath.Join(e.out, target), info)
	})
}

// done tells that target is the result of a file as it is now.
func done(target string, info fs.FileInfo) bool {
	there, err := os.Lstat(target)
	return err == nil && there.Mode().IsRegular() && there.ModTime().Equal(info.ModTime())
}

func (e *each) one(ctx context.Context, name, target string, info fs.FileInfo, progress func(int64)) error {
	switch {
	case !info.Mode().IsRegular():
		return errNoFile
	case target == "":
		return fault.New(fault.Invalid, "its name does not end in %s", encryptedSuffix)
	case done(target, info):
		return errDoneBefore
	}
	f, err := os.Open(filepath.Join(e.in, name))
	if err != nil {
		return wrongInput(err, "it cannot be opened")
	}
	defer f.Close()
	o, err := createOut(target, 0o600, true)
	if err != nil {
		return err
	}
	defer o.discard()
	if err := e.work(ctx, o, &input{Reader: &cancellable{ctx, f}, size: info.Size(), close: func() {}}, progress); err != nil {
		return err
	}
	if err := o.commit(); err != nil {
		return err
	}
	if err := os.Chtimes(target, info.ModTime(), info.ModTime()); err != nil {
		return fmt.Errorf("giving %s the time of its original: %w", target, err)
	}
	return nil
}

// inside tells whether path is folder, or lies in it.
func inside(path, folder string) bool {
	a, err1 := filepath.Abs(path)
	b, err2 := filepath.Abs(folder)
	rel, err3 := filepath.Rel(b, a)
	return errors.Join(err1, err2, err3) == nil && filepath.IsLocal(rel)
}

const encryptedSuffix = ".qrt"

// encryptEach encrypts the files of a folder one by one, under one data key for many.
func (a *app) encryptEach(ctx context.Context, c *client.Client, f crypt) error {
	box, err := envelope.New(c, f.key)
	if err != nil {
		return err
	}
	defer box.Close()
	e := &each{in: f.in, out: f.out, label: "encrypting", rename: func(name string) (string, bool) { return name + encryptedSuffix, true }}
	e.work = func(ctx context.Context, w io.Writer, src *input, progress func(int64)) error {
		if f.context != "" {
			_, err := c.EncryptStream(ctx, w, src, f.key, client.StreamOptions{Context: []byte(f.context), AAD: []byte(f.aad), Progress: progress})
			return err
		}
		return box.EncryptStream(ctx, w, src, []byte(f.aad), progress)
	}
	return e.run(ctx, a)
}

// decryptEach decrypts the files of a folder that encryptEach made.
func (a *app) decryptEach(ctx context.Context, c *client.Client, f crypt) error {
	e := &each{in: f.in, out: f.out, label: "decrypting", rename: func(name string) (string, bool) { return strings.CutSuffix(name, encryptedSuffix) }}
	e.work = func(ctx context.Context, w io.Writer, src *input, progress func(int64)) error {
		_, err := c.DecryptStream(ctx, w, src, client.StreamOptions{Context: []byte(f.context), AAD: []byte(f.aad), Progress: progress, Header: func(h client.Header) error {
			return a.sameKey(ctx, c, f.key, h)
		}})
		return err
	}
	return e.run(ctx, a)
}

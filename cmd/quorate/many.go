package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// manyOps are the operations that take many items.
var manyOps = []string{
	"encrypt", "decrypt", "rewrap", "datakey", "sign", "verify", "mac", "verify-mac", "derive", "wrap", "unwrap", "encapsulate", "decapsulate", "hash",
}

// Bounds of one item, and of the items of one request, in bytes.
const (
	maxItem  = 1 << 20
	maxItems = 8 << 20
)

func newBatchCmd(a *app) *cobra.Command {
	var f useFlags
	cmd := &cobra.Command{
		Use:   "batch OPERATION [--key KEY] [-i ITEMS] [-o OUT]",
		Short: "Do one operation on many items, a line of JSON each",
		Long: `Do one operation on many items: ` + strings.Join(manyOps, ", ") + `. Each line of the input is an item as the
API takes it: the fields of POST /v1/keys/KEY/OPERATION (/v1/hash, which needs no key), bytes in base64. The output has a line for each item, in the
same order: the API's result, or {"error":{"kind","detail","hint"}}. An item that fails, or a line that is no item, does not hold up the others.

Items are sent ` + fmt.Sprint(api.MaxBatch) + ` at a time, and never all held in memory. Empty lines are passed over. The exit code is 5 if an item failed or did not verify; how
many is told on standard error. What every item would meet (no node answers, the key is out of use) ends it with the exit code of that: the output,
also that of -o, then has the results of all items before, in whole lines, and standard error tells the line to go on from.

Data keys that the cluster keeps are made by "quorate datakey --store".`,
		Example: `  jq -c '{plaintext: (.card|@base64)}' cards.jsonl | quorate batch encrypt --key cards -o cards.sealed
  jq -c '{ciphertext}' cards.sealed | quorate batch decrypt --key cards | jq -r '.plaintext|@base64d'
  quorate batch verify --key release -i signatures.jsonl`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: manyOps,
		RunE: func(cmd *cobra.Command, args []string) error {
			if (args[0] == "hash") != (f.key == "") {
				return fault.New(fault.Invalid, "every operation but hash is done with a key").WithHint("Name it with --key; leave it away to hash.")
			}
			c, err := a.connect(cmd)
			if err != nil {
				return err
			}
			defer c.Close()
			in, err := a.openIn(cmd.Context(), f.in)
			if err != nil {
				return err
			}
			defer in.close()
			m := many{client: c, key: f.key, op: args[0], next: 1}
			err = m.deliver(a.out, f.crypt, func(w io.Writer) error { return m.run(cmd.Context(), w, in) })
			if err == nil || m.all > 0 {
				a.say("Items: %d, not done: %d.", m.all, m.failed)
			}
			if err != nil {
				if m.all > 0 {
					a.say("The output has what became of them. Go on from line %d of the input.", m.next)
				}
				return err
			}
			if m.failed > 0 {
				return fault.New(fault.BadState, "%d of %d items were not done, or did not verify", m.failed, m.all).WithHint("Look for \"error\" or \"valid\":false in the output.")
			}
			return nil
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.in, "in", "i", "", "input `file`, an item a line (default: standard input)")
	fl.StringVarP(&f.key, "key", "k", "", "name or id of the `key`")
	f.outFlags(cmd, "")
	_ = cmd.RegisterFlagCompletionFunc("key", a.completeKeyFlag)
	return cmd
}

// many is an operation on many items, and how it went so far.
type many struct {
	client      *client.Client
	key, op     string
	all, failed int // items whose results are written, and how many of them were not done
	next        int // number of the line after the last of them
}

// deliver runs work on the output. Every line of it stands for itself, so what was written before work failed is kept: in a file,
// too, which gets its name then.
func (m *many) deliver(std io.Writer, f crypt, work func(io.Writer) error) error {
	if f.out == "" || f.out == "-" {
		return work(std)
	}
	o, err := createOut(f.out, 0o600, f.force)
	if err != nil {
		return err
	}
	defer o.discard()
	failed := work(o)
	if failed != nil && m.all == 0 {
		return failed
	}
	if err := o.commit(); err != nil {
		m.all = 0 // they are not in the output
		return err
	}
	return failed
}

// run reads items and writes what became of them, a request's worth at a time.
func (m *many) run(ctx context.Context, w io.Writer, in io.Reader) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	for number, end := 1, false; !end; {
		var items []item
		for size := 0; !end && len(items) < api.MaxBatch && size < maxItems; number++ {
			one, err := readItem(lines, number, m.op)
			if end = errors.Is(err, io.EOF); err != nil && !end {
				for i := range items {
					clear(items[i].line)
				}
				return err
			}
			if one.line != nil || one.refused != nil {
				items, size = append(items, one), size+len(one.line)
			}
		}
		if err := m.send(ctx, w, items); err != nil {
			return err
		}
	}
	return nil
}

// send has items done and writes what became of them, whole lines at once. After an error that is what is known of the first of them.
func (m *many) send(ctx context.Context, w io.Writer, items []item) error {
	var good []json.RawMessage
	for i := range items {
		if items[i].refused == nil {
			good = append(good, items[i].line)
		}
	}
	results, asked := m.ask(ctx, good)
	var out []byte
	defer func() {
		clear(out)
		for _, b := range slices.Concat(good, results) {
			clear(b)
		}
	}()
	size, known, failed, done := 0, 0, 0, results
	lines := make([]json.RawMessage, 0, len(items))
	for i := range items {
		var line json.RawMessage
		switch {
		case items[i].refused != nil:
			line = failure(items[i].refused)
		case len(done) > 0:
			line, done = done[0], done[1:]
		}
		if line == nil {
			break
		}
		lines, size, known = append(lines, line), size+len(line)+1, i+1
		bad, err := notDone(line)
		if err != nil {
			return err
		}
		if bad {
			failed++
		}
	}
	out = make([]byte, 0, size) // never grows, so what is cleared is all that there is
	for _, line := range lines {
		out = append(append(out, line...), '\n')
	}
	if len(out) > 0 {
		if _, err := w.Write(out); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
		m.all, m.failed, m.next = m.all+known, m.failed+failed, items[known-1].number+1
	}
	return asked
}

// ask gives what became of items, in their order; after an error, of the first of them. A request that is refused as it stands is one of
// which no item can be read (or all together are too large): then they are sent one by one, and each is told by itself what is wrong with it.
func (m *many) ask(ctx context.Context, items []json.RawMessage) ([]json.RawMessage, error) {
	if len(items) == 0 {
		return nil, nil
	}
	results, err := m.client.Many(ctx, m.key, m.op, items)
	if err == nil && len(results) != len(items) {
		return nil, fault.New(fault.Internal, "%d items were answered by %d results", len(items), len(results))
	}
	var refused *client.Error
	if err == nil || !errors.As(err, &refused) || refused.Status <= 0 || !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge) {
		return results, err
	}
	if len(items) == 1 {
		f := *refused.Fault
		f.Message = strings.ReplaceAll(strings.TrimPrefix(f.Message, "batch.0: "), "batch.0.", "") // its place in a request that the user did not write
		return []json.RawMessage{failure(&f)}, nil
	}
	for i := range items {
		one, err := m.ask(ctx, items[i:i+1])
		if results = append(results, one...); err != nil {
			return results, err
		}
	}
	return results, nil
}

// failure is the result of an item that was not done.
func failure(f *fault.Error) json.RawMessage {
	b, _ := json.Marshal(api.Result[any]{Error: &api.ItemError{Kind: f.Kind.String(), Detail: f.Message, Hint: f.NextStep()}}) // strings: cannot fail
	return b
}

// notDone tells whether a result says that its item failed, or did not verify.
func notDone(result []byte) (bool, error) {
	var outcome struct {
		Error json.RawMessage `json:"error"`
		Valid *bool           `json:"valid"`
	}
	if err := json.Unmarshal(result, &outcome); err != nil {
		return false, fault.Wrap(fault.Internal, err, "a result is no JSON")
	}
	return outcome.Error != nil || outcome.Valid != nil && !*outcome.Valid, nil
}

package main

import (
	"bufio"
	"bytes"
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
API takes it: the fields of POST /v1/keys/KEY/OPERATION (/v1/hash, which needs no key), bytes in base64. Each line of the output is what became
of the item on the same line: the API's result, or {"error":{"kind","detail","hint"}}. An item that fails does not hold up the others.

Items are sent ` + fmt.Sprint(api.MaxBatch) + ` at a time, and never all held in memory. Empty lines are passed over. The exit code is 5 if an item failed or did not verify; how
many is told on standard error. Data keys that the cluster keeps are made by "quorate datakey --store".`,
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
			m := many{client: c, key: f.key, op: args[0]}
			if err := a.deliver(f.crypt, func(w io.Writer) error { return m.run(cmd.Context(), w, in) }); err != nil {
				return err
			}
			a.say("Items: %d, not done: %d.", m.all, m.failed)
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
	all, failed int
}

// run reads items and writes what became of them, a request's worth at a time.
func (m *many) run(ctx context.Context, w io.Writer, in io.Reader) error {
	lines := bufio.NewReaderSize(in, 64<<10)
	for number, end := 1, false; !end; {
		var items []json.RawMessage
		for size := 0; len(items) < api.MaxBatch && size < maxItems; number++ {
			line, err := readItem(lines, number)
			if end = errors.Is(err, io.EOF); err != nil && !end {
				return err
			}
			if line = bytes.TrimSpace(line); len(line) > 0 {
				if err := m.check(line, number); err != nil {
					return err
				}
				items, size = append(items, line), size+len(line)
			}
			if end {
				break
			}
		}
		if err := m.send(ctx, w, items); err != nil {
			return err
		}
	}
	return nil
}

// readItem reads a line of its own memory.
func readItem(r *bufio.Reader, number int) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxItem {
			clear(line)
			return nil, fault.New(fault.TooLarge, "line %d has more than %d bytes", number, maxItem)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			if err != nil && !errors.Is(err, io.EOF) {
				err = wrongInput(err, "the input cannot be read")
			}
			return line, err
		}
	}
}

// check refuses what would spoil the request that it is sent in, or must not be sent twice.
func (m *many) check(line []byte, number int) error {
	var item map[string]json.RawMessage
	if err := json.Unmarshal(line, &item); err != nil || item == nil {
		return fault.New(fault.Invalid, "line %d is no JSON object", number).WithHint("Write an object a line, such as {\"input\":\"aGVsbG8=\"}.")
	}
	if m.op == "datakey" && item["store"] != nil {
		return fault.New(fault.Invalid, "line %d asks for a data key that the cluster keeps", number).WithHint("Make it with `quorate datakey KEY --store`.")
	}
	return nil
}

func (m *many) send(ctx context.Context, w io.Writer, items []json.RawMessage) error {
	if len(items) == 0 {
		return nil
	}
	results, err := m.client.Many(ctx, m.key, m.op, items)
	defer func() {
		for _, b := range slices.Concat(items, results) {
			clear(b)
		}
	}()
	if err != nil {
		return err
	}
	if len(results) != len(items) {
		return fault.New(fault.Internal, "%d items were answered by %d results", len(items), len(results))
	}
	m.all += len(items)
	for _, r := range results {
		var outcome struct {
			Error json.RawMessage `json:"error"`
			Valid *bool           `json:"valid"`
		}
		if err := json.Unmarshal(r, &outcome); err != nil {
			return fault.Wrap(fault.Internal, err, "a result is no JSON")
		}
		if outcome.Error != nil || outcome.Valid != nil && !*outcome.Valid {
			m.failed++
		}
		if _, err := w.Write(append(r, '\n')); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
	}
	return nil
}

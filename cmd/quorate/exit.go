package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/transport/client"
	"github.com/quorate/quorate/vault/fault"
)

// exitCodes says how a command that failed ends. A test holds it complete over fault.All.
var exitCodes = map[fault.Kind]int{
	fault.Internal:        1,
	fault.Invalid:         2,
	fault.TooLarge:        2,
	fault.Unauthenticated: 3,
	fault.Denied:          3,
	fault.NotFound:        4,
	fault.Exists:          5,
	fault.Conflict:        5,
	fault.BadState:        5,
	fault.Sealed:          6,
	fault.NoLeader:        6,
	fault.Stale:           6,
	fault.Busy:            6,
	fault.Full:            6,
	fault.Uncertain:       7,
}

const exitInterrupted = 130 // 128 + SIGINT, as shells have it

// errUnwell is the error of a command whose result, already printed, is that something is wrong.
var errUnwell = fault.New(fault.BadState, "not all is well").WithHint("The result names what is wrong.")

// fail prints err as what was tried, why it failed, and what to do next, and returns the exit code.
func (a *app) fail(ctx context.Context, cmd *cobra.Command, err error) int {
	var known *fault.Error
	var remote *client.Error
	isRemote := errors.As(err, &remote)
	if !errors.As(err, &known) {
		// An error of this machine that nobody gave a kind: a full disk, a closed pipe. Its text is the user's own.
		known = &fault.Error{Kind: fault.Internal, Message: err.Error()}
	}
	code := exitCodes[known.Kind]
	if ctx.Err() != nil {
		code = exitInterrupted
		if known.Kind != fault.Uncertain || !isRemote || remote.IdempotencyKey == "" {
			known = &fault.Error{Kind: fault.Uncertain, Message: "interrupted", Hint: "Nothing was left half-written; run it again."}
			isRemote = false
		}
	}
	p := api.Problem{Title: cmd.CommandPath() + " failed", Kind: known.Kind.String(), Detail: known.Message, Hint: known.NextStep()}
	if known.Err != nil && !isRemote {
		if why := known.Err.Error(); !strings.Contains(p.Detail, why) {
			p.Detail += ": " + why
		}
	}
	if isRemote && known.Kind == fault.Unauthenticated && p.Hint == fault.Unauthenticated.Hint() { // which is for programs
		p.Hint = "Give a token with --token-file FILE or in QUORATE_TOKEN, or a client certificate (--client-cert, --client-key); `quorate login` saves them."
	}
	if isRemote {
		p.RequestID, p.Status = remote.RequestID, max(remote.Status, 0)
		if known.Kind == fault.Uncertain && remote.IdempotencyKey != "" {
			p.Hint += " Its Idempotency-Key is " + remote.IdempotencyKey + "."
		}
	}
	if a.format == "json" {
		b, _ := json.Marshal(p) // strings and a number: cannot fail
		fmt.Fprintln(a.talk, string(b))
		return code
	}
	fmt.Fprintf(a.talk, "%s: %s: %s\n", p.Title, p.Kind, p.Detail)
	fmt.Fprintf(a.talk, "  next: %s\n", p.Hint)
	if p.RequestID != "" {
		fmt.Fprintf(a.talk, "  request id: %s\n", p.RequestID)
	}
	return code
}

// wrongInput is an error about something on this machine that the user named.
func wrongInput(err error, format string, args ...any) error {
	return fault.Wrap(fault.Invalid, err, format, args...).WithHint("Check the name and the permissions.")
}

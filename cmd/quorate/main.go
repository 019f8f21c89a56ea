// Command quorate is the one binary: the server, its demonstration and measurement, and the command line that
// operators and scripts use against a cluster.
//
// Here is wiring only: flags to requests, answers to text. Each noun of the command line has its file. What a key,
// a share or a policy is, other packages know; retries and the stream format are transport/client's.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], &app{in: os.Stdin, out: os.Stdout, talk: os.Stderr})
	stop()
	os.Exit(code)
}

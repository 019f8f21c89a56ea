package client

import (
	"log/slog"
)

const levelAttempt = slog.LevelDebug

// attemptAttrs describes a failed attempt for the log: which route at which node, never a name, token or body.
func attemptAttrs(e *endpoint, k *call, err *Error) []slog.Attr {
	return []slog.Attr{
		slog.String("endpoint", e.url.Host),
		slog.String("method", k.method),
		slog.String("kind", err.Fault.Kind.String()),
		slog.Int("status", err.Status),
		slog.String("request_id", err.RequestID),
	}
}

package cluster

import (
	"context"
	"io"
	"log"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// raftLog passes raft's warnings on. Raft prints whole commands and configurations when it is puzzled, so only
// messages and keys known to be harmless get through; anything else is counted as "other".
type raftLog struct {
	lg   *slog.Logger
	args []any
}

var _ hclog.Logger = (*raftLog)(nil)

var raftMessages = map[string]bool{
	"Election timeout reached, restarting election": true, "new leader elected, stepping down": true,
	"failed to contact": true, "failed to contact quorum of nodes, stepping down": true,
	"heartbeat timeout reached, starting election": true, "no known peers, aborting election": true,
	"not part of stable configuration, aborting election": true, "failed to get previous log": true,
	"previous log term mis-match": true, "clearing log suffix": true, "failed to clear log suffix": true,
	"failed to append to logs": true, "failed to commit logs": true, "failed to get log": true, "failed to get log entry": true,
	"rejecting vote request since node is not in configuration": true, "rejecting vote request since we have a leader": true,
	"rejecting vote request since our last term is greater": true, "rejecting vote request since our last index is greater": true,
	"rejecting vote request since node is not a voter":              true,
	"rejecting pre-vote request since node is not in configuration": true, "rejecting pre-vote request since we have a leader": true,
	"rejecting pre-vote request since our last term is greater": true, "rejecting pre-vote request since our last index is greater": true,
	"rejecting pre-vote request since node is not a voter": true,
	"failed to heartbeat to":                               true, "failed to appendEntries to": true, "peer has newer term, stopping replication": true,
	"appendEntries rejected, sending older logs": true, "failed to send snapshot to": true, "installSnapshot rejected to": true,
	"failed to make requestVote RPC": true, "failed to make requestPreVote RPC": true, "failed to take snapshot": true,
	"failed to persist vote": true, "failed to get last vote term": true, "failed to get last vote candidate": true,
	"failed to create snapshot to install": true, "failed to copy snapshot": true, "failed to finalize snapshot": true,
	"failed to install snapshot": true, "failed to receive whole snapshot": true, "failed to restore snapshot": true,
	"failed to open snapshot": true, "failed to list snapshots": true, "failed to compact logs": true, "failed to reset logs": true,
	"skipping application of old log": true, "pre-vote is disabled because it is not supported by the Transport": true,
	"failed to decode incoming command": true, "duplicate requestVote for same term": true, "duplicate requestVote from": true,
}

// raftKeys are attributes whose values are names, addresses, numbers or durations.
var raftKeys = map[string]bool{
	"peer": true, "server-id": true, "leader-id": true, "leader-address": true, "last-leader-id": true, "last-leader-addr": true,
	"from": true, "to": true, "term": true, "index": true, "last-index": true, "previous-index": true, "next": true, "time": true,
	"ours": true, "remote": true, "last-term": true, "last-candidate-term": true, "last-candidate-index": true, "candidate": true,
	"leader": true, "backoff time": true, "id": true, "target": true,
}

// raftError is the attribute whose value may be an error: ours and those of the network name no content.
const raftError = "error"

func (r *raftLog) pass(level slog.Level, msg string, args []any) {
	if level < slog.LevelWarn || !r.lg.Enabled(context.Background(), level) {
		return
	}
	if !raftMessages[msg] {
		msg = "other"
	}
	var kept []any
	all := append(append([]any(nil), r.args...), args...)
	for i := 0; i+1 < len(all); i += 2 {
		key, ok := all[i].(string)
		if !ok {
			continue
		}
		_, isErr := all[i+1].(error)
		if raftKeys[key] || key == raftError && isErr {
			kept = append(kept, slog.Any(key, all[i+1]))
		}
	}
	r.lg.Log(context.Background(), level, "raft: "+msg, kept...) //nolint:sloglint // one of the constants above
}

// Log implements hclog.Logger.
func (r *raftLog) Log(level hclog.Level, msg string, args ...any) {
	switch {
	case level >= hclog.Error:
		r.pass(slog.LevelError, msg, args)
	case level == hclog.Warn:
		r.pass(slog.LevelWarn, msg, args)
	}
}

// Trace implements hclog.Logger; nothing below Warn is passed on.
func (r *raftLog) Trace(string, ...any) {}

// Debug implements hclog.Logger.
func (r *raftLog) Debug(string, ...any) {}

// Info implements hclog.Logger.
func (r *raftLog) Info(string, ...any) {}

// Warn implements hclog.Logger.
func (r *raftLog) Warn(msg string, args ...any) { r.pass(slog.LevelWarn, msg, args) }

// Error implements hclog.Logger. Raft calls an unreachable peer an error; for an operator it is a warning.
func (r *raftLog) Error(msg string, args ...any) { r.pass(slog.LevelWarn, msg, args) }

// IsTrace implements hclog.Logger.
func (r *raftLog) IsTrace() bool { return false }

// IsDebug implements hclog.Logger.
func (r *raftLog) IsDebug() bool { return false }

// IsInfo implements hclog.Logger.
func (r *raftLog) IsInfo() bool { return false }

// IsWarn implements hclog.Logger.
func (r *raftLog) IsWarn() bool { return true }

// IsError implements hclog.Logger.
func (r *raftLog) IsError() bool { return true }

// ImpliedArgs implements hclog.Logger.
func (r *raftLog) ImpliedArgs() []any { return r.args }

// With implements hclog.Logger.
func (r *raftLog) With(args ...any) hclog.Logger {
	return &raftLog{lg: r.lg, args: append(append([]any(nil), r.args...), args...)}
}

// Name implements hclog.Logger.
func (r *raftLog) Name() string { return "raft" }

// Named implements hclog.Logger.
func (r *raftLog) Named(string) hclog.Logger { return r }

// ResetNamed implements hclog.Logger.
func (r *raftLog) ResetNamed(string) hclog.Logger { return r }

// SetLevel implements hclog.Logger; the level is fixed.
func (r *raftLog) SetLevel(hclog.Level) {}

// GetLevel implements hclog.Logger.
func (r *raftLog) GetLevel() hclog.Level { return hclog.Warn }

// StandardLogger implements hclog.Logger; nobody uses it.
func (r *raftLog) StandardLogger(*hclog.StandardLoggerOptions) *log.Logger {
	return log.New(io.Discard, "", 0)
}

// StandardWriter implements hclog.Logger; nobody uses it.
func (r *raftLog) StandardWriter(*hclog.StandardLoggerOptions) io.Writer { return io.Discard }

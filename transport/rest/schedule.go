package rest

import (
	"context"
	"net/http"

	"github.com/quorate/quorate/transport/api"
	"github.com/quorate/quorate/vault"
	"github.com/quorate/quorate/vault/key"
)

func scheduleRoutes() []route {
	example := api.SnapshotSchedule{Every: "1h", To: "file:///var/backups/quorate", Keep: 30, KeepFor: "90d"}
	status := api.SnapshotStatus{Schedule: example, TriedAt: exampleTime, SucceededAt: exampleTime, Name: "quorate-0123456789ab-20261128T120000Z-41-e1.qsnap", Bytes: 4096, Stored: 7, DrilledAt: exampleTime}
	return []route{
		{Method: http.MethodGet, Path: "/v1/sys/snapshot/schedule", Op: "sys.snapshot-schedule-show", Summary: "Where snapshots are stored and how often, and how the last ones went.", serve: give(showSchedule), Out: status},
		{
			Method: http.MethodPut, Path: "/v1/sys/snapshot/schedule", Op: "sys.snapshot-schedule", Summary: "Have the leader store snapshots regularly, or with off no more.",
			serve: take(putSchedule), Body: smallBody, In: example, Out: status,
		},
		{
			Method: http.MethodPost, Path: "/v1/sys/snapshot/run", Op: "sys.snapshot-run", Summary: "Store a snapshot now: it is read back and verified, and what has expired is let go.",
			serve: take(runSchedule), Optional: true, Body: smallBody, Timeout: snapshotTime, In: struct{}{}, Out: status,
		},
		{
			Method: http.MethodPost, Path: "/v1/sys/drill", Op: "sys.drill", Summary: "Drill the newest stored snapshot: fetch it, open every key version in it, compare. Nothing is changed.",
			serve: take(drill), Optional: true, Body: smallBody, Timeout: snapshotTime, In: struct{}{}, Out: api.SignedDrill{Report: `{"ok":true}`, KeyID: "ab", Signature: []byte("s")},
		},
	}
}

func showSchedule(ctx context.Context, q *request) (out api.SnapshotStatus, err error) {
	s, st, err := q.vault.BackupSchedule(ctx, q.caller)
	if err != nil {
		return out, err
	}
	out = api.SnapshotStatus{
		Schedule: api.SnapshotSchedule{Off: s == nil}, TriedAt: st.Tried.String(), SucceededAt: st.Succeeded.String(), Name: st.Name, Bytes: st.Size, Stored: st.Stored, Error: st.Error,
		DrilledAt: st.Drilled.String(), DrillError: st.DrillError,
	}
	if s != nil {
		out.Schedule = api.SnapshotSchedule{Every: key.FormatPeriod(s.Every), To: s.To, Keep: s.Keep, KeepFor: key.FormatPeriod(s.KeepFor), NoDrill: s.DrillEvery < 0}
		if s.DrillEvery > 0 {
			out.Schedule.DrillEvery = key.FormatPeriod(s.DrillEvery)
		}
	}
	h := q.vault.BackupHealth()
	out.Overdue, out.DrillOverdue = h.Overdue, h.DrillOverdue
	return out, nil
}

func putSchedule(ctx context.Context, q *request, in *api.SnapshotSchedule) (out api.SnapshotStatus, err error) {
	var s *vault.BackupSchedule
	if !in.Off {
		s = &vault.BackupSchedule{To: in.To, Keep: in.Keep}
		if s.Every, err = key.ParsePeriod(in.Every); err != nil {
			return out, of("every", err)
		}
		if s.KeepFor, err = key.ParsePeriod(in.KeepFor); err != nil {
			return out, of("keep_for", err)
		}
		if s.DrillEvery, err = key.ParsePeriod(in.DrillEvery); err != nil {
			return out, of("drill_every", err)
		}
		if in.NoDrill {
			s.DrillEvery = -1
		}
	}
	if err := q.vault.SetBackupSchedule(ctx, q.caller, s); err != nil {
		return out, err
	}
	return showSchedule(ctx, q)
}

func runSchedule(ctx context.Context, q *request, _ *struct{}) (out api.SnapshotStatus, err error) {
	if err := q.vault.BackUp(ctx, q.caller); err != nil {
		return out, err
	}
	return showSchedule(ctx, q)
}

func drill(ctx context.Context, q *request, _ *struct{}) (api.SignedDrill, error) {
	s, err := q.vault.Drill(ctx, q.caller)
	if err != nil {
		return api.SignedDrill{}, err
	}
	return api.SignedDrill{Report: string(s.Report), KeyID: s.KeyID, Signature: s.Signature}, nil
}

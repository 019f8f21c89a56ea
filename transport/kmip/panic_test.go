package kmip

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/access"
)

// TestAPanicInTheBackgroundEndsNothing: what was done before it keeps its answer, the rest is answered as failed, and the log has the place
// and not the value.
func TestAPanicInTheBackgroundEndsNothing(t *testing.T) {
	var log bytes.Buffer
	s := &Server{cfg: Config{Log: slog.New(slog.NewTextHandler(&log, nil)), Now: time.Now}, errands: newErrands()}
	ask := ttlv.NewEncoder()
	defer ask.Release()
	ask.Structure(wire.TagRequestMessage, func() {
		for range 3 {
			ask.Structure(wire.TagBatchItem, func() {
				ask.Enumeration(wire.TagOperation, uint32(wire.OperationPing))
				ask.Structure(wire.TagRequestPayload, func() {})
			})
		}
	})
	raw, err := ask.Message()
	if err != nil {
		t.Fatal(err)
	}
	m, err := ttlv.Decode(raw, ttlv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	r := &request{version: wire.V21}
	for item := range m.Root().Children() {
		r.items = append(r.items, item)
	}
	all, err := s.errands.enter(access.Caller{Principal: "p"}, r.items, "n1", time.Now(), len(raw))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	s.work(access.Caller{Principal: "p"}, r, all, func(ttlv.Item, time.Time, error) {
		if n++; n == 2 {
			panic("a secret")
		}
	})
	for i, want := range []wire.ResultStatus{wire.ResultStatusSuccess, wire.ResultStatusOperationFailed, wire.ResultStatusOperationFailed} {
		m, err := ttlv.Decode(all[i].answer, ttlv.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		status, err := m.Root().Find(wire.TagResultStatus).Enumeration()
		if err != nil || wire.ResultStatus(status) != want || all[i].stage != completed {
			t.Errorf("operation %d ended as %d (%v), want %v", i, status, err, want)
		}
		if reason, _ := m.Root().Find(wire.TagResultReason).Enumeration(); i > 0 && wire.ResultReason(reason) != wire.ResultReasonGeneralFailure {
			t.Errorf("operation %d failed for %v", i, wire.ResultReason(reason))
		}
	}
	if len(s.errands.running) != 0 {
		t.Error("its turn was not given back")
	}
	if got := log.String(); !strings.Contains(got, "type=string") || !strings.Contains(got, "panic_test.go") || strings.Contains(got, "a secret") {
		t.Errorf("the log says %s", got)
	}
}

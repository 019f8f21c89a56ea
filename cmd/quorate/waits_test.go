package main

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

func TestARecordTellsOfItsEnd(t *testing.T) {
	var out strings.Builder
	r := &api.Record{State: "active", DestroyAt: "2026-12-05T00:00:00Z", DestroyWaitsFor: 3, Versions: []api.Version{{Version: 1, State: "active"}}}
	if err := writeRecord(&out, r); err != nil || !strings.Contains(out.String(), "for 3 versions of children") {
		t.Errorf("%v\n%s", err, out.String())
	}
	out.Reset()
	r = &api.Record{State: "deactivated", DestroyAt: "2026-12-05T00:00:00Z", DestroyHeld: "in-use", Versions: []api.Version{{Version: 1, State: "deactivated", DestroyAt: "2026-12-06T00:00:00Z", DestroyHeld: "in-use"}}}
	if err := writeRecord(&out, r); err != nil || !strings.Contains(out.String(), "Destruction held:") || !strings.Contains(out.String(), "version 1 was used lately, and is destroyed on 2026-12-06") {
		t.Errorf("%v\n%s", err, out.String())
	}
	out.Reset()
	if err := writeSteps(&out, []dueStep{nextStep(r)}); err != nil || !strings.Contains(out.String(), "destroy (held: in-use)") {
		t.Errorf("%v\n%s", err, out.String())
	}
	out.Reset()
	r = &api.Record{State: "destroyed", Versions: []api.Version{{Version: 1, State: "destroyed", DestroyedAt: "2026-12-04T00:00:00Z", Uses: 7}, {Version: 2, State: "destroyed", DestroyedAt: "2026-12-05T00:00:00Z"}}}
	if err := writeRecord(&out, r); err != nil || !strings.Contains(out.String(), "Destroyed at:") || strings.Count(out.String(), "2026-12-05T00:00:00Z") != 2 || strings.Contains(out.String(), "Destruction waits") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

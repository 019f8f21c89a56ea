package main

import "testing"

// TestTheCodecKeepsToItsAllocations: what does not depend on the machine; how long it takes the bench prints.
func TestTheCodecKeepsToItsAllocations(t *testing.T) {
	var b localBench
	if err := b.codec(); err != nil {
		t.Fatal(err)
	}
	figures := map[string]float64{}
	for _, r := range b.results {
		figures[r.Name] = r.Value
	}
	if got := figures["kmip_decode_create_allocs"]; got < 1 || got > createAllocsFloor {
		t.Errorf("a Create is read in %v allocations", got)
	}
	if figures["kmip_decode_create"] <= 0 || figures["kmip_encode_get"] <= 0 {
		t.Errorf("figures %v", figures)
	}
	t.Logf("%v", figures)
}

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/cluster"
)

// TestRecoverIsRefusedWhereItNeedNotBe: this node, n1, is at entry 10 of term 4. Of the others each is a word: "up", "down", or "replica" (up, without a vote),
// with the index that its API tells, if it does, or its newest entry as INDEX@TERM.
func TestRecoverIsRefusedWhereItNeedNotBe(t *testing.T) {
	for _, tc := range []struct {
		voter  bool
		others string
		want   string // of the refusal; "": none
	}{
		{true, "down down", ""},
		{true, "up down", "2 of 3 voters"},
		{true, "down up", "2 of 3 voters"},
		{true, "up down down down", ""},
		{true, "up up down down", "3 of 5 voters"},
		{true, "down", ""},
		{true, "up", "2 of 2 voters"},
		{true, "", "only member"},
		{true, "down down replica", ""},
		{false, "down down down", ""},
		{false, "up down down", ""},
		{false, "up up down", "2 of 3 voters"},
		{true, "up:10 down down down", ""},
		{true, "up:11 down down down", "n2 is at entry 11"},
		{true, "down down replica:12", "n4 is at entry 12"},
		{true, "up:9@5 down down down", "n2 is at entry 9 of term 5, and n1 at 10 of term 4"}, // shorter, and newer
		{true, "up:99@3 down down down", ""},                                                  // a tail that was never committed
		{true, "up:11@4 down down down", "n2 is at entry 11 of term 4"},
		{true, "up:10@4 down down down", ""},
	} {
		r, there := &recovery{Node: "n1", Index: 10, Term: 4}, &cluster.Remains{Node: "n1", Voter: tc.voter}
		for i, word := range strings.Fields(tc.others) {
			word, index, _ := strings.Cut(word, ":")
			o := otherMember{Node: fmt.Sprint("n", i+2), Voter: word != "replica", Up: word != "down"}
			if _, err := fmt.Sscanf(index, "%d@%d", &o.Last, &o.LastTerm); err != nil && index != "" {
				if _, err := fmt.Sscan(index, &o.Index); err != nil {
					t.Fatal(err)
				}
				o.Last = 0
			}
			r.Others = append(r.Others, o)
			there.Others = append(there.Others, cluster.Other{Node: o.Node, Voter: o.Voter})
		}
		err := r.refusal(there)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("voter %v, others %q: %v, want %q", tc.voter, tc.others, err, tc.want)
		}
	}
}

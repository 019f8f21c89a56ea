package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/quorate/quorate/transport/api"
)

// TestARotationAndADestructionThatRaceHaveOneWinner sends both through different nodes, for the record that both callers saw.
func TestARotationAndADestructionThatRaceHaveOneWinner(t *testing.T) {
	t.Parallel()
	c := open(t)
	wins := map[string]int{}
	for i := range 50 {
		name := fmt.Sprintf("race/%d", i)
		c.must(c.nodes[0], create(name, false))
		var seen api.Record
		c.must(c.nodes[0], on(name, "rotate", struct{}{})).into(t, &seen)
		destroy := atOnce()
		destroy.Version = 1
		racers := []request{on(name, "rotate", struct{}{}), on(name, "destroy", destroy)}
		answers := make([]answer, len(racers))
		var both sync.WaitGroup
		for k, r := range racers {
			r.header = map[string]string{"If-Match": seen.ETag}
			both.Go(func() {
				a, err := c.ask(c.nodes[(i+k)%len(c.nodes)], r)
				if err != nil {
					t.Errorf("%s: %v", r.path, err)
				}
				answers[k] = a
			})
		}
		both.Wait()
		statuses := []int{answers[0].status, answers[1].status}
		if slices.Sort(statuses); !slices.Equal(statuses, []int{http.StatusOK, http.StatusPreconditionFailed}) {
			t.Fatalf("%s: the rotation is answered %v, the destruction %v", name, answers[0], answers[1])
		}
		var now api.Record
		c.must(c.nodes[i%len(c.nodes)], get("/v1/keys/"+name)).into(t, &now)
		won := "destroy"
		if answers[0].status == http.StatusOK {
			won = "rotate"
		}
		wins[won]++
		if rotated, destroyed := len(now.Versions) == 3, now.Versions[0].State == "destroyed"; rotated != (won == "rotate") || destroyed != (won == "destroy") {
			t.Fatalf("%s: %s won, and the record is %+v", name, won, now)
		}
	}
	t.Logf("won: %v", wins)
}

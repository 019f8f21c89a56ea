//go:build !plant_inflight

package peer

import "github.com/hashicorp/raft"

// newPipeline is there with a planted bug only.
func newPipeline(*Transport, raft.ServerID, raft.ServerAddress) raft.AppendPipeline {
	panic("peer: there is no pipeline") // never reached: plant.InFlight is false
}

//go:build plant_verifyleader

package plant

// VerifyLeader: leadership is confirmed by raft.VerifyLeader alone, which may count an answer that was under way (R19).
const VerifyLeader = true

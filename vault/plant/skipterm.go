//go:build plant_skipterm

package plant

// SkipTerm: a voter's answer counts for a leader whatever term the voter knows of.
const SkipTerm = true

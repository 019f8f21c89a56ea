package key

import "github.com/quorate/quorate/vault/fault"

// State is where a key, or one version of it, stands in its life (NIST SP 800-57 part 1 rev. 5, section 7).
// Numbers are KMIP's where KMIP has the state.
type State uint8

// States.
const (
	PreActive            State = 1
	Active               State = 2
	Deactivated          State = 3
	Compromised          State = 4
	Destroyed            State = 5
	DestroyedCompromised State = 6
	Suspended            State = 7
)

var stateNames = [...]string{
	PreActive: "pre-active", Active: "active", Deactivated: "deactivated", Compromised: "compromised",
	Destroyed: "destroyed", DestroyedCompromised: "destroyed-compromised", Suspended: "suspended",
}

// String is the state's name, such as "pre-active".
func (s State) String() string {
	if int(s) < len(stateNames) && stateNames[s] != "" {
		return stateNames[s]
	}
	return "unknown"
}

// StateNames are the names of all states.
func StateNames() (names []string) {
	for _, n := range stateNames {
		if n != "" {
			names = append(names, n)
		}
	}
	return names
}

// ParseState reads a state's name. fault.Invalid for one there is not.
func ParseState(name string) (State, error) {
	for i, n := range stateNames {
		if n == name && n != "" {
			return State(i), nil
		}
	}
	return 0, fault.New(fault.Invalid, "there is no state %q", clip(name)).
		WithHint("States are pre-active, active, suspended, deactivated, compromised, destroyed, destroyed-compromised.")
}

// transitions lists for each state where it may go (SP 800-57 part 1 rev. 5, figure 3; an active key is
// deactivated before it is destroyed, as KMIP 2.1 section 6.1.16 has it).
var transitions = [...][]State{
	PreActive:            {Active, Compromised, Destroyed},
	Active:               {Suspended, Deactivated, Compromised},
	Suspended:            {Active, Deactivated, Compromised},
	Deactivated:          {Compromised, Destroyed},
	Compromised:          {DestroyedCompromised},
	Destroyed:            {DestroyedCompromised},
	DestroyedCompromised: {},
}

// May tells whether a key may go from s to next.
func (s State) May(next State) bool {
	if int(s) >= len(transitions) {
		return false
	}
	for _, t := range transitions[s] {
		if t == next {
			return true
		}
	}
	return false
}

// Gone tells whether the material no longer exists.
func (s State) Gone() bool { return s == Destroyed || s == DestroyedCompromised }

// Protects tells whether a key in this state may apply protection: encrypt, wrap, sign, make data keys.
func (s State) Protects() bool { return s == Active }

// Processes tells whether a key in this state may undo protection: decrypt, unwrap, verify.
// A compromised key may do so only where a policy says so, which is the vault's to ask.
func (s State) Processes() bool { return s == Active || s == Deactivated }

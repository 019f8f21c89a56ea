package key

// Verdict says what a state means for an operation.
type Verdict uint8

// Verdicts.
const (
	Refused  Verdict = iota // fault.BadState
	Allowed                 //
	ByPolicy                // only where a policy names the action "open-compromised"; otherwise fault.BadState
)

// String is the verdict as the table shows it.
func (v Verdict) String() string {
	return [...]string{Refused: "bad_state", Allowed: "yes", ByPolicy: "policy"}[v]
}

// Operation is something that is done with or to a key, as far as its state has a say in it.
type Operation string

// Operations. Those that make something new under a key need it active (NIST SP 800-57 part 1 rev. 5, section 7); those that
// undo protection that was applied before also work on a deactivated one.
const (
	ToEncrypt     Operation = "encrypt"
	ToDataKey     Operation = "datakey"
	ToSign        Operation = "sign"
	ToMAC         Operation = "mac"
	ToDerive      Operation = "derive"
	ToDeriveKey   Operation = "derive-key"
	ToWrap        Operation = "wrap"
	ToSealBackup  Operation = "seal a backup" // of another key
	ToEncapsulate Operation = "encapsulate"
	ToRewrap      Operation = "rewrap" // opens with any version, seals with the newest: decrypt and encrypt in one
	ToHaveChild   Operation = "have a new child"
	ToDecrypt     Operation = "decrypt"
	ToVerify      Operation = "verify"
	ToVerifyMAC   Operation = "verify-mac"
	ToUnwrap      Operation = "unwrap"
	ToRestore     Operation = "restore" // another key, from a backup that is sealed under this one
	ToDecapsulate Operation = "decapsulate"
	ToOpenChild   Operation = "open a child"
	ToReveal      Operation = "material"
	ToRevealIdle  Operation = "material, reveal_idle" // what ToReveal is of a record with RevealIdle
	ToExport      Operation = "export"
	ToBackUp      Operation = "backup"
	ToReserve     Operation = "reserve" // uses of its limit, for who protects with the material outside
	ToRotate      Operation = "rotate"
	ToAddVersion  Operation = "import-version"
	ToActivate    Operation = "activate"
	ToSuspend     Operation = "suspend"
	ToResume      Operation = "resume"
	ToDeactivate  Operation = "deactivate"
	ToCompromise  Operation = "compromise"
	ToDestroy     Operation = "destroy"
	ToSpare       Operation = "cancel-destroy"
	ToArchive     Operation = "archive"
	ToRecover     Operation = "recover" // from the archive
	ToMove        Operation = "move"    // it gets another parent, or none
	ToUpdate      Operation = "update"
	ToCertify     Operation = "certify" // it gets a certificate
	ToShow        Operation = "show"
	ToPurge       Operation = "purge"
)

// Rule is a row of the state machine: what each state means for an operation.
type Rule struct {
	Operation Operation
	Verdicts  map[State]Verdict // a state that is not in it refuses
}

type states = map[State]Verdict

var (
	protecting = states{Active: Allowed}
	processing = states{Active: Allowed, Deactivated: Allowed, Compromised: ByPolicy}
	keeping    = states{PreActive: Allowed, Active: Allowed, Deactivated: Allowed, Compromised: ByPolicy}
	anyState   = states{
		PreActive: Allowed, Active: Allowed, Suspended: Allowed, Deactivated: Allowed, Compromised: Allowed, Destroyed: Allowed, DestroyedCompromised: Allowed,
	}
)

// States lists the states in the order in which a life goes through them.
var States = []State{PreActive, Active, Suspended, Deactivated, Compromised, Destroyed, DestroyedCompromised}

// Rules is the state machine: every operation on which a key's state has a say, in the order in which it is shown.
var Rules = []Rule{
	{ToEncrypt, protecting},
	{ToDataKey, protecting},
	{ToSign, protecting},
	{ToMAC, protecting},
	{ToDerive, protecting},
	{ToDeriveKey, protecting},
	{ToWrap, protecting},
	{ToSealBackup, protecting},
	{ToEncapsulate, protecting},
	{ToRewrap, protecting},
	{ToHaveChild, protecting},
	{ToDecrypt, processing},
	{ToVerify, processing},
	{ToVerifyMAC, processing},
	{ToUnwrap, processing},
	{ToRestore, processing},
	{ToDecapsulate, processing},
	{ToOpenChild, processing},
	{ToReveal, protecting},
	{ToRevealIdle, keeping},
	{ToExport, protecting},
	{ToBackUp, protecting},
	{ToReserve, protecting},
	{ToRotate, protecting},
	{ToAddVersion, protecting},
	{ToActivate, states{PreActive: Allowed}},
	{ToSuspend, states{Active: Allowed}},
	{ToResume, states{Suspended: Allowed}},
	{ToDeactivate, states{Active: Allowed, Suspended: Allowed}},
	{ToCompromise, states{PreActive: Allowed, Active: Allowed, Suspended: Allowed, Deactivated: Allowed, Destroyed: Allowed}},
	{ToDestroy, states{PreActive: Allowed, Deactivated: Allowed, Compromised: Allowed}},
	{ToSpare, states{PreActive: Allowed, Active: Allowed, Suspended: Allowed, Deactivated: Allowed, Compromised: Allowed}},
	{ToArchive, states{PreActive: Allowed, Active: Allowed, Suspended: Allowed, Deactivated: Allowed, Compromised: Allowed}},
	{ToRecover, states{}},
	{ToMove, states{PreActive: Allowed, Active: Allowed, Suspended: Allowed, Deactivated: Allowed, Compromised: Allowed}},
	{ToUpdate, anyState},
	{ToCertify, anyState},
	{ToShow, anyState},
	{ToPurge, states{Destroyed: Allowed, DestroyedCompromised: Allowed}},
}

var ruleOf = func() map[Operation]states {
	m := make(map[Operation]states, len(Rules))
	for _, r := range Rules {
		m[r.Operation] = r.Verdicts
	}
	return m
}()

// Permits says what s means for op, of a key that is not in the archive.
func (s State) Permits(op Operation) Verdict { return ruleOf[op][s] }

// archived are the operations on which the archive has no say: all others wait until the key is recovered (KMIP 2.1, section 6.1.5).
var archived = map[Operation]bool{ToCompromise: true, ToSpare: true, ToUpdate: true, ToCertify: true, ToShow: true, ToPurge: true}

// InArchive says what s means for op, of a key that is in the archive.
func (s State) InArchive(op Operation) Verdict {
	switch {
	case op == ToRecover: // what went in comes out
		return s.Permits(ToArchive)
	case archived[op]:
		return s.Permits(op)
	}
	return Refused
}

// Permits says whether a record and one of its versions allow op, as far as states go: both must. A version that a rotation
// replaced is deactivated, and is given out all the same while its key is active: what it protected is still about.
func (r *Record) Permits(v *Version, op Operation) Verdict {
	if op == ToReveal && r.RevealIdle {
		op = ToRevealIdle
	}
	a, b := r.State.Permits(op), v.State.Permits(op)
	if r.Archived != 0 {
		a, b = r.State.InArchive(op), v.State.InArchive(op)
	}
	if (op == ToReveal || op == ToExport || op == ToBackUp) && v.State == Deactivated {
		b = Allowed
	}
	switch {
	case a == Refused || b == Refused:
		return Refused
	case a == ByPolicy || b == ByPolicy:
		return ByPolicy
	default:
		return Allowed
	}
}

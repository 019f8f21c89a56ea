package key

// Guard says how the material of an object may leave, beside Record.Exportable, and what of both was ever otherwise. Bits are kept in the log.
type Guard uint8

// Guards. The two that remember are never taken away.
const (
	Sensitive     Guard = 1 << iota // it leaves only wrapped (KMIP 2.1, section 4.52)
	WasPlain                        // Sensitive was not always set, or was taken away
	WasExportable                   // it was exportable once, and is not any more

	Remembered = WasPlain | WasExportable
)

// Sensitive tells whether r's material leaves only wrapped.
func (r *Record) Sensitive() bool { return r.Guard&Sensitive != 0 }

// AlwaysSensitive tells whether it has never been otherwise (KMIP 2.1, section 4.3).
func (r *Record) AlwaysSensitive() bool { return r.Guard&(Sensitive|WasPlain) == Sensitive }

// NeverExportable tells whether r's material has never been allowed to leave (KMIP 2.1, section 4.40).
func (r *Record) NeverExportable() bool { return !r.Exportable && r.Guard&WasExportable == 0 }

// Guarded is the guard that r will have when these two change; nil is no change.
func (r *Record) Guarded(sensitive, exportable *bool) Guard {
	g := r.Guard
	if sensitive != nil && *sensitive != r.Sensitive() {
		g = g ^ Sensitive | WasPlain
	}
	if exportable != nil && r.Exportable && !*exportable {
		g |= WasExportable
	}
	return g
}

package primitive

// For tests of the fields in which secrets are shared.
var (
	Mul8  = mul8
	Mul16 = mul16
)

// Inverse16 is an element's inverse.
func Inverse16(a uint16) uint16 { return wide.inverse(a) }

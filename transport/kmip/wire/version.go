package wire

import "strconv"

// Version is a version of the protocol, such as 1.4.
type Version struct{ Major, Minor uint8 }

// The versions that this vocabulary knows.
var (
	V10 = Version{1, 0}
	V11 = Version{1, 1}
	V12 = Version{1, 2}
	V13 = Version{1, 3}
	V14 = Version{1, 4}
	V20 = Version{2, 0}
	V21 = Version{2, 1}
)

// last is the version of which a word stays until further notice.
var last = Version{255, 255}

// Versions returns every known version, the newest first: the order in which a server offers them (Discover Versions).
func Versions() []Version { return []Version{V21, V20, V14, V13, V12, V11, V10} }

// Before tells whether v is older than w.
func (v Version) Before(w Version) bool {
	return v.Major < w.Major || v.Major == w.Major && v.Minor < w.Minor
}

// String is the version as people write it, such as "1.4".
func (v Version) String() string {
	return strconv.Itoa(int(v.Major)) + "." + strconv.Itoa(int(v.Minor))
}

// Package folder reads folders as tar archives (POSIX pax), and archives as folders: of files, folders and symbolic links, with
// permissions and times, and without owners.
//
// It knows archives and a folder of this machine. It must not know what encrypts them, nor how a folder gets its name. An archive
// was written by whoever may encrypt: nothing of it gets outside of its folder, and what is neither file, folder nor symbolic link
// is refused by name.
package folder

import (
	"github.com/quorate/quorate/vault/fault"
)

// wrongFile is an error about something in a folder that the user named.
func wrongFile(err error, format string, args ...any) error {
	return fault.Wrap(fault.Invalid, err, format, args...).WithHint("Check the name and the permissions.")
}

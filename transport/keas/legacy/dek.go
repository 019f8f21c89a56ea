package legacy

import (
	"encoding/hex"
	"io"
	"io/fs"

	"github.com/quorate/quorate/vault/fault"
)

// DEKSuffix ends the name of a file with a data key in the storage directory of a keas.kmi server.
const DEKSuffix = ".dek"

const maxDEK = 4 << 10 // bytes of a file; the cluster says what it takes

// ReadDEK reads one data key of the storage directory, encrypted as it is. name is without the suffix. fault.Invalid for what that
// server cannot have written.
func ReadDEK(dir fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(dir, name+DEKSuffix)
	if err != nil {
		return nil, wrongFile(err, "the file cannot be opened")
	}
	if !info.Mode().IsRegular() { // a pipe would have us wait
		return nil, fault.New(fault.Invalid, "it is no regular file")
	}
	file, err := dir.Open(name + DEKSuffix)
	if err != nil {
		return nil, wrongFile(err, "the file cannot be opened")
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxDEK+1))
	if err != nil {
		return nil, wrongFile(err, "the file cannot be read")
	}
	if len(content) > maxDEK {
		return nil, fault.New(fault.Invalid, "the file is larger than any data key that RSA encrypted")
	}
	if sum, err := hex.DecodeString(name); err != nil || len(sum) != 16 || len(content) < 128 || len(content) > 1024 {
		return nil, fault.New(fault.Invalid, "it is no data key of keas.kmi: the name is an MD5 in hex, the content what RSA of 1024 to 8192 bits encrypted")
	}
	return content, nil
}

func wrongFile(err error, what string) error {
	return fault.Wrap(fault.Invalid, err, "%s", what).WithHint("Check the name and the permissions.")
}

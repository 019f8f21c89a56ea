package depot

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"github.com/quorate/quorate/vault/fault"
)

// schemeS3 is Amazon's S3 and whatever speaks its protocol.
const schemeS3 = "s3"

// wanted are the parameters that an address may have. Those of the drivers that name files, roles or hosts which credentials would be sent to are left
// out: whoever may set a schedule must not be able to read a node's files, or have its credentials sent somewhere.
var wanted = map[string][]string{
	schemeS3: {"region", "endpoint", "use_path_style", "profile", "ssetype", "kmskeyid", "accelerate", "dualstack", "fips"},
}

// Check refuses addresses that cannot be opened, without opening them: a URL whose scheme nobody knows, a folder that is not
// absolute, a parameter that is not for an address to set.
func Check(at string) error {
	u, err := url.Parse(at)
	if err != nil || u.Scheme == "" {
		return fault.New(fault.Invalid, "%.80q is no address of a store", at).WithHint("A folder is file:///var/backups/quorate, a bucket s3://name?region=eu-central-1.")
	}
	if u.User != nil {
		return fault.New(fault.Invalid, "the address of a store holds no password").WithHint("Credentials come from the environment of the node (AWS_ACCESS_KEY_ID, …) or its files.")
	}
	if u.Scheme == fileblob.Scheme {
		if u.Host != "" || !filepath.IsAbs(u.Path) || u.RawQuery != "" {
			return fault.New(fault.Invalid, "%.80q names no folder", at).WithHint("A folder is given whole: file:///var/backups/quorate")
		}
		return nil
	}
	if !blob.DefaultURLMux().ValidBucketScheme(u.Scheme) {
		return fault.New(fault.Invalid, "this program cannot store to %q", u.Scheme).
			WithHint("It knows %s. Google's gs:// and Azure's azblob:// need a program built with -tags gcs,azure.", strings.Join(blob.DefaultURLMux().BucketSchemes(), ", "))
	}
	return checkBucket(u)
}

func checkBucket(u *url.URL) error {
	if u.Host == "" || u.Path != "" && u.Path != "/" {
		return fault.New(fault.Invalid, "%.80q names no bucket", u.Redacted()).WithHint("A bucket is s3://name, without folders in it.")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "the parameters of the store's address cannot be read")
	}
	for name := range q {
		if !slices.Contains(wanted[u.Scheme], name) {
			return fault.New(fault.Invalid, "an address that begins with %s:// has no parameter %.40q", u.Scheme, name).
				WithHint("Credentials, roles and their files are set in the environment of the node. Parameters are: %s.", strings.Join(wanted[u.Scheme], ", "))
		}
	}
	if at := q.Get("endpoint"); at != "" {
		if e, err := url.Parse(at); err != nil || e.Host == "" || e.User != nil || e.RawQuery != "" {
			return fault.New(fault.Invalid, "endpoint is no address of a server").WithHint("It is https://s3.example.org, percent-encoded where need be, without a password.")
		}
	}
	return nil
}

// driven is the address as the driver takes it. The newer checksums of S3's protocol are left out: servers of other makers refuse them, and what is
// stored is read back and authenticated anyway.
func driven(u *url.URL) string {
	if u.Scheme != schemeS3 {
		return u.String()
	}
	q := u.Query()
	q.Set("request_checksum_calculation", "when_required")
	q.Set("response_checksum_validation", "when_required")
	v := *u
	v.RawQuery = q.Encode()
	return v.String()
}

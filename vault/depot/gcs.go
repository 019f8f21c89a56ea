//go:build gcs

package depot

import _ "gocloud.dev/blob/gcsblob" // gs://

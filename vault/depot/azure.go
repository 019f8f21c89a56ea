//go:build azure

package depot

import _ "gocloud.dev/blob/azureblob" // azblob://

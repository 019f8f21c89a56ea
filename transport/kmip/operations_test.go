package kmip_test

import (
	"strings"
	"testing"
)

// TestEveryOperationIsKnownInEachVersion: what an operation is not given it says, but no operation of a version is missing. Those that the
// server sends, and those that the documentation names, are.
func TestEveryOperationIsKnownInEachVersion(t *testing.T) {
	w := open(t)
	since := map[string][]string{
		"1.0": {
			"Create", "CreateKeyPair", "Register", "ReKey", "DeriveKey", "Locate", "Check", "Get", "GetAttributes", "GetAttributeList", "AddAttribute", "ModifyAttribute", "DeleteAttribute",
			"ObtainLease", "GetUsageAllocation", "Activate", "Revoke", "Destroy", "Archive", "Recover", "Validate", "Query", "Cancel", "Poll", "Certify", "ReCertify",
		},
		"1.1": {"ReKeyKeyPair", "DiscoverVersions"},
		"1.2": {"Encrypt", "Decrypt", "Sign", "SignatureVerify", "MAC", "MACVerify", "RNGRetrieve", "RNGSeed", "Hash", "CreateSplitKey", "JoinSplitKey"},
		"1.4": {"Import", "Export"},
		"2.0": {"Log", "Login", "Logout", "DelegatedLogin", "AdjustAttribute", "SetAttribute", "SetEndpointRole", "PKCS_11", "Interop"},
		"2.1": {"QueryAsynchronousRequests", "Ping"},
	}
	for _, v := range everyVersion {
		told := xmlOf(t, w.one(v, `Query <QueryFunction type="Enumeration" value="QueryOperations"/>`))
		for from, ops := range since {
			for _, op := range ops {
				missing := strings.HasPrefix(outcomes(t, w.ask(request(v, "", op+" ")))[0], "OperationNotSupported: ")
				listed := strings.Contains(told, `value="`+op+`"`)
				if missing != (v < from) || listed == missing {
					t.Errorf("%s in %s: not supported %t, listed %t", op, v, missing, listed)
				}
			}
		}
	}
}

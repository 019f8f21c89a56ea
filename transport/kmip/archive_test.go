package kmip_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
)

// TestWhatIsArchivedIsFoundAndNothingElse: in each version, on three nodes, asked of each in turn.
func TestWhatIsArchivedIsFoundAndNothingElse(t *testing.T) {
	w := openCluster(t, 3)
	for i, v := range everyVersion {
		t.Run(v, func(t *testing.T) {
			made := idOf(t, w[i%3].one(v, newKey(v)))
			id := byID(made)
			w[0].one(v, "Activate "+id)
			if got := idOf(t, w[1].one(v, "Archive "+id)); got != made {
				t.Errorf("archived %s", got)
			}
			ops := []string{
				"Get " + id, "Check " + id, "ObtainLease " + id, "GetUsageAllocation " + id + allocation(1), "ReKey " + id, "Activate " + id, "Archive " + id, "Destroy " + id,
				"Revoke " + id + `<RevocationReason><RevocationReasonCode type="Enumeration" value="CessationOfOperation"/></RevocationReason>`,
			}
			if v >= "2.0" {
				ops = append(ops, "SetAttribute "+id+`<NewAttribute><ContactInformation type="TextString" value="me"/></NewAttribute>`, "Export "+id, "Encrypt "+id+`<Data type="ByteString" value="00"/>`)
			} else {
				ops = append(ops, "AddAttribute "+id+`<Attribute><AttributeName type="TextString" value="Contact Information"/><AttributeValue type="TextString" value="me"/></Attribute>`)
			}
			for n, op := range ops {
				if got := outcomes(t, w[n%3].ask(request(v, "", op)))[0]; !strings.HasPrefix(got, "ObjectArchived: ") {
					t.Errorf("%s: %s", op, got)
				}
			}
			if !w[2].one(v, "GetAttributes "+id).Find(wire.TagUniqueIdentifier).Present() || !strings.Contains(xmlOf(t, w[2].one(v, "GetAttributes "+id)), "rchive") {
				t.Error("the archive date is not told")
			}
			found := func(mask string) bool {
				return strings.Contains(xmlOf(t, w[2].one(v, "Locate "+mask)), made)
			}
			if found("") || found(`<StorageStatusMask type="Integer" value="1"/>`) || !found(`<StorageStatusMask type="Integer" value="2"/>`) || !found(`<StorageStatusMask type="Integer" value="3"/>`) {
				t.Error("it is found where it is not, or not where it is")
			}
			w[0].one(v, "Recover "+id)
			if got := outcomes(t, w[1].ask(request(v, "", "Recover "+id)))[0]; got == "Success" || strings.HasPrefix(got, "ObjectArchived") {
				t.Errorf("recovering again: %s", got)
			}
			if !found("") {
				t.Error("it is not found after it was recovered")
			}
			w[2].one(v, "Get "+id)
			for _, op := range []string{"Archive ", "Recover "} {
				if got := outcomes(t, w[0].as("stranger").ask(request(v, "", op+id)))[0]; got != "ItemNotFound: there is no such object" {
					t.Errorf("%sof a stranger: %s", op, got)
				}
			}
		})
	}
}

package kmip_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip/wire"
	"github.com/quorate/quorate/vault/vaulttest"
)

// limits are the Usage Limits of a new key, in a version's form.
func limits(version string, total int, unit string) string {
	value := fmt.Sprintf(`<UsageLimitsTotal type="LongInteger" value="%d"/><UsageLimitsCount type="LongInteger" value="%d"/><UsageLimitsUnit type="Enumeration" value="%s"/>`, total, total, unit)
	if version >= "2.0" {
		return `<Attributes><CryptographicAlgorithm type="Enumeration" value="AES"/><CryptographicLength type="Integer" value="256"/><CryptographicUsageMask type="Integer" value="Encrypt Decrypt"/><UsageLimits>` + value + `</UsageLimits></Attributes>`
	}
	attribute := func(name, value string) string {
		return `<Attribute><AttributeName type="TextString" value="` + name + `"/>` + value + `</Attribute>`
	}
	return `<TemplateAttribute>` + attribute("Cryptographic Algorithm", `<AttributeValue type="Enumeration" value="AES"/>`) +
		attribute("Cryptographic Length", `<AttributeValue type="Integer" value="256"/>`) + attribute("Cryptographic Usage Mask", `<AttributeValue type="Integer" value="Encrypt Decrypt"/>`) +
		attribute("Usage Limits", `<AttributeValue>`+value+`</AttributeValue>`) + `</TemplateAttribute>`
}

func allocation(n int) string {
	return fmt.Sprintf(`<UsageLimitsCount type="LongInteger" value="%d"/>`, n)
}

// TestUsageIsAllocatedInEachVersion: as much as is asked for or nothing, told by Check and by the attribute, and then the limits stay.
func TestUsageIsAllocatedInEachVersion(t *testing.T) {
	w := openCluster(t, 3)
	for _, v := range []string{"1.0", "1.1", "1.2", "1.3", "1.4", "2.0", "2.1"} {
		t.Run(v, func(t *testing.T) {
			id := byID(idOf(t, w[0].one(v, `Create <ObjectType type="Enumeration" value="SymmetricKey"/>`+limits(v, 500, "Byte"))))
			ask := func(node int, item string) string { return outcomes(t, w[node].ask(request(v, "", item)))[0] }
			if got := ask(1, "GetUsageAllocation "+id+allocation(100)); !strings.HasPrefix(got, map[bool]string{true: "WrongKeyLifecycleState", false: "PermissionDenied"}[v >= "2.0"]) {
				t.Errorf("before it is activated: %s", got)
			}
			w[1].one(v, "Activate "+id)
			w[2].one(v, "GetUsageAllocation "+id+allocation(200))
			exceeded := map[bool]string{true: "UsageLimitExceeded: ", false: "PermissionDenied: "}[v >= "2.0"]
			if got := ask(0, "GetUsageAllocation "+id+allocation(301)); !strings.HasPrefix(got, exceeded) {
				t.Errorf("more than is left: %s", got)
			}
			for node := range 3 {
				if left, err := w[node].one(v, "Check "+id+allocation(301)).Find(wire.TagUsageLimitsCount).LongInteger(); err != nil || left != 300 {
					t.Errorf("node %d says %d are left (%v)", node, left, err)
				}
			}
			modify := `ModifyAttribute ` + id + `<Attribute><AttributeName type="TextString" value="Usage Limits"/><AttributeValue><UsageLimitsTotal type="LongInteger" value="900"/><UsageLimitsUnit type="Enumeration" value="Byte"/></AttributeValue></Attribute>`
			if v >= "2.0" {
				modify = `ModifyAttribute ` + id + `<NewAttribute><UsageLimits><UsageLimitsTotal type="LongInteger" value="900"/><UsageLimitsUnit type="Enumeration" value="Byte"/></UsageLimits></NewAttribute>`
			}
			if got := ask(1, modify); !strings.Contains(got, "so they stay as they are") {
				t.Errorf("changing limits that were used: %s", got)
			}
			w[1].one(v, "GetUsageAllocation "+id+allocation(300))
			if got := ask(2, "GetUsageAllocation "+id+allocation(1)); !strings.HasPrefix(got, exceeded) {
				t.Errorf("when nothing is left: %s", got)
			}
		})
	}
	w0 := w[0]
	free := byID(w0.key("free", true).ID.String())
	for v, want := range map[string]string{"1.2": "IllegalOperation: ", "2.1": "AttributeNotFound: "} {
		if got := outcomes(t, w0.ask(request(v, "", "GetUsageAllocation "+free+allocation(1))))[0]; !strings.HasPrefix(got, want) {
			t.Errorf("of what has no limits: %s", got)
		}
	}
	if got := outcomes(t, w0.as("stranger").ask(request("2.1", "", "GetUsageAllocation "+free+allocation(1))))[0]; got != "ItemNotFound: there is no such object" {
		t.Errorf("of a stranger: %s", got)
	}
	for _, bad := range []string{"", allocation(0), allocation(-1)} {
		if got := outcomes(t, w0.ask(request("1.4", "", "GetUsageAllocation "+free+bad)))[0]; got == "Success" {
			t.Errorf("an allocation of %q: %s", bad, got)
		}
	}
}

// openCluster is a door on each node of a cluster.
func openCluster(t testing.TB, n int) (all []*world) {
	t.Helper()
	f := vaulttest.Cluster(t, n)
	for i := range n {
		w := &world{t: t, f: f, caller: f.Root()}
		w.server = newServerOf(w, i)
		all = append(all, w)
	}
	return all
}

// TestLimitsAreGivenLaterAndChangedUntilTheyAreUsed: also what they count.
func TestLimitsAreGivenLaterAndChangedUntilTheyAreUsed(t *testing.T) {
	w := open(t)
	for _, v := range []string{"1.0", "1.4", "2.1"} {
		id := byID(w.key("free"+v, true).ID.String())
		value := func(total int, unit string) string {
			return fmt.Sprintf(`<UsageLimitsTotal type="LongInteger" value="%d"/><UsageLimitsCount type="LongInteger" value="%d"/><UsageLimitsUnit type="Enumeration" value="%s"/>`, total, total, unit)
		}
		edit := func(op string, total int, unit string) string {
			if v >= "2.0" {
				return op + ` ` + id + `<NewAttribute><UsageLimits>` + value(total, unit) + `</UsageLimits></NewAttribute>`
			}
			return op + ` ` + id + `<Attribute><AttributeName type="TextString" value="Usage Limits"/><AttributeValue>` + value(total, unit) + `</AttributeValue></Attribute>`
		}
		w.one(v, edit("AddAttribute", 10, "Object"))
		w.one(v, edit("ModifyAttribute", 1000, "Byte"))
		if got := xmlOf(t, w.one(v, "GetAttributes "+id)); !strings.Contains(got, `value="Byte"`) || !strings.Contains(got, `value="1000"`) {
			t.Errorf("%s: the limits are %s", v, got)
		}
		w.one(v, "GetUsageAllocation "+id+allocation(999))
		if got := outcomes(t, w.ask(request(v, "", edit("ModifyAttribute", 10, "Object"))))[0]; got == "Success" {
			t.Errorf("%s: changed after they were used", v)
		}
	}
}

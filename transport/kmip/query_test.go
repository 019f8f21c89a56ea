package kmip_test

import (
	"strings"
	"testing"

	"github.com/quorate/quorate/transport/kmip"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// TestQueryTellsWhatThereIsToTell: by each function, in each version that has words for it, and nothing that a version cannot read.
func TestQueryTellsWhatThereIsToTell(t *testing.T) {
	w := open(t)
	w.server = kmip.New(w.f.Vault(0), kmip.Config{Now: w.f.Now, Node: "n7", Version: "v3"})
	ask := func(version, function string) string {
		return xmlOf(t, w.one(version, `Query <QueryFunction type="Enumeration" value="`+function+`"/>`))
	}
	const nothing = "<ResponsePayload/>"
	software := `<ResponsePayload><ProtectionStorageMasks><ProtectionStorageMask type="Integer" value="Software"/></ProtectionStorageMasks></ResponsePayload>`
	maker := `<ResponsePayload><VendorIdentification type="TextString" value="Quorate"/>`
	named := `<ServerInformation><ServerName type="TextString" value="n7"/><ServerVersion type="TextString" value="v3"/><ProductName type="TextString" value="Quorate"/></ServerInformation></ResponsePayload>`
	for _, c := range []struct{ version, function, want string }{
		{"1.0", "QueryServerInformation", maker + "<ServerInformation/></ResponsePayload>"},
		{"1.4", "QueryServerInformation", maker + "<ServerInformation/></ResponsePayload>"},
		{"2.0", "QueryServerInformation", maker + named},
		{"2.1", "QueryServerInformation", maker + named},
		{"1.4", "QueryExtensionList", nothing},
		{"2.1", "QueryExtensionMap", nothing},
		{"1.4", "QueryStorageProtectionMasks", nothing},
		{"2.1", "QueryStorageProtectionMasks", software},
		{"1.4", "QueryDefaultsInformation", nothing},
		{"1.3", "QueryProfiles", nothing},
	} {
		if got := ask(c.version, c.function); got != c.want {
			t.Errorf("%s in %s: got %s, want %s", c.function, c.version, got, c.want)
		}
	}
	defaults := ask("2.1", "QueryDefaultsInformation")
	one := `<ObjectDefaults><ObjectType type="Enumeration" value="SymmetricKey"/><Attributes><Sensitive type="Boolean" value="false"/><Extractable type="Boolean" value="true"/></Attributes></ObjectDefaults>`
	if !strings.Contains(defaults, one) || strings.Contains(defaults, "Template") {
		t.Errorf("defaults are %s", defaults)
	}
	if got := xmlOf(t, w.one("2.1", `GetAttributes `+byID(toldBy(items(w.ask(request("2.1", "", "Create "+makeAES)))[0])[0]))); !strings.Contains(got, `<Sensitive type="Boolean" value="false"/>`) || !strings.Contains(got, `<Extractable type="Boolean" value="true"/>`) {
		t.Errorf("the defaults are not those of %s", got)
	}
	for version, name := range map[string]string{"1.4": "BaselineServerBasicKMIPV1_4", "2.1": "BaselineServer"} {
		p := w.one(version, `Query <QueryFunction type="Enumeration" value="QueryProfiles"/>`)
		for one := range p.Children() {
			v, err := one.Find(wire.TagProfileName).Enumeration()
			if name := wire.ProfileName(v).String(); err != nil || strings.Contains(name, "Client") || strings.Contains(name, "Complete") || strings.Contains(name, "TLS") || strings.Contains(name, "SuiteB") {
				t.Errorf("%s: the profile %s (%v)", version, name, err)
			}
			parsed, _ := one.Find(wire.TagProfileVersion).Find(wire.TagProfileVersionMinor).Integer()
			if (parsed == 4) != (version == "2.1") {
				t.Errorf("%s: %s", version, xmlOf(t, one))
			}
		}
		if got := xmlOf(t, p); !strings.Contains(got, `value="`+name+`"`) {
			t.Errorf("%s: the profiles are %s", version, got)
		}
	}
	if v, err := w.one("2.1", `Query <QueryFunction type="Enumeration" value="QueryCapabilities"/>`).Find(wire.TagCapabilityInformation).Find(wire.TagQuantumSafeCapability).Boolean(); v || err != nil {
		t.Errorf("quantum safe: %t, %v", v, err)
	}
}

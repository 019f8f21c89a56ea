package kmip

import (
	"maps"
	"slices"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// profiles are those of which this server does the test cases of OASIS of version 1.4 (TestConformance), or whose operations are all here
// (baseline): as 1.4 names them, and as 2.x does. No profile that prescribes TLS is among them: the suite which that of TLS 1.2 asks for is not
// offered. Nor is Suite B, where the keys of certificates are prescribed.
var profiles = []struct{ old, name wire.ProfileName }{
	{wire.ProfileNameBaselineServerBasicKMIPV1_4, wire.ProfileNameBaselineServer},
	{wire.ProfileNameTapeLibraryServerKMIPV1_4, wire.ProfileNameTapeLibraryServer},
	{wire.ProfileNameSymmetricKeyLifecycleServerKMIPV1_4, wire.ProfileNameSymmetricKeyLifecycleServer},
	{wire.ProfileNameAsymmetricKeyLifecycleServerKMIPV1_4, wire.ProfileNameAsymmetricKeyLifecycleServer},
	{wire.ProfileNameBasicCryptographicServerKMIPV1_4, wire.ProfileNameBasicCryptographicServer},
	{wire.ProfileNameAdvancedCryptographicServerKMIPV1_4, wire.ProfileNameAdvancedCryptographicServer},
	{wire.ProfileNameRNGCryptographicServerKMIPV1_4, wire.ProfileNameRNGCryptographicServer},
	{wire.ProfileNameSymmetricKeyFoundryServerKMIPV1_4, wire.ProfileNameSymmetricKeyFoundryServer},
	{wire.ProfileNameOpaqueManagedObjectStoreServerKMIPV1_4, wire.ProfileNameOpaqueManagedObjectStoreServer},
	{wire.ProfileNameStorageArrayWithSelfEncryptingDriveServerKMIPV1_4, wire.ProfileNameStorageArrayWithSelfEncryptingDriveServer},
	{wire.ProfileNameHTTPSServerKMIPV1_4, wire.ProfileNameHTTPSServer},
	{wire.ProfileNameJSONServerKMIPV1_4, wire.ProfileNameJSONServer},
	{wire.ProfileNameXMLServerKMIPV1_4, wire.ProfileNameXMLServer},
	{wire.ProfileNameAESXTSServer, wire.ProfileNameAESXTSServer},
}

// tellProfiles tells the profiles, in 2.x with the version of them that was tried. 1.3 has no names for those of 1.4.
func (x *exchange) tellProfiles(out *ttlv.Encoder) {
	for _, p := range profiles {
		switch {
		case x.version.Before(wire.V14):
		case x.version.Before(wire.V20):
			out.Structure(wire.TagProfileInformation, func() { out.Enumeration(wire.TagProfileName, uint32(p.old)) })
		default:
			out.Structure(wire.TagProfileInformation, func() {
				out.Enumeration(wire.TagProfileName, uint32(p.name))
				out.Structure(wire.TagProfileVersion, func() {
					out.Integer(wire.TagProfileVersionMajor, 1)
					out.Integer(wire.TagProfileVersionMinor, 4)
				})
			})
		}
	}
}

// tellServer tells who made the server, and since 2.0, where there are words for that, which node of which release answers (KMIP 2.1, section 7.30).
func (x *exchange) tellServer(out *ttlv.Encoder) {
	out.Text(wire.TagVendorIdentification, vendor)
	out.Structure(wire.TagServerInformation, func() {
		if x.version.Before(wire.V20) {
			return
		}
		for _, is := range []struct {
			tag  wire.Tag
			text string
		}{{wire.TagServerName, x.server.cfg.Node}, {wire.TagServerVersion, x.server.cfg.Version}, {wire.TagProductName, vendor}} {
			if is.text != "" {
				out.Text(is.tag, is.text)
			}
		}
	})
}

// tellDefaults tells what a new object has where its request does not say.
func (x *exchange) tellDefaults(out *ttlv.Encoder) {
	out.Structure(wire.TagDefaultsInformation, func() {
		for _, t := range slices.Sorted(maps.Keys(forms)) {
			if !wire.ValueIn(wire.TagObjectType, uint32(t), x.version) {
				continue
			}
			out.Structure(wire.TagObjectDefaults, func() {
				out.Enumeration(wire.TagObjectType, uint32(t))
				out.Structure(wire.TagAttributes, func() {
					out.Boolean(wire.TagSensitive, false)
					out.Boolean(wire.TagExtractable, true)
				})
			})
		}
	})
}

// storage is where material lies: what the process keeps, sealed, in its own files.
const storage = wire.ProtectionStorageMaskSoftware

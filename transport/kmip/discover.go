package kmip

import (
	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// discoverVersions is Discover Versions (KMIP 1.4, section 4.26; 2.1, section 6.1.17): ours, the newest first, of
// those that the client names, if it names any. It is answered to everybody.
func discoverVersions(_ *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	all := true
	asked := map[[2]int32]bool{}
	for item := range payload.Children() {
		if item.Tag() != wire.TagProtocolVersion {
			continue
		}
		major, err := item.Find(wire.TagProtocolVersionMajor).Integer()
		if err != nil {
			return err
		}
		minor, err := item.Find(wire.TagProtocolVersionMinor).Integer()
		if err != nil {
			return err
		}
		all, asked[[2]int32{major, minor}] = false, true
	}
	for _, v := range wire.Versions() {
		if all || asked[[2]int32{int32(v.Major), int32(v.Minor)}] {
			writeVersion(out, v)
		}
	}
	return nil
}

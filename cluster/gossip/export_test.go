package gossip

// What the fuzz test reaches directly.
var (
	EncodeMeta = encodeMeta
	NewFilter  = newFilter
)

// DecodeMeta opens an announcement of node, unverified.
func DecodeMeta(raw []byte, node string) (Meta, error) {
	o, err := openMeta(raw, node)
	if err != nil {
		return Meta{}, err
	}
	return o.meta, nil
}

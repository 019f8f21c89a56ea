package ttlv_test

import (
	"testing"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// createRequest is a Create of an AES key with a name and a usage, as clients of 1.x send it.
func createRequest(t testing.TB) []byte {
	t.Helper()
	return encoded(t, func(e *ttlv.Encoder) {
		e.Structure(wire.TagRequestMessage, func() {
			e.Structure(wire.TagRequestHeader, func() {
				version(e)
				e.Integer(wire.TagBatchCount, 1)
			})
			e.Structure(wire.TagBatchItem, func() {
				e.Enumeration(wire.TagOperation, uint32(wire.OperationCreate))
				e.Structure(wire.TagRequestPayload, func() {
					e.Enumeration(wire.TagObjectType, uint32(wire.ObjectTypeSymmetricKey))
					e.Structure(wire.TagTemplateAttribute, func() {
						attribute(e, "Cryptographic Algorithm", func(t wire.Tag) { e.Enumeration(t, uint32(wire.CryptographicAlgorithmAES)) })
						attribute(e, "Cryptographic Length", func(t wire.Tag) { e.Integer(t, 256) })
						attribute(e, "Cryptographic Usage Mask", func(t wire.Tag) { e.Integer(t, 12) })
						attribute(e, "Name", func(t wire.Tag) {
							e.Structure(t, func() {
								e.Text(wire.TagNameValue, "disk-17")
								e.Enumeration(wire.TagNameType, uint32(wire.NameTypeUninterpretedTextString))
							})
						})
					})
				})
			})
		})
	})
}

func version(e *ttlv.Encoder) {
	e.Structure(wire.TagProtocolVersion, func() {
		e.Integer(wire.TagProtocolVersionMajor, 1)
		e.Integer(wire.TagProtocolVersionMinor, 4)
	})
}

func attribute(e *ttlv.Encoder, name string, value func(wire.Tag)) {
	e.Structure(wire.TagAttribute, func() {
		e.Text(wire.TagAttributeName, name)
		value(wire.TagAttributeValue)
	})
}

var material = make([]byte, 32)

// writeGetResponse writes the answer to a Get of an AES key.
func writeGetResponse(e *ttlv.Encoder) {
	e.Structure(wire.TagResponseMessage, func() {
		e.Structure(wire.TagResponseHeader, func() {
			version(e)
			e.DateTime(wire.TagTimeStamp, time.Unix(1795867200, 0))
			e.Integer(wire.TagBatchCount, 1)
		})
		e.Structure(wire.TagBatchItem, func() {
			e.Enumeration(wire.TagOperation, uint32(wire.OperationGet))
			e.Enumeration(wire.TagResultStatus, uint32(wire.ResultStatusSuccess))
			e.Structure(wire.TagResponsePayload, func() {
				e.Enumeration(wire.TagObjectType, uint32(wire.ObjectTypeSymmetricKey))
				e.Text(wire.TagUniqueIdentifier, "01JDR2Z0Q3V8K5N7W9X1Y3Z5A7")
				e.Structure(wire.TagSymmetricKey, func() {
					e.Structure(wire.TagKeyBlock, func() {
						e.Enumeration(wire.TagKeyFormatType, uint32(wire.KeyFormatTypeRaw))
						e.Structure(wire.TagKeyValue, func() { e.Bytes(wire.TagKeyMaterial, material) })
						e.Enumeration(wire.TagCryptographicAlgorithm, uint32(wire.CryptographicAlgorithmAES))
						e.Integer(wire.TagCryptographicLength, 256)
					})
				})
			})
		})
	})
}

func getResponse(t testing.TB) []byte { return encoded(t, writeGetResponse) }

// readCreate decodes a Create and looks at each value, as a server does.
func readCreate(b []byte) (int, error) {
	m, err := ttlv.Decode(b, ttlv.Limits{})
	if err != nil {
		return 0, err
	}
	n := 0
	payload := m.Root().Find(wire.TagBatchItem).Find(wire.TagRequestPayload)
	for a := range payload.Find(wire.TagTemplateAttribute).Children() {
		name, err := a.Find(wire.TagAttributeName).Text()
		if err != nil {
			return 0, err
		}
		if _, ok := wire.TagNamed(name); ok && a.Find(wire.TagAttributeValue).Present() {
			n++
		}
	}
	return n, nil
}

// TestDecodingAndEncodingAllocateLittle holds the promised figures that do not depend on the machine: a Create is
// decoded and read in at most 60 allocations (it is about 6), and an answer is encoded in none.
func TestDecodingAndEncodingAllocateLittle(t *testing.T) {
	b := createRequest(t)
	if n, err := readCreate(b); n != 4 || err != nil {
		t.Fatalf("read %d attributes (%v), want 4", n, err)
	}
	if got := testing.AllocsPerRun(1000, func() { _, _ = readCreate(b) }); got > 12 {
		t.Errorf("a Create takes %v allocations", got)
	}
	got := testing.AllocsPerRun(1000, func() {
		e := ttlv.NewEncoder()
		writeGetResponse(e)
		e.Release()
	})
	if got > 2 { // the race detector's pool drops some
		t.Errorf("the answer to a Get takes %v allocations", got)
	}
}

func BenchmarkDecodeCreate(b *testing.B) {
	request := createRequest(b)
	b.SetBytes(int64(len(request)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := readCreate(request); n != 4 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkEncodeGetResponse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		e := ttlv.NewEncoder()
		writeGetResponse(e)
		if _, err := e.Message(); err != nil {
			b.Fatal(err)
		}
		e.Release()
	}
}

func BenchmarkXML(b *testing.B) {
	m, err := ttlv.Decode(createRequest(b), ttlv.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	text, err := ttlv.AppendXML(nil, m.Root())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ttlv.DecodeXML(text, ttlv.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkJSON(b *testing.B) {
	m, err := ttlv.Decode(createRequest(b), ttlv.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	text, err := ttlv.AppendJSON(nil, m.Root())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ttlv.DecodeJSON(text, ttlv.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

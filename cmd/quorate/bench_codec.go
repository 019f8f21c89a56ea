package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// What KMIP's codec is to take at most, on a machine that does nothing else.
const (
	createDecodeFloor = 5.0 // µs
	createAllocsFloor = 60.0
	getEncodeFloor    = 3.0 // µs
)

// codec measures what reading a Create and writing the answer to a Get take, by themselves: no connection, no vault.
func (b *localBench) codec() error {
	request := kmipRequest(wire.OperationCreate, aesKey)
	took, allocs, err := perCall(func() error {
		m, err := ttlv.Decode(request, ttlv.Limits{})
		if err != nil {
			return err
		}
		item := m.Root().Find(wire.TagBatchItem)
		for a := range item.Find(wire.TagRequestPayload).Find(wire.TagTemplateAttribute).Children() {
			if _, err := a.Find(wire.TagAttributeName).Text(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading a Create: %w", err)
	}
	b.figure("kmip_decode_create", took, "us")
	b.figure("kmip_decode_create_allocs", allocs, "")
	b.keep("KMIP: a Create request is decoded", fmt.Sprintf("≤ %.0f µs, ≤ %.0f allocations", createDecodeFloor, createAllocsFloor), "%.2f µs, %.0f allocations", took, allocs)
	b.note("kmip: a Create is read in %.2f µs and %.0f allocations, at most %.0f µs and %.0f are wanted", took, allocs, createDecodeFloor, createAllocsFloor)
	took, _, err = perCall(func() error {
		e := ttlv.NewEncoder()
		defer e.Release()
		kmipGetAnswer(e)
		_, err := e.Message()
		return err
	})
	if err != nil {
		return fmt.Errorf("writing the answer to a Get: %w", err)
	}
	b.figure("kmip_encode_get", took, "us")
	b.keep("KMIP: the answer to a Get is encoded", fmt.Sprintf("≤ %.0f µs", getEncodeFloor), "%.2f µs", took)
	b.note("kmip: the answer to a Get is written in %.2f µs, at most %.0f µs are wanted", took, getEncodeFloor)
	return nil
}

// perCall is how long f takes, in µs, the best of several rounds, and how many allocations it makes.
func perCall(f func() error) (us, allocs float64, err error) {
	const rounds, calls = 10, 5000
	var before, after runtime.MemStats
	for i := range rounds {
		runtime.ReadMemStats(&before)
		began := time.Now()
		for range calls {
			if err := f(); err != nil {
				return 0, 0, err
			}
		}
		took := float64(time.Since(began).Nanoseconds()) / 1000 / calls
		runtime.ReadMemStats(&after)
		if n := float64(after.Mallocs-before.Mallocs) / calls; i == 0 || n < allocs {
			allocs = n // others allocate meanwhile
		}
		if i == 0 || took < us {
			us = took
		}
	}
	return us, allocs, nil
}

// kmipGetAnswer is the answer to a Get of an AES key.
func kmipGetAnswer(e *ttlv.Encoder) {
	e.Structure(wire.TagResponseMessage, func() {
		e.Structure(wire.TagResponseHeader, func() {
			e.Structure(wire.TagProtocolVersion, func() {
				e.Integer(wire.TagProtocolVersionMajor, 1)
				e.Integer(wire.TagProtocolVersionMinor, 2)
			})
			e.DateTime(wire.TagTimeStamp, time.Unix(1_700_000_000, 0))
			e.Integer(wire.TagBatchCount, 1)
		})
		e.Structure(wire.TagBatchItem, func() {
			e.Enumeration(wire.TagOperation, uint32(wire.OperationGet))
			e.Enumeration(wire.TagResultStatus, uint32(wire.ResultStatusSuccess))
			e.Structure(wire.TagResponsePayload, func() {
				e.Enumeration(wire.TagObjectType, uint32(wire.ObjectTypeSymmetricKey))
				e.Text(wire.TagUniqueIdentifier, "70b5f9b7-bca3-4bce-96b7-a8012d9efb36")
				e.Structure(wire.TagSymmetricKey, func() {
					e.Structure(wire.TagKeyBlock, func() {
						e.Enumeration(wire.TagKeyFormatType, uint32(wire.KeyFormatTypeRaw))
						e.Structure(wire.TagKeyValue, func() { e.Bytes(wire.TagKeyMaterial, make([]byte, 32)) })
						e.Enumeration(wire.TagCryptographicAlgorithm, uint32(wire.CryptographicAlgorithmAES))
						e.Integer(wire.TagCryptographicLength, 256)
					})
				})
			})
		})
	})
}

package kmip

import (
	"maps"
	"slices"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// vendor is who made this server, as Query tells it.
const vendor = "Quorate"

// query is Query (KMIP 1.4, section 4.25; 2.1, section 6.1.36). A function of which there is nothing to tell is
// answered with nothing: namespaces, since none restricts what applications keep; extensions, since no tag but the specification's is written or
// understood here; attestation, validations and registration of clients, since there are none.
func query(x *exchange, payload ttlv.Item, out *ttlv.Encoder) error {
	asked := map[wire.QueryFunction]bool{}
	for item := range payload.Children() {
		if item.Tag() != wire.TagQueryFunction {
			continue
		}
		f, err := item.Enumeration()
		if err != nil {
			return err
		}
		asked[wire.QueryFunction(f)] = true
	}
	if len(asked) == 0 {
		return payload.Fail("it asks for nothing: name a Query Function")
	}
	if asked[wire.QueryFunctionQueryOperations] { // the order of the answer is fixed
		for _, o := range operations {
			if wire.ValueIn(wire.TagOperation, uint32(o.code), x.version) {
				out.Enumeration(wire.TagOperation, uint32(o.code))
			}
		}
	}
	if asked[wire.QueryFunctionQueryObjects] {
		for _, t := range slices.Sorted(maps.Keys(forms)) {
			if wire.ValueIn(wire.TagObjectType, uint32(t), x.version) {
				out.Enumeration(wire.TagObjectType, uint32(t))
			}
		}
	}
	if asked[wire.QueryFunctionQueryServerInformation] {
		x.tellServer(out)
	}
	if asked[wire.QueryFunctionQueryRNGs] {
		out.Structure(wire.TagRNGParameters, func() { out.Enumeration(wire.TagRNGAlgorithm, uint32(wire.RNGAlgorithmUnspecified)) })
	}
	if asked[wire.QueryFunctionQueryProfiles] {
		x.tellProfiles(out)
	}
	if asked[wire.QueryFunctionQueryCapabilities] {
		x.capabilities(out)
	}
	if asked[wire.QueryFunctionQueryDefaultsInformation] && wire.TagDefaultsInformation.In(x.version) {
		x.tellDefaults(out)
	}
	if asked[wire.QueryFunctionQueryStorageProtectionMasks] && wire.TagProtectionStorageMasks.In(x.version) {
		out.Structure(wire.TagProtectionStorageMasks, func() { out.Integer(wire.TagProtectionStorageMask, int32(storage)) })
	}
	return nil
}

// capabilities says how operations are done here (KMIP 1.4, section 2.1.20; 2.1, section 7.5).
func (x *exchange) capabilities(out *ttlv.Encoder) {
	out.Structure(wire.TagCapabilityInformation, func() {
		out.Boolean(wire.TagStreamingCapability, true)
		out.Boolean(wire.TagAsynchronousCapability, true)
		out.Boolean(wire.TagAttestationCapability, false)
		if !x.version.Before(wire.V14) {
			out.Boolean(wire.TagBatchUndoCapability, true)
			out.Boolean(wire.TagBatchContinueCapability, true)
		}
		out.Enumeration(wire.TagUnwrapMode, uint32(wire.UnwrapModeProcessed))
		out.Enumeration(wire.TagDestroyAction, uint32(wire.DestroyActionKeyMaterialDeleted))
		out.Enumeration(wire.TagShreddingAlgorithm, uint32(wire.ShreddingAlgorithmUnsupported))
		out.Enumeration(wire.TagRNGMode, uint32(wire.RNGModeSharedInstantiation))
		if wire.TagQuantumSafeCapability.In(x.version) {
			out.Boolean(wire.TagQuantumSafeCapability, false) // the protocol has no words for the pairs of the vault that are
		}
	})
}

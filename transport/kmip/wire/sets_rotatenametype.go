// Code generated from vocabulary.txt by go generate; DO NOT EDIT.

package wire

// RotateNameType is the enumeration "Rotate Name Type".
type RotateNameType uint32

const (
	RotateNameTypeUninterpretedTextString RotateNameType = 0x00000001
	RotateNameTypeURI                     RotateNameType = 0x00000002
)

// String is the value as XML writes it.
func (v RotateNameType) String() string { return ValueText(TagRotateNameType, uint32(v)) }

var setRotateNameType = set{name: "Rotate Name Type", mask: false, tags: []Tag{TagRotateNameType}, entries: []entry{
	{0x00000001, V21, last, "Uninterpreted Text String", "UninterpretedTextString"},
	{0x00000002, V21, last, "URI", "URI"},
}}

// SecretDataType is the enumeration "Secret Data Type".
type SecretDataType uint32

const (
	SecretDataTypePassword SecretDataType = 0x00000001
	SecretDataTypeSeed     SecretDataType = 0x00000002
)

// String is the value as XML writes it.
func (v SecretDataType) String() string { return ValueText(TagSecretDataType, uint32(v)) }

var setSecretDataType = set{name: "Secret Data Type", mask: false, tags: []Tag{TagSecretDataType}, entries: []entry{
	{0x00000001, V10, last, "Password", "Password"},
	{0x00000002, V10, last, "Seed", "Seed"},
}}

// ShreddingAlgorithm is the enumeration "Shredding Algorithm".
type ShreddingAlgorithm uint32

const (
	ShreddingAlgorithmUnspecified   ShreddingAlgorithm = 0x00000001
	ShreddingAlgorithmCryptographic ShreddingAlgorithm = 0x00000002
	ShreddingAlgorithmUnsupported   ShreddingAlgorithm = 0x00000003
)

// String is the value as XML writes it.
func (v ShreddingAlgorithm) String() string { return ValueText(TagShreddingAlgorithm, uint32(v)) }

var setShreddingAlgorithm = set{name: "Shredding Algorithm", mask: false, tags: []Tag{TagShreddingAlgorithm}, entries: []entry{
	{0x00000001, V13, last, "Unspecified", "Unspecified"},
	{0x00000002, V13, last, "Cryptographic", "Cryptographic"},
	{0x00000003, V13, last, "Unsupported", "Unsupported"},
}}

// SplitKeyMethod is the enumeration "Split Key Method".
type SplitKeyMethod uint32

const (
	SplitKeyMethodXOR                         SplitKeyMethod = 0x00000001
	SplitKeyMethodPolynomialSharingGF2_16     SplitKeyMethod = 0x00000002
	SplitKeyMethodPolynomialSharingPrimeField SplitKeyMethod = 0x00000003
	SplitKeyMethodPolynomialSharingGF2_8      SplitKeyMethod = 0x00000004
)

// String is the value as XML writes it.
func (v SplitKeyMethod) String() string { return ValueText(TagSplitKeyMethod, uint32(v)) }

var setSplitKeyMethod = set{name: "Split Key Method", mask: false, tags: []Tag{TagSplitKeyMethod}, entries: []entry{
	{0x00000001, V10, last, "XOR", "XOR"},
	{0x00000002, V10, last, "Polynomial Sharing GF (2^16)", "PolynomialSharingGF2_16"},
	{0x00000003, V10, last, "Polynomial Sharing Prime Field", "PolynomialSharingPrimeField"},
	{0x00000004, V12, last, "Polynomial Sharing GF (2^8)", "PolynomialSharingGF2_8"},
}}

// State is the enumeration "State".
type State uint32

const (
	StatePreActive            State = 0x00000001
	StateActive               State = 0x00000002
	StateDeactivated          State = 0x00000003
	StateCompromised          State = 0x00000004
	StateDestroyed            State = 0x00000005
	StateDestroyedCompromised State = 0x00000006
)

// String is the value as XML writes it.
func (v State) String() string { return ValueText(TagState, uint32(v)) }

var setState = set{name: "State", mask: false, tags: []Tag{TagState}, entries: []entry{
	{0x00000001, V10, last, "Pre-Active", "PreActive"},
	{0x00000002, V10, last, "Active", "Active"},
	{0x00000003, V10, last, "Deactivated", "Deactivated"},
	{0x00000004, V10, last, "Compromised", "Compromised"},
	{0x00000005, V10, last, "Destroyed", "Destroyed"},
	{0x00000006, V10, last, "Destroyed Compromised", "DestroyedCompromised"},
}}

// StorageStatusMask has a bit for each of these.
type StorageStatusMask uint32

const (
	StorageStatusMaskOnLineStorage    StorageStatusMask = 0x00000001
	StorageStatusMaskArchivalStorage  StorageStatusMask = 0x00000002
	StorageStatusMaskDestroyedStorage StorageStatusMask = 0x00000004
)

// String is the value as XML writes it.
func (v StorageStatusMask) String() string { return MaskText(TagStorageStatusMask, uint32(v), " ") }

var setStorageStatusMask = set{name: "Storage Status Mask", mask: true, tags: []Tag{TagStorageStatusMask}, entries: []entry{
	{0x00000001, V10, last, "On-line storage", "OnLineStorage"},
	{0x00000002, V10, last, "Archival storage", "ArchivalStorage"},
	{0x00000004, V20, last, "Destroyed storage", "DestroyedStorage"},
}}

// TicketType is the enumeration "Ticket Type".
type TicketType uint32

const (
	TicketTypeLogin TicketType = 0x00000001
)

// String is the value as XML writes it.
func (v TicketType) String() string { return ValueText(TagTicketType, uint32(v)) }

var setTicketType = set{name: "Ticket Type", mask: false, tags: []Tag{TagTicketType}, entries: []entry{
	{0x00000001, V20, last, "Login", "Login"},
}}

// UniqueIdentifier is the enumeration "Unique Identifier".
type UniqueIdentifier uint32

const (
	UniqueIdentifierIDPlaceholder           UniqueIdentifier = 0x00000001
	UniqueIdentifierCertify                 UniqueIdentifier = 0x00000002
	UniqueIdentifierCreate                  UniqueIdentifier = 0x00000003
	UniqueIdentifierCreateKeyPair           UniqueIdentifier = 0x00000004
	UniqueIdentifierCreateKeyPairPrivateKey UniqueIdentifier = 0x00000005
	UniqueIdentifierCreateKeyPairPublicKey  UniqueIdentifier = 0x00000006
	UniqueIdentifierCreateSplitKey          UniqueIdentifier = 0x00000007
	UniqueIdentifierDeriveKey               UniqueIdentifier = 0x00000008
	UniqueIdentifierImport                  UniqueIdentifier = 0x00000009
	UniqueIdentifierJoinSplitKey            UniqueIdentifier = 0x0000000A
	UniqueIdentifierLocate                  UniqueIdentifier = 0x0000000B
	UniqueIdentifierRegister                UniqueIdentifier = 0x0000000C
	UniqueIdentifierReKey                   UniqueIdentifier = 0x0000000D
	UniqueIdentifierReCertify               UniqueIdentifier = 0x0000000E
	UniqueIdentifierReKeyKeyPair            UniqueIdentifier = 0x0000000F
	UniqueIdentifierReKeyKeyPairPrivateKey  UniqueIdentifier = 0x00000010
	UniqueIdentifierReKeyKeyPairPublicKey   UniqueIdentifier = 0x00000011
)

// String is the value as XML writes it.
func (v UniqueIdentifier) String() string { return ValueText(TagUniqueIdentifier, uint32(v)) }

var setUniqueIdentifier = set{name: "Unique Identifier", mask: false, tags: []Tag{TagUniqueIdentifier, TagLinkedObjectIdentifier, TagPrivateKeyUniqueIdentifier, TagPublicKeyUniqueIdentifier, TagReplacedUniqueIdentifier}, entries: []entry{
	{0x00000001, V20, last, "ID Placeholder", "IDPlaceholder"},
	{0x00000002, V20, last, "Certify", "Certify"},
	{0x00000003, V20, last, "Create", "Create"},
	{0x00000004, V20, last, "Create Key Pair", "CreateKeyPair"},
	{0x00000005, V20, last, "Create Key Pair Private Key", "CreateKeyPairPrivateKey"},
	{0x00000006, V20, last, "Create Key Pair Public Key", "CreateKeyPairPublicKey"},
	{0x00000007, V20, last, "Create Split Key", "CreateSplitKey"},
	{0x00000008, V20, last, "Derive Key", "DeriveKey"},
	{0x00000009, V20, last, "Import", "Import"},
	{0x0000000A, V20, last, "Join Split Key", "JoinSplitKey"},
	{0x0000000B, V20, last, "Locate", "Locate"},
	{0x0000000C, V20, last, "Register", "Register"},
	{0x0000000D, V20, last, "Re-key", "ReKey"},
	{0x0000000E, V20, last, "Re-certify", "ReCertify"},
	{0x0000000F, V20, last, "Re-key Key Pair", "ReKeyKeyPair"},
	{0x00000010, V20, last, "Re-key Key Pair Private Key", "ReKeyKeyPairPrivateKey"},
	{0x00000011, V20, last, "Re-key Key Pair Public Key", "ReKeyKeyPairPublicKey"},
}}

// UnwrapMode is the enumeration "Unwrap Mode".
type UnwrapMode uint32

const (
	UnwrapModeUnspecified  UnwrapMode = 0x00000001
	UnwrapModeProcessed    UnwrapMode = 0x00000002
	UnwrapModeNotProcessed UnwrapMode = 0x00000003
)

// String is the value as XML writes it.
func (v UnwrapMode) String() string { return ValueText(TagUnwrapMode, uint32(v)) }

var setUnwrapMode = set{name: "Unwrap Mode", mask: false, tags: []Tag{TagUnwrapMode}, entries: []entry{
	{0x00000001, V13, last, "Unspecified", "Unspecified"},
	{0x00000002, V13, last, "Processed", "Processed"},
	{0x00000003, V13, last, "Not Processed", "NotProcessed"},
}}

// UsageLimitsUnit is the enumeration "Usage Limits Unit".
type UsageLimitsUnit uint32

const (
	UsageLimitsUnitByte   UsageLimitsUnit = 0x00000001
	UsageLimitsUnitObject UsageLimitsUnit = 0x00000002
)

// String is the value as XML writes it.
func (v UsageLimitsUnit) String() string { return ValueText(TagUsageLimitsUnit, uint32(v)) }

var setUsageLimitsUnit = set{name: "Usage Limits Unit", mask: false, tags: []Tag{TagUsageLimitsUnit}, entries: []entry{
	{0x00000001, V10, last, "Byte", "Byte"},
	{0x00000002, V10, last, "Object", "Object"},
}}

// ValidationAuthorityType is the enumeration "Validation Authority Type".
type ValidationAuthorityType uint32

const (
	ValidationAuthorityTypeUnspecified    ValidationAuthorityType = 0x00000001
	ValidationAuthorityTypeNISTCMVP       ValidationAuthorityType = 0x00000002
	ValidationAuthorityTypeCommonCriteria ValidationAuthorityType = 0x00000003
)

// String is the value as XML writes it.
func (v ValidationAuthorityType) String() string {
	return ValueText(TagValidationAuthorityType, uint32(v))
}

var setValidationAuthorityType = set{name: "Validation Authority Type", mask: false, tags: []Tag{TagValidationAuthorityType}, entries: []entry{
	{0x00000001, V13, last, "Unspecified", "Unspecified"},
	{0x00000002, V13, last, "NIST CMVP", "NISTCMVP"},
	{0x00000003, V13, last, "Common Criteria", "CommonCriteria"},
}}

// ValidationType is the enumeration "Validation Type".
type ValidationType uint32

const (
	ValidationTypeUnspecified ValidationType = 0x00000001
	ValidationTypeHardware    ValidationType = 0x00000002
	ValidationTypeSoftware    ValidationType = 0x00000003
	ValidationTypeFirmware    ValidationType = 0x00000004
	ValidationTypeHybrid      ValidationType = 0x00000005
)

// String is the value as XML writes it.
func (v ValidationType) String() string { return ValueText(TagValidationType, uint32(v)) }

var setValidationType = set{name: "Validation Type", mask: false, tags: []Tag{TagValidationType}, entries: []entry{
	{0x00000001, V13, last, "Unspecified", "Unspecified"},
	{0x00000002, V13, last, "Hardware", "Hardware"},
	{0x00000003, V13, last, "Software", "Software"},
	{0x00000004, V13, last, "Firmware", "Firmware"},
	{0x00000005, V13, last, "Hybrid", "Hybrid"},
}}

// ValidityIndicator is the enumeration "Validity Indicator".
type ValidityIndicator uint32

const (
	ValidityIndicatorValid   ValidityIndicator = 0x00000001
	ValidityIndicatorInvalid ValidityIndicator = 0x00000002
	ValidityIndicatorUnknown ValidityIndicator = 0x00000003
)

// String is the value as XML writes it.
func (v ValidityIndicator) String() string { return ValueText(TagValidityIndicator, uint32(v)) }

var setValidityIndicator = set{name: "Validity Indicator", mask: false, tags: []Tag{TagValidityIndicator}, entries: []entry{
	{0x00000001, V10, last, "Valid", "Valid"},
	{0x00000002, V10, last, "Invalid", "Invalid"},
	{0x00000003, V10, last, "Unknown", "Unknown"},
}}

// WrappingMethod is the enumeration "Wrapping Method".
type WrappingMethod uint32

const (
	WrappingMethodEncrypt            WrappingMethod = 0x00000001
	WrappingMethodMACSign            WrappingMethod = 0x00000002
	WrappingMethodEncryptThenMACSign WrappingMethod = 0x00000003
	WrappingMethodMACSignThenEncrypt WrappingMethod = 0x00000004
	WrappingMethodTR_31              WrappingMethod = 0x00000005
)

// String is the value as XML writes it.
func (v WrappingMethod) String() string { return ValueText(TagWrappingMethod, uint32(v)) }

var setWrappingMethod = set{name: "Wrapping Method", mask: false, tags: []Tag{TagWrappingMethod}, entries: []entry{
	{0x00000001, V10, last, "Encrypt", "Encrypt"},
	{0x00000002, V10, last, "MAC/sign", "MACSign"},
	{0x00000003, V10, last, "Encrypt then MAC/sign", "EncryptThenMACSign"},
	{0x00000004, V10, last, "MAC/sign then encrypt", "MACSignThenEncrypt"},
	{0x00000005, V10, last, "TR-31", "TR_31"},
}}

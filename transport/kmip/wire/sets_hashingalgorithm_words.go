// Code generated from vocabulary.txt by go generate; DO NOT EDIT.

package wire

var setHashingAlgorithm = set{name: "Hashing Algorithm", mask: false, tags: []Tag{TagHashingAlgorithm, TagMaskGeneratorHashingAlgorithm}, entries: []entry{
	{0x00000001, V10, last, "MD2", "MD2"},
	{0x00000002, V10, last, "MD4", "MD4"},
	{0x00000003, V10, last, "MD5", "MD5"},
	{0x00000004, V10, last, "SHA-1", "SHA_1"},
	{0x00000005, V10, last, "SHA-224", "SHA_224"},
	{0x00000006, V10, last, "SHA-256", "SHA_256"},
	{0x00000007, V10, last, "SHA-384", "SHA_384"},
	{0x00000008, V10, last, "SHA-512", "SHA_512"},
	{0x00000009, V10, last, "RIPEMD-160", "RIPEMD_160"},
	{0x0000000A, V10, last, "Tiger", "Tiger"},
	{0x0000000B, V10, last, "Whirlpool", "Whirlpool"},
	{0x0000000C, V12, last, "SHA-512/224", "SHA_512_224"},
	{0x0000000D, V12, last, "SHA-512/256", "SHA_512_256"},
	{0x0000000E, V14, last, "SHA3-224", "SHA3_224"},
	{0x0000000E, V14, last, "SHA-3-224", "SHA_3_224"},
	{0x0000000F, V14, last, "SHA3-256", "SHA3_256"},
	{0x0000000F, V14, last, "SHA-3-256", "SHA_3_256"},
	{0x00000010, V14, last, "SHA3-384", "SHA3_384"},
	{0x00000010, V14, last, "SHA-3-384", "SHA_3_384"},
	{0x00000011, V14, last, "SHA3-512", "SHA3_512"},
	{0x00000011, V14, last, "SHA-3-512", "SHA_3_512"},
}}

// InteropFunction is the enumeration "Interop Function".
type InteropFunction uint32

const (
	InteropFunctionBegin InteropFunction = 0x00000001
	InteropFunctionEnd   InteropFunction = 0x00000002
	InteropFunctionReset InteropFunction = 0x00000003
)

// String is the value as XML writes it.
func (v InteropFunction) String() string { return ValueText(TagInteropFunction, uint32(v)) }

var setInteropFunction = set{name: "Interop Function", mask: false, tags: []Tag{TagInteropFunction}, entries: []entry{
	{0x00000001, V20, last, "Begin", "Begin"},
	{0x00000002, V20, last, "End", "End"},
	{0x00000003, V20, last, "Reset", "Reset"},
}}

// ItemType is the enumeration "Item Type".
type ItemType uint32

const (
	ItemTypeStructure        ItemType = 0x00000001
	ItemTypeInteger          ItemType = 0x00000002
	ItemTypeLongInteger      ItemType = 0x00000003
	ItemTypeBigInteger       ItemType = 0x00000004
	ItemTypeEnumeration      ItemType = 0x00000005
	ItemTypeBoolean          ItemType = 0x00000006
	ItemTypeTextString       ItemType = 0x00000007
	ItemTypeByteString       ItemType = 0x00000008
	ItemTypeDateTime         ItemType = 0x00000009
	ItemTypeInterval         ItemType = 0x0000000A
	ItemTypeDateTimeExtended ItemType = 0x0000000B
)

// String is the value as XML writes it.
func (v ItemType) String() string { return ValueText(TagExtensionType, uint32(v)) }

var setItemType = set{name: "Item Type", mask: false, tags: []Tag{TagExtensionType}, entries: []entry{
	{0x00000001, V20, last, "Structure", "Structure"},
	{0x00000002, V20, last, "Integer", "Integer"},
	{0x00000003, V20, last, "Long Integer", "LongInteger"},
	{0x00000004, V20, last, "Big Integer", "BigInteger"},
	{0x00000005, V20, last, "Enumeration", "Enumeration"},
	{0x00000006, V20, last, "Boolean", "Boolean"},
	{0x00000007, V20, last, "Text String", "TextString"},
	{0x00000008, V20, last, "Byte String", "ByteString"},
	{0x00000009, V20, last, "Date Time", "DateTime"},
	{0x0000000A, V20, last, "Interval", "Interval"},
	{0x0000000B, V20, last, "Date Time Extended", "DateTimeExtended"},
}}

// KeyCompressionType is the enumeration "Key Compression Type".
type KeyCompressionType uint32

const (
	KeyCompressionTypeECPublicKeyTypeUncompressed         KeyCompressionType = 0x00000001
	KeyCompressionTypeECPublicKeyTypeX9_62CompressedPrime KeyCompressionType = 0x00000002
	KeyCompressionTypeECPublicKeyTypeX9_62CompressedChar2 KeyCompressionType = 0x00000003
	KeyCompressionTypeECPublicKeyTypeX9_62Hybrid          KeyCompressionType = 0x00000004
)

// String is the value as XML writes it.
func (v KeyCompressionType) String() string { return ValueText(TagKeyCompressionType, uint32(v)) }

var setKeyCompressionType = set{name: "Key Compression Type", mask: false, tags: []Tag{TagKeyCompressionType}, entries: []entry{
	{0x00000001, V10, last, "EC Public Key Type Uncompressed", "ECPublicKeyTypeUncompressed"},
	{0x00000002, V10, last, "EC Public Key Type X9.62 Compressed Prime", "ECPublicKeyTypeX9_62CompressedPrime"},
	{0x00000003, V10, last, "EC Public Key Type X9.62 Compressed Char2", "ECPublicKeyTypeX9_62CompressedChar2"},
	{0x00000004, V10, last, "EC Public Key Type X9.62 Hybrid", "ECPublicKeyTypeX9_62Hybrid"},
}}

// KeyFormatType is the enumeration "Key Format Type".
type KeyFormatType uint32

const (
	KeyFormatTypeRaw                        KeyFormatType = 0x00000001
	KeyFormatTypeOpaque                     KeyFormatType = 0x00000002
	KeyFormatTypePKCS_1                     KeyFormatType = 0x00000003
	KeyFormatTypePKCS_8                     KeyFormatType = 0x00000004
	KeyFormatTypeX_509                      KeyFormatType = 0x00000005
	KeyFormatTypeECPrivateKey               KeyFormatType = 0x00000006
	KeyFormatTypeTransparentSymmetricKey    KeyFormatType = 0x00000007
	KeyFormatTypeTransparentDSAPrivateKey   KeyFormatType = 0x00000008
	KeyFormatTypeTransparentDSAPublicKey    KeyFormatType = 0x00000009
	KeyFormatTypeTransparentRSAPrivateKey   KeyFormatType = 0x0000000A
	KeyFormatTypeTransparentRSAPublicKey    KeyFormatType = 0x0000000B
	KeyFormatTypeTransparentDHPrivateKey    KeyFormatType = 0x0000000C
	KeyFormatTypeTransparentDHPublicKey     KeyFormatType = 0x0000000D
	KeyFormatTypeTransparentECDSAPrivateKey KeyFormatType = 0x0000000E
	KeyFormatTypeTransparentECDSAPublicKey  KeyFormatType = 0x0000000F
	KeyFormatTypeTransparentECDHPrivateKey  KeyFormatType = 0x00000010
	KeyFormatTypeTransparentECDHPublicKey   KeyFormatType = 0x00000011
	KeyFormatTypeTransparentECMQVPrivateKey KeyFormatType = 0x00000012
	KeyFormatTypeTransparentECMQVPublicKey  KeyFormatType = 0x00000013
	KeyFormatTypeTransparentECPrivateKey    KeyFormatType = 0x00000014
	KeyFormatTypeTransparentECPublicKey     KeyFormatType = 0x00000015
	KeyFormatTypePKCS_12                    KeyFormatType = 0x00000016
)

// String is the value as XML writes it.
func (v KeyFormatType) String() string { return ValueText(TagKeyFormatType, uint32(v)) }

var setKeyFormatType = set{name: "Key Format Type", mask: false, tags: []Tag{TagKeyFormatType}, entries: []entry{
	{0x00000001, V10, last, "Raw", "Raw"},
	{0x00000002, V10, last, "Opaque", "Opaque"},
	{0x00000003, V10, last, "PKCS#1", "PKCS_1"},
	{0x00000004, V10, last, "PKCS#8", "PKCS_8"},
	{0x00000005, V10, last, "X.509", "X_509"},
	{0x00000006, V10, last, "ECPrivateKey", "ECPrivateKey"},
	{0x00000007, V10, last, "Transparent Symmetric Key", "TransparentSymmetricKey"},
	{0x00000008, V10, last, "Transparent DSA Private Key", "TransparentDSAPrivateKey"},
	{0x00000009, V10, last, "Transparent DSA Public Key", "TransparentDSAPublicKey"},
	{0x0000000A, V10, last, "Transparent RSA Private Key", "TransparentRSAPrivateKey"},
	{0x0000000B, V10, last, "Transparent RSA Public Key", "TransparentRSAPublicKey"},
	{0x0000000C, V10, last, "Transparent DH Private Key", "TransparentDHPrivateKey"},
	{0x0000000D, V10, last, "Transparent DH Public Key", "TransparentDHPublicKey"},
	{0x0000000E, V10, V14, "Transparent ECDSA Private Key", "TransparentECDSAPrivateKey"},
	{0x0000000F, V10, V14, "Transparent ECDSA Public Key", "TransparentECDSAPublicKey"},
	{0x00000010, V10, V14, "Transparent ECDH Private Key", "TransparentECDHPrivateKey"},
	{0x00000011, V10, V14, "Transparent ECDH Public Key", "TransparentECDHPublicKey"},
	{0x00000012, V10, V14, "Transparent ECMQV Private Key", "TransparentECMQVPrivateKey"},
	{0x00000013, V10, V14, "Transparent ECMQV Public Key", "TransparentECMQVPublicKey"},
	{0x00000014, V13, last, "Transparent EC Private Key", "TransparentECPrivateKey"},
	{0x00000015, V13, last, "Transparent EC Public Key", "TransparentECPublicKey"},
	{0x00000016, V14, last, "PKCS#12", "PKCS_12"},
}}

// KeyRoleType is the enumeration "Key Role Type".
type KeyRoleType uint32

const (
	KeyRoleTypeBDK      KeyRoleType = 0x00000001
	KeyRoleTypeCVK      KeyRoleType = 0x00000002
	KeyRoleTypeDEK      KeyRoleType = 0x00000003
	KeyRoleTypeMKAC     KeyRoleType = 0x00000004
	KeyRoleTypeMKSMC    KeyRoleType = 0x00000005
	KeyRoleTypeMKSMI    KeyRoleType = 0x00000006
	KeyRoleTypeMKDAC    KeyRoleType = 0x00000007
	KeyRoleTypeMKDN     KeyRoleType = 0x00000008
	KeyRoleTypeMKCP     KeyRoleType = 0x00000009
	KeyRoleTypeMKOTH    KeyRoleType = 0x0000000A
	KeyRoleTypeKEK      KeyRoleType = 0x0000000B
	KeyRoleTypeMAC16609 KeyRoleType = 0x0000000C
	KeyRoleTypeMAC97971 KeyRoleType = 0x0000000D
	KeyRoleTypeMAC97972 KeyRoleType = 0x0000000E
	KeyRoleTypeMAC97973 KeyRoleType = 0x0000000F
	KeyRoleTypeMAC97974 KeyRoleType = 0x00000010
	KeyRoleTypeMAC97975 KeyRoleType = 0x00000011
	KeyRoleTypeZPK      KeyRoleType = 0x00000012
	KeyRoleTypePVKIBM   KeyRoleType = 0x00000013
	KeyRoleTypePVKPVV   KeyRoleType = 0x00000014
	KeyRoleTypePVKOTH   KeyRoleType = 0x00000015
	KeyRoleTypeDUKPT    KeyRoleType = 0x00000016
	KeyRoleTypeIV       KeyRoleType = 0x00000017
	KeyRoleTypeTRKBK    KeyRoleType = 0x00000018
)

// String is the value as XML writes it.
func (v KeyRoleType) String() string { return ValueText(TagKeyRoleType, uint32(v)) }

var setKeyRoleType = set{name: "Key Role Type", mask: false, tags: []Tag{TagKeyRoleType}, entries: []entry{
	{0x00000001, V10, last, "BDK", "BDK"},
	{0x00000002, V10, last, "CVK", "CVK"},
	{0x00000003, V10, last, "DEK", "DEK"},
	{0x00000004, V10, last, "MKAC", "MKAC"},
	{0x00000005, V10, last, "MKSMC", "MKSMC"},
	{0x00000006, V10, last, "MKSMI", "MKSMI"},
	{0x00000007, V10, last, "MKDAC", "MKDAC"},
	{0x00000008, V10, last, "MKDN", "MKDN"},
	{0x00000009, V10, last, "MKCP", "MKCP"},
	{0x0000000A, V10, last, "MKOTH", "MKOTH"},
	{0x0000000B, V10, last, "KEK", "KEK"},
	{0x0000000C, V10, last, "MAC16609", "MAC16609"},
	{0x0000000D, V10, last, "MAC97971", "MAC97971"},
	{0x0000000E, V10, last, "MAC97972", "MAC97972"},
	{0x0000000F, V10, last, "MAC97973", "MAC97973"},
	{0x00000010, V10, last, "MAC97974", "MAC97974"},
	{0x00000011, V10, last, "MAC97975", "MAC97975"},
	{0x00000012, V10, last, "ZPK", "ZPK"},
	{0x00000013, V10, last, "PVKIBM", "PVKIBM"},
	{0x00000014, V10, last, "PVKPVV", "PVKPVV"},
	{0x00000015, V10, last, "PVKOTH", "PVKOTH"},
	{0x00000016, V14, last, "DUKPT", "DUKPT"},
	{0x00000017, V14, last, "IV", "IV"},
	{0x00000018, V14, last, "TRKBK", "TRKBK"},
}}

// KeyValueLocationType is the enumeration "Key Value Location Type".
type KeyValueLocationType uint32

const (
	KeyValueLocationTypeUninterpretedTextString KeyValueLocationType = 0x00000001
	KeyValueLocationTypeURI                     KeyValueLocationType = 0x00000002
)

// String is the value as XML writes it.
func (v KeyValueLocationType) String() string { return ValueText(TagKeyValueLocationType, uint32(v)) }

var setKeyValueLocationType = set{name: "Key Value Location Type", mask: false, tags: []Tag{TagKeyValueLocationType}, entries: []entry{
	{0x00000001, V12, last, "Uninterpreted Text String", "UninterpretedTextString"},
	{0x00000002, V12, last, "URI", "URI"},
}}

// KeyWrapType is the enumeration "Key Wrap Type".
type KeyWrapType uint32

const (
	KeyWrapTypeNotWrapped   KeyWrapType = 0x00000001
	KeyWrapTypeAsRegistered KeyWrapType = 0x00000002
)

// String is the value as XML writes it.
func (v KeyWrapType) String() string { return ValueText(TagKeyWrapType, uint32(v)) }

var setKeyWrapType = set{name: "Key Wrap Type", mask: false, tags: []Tag{TagKeyWrapType}, entries: []entry{
	{0x00000001, V14, last, "Not Wrapped", "NotWrapped"},
	{0x00000002, V14, last, "As Registered", "AsRegistered"},
}}

// LinkType is the enumeration "Link Type".
type LinkType uint32

const (
	LinkTypeCertificateLink          LinkType = 0x00000101
	LinkTypePublicKeyLink            LinkType = 0x00000102
	LinkTypePrivateKeyLink           LinkType = 0x00000103
	LinkTypeDerivationBaseObjectLink LinkType = 0x00000104
	LinkTypeDerivedKeyLink           LinkType = 0x00000105
	LinkTypeReplacementObjectLink    LinkType = 0x00000106
	LinkTypeReplacedObjectLink       LinkType = 0x00000107
	LinkTypeParentLink               LinkType = 0x00000108
	LinkTypeChildLink                LinkType = 0x00000109
	LinkTypePreviousLink             LinkType = 0x0000010A
	LinkTypeNextLink                 LinkType = 0x0000010B
	LinkTypePKCS_12CertificateLink   LinkType = 0x0000010C
	LinkTypePKCS_12PasswordLink      LinkType = 0x0000010D
	LinkTypeWrappingKeyLink          LinkType = 0x0000010E
)

// String is the value as XML writes it.
func (v LinkType) String() string { return ValueText(TagLinkType, uint32(v)) }

var setLinkType = set{name: "Link Type", mask: false, tags: []Tag{TagLinkType}, entries: []entry{
	{0x00000101, V10, last, "Certificate Link", "CertificateLink"},
	{0x00000102, V10, last, "Public Key Link", "PublicKeyLink"},
	{0x00000103, V10, last, "Private Key Link", "PrivateKeyLink"},
	{0x00000104, V10, last, "Derivation Base Object Link", "DerivationBaseObjectLink"},
	{0x00000105, V10, last, "Derived Key Link", "DerivedKeyLink"},
	{0x00000106, V10, last, "Replacement Object Link", "ReplacementObjectLink"},
	{0x00000107, V10, last, "Replaced Object Link", "ReplacedObjectLink"},
	{0x00000108, V12, last, "Parent Link", "ParentLink"},
	{0x00000109, V12, last, "Child Link", "ChildLink"},
	{0x0000010A, V12, last, "Previous Link", "PreviousLink"},
	{0x0000010B, V12, last, "Next Link", "NextLink"},
	{0x0000010C, V14, last, "PKCS#12 Certificate Link", "PKCS_12CertificateLink"},
	{0x0000010D, V14, last, "PKCS#12 Password Link", "PKCS_12PasswordLink"},
	{0x0000010E, V20, last, "Wrapping Key Link", "WrappingKeyLink"},
}}

// MaskGenerator is the enumeration "Mask Generator".
type MaskGenerator uint32

const (
	MaskGeneratorMGF1 MaskGenerator = 0x00000001
)

// String is the value as XML writes it.
func (v MaskGenerator) String() string { return ValueText(TagMaskGenerator, uint32(v)) }

var setMaskGenerator = set{name: "Mask Generator", mask: false, tags: []Tag{TagMaskGenerator}, entries: []entry{
	{0x00000001, V14, last, "MGF1", "MGF1"},
	{0x00000001, V14, last, "MFG1", "MFG1"},
}}

// NISTKeyType is the enumeration "NIST Key Type".
type NISTKeyType uint32

const (
	NISTKeyTypePrivateSignatureKey                NISTKeyType = 0x00000001
	NISTKeyTypePublicSignatureVerificationKey     NISTKeyType = 0x00000002
	NISTKeyTypeSymmetricAuthenticationKey         NISTKeyType = 0x00000003
	NISTKeyTypePrivateAuthenticationKey           NISTKeyType = 0x00000004
	NISTKeyTypePublicAuthenticationKey            NISTKeyType = 0x00000005
	NISTKeyTypeSymmetricDataEncryptionKey         NISTKeyType = 0x00000006
	NISTKeyTypeSymmetricKeyWrappingKey            NISTKeyType = 0x00000007
	NISTKeyTypeSymmetricRandomNumberGenerationKey NISTKeyType = 0x00000008
	NISTKeyTypeSymmetricMasterKey                 NISTKeyType = 0x00000009
	NISTKeyTypePrivateKeyTransportKey             NISTKeyType = 0x0000000A
	NISTKeyTypePublicKeyTransportKey              NISTKeyType = 0x0000000B
	NISTKeyTypeSymmetricKeyAgreementKey           NISTKeyType = 0x0000000C
	NISTKeyTypePrivateStaticKeyAgreementKey       NISTKeyType = 0x0000000D
	NISTKeyTypePublicStaticKeyAgreementKey        NISTKeyType = 0x0000000E
	NISTKeyTypePrivateEphemeralKeyAgreementKey    NISTKeyType = 0x0000000F
	NISTKeyTypePublicEphemeralKeyAgreementKey     NISTKeyType = 0x00000010
	NISTKeyTypeSymmetricAuthorizationKey          NISTKeyType = 0x00000011
	NISTKeyTypePrivateAuthorizationKey            NISTKeyType = 0x00000012
	NISTKeyTypePublicAuthorizationKey             NISTKeyType = 0x00000013
)

// String is the value as XML writes it.
func (v NISTKeyType) String() string { return ValueText(TagNISTKeyType, uint32(v)) }

var setNISTKeyType = set{name: "NIST Key Type", mask: false, tags: []Tag{TagNISTKeyType}, entries: []entry{
	{0x00000001, V20, last, "Private signature key", "PrivateSignatureKey"},
	{0x00000002, V20, last, "Public signature verification key", "PublicSignatureVerificationKey"},
	{0x00000003, V20, last, "Symmetric authentication key", "SymmetricAuthenticationKey"},
	{0x00000004, V20, last, "Private authentication key", "PrivateAuthenticationKey"},
	{0x00000005, V20, last, "Public authentication key", "PublicAuthenticationKey"},
	{0x00000006, V20, last, "Symmetric data encryption key", "SymmetricDataEncryptionKey"},
	{0x00000007, V20, last, "Symmetric key wrapping key", "SymmetricKeyWrappingKey"},
	{0x00000008, V20, last, "Symmetric random number generation key", "SymmetricRandomNumberGenerationKey"},
	{0x00000009, V20, last, "Symmetric master key", "SymmetricMasterKey"},
	{0x0000000A, V20, last, "Private key transport key", "PrivateKeyTransportKey"},
	{0x0000000B, V20, last, "Public key transport key", "PublicKeyTransportKey"},
	{0x0000000C, V20, last, "Symmetric key agreement key", "SymmetricKeyAgreementKey"},
	{0x0000000D, V20, last, "Private static key agreement key", "PrivateStaticKeyAgreementKey"},
	{0x0000000E, V20, last, "Public static key agreement key", "PublicStaticKeyAgreementKey"},
	{0x0000000F, V20, last, "Private ephemeral key agreement key", "PrivateEphemeralKeyAgreementKey"},
	{0x00000010, V20, last, "Public ephemeral key agreement key", "PublicEphemeralKeyAgreementKey"},
	{0x00000011, V20, last, "Symmetric authorization key", "SymmetricAuthorizationKey"},
	{0x00000012, V20, last, "Private authorization key", "PrivateAuthorizationKey"},
	{0x00000013, V20, last, "Public authorization key", "PublicAuthorizationKey"},
}}

// NameType is the enumeration "Name Type".
type NameType uint32

const (
	NameTypeUninterpretedTextString NameType = 0x00000001
	NameTypeURI                     NameType = 0x00000002
)

// String is the value as XML writes it.
func (v NameType) String() string { return ValueText(TagNameType, uint32(v)) }

var setNameType = set{name: "Name Type", mask: false, tags: []Tag{TagNameType}, entries: []entry{
	{0x00000001, V10, last, "Uninterpreted Text String", "UninterpretedTextString"},
	{0x00000002, V10, last, "URI", "URI"},
}}

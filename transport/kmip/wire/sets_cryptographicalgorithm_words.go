// Code generated from vocabulary.txt by go generate; DO NOT EDIT.

package wire

var setCryptographicAlgorithm = set{name: "Cryptographic Algorithm", mask: false, tags: []Tag{TagCryptographicAlgorithm}, entries: []entry{
	{0x00000001, V10, last, "DES", "DES"},
	{0x00000002, V10, last, "3DES", "DES3"},
	{0x00000003, V10, last, "AES", "AES"},
	{0x00000004, V10, last, "RSA", "RSA"},
	{0x00000005, V10, last, "DSA", "DSA"},
	{0x00000006, V10, last, "ECDSA", "ECDSA"},
	{0x00000007, V10, last, "HMAC-SHA1", "HMAC_SHA1"},
	{0x00000008, V10, last, "HMAC-SHA224", "HMAC_SHA224"},
	{0x00000009, V10, last, "HMAC-SHA256", "HMAC_SHA256"},
	{0x0000000A, V10, last, "HMAC-SHA384", "HMAC_SHA384"},
	{0x0000000B, V10, last, "HMAC-SHA512", "HMAC_SHA512"},
	{0x0000000C, V10, last, "HMAC-MD5", "HMAC_MD5"},
	{0x0000000D, V10, last, "DH", "DH"},
	{0x0000000E, V10, last, "ECDH", "ECDH"},
	{0x0000000F, V10, last, "ECMQV", "ECMQV"},
	{0x00000010, V10, last, "Blowfish", "Blowfish"},
	{0x00000011, V10, last, "Camellia", "Camellia"},
	{0x00000012, V10, last, "CAST5", "CAST5"},
	{0x00000013, V10, last, "IDEA", "IDEA"},
	{0x00000014, V10, last, "MARS", "MARS"},
	{0x00000015, V10, last, "RC2", "RC2"},
	{0x00000016, V10, last, "RC4", "RC4"},
	{0x00000017, V10, last, "RC5", "RC5"},
	{0x00000018, V10, last, "SKIPJACK", "SKIPJACK"},
	{0x00000019, V10, last, "Twofish", "Twofish"},
	{0x0000001A, V12, last, "EC", "EC"},
	{0x0000001B, V13, last, "One Time Pad", "OneTimePad"},
	{0x0000001C, V14, last, "ChaCha20", "ChaCha20"},
	{0x0000001D, V14, last, "Poly1305", "Poly1305"},
	{0x0000001E, V14, last, "ChaCha20Poly1305", "ChaCha20Poly1305"},
	{0x0000001F, V14, last, "SHA3-224", "SHA3_224"},
	{0x00000020, V14, last, "SHA3-256", "SHA3_256"},
	{0x00000021, V14, last, "SHA3-384", "SHA3_384"},
	{0x00000022, V14, last, "SHA3-512", "SHA3_512"},
	{0x00000023, V14, last, "HMAC-SHA3-224", "HMAC_SHA3_224"},
	{0x00000024, V14, last, "HMAC-SHA3-256", "HMAC_SHA3_256"},
	{0x00000025, V14, last, "HMAC-SHA3-384", "HMAC_SHA3_384"},
	{0x00000026, V14, last, "HMAC-SHA3-512", "HMAC_SHA3_512"},
	{0x00000027, V14, last, "SHAKE-128", "SHAKE_128"},
	{0x00000028, V14, last, "SHAKE-256", "SHAKE_256"},
	{0x00000029, V20, last, "ARIA", "ARIA"},
	{0x0000002A, V20, last, "SEED", "SEED"},
	{0x0000002B, V20, last, "SM2", "SM2"},
	{0x0000002C, V20, last, "SM3", "SM3"},
	{0x0000002D, V20, last, "SM4", "SM4"},
	{0x0000002E, V20, last, "GOST R 34.10-2012", "GOSTR34_10_2012"},
	{0x0000002F, V20, last, "GOST R 34.11-2012", "GOSTR34_11_2012"},
	{0x00000030, V20, last, "GOST R 34.13-2015", "GOSTR34_13_2015"},
	{0x00000031, V20, last, "GOST 28147-89", "GOST28147_89"},
	{0x00000032, V20, last, "XMSS", "XMSS"},
	{0x00000033, V20, last, "SPHINCS-256", "SPHINCS_256"},
	{0x00000034, V20, last, "McEliece", "McEliece"},
	{0x00000035, V20, last, "McEliece-6960119", "McEliece_6960119"},
	{0x00000036, V20, last, "McEliece-8192128", "McEliece_8192128"},
	{0x00000037, V20, last, "Ed25519", "Ed25519"},
	{0x00000038, V20, last, "Ed448", "Ed448"},
}}

// CryptographicUsageMask has a bit for each of these.
type CryptographicUsageMask uint32

const (
	CryptographicUsageMaskSign               CryptographicUsageMask = 0x00000001
	CryptographicUsageMaskVerify             CryptographicUsageMask = 0x00000002
	CryptographicUsageMaskEncrypt            CryptographicUsageMask = 0x00000004
	CryptographicUsageMaskDecrypt            CryptographicUsageMask = 0x00000008
	CryptographicUsageMaskWrapKey            CryptographicUsageMask = 0x00000010
	CryptographicUsageMaskUnwrapKey          CryptographicUsageMask = 0x00000020
	CryptographicUsageMaskExport             CryptographicUsageMask = 0x00000040
	CryptographicUsageMaskMACGenerate        CryptographicUsageMask = 0x00000080
	CryptographicUsageMaskMACVerify          CryptographicUsageMask = 0x00000100
	CryptographicUsageMaskDeriveKey          CryptographicUsageMask = 0x00000200
	CryptographicUsageMaskContentCommitment  CryptographicUsageMask = 0x00000400
	CryptographicUsageMaskKeyAgreement       CryptographicUsageMask = 0x00000800
	CryptographicUsageMaskCertificateSign    CryptographicUsageMask = 0x00001000
	CryptographicUsageMaskCRLSign            CryptographicUsageMask = 0x00002000
	CryptographicUsageMaskGenerateCryptogram CryptographicUsageMask = 0x00004000
	CryptographicUsageMaskValidateCryptogram CryptographicUsageMask = 0x00008000
	CryptographicUsageMaskTranslateEncrypt   CryptographicUsageMask = 0x00010000
	CryptographicUsageMaskTranslateDecrypt   CryptographicUsageMask = 0x00020000
	CryptographicUsageMaskTranslateWrap      CryptographicUsageMask = 0x00040000
	CryptographicUsageMaskTranslateUnwrap    CryptographicUsageMask = 0x00080000
	CryptographicUsageMaskAuthenticate       CryptographicUsageMask = 0x00100000
	CryptographicUsageMaskUnrestricted       CryptographicUsageMask = 0x00200000
	CryptographicUsageMaskFPEEncrypt         CryptographicUsageMask = 0x00400000
	CryptographicUsageMaskFPEDecrypt         CryptographicUsageMask = 0x00800000
)

// String is the value as XML writes it.
func (v CryptographicUsageMask) String() string {
	return MaskText(TagCryptographicUsageMask, uint32(v), " ")
}

var setCryptographicUsageMask = set{name: "Cryptographic Usage Mask", mask: true, tags: []Tag{TagCryptographicUsageMask}, entries: []entry{
	{0x00000001, V10, last, "Sign", "Sign"},
	{0x00000002, V10, last, "Verify", "Verify"},
	{0x00000004, V10, last, "Encrypt", "Encrypt"},
	{0x00000008, V10, last, "Decrypt", "Decrypt"},
	{0x00000010, V10, last, "Wrap Key", "WrapKey"},
	{0x00000020, V10, last, "Unwrap Key", "UnwrapKey"},
	{0x00000040, V10, last, "Export", "Export"},
	{0x00000080, V10, last, "MAC Generate", "MACGenerate"},
	{0x00000100, V10, last, "MAC Verify", "MACVerify"},
	{0x00000200, V10, last, "Derive Key", "DeriveKey"},
	{0x00000400, V10, last, "Content Commitment", "ContentCommitment"},
	{0x00000800, V10, last, "Key Agreement", "KeyAgreement"},
	{0x00001000, V10, last, "Certificate Sign", "CertificateSign"},
	{0x00002000, V10, last, "CRL Sign", "CRLSign"},
	{0x00004000, V10, V14, "Generate Cryptogram", "GenerateCryptogram"},
	{0x00008000, V10, V14, "Validate Cryptogram", "ValidateCryptogram"},
	{0x00010000, V10, V14, "Translate Encrypt", "TranslateEncrypt"},
	{0x00020000, V10, V14, "Translate Decrypt", "TranslateDecrypt"},
	{0x00040000, V10, V14, "Translate Wrap", "TranslateWrap"},
	{0x00080000, V10, V14, "Translate Unwrap", "TranslateUnwrap"},
	{0x00100000, V20, last, "Authenticate", "Authenticate"},
	{0x00200000, V20, last, "Unrestricted", "Unrestricted"},
	{0x00400000, V20, last, "FPE Encrypt", "FPEEncrypt"},
	{0x00800000, V20, last, "FPE Decrypt", "FPEDecrypt"},
}}

// DRBGAlgorithm is the enumeration "DRBG Algorithm".
type DRBGAlgorithm uint32

const (
	DRBGAlgorithmUnspecified DRBGAlgorithm = 0x00000001
	DRBGAlgorithmDual_EC     DRBGAlgorithm = 0x00000002
	DRBGAlgorithmHash        DRBGAlgorithm = 0x00000003
	DRBGAlgorithmHMAC        DRBGAlgorithm = 0x00000004
	DRBGAlgorithmCTR         DRBGAlgorithm = 0x00000005
)

// String is the value as XML writes it.
func (v DRBGAlgorithm) String() string { return ValueText(TagDRBGAlgorithm, uint32(v)) }

var setDRBGAlgorithm = set{name: "DRBG Algorithm", mask: false, tags: []Tag{TagDRBGAlgorithm}, entries: []entry{
	{0x00000001, V13, last, "Unspecified", "Unspecified"},
	{0x00000002, V13, last, "Dual-EC", "Dual_EC"},
	{0x00000003, V13, last, "Hash", "Hash"},
	{0x00000004, V13, last, "HMAC", "HMAC"},
	{0x00000005, V13, last, "CTR", "CTR"},
}}

// Data is the enumeration "Data".
type Data uint32

const (
	DataDecrypt           Data = 0x00000001
	DataEncrypt           Data = 0x00000002
	DataHash              Data = 0x00000003
	DataMACMACData        Data = 0x00000004
	DataRNGRetrieve       Data = 0x00000005
	DataSignSignatureData Data = 0x00000006
	DataSignatureVerify   Data = 0x00000007
)

// String is the value as XML writes it.
func (v Data) String() string { return ValueText(TagData, uint32(v)) }

var setData = set{name: "Data", mask: false, tags: []Tag{TagData}, entries: []entry{
	{0x00000001, V20, last, "Decrypt", "Decrypt"},
	{0x00000002, V20, last, "Encrypt", "Encrypt"},
	{0x00000003, V20, last, "Hash", "Hash"},
	{0x00000004, V20, last, "MAC MAC Data", "MACMACData"},
	{0x00000005, V20, last, "RNG Retrieve", "RNGRetrieve"},
	{0x00000006, V20, last, "Sign Signature Data", "SignSignatureData"},
	{0x00000007, V20, last, "Signature Verify", "SignatureVerify"},
}}

// DerivationMethod is the enumeration "Derivation Method".
type DerivationMethod uint32

const (
	DerivationMethodPBKDF2               DerivationMethod = 0x00000001
	DerivationMethodHASH                 DerivationMethod = 0x00000002
	DerivationMethodHMAC                 DerivationMethod = 0x00000003
	DerivationMethodENCRYPT              DerivationMethod = 0x00000004
	DerivationMethodNIST800_108_C        DerivationMethod = 0x00000005
	DerivationMethodNIST800_108_F        DerivationMethod = 0x00000006
	DerivationMethodNIST800_108_DPI      DerivationMethod = 0x00000007
	DerivationMethodAsymmetricKey        DerivationMethod = 0x00000008
	DerivationMethodAWSSignatureVersion4 DerivationMethod = 0x00000009
	DerivationMethodHKDF                 DerivationMethod = 0x0000000A
)

// String is the value as XML writes it.
func (v DerivationMethod) String() string { return ValueText(TagDerivationMethod, uint32(v)) }

var setDerivationMethod = set{name: "Derivation Method", mask: false, tags: []Tag{TagDerivationMethod}, entries: []entry{
	{0x00000001, V10, last, "PBKDF2", "PBKDF2"},
	{0x00000002, V10, last, "HASH", "HASH"},
	{0x00000003, V10, last, "HMAC", "HMAC"},
	{0x00000004, V10, last, "ENCRYPT", "ENCRYPT"},
	{0x00000005, V10, last, "NIST800-108-C", "NIST800_108_C"},
	{0x00000006, V10, last, "NIST800-108-F", "NIST800_108_F"},
	{0x00000007, V10, last, "NIST800-108-DPI", "NIST800_108_DPI"},
	{0x00000008, V14, last, "Asymmetric Key", "AsymmetricKey"},
	{0x00000009, V20, last, "AWS Signature Version 4", "AWSSignatureVersion4"},
	{0x0000000A, V20, last, "HKDF", "HKDF"},
}}

// DestroyAction is the enumeration "Destroy Action".
type DestroyAction uint32

const (
	DestroyActionUnspecified         DestroyAction = 0x00000001
	DestroyActionKeyMaterialDeleted  DestroyAction = 0x00000002
	DestroyActionKeyMaterialShredded DestroyAction = 0x00000003
	DestroyActionMetaDataDeleted     DestroyAction = 0x00000004
	DestroyActionMetaDataShredded    DestroyAction = 0x00000005
	DestroyActionDeleted             DestroyAction = 0x00000006
	DestroyActionShredded            DestroyAction = 0x00000007
)

// String is the value as XML writes it.
func (v DestroyAction) String() string { return ValueText(TagDestroyAction, uint32(v)) }

var setDestroyAction = set{name: "Destroy Action", mask: false, tags: []Tag{TagDestroyAction}, entries: []entry{
	{0x00000001, V13, last, "Unspecified", "Unspecified"},
	{0x00000002, V13, last, "Key Material Deleted", "KeyMaterialDeleted"},
	{0x00000003, V13, last, "Key Material Shredded", "KeyMaterialShredded"},
	{0x00000004, V13, last, "Meta Data Deleted", "MetaDataDeleted"},
	{0x00000005, V13, last, "Meta Data Shredded", "MetaDataShredded"},
	{0x00000006, V13, last, "Deleted", "Deleted"},
	{0x00000007, V13, last, "Shredded", "Shredded"},
}}

// DigitalSignatureAlgorithm is the enumeration "Digital Signature Algorithm".
type DigitalSignatureAlgorithm uint32

const (
	DigitalSignatureAlgorithmMD2WithRSAEncryption      DigitalSignatureAlgorithm = 0x00000001
	DigitalSignatureAlgorithmMD5WithRSAEncryption      DigitalSignatureAlgorithm = 0x00000002
	DigitalSignatureAlgorithmSHA_1WithRSAEncryption    DigitalSignatureAlgorithm = 0x00000003
	DigitalSignatureAlgorithmSHA_224WithRSAEncryption  DigitalSignatureAlgorithm = 0x00000004
	DigitalSignatureAlgorithmSHA_256WithRSAEncryption  DigitalSignatureAlgorithm = 0x00000005
	DigitalSignatureAlgorithmSHA_384WithRSAEncryption  DigitalSignatureAlgorithm = 0x00000006
	DigitalSignatureAlgorithmSHA_512WithRSAEncryption  DigitalSignatureAlgorithm = 0x00000007
	DigitalSignatureAlgorithmRSASSA_PSS                DigitalSignatureAlgorithm = 0x00000008
	DigitalSignatureAlgorithmDSAWithSHA_1              DigitalSignatureAlgorithm = 0x00000009
	DigitalSignatureAlgorithmDSAWithSHA224             DigitalSignatureAlgorithm = 0x0000000A
	DigitalSignatureAlgorithmDSAWithSHA256             DigitalSignatureAlgorithm = 0x0000000B
	DigitalSignatureAlgorithmECDSAWithSHA_1            DigitalSignatureAlgorithm = 0x0000000C
	DigitalSignatureAlgorithmECDSAWithSHA224           DigitalSignatureAlgorithm = 0x0000000D
	DigitalSignatureAlgorithmECDSAWithSHA256           DigitalSignatureAlgorithm = 0x0000000E
	DigitalSignatureAlgorithmECDSAWithSHA384           DigitalSignatureAlgorithm = 0x0000000F
	DigitalSignatureAlgorithmECDSAWithSHA512           DigitalSignatureAlgorithm = 0x00000010
	DigitalSignatureAlgorithmSHA3_256WithRSAEncryption DigitalSignatureAlgorithm = 0x00000011
	DigitalSignatureAlgorithmSHA3_384WithRSAEncryption DigitalSignatureAlgorithm = 0x00000012
	DigitalSignatureAlgorithmSHA3_512WithRSAEncryption DigitalSignatureAlgorithm = 0x00000013
)

// String is the value as XML writes it.
func (v DigitalSignatureAlgorithm) String() string {
	return ValueText(TagDigitalSignatureAlgorithm, uint32(v))
}

var setDigitalSignatureAlgorithm = set{name: "Digital Signature Algorithm", mask: false, tags: []Tag{TagDigitalSignatureAlgorithm}, entries: []entry{
	{0x00000001, V11, last, "MD2 with RSA Encryption", "MD2WithRSAEncryption"},
	{0x00000002, V11, last, "MD5 with RSA Encryption", "MD5WithRSAEncryption"},
	{0x00000003, V11, last, "SHA-1 with RSA Encryption", "SHA_1WithRSAEncryption"},
	{0x00000004, V11, last, "SHA-224 with RSA Encryption", "SHA_224WithRSAEncryption"},
	{0x00000005, V11, last, "SHA-256 with RSA Encryption", "SHA_256WithRSAEncryption"},
	{0x00000006, V11, last, "SHA-384 with RSA Encryption", "SHA_384WithRSAEncryption"},
	{0x00000007, V11, last, "SHA-512 with RSA Encryption", "SHA_512WithRSAEncryption"},
	{0x00000008, V11, last, "RSASSA-PSS", "RSASSA_PSS"},
	{0x00000009, V11, last, "DSA with SHA-1", "DSAWithSHA_1"},
	{0x0000000A, V11, last, "DSA with SHA224", "DSAWithSHA224"},
	{0x0000000B, V11, last, "DSA with SHA256", "DSAWithSHA256"},
	{0x0000000C, V11, last, "ECDSA with SHA-1", "ECDSAWithSHA_1"},
	{0x0000000D, V11, last, "ECDSA with SHA224", "ECDSAWithSHA224"},
	{0x0000000E, V11, last, "ECDSA with SHA256", "ECDSAWithSHA256"},
	{0x0000000F, V11, last, "ECDSA with SHA384", "ECDSAWithSHA384"},
	{0x00000010, V11, last, "ECDSA with SHA512", "ECDSAWithSHA512"},
	{0x00000011, V14, last, "SHA3-256 with RSA Encryption", "SHA3_256WithRSAEncryption"},
	{0x00000012, V14, last, "SHA3-384 with RSA Encryption", "SHA3_384WithRSAEncryption"},
	{0x00000013, V14, last, "SHA3-512 with RSA Encryption", "SHA3_512WithRSAEncryption"},
}}

// EncodingOption is the enumeration "Encoding Option".
type EncodingOption uint32

const (
	EncodingOptionNoEncoding   EncodingOption = 0x00000001
	EncodingOptionTTLVEncoding EncodingOption = 0x00000002
)

// String is the value as XML writes it.
func (v EncodingOption) String() string { return ValueText(TagEncodingOption, uint32(v)) }

var setEncodingOption = set{name: "Encoding Option", mask: false, tags: []Tag{TagEncodingOption}, entries: []entry{
	{0x00000001, V11, last, "No Encoding", "NoEncoding"},
	{0x00000002, V11, last, "TTLV Encoding", "TTLVEncoding"},
}}

// EndpointRole is the enumeration "Endpoint Role".
type EndpointRole uint32

const (
	EndpointRoleClient EndpointRole = 0x00000001
	EndpointRoleServer EndpointRole = 0x00000002
)

// String is the value as XML writes it.
func (v EndpointRole) String() string { return ValueText(TagEndpointRole, uint32(v)) }

var setEndpointRole = set{name: "Endpoint Role", mask: false, tags: []Tag{TagEndpointRole}, entries: []entry{
	{0x00000001, V20, last, "Client", "Client"},
	{0x00000002, V20, last, "Server", "Server"},
}}

// FIPS186Variation is the enumeration "FIPS186 Variation".
type FIPS186Variation uint32

const (
	FIPS186VariationUnspecified     FIPS186Variation = 0x00000001
	FIPS186VariationGPXOriginal     FIPS186Variation = 0x00000002
	FIPS186VariationGPXChangeNotice FIPS186Variation = 0x00000003
	FIPS186VariationXOriginal       FIPS186Variation = 0x00000004
	FIPS186VariationXChangeNotice   FIPS186Variation = 0x00000005
	FIPS186VariationKOriginal       FIPS186Variation = 0x00000006
	FIPS186VariationKChangeNotice   FIPS186Variation = 0x00000007
)

// String is the value as XML writes it.
func (v FIPS186Variation) String() string { return ValueText(TagFIPS186Variation, uint32(v)) }

var setFIPS186Variation = set{name: "FIPS186 Variation", mask: false, tags: []Tag{TagFIPS186Variation}, entries: []entry{
	{0x00000001, V13, last, "Unspecified", "Unspecified"},
	{0x00000002, V13, last, "GP x-Original", "GPXOriginal"},
	{0x00000003, V13, last, "GP x-Change Notice", "GPXChangeNotice"},
	{0x00000004, V13, last, "x-Original", "XOriginal"},
	{0x00000005, V13, last, "x-Change Notice", "XChangeNotice"},
	{0x00000006, V13, last, "k-Original", "KOriginal"},
	{0x00000007, V13, last, "k-Change Notice", "KChangeNotice"},
}}

// HashingAlgorithm is the enumeration "Hashing Algorithm".
type HashingAlgorithm uint32

const (
	HashingAlgorithmMD2         HashingAlgorithm = 0x00000001
	HashingAlgorithmMD4         HashingAlgorithm = 0x00000002
	HashingAlgorithmMD5         HashingAlgorithm = 0x00000003
	HashingAlgorithmSHA_1       HashingAlgorithm = 0x00000004
	HashingAlgorithmSHA_224     HashingAlgorithm = 0x00000005
	HashingAlgorithmSHA_256     HashingAlgorithm = 0x00000006
	HashingAlgorithmSHA_384     HashingAlgorithm = 0x00000007
	HashingAlgorithmSHA_512     HashingAlgorithm = 0x00000008
	HashingAlgorithmRIPEMD_160  HashingAlgorithm = 0x00000009
	HashingAlgorithmTiger       HashingAlgorithm = 0x0000000A
	HashingAlgorithmWhirlpool   HashingAlgorithm = 0x0000000B
	HashingAlgorithmSHA_512_224 HashingAlgorithm = 0x0000000C
	HashingAlgorithmSHA_512_256 HashingAlgorithm = 0x0000000D
	HashingAlgorithmSHA3_224    HashingAlgorithm = 0x0000000E
	HashingAlgorithmSHA3_256    HashingAlgorithm = 0x0000000F
	HashingAlgorithmSHA3_384    HashingAlgorithm = 0x00000010
	HashingAlgorithmSHA3_512    HashingAlgorithm = 0x00000011
)

// String is the value as XML writes it.
func (v HashingAlgorithm) String() string { return ValueText(TagHashingAlgorithm, uint32(v)) }

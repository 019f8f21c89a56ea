// Code generated from vocabulary.txt by go generate; DO NOT EDIT.

package wire

// AdjustmentType is the enumeration "Adjustment Type".
type AdjustmentType uint32

const (
	AdjustmentTypeIncrement AdjustmentType = 0x00000001
	AdjustmentTypeDecrement AdjustmentType = 0x00000002
	AdjustmentTypeNegate    AdjustmentType = 0x00000003
)

// String is the value as XML writes it.
func (v AdjustmentType) String() string { return ValueText(TagAdjustmentType, uint32(v)) }

var setAdjustmentType = set{name: "Adjustment Type", mask: false, tags: []Tag{TagAdjustmentType}, entries: []entry{
	{0x00000001, V20, last, "Increment", "Increment"},
	{0x00000002, V20, last, "Decrement", "Decrement"},
	{0x00000003, V20, last, "Negate", "Negate"},
}}

// AlternativeNameType is the enumeration "Alternative Name Type".
type AlternativeNameType uint32

const (
	AlternativeNameTypeUninterpretedTextString AlternativeNameType = 0x00000001
	AlternativeNameTypeURI                     AlternativeNameType = 0x00000002
	AlternativeNameTypeObjectSerialNumber      AlternativeNameType = 0x00000003
	AlternativeNameTypeEmailAddress            AlternativeNameType = 0x00000004
	AlternativeNameTypeDNSName                 AlternativeNameType = 0x00000005
	AlternativeNameTypeX_500DistinguishedName  AlternativeNameType = 0x00000006
	AlternativeNameTypeIPAddress               AlternativeNameType = 0x00000007
)

// String is the value as XML writes it.
func (v AlternativeNameType) String() string { return ValueText(TagAlternativeNameType, uint32(v)) }

var setAlternativeNameType = set{name: "Alternative Name Type", mask: false, tags: []Tag{TagAlternativeNameType}, entries: []entry{
	{0x00000001, V12, last, "Uninterpreted Text String", "UninterpretedTextString"},
	{0x00000002, V12, last, "URI", "URI"},
	{0x00000003, V12, last, "Object Serial Number", "ObjectSerialNumber"},
	{0x00000004, V12, last, "Email Address", "EmailAddress"},
	{0x00000005, V12, last, "DNS Name", "DNSName"},
	{0x00000006, V12, last, "X.500 Distinguished Name", "X_500DistinguishedName"},
	{0x00000007, V12, last, "IP Address", "IPAddress"},
}}

// AsynchronousIndicator is the enumeration "Asynchronous Indicator".
type AsynchronousIndicator uint32

const (
	AsynchronousIndicatorMandatory  AsynchronousIndicator = 0x00000001
	AsynchronousIndicatorOptional   AsynchronousIndicator = 0x00000002
	AsynchronousIndicatorProhibited AsynchronousIndicator = 0x00000003
)

// String is the value as XML writes it.
func (v AsynchronousIndicator) String() string { return ValueText(TagAsynchronousIndicator, uint32(v)) }

var setAsynchronousIndicator = set{name: "Asynchronous Indicator", mask: false, tags: []Tag{TagAsynchronousIndicator}, entries: []entry{
	{0x00000001, V20, last, "Mandatory", "Mandatory"},
	{0x00000002, V20, last, "Optional", "Optional"},
	{0x00000003, V20, last, "Prohibited", "Prohibited"},
}}

// AttestationType is the enumeration "Attestation Type".
type AttestationType uint32

const (
	AttestationTypeTPMQuote           AttestationType = 0x00000001
	AttestationTypeTCGIntegrityReport AttestationType = 0x00000002
	AttestationTypeSAMLAssertion      AttestationType = 0x00000003
)

// String is the value as XML writes it.
func (v AttestationType) String() string { return ValueText(TagAttestationType, uint32(v)) }

var setAttestationType = set{name: "Attestation Type", mask: false, tags: []Tag{TagAttestationType}, entries: []entry{
	{0x00000001, V12, last, "TPM Quote", "TPMQuote"},
	{0x00000002, V12, last, "TCG Integrity Report", "TCGIntegrityReport"},
	{0x00000003, V12, last, "SAML Assertion", "SAMLAssertion"},
}}

// BatchErrorContinuationOption is the enumeration "Batch Error Continuation Option".
type BatchErrorContinuationOption uint32

const (
	BatchErrorContinuationOptionContinue BatchErrorContinuationOption = 0x00000001
	BatchErrorContinuationOptionStop     BatchErrorContinuationOption = 0x00000002
	BatchErrorContinuationOptionUndo     BatchErrorContinuationOption = 0x00000003
)

// String is the value as XML writes it.
func (v BatchErrorContinuationOption) String() string {
	return ValueText(TagBatchErrorContinuationOption, uint32(v))
}

var setBatchErrorContinuationOption = set{name: "Batch Error Continuation Option", mask: false, tags: []Tag{TagBatchErrorContinuationOption}, entries: []entry{
	{0x00000001, V10, last, "Continue", "Continue"},
	{0x00000002, V10, last, "Stop", "Stop"},
	{0x00000003, V10, last, "Undo", "Undo"},
}}

// BlockCipherMode is the enumeration "Block Cipher Mode".
type BlockCipherMode uint32

const (
	BlockCipherModeCBC               BlockCipherMode = 0x00000001
	BlockCipherModeECB               BlockCipherMode = 0x00000002
	BlockCipherModePCBC              BlockCipherMode = 0x00000003
	BlockCipherModeCFB               BlockCipherMode = 0x00000004
	BlockCipherModeOFB               BlockCipherMode = 0x00000005
	BlockCipherModeCTR               BlockCipherMode = 0x00000006
	BlockCipherModeCMAC              BlockCipherMode = 0x00000007
	BlockCipherModeCCM               BlockCipherMode = 0x00000008
	BlockCipherModeGCM               BlockCipherMode = 0x00000009
	BlockCipherModeCBC_MAC           BlockCipherMode = 0x0000000A
	BlockCipherModeXTS               BlockCipherMode = 0x0000000B
	BlockCipherModeAESKeyWrapPadding BlockCipherMode = 0x0000000C
	BlockCipherModeNISTKeyWrap       BlockCipherMode = 0x0000000D
	BlockCipherModeX9_102AESKW       BlockCipherMode = 0x0000000E
	BlockCipherModeX9_102TDKW        BlockCipherMode = 0x0000000F
	BlockCipherModeX9_102AKW1        BlockCipherMode = 0x00000010
	BlockCipherModeX9_102AKW2        BlockCipherMode = 0x00000011
	BlockCipherModeAEAD              BlockCipherMode = 0x00000012
)

// String is the value as XML writes it.
func (v BlockCipherMode) String() string { return ValueText(TagBlockCipherMode, uint32(v)) }

var setBlockCipherMode = set{name: "Block Cipher Mode", mask: false, tags: []Tag{TagBlockCipherMode}, entries: []entry{
	{0x00000001, V10, last, "CBC", "CBC"},
	{0x00000002, V10, last, "ECB", "ECB"},
	{0x00000003, V10, last, "PCBC", "PCBC"},
	{0x00000004, V10, last, "CFB", "CFB"},
	{0x00000005, V10, last, "OFB", "OFB"},
	{0x00000006, V10, last, "CTR", "CTR"},
	{0x00000007, V10, last, "CMAC", "CMAC"},
	{0x00000008, V10, last, "CCM", "CCM"},
	{0x00000009, V10, last, "GCM", "GCM"},
	{0x0000000A, V10, last, "CBC-MAC", "CBC_MAC"},
	{0x0000000B, V10, last, "XTS", "XTS"},
	{0x0000000C, V10, last, "AESKeyWrapPadding", "AESKeyWrapPadding"},
	{0x0000000D, V10, last, "NISTKeyWrap", "NISTKeyWrap"},
	{0x0000000E, V10, last, "X9.102 AESKW", "X9_102AESKW"},
	{0x0000000F, V10, last, "X9.102 TDKW", "X9_102TDKW"},
	{0x00000010, V10, last, "X9.102 AKW1", "X9_102AKW1"},
	{0x00000011, V10, last, "X9.102 AKW2", "X9_102AKW2"},
	{0x00000012, V14, last, "AEAD", "AEAD"},
}}

// CancellationResult is the enumeration "Cancellation Result".
type CancellationResult uint32

const (
	CancellationResultCanceled       CancellationResult = 0x00000001
	CancellationResultUnableToCancel CancellationResult = 0x00000002
	CancellationResultCompleted      CancellationResult = 0x00000003
	CancellationResultFailed         CancellationResult = 0x00000004
	CancellationResultUnavailable    CancellationResult = 0x00000005
)

// String is the value as XML writes it.
func (v CancellationResult) String() string { return ValueText(TagCancellationResult, uint32(v)) }

var setCancellationResult = set{name: "Cancellation Result", mask: false, tags: []Tag{TagCancellationResult}, entries: []entry{
	{0x00000001, V10, last, "Canceled", "Canceled"},
	{0x00000002, V10, last, "Unable to Cancel", "UnableToCancel"},
	{0x00000003, V10, last, "Completed", "Completed"},
	{0x00000004, V10, last, "Failed", "Failed"},
	{0x00000005, V10, last, "Unavailable", "Unavailable"},
}}

// CertificateRequestType is the enumeration "Certificate Request Type".
type CertificateRequestType uint32

const (
	CertificateRequestTypeCRMF    CertificateRequestType = 0x00000001
	CertificateRequestTypePKCS_10 CertificateRequestType = 0x00000002
	CertificateRequestTypePEM     CertificateRequestType = 0x00000003
	CertificateRequestTypePGP     CertificateRequestType = 0x00000004
)

// String is the value as XML writes it.
func (v CertificateRequestType) String() string {
	return ValueText(TagCertificateRequestType, uint32(v))
}

var setCertificateRequestType = set{name: "Certificate Request Type", mask: false, tags: []Tag{TagCertificateRequestType}, entries: []entry{
	{0x00000001, V10, last, "CRMF", "CRMF"},
	{0x00000002, V10, last, "PKCS#10", "PKCS_10"},
	{0x00000003, V10, last, "PEM", "PEM"},
	{0x00000004, V10, V14, "PGP", "PGP"},
}}

// CertificateType is the enumeration "Certificate Type".
type CertificateType uint32

const (
	CertificateTypeX_509 CertificateType = 0x00000001
	CertificateTypePGP   CertificateType = 0x00000002
)

// String is the value as XML writes it.
func (v CertificateType) String() string { return ValueText(TagCertificateType, uint32(v)) }

var setCertificateType = set{name: "Certificate Type", mask: false, tags: []Tag{TagCertificateType}, entries: []entry{
	{0x00000001, V10, last, "X.509", "X_509"},
	{0x00000002, V10, last, "PGP", "PGP"},
}}

// ClientRegistrationMethod is the enumeration "Client Registration Method".
type ClientRegistrationMethod uint32

const (
	ClientRegistrationMethodUnspecified        ClientRegistrationMethod = 0x00000001
	ClientRegistrationMethodServerPreGenerated ClientRegistrationMethod = 0x00000002
	ClientRegistrationMethodServerOnDemand     ClientRegistrationMethod = 0x00000003
	ClientRegistrationMethodClientGenerated    ClientRegistrationMethod = 0x00000004
	ClientRegistrationMethodClientRegistered   ClientRegistrationMethod = 0x00000005
)

// String is the value as XML writes it.
func (v ClientRegistrationMethod) String() string {
	return ValueText(TagClientRegistrationMethod, uint32(v))
}

var setClientRegistrationMethod = set{name: "Client Registration Method", mask: false, tags: []Tag{TagClientRegistrationMethod}, entries: []entry{
	{0x00000001, V13, last, "Unspecified", "Unspecified"},
	{0x00000002, V13, last, "Server Pre-Generated", "ServerPreGenerated"},
	{0x00000003, V13, last, "Server On-Demand", "ServerOnDemand"},
	{0x00000004, V13, last, "Client Generated", "ClientGenerated"},
	{0x00000005, V13, last, "Client Registered", "ClientRegistered"},
}}

// CredentialType is the enumeration "Credential Type".
type CredentialType uint32

const (
	CredentialTypeUsernameAndPassword CredentialType = 0x00000001
	CredentialTypeDevice              CredentialType = 0x00000002
	CredentialTypeAttestation         CredentialType = 0x00000003
	CredentialTypeOneTimePassword     CredentialType = 0x00000004
	CredentialTypeHashedPassword      CredentialType = 0x00000005
	CredentialTypeTicket              CredentialType = 0x00000006
)

// String is the value as XML writes it.
func (v CredentialType) String() string { return ValueText(TagCredentialType, uint32(v)) }

var setCredentialType = set{name: "Credential Type", mask: false, tags: []Tag{TagCredentialType}, entries: []entry{
	{0x00000001, V10, last, "Username and Password", "UsernameAndPassword"},
	{0x00000002, V11, last, "Device", "Device"},
	{0x00000003, V12, last, "Attestation", "Attestation"},
	{0x00000004, V20, last, "One Time Password", "OneTimePassword"},
	{0x00000005, V20, last, "Hashed Password", "HashedPassword"},
	{0x00000006, V20, last, "Ticket", "Ticket"},
}}

// CryptographicAlgorithm is the enumeration "Cryptographic Algorithm".
type CryptographicAlgorithm uint32

const (
	CryptographicAlgorithmDES              CryptographicAlgorithm = 0x00000001
	CryptographicAlgorithmDES3             CryptographicAlgorithm = 0x00000002
	CryptographicAlgorithmAES              CryptographicAlgorithm = 0x00000003
	CryptographicAlgorithmRSA              CryptographicAlgorithm = 0x00000004
	CryptographicAlgorithmDSA              CryptographicAlgorithm = 0x00000005
	CryptographicAlgorithmECDSA            CryptographicAlgorithm = 0x00000006
	CryptographicAlgorithmHMAC_SHA1        CryptographicAlgorithm = 0x00000007
	CryptographicAlgorithmHMAC_SHA224      CryptographicAlgorithm = 0x00000008
	CryptographicAlgorithmHMAC_SHA256      CryptographicAlgorithm = 0x00000009
	CryptographicAlgorithmHMAC_SHA384      CryptographicAlgorithm = 0x0000000A
	CryptographicAlgorithmHMAC_SHA512      CryptographicAlgorithm = 0x0000000B
	CryptographicAlgorithmHMAC_MD5         CryptographicAlgorithm = 0x0000000C
	CryptographicAlgorithmDH               CryptographicAlgorithm = 0x0000000D
	CryptographicAlgorithmECDH             CryptographicAlgorithm = 0x0000000E
	CryptographicAlgorithmECMQV            CryptographicAlgorithm = 0x0000000F
	CryptographicAlgorithmBlowfish         CryptographicAlgorithm = 0x00000010
	CryptographicAlgorithmCamellia         CryptographicAlgorithm = 0x00000011
	CryptographicAlgorithmCAST5            CryptographicAlgorithm = 0x00000012
	CryptographicAlgorithmIDEA             CryptographicAlgorithm = 0x00000013
	CryptographicAlgorithmMARS             CryptographicAlgorithm = 0x00000014
	CryptographicAlgorithmRC2              CryptographicAlgorithm = 0x00000015
	CryptographicAlgorithmRC4              CryptographicAlgorithm = 0x00000016
	CryptographicAlgorithmRC5              CryptographicAlgorithm = 0x00000017
	CryptographicAlgorithmSKIPJACK         CryptographicAlgorithm = 0x00000018
	CryptographicAlgorithmTwofish          CryptographicAlgorithm = 0x00000019
	CryptographicAlgorithmEC               CryptographicAlgorithm = 0x0000001A
	CryptographicAlgorithmOneTimePad       CryptographicAlgorithm = 0x0000001B
	CryptographicAlgorithmChaCha20         CryptographicAlgorithm = 0x0000001C
	CryptographicAlgorithmPoly1305         CryptographicAlgorithm = 0x0000001D
	CryptographicAlgorithmChaCha20Poly1305 CryptographicAlgorithm = 0x0000001E
	CryptographicAlgorithmSHA3_224         CryptographicAlgorithm = 0x0000001F
	CryptographicAlgorithmSHA3_256         CryptographicAlgorithm = 0x00000020
	CryptographicAlgorithmSHA3_384         CryptographicAlgorithm = 0x00000021
	CryptographicAlgorithmSHA3_512         CryptographicAlgorithm = 0x00000022
	CryptographicAlgorithmHMAC_SHA3_224    CryptographicAlgorithm = 0x00000023
	CryptographicAlgorithmHMAC_SHA3_256    CryptographicAlgorithm = 0x00000024
	CryptographicAlgorithmHMAC_SHA3_384    CryptographicAlgorithm = 0x00000025
	CryptographicAlgorithmHMAC_SHA3_512    CryptographicAlgorithm = 0x00000026
	CryptographicAlgorithmSHAKE_128        CryptographicAlgorithm = 0x00000027
	CryptographicAlgorithmSHAKE_256        CryptographicAlgorithm = 0x00000028
	CryptographicAlgorithmARIA             CryptographicAlgorithm = 0x00000029
	CryptographicAlgorithmSEED             CryptographicAlgorithm = 0x0000002A
	CryptographicAlgorithmSM2              CryptographicAlgorithm = 0x0000002B
	CryptographicAlgorithmSM3              CryptographicAlgorithm = 0x0000002C
	CryptographicAlgorithmSM4              CryptographicAlgorithm = 0x0000002D
	CryptographicAlgorithmGOSTR34_10_2012  CryptographicAlgorithm = 0x0000002E
	CryptographicAlgorithmGOSTR34_11_2012  CryptographicAlgorithm = 0x0000002F
	CryptographicAlgorithmGOSTR34_13_2015  CryptographicAlgorithm = 0x00000030
	CryptographicAlgorithmGOST28147_89     CryptographicAlgorithm = 0x00000031
	CryptographicAlgorithmXMSS             CryptographicAlgorithm = 0x00000032
	CryptographicAlgorithmSPHINCS_256      CryptographicAlgorithm = 0x00000033
	CryptographicAlgorithmMcEliece         CryptographicAlgorithm = 0x00000034
	CryptographicAlgorithmMcEliece_6960119 CryptographicAlgorithm = 0x00000035
	CryptographicAlgorithmMcEliece_8192128 CryptographicAlgorithm = 0x00000036
	CryptographicAlgorithmEd25519          CryptographicAlgorithm = 0x00000037
	CryptographicAlgorithmEd448            CryptographicAlgorithm = 0x00000038
)

// String is the value as XML writes it.
func (v CryptographicAlgorithm) String() string {
	return ValueText(TagCryptographicAlgorithm, uint32(v))
}

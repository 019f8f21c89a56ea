// Code generated from vocabulary.txt by go generate; DO NOT EDIT.

package wire

var last = Version{255, 255} // until further notice

// The tags.
const (
	TagActivationDate                        Tag = 0x420001
	TagApplicationData                       Tag = 0x420002
	TagApplicationNamespace                  Tag = 0x420003
	TagApplicationSpecificInformation        Tag = 0x420004
	TagArchiveDate                           Tag = 0x420005
	TagAsynchronousCorrelationValue          Tag = 0x420006
	TagAsynchronousIndicator                 Tag = 0x420007
	TagAttribute                             Tag = 0x420008
	TagAttributeIndex                        Tag = 0x420009
	TagAttributeName                         Tag = 0x42000A
	TagAttributeValue                        Tag = 0x42000B
	TagAuthentication                        Tag = 0x42000C
	TagBatchCount                            Tag = 0x42000D
	TagBatchErrorContinuationOption          Tag = 0x42000E
	TagBatchItem                             Tag = 0x42000F
	TagBatchOrderOption                      Tag = 0x420010
	TagBlockCipherMode                       Tag = 0x420011
	TagCancellationResult                    Tag = 0x420012
	TagCertificate                           Tag = 0x420013
	TagCertificateIdentifier                 Tag = 0x420014
	TagCertificateIssuer                     Tag = 0x420015
	TagCertificateIssuerAlternativeName      Tag = 0x420016
	TagCertificateIssuerDistinguishedName    Tag = 0x420017
	TagCertificateRequest                    Tag = 0x420018
	TagCertificateRequestType                Tag = 0x420019
	TagCertificateSubject                    Tag = 0x42001A
	TagCertificateSubjectAlternativeName     Tag = 0x42001B
	TagCertificateSubjectDistinguishedName   Tag = 0x42001C
	TagCertificateType                       Tag = 0x42001D
	TagCertificateValue                      Tag = 0x42001E
	TagCommonTemplateAttribute               Tag = 0x42001F
	TagCompromiseDate                        Tag = 0x420020
	TagCompromiseOccurrenceDate              Tag = 0x420021
	TagContactInformation                    Tag = 0x420022
	TagCredential                            Tag = 0x420023
	TagCredentialType                        Tag = 0x420024
	TagCredentialValue                       Tag = 0x420025
	TagCriticalityIndicator                  Tag = 0x420026
	TagCRTCoefficient                        Tag = 0x420027
	TagCryptographicAlgorithm                Tag = 0x420028
	TagCryptographicDomainParameters         Tag = 0x420029
	TagCryptographicLength                   Tag = 0x42002A
	TagCryptographicParameters               Tag = 0x42002B
	TagCryptographicUsageMask                Tag = 0x42002C
	TagCustomAttribute                       Tag = 0x42002D
	TagD                                     Tag = 0x42002E
	TagDeactivationDate                      Tag = 0x42002F
	TagDerivationData                        Tag = 0x420030
	TagDerivationMethod                      Tag = 0x420031
	TagDerivationParameters                  Tag = 0x420032
	TagDestroyDate                           Tag = 0x420033
	TagDigest                                Tag = 0x420034
	TagDigestValue                           Tag = 0x420035
	TagEncryptionKeyInformation              Tag = 0x420036
	TagG                                     Tag = 0x420037
	TagHashingAlgorithm                      Tag = 0x420038
	TagInitialDate                           Tag = 0x420039
	TagInitializationVector                  Tag = 0x42003A
	TagIssuer                                Tag = 0x42003B
	TagIterationCount                        Tag = 0x42003C
	TagIVCounterNonce                        Tag = 0x42003D
	TagJ                                     Tag = 0x42003E
	TagKey                                   Tag = 0x42003F
	TagKeyBlock                              Tag = 0x420040
	TagKeyCompressionType                    Tag = 0x420041
	TagKeyFormatType                         Tag = 0x420042
	TagKeyMaterial                           Tag = 0x420043
	TagKeyPartIdentifier                     Tag = 0x420044
	TagKeyValue                              Tag = 0x420045
	TagKeyWrappingData                       Tag = 0x420046
	TagKeyWrappingSpecification              Tag = 0x420047
	TagLastChangeDate                        Tag = 0x420048
	TagLeaseTime                             Tag = 0x420049
	TagLink                                  Tag = 0x42004A
	TagLinkType                              Tag = 0x42004B
	TagLinkedObjectIdentifier                Tag = 0x42004C
	TagMACSignature                          Tag = 0x42004D
	TagMACSignatureKeyInformation            Tag = 0x42004E
	TagMaximumItems                          Tag = 0x42004F
	TagMaximumResponseSize                   Tag = 0x420050
	TagMessageExtension                      Tag = 0x420051
	TagModulus                               Tag = 0x420052
	TagName                                  Tag = 0x420053
	TagNameType                              Tag = 0x420054
	TagNameValue                             Tag = 0x420055
	TagObjectGroup                           Tag = 0x420056
	TagObjectType                            Tag = 0x420057
	TagOffset                                Tag = 0x420058
	TagOpaqueDataType                        Tag = 0x420059
	TagOpaqueDataValue                       Tag = 0x42005A
	TagOpaqueObject                          Tag = 0x42005B
	TagOperation                             Tag = 0x42005C
	TagOperationPolicyName                   Tag = 0x42005D
	TagP                                     Tag = 0x42005E
	TagPaddingMethod                         Tag = 0x42005F
	TagPrimeExponentP                        Tag = 0x420060
	TagPrimeExponentQ                        Tag = 0x420061
	TagPrimeFieldSize                        Tag = 0x420062
	TagPrivateExponent                       Tag = 0x420063
	TagPrivateKey                            Tag = 0x420064
	TagPrivateKeyTemplateAttribute           Tag = 0x420065
	TagPrivateKeyUniqueIdentifier            Tag = 0x420066
	TagProcessStartDate                      Tag = 0x420067
	TagProtectStopDate                       Tag = 0x420068
	TagProtocolVersion                       Tag = 0x420069
	TagProtocolVersionMajor                  Tag = 0x42006A
	TagProtocolVersionMinor                  Tag = 0x42006B
	TagPublicExponent                        Tag = 0x42006C
	TagPublicKey                             Tag = 0x42006D
	TagPublicKeyTemplateAttribute            Tag = 0x42006E
	TagPublicKeyUniqueIdentifier             Tag = 0x42006F
	TagPutFunction                           Tag = 0x420070
	TagQ                                     Tag = 0x420071
	TagQString                               Tag = 0x420072
	TagQlength                               Tag = 0x420073
	TagQueryFunction                         Tag = 0x420074
	TagRecommendedCurve                      Tag = 0x420075
	TagReplacedUniqueIdentifier              Tag = 0x420076
	TagRequestHeader                         Tag = 0x420077
	TagRequestMessage                        Tag = 0x420078
	TagRequestPayload                        Tag = 0x420079
	TagResponseHeader                        Tag = 0x42007A
	TagResponseMessage                       Tag = 0x42007B
	TagResponsePayload                       Tag = 0x42007C
	TagResultMessage                         Tag = 0x42007D
	TagResultReason                          Tag = 0x42007E
	TagResultStatus                          Tag = 0x42007F
	TagRevocationMessage                     Tag = 0x420080
	TagRevocationReason                      Tag = 0x420081
	TagRevocationReasonCode                  Tag = 0x420082
	TagKeyRoleType                           Tag = 0x420083
	TagSalt                                  Tag = 0x420084
	TagSecretData                            Tag = 0x420085
	TagSecretDataType                        Tag = 0x420086
	TagSerialNumber                          Tag = 0x420087
	TagServerInformation                     Tag = 0x420088
	TagSplitKey                              Tag = 0x420089
	TagSplitKeyMethod                        Tag = 0x42008A
	TagSplitKeyParts                         Tag = 0x42008B
	TagSplitKeyThreshold                     Tag = 0x42008C
	TagState                                 Tag = 0x42008D
	TagStorageStatusMask                     Tag = 0x42008E
	TagSymmetricKey                          Tag = 0x42008F
	TagTemplate                              Tag = 0x420090
	TagTemplateAttribute                     Tag = 0x420091
	TagTimeStamp                             Tag = 0x420092
	TagUniqueBatchItemID                     Tag = 0x420093
	TagUniqueIdentifier                      Tag = 0x420094
	TagUsageLimits                           Tag = 0x420095
	TagUsageLimitsCount                      Tag = 0x420096
	TagUsageLimitsTotal                      Tag = 0x420097
	TagUsageLimitsUnit                       Tag = 0x420098
	TagUsername                              Tag = 0x420099
	TagValidityDate                          Tag = 0x42009A
	TagValidityIndicator                     Tag = 0x42009B
	TagVendorExtension                       Tag = 0x42009C
	TagVendorIdentification                  Tag = 0x42009D
	TagWrappingMethod                        Tag = 0x42009E
	TagX                                     Tag = 0x42009F
	TagY                                     Tag = 0x4200A0
	TagPassword                              Tag = 0x4200A1
	TagDeviceIdentifier                      Tag = 0x4200A2
	TagEncodingOption                        Tag = 0x4200A3
	TagExtensionInformation                  Tag = 0x4200A4
	TagExtensionName                         Tag = 0x4200A5
	TagExtensionTag                          Tag = 0x4200A6
	TagExtensionType                         Tag = 0x4200A7
	TagFresh                                 Tag = 0x4200A8
	TagMachineIdentifier                     Tag = 0x4200A9
	TagMediaIdentifier                       Tag = 0x4200AA
	TagNetworkIdentifier                     Tag = 0x4200AB
	TagObjectGroupMember                     Tag = 0x4200AC
	TagCertificateLength                     Tag = 0x4200AD
	TagDigitalSignatureAlgorithm             Tag = 0x4200AE
	TagCertificateSerialNumber               Tag = 0x4200AF
	TagDeviceSerialNumber                    Tag = 0x4200B0
	TagIssuerAlternativeName                 Tag = 0x4200B1
	TagIssuerDistinguishedName               Tag = 0x4200B2
	TagSubjectAlternativeName                Tag = 0x4200B3
	TagSubjectDistinguishedName              Tag = 0x4200B4
	TagX_509CertificateIdentifier            Tag = 0x4200B5
	TagX_509CertificateIssuer                Tag = 0x4200B6
	TagX_509CertificateSubject               Tag = 0x4200B7
	TagKeyValueLocation                      Tag = 0x4200B8
	TagKeyValueLocationValue                 Tag = 0x4200B9
	TagKeyValueLocationType                  Tag = 0x4200BA
	TagKeyValuePresent                       Tag = 0x4200BB
	TagOriginalCreationDate                  Tag = 0x4200BC
	TagPGPKey                                Tag = 0x4200BD
	TagPGPKeyVersion                         Tag = 0x4200BE
	TagAlternativeName                       Tag = 0x4200BF
	TagAlternativeNameValue                  Tag = 0x4200C0
	TagAlternativeNameType                   Tag = 0x4200C1
	TagData                                  Tag = 0x4200C2
	TagSignatureData                         Tag = 0x4200C3
	TagDataLength                            Tag = 0x4200C4
	TagRandomIV                              Tag = 0x4200C5
	TagMACData                               Tag = 0x4200C6
	TagAttestationType                       Tag = 0x4200C7
	TagNonce                                 Tag = 0x4200C8
	TagNonceID                               Tag = 0x4200C9
	TagNonceValue                            Tag = 0x4200CA
	TagAttestationMeasurement                Tag = 0x4200CB
	TagAttestationAssertion                  Tag = 0x4200CC
	TagIVLength                              Tag = 0x4200CD
	TagTagLength                             Tag = 0x4200CE
	TagFixedFieldLength                      Tag = 0x4200CF
	TagCounterLength                         Tag = 0x4200D0
	TagInitialCounterValue                   Tag = 0x4200D1
	TagInvocationFieldLength                 Tag = 0x4200D2
	TagAttestationCapableIndicator           Tag = 0x4200D3
	TagOffsetItems                           Tag = 0x4200D4
	TagLocatedItems                          Tag = 0x4200D5
	TagCorrelationValue                      Tag = 0x4200D6
	TagInitIndicator                         Tag = 0x4200D7
	TagFinalIndicator                        Tag = 0x4200D8
	TagRNGParameters                         Tag = 0x4200D9
	TagRNGAlgorithm                          Tag = 0x4200DA
	TagDRBGAlgorithm                         Tag = 0x4200DB
	TagFIPS186Variation                      Tag = 0x4200DC
	TagPredictionResistance                  Tag = 0x4200DD
	TagRandomNumberGenerator                 Tag = 0x4200DE
	TagValidationInformation                 Tag = 0x4200DF
	TagValidationAuthorityType               Tag = 0x4200E0
	TagValidationAuthorityCountry            Tag = 0x4200E1
	TagValidationAuthorityURI                Tag = 0x4200E2
	TagValidationVersionMajor                Tag = 0x4200E3
	TagValidationVersionMinor                Tag = 0x4200E4
	TagValidationType                        Tag = 0x4200E5
	TagValidationLevel                       Tag = 0x4200E6
	TagValidationCertificateIdentifier       Tag = 0x4200E7
	TagValidationCertificateURI              Tag = 0x4200E8
	TagValidationVendorURI                   Tag = 0x4200E9
	TagValidationProfile                     Tag = 0x4200EA
	TagProfileInformation                    Tag = 0x4200EB
	TagProfileName                           Tag = 0x4200EC
	TagServerURI                             Tag = 0x4200ED
	TagServerPort                            Tag = 0x4200EE
	TagStreamingCapability                   Tag = 0x4200EF
	TagAsynchronousCapability                Tag = 0x4200F0
	TagAttestationCapability                 Tag = 0x4200F1
	TagUnwrapMode                            Tag = 0x4200F2
	TagDestroyAction                         Tag = 0x4200F3
	TagShreddingAlgorithm                    Tag = 0x4200F4
	TagRNGMode                               Tag = 0x4200F5
	TagClientRegistrationMethod              Tag = 0x4200F6
	TagCapabilityInformation                 Tag = 0x4200F7
	TagKeyWrapType                           Tag = 0x4200F8
	TagBatchUndoCapability                   Tag = 0x4200F9
	TagBatchContinueCapability               Tag = 0x4200FA
	TagPKCS_12FriendlyName                   Tag = 0x4200FB
	TagDescription                           Tag = 0x4200FC
	TagComment                               Tag = 0x4200FD
	TagAuthenticatedEncryptionAdditionalData Tag = 0x4200FE
	TagAuthenticatedEncryptionTag            Tag = 0x4200FF
	TagSaltLength                            Tag = 0x420100
	TagMaskGenerator                         Tag = 0x420101
	TagMaskGeneratorHashingAlgorithm         Tag = 0x420102
	TagPSource                               Tag = 0x420103
	TagTrailerField                          Tag = 0x420104
	TagClientCorrelationValue                Tag = 0x420105
	TagServerCorrelationValue                Tag = 0x420106
	TagDigestedData                          Tag = 0x420107
	TagCertificateSubjectCN                  Tag = 0x420108
	TagCertificateSubjectO                   Tag = 0x420109
	TagCertificateSubjectOU                  Tag = 0x42010A
	TagCertificateSubjectEmail               Tag = 0x42010B
	TagCertificateSubjectC                   Tag = 0x42010C
	TagCertificateSubjectST                  Tag = 0x42010D
	TagCertificateSubjectL                   Tag = 0x42010E
	TagCertificateSubjectUID                 Tag = 0x42010F
	TagCertificateSubjectSerialNumber        Tag = 0x420110
	TagCertificateSubjectTitle               Tag = 0x420111
	TagCertificateSubjectDC                  Tag = 0x420112
	TagCertificateSubjectDNQualifier         Tag = 0x420113
	TagCertificateIssuerCN                   Tag = 0x420114
	TagCertificateIssuerO                    Tag = 0x420115
	TagCertificateIssuerOU                   Tag = 0x420116
	TagCertificateIssuerEmail                Tag = 0x420117
	TagCertificateIssuerC                    Tag = 0x420118
	TagCertificateIssuerST                   Tag = 0x420119
	TagCertificateIssuerL                    Tag = 0x42011A
	TagCertificateIssuerUID                  Tag = 0x42011B
	TagCertificateIssuerSerialNumber         Tag = 0x42011C
	TagCertificateIssuerTitle                Tag = 0x42011D
	TagCertificateIssuerDC                   Tag = 0x42011E
	TagCertificateIssuerDNQualifier          Tag = 0x42011F
	TagSensitive                             Tag = 0x420120
	TagAlwaysSensitive                       Tag = 0x420121
	TagExtractable                           Tag = 0x420122
	TagNeverExtractable                      Tag = 0x420123
	TagReplaceExisting                       Tag = 0x420124
	TagAttributes                            Tag = 0x420125
	TagCommonAttributes                      Tag = 0x420126
	TagPrivateKeyAttributes                  Tag = 0x420127
	TagPublicKeyAttributes                   Tag = 0x420128
	TagExtensionEnumeration                  Tag = 0x420129
	TagExtensionAttribute                    Tag = 0x42012A
	TagExtensionParentStructureTag           Tag = 0x42012B
	TagExtensionDescription                  Tag = 0x42012C
	TagServerName                            Tag = 0x42012D
	TagServerSerialNumber                    Tag = 0x42012E
	TagServerVersion                         Tag = 0x42012F
	TagServerLoad                            Tag = 0x420130
	TagProductName                           Tag = 0x420131
	TagBuildLevel                            Tag = 0x420132
	TagBuildDate                             Tag = 0x420133
	TagClusterInfo                           Tag = 0x420134
	TagAlternateFailoverEndpoints            Tag = 0x420135
	TagShortUniqueIdentifier                 Tag = 0x420136
	TagTag                                   Tag = 0x420138
	TagCertificateRequestUniqueIdentifier    Tag = 0x420139
	TagNISTKeyType                           Tag = 0x42013A
	TagAttributeReference                    Tag = 0x42013B
	TagCurrentAttribute                      Tag = 0x42013C
	TagNewAttribute                          Tag = 0x42013D
	TagCertificateRequestValue               Tag = 0x420140
	TagLogMessage                            Tag = 0x420141
	TagProfileVersion                        Tag = 0x420142
	TagProfileVersionMajor                   Tag = 0x420143
	TagProfileVersionMinor                   Tag = 0x420144
	TagProtectionLevel                       Tag = 0x420145
	TagProtectionPeriod                      Tag = 0x420146
	TagQuantumSafe                           Tag = 0x420147
	TagQuantumSafeCapability                 Tag = 0x420148
	TagTicket                                Tag = 0x420149
	TagTicketType                            Tag = 0x42014A
	TagTicketValue                           Tag = 0x42014B
	TagRequestCount                          Tag = 0x42014C
	TagRights                                Tag = 0x42014D
	TagObjects                               Tag = 0x42014E
	TagOperations                            Tag = 0x42014F
	TagRight                                 Tag = 0x420150
	TagEndpointRole                          Tag = 0x420151
	TagDefaultsInformation                   Tag = 0x420152
	TagObjectDefaults                        Tag = 0x420153
	TagEphemeral                             Tag = 0x420154
	TagServerHashedPassword                  Tag = 0x420155
	TagOneTimePassword                       Tag = 0x420156
	TagHashedPassword                        Tag = 0x420157
	TagAdjustmentType                        Tag = 0x420158
	TagPKCS_11Interface                      Tag = 0x420159
	TagPKCS_11Function                       Tag = 0x42015A
	TagPKCS_11InputParameters                Tag = 0x42015B
	TagPKCS_11OutputParameters               Tag = 0x42015C
	TagPKCS_11ReturnCode                     Tag = 0x42015D
	TagProtectionStorageMask                 Tag = 0x42015E
	TagProtectionStorageMasks                Tag = 0x42015F
	TagInteropFunction                       Tag = 0x420160
	TagInteropIdentifier                     Tag = 0x420161
	TagAdjustmentValue                       Tag = 0x420162
	TagCommonProtectionStorageMasks          Tag = 0x420163
	TagPrivateProtectionStorageMasks         Tag = 0x420164
	TagPublicProtectionStorageMasks          Tag = 0x420165
	TagObjectGroups                          Tag = 0x420166
	TagObjectTypes                           Tag = 0x420167
	TagConstraints                           Tag = 0x420168
	TagConstraint                            Tag = 0x420169
	TagRotateInterval                        Tag = 0x42016A
	TagRotateAutomatic                       Tag = 0x42016B
	TagRotateOffset                          Tag = 0x42016C
	TagRotateDate                            Tag = 0x42016D
	TagRotateGeneration                      Tag = 0x42016E
	TagRotateName                            Tag = 0x42016F
	TagRotateNameValue                       Tag = 0x420170
	TagRotateNameType                        Tag = 0x420171
	TagRotateLatest                          Tag = 0x420172
	TagAsynchronousRequest                   Tag = 0x420173
	TagSubmissionDate                        Tag = 0x420174
	TagProcessingStage                       Tag = 0x420175
	TagAsynchronousCorrelationValues         Tag = 0x420176
)

// AdjustmentType is the enumeration "Adjustment Type".
type AdjustmentType uint32

const (
	AdjustmentTypeIncrement AdjustmentType = 0x00000001
	AdjustmentTypeDecrement AdjustmentType = 0x00000002
	AdjustmentTypeNegate    AdjustmentType = 0x00000003
)

// String is the value as XML writes it.
func (v AdjustmentType) String() string { return ValueText(TagAdjustmentType, uint32(v)) }

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

// AsynchronousIndicator is the enumeration "Asynchronous Indicator".
type AsynchronousIndicator uint32

const (
	AsynchronousIndicatorMandatory  AsynchronousIndicator = 0x00000001
	AsynchronousIndicatorOptional   AsynchronousIndicator = 0x00000002
	AsynchronousIndicatorProhibited AsynchronousIndicator = 0x00000003
)

// String is the value as XML writes it.
func (v AsynchronousIndicator) String() string { return ValueText(TagAsynchronousIndicator, uint32(v)) }

// AttestationType is the enumeration "Attestation Type".
type AttestationType uint32

const (
	AttestationTypeTPMQuote           AttestationType = 0x00000001
	AttestationTypeTCGIntegrityReport AttestationType = 0x00000002
	AttestationTypeSAMLAssertion      AttestationType = 0x00000003
)

// String is the value as XML writes it.
func (v AttestationType) String() string { return ValueText(TagAttestationType, uint32(v)) }

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

// CertificateType is the enumeration "Certificate Type".
type CertificateType uint32

const (
	CertificateTypeX_509 CertificateType = 0x00000001
	CertificateTypePGP   CertificateType = 0x00000002
)

// String is the value as XML writes it.
func (v CertificateType) String() string { return ValueText(TagCertificateType, uint32(v)) }

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

// EncodingOption is the enumeration "Encoding Option".
type EncodingOption uint32

const (
	EncodingOptionNoEncoding   EncodingOption = 0x00000001
	EncodingOptionTTLVEncoding EncodingOption = 0x00000002
)

// String is the value as XML writes it.
func (v EncodingOption) String() string { return ValueText(TagEncodingOption, uint32(v)) }

// EndpointRole is the enumeration "Endpoint Role".
type EndpointRole uint32

const (
	EndpointRoleClient EndpointRole = 0x00000001
	EndpointRoleServer EndpointRole = 0x00000002
)

// String is the value as XML writes it.
func (v EndpointRole) String() string { return ValueText(TagEndpointRole, uint32(v)) }

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

// InteropFunction is the enumeration "Interop Function".
type InteropFunction uint32

const (
	InteropFunctionBegin InteropFunction = 0x00000001
	InteropFunctionEnd   InteropFunction = 0x00000002
	InteropFunctionReset InteropFunction = 0x00000003
)

// String is the value as XML writes it.
func (v InteropFunction) String() string { return ValueText(TagInteropFunction, uint32(v)) }

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

// KeyValueLocationType is the enumeration "Key Value Location Type".
type KeyValueLocationType uint32

const (
	KeyValueLocationTypeUninterpretedTextString KeyValueLocationType = 0x00000001
	KeyValueLocationTypeURI                     KeyValueLocationType = 0x00000002
)

// String is the value as XML writes it.
func (v KeyValueLocationType) String() string { return ValueText(TagKeyValueLocationType, uint32(v)) }

// KeyWrapType is the enumeration "Key Wrap Type".
type KeyWrapType uint32

const (
	KeyWrapTypeNotWrapped   KeyWrapType = 0x00000001
	KeyWrapTypeAsRegistered KeyWrapType = 0x00000002
)

// String is the value as XML writes it.
func (v KeyWrapType) String() string { return ValueText(TagKeyWrapType, uint32(v)) }

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

// MaskGenerator is the enumeration "Mask Generator".
type MaskGenerator uint32

const (
	MaskGeneratorMGF1 MaskGenerator = 0x00000001
)

// String is the value as XML writes it.
func (v MaskGenerator) String() string { return ValueText(TagMaskGenerator, uint32(v)) }

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

// NameType is the enumeration "Name Type".
type NameType uint32

const (
	NameTypeUninterpretedTextString NameType = 0x00000001
	NameTypeURI                     NameType = 0x00000002
)

// String is the value as XML writes it.
func (v NameType) String() string { return ValueText(TagNameType, uint32(v)) }

// ObjectGroupMember is the enumeration "Object Group Member".
type ObjectGroupMember uint32

const (
	ObjectGroupMemberGroupMemberFresh   ObjectGroupMember = 0x00000001
	ObjectGroupMemberGroupMemberDefault ObjectGroupMember = 0x00000002
)

// String is the value as XML writes it.
func (v ObjectGroupMember) String() string { return ValueText(TagObjectGroupMember, uint32(v)) }

// ObjectType is the enumeration "Object Type".
type ObjectType uint32

const (
	ObjectTypeCertificate        ObjectType = 0x00000001
	ObjectTypeSymmetricKey       ObjectType = 0x00000002
	ObjectTypePublicKey          ObjectType = 0x00000003
	ObjectTypePrivateKey         ObjectType = 0x00000004
	ObjectTypeSplitKey           ObjectType = 0x00000005
	ObjectTypeTemplate           ObjectType = 0x00000006
	ObjectTypeSecretData         ObjectType = 0x00000007
	ObjectTypeOpaqueObject       ObjectType = 0x00000008
	ObjectTypePGPKey             ObjectType = 0x00000009
	ObjectTypeCertificateRequest ObjectType = 0x0000000A
)

// String is the value as XML writes it.
func (v ObjectType) String() string { return ValueText(TagObjectType, uint32(v)) }

// OpaqueDataType is the enumeration "Opaque Data Type".
type OpaqueDataType uint32

// String is the value as XML writes it.
func (v OpaqueDataType) String() string { return ValueText(TagOpaqueDataType, uint32(v)) }

// Operation is the enumeration "Operation".
type Operation uint32

const (
	OperationCreate                    Operation = 0x00000001
	OperationCreateKeyPair             Operation = 0x00000002
	OperationRegister                  Operation = 0x00000003
	OperationReKey                     Operation = 0x00000004
	OperationDeriveKey                 Operation = 0x00000005
	OperationCertify                   Operation = 0x00000006
	OperationReCertify                 Operation = 0x00000007
	OperationLocate                    Operation = 0x00000008
	OperationCheck                     Operation = 0x00000009
	OperationGet                       Operation = 0x0000000A
	OperationGetAttributes             Operation = 0x0000000B
	OperationGetAttributeList          Operation = 0x0000000C
	OperationAddAttribute              Operation = 0x0000000D
	OperationModifyAttribute           Operation = 0x0000000E
	OperationDeleteAttribute           Operation = 0x0000000F
	OperationObtainLease               Operation = 0x00000010
	OperationGetUsageAllocation        Operation = 0x00000011
	OperationActivate                  Operation = 0x00000012
	OperationRevoke                    Operation = 0x00000013
	OperationDestroy                   Operation = 0x00000014
	OperationArchive                   Operation = 0x00000015
	OperationRecover                   Operation = 0x00000016
	OperationValidate                  Operation = 0x00000017
	OperationQuery                     Operation = 0x00000018
	OperationCancel                    Operation = 0x00000019
	OperationPoll                      Operation = 0x0000001A
	OperationNotify                    Operation = 0x0000001B
	OperationPut                       Operation = 0x0000001C
	OperationReKeyKeyPair              Operation = 0x0000001D
	OperationDiscoverVersions          Operation = 0x0000001E
	OperationEncrypt                   Operation = 0x0000001F
	OperationDecrypt                   Operation = 0x00000020
	OperationSign                      Operation = 0x00000021
	OperationSignatureVerify           Operation = 0x00000022
	OperationMAC                       Operation = 0x00000023
	OperationMACVerify                 Operation = 0x00000024
	OperationRNGRetrieve               Operation = 0x00000025
	OperationRNGSeed                   Operation = 0x00000026
	OperationHash                      Operation = 0x00000027
	OperationCreateSplitKey            Operation = 0x00000028
	OperationJoinSplitKey              Operation = 0x00000029
	OperationImport                    Operation = 0x0000002A
	OperationExport                    Operation = 0x0000002B
	OperationLog                       Operation = 0x0000002C
	OperationLogin                     Operation = 0x0000002D
	OperationLogout                    Operation = 0x0000002E
	OperationDelegatedLogin            Operation = 0x0000002F
	OperationAdjustAttribute           Operation = 0x00000030
	OperationSetAttribute              Operation = 0x00000031
	OperationSetEndpointRole           Operation = 0x00000032
	OperationPKCS_11                   Operation = 0x00000033
	OperationInterop                   Operation = 0x00000034
	OperationReProvision               Operation = 0x00000035
	OperationSetDefaults               Operation = 0x00000036
	OperationSetConstraints            Operation = 0x00000037
	OperationGetConstraints            Operation = 0x00000038
	OperationQueryAsynchronousRequests Operation = 0x00000039
	OperationProcess                   Operation = 0x0000003A
	OperationPing                      Operation = 0x0000003B
)

// String is the value as XML writes it.
func (v Operation) String() string { return ValueText(TagOperation, uint32(v)) }

// PaddingMethod is the enumeration "Padding Method".
type PaddingMethod uint32

const (
	PaddingMethodNone      PaddingMethod = 0x00000001
	PaddingMethodOAEP      PaddingMethod = 0x00000002
	PaddingMethodPKCS5     PaddingMethod = 0x00000003
	PaddingMethodSSL3      PaddingMethod = 0x00000004
	PaddingMethodZeros     PaddingMethod = 0x00000005
	PaddingMethodANSIX9_23 PaddingMethod = 0x00000006
	PaddingMethodISO10126  PaddingMethod = 0x00000007
	PaddingMethodPKCS1V1_5 PaddingMethod = 0x00000008
	PaddingMethodX9_31     PaddingMethod = 0x00000009
	PaddingMethodPSS       PaddingMethod = 0x0000000A
)

// String is the value as XML writes it.
func (v PaddingMethod) String() string { return ValueText(TagPaddingMethod, uint32(v)) }

// ProcessingStage is the enumeration "Processing Stage".
type ProcessingStage uint32

const (
	ProcessingStageSubmitted ProcessingStage = 0x00000001
	ProcessingStageInProcess ProcessingStage = 0x00000002
	ProcessingStageCompleted ProcessingStage = 0x00000003
)

// String is the value as XML writes it.
func (v ProcessingStage) String() string { return ValueText(TagProcessingStage, uint32(v)) }

// ProfileName is the enumeration "Profile Name".
type ProfileName uint32

const (
	ProfileNameBaselineServerBasicKMIPV1_2                       ProfileName = 0x00000001
	ProfileNameBaselineServerTLSV1_2KMIPV1_2                     ProfileName = 0x00000002
	ProfileNameBaselineClientBasicKMIPV1_2                       ProfileName = 0x00000003
	ProfileNameBaselineClientTLSV1_2KMIPV1_2                     ProfileName = 0x00000004
	ProfileNameCompleteServerBasicKMIPV1_2                       ProfileName = 0x00000005
	ProfileNameCompleteServerTLSV1_2KMIPV1_2                     ProfileName = 0x00000006
	ProfileNameTapeLibraryClientKMIPV1_0                         ProfileName = 0x00000007
	ProfileNameTapeLibraryClientKMIPV1_1                         ProfileName = 0x00000008
	ProfileNameTapeLibraryClientKMIPV1_2                         ProfileName = 0x00000009
	ProfileNameTapeLibraryServerKMIPV1_0                         ProfileName = 0x0000000A
	ProfileNameTapeLibraryServerKMIPV1_1                         ProfileName = 0x0000000B
	ProfileNameTapeLibraryServerKMIPV1_2                         ProfileName = 0x0000000C
	ProfileNameSymmetricKeyLifecycleClientKMIPV1_0               ProfileName = 0x0000000D
	ProfileNameSymmetricKeyLifecycleClientKMIPV1_1               ProfileName = 0x0000000E
	ProfileNameSymmetricKeyLifecycleClientKMIPV1_2               ProfileName = 0x0000000F
	ProfileNameSymmetricKeyLifecycleServerKMIPV1_0               ProfileName = 0x00000010
	ProfileNameSymmetricKeyLifecycleServerKMIPV1_1               ProfileName = 0x00000011
	ProfileNameSymmetricKeyLifecycleServerKMIPV1_2               ProfileName = 0x00000012
	ProfileNameAsymmetricKeyLifecycleClientKMIPV1_0              ProfileName = 0x00000013
	ProfileNameAsymmetricKeyLifecycleClientKMIPV1_1              ProfileName = 0x00000014
	ProfileNameAsymmetricKeyLifecycleClientKMIPV1_2              ProfileName = 0x00000015
	ProfileNameAsymmetricKeyLifecycleServerKMIPV1_0              ProfileName = 0x00000016
	ProfileNameAsymmetricKeyLifecycleServerKMIPV1_1              ProfileName = 0x00000017
	ProfileNameAsymmetricKeyLifecycleServerKMIPV1_2              ProfileName = 0x00000018
	ProfileNameBasicCryptographicClientKMIPV1_2                  ProfileName = 0x00000019
	ProfileNameBasicCryptographicServerKMIPV1_2                  ProfileName = 0x0000001A
	ProfileNameAdvancedCryptographicClientKMIPV1_2               ProfileName = 0x0000001B
	ProfileNameAdvancedCryptographicServerKMIPV1_2               ProfileName = 0x0000001C
	ProfileNameRNGCryptographicClientKMIPV1_2                    ProfileName = 0x0000001D
	ProfileNameRNGCryptographicServerKMIPV1_2                    ProfileName = 0x0000001E
	ProfileNameBasicSymmetricKeyFoundryClientKMIPV1_0            ProfileName = 0x0000001F
	ProfileNameIntermediateSymmetricKeyFoundryClientKMIPV1_0     ProfileName = 0x00000020
	ProfileNameAdvancedSymmetricKeyFoundryClientKMIPV1_0         ProfileName = 0x00000021
	ProfileNameBasicSymmetricKeyFoundryClientKMIPV1_1            ProfileName = 0x00000022
	ProfileNameIntermediateSymmetricKeyFoundryClientKMIPV1_1     ProfileName = 0x00000023
	ProfileNameAdvancedSymmetricKeyFoundryClientKMIPV1_1         ProfileName = 0x00000024
	ProfileNameBasicSymmetricKeyFoundryClientKMIPV1_2            ProfileName = 0x00000025
	ProfileNameIntermediateSymmetricKeyFoundryClientKMIPV1_2     ProfileName = 0x00000026
	ProfileNameAdvancedSymmetricKeyFoundryClientKMIPV1_2         ProfileName = 0x00000027
	ProfileNameSymmetricKeyFoundryServerKMIPV1_0                 ProfileName = 0x00000028
	ProfileNameSymmetricKeyFoundryServerKMIPV1_1                 ProfileName = 0x00000029
	ProfileNameSymmetricKeyFoundryServerKMIPV1_2                 ProfileName = 0x0000002A
	ProfileNameOpaqueManagedObjectStoreClientKMIPV1_0            ProfileName = 0x0000002B
	ProfileNameOpaqueManagedObjectStoreClientKMIPV1_1            ProfileName = 0x0000002C
	ProfileNameOpaqueManagedObjectStoreClientKMIPV1_2            ProfileName = 0x0000002D
	ProfileNameOpaqueManagedObjectStoreServerKMIPV1_0            ProfileName = 0x0000002E
	ProfileNameOpaqueManagedObjectStoreServerKMIPV1_1            ProfileName = 0x0000002F
	ProfileNameOpaqueManagedObjectStoreServerKMIPV1_2            ProfileName = 0x00000030
	ProfileNameSuiteBMinLOS_128ClientKMIPV1_0                    ProfileName = 0x00000031
	ProfileNameSuiteBMinLOS_128ClientKMIPV1_1                    ProfileName = 0x00000032
	ProfileNameSuiteBMinLOS_128ClientKMIPV1_2                    ProfileName = 0x00000033
	ProfileNameSuiteBMinLOS_128ServerKMIPV1_0                    ProfileName = 0x00000034
	ProfileNameSuiteBMinLOS_128ServerKMIPV1_1                    ProfileName = 0x00000035
	ProfileNameSuiteBMinLOS_128ServerKMIPV1_2                    ProfileName = 0x00000036
	ProfileNameSuiteBMinLOS_192ClientKMIPV1_0                    ProfileName = 0x00000037
	ProfileNameSuiteBMinLOS_192ClientKMIPV1_1                    ProfileName = 0x00000038
	ProfileNameSuiteBMinLOS_192ClientKMIPV1_2                    ProfileName = 0x00000039
	ProfileNameSuiteBMinLOS_192ServerKMIPV1_0                    ProfileName = 0x0000003A
	ProfileNameSuiteBMinLOS_192ServerKMIPV1_1                    ProfileName = 0x0000003B
	ProfileNameSuiteBMinLOS_192ServerKMIPV1_2                    ProfileName = 0x0000003C
	ProfileNameStorageArrayWithSelfEncryptingDriveClientKMIPV1_0 ProfileName = 0x0000003D
	ProfileNameStorageArrayWithSelfEncryptingDriveClientKMIPV1_1 ProfileName = 0x0000003E
	ProfileNameStorageArrayWithSelfEncryptingDriveClientKMIPV1_2 ProfileName = 0x0000003F
	ProfileNameStorageArrayWithSelfEncryptingDriveServerKMIPV1_0 ProfileName = 0x00000040
	ProfileNameStorageArrayWithSelfEncryptingDriveServerKMIPV1_1 ProfileName = 0x00000041
	ProfileNameStorageArrayWithSelfEncryptingDriveServerKMIPV1_2 ProfileName = 0x00000042
	ProfileNameHTTPSClientKMIPV1_0                               ProfileName = 0x00000043
	ProfileNameHTTPSClientKMIPV1_1                               ProfileName = 0x00000044
	ProfileNameHTTPSClientKMIPV1_2                               ProfileName = 0x00000045
	ProfileNameHTTPSServerKMIPV1_0                               ProfileName = 0x00000046
	ProfileNameHTTPSServerKMIPV1_1                               ProfileName = 0x00000047
	ProfileNameHTTPSServerKMIPV1_2                               ProfileName = 0x00000048
	ProfileNameJSONClientKMIPV1_0                                ProfileName = 0x00000049
	ProfileNameJSONClientKMIPV1_1                                ProfileName = 0x0000004A
	ProfileNameJSONClientKMIPV1_2                                ProfileName = 0x0000004B
	ProfileNameJSONServerKMIPV1_0                                ProfileName = 0x0000004C
	ProfileNameJSONServerKMIPV1_1                                ProfileName = 0x0000004D
	ProfileNameJSONServerKMIPV1_2                                ProfileName = 0x0000004E
	ProfileNameXMLClientKMIPV1_0                                 ProfileName = 0x0000004F
	ProfileNameXMLClientKMIPV1_1                                 ProfileName = 0x00000050
	ProfileNameXMLClientKMIPV1_2                                 ProfileName = 0x00000051
	ProfileNameXMLServerKMIPV1_0                                 ProfileName = 0x00000052
	ProfileNameXMLServerKMIPV1_1                                 ProfileName = 0x00000053
	ProfileNameXMLServerKMIPV1_2                                 ProfileName = 0x00000054
	ProfileNameBaselineServerBasicKMIPV1_3                       ProfileName = 0x00000055
	ProfileNameBaselineServerTLSV1_2KMIPV1_3                     ProfileName = 0x00000056
	ProfileNameBaselineClientBasicKMIPV1_3                       ProfileName = 0x00000057
	ProfileNameBaselineClientTLSV1_2KMIPV1_3                     ProfileName = 0x00000058
	ProfileNameCompleteServerBasicKMIPV1_3                       ProfileName = 0x00000059
	ProfileNameCompleteServerTLSV1_2KMIPV1_3                     ProfileName = 0x0000005A
	ProfileNameTapeLibraryClientKMIPV1_3                         ProfileName = 0x0000005B
	ProfileNameTapeLibraryServerKMIPV1_3                         ProfileName = 0x0000005C
	ProfileNameSymmetricKeyLifecycleClientKMIPV1_3               ProfileName = 0x0000005D
	ProfileNameSymmetricKeyLifecycleServerKMIPV1_3               ProfileName = 0x0000005E
	ProfileNameAsymmetricKeyLifecycleClientKMIPV1_3              ProfileName = 0x0000005F
	ProfileNameAsymmetricKeyLifecycleServerKMIPV1_3              ProfileName = 0x00000060
	ProfileNameBasicCryptographicClientKMIPV1_3                  ProfileName = 0x00000061
	ProfileNameBasicCryptographicServerKMIPV1_3                  ProfileName = 0x00000062
	ProfileNameAdvancedCryptographicClientKMIPV1_3               ProfileName = 0x00000063
	ProfileNameAdvancedCryptographicServerKMIPV1_3               ProfileName = 0x00000064
	ProfileNameRNGCryptographicClientKMIPV1_3                    ProfileName = 0x00000065
	ProfileNameRNGCryptographicServerKMIPV1_3                    ProfileName = 0x00000066
	ProfileNameBasicSymmetricKeyFoundryClientKMIPV1_3            ProfileName = 0x00000067
	ProfileNameIntermediateSymmetricKeyFoundryClientKMIPV1_3     ProfileName = 0x00000068
	ProfileNameAdvancedSymmetricKeyFoundryClientKMIPV1_3         ProfileName = 0x00000069
	ProfileNameSymmetricKeyFoundryServerKMIPV1_3                 ProfileName = 0x0000006A
	ProfileNameOpaqueManagedObjectStoreClientKMIPV1_3            ProfileName = 0x0000006B
	ProfileNameOpaqueManagedObjectStoreServerKMIPV1_3            ProfileName = 0x0000006C
	ProfileNameSuiteBMinLOS_128ClientKMIPV1_3                    ProfileName = 0x0000006D
	ProfileNameSuiteBMinLOS_128ServerKMIPV1_3                    ProfileName = 0x0000006E
	ProfileNameSuiteBMinLOS_192ClientKMIPV1_3                    ProfileName = 0x0000006F
	ProfileNameSuiteBMinLOS_192ServerKMIPV1_3                    ProfileName = 0x00000070
	ProfileNameStorageArrayWithSelfEncryptingDriveClientKMIPV1_3 ProfileName = 0x00000071
	ProfileNameStorageArrayWithSelfEncryptingDriveServerKMIPV1_3 ProfileName = 0x00000072
	ProfileNameHTTPSClientKMIPV1_3                               ProfileName = 0x00000073
	ProfileNameHTTPSServerKMIPV1_3                               ProfileName = 0x00000074
	ProfileNameJSONClientKMIPV1_3                                ProfileName = 0x00000075
	ProfileNameJSONServerKMIPV1_3                                ProfileName = 0x00000076
	ProfileNameXMLClientKMIPV1_3                                 ProfileName = 0x00000077
	ProfileNameXMLServerKMIPV1_3                                 ProfileName = 0x00000078
	ProfileNameBaselineServerBasicKMIPV1_4                       ProfileName = 0x00000079
	ProfileNameBaselineServerTLSV1_2KMIPV1_4                     ProfileName = 0x0000007A
	ProfileNameBaselineClientBasicKMIPV1_4                       ProfileName = 0x0000007B
	ProfileNameBaselineClientTLSV1_2KMIPV1_4                     ProfileName = 0x0000007C
	ProfileNameCompleteServerBasicKMIPV1_4                       ProfileName = 0x0000007D
	ProfileNameCompleteServerTLSV1_2KMIPV1_4                     ProfileName = 0x0000007E
	ProfileNameTapeLibraryClientKMIPV1_4                         ProfileName = 0x0000007F
	ProfileNameTapeLibraryServerKMIPV1_4                         ProfileName = 0x00000080
	ProfileNameSymmetricKeyLifecycleClientKMIPV1_4               ProfileName = 0x00000081
	ProfileNameSymmetricKeyLifecycleServerKMIPV1_4               ProfileName = 0x00000082
	ProfileNameAsymmetricKeyLifecycleClientKMIPV1_4              ProfileName = 0x00000083
	ProfileNameAsymmetricKeyLifecycleServerKMIPV1_4              ProfileName = 0x00000084
	ProfileNameBasicCryptographicClientKMIPV1_4                  ProfileName = 0x00000085
	ProfileNameBasicCryptographicServerKMIPV1_4                  ProfileName = 0x00000086
	ProfileNameAdvancedCryptographicClientKMIPV1_4               ProfileName = 0x00000087
	ProfileNameAdvancedCryptographicServerKMIPV1_4               ProfileName = 0x00000088
	ProfileNameRNGCryptographicClientKMIPV1_4                    ProfileName = 0x00000089
	ProfileNameRNGCryptographicServerKMIPV1_4                    ProfileName = 0x0000008A
	ProfileNameBasicSymmetricKeyFoundryClientKMIPV1_4            ProfileName = 0x0000008B
	ProfileNameIntermediateSymmetricKeyFoundryClientKMIPV1_4     ProfileName = 0x0000008C
	ProfileNameAdvancedSymmetricKeyFoundryClientKMIPV1_4         ProfileName = 0x0000008D
	ProfileNameSymmetricKeyFoundryServerKMIPV1_4                 ProfileName = 0x0000008E
	ProfileNameOpaqueManagedObjectStoreClientKMIPV1_4            ProfileName = 0x0000008F
	ProfileNameOpaqueManagedObjectStoreServerKMIPV1_4            ProfileName = 0x00000090
	ProfileNameSuiteBMinLOS_128ClientKMIPV1_4                    ProfileName = 0x00000091
	ProfileNameSuiteBMinLOS_128ServerKMIPV1_4                    ProfileName = 0x00000092
	ProfileNameSuiteBMinLOS_192ClientKMIPV1_4                    ProfileName = 0x00000093
	ProfileNameSuiteBMinLOS_192ServerKMIPV1_4                    ProfileName = 0x00000094
	ProfileNameStorageArrayWithSelfEncryptingDriveClientKMIPV1_4 ProfileName = 0x00000095
	ProfileNameStorageArrayWithSelfEncryptingDriveServerKMIPV1_4 ProfileName = 0x00000096
	ProfileNameHTTPSClientKMIPV1_4                               ProfileName = 0x00000097
	ProfileNameHTTPSServerKMIPV1_4                               ProfileName = 0x00000098
	ProfileNameJSONClientKMIPV1_4                                ProfileName = 0x00000099
	ProfileNameJSONServerKMIPV1_4                                ProfileName = 0x0000009A
	ProfileNameXMLClientKMIPV1_4                                 ProfileName = 0x0000009B
	ProfileNameXMLServerKMIPV1_4                                 ProfileName = 0x0000009C
	ProfileNameCompleteServerBasic                               ProfileName = 0x00000104
	ProfileNameCompleteServerTLSV1_2                             ProfileName = 0x00000105
	ProfileNameTapeLibraryClient                                 ProfileName = 0x00000106
	ProfileNameTapeLibraryServer                                 ProfileName = 0x00000107
	ProfileNameSymmetricKeyLifecycleClient                       ProfileName = 0x00000108
	ProfileNameSymmetricKeyLifecycleServer                       ProfileName = 0x00000109
	ProfileNameAsymmetricKeyLifecycleClient                      ProfileName = 0x0000010A
	ProfileNameAsymmetricKeyLifecycleServer                      ProfileName = 0x0000010B
	ProfileNameBasicCryptographicClient                          ProfileName = 0x0000010C
	ProfileNameBasicCryptographicServer                          ProfileName = 0x0000010D
	ProfileNameAdvancedCryptographicClient                       ProfileName = 0x0000010E
	ProfileNameAdvancedCryptographicServer                       ProfileName = 0x0000010F
	ProfileNameRNGCryptographicClient                            ProfileName = 0x00000110
	ProfileNameRNGCryptographicServer                            ProfileName = 0x00000111
	ProfileNameBasicSymmetricKeyFoundryClient                    ProfileName = 0x00000112
	ProfileNameIntermediateSymmetricKeyFoundryClient             ProfileName = 0x00000113
	ProfileNameAdvancedSymmetricKeyFoundryClient                 ProfileName = 0x00000114
	ProfileNameSymmetricKeyFoundryServer                         ProfileName = 0x00000115
	ProfileNameOpaqueManagedObjectStoreClient                    ProfileName = 0x00000116
	ProfileNameOpaqueManagedObjectStoreServer                    ProfileName = 0x00000117
	ProfileNameSuiteBMinLOS_128Client                            ProfileName = 0x00000118
	ProfileNameSuiteBMinLOS_128Server                            ProfileName = 0x00000119
	ProfileNameSuiteBMinLOS_192Client                            ProfileName = 0x0000011A
	ProfileNameSuiteBMinLOS_192Server                            ProfileName = 0x0000011B
	ProfileNameStorageArrayWithSelfEncryptingDriveClient         ProfileName = 0x0000011C
	ProfileNameStorageArrayWithSelfEncryptingDriveServer         ProfileName = 0x0000011D
	ProfileNameHTTPSClient                                       ProfileName = 0x0000011E
	ProfileNameHTTPSServer                                       ProfileName = 0x0000011F
	ProfileNameJSONClient                                        ProfileName = 0x00000120
	ProfileNameJSONServer                                        ProfileName = 0x00000121
	ProfileNameXMLClient                                         ProfileName = 0x00000122
	ProfileNameXMLServer                                         ProfileName = 0x00000123
	ProfileNameAESXTSClient                                      ProfileName = 0x00000124
	ProfileNameAESXTSServer                                      ProfileName = 0x00000125
	ProfileNameQuantumSafeClient                                 ProfileName = 0x00000126
	ProfileNameQuantumSafeServer                                 ProfileName = 0x00000127
	ProfileNamePKCS_11Client                                     ProfileName = 0x00000128
	ProfileNamePKCS_11Server                                     ProfileName = 0x00000129
	ProfileNameBaselineClient                                    ProfileName = 0x0000012A
	ProfileNameBaselineServer                                    ProfileName = 0x0000012B
	ProfileNameCompleteServer                                    ProfileName = 0x0000012C
)

// String is the value as XML writes it.
func (v ProfileName) String() string { return ValueText(TagProfileName, uint32(v)) }

// ProtectionLevel is the enumeration "Protection Level".
type ProtectionLevel uint32

const (
	ProtectionLevelHigh ProtectionLevel = 0x00000001
	ProtectionLevelLow  ProtectionLevel = 0x00000002
)

// String is the value as XML writes it.
func (v ProtectionLevel) String() string { return ValueText(TagProtectionLevel, uint32(v)) }

// ProtectionStorageMask has a bit for each of these.
type ProtectionStorageMask uint32

const (
	ProtectionStorageMaskSoftware         ProtectionStorageMask = 0x00000001
	ProtectionStorageMaskHardware         ProtectionStorageMask = 0x00000002
	ProtectionStorageMaskOnProcessor      ProtectionStorageMask = 0x00000004
	ProtectionStorageMaskOnSystem         ProtectionStorageMask = 0x00000008
	ProtectionStorageMaskOffSystem        ProtectionStorageMask = 0x00000010
	ProtectionStorageMaskHypervisor       ProtectionStorageMask = 0x00000020
	ProtectionStorageMaskOperatingSystem  ProtectionStorageMask = 0x00000040
	ProtectionStorageMaskContainer        ProtectionStorageMask = 0x00000080
	ProtectionStorageMaskOnPremises       ProtectionStorageMask = 0x00000100
	ProtectionStorageMaskOffPremises      ProtectionStorageMask = 0x00000200
	ProtectionStorageMaskSelfManaged      ProtectionStorageMask = 0x00000400
	ProtectionStorageMaskOutsourced       ProtectionStorageMask = 0x00000800
	ProtectionStorageMaskValidated        ProtectionStorageMask = 0x00001000
	ProtectionStorageMaskSameJurisdiction ProtectionStorageMask = 0x00002000
)

// String is the value as XML writes it.
func (v ProtectionStorageMask) String() string {
	return MaskText(TagProtectionStorageMask, uint32(v), " ")
}

// PutFunction is the enumeration "Put Function".
type PutFunction uint32

const (
	PutFunctionNew     PutFunction = 0x00000001
	PutFunctionReplace PutFunction = 0x00000002
)

// String is the value as XML writes it.
func (v PutFunction) String() string { return ValueText(TagPutFunction, uint32(v)) }

// QueryFunction is the enumeration "Query Function".
type QueryFunction uint32

const (
	QueryFunctionQueryOperations                QueryFunction = 0x00000001
	QueryFunctionQueryObjects                   QueryFunction = 0x00000002
	QueryFunctionQueryServerInformation         QueryFunction = 0x00000003
	QueryFunctionQueryApplicationNamespaces     QueryFunction = 0x00000004
	QueryFunctionQueryExtensionList             QueryFunction = 0x00000005
	QueryFunctionQueryExtensionMap              QueryFunction = 0x00000006
	QueryFunctionQueryAttestationTypes          QueryFunction = 0x00000007
	QueryFunctionQueryRNGs                      QueryFunction = 0x00000008
	QueryFunctionQueryValidations               QueryFunction = 0x00000009
	QueryFunctionQueryProfiles                  QueryFunction = 0x0000000A
	QueryFunctionQueryCapabilities              QueryFunction = 0x0000000B
	QueryFunctionQueryClientRegistrationMethods QueryFunction = 0x0000000C
	QueryFunctionQueryDefaultsInformation       QueryFunction = 0x0000000D
	QueryFunctionQueryStorageProtectionMasks    QueryFunction = 0x0000000E
)

// String is the value as XML writes it.
func (v QueryFunction) String() string { return ValueText(TagQueryFunction, uint32(v)) }

// RNGAlgorithm is the enumeration "RNG Algorithm".
type RNGAlgorithm uint32

const (
	RNGAlgorithmUnspecified RNGAlgorithm = 0x00000001
	RNGAlgorithmFIPS186_2   RNGAlgorithm = 0x00000002
	RNGAlgorithmDRBG        RNGAlgorithm = 0x00000003
	RNGAlgorithmNRBG        RNGAlgorithm = 0x00000004
	RNGAlgorithmANSIX9_31   RNGAlgorithm = 0x00000005
	RNGAlgorithmANSIX9_62   RNGAlgorithm = 0x00000006
)

// String is the value as XML writes it.
func (v RNGAlgorithm) String() string { return ValueText(TagRNGAlgorithm, uint32(v)) }

// RNGMode is the enumeration "RNG Mode".
type RNGMode uint32

const (
	RNGModeUnspecified            RNGMode = 0x00000001
	RNGModeSharedInstantiation    RNGMode = 0x00000002
	RNGModeNonSharedInstantiation RNGMode = 0x00000003
)

// String is the value as XML writes it.
func (v RNGMode) String() string { return ValueText(TagRNGMode, uint32(v)) }

// RecommendedCurve is the enumeration "Recommended Curve".
type RecommendedCurve uint32

const (
	RecommendedCurveP_192            RecommendedCurve = 0x00000001
	RecommendedCurveK_163            RecommendedCurve = 0x00000002
	RecommendedCurveB_163            RecommendedCurve = 0x00000003
	RecommendedCurveP_224            RecommendedCurve = 0x00000004
	RecommendedCurveK_233            RecommendedCurve = 0x00000005
	RecommendedCurveB_233            RecommendedCurve = 0x00000006
	RecommendedCurveP_256            RecommendedCurve = 0x00000007
	RecommendedCurveK_283            RecommendedCurve = 0x00000008
	RecommendedCurveB_283            RecommendedCurve = 0x00000009
	RecommendedCurveP_384            RecommendedCurve = 0x0000000A
	RecommendedCurveK_409            RecommendedCurve = 0x0000000B
	RecommendedCurveB_409            RecommendedCurve = 0x0000000C
	RecommendedCurveP_521            RecommendedCurve = 0x0000000D
	RecommendedCurveK_571            RecommendedCurve = 0x0000000E
	RecommendedCurveB_571            RecommendedCurve = 0x0000000F
	RecommendedCurveSECP112R1        RecommendedCurve = 0x00000010
	RecommendedCurveSECP112R2        RecommendedCurve = 0x00000011
	RecommendedCurveSECP128R1        RecommendedCurve = 0x00000012
	RecommendedCurveSECP128R2        RecommendedCurve = 0x00000013
	RecommendedCurveSECP160K1        RecommendedCurve = 0x00000014
	RecommendedCurveSECP160R1        RecommendedCurve = 0x00000015
	RecommendedCurveSECP160R2        RecommendedCurve = 0x00000016
	RecommendedCurveSECP192K1        RecommendedCurve = 0x00000017
	RecommendedCurveSECP224K1        RecommendedCurve = 0x00000018
	RecommendedCurveSECP256K1        RecommendedCurve = 0x00000019
	RecommendedCurveSECT113R1        RecommendedCurve = 0x0000001A
	RecommendedCurveSECT113R2        RecommendedCurve = 0x0000001B
	RecommendedCurveSECT131R1        RecommendedCurve = 0x0000001C
	RecommendedCurveSECT131R2        RecommendedCurve = 0x0000001D
	RecommendedCurveSECT163R1        RecommendedCurve = 0x0000001E
	RecommendedCurveSECT193R1        RecommendedCurve = 0x0000001F
	RecommendedCurveSECT193R2        RecommendedCurve = 0x00000020
	RecommendedCurveSECT239K1        RecommendedCurve = 0x00000021
	RecommendedCurveANSIX9P192V2     RecommendedCurve = 0x00000022
	RecommendedCurveANSIX9P192V3     RecommendedCurve = 0x00000023
	RecommendedCurveANSIX9P239V1     RecommendedCurve = 0x00000024
	RecommendedCurveANSIX9P239V2     RecommendedCurve = 0x00000025
	RecommendedCurveANSIX9P239V3     RecommendedCurve = 0x00000026
	RecommendedCurveANSIX9C2PNB163V1 RecommendedCurve = 0x00000027
	RecommendedCurveANSIX9C2PNB163V2 RecommendedCurve = 0x00000028
	RecommendedCurveANSIX9C2PNB163V3 RecommendedCurve = 0x00000029
	RecommendedCurveANSIX9C2PNB176V1 RecommendedCurve = 0x0000002A
	RecommendedCurveANSIX9C2TNB191V1 RecommendedCurve = 0x0000002B
	RecommendedCurveANSIX9C2TNB191V2 RecommendedCurve = 0x0000002C
	RecommendedCurveANSIX9C2TNB191V3 RecommendedCurve = 0x0000002D
	RecommendedCurveANSIX9C2PNB208W1 RecommendedCurve = 0x0000002E
	RecommendedCurveANSIX9C2TNB239V1 RecommendedCurve = 0x0000002F
	RecommendedCurveANSIX9C2TNB239V2 RecommendedCurve = 0x00000030
	RecommendedCurveANSIX9C2TNB239V3 RecommendedCurve = 0x00000031
	RecommendedCurveANSIX9C2PNB272W1 RecommendedCurve = 0x00000032
	RecommendedCurveANSIX9C2PNB304W1 RecommendedCurve = 0x00000033
	RecommendedCurveANSIX9C2TNB359V1 RecommendedCurve = 0x00000034
	RecommendedCurveANSIX9C2PNB368W1 RecommendedCurve = 0x00000035
	RecommendedCurveANSIX9C2TNB431R1 RecommendedCurve = 0x00000036
	RecommendedCurveBRAINPOOLP160R1  RecommendedCurve = 0x00000037
	RecommendedCurveBRAINPOOLP160T1  RecommendedCurve = 0x00000038
	RecommendedCurveBRAINPOOLP192R1  RecommendedCurve = 0x00000039
	RecommendedCurveBRAINPOOLP192T1  RecommendedCurve = 0x0000003A
	RecommendedCurveBRAINPOOLP224R1  RecommendedCurve = 0x0000003B
	RecommendedCurveBRAINPOOLP224T1  RecommendedCurve = 0x0000003C
	RecommendedCurveBRAINPOOLP256R1  RecommendedCurve = 0x0000003D
	RecommendedCurveBRAINPOOLP256T1  RecommendedCurve = 0x0000003E
	RecommendedCurveBRAINPOOLP320R1  RecommendedCurve = 0x0000003F
	RecommendedCurveBRAINPOOLP320T1  RecommendedCurve = 0x00000040
	RecommendedCurveBRAINPOOLP384R1  RecommendedCurve = 0x00000041
	RecommendedCurveBRAINPOOLP384T1  RecommendedCurve = 0x00000042
	RecommendedCurveBRAINPOOLP512R1  RecommendedCurve = 0x00000043
	RecommendedCurveBRAINPOOLP512T1  RecommendedCurve = 0x00000044
	RecommendedCurveCURVE25519       RecommendedCurve = 0x00000045
	RecommendedCurveCURVE448         RecommendedCurve = 0x00000046
)

// String is the value as XML writes it.
func (v RecommendedCurve) String() string { return ValueText(TagRecommendedCurve, uint32(v)) }

// ResultReason is the enumeration "Result Reason".
type ResultReason uint32

const (
	ResultReasonItemNotFound                        ResultReason = 0x00000001
	ResultReasonResponseTooLarge                    ResultReason = 0x00000002
	ResultReasonAuthenticationNotSuccessful         ResultReason = 0x00000003
	ResultReasonInvalidMessage                      ResultReason = 0x00000004
	ResultReasonOperationNotSupported               ResultReason = 0x00000005
	ResultReasonMissingData                         ResultReason = 0x00000006
	ResultReasonInvalidField                        ResultReason = 0x00000007
	ResultReasonFeatureNotSupported                 ResultReason = 0x00000008
	ResultReasonOperationCanceledByRequester        ResultReason = 0x00000009
	ResultReasonCryptographicFailure                ResultReason = 0x0000000A
	ResultReasonIllegalOperation                    ResultReason = 0x0000000B
	ResultReasonPermissionDenied                    ResultReason = 0x0000000C
	ResultReasonObjectArchived                      ResultReason = 0x0000000D
	ResultReasonIndexOutOfBounds                    ResultReason = 0x0000000E
	ResultReasonApplicationNamespaceNotSupported    ResultReason = 0x0000000F
	ResultReasonKeyFormatTypeNotSupported           ResultReason = 0x00000010
	ResultReasonKeyCompressionTypeNotSupported      ResultReason = 0x00000011
	ResultReasonEncodingOptionError                 ResultReason = 0x00000012
	ResultReasonKeyValueNotPresent                  ResultReason = 0x00000013
	ResultReasonAttestationRequired                 ResultReason = 0x00000014
	ResultReasonAttestationFailed                   ResultReason = 0x00000015
	ResultReasonSensitive                           ResultReason = 0x00000016
	ResultReasonNotExtractable                      ResultReason = 0x00000017
	ResultReasonObjectAlreadyExists                 ResultReason = 0x00000018
	ResultReasonInvalidTicket                       ResultReason = 0x00000019
	ResultReasonUsageLimitExceeded                  ResultReason = 0x0000001A
	ResultReasonNumericRange                        ResultReason = 0x0000001B
	ResultReasonInvalidDataType                     ResultReason = 0x0000001C
	ResultReasonReadOnlyAttribute                   ResultReason = 0x0000001D
	ResultReasonMultiValuedAttribute                ResultReason = 0x0000001E
	ResultReasonUnsupportedAttribute                ResultReason = 0x0000001F
	ResultReasonAttributeInstanceNotFound           ResultReason = 0x00000020
	ResultReasonAttributeNotFound                   ResultReason = 0x00000021
	ResultReasonAttributeReadOnly                   ResultReason = 0x00000022
	ResultReasonAttributeSingleValued               ResultReason = 0x00000023
	ResultReasonBadCryptographicParameters          ResultReason = 0x00000024
	ResultReasonBadPassword                         ResultReason = 0x00000025
	ResultReasonCodecError                          ResultReason = 0x00000026
	ResultReasonIllegalObjectType                   ResultReason = 0x00000028
	ResultReasonIncompatibleCryptographicUsageMask  ResultReason = 0x00000029
	ResultReasonInternalServerError                 ResultReason = 0x0000002A
	ResultReasonInvalidAsynchronousCorrelationValue ResultReason = 0x0000002B
	ResultReasonInvalidAttribute                    ResultReason = 0x0000002C
	ResultReasonInvalidAttributeValue               ResultReason = 0x0000002D
	ResultReasonInvalidCorrelationValue             ResultReason = 0x0000002E
	ResultReasonInvalidCSR                          ResultReason = 0x0000002F
	ResultReasonInvalidObjectType                   ResultReason = 0x00000030
	ResultReasonKeyWrapTypeNotSupported             ResultReason = 0x00000032
	ResultReasonMissingInitializationVector         ResultReason = 0x00000034
	ResultReasonNonUniqueNameAttribute              ResultReason = 0x00000035
	ResultReasonObjectDestroyed                     ResultReason = 0x00000036
	ResultReasonObjectNotFound                      ResultReason = 0x00000037
	ResultReasonNotAuthorised                       ResultReason = 0x00000039
	ResultReasonServerLimitExceeded                 ResultReason = 0x0000003A
	ResultReasonUnknownEnumeration                  ResultReason = 0x0000003B
	ResultReasonUnknownMessageExtension             ResultReason = 0x0000003C
	ResultReasonUnknownTag                          ResultReason = 0x0000003D
	ResultReasonUnsupportedCryptographicParameters  ResultReason = 0x0000003E
	ResultReasonUnsupportedProtocolVersion          ResultReason = 0x0000003F
	ResultReasonWrappingObjectArchived              ResultReason = 0x00000040
	ResultReasonWrappingObjectDestroyed             ResultReason = 0x00000041
	ResultReasonWrappingObjectNotFound              ResultReason = 0x00000042
	ResultReasonWrongKeyLifecycleState              ResultReason = 0x00000043
	ResultReasonProtectionStorageUnavailable        ResultReason = 0x00000044
	ResultReasonPKCS_11CodecError                   ResultReason = 0x00000045
	ResultReasonPKCS_11InvalidFunction              ResultReason = 0x00000046
	ResultReasonPKCS_11InvalidInterface             ResultReason = 0x00000047
	ResultReasonPrivateProtectionStorageUnavailable ResultReason = 0x00000048
	ResultReasonPublicProtectionStorageUnavailable  ResultReason = 0x00000049
	ResultReasonUnknownObjectGroup                  ResultReason = 0x0000004A
	ResultReasonConstraintViolation                 ResultReason = 0x0000004B
	ResultReasonDuplicateProcessRequest             ResultReason = 0x0000004C
	ResultReasonGeneralFailure                      ResultReason = 0x00000100
)

// String is the value as XML writes it.
func (v ResultReason) String() string { return ValueText(TagResultReason, uint32(v)) }

// ResultStatus is the enumeration "Result Status".
type ResultStatus uint32

const (
	ResultStatusSuccess          ResultStatus = 0x00000000
	ResultStatusOperationFailed  ResultStatus = 0x00000001
	ResultStatusOperationPending ResultStatus = 0x00000002
	ResultStatusOperationUndone  ResultStatus = 0x00000003
)

// String is the value as XML writes it.
func (v ResultStatus) String() string { return ValueText(TagResultStatus, uint32(v)) }

// RevocationReasonCode is the enumeration "Revocation Reason Code".
type RevocationReasonCode uint32

const (
	RevocationReasonCodeUnspecified          RevocationReasonCode = 0x00000001
	RevocationReasonCodeKeyCompromise        RevocationReasonCode = 0x00000002
	RevocationReasonCodeCACompromise         RevocationReasonCode = 0x00000003
	RevocationReasonCodeAffiliationChanged   RevocationReasonCode = 0x00000004
	RevocationReasonCodeSuperseded           RevocationReasonCode = 0x00000005
	RevocationReasonCodeCessationOfOperation RevocationReasonCode = 0x00000006
	RevocationReasonCodePrivilegeWithdrawn   RevocationReasonCode = 0x00000007
)

// String is the value as XML writes it.
func (v RevocationReasonCode) String() string { return ValueText(TagRevocationReasonCode, uint32(v)) }

// RotateNameType is the enumeration "Rotate Name Type".
type RotateNameType uint32

const (
	RotateNameTypeUninterpretedTextString RotateNameType = 0x00000001
	RotateNameTypeURI                     RotateNameType = 0x00000002
)

// String is the value as XML writes it.
func (v RotateNameType) String() string { return ValueText(TagRotateNameType, uint32(v)) }

// SecretDataType is the enumeration "Secret Data Type".
type SecretDataType uint32

const (
	SecretDataTypePassword SecretDataType = 0x00000001
	SecretDataTypeSeed     SecretDataType = 0x00000002
)

// String is the value as XML writes it.
func (v SecretDataType) String() string { return ValueText(TagSecretDataType, uint32(v)) }

// ShreddingAlgorithm is the enumeration "Shredding Algorithm".
type ShreddingAlgorithm uint32

const (
	ShreddingAlgorithmUnspecified   ShreddingAlgorithm = 0x00000001
	ShreddingAlgorithmCryptographic ShreddingAlgorithm = 0x00000002
	ShreddingAlgorithmUnsupported   ShreddingAlgorithm = 0x00000003
)

// String is the value as XML writes it.
func (v ShreddingAlgorithm) String() string { return ValueText(TagShreddingAlgorithm, uint32(v)) }

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

// StorageStatusMask has a bit for each of these.
type StorageStatusMask uint32

const (
	StorageStatusMaskOnLineStorage    StorageStatusMask = 0x00000001
	StorageStatusMaskArchivalStorage  StorageStatusMask = 0x00000002
	StorageStatusMaskDestroyedStorage StorageStatusMask = 0x00000004
)

// String is the value as XML writes it.
func (v StorageStatusMask) String() string { return MaskText(TagStorageStatusMask, uint32(v), " ") }

// TicketType is the enumeration "Ticket Type".
type TicketType uint32

const (
	TicketTypeLogin TicketType = 0x00000001
)

// String is the value as XML writes it.
func (v TicketType) String() string { return ValueText(TagTicketType, uint32(v)) }

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

// UnwrapMode is the enumeration "Unwrap Mode".
type UnwrapMode uint32

const (
	UnwrapModeUnspecified  UnwrapMode = 0x00000001
	UnwrapModeProcessed    UnwrapMode = 0x00000002
	UnwrapModeNotProcessed UnwrapMode = 0x00000003
)

// String is the value as XML writes it.
func (v UnwrapMode) String() string { return ValueText(TagUnwrapMode, uint32(v)) }

// UsageLimitsUnit is the enumeration "Usage Limits Unit".
type UsageLimitsUnit uint32

const (
	UsageLimitsUnitByte   UsageLimitsUnit = 0x00000001
	UsageLimitsUnitObject UsageLimitsUnit = 0x00000002
)

// String is the value as XML writes it.
func (v UsageLimitsUnit) String() string { return ValueText(TagUsageLimitsUnit, uint32(v)) }

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

// ValidityIndicator is the enumeration "Validity Indicator".
type ValidityIndicator uint32

const (
	ValidityIndicatorValid   ValidityIndicator = 0x00000001
	ValidityIndicatorInvalid ValidityIndicator = 0x00000002
	ValidityIndicatorUnknown ValidityIndicator = 0x00000003
)

// String is the value as XML writes it.
func (v ValidityIndicator) String() string { return ValueText(TagValidityIndicator, uint32(v)) }

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

var tags = []entry{
	{0x420001, V10, last, "Activation Date", "ActivationDate"},
	{0x420002, V10, last, "Application Data", "ApplicationData"},
	{0x420003, V10, last, "Application Namespace", "ApplicationNamespace"},
	{0x420004, V10, last, "Application Specific Information", "ApplicationSpecificInformation"},
	{0x420005, V10, last, "Archive Date", "ArchiveDate"},
	{0x420006, V10, last, "Asynchronous Correlation Value", "AsynchronousCorrelationValue"},
	{0x420007, V10, last, "Asynchronous Indicator", "AsynchronousIndicator"},
	{0x420008, V10, last, "Attribute", "Attribute"},
	{0x420009, V10, V14, "Attribute Index", "AttributeIndex"},
	{0x42000A, V10, last, "Attribute Name", "AttributeName"},
	{0x42000B, V10, last, "Attribute Value", "AttributeValue"},
	{0x42000C, V10, last, "Authentication", "Authentication"},
	{0x42000D, V10, last, "Batch Count", "BatchCount"},
	{0x42000E, V10, last, "Batch Error Continuation Option", "BatchErrorContinuationOption"},
	{0x42000F, V10, last, "Batch Item", "BatchItem"},
	{0x420010, V10, last, "Batch Order Option", "BatchOrderOption"},
	{0x420011, V10, last, "Block Cipher Mode", "BlockCipherMode"},
	{0x420012, V10, last, "Cancellation Result", "CancellationResult"},
	{0x420013, V10, last, "Certificate", "Certificate"},
	{0x420014, V10, V14, "Certificate Identifier", "CertificateIdentifier"},
	{0x420015, V10, V14, "Certificate Issuer", "CertificateIssuer"},
	{0x420016, V10, V14, "Certificate Issuer Alternative Name", "CertificateIssuerAlternativeName"},
	{0x420017, V10, V14, "Certificate Issuer Distinguished Name", "CertificateIssuerDistinguishedName"},
	{0x420018, V10, last, "Certificate Request", "CertificateRequest"},
	{0x420019, V10, last, "Certificate Request Type", "CertificateRequestType"},
	{0x42001A, V10, V14, "Certificate Subject", "CertificateSubject"},
	{0x42001B, V10, V14, "Certificate Subject Alternative Name", "CertificateSubjectAlternativeName"},
	{0x42001C, V10, V14, "Certificate Subject Distinguished Name", "CertificateSubjectDistinguishedName"},
	{0x42001D, V10, last, "Certificate Type", "CertificateType"},
	{0x42001E, V10, last, "Certificate Value", "CertificateValue"},
	{0x42001F, V10, V14, "Common Template-Attribute", "CommonTemplateAttribute"},
	{0x420020, V10, last, "Compromise  Date", "CompromiseDate"},
	{0x420021, V10, last, "Compromise Occurrence Date", "CompromiseOccurrenceDate"},
	{0x420022, V10, last, "Contact Information", "ContactInformation"},
	{0x420023, V10, last, "Credential", "Credential"},
	{0x420024, V10, last, "Credential Type", "CredentialType"},
	{0x420025, V10, last, "Credential Value", "CredentialValue"},
	{0x420026, V10, last, "Criticality Indicator", "CriticalityIndicator"},
	{0x420027, V10, last, "CRT Coefficient", "CRTCoefficient"},
	{0x420028, V10, last, "Cryptographic Algorithm", "CryptographicAlgorithm"},
	{0x420029, V10, last, "Cryptographic Domain Parameters", "CryptographicDomainParameters"},
	{0x42002A, V10, last, "Cryptographic Length", "CryptographicLength"},
	{0x42002B, V10, last, "Cryptographic Parameters", "CryptographicParameters"},
	{0x42002C, V10, last, "Cryptographic Usage Mask", "CryptographicUsageMask"},
	{0x42002D, V10, V14, "Custom Attribute", "CustomAttribute"},
	{0x42002E, V10, last, "D", "D"},
	{0x42002F, V10, last, "Deactivation Date", "DeactivationDate"},
	{0x420030, V10, last, "Derivation Data", "DerivationData"},
	{0x420031, V10, last, "Derivation Method", "DerivationMethod"},
	{0x420032, V10, last, "Derivation Parameters", "DerivationParameters"},
	{0x420033, V10, last, "Destroy Date", "DestroyDate"},
	{0x420034, V10, last, "Digest", "Digest"},
	{0x420035, V10, last, "Digest Value", "DigestValue"},
	{0x420036, V10, last, "Encryption Key Information", "EncryptionKeyInformation"},
	{0x420037, V10, last, "G", "G"},
	{0x420038, V10, last, "Hashing Algorithm", "HashingAlgorithm"},
	{0x420039, V10, last, "Initial Date", "InitialDate"},
	{0x42003A, V10, last, "Initialization Vector", "InitializationVector"},
	{0x42003B, V10, V14, "Issuer", "Issuer"},
	{0x42003C, V10, last, "Iteration Count", "IterationCount"},
	{0x42003D, V10, last, "IV/Counter/Nonce", "IVCounterNonce"},
	{0x42003E, V10, last, "J", "J"},
	{0x42003F, V10, last, "Key", "Key"},
	{0x420040, V10, last, "Key Block", "KeyBlock"},
	{0x420041, V10, last, "Key Compression Type", "KeyCompressionType"},
	{0x420042, V10, last, "Key Format Type", "KeyFormatType"},
	{0x420043, V10, last, "Key Material", "KeyMaterial"},
	{0x420044, V10, last, "Key Part Identifier", "KeyPartIdentifier"},
	{0x420045, V10, last, "Key Value", "KeyValue"},
	{0x420046, V10, last, "Key Wrapping Data", "KeyWrappingData"},
	{0x420047, V10, last, "Key Wrapping Specification", "KeyWrappingSpecification"},
	{0x420048, V10, last, "Last Change Date", "LastChangeDate"},
	{0x420049, V10, last, "Lease Time", "LeaseTime"},
	{0x42004A, V10, last, "Link", "Link"},
	{0x42004B, V10, last, "Link Type", "LinkType"},
	{0x42004C, V10, last, "Linked Object Identifier", "LinkedObjectIdentifier"},
	{0x42004D, V10, last, "MAC/Signature", "MACSignature"},
	{0x42004E, V10, last, "MAC/Signature Key Information", "MACSignatureKeyInformation"},
	{0x42004F, V10, last, "Maximum Items", "MaximumItems"},
	{0x420050, V10, last, "Maximum Response Size", "MaximumResponseSize"},
	{0x420051, V10, last, "Message Extension", "MessageExtension"},
	{0x420052, V10, last, "Modulus", "Modulus"},
	{0x420053, V10, last, "Name", "Name"},
	{0x420054, V10, last, "Name Type", "NameType"},
	{0x420055, V10, last, "Name Value", "NameValue"},
	{0x420056, V10, last, "Object Group", "ObjectGroup"},
	{0x420057, V10, last, "Object Type", "ObjectType"},
	{0x420058, V10, last, "Offset", "Offset"},
	{0x420059, V10, last, "Opaque Data Type", "OpaqueDataType"},
	{0x42005A, V10, last, "Opaque Data Value", "OpaqueDataValue"},
	{0x42005B, V10, last, "Opaque Object", "OpaqueObject"},
	{0x42005C, V10, last, "Operation", "Operation"},
	{0x42005D, V10, V14, "Operation Policy Name", "OperationPolicyName"},
	{0x42005E, V10, last, "P", "P"},
	{0x42005F, V10, last, "Padding Method", "PaddingMethod"},
	{0x420060, V10, last, "Prime Exponent P", "PrimeExponentP"},
	{0x420061, V10, last, "Prime Exponent Q", "PrimeExponentQ"},
	{0x420062, V10, last, "Prime Field Size", "PrimeFieldSize"},
	{0x420063, V10, last, "Private Exponent", "PrivateExponent"},
	{0x420064, V10, last, "Private Key", "PrivateKey"},
	{0x420065, V10, V14, "Private Key Template-Attribute", "PrivateKeyTemplateAttribute"},
	{0x420066, V10, last, "Private Key Unique Identifier", "PrivateKeyUniqueIdentifier"},
	{0x420067, V10, last, "Process Start Date", "ProcessStartDate"},
	{0x420068, V10, last, "Protect Stop Date", "ProtectStopDate"},
	{0x420069, V10, last, "Protocol Version", "ProtocolVersion"},
	{0x42006A, V10, last, "Protocol Version Major", "ProtocolVersionMajor"},
	{0x42006B, V10, last, "Protocol Version Minor", "ProtocolVersionMinor"},
	{0x42006C, V10, last, "Public Exponent", "PublicExponent"},
	{0x42006D, V10, last, "Public Key", "PublicKey"},
	{0x42006E, V10, V14, "Public Key Template-Attribute", "PublicKeyTemplateAttribute"},
	{0x42006F, V10, last, "Public Key Unique Identifier", "PublicKeyUniqueIdentifier"},
	{0x420070, V10, last, "Put Function", "PutFunction"},
	{0x420071, V10, last, "Q", "Q"},
	{0x420072, V10, last, "Q String", "QString"},
	{0x420073, V10, last, "Qlength", "Qlength"},
	{0x420074, V10, last, "Query Function", "QueryFunction"},
	{0x420075, V10, last, "Recommended Curve", "RecommendedCurve"},
	{0x420076, V10, last, "Replaced Unique Identifier", "ReplacedUniqueIdentifier"},
	{0x420077, V10, last, "Request Header", "RequestHeader"},
	{0x420078, V10, last, "Request Message", "RequestMessage"},
	{0x420079, V10, last, "Request Payload", "RequestPayload"},
	{0x42007A, V10, last, "Response Header", "ResponseHeader"},
	{0x42007B, V10, last, "Response Message", "ResponseMessage"},
	{0x42007C, V10, last, "Response Payload", "ResponsePayload"},
	{0x42007D, V10, last, "Result Message", "ResultMessage"},
	{0x42007E, V10, last, "Result Reason", "ResultReason"},
	{0x42007F, V10, last, "Result Status", "ResultStatus"},
	{0x420080, V10, last, "Revocation Message", "RevocationMessage"},
	{0x420081, V10, last, "Revocation Reason", "RevocationReason"},
	{0x420082, V10, last, "Revocation Reason Code", "RevocationReasonCode"},
	{0x420083, V10, last, "Key Role Type", "KeyRoleType"},
	{0x420084, V10, last, "Salt", "Salt"},
	{0x420085, V10, last, "Secret Data", "SecretData"},
	{0x420086, V10, last, "Secret Data Type", "SecretDataType"},
	{0x420087, V10, V14, "Serial Number", "SerialNumber"},
	{0x420088, V10, last, "Server Information", "ServerInformation"},
	{0x420089, V10, last, "Split Key", "SplitKey"},
	{0x42008A, V10, last, "Split Key Method", "SplitKeyMethod"},
	{0x42008B, V10, last, "Split Key Parts", "SplitKeyParts"},
	{0x42008C, V10, last, "Split Key Threshold", "SplitKeyThreshold"},
	{0x42008D, V10, last, "State", "State"},
	{0x42008E, V10, last, "Storage Status Mask", "StorageStatusMask"},
	{0x42008F, V10, last, "Symmetric Key", "SymmetricKey"},
	{0x420090, V10, V14, "Template", "Template"},
	{0x420091, V10, V14, "Template-Attribute", "TemplateAttribute"},
	{0x420092, V10, last, "Time Stamp", "TimeStamp"},
	{0x420093, V10, last, "Unique Batch Item ID", "UniqueBatchItemID"},
	{0x420094, V10, last, "Unique Identifier", "UniqueIdentifier"},
	{0x420095, V10, last, "Usage Limits", "UsageLimits"},
	{0x420096, V10, last, "Usage Limits Count", "UsageLimitsCount"},
	{0x420097, V10, last, "Usage Limits Total", "UsageLimitsTotal"},
	{0x420098, V10, last, "Usage Limits Unit", "UsageLimitsUnit"},
	{0x420099, V10, last, "Username", "Username"},
	{0x42009A, V10, last, "Validity Date", "ValidityDate"},
	{0x42009B, V10, last, "Validity Indicator", "ValidityIndicator"},
	{0x42009C, V10, last, "Vendor Extension", "VendorExtension"},
	{0x42009D, V10, last, "Vendor Identification", "VendorIdentification"},
	{0x42009E, V10, last, "Wrapping Method", "WrappingMethod"},
	{0x42009F, V10, last, "X", "X"},
	{0x4200A0, V10, last, "Y", "Y"},
	{0x4200A1, V10, last, "Password", "Password"},
	{0x4200A2, V11, last, "Device Identifier", "DeviceIdentifier"},
	{0x4200A3, V11, last, "Encoding Option", "EncodingOption"},
	{0x4200A4, V11, last, "Extension Information", "ExtensionInformation"},
	{0x4200A5, V11, last, "Extension Name", "ExtensionName"},
	{0x4200A6, V11, last, "Extension Tag", "ExtensionTag"},
	{0x4200A7, V11, last, "Extension Type", "ExtensionType"},
	{0x4200A8, V11, last, "Fresh", "Fresh"},
	{0x4200A9, V11, last, "Machine Identifier", "MachineIdentifier"},
	{0x4200AA, V11, last, "Media Identifier", "MediaIdentifier"},
	{0x4200AB, V11, last, "Network Identifier", "NetworkIdentifier"},
	{0x4200AC, V11, last, "Object Group Member", "ObjectGroupMember"},
	{0x4200AD, V11, last, "Certificate Length", "CertificateLength"},
	{0x4200AE, V11, last, "Digital Signature Algorithm", "DigitalSignatureAlgorithm"},
	{0x4200AF, V11, last, "Certificate Serial Number", "CertificateSerialNumber"},
	{0x4200B0, V11, last, "Device Serial Number", "DeviceSerialNumber"},
	{0x4200B1, V11, last, "Issuer Alternative Name", "IssuerAlternativeName"},
	{0x4200B2, V11, last, "Issuer Distinguished Name", "IssuerDistinguishedName"},
	{0x4200B3, V11, last, "Subject Alternative Name", "SubjectAlternativeName"},
	{0x4200B4, V11, last, "Subject Distinguished Name", "SubjectDistinguishedName"},
	{0x4200B5, V11, last, "X.509 Certificate Identifier", "X_509CertificateIdentifier"},
	{0x4200B6, V11, last, "X.509 Certificate Issuer", "X_509CertificateIssuer"},
	{0x4200B7, V11, last, "X.509 Certificate Subject", "X_509CertificateSubject"},
	{0x4200B8, V12, last, "Key Value Location", "KeyValueLocation"},
	{0x4200B9, V12, last, "Key Value Location Value", "KeyValueLocationValue"},
	{0x4200BA, V12, last, "Key Value Location Type", "KeyValueLocationType"},
	{0x4200BB, V12, last, "Key Value Present", "KeyValuePresent"},
	{0x4200BC, V12, last, "Original Creation Date", "OriginalCreationDate"},
	{0x4200BD, V12, last, "PGP Key", "PGPKey"},
	{0x4200BE, V12, last, "PGP Key Version", "PGPKeyVersion"},
	{0x4200BF, V12, last, "Alternative Name", "AlternativeName"},
	{0x4200C0, V12, last, "Alternative Name Value", "AlternativeNameValue"},
	{0x4200C1, V12, last, "Alternative Name Type", "AlternativeNameType"},
	{0x4200C2, V12, last, "Data", "Data"},
	{0x4200C3, V12, last, "Signature Data", "SignatureData"},
	{0x4200C4, V12, last, "Data Length", "DataLength"},
	{0x4200C5, V12, last, "Random IV", "RandomIV"},
	{0x4200C6, V12, last, "MAC Data", "MACData"},
	{0x4200C7, V12, last, "Attestation Type", "AttestationType"},
	{0x4200C8, V12, last, "Nonce", "Nonce"},
	{0x4200C9, V12, last, "Nonce ID", "NonceID"},
	{0x4200CA, V12, last, "Nonce Value", "NonceValue"},
	{0x4200CB, V12, last, "Attestation Measurement", "AttestationMeasurement"},
	{0x4200CC, V12, last, "Attestation Assertion", "AttestationAssertion"},
	{0x4200CD, V12, last, "IV Length", "IVLength"},
	{0x4200CE, V12, last, "Tag Length", "TagLength"},
	{0x4200CF, V12, last, "Fixed Field Length", "FixedFieldLength"},
	{0x4200D0, V12, last, "Counter Length", "CounterLength"},
	{0x4200D1, V12, last, "Initial Counter Value", "InitialCounterValue"},
	{0x4200D2, V12, last, "Invocation Field Length", "InvocationFieldLength"},
	{0x4200D3, V12, last, "Attestation Capable Indicator", "AttestationCapableIndicator"},
	{0x4200D4, V13, last, "Offset Items", "OffsetItems"},
	{0x4200D5, V13, last, "Located Items", "LocatedItems"},
	{0x4200D6, V13, last, "Correlation Value", "CorrelationValue"},
	{0x4200D7, V13, last, "Init Indicator", "InitIndicator"},
	{0x4200D8, V13, last, "Final Indicator", "FinalIndicator"},
	{0x4200D9, V13, last, "RNG Parameters", "RNGParameters"},
	{0x4200DA, V13, last, "RNG Algorithm", "RNGAlgorithm"},
	{0x4200DB, V13, last, "DRBG Algorithm", "DRBGAlgorithm"},
	{0x4200DC, V13, last, "FIPS186 Variation", "FIPS186Variation"},
	{0x4200DD, V13, last, "Prediction Resistance", "PredictionResistance"},
	{0x4200DE, V13, last, "Random Number Generator", "RandomNumberGenerator"},
	{0x4200DF, V13, last, "Validation Information", "ValidationInformation"},
	{0x4200E0, V13, last, "Validation Authority Type", "ValidationAuthorityType"},
	{0x4200E1, V13, last, "Validation Authority Country", "ValidationAuthorityCountry"},
	{0x4200E2, V13, last, "Validation Authority URI", "ValidationAuthorityURI"},
	{0x4200E3, V13, last, "Validation Version Major", "ValidationVersionMajor"},
	{0x4200E4, V13, last, "Validation Version Minor", "ValidationVersionMinor"},
	{0x4200E5, V13, last, "Validation Type", "ValidationType"},
	{0x4200E6, V13, last, "Validation Level", "ValidationLevel"},
	{0x4200E7, V13, last, "Validation Certificate Identifier", "ValidationCertificateIdentifier"},
	{0x4200E8, V13, last, "Validation Certificate URI", "ValidationCertificateURI"},
	{0x4200E9, V13, last, "Validation Vendor URI", "ValidationVendorURI"},
	{0x4200EA, V13, last, "Validation Profile", "ValidationProfile"},
	{0x4200EB, V13, last, "Profile Information", "ProfileInformation"},
	{0x4200EC, V13, last, "Profile Name", "ProfileName"},
	{0x4200ED, V13, last, "Server URI", "ServerURI"},
	{0x4200EE, V13, last, "Server Port", "ServerPort"},
	{0x4200EF, V13, last, "Streaming Capability", "StreamingCapability"},
	{0x4200F0, V13, last, "Asynchronous Capability", "AsynchronousCapability"},
	{0x4200F1, V13, last, "Attestation Capability", "AttestationCapability"},
	{0x4200F2, V13, last, "Unwrap Mode", "UnwrapMode"},
	{0x4200F3, V13, last, "Destroy Action", "DestroyAction"},
	{0x4200F4, V13, last, "Shredding Algorithm", "ShreddingAlgorithm"},
	{0x4200F5, V13, last, "RNG Mode", "RNGMode"},
	{0x4200F6, V13, last, "Client Registration Method", "ClientRegistrationMethod"},
	{0x4200F7, V13, last, "Capability Information", "CapabilityInformation"},
	{0x4200F8, V14, last, "Key Wrap Type", "KeyWrapType"},
	{0x4200F9, V14, last, "Batch Undo Capability", "BatchUndoCapability"},
	{0x4200FA, V14, last, "Batch Continue Capability", "BatchContinueCapability"},
	{0x4200FB, V14, last, "PKCS#12 Friendly Name", "PKCS_12FriendlyName"},
	{0x4200FC, V14, last, "Description", "Description"},
	{0x4200FD, V14, last, "Comment", "Comment"},
	{0x4200FE, V14, last, "Authenticated Encryption Additional Data", "AuthenticatedEncryptionAdditionalData"},
	{0x4200FF, V14, last, "Authenticated Encryption Tag", "AuthenticatedEncryptionTag"},
	{0x420100, V14, last, "Salt Length", "SaltLength"},
	{0x420101, V14, last, "Mask Generator", "MaskGenerator"},
	{0x420102, V14, last, "Mask Generator Hashing Algorithm", "MaskGeneratorHashingAlgorithm"},
	{0x420103, V14, last, "P Source", "PSource"},
	{0x420104, V14, last, "Trailer Field", "TrailerField"},
	{0x420105, V14, last, "Client Correlation Value", "ClientCorrelationValue"},
	{0x420106, V14, last, "Server Correlation Value", "ServerCorrelationValue"},
	{0x420107, V14, last, "Digested Data", "DigestedData"},
	{0x420108, V14, last, "Certificate Subject CN", "CertificateSubjectCN"},
	{0x420109, V14, last, "Certificate Subject O", "CertificateSubjectO"},
	{0x42010A, V14, last, "Certificate Subject OU", "CertificateSubjectOU"},
	{0x42010B, V14, last, "Certificate Subject Email", "CertificateSubjectEmail"},
	{0x42010C, V14, last, "Certificate Subject C", "CertificateSubjectC"},
	{0x42010D, V14, last, "Certificate Subject ST", "CertificateSubjectST"},
	{0x42010E, V14, last, "Certificate Subject L", "CertificateSubjectL"},
	{0x42010F, V14, last, "Certificate Subject UID", "CertificateSubjectUID"},
	{0x420110, V14, last, "Certificate Subject Serial Number", "CertificateSubjectSerialNumber"},
	{0x420111, V14, last, "Certificate Subject Title", "CertificateSubjectTitle"},
	{0x420112, V14, last, "Certificate Subject DC", "CertificateSubjectDC"},
	{0x420113, V14, last, "Certificate Subject DN Qualifier", "CertificateSubjectDNQualifier"},
	{0x420114, V14, last, "Certificate Issuer CN", "CertificateIssuerCN"},
	{0x420115, V14, last, "Certificate Issuer O", "CertificateIssuerO"},
	{0x420116, V14, last, "Certificate Issuer OU", "CertificateIssuerOU"},
	{0x420117, V14, last, "Certificate Issuer Email", "CertificateIssuerEmail"},
	{0x420118, V14, last, "Certificate Issuer C", "CertificateIssuerC"},
	{0x420119, V14, last, "Certificate Issuer ST", "CertificateIssuerST"},
	{0x42011A, V14, last, "Certificate Issuer L", "CertificateIssuerL"},
	{0x42011B, V14, last, "Certificate Issuer UID", "CertificateIssuerUID"},
	{0x42011C, V14, last, "Certificate Issuer Serial Number", "CertificateIssuerSerialNumber"},
	{0x42011D, V14, last, "Certificate Issuer Title", "CertificateIssuerTitle"},
	{0x42011E, V14, last, "Certificate Issuer DC", "CertificateIssuerDC"},
	{0x42011F, V14, last, "Certificate Issuer DN Qualifier", "CertificateIssuerDNQualifier"},
	{0x420120, V14, last, "Sensitive", "Sensitive"},
	{0x420121, V14, last, "Always Sensitive", "AlwaysSensitive"},
	{0x420122, V14, last, "Extractable", "Extractable"},
	{0x420123, V14, last, "Never Extractable", "NeverExtractable"},
	{0x420124, V14, last, "Replace Existing", "ReplaceExisting"},
	{0x420125, V20, last, "Attributes", "Attributes"},
	{0x420126, V20, last, "Common Attributes", "CommonAttributes"},
	{0x420127, V20, last, "Private Key Attributes", "PrivateKeyAttributes"},
	{0x420128, V20, last, "Public Key Attributes", "PublicKeyAttributes"},
	{0x420129, V20, last, "Extension Enumeration", "ExtensionEnumeration"},
	{0x42012A, V20, last, "Extension Attribute", "ExtensionAttribute"},
	{0x42012B, V20, last, "Extension Parent Structure Tag", "ExtensionParentStructureTag"},
	{0x42012C, V20, last, "Extension Description", "ExtensionDescription"},
	{0x42012D, V20, last, "Server Name", "ServerName"},
	{0x42012E, V20, last, "Server Serial Number", "ServerSerialNumber"},
	{0x42012F, V20, last, "Server Version", "ServerVersion"},
	{0x420130, V20, last, "Server Load", "ServerLoad"},
	{0x420131, V20, last, "Product Name", "ProductName"},
	{0x420132, V20, last, "Build Level", "BuildLevel"},
	{0x420133, V20, last, "Build Date", "BuildDate"},
	{0x420134, V20, last, "Cluster Info", "ClusterInfo"},
	{0x420135, V20, last, "Alternate Failover Endpoints", "AlternateFailoverEndpoints"},
	{0x420136, V20, last, "Short Unique Identifier", "ShortUniqueIdentifier"},
	{0x420138, V20, last, "Tag", "Tag"},
	{0x420139, V20, last, "Certificate Request Unique Identifier", "CertificateRequestUniqueIdentifier"},
	{0x42013A, V20, last, "NIST Key Type", "NISTKeyType"},
	{0x42013B, V20, last, "Attribute Reference", "AttributeReference"},
	{0x42013C, V20, last, "Current Attribute", "CurrentAttribute"},
	{0x42013D, V20, last, "New Attribute", "NewAttribute"},
	{0x420140, V20, last, "Certificate Request Value", "CertificateRequestValue"},
	{0x420141, V20, last, "Log Message", "LogMessage"},
	{0x420142, V20, last, "Profile Version", "ProfileVersion"},
	{0x420143, V20, last, "Profile Version Major", "ProfileVersionMajor"},
	{0x420144, V20, last, "Profile Version Minor", "ProfileVersionMinor"},
	{0x420145, V20, last, "Protection Level", "ProtectionLevel"},
	{0x420146, V20, last, "Protection Period", "ProtectionPeriod"},
	{0x420147, V20, last, "Quantum Safe", "QuantumSafe"},
	{0x420148, V20, last, "Quantum Safe Capability", "QuantumSafeCapability"},
	{0x420149, V20, last, "Ticket", "Ticket"},
	{0x42014A, V20, last, "Ticket Type", "TicketType"},
	{0x42014B, V20, last, "Ticket Value", "TicketValue"},
	{0x42014C, V20, last, "Request Count", "RequestCount"},
	{0x42014D, V20, last, "Rights", "Rights"},
	{0x42014E, V20, last, "Objects", "Objects"},
	{0x42014F, V20, last, "Operations", "Operations"},
	{0x420150, V20, last, "Right", "Right"},
	{0x420151, V20, last, "Endpoint Role", "EndpointRole"},
	{0x420152, V20, last, "Defaults Information", "DefaultsInformation"},
	{0x420153, V20, last, "Object Defaults", "ObjectDefaults"},
	{0x420154, V20, last, "Ephemeral", "Ephemeral"},
	{0x420155, V20, last, "Server Hashed Password", "ServerHashedPassword"},
	{0x420156, V20, last, "One Time Password", "OneTimePassword"},
	{0x420157, V20, last, "Hashed Password", "HashedPassword"},
	{0x420158, V20, last, "Adjustment Type", "AdjustmentType"},
	{0x420159, V20, last, "PKCS#11 Interface", "PKCS_11Interface"},
	{0x42015A, V20, last, "PKCS#11 Function", "PKCS_11Function"},
	{0x42015B, V20, last, "PKCS#11 Input Parameters", "PKCS_11InputParameters"},
	{0x42015C, V20, last, "PKCS#11 Output Parameters", "PKCS_11OutputParameters"},
	{0x42015D, V20, last, "PKCS#11 Return Code", "PKCS_11ReturnCode"},
	{0x42015E, V20, last, "Protection Storage Mask", "ProtectionStorageMask"},
	{0x42015F, V20, last, "Protection Storage Masks", "ProtectionStorageMasks"},
	{0x420160, V20, last, "Interop Function", "InteropFunction"},
	{0x420161, V20, last, "Interop Identifier", "InteropIdentifier"},
	{0x420162, V20, last, "Adjustment Value", "AdjustmentValue"},
	{0x420163, V20, last, "Common Protection Storage Masks", "CommonProtectionStorageMasks"},
	{0x420164, V20, last, "Private Protection Storage Masks", "PrivateProtectionStorageMasks"},
	{0x420165, V20, last, "Public Protection Storage Masks", "PublicProtectionStorageMasks"},
	{0x420166, V21, last, "Object Groups", "ObjectGroups"},
	{0x420167, V21, last, "Object Types", "ObjectTypes"},
	{0x420168, V21, last, "Constraints", "Constraints"},
	{0x420169, V21, last, "Constraint", "Constraint"},
	{0x42016A, V21, last, "Rotate Interval", "RotateInterval"},
	{0x42016B, V21, last, "Rotate Automatic", "RotateAutomatic"},
	{0x42016C, V21, last, "Rotate Offset", "RotateOffset"},
	{0x42016D, V21, last, "Rotate Date", "RotateDate"},
	{0x42016E, V21, last, "Rotate Generation", "RotateGeneration"},
	{0x42016F, V21, last, "Rotate Name", "RotateName"},
	{0x420170, V21, last, "Rotate Name Value", "RotateNameValue"},
	{0x420171, V21, last, "Rotate Name Type", "RotateNameType"},
	{0x420172, V21, last, "Rotate Latest", "RotateLatest"},
	{0x420173, V21, last, "Asynchronous Request", "AsynchronousRequest"},
	{0x420174, V21, last, "Submission Date", "SubmissionDate"},
	{0x420175, V21, last, "Processing Stage", "ProcessingStage"},
	{0x420176, V21, last, "Asynchronous Correlation Values", "AsynchronousCorrelationValues"},
}

var sets = []set{
	{name: "Adjustment Type", mask: false, tags: []Tag{TagAdjustmentType}, entries: []entry{
		{0x00000001, V20, last, "Increment", "Increment"},
		{0x00000002, V20, last, "Decrement", "Decrement"},
		{0x00000003, V20, last, "Negate", "Negate"},
	}},
	{name: "Alternative Name Type", mask: false, tags: []Tag{TagAlternativeNameType}, entries: []entry{
		{0x00000001, V12, last, "Uninterpreted Text String", "UninterpretedTextString"},
		{0x00000002, V12, last, "URI", "URI"},
		{0x00000003, V12, last, "Object Serial Number", "ObjectSerialNumber"},
		{0x00000004, V12, last, "Email Address", "EmailAddress"},
		{0x00000005, V12, last, "DNS Name", "DNSName"},
		{0x00000006, V12, last, "X.500 Distinguished Name", "X_500DistinguishedName"},
		{0x00000007, V12, last, "IP Address", "IPAddress"},
	}},
	{name: "Asynchronous Indicator", mask: false, tags: []Tag{TagAsynchronousIndicator}, entries: []entry{
		{0x00000001, V20, last, "Mandatory", "Mandatory"},
		{0x00000002, V20, last, "Optional", "Optional"},
		{0x00000003, V20, last, "Prohibited", "Prohibited"},
	}},
	{name: "Attestation Type", mask: false, tags: []Tag{TagAttestationType}, entries: []entry{
		{0x00000001, V12, last, "TPM Quote", "TPMQuote"},
		{0x00000002, V12, last, "TCG Integrity Report", "TCGIntegrityReport"},
		{0x00000003, V12, last, "SAML Assertion", "SAMLAssertion"},
	}},
	{name: "Batch Error Continuation Option", mask: false, tags: []Tag{TagBatchErrorContinuationOption}, entries: []entry{
		{0x00000001, V10, last, "Continue", "Continue"},
		{0x00000002, V10, last, "Stop", "Stop"},
		{0x00000003, V10, last, "Undo", "Undo"},
	}},
	{name: "Block Cipher Mode", mask: false, tags: []Tag{TagBlockCipherMode}, entries: []entry{
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
	}},
	{name: "Cancellation Result", mask: false, tags: []Tag{TagCancellationResult}, entries: []entry{
		{0x00000001, V10, last, "Canceled", "Canceled"},
		{0x00000002, V10, last, "Unable to Cancel", "UnableToCancel"},
		{0x00000003, V10, last, "Completed", "Completed"},
		{0x00000004, V10, last, "Failed", "Failed"},
		{0x00000005, V10, last, "Unavailable", "Unavailable"},
	}},
	{name: "Certificate Request Type", mask: false, tags: []Tag{TagCertificateRequestType}, entries: []entry{
		{0x00000001, V10, last, "CRMF", "CRMF"},
		{0x00000002, V10, last, "PKCS#10", "PKCS_10"},
		{0x00000003, V10, last, "PEM", "PEM"},
		{0x00000004, V10, V14, "PGP", "PGP"},
	}},
	{name: "Certificate Type", mask: false, tags: []Tag{TagCertificateType}, entries: []entry{
		{0x00000001, V10, last, "X.509", "X_509"},
		{0x00000002, V10, last, "PGP", "PGP"},
	}},
	{name: "Client Registration Method", mask: false, tags: []Tag{TagClientRegistrationMethod}, entries: []entry{
		{0x00000001, V13, last, "Unspecified", "Unspecified"},
		{0x00000002, V13, last, "Server Pre-Generated", "ServerPreGenerated"},
		{0x00000003, V13, last, "Server On-Demand", "ServerOnDemand"},
		{0x00000004, V13, last, "Client Generated", "ClientGenerated"},
		{0x00000005, V13, last, "Client Registered", "ClientRegistered"},
	}},
	{name: "Credential Type", mask: false, tags: []Tag{TagCredentialType}, entries: []entry{
		{0x00000001, V10, last, "Username and Password", "UsernameAndPassword"},
		{0x00000002, V11, last, "Device", "Device"},
		{0x00000003, V12, last, "Attestation", "Attestation"},
		{0x00000004, V20, last, "One Time Password", "OneTimePassword"},
		{0x00000005, V20, last, "Hashed Password", "HashedPassword"},
		{0x00000006, V20, last, "Ticket", "Ticket"},
	}},
	{name: "Cryptographic Algorithm", mask: false, tags: []Tag{TagCryptographicAlgorithm}, entries: []entry{
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
	}},
	{name: "Cryptographic Usage Mask", mask: true, tags: []Tag{TagCryptographicUsageMask}, entries: []entry{
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
	}},
	{name: "DRBG Algorithm", mask: false, tags: []Tag{TagDRBGAlgorithm}, entries: []entry{
		{0x00000001, V13, last, "Unspecified", "Unspecified"},
		{0x00000002, V13, last, "Dual-EC", "Dual_EC"},
		{0x00000003, V13, last, "Hash", "Hash"},
		{0x00000004, V13, last, "HMAC", "HMAC"},
		{0x00000005, V13, last, "CTR", "CTR"},
	}},
	{name: "Data", mask: false, tags: []Tag{TagData}, entries: []entry{
		{0x00000001, V20, last, "Decrypt", "Decrypt"},
		{0x00000002, V20, last, "Encrypt", "Encrypt"},
		{0x00000003, V20, last, "Hash", "Hash"},
		{0x00000004, V20, last, "MAC MAC Data", "MACMACData"},
		{0x00000005, V20, last, "RNG Retrieve", "RNGRetrieve"},
		{0x00000006, V20, last, "Sign Signature Data", "SignSignatureData"},
		{0x00000007, V20, last, "Signature Verify", "SignatureVerify"},
	}},
	{name: "Derivation Method", mask: false, tags: []Tag{TagDerivationMethod}, entries: []entry{
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
	}},
	{name: "Destroy Action", mask: false, tags: []Tag{TagDestroyAction}, entries: []entry{
		{0x00000001, V13, last, "Unspecified", "Unspecified"},
		{0x00000002, V13, last, "Key Material Deleted", "KeyMaterialDeleted"},
		{0x00000003, V13, last, "Key Material Shredded", "KeyMaterialShredded"},
		{0x00000004, V13, last, "Meta Data Deleted", "MetaDataDeleted"},
		{0x00000005, V13, last, "Meta Data Shredded", "MetaDataShredded"},
		{0x00000006, V13, last, "Deleted", "Deleted"},
		{0x00000007, V13, last, "Shredded", "Shredded"},
	}},
	{name: "Digital Signature Algorithm", mask: false, tags: []Tag{TagDigitalSignatureAlgorithm}, entries: []entry{
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
	}},
	{name: "Encoding Option", mask: false, tags: []Tag{TagEncodingOption}, entries: []entry{
		{0x00000001, V11, last, "No Encoding", "NoEncoding"},
		{0x00000002, V11, last, "TTLV Encoding", "TTLVEncoding"},
	}},
	{name: "Endpoint Role", mask: false, tags: []Tag{TagEndpointRole}, entries: []entry{
		{0x00000001, V20, last, "Client", "Client"},
		{0x00000002, V20, last, "Server", "Server"},
	}},
	{name: "FIPS186 Variation", mask: false, tags: []Tag{TagFIPS186Variation}, entries: []entry{
		{0x00000001, V13, last, "Unspecified", "Unspecified"},
		{0x00000002, V13, last, "GP x-Original", "GPXOriginal"},
		{0x00000003, V13, last, "GP x-Change Notice", "GPXChangeNotice"},
		{0x00000004, V13, last, "x-Original", "XOriginal"},
		{0x00000005, V13, last, "x-Change Notice", "XChangeNotice"},
		{0x00000006, V13, last, "k-Original", "KOriginal"},
		{0x00000007, V13, last, "k-Change Notice", "KChangeNotice"},
	}},
	{name: "Hashing Algorithm", mask: false, tags: []Tag{TagHashingAlgorithm, TagMaskGeneratorHashingAlgorithm}, entries: []entry{
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
	}},
	{name: "Interop Function", mask: false, tags: []Tag{TagInteropFunction}, entries: []entry{
		{0x00000001, V20, last, "Begin", "Begin"},
		{0x00000002, V20, last, "End", "End"},
		{0x00000003, V20, last, "Reset", "Reset"},
	}},
	{name: "Item Type", mask: false, tags: []Tag{TagExtensionType}, entries: []entry{
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
	}},
	{name: "Key Compression Type", mask: false, tags: []Tag{TagKeyCompressionType}, entries: []entry{
		{0x00000001, V10, last, "EC Public Key Type Uncompressed", "ECPublicKeyTypeUncompressed"},
		{0x00000002, V10, last, "EC Public Key Type X9.62 Compressed Prime", "ECPublicKeyTypeX9_62CompressedPrime"},
		{0x00000003, V10, last, "EC Public Key Type X9.62 Compressed Char2", "ECPublicKeyTypeX9_62CompressedChar2"},
		{0x00000004, V10, last, "EC Public Key Type X9.62 Hybrid", "ECPublicKeyTypeX9_62Hybrid"},
	}},
	{name: "Key Format Type", mask: false, tags: []Tag{TagKeyFormatType}, entries: []entry{
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
	}},
	{name: "Key Role Type", mask: false, tags: []Tag{TagKeyRoleType}, entries: []entry{
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
	}},
	{name: "Key Value Location Type", mask: false, tags: []Tag{TagKeyValueLocationType}, entries: []entry{
		{0x00000001, V12, last, "Uninterpreted Text String", "UninterpretedTextString"},
		{0x00000002, V12, last, "URI", "URI"},
	}},
	{name: "Key Wrap Type", mask: false, tags: []Tag{TagKeyWrapType}, entries: []entry{
		{0x00000001, V14, last, "Not Wrapped", "NotWrapped"},
		{0x00000002, V14, last, "As Registered", "AsRegistered"},
	}},
	{name: "Link Type", mask: false, tags: []Tag{TagLinkType}, entries: []entry{
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
	}},
	{name: "Mask Generator", mask: false, tags: []Tag{TagMaskGenerator}, entries: []entry{
		{0x00000001, V14, last, "MGF1", "MGF1"},
		{0x00000001, V14, last, "MFG1", "MFG1"},
	}},
	{name: "NIST Key Type", mask: false, tags: []Tag{TagNISTKeyType}, entries: []entry{
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
	}},
	{name: "Name Type", mask: false, tags: []Tag{TagNameType}, entries: []entry{
		{0x00000001, V10, last, "Uninterpreted Text String", "UninterpretedTextString"},
		{0x00000002, V10, last, "URI", "URI"},
	}},
	{name: "Object Group Member", mask: false, tags: []Tag{TagObjectGroupMember}, entries: []entry{
		{0x00000001, V11, last, "Group Member Fresh", "GroupMemberFresh"},
		{0x00000002, V11, last, "Group Member Default", "GroupMemberDefault"},
	}},
	{name: "Object Type", mask: false, tags: []Tag{TagObjectType}, entries: []entry{
		{0x00000001, V10, last, "Certificate", "Certificate"},
		{0x00000002, V10, last, "Symmetric Key", "SymmetricKey"},
		{0x00000003, V10, last, "Public Key", "PublicKey"},
		{0x00000004, V10, last, "Private Key", "PrivateKey"},
		{0x00000005, V10, last, "Split Key", "SplitKey"},
		{0x00000006, V10, V14, "Template", "Template"},
		{0x00000007, V10, last, "Secret Data", "SecretData"},
		{0x00000008, V10, last, "Opaque Object", "OpaqueObject"},
		{0x00000009, V12, last, "PGP Key", "PGPKey"},
		{0x0000000A, V20, last, "Certificate Request", "CertificateRequest"},
	}},
	{name: "Opaque Data Type", mask: false, tags: []Tag{TagOpaqueDataType}, entries: []entry{}},
	{name: "Operation", mask: false, tags: []Tag{TagOperation}, entries: []entry{
		{0x00000001, V10, last, "Create", "Create"},
		{0x00000002, V10, last, "Create Key Pair", "CreateKeyPair"},
		{0x00000003, V10, last, "Register", "Register"},
		{0x00000004, V10, last, "Re-key", "ReKey"},
		{0x00000005, V10, last, "Derive Key", "DeriveKey"},
		{0x00000006, V10, last, "Certify", "Certify"},
		{0x00000007, V10, last, "Re-certify", "ReCertify"},
		{0x00000008, V10, last, "Locate", "Locate"},
		{0x00000009, V10, last, "Check", "Check"},
		{0x0000000A, V10, last, "Get", "Get"},
		{0x0000000B, V10, last, "Get Attributes", "GetAttributes"},
		{0x0000000C, V10, last, "Get Attribute List", "GetAttributeList"},
		{0x0000000D, V10, last, "Add Attribute", "AddAttribute"},
		{0x0000000E, V10, last, "Modify Attribute", "ModifyAttribute"},
		{0x0000000F, V10, last, "Delete Attribute", "DeleteAttribute"},
		{0x00000010, V10, last, "Obtain Lease", "ObtainLease"},
		{0x00000011, V10, last, "Get Usage Allocation", "GetUsageAllocation"},
		{0x00000012, V10, last, "Activate", "Activate"},
		{0x00000013, V10, last, "Revoke", "Revoke"},
		{0x00000014, V10, last, "Destroy", "Destroy"},
		{0x00000015, V10, last, "Archive", "Archive"},
		{0x00000016, V10, last, "Recover", "Recover"},
		{0x00000017, V10, last, "Validate", "Validate"},
		{0x00000018, V10, last, "Query", "Query"},
		{0x00000019, V10, last, "Cancel", "Cancel"},
		{0x0000001A, V10, last, "Poll", "Poll"},
		{0x0000001B, V10, last, "Notify", "Notify"},
		{0x0000001C, V10, last, "Put", "Put"},
		{0x0000001D, V11, last, "Re-key Key Pair", "ReKeyKeyPair"},
		{0x0000001E, V11, last, "Discover Versions", "DiscoverVersions"},
		{0x0000001F, V12, last, "Encrypt", "Encrypt"},
		{0x00000020, V12, last, "Decrypt", "Decrypt"},
		{0x00000021, V12, last, "Sign", "Sign"},
		{0x00000022, V12, last, "Signature Verify", "SignatureVerify"},
		{0x00000023, V12, last, "MAC", "MAC"},
		{0x00000024, V12, last, "MAC Verify", "MACVerify"},
		{0x00000025, V12, last, "RNG Retrieve", "RNGRetrieve"},
		{0x00000026, V12, last, "RNG Seed", "RNGSeed"},
		{0x00000027, V12, last, "Hash", "Hash"},
		{0x00000028, V12, last, "Create Split Key", "CreateSplitKey"},
		{0x00000029, V12, last, "Join Split Key", "JoinSplitKey"},
		{0x0000002A, V14, last, "Import", "Import"},
		{0x0000002B, V14, last, "Export", "Export"},
		{0x0000002C, V20, last, "Log", "Log"},
		{0x0000002D, V20, last, "Login", "Login"},
		{0x0000002E, V20, last, "Logout", "Logout"},
		{0x0000002F, V20, last, "Delegated Login", "DelegatedLogin"},
		{0x00000030, V20, last, "Adjust Attribute", "AdjustAttribute"},
		{0x00000031, V20, last, "Set Attribute", "SetAttribute"},
		{0x00000032, V20, last, "Set Endpoint Role", "SetEndpointRole"},
		{0x00000033, V20, last, "PKCS#11", "PKCS_11"},
		{0x00000034, V20, last, "Interop", "Interop"},
		{0x00000035, V20, last, "Re-Provision", "ReProvision"},
		{0x00000036, V21, last, "Set Defaults", "SetDefaults"},
		{0x00000037, V21, last, "Set Constraints", "SetConstraints"},
		{0x00000038, V21, last, "Get Constraints", "GetConstraints"},
		{0x00000039, V21, last, "Query Asynchronous Requests", "QueryAsynchronousRequests"},
		{0x0000003A, V21, last, "Process", "Process"},
		{0x0000003B, V21, last, "Ping", "Ping"},
	}},
	{name: "Padding Method", mask: false, tags: []Tag{TagPaddingMethod}, entries: []entry{
		{0x00000001, V10, last, "None", "None"},
		{0x00000002, V10, last, "OAEP", "OAEP"},
		{0x00000003, V10, last, "PKCS5", "PKCS5"},
		{0x00000004, V10, last, "SSL3", "SSL3"},
		{0x00000005, V10, last, "Zeros", "Zeros"},
		{0x00000006, V10, last, "ANSI X9.23", "ANSIX9_23"},
		{0x00000007, V10, last, "ISO 10126", "ISO10126"},
		{0x00000008, V10, last, "PKCS1 v1.5", "PKCS1V1_5"},
		{0x00000009, V10, last, "X9.31", "X9_31"},
		{0x0000000A, V10, last, "PSS", "PSS"},
	}},
	{name: "Processing Stage", mask: false, tags: []Tag{TagProcessingStage}, entries: []entry{
		{0x00000001, V21, last, "Submitted", "Submitted"},
		{0x00000002, V21, last, "In Process", "InProcess"},
		{0x00000003, V21, last, "Completed", "Completed"},
	}},
	{name: "Profile Name", mask: false, tags: []Tag{TagProfileName}, entries: []entry{
		{0x00000001, V13, V14, "Baseline Server Basic KMIP v1.2", "BaselineServerBasicKMIPV1_2"},
		{0x00000002, V13, V14, "Baseline Server TLS v1.2 KMIP v1.2", "BaselineServerTLSV1_2KMIPV1_2"},
		{0x00000003, V13, V14, "Baseline Client Basic KMIP v1.2", "BaselineClientBasicKMIPV1_2"},
		{0x00000004, V13, V14, "Baseline Client TLS v1.2 KMIP v1.2", "BaselineClientTLSV1_2KMIPV1_2"},
		{0x00000005, V13, V14, "Complete Server Basic KMIP v1.2", "CompleteServerBasicKMIPV1_2"},
		{0x00000006, V13, V14, "Complete Server TLS v1.2 KMIP v1.2", "CompleteServerTLSV1_2KMIPV1_2"},
		{0x00000007, V13, V14, "Tape Library Client KMIP v1.0", "TapeLibraryClientKMIPV1_0"},
		{0x00000008, V13, V14, "Tape Library Client KMIP v1.1", "TapeLibraryClientKMIPV1_1"},
		{0x00000009, V13, V14, "Tape Library Client KMIP v1.2", "TapeLibraryClientKMIPV1_2"},
		{0x0000000A, V13, V14, "Tape Library Server KMIP v1.0", "TapeLibraryServerKMIPV1_0"},
		{0x0000000B, V13, V14, "Tape Library Server KMIP v1.1", "TapeLibraryServerKMIPV1_1"},
		{0x0000000C, V13, V14, "Tape Library Server KMIP v1.2", "TapeLibraryServerKMIPV1_2"},
		{0x0000000D, V13, V14, "Symmetric Key Lifecycle Client KMIP v1.0", "SymmetricKeyLifecycleClientKMIPV1_0"},
		{0x0000000E, V13, V14, "Symmetric Key Lifecycle Client KMIP v1.1", "SymmetricKeyLifecycleClientKMIPV1_1"},
		{0x0000000F, V13, V14, "Symmetric Key Lifecycle Client KMIP v1.2", "SymmetricKeyLifecycleClientKMIPV1_2"},
		{0x00000010, V13, V14, "Symmetric Key Lifecycle Server KMIP v1.0", "SymmetricKeyLifecycleServerKMIPV1_0"},
		{0x00000011, V13, V14, "Symmetric Key Lifecycle Server KMIP v1.1", "SymmetricKeyLifecycleServerKMIPV1_1"},
		{0x00000012, V13, V14, "Symmetric Key Lifecycle Server KMIP v1.2", "SymmetricKeyLifecycleServerKMIPV1_2"},
		{0x00000013, V13, V14, "Asymmetric Key Lifecycle Client KMIP v1.0", "AsymmetricKeyLifecycleClientKMIPV1_0"},
		{0x00000014, V13, V14, "Asymmetric Key Lifecycle Client KMIP v1.1", "AsymmetricKeyLifecycleClientKMIPV1_1"},
		{0x00000015, V13, V14, "Asymmetric Key Lifecycle Client KMIP v1.2", "AsymmetricKeyLifecycleClientKMIPV1_2"},
		{0x00000016, V13, V14, "Asymmetric Key Lifecycle Server KMIP v1.0", "AsymmetricKeyLifecycleServerKMIPV1_0"},
		{0x00000017, V13, V14, "Asymmetric Key Lifecycle Server KMIP v1.1", "AsymmetricKeyLifecycleServerKMIPV1_1"},
		{0x00000018, V13, V14, "Asymmetric Key Lifecycle Server KMIP v1.2", "AsymmetricKeyLifecycleServerKMIPV1_2"},
		{0x00000019, V13, V14, "Basic Cryptographic Client KMIP v1.2", "BasicCryptographicClientKMIPV1_2"},
		{0x0000001A, V13, V14, "Basic Cryptographic Server KMIP v1.2", "BasicCryptographicServerKMIPV1_2"},
		{0x0000001B, V13, V14, "Advanced Cryptographic Client KMIP v1.2", "AdvancedCryptographicClientKMIPV1_2"},
		{0x0000001C, V13, V14, "Advanced Cryptographic Server KMIP v1.2", "AdvancedCryptographicServerKMIPV1_2"},
		{0x0000001D, V13, V14, "RNG Cryptographic Client KMIP v1.2", "RNGCryptographicClientKMIPV1_2"},
		{0x0000001E, V13, V14, "RNG Cryptographic Server KMIP v1.2", "RNGCryptographicServerKMIPV1_2"},
		{0x0000001F, V13, V14, "Basic Symmetric Key Foundry Client KMIP v1.0", "BasicSymmetricKeyFoundryClientKMIPV1_0"},
		{0x00000020, V13, V14, "Intermediate Symmetric Key Foundry Client KMIP v1.0", "IntermediateSymmetricKeyFoundryClientKMIPV1_0"},
		{0x00000021, V13, V14, "Advanced Symmetric Key Foundry Client KMIP v1.0", "AdvancedSymmetricKeyFoundryClientKMIPV1_0"},
		{0x00000022, V13, V14, "Basic Symmetric Key Foundry Client KMIP v1.1", "BasicSymmetricKeyFoundryClientKMIPV1_1"},
		{0x00000023, V13, V14, "Intermediate Symmetric Key Foundry Client KMIP v1.1", "IntermediateSymmetricKeyFoundryClientKMIPV1_1"},
		{0x00000024, V13, V14, "Advanced Symmetric Key Foundry Client KMIP v1.1", "AdvancedSymmetricKeyFoundryClientKMIPV1_1"},
		{0x00000025, V13, V14, "Basic Symmetric Key Foundry Client KMIP v1.2", "BasicSymmetricKeyFoundryClientKMIPV1_2"},
		{0x00000026, V13, V14, "Intermediate Symmetric Key Foundry Client KMIP v1.2", "IntermediateSymmetricKeyFoundryClientKMIPV1_2"},
		{0x00000027, V13, V14, "Advanced Symmetric Key Foundry Client KMIP v1.2", "AdvancedSymmetricKeyFoundryClientKMIPV1_2"},
		{0x00000028, V13, V14, "Symmetric Key Foundry Server KMIP v1.0", "SymmetricKeyFoundryServerKMIPV1_0"},
		{0x00000029, V13, V14, "Symmetric Key Foundry Server KMIP v1.1", "SymmetricKeyFoundryServerKMIPV1_1"},
		{0x0000002A, V13, V14, "Symmetric Key Foundry Server KMIP v1.2", "SymmetricKeyFoundryServerKMIPV1_2"},
		{0x0000002B, V13, V14, "Opaque Managed Object Store Client KMIP v1.0", "OpaqueManagedObjectStoreClientKMIPV1_0"},
		{0x0000002C, V13, V14, "Opaque Managed Object Store Client KMIP v1.1", "OpaqueManagedObjectStoreClientKMIPV1_1"},
		{0x0000002D, V13, V14, "Opaque Managed Object Store Client KMIP v1.2", "OpaqueManagedObjectStoreClientKMIPV1_2"},
		{0x0000002E, V13, V14, "Opaque Managed Object Store Server KMIP v1.0", "OpaqueManagedObjectStoreServerKMIPV1_0"},
		{0x0000002F, V13, V14, "Opaque Managed Object Store Server KMIP v1.1", "OpaqueManagedObjectStoreServerKMIPV1_1"},
		{0x00000030, V13, V14, "Opaque Managed Object Store Server KMIP v1.2", "OpaqueManagedObjectStoreServerKMIPV1_2"},
		{0x00000031, V13, V14, "Suite B minLOS_128 Client KMIP v1.0", "SuiteBMinLOS_128ClientKMIPV1_0"},
		{0x00000032, V13, V14, "Suite B minLOS_128 Client KMIP v1.1", "SuiteBMinLOS_128ClientKMIPV1_1"},
		{0x00000033, V13, V14, "Suite B minLOS_128 Client KMIP v1.2", "SuiteBMinLOS_128ClientKMIPV1_2"},
		{0x00000034, V13, V14, "Suite B minLOS_128 Server KMIP v1.0", "SuiteBMinLOS_128ServerKMIPV1_0"},
		{0x00000035, V13, V14, "Suite B minLOS_128 Server KMIP v1.1", "SuiteBMinLOS_128ServerKMIPV1_1"},
		{0x00000036, V13, V14, "Suite B minLOS_128 Server KMIP v1.2", "SuiteBMinLOS_128ServerKMIPV1_2"},
		{0x00000037, V13, V14, "Suite B minLOS_192 Client KMIP v1.0", "SuiteBMinLOS_192ClientKMIPV1_0"},
		{0x00000038, V13, V14, "Suite B minLOS_192 Client KMIP v1.1", "SuiteBMinLOS_192ClientKMIPV1_1"},
		{0x00000039, V13, V14, "Suite B minLOS_192 Client KMIP v1.2", "SuiteBMinLOS_192ClientKMIPV1_2"},
		{0x0000003A, V13, V14, "Suite B minLOS_192 Server KMIP v1.0", "SuiteBMinLOS_192ServerKMIPV1_0"},
		{0x0000003B, V13, V14, "Suite B minLOS_192 Server KMIP v1.1", "SuiteBMinLOS_192ServerKMIPV1_1"},
		{0x0000003C, V13, V14, "Suite B minLOS_192 Server KMIP v1.2", "SuiteBMinLOS_192ServerKMIPV1_2"},
		{0x0000003D, V13, V14, "Storage Array with Self Encrypting Drive Client KMIP v1.0", "StorageArrayWithSelfEncryptingDriveClientKMIPV1_0"},
		{0x0000003E, V13, V14, "Storage Array with Self Encrypting Drive Client KMIP v1.1", "StorageArrayWithSelfEncryptingDriveClientKMIPV1_1"},
		{0x0000003F, V13, V14, "Storage Array with Self Encrypting Drive Client KMIP v1.2", "StorageArrayWithSelfEncryptingDriveClientKMIPV1_2"},
		{0x00000040, V13, V14, "Storage Array with Self Encrypting Drive Server KMIP v1.0", "StorageArrayWithSelfEncryptingDriveServerKMIPV1_0"},
		{0x00000041, V13, V14, "Storage Array with Self Encrypting Drive Server KMIP v1.1", "StorageArrayWithSelfEncryptingDriveServerKMIPV1_1"},
		{0x00000042, V13, V14, "Storage Array with Self Encrypting Drive Server KMIP v1.2", "StorageArrayWithSelfEncryptingDriveServerKMIPV1_2"},
		{0x00000043, V13, V14, "HTTPS Client KMIP v1.0", "HTTPSClientKMIPV1_0"},
		{0x00000044, V13, V14, "HTTPS Client KMIP v1.1", "HTTPSClientKMIPV1_1"},
		{0x00000045, V13, V14, "HTTPS Client KMIP v1.2", "HTTPSClientKMIPV1_2"},
		{0x00000046, V13, V14, "HTTPS Server KMIP v1.0", "HTTPSServerKMIPV1_0"},
		{0x00000047, V13, V14, "HTTPS Server KMIP v1.1", "HTTPSServerKMIPV1_1"},
		{0x00000048, V13, V14, "HTTPS Server KMIP v1.2", "HTTPSServerKMIPV1_2"},
		{0x00000049, V13, V14, "JSON Client KMIP v1.0", "JSONClientKMIPV1_0"},
		{0x0000004A, V13, V14, "JSON Client KMIP v1.1", "JSONClientKMIPV1_1"},
		{0x0000004B, V13, V14, "JSON Client KMIP v1.2", "JSONClientKMIPV1_2"},
		{0x0000004C, V13, V14, "JSON Server KMIP v1.0", "JSONServerKMIPV1_0"},
		{0x0000004D, V13, V14, "JSON Server KMIP v1.1", "JSONServerKMIPV1_1"},
		{0x0000004E, V13, V14, "JSON Server KMIP v1.2", "JSONServerKMIPV1_2"},
		{0x0000004F, V13, V14, "XML Client KMIP v1.0", "XMLClientKMIPV1_0"},
		{0x00000050, V13, V14, "XML Client KMIP v1.1", "XMLClientKMIPV1_1"},
		{0x00000051, V13, V14, "XML Client KMIP v1.2", "XMLClientKMIPV1_2"},
		{0x00000052, V13, V14, "XML Server KMIP v1.0", "XMLServerKMIPV1_0"},
		{0x00000053, V13, V14, "XML Server KMIP v1.1", "XMLServerKMIPV1_1"},
		{0x00000054, V13, V14, "XML Server KMIP v1.2", "XMLServerKMIPV1_2"},
		{0x00000055, V13, V14, "Baseline Server Basic KMIP v1.3", "BaselineServerBasicKMIPV1_3"},
		{0x00000056, V13, V14, "Baseline Server TLS v1.2 KMIP v1.3", "BaselineServerTLSV1_2KMIPV1_3"},
		{0x00000057, V13, V14, "Baseline Client Basic KMIP v1.3", "BaselineClientBasicKMIPV1_3"},
		{0x00000058, V13, V14, "Baseline Client TLS v1.2 KMIP v1.3", "BaselineClientTLSV1_2KMIPV1_3"},
		{0x00000059, V13, V14, "Complete Server Basic KMIP v1.3", "CompleteServerBasicKMIPV1_3"},
		{0x0000005A, V13, V14, "Complete Server TLS v1.2 KMIP v1.3", "CompleteServerTLSV1_2KMIPV1_3"},
		{0x0000005B, V13, V14, "Tape Library Client KMIP v1.3", "TapeLibraryClientKMIPV1_3"},
		{0x0000005C, V13, V14, "Tape Library Server KMIP v1.3", "TapeLibraryServerKMIPV1_3"},
		{0x0000005D, V13, V14, "Symmetric Key Lifecycle Client KMIP v1.3", "SymmetricKeyLifecycleClientKMIPV1_3"},
		{0x0000005E, V13, V14, "Symmetric Key Lifecycle Server KMIP v1.3", "SymmetricKeyLifecycleServerKMIPV1_3"},
		{0x0000005F, V13, V14, "Asymmetric Key Lifecycle Client KMIP v1.3", "AsymmetricKeyLifecycleClientKMIPV1_3"},
		{0x00000060, V13, V14, "Asymmetric Key Lifecycle Server KMIP v1.3", "AsymmetricKeyLifecycleServerKMIPV1_3"},
		{0x00000061, V13, V14, "Basic Cryptographic Client KMIP v1.3", "BasicCryptographicClientKMIPV1_3"},
		{0x00000062, V13, V14, "Basic Cryptographic Server KMIP v1.3", "BasicCryptographicServerKMIPV1_3"},
		{0x00000063, V13, V14, "Advanced Cryptographic Client KMIP v1.3", "AdvancedCryptographicClientKMIPV1_3"},
		{0x00000064, V13, V14, "Advanced Cryptographic Server KMIP v1.3", "AdvancedCryptographicServerKMIPV1_3"},
		{0x00000065, V13, V14, "RNG Cryptographic Client KMIP v1.3", "RNGCryptographicClientKMIPV1_3"},
		{0x00000066, V13, V14, "RNG Cryptographic Server KMIP v1.3", "RNGCryptographicServerKMIPV1_3"},
		{0x00000067, V13, V14, "Basic Symmetric Key Foundry Client KMIP v1.3", "BasicSymmetricKeyFoundryClientKMIPV1_3"},
		{0x00000068, V13, V14, "Intermediate Symmetric Key Foundry Client KMIP v1.3", "IntermediateSymmetricKeyFoundryClientKMIPV1_3"},
		{0x00000069, V13, V14, "Advanced Symmetric Key Foundry Client KMIP v1.3", "AdvancedSymmetricKeyFoundryClientKMIPV1_3"},
		{0x0000006A, V13, V14, "Symmetric Key Foundry Server KMIP v1.3", "SymmetricKeyFoundryServerKMIPV1_3"},
		{0x0000006B, V13, V14, "Opaque Managed Object Store Client KMIP v1.3", "OpaqueManagedObjectStoreClientKMIPV1_3"},
		{0x0000006C, V13, V14, "Opaque Managed Object Store Server KMIP v1.3", "OpaqueManagedObjectStoreServerKMIPV1_3"},
		{0x0000006D, V13, V14, "Suite B minLOS_128 Client KMIP v1.3", "SuiteBMinLOS_128ClientKMIPV1_3"},
		{0x0000006E, V13, V14, "Suite B minLOS_128 Server KMIP v1.3", "SuiteBMinLOS_128ServerKMIPV1_3"},
		{0x0000006F, V13, V14, "Suite B minLOS_192 Client KMIP v1.3", "SuiteBMinLOS_192ClientKMIPV1_3"},
		{0x00000070, V13, V14, "Suite B minLOS_192 Server KMIP v1.3", "SuiteBMinLOS_192ServerKMIPV1_3"},
		{0x00000071, V13, V14, "Storage Array with Self Encrypting Drive Client KMIP v1.3", "StorageArrayWithSelfEncryptingDriveClientKMIPV1_3"},
		{0x00000072, V13, V14, "Storage Array with Self Encrypting Drive Server KMIP v1.3", "StorageArrayWithSelfEncryptingDriveServerKMIPV1_3"},
		{0x00000073, V13, V14, "HTTPS Client KMIP v1.3", "HTTPSClientKMIPV1_3"},
		{0x00000074, V13, V14, "HTTPS Server KMIP v1.3", "HTTPSServerKMIPV1_3"},
		{0x00000075, V13, V14, "JSON Client KMIP v1.3", "JSONClientKMIPV1_3"},
		{0x00000076, V13, V14, "JSON Server KMIP v1.3", "JSONServerKMIPV1_3"},
		{0x00000077, V13, V14, "XML Client KMIP v1.3", "XMLClientKMIPV1_3"},
		{0x00000078, V13, V14, "XML Server KMIP v1.3", "XMLServerKMIPV1_3"},
		{0x00000079, V14, V14, "Baseline Server Basic KMIP v1.4", "BaselineServerBasicKMIPV1_4"},
		{0x0000007A, V14, V14, "Baseline Server TLS v1.2 KMIP v1.4", "BaselineServerTLSV1_2KMIPV1_4"},
		{0x0000007B, V14, V14, "Baseline Client Basic KMIP v1.4", "BaselineClientBasicKMIPV1_4"},
		{0x0000007C, V14, V14, "Baseline Client TLS v1.2 KMIP v1.4", "BaselineClientTLSV1_2KMIPV1_4"},
		{0x0000007D, V14, V14, "Complete Server Basic KMIP v1.4", "CompleteServerBasicKMIPV1_4"},
		{0x0000007E, V14, V14, "Complete Server TLS v1.2 KMIP v1.4", "CompleteServerTLSV1_2KMIPV1_4"},
		{0x0000007F, V14, V14, "Tape Library Client KMIP v1.4", "TapeLibraryClientKMIPV1_4"},
		{0x00000080, V14, V14, "Tape Library Server KMIP v1.4", "TapeLibraryServerKMIPV1_4"},
		{0x00000081, V14, V14, "Symmetric Key Lifecycle Client KMIP v1.4", "SymmetricKeyLifecycleClientKMIPV1_4"},
		{0x00000082, V14, V14, "Symmetric Key Lifecycle Server KMIP v1.4", "SymmetricKeyLifecycleServerKMIPV1_4"},
		{0x00000083, V14, V14, "Asymmetric Key Lifecycle Client KMIP v1.4", "AsymmetricKeyLifecycleClientKMIPV1_4"},
		{0x00000084, V14, V14, "Asymmetric Key Lifecycle Server KMIP v1.4", "AsymmetricKeyLifecycleServerKMIPV1_4"},
		{0x00000085, V14, V14, "Basic Cryptographic Client KMIP v1.4", "BasicCryptographicClientKMIPV1_4"},
		{0x00000086, V14, V14, "Basic Cryptographic Server KMIP v1.4", "BasicCryptographicServerKMIPV1_4"},
		{0x00000087, V14, V14, "Advanced Cryptographic Client KMIP v1.4", "AdvancedCryptographicClientKMIPV1_4"},
		{0x00000088, V14, V14, "Advanced Cryptographic Server KMIP v1.4", "AdvancedCryptographicServerKMIPV1_4"},
		{0x00000089, V14, V14, "RNG Cryptographic Client KMIP v1.4", "RNGCryptographicClientKMIPV1_4"},
		{0x0000008A, V14, V14, "RNG Cryptographic Server KMIP v1.4", "RNGCryptographicServerKMIPV1_4"},
		{0x0000008B, V14, V14, "Basic Symmetric Key Foundry Client KMIP v1.4", "BasicSymmetricKeyFoundryClientKMIPV1_4"},
		{0x0000008C, V14, V14, "Intermediate Symmetric Key Foundry Client KMIP v1.4", "IntermediateSymmetricKeyFoundryClientKMIPV1_4"},
		{0x0000008D, V14, V14, "Advanced Symmetric Key Foundry Client KMIP v1.4", "AdvancedSymmetricKeyFoundryClientKMIPV1_4"},
		{0x0000008E, V14, V14, "Symmetric Key Foundry Server KMIP v1.4", "SymmetricKeyFoundryServerKMIPV1_4"},
		{0x0000008F, V14, V14, "Opaque Managed Object Store Client KMIP v1.4", "OpaqueManagedObjectStoreClientKMIPV1_4"},
		{0x00000090, V14, V14, "Opaque Managed Object Store Server KMIP v1.4", "OpaqueManagedObjectStoreServerKMIPV1_4"},
		{0x00000091, V14, V14, "Suite B minLOS_128 Client KMIP v1.4", "SuiteBMinLOS_128ClientKMIPV1_4"},
		{0x00000092, V14, V14, "Suite B minLOS_128 Server KMIP v1.4", "SuiteBMinLOS_128ServerKMIPV1_4"},
		{0x00000093, V14, V14, "Suite B minLOS_192 Client KMIP v1.4", "SuiteBMinLOS_192ClientKMIPV1_4"},
		{0x00000094, V14, V14, "Suite B minLOS_192 Server KMIP v1.4", "SuiteBMinLOS_192ServerKMIPV1_4"},
		{0x00000095, V14, V14, "Storage Array with Self Encrypting Drive Client KMIP v1.4", "StorageArrayWithSelfEncryptingDriveClientKMIPV1_4"},
		{0x00000096, V14, V14, "Storage Array with Self Encrypting Drive Server KMIP v1.4", "StorageArrayWithSelfEncryptingDriveServerKMIPV1_4"},
		{0x00000097, V14, V14, "HTTPS Client KMIP v1.4", "HTTPSClientKMIPV1_4"},
		{0x00000098, V14, V14, "HTTPS Server KMIP v1.4", "HTTPSServerKMIPV1_4"},
		{0x00000099, V14, V14, "JSON Client KMIP v1.4", "JSONClientKMIPV1_4"},
		{0x0000009A, V14, V14, "JSON Server KMIP v1.4", "JSONServerKMIPV1_4"},
		{0x0000009B, V14, V14, "XML Client KMIP v1.4", "XMLClientKMIPV1_4"},
		{0x0000009C, V14, V14, "XML Server KMIP v1.4", "XMLServerKMIPV1_4"},
		{0x00000104, V14, last, "Complete Server Basic", "CompleteServerBasic"},
		{0x00000105, V14, last, "Complete Server TLS v1.2", "CompleteServerTLSV1_2"},
		{0x00000106, V14, last, "Tape Library Client", "TapeLibraryClient"},
		{0x00000107, V14, last, "Tape Library Server", "TapeLibraryServer"},
		{0x00000108, V14, last, "Symmetric Key Lifecycle Client", "SymmetricKeyLifecycleClient"},
		{0x00000109, V14, last, "Symmetric Key Lifecycle Server", "SymmetricKeyLifecycleServer"},
		{0x0000010A, V14, last, "Asymmetric Key Lifecycle Client", "AsymmetricKeyLifecycleClient"},
		{0x0000010B, V14, last, "Asymmetric Key Lifecycle Server", "AsymmetricKeyLifecycleServer"},
		{0x0000010C, V14, last, "Basic Cryptographic Client", "BasicCryptographicClient"},
		{0x0000010D, V14, last, "Basic Cryptographic Server", "BasicCryptographicServer"},
		{0x0000010E, V14, last, "Advanced Cryptographic Client", "AdvancedCryptographicClient"},
		{0x0000010F, V14, last, "Advanced Cryptographic Server", "AdvancedCryptographicServer"},
		{0x00000110, V14, last, "RNG Cryptographic Client", "RNGCryptographicClient"},
		{0x00000111, V14, last, "RNG Cryptographic Server", "RNGCryptographicServer"},
		{0x00000112, V14, last, "Basic Symmetric Key Foundry Client", "BasicSymmetricKeyFoundryClient"},
		{0x00000113, V14, last, "Intermediate Symmetric Key Foundry Client", "IntermediateSymmetricKeyFoundryClient"},
		{0x00000114, V14, last, "Advanced Symmetric Key Foundry Client", "AdvancedSymmetricKeyFoundryClient"},
		{0x00000115, V14, last, "Symmetric Key Foundry Server", "SymmetricKeyFoundryServer"},
		{0x00000116, V14, last, "Opaque Managed Object Store Client", "OpaqueManagedObjectStoreClient"},
		{0x00000117, V14, last, "Opaque Managed Object Store Server", "OpaqueManagedObjectStoreServer"},
		{0x00000118, V14, V14, "Suite B minLOS_128 Client", "SuiteBMinLOS_128Client"},
		{0x00000119, V14, V14, "Suite B minLOS_128 Server", "SuiteBMinLOS_128Server"},
		{0x0000011A, V14, V14, "Suite B minLOS_192 Client", "SuiteBMinLOS_192Client"},
		{0x0000011B, V14, V14, "Suite B minLOS_192 Server", "SuiteBMinLOS_192Server"},
		{0x0000011C, V14, last, "Storage Array with Self Encrypting Drive Client", "StorageArrayWithSelfEncryptingDriveClient"},
		{0x0000011D, V14, last, "Storage Array with Self Encrypting Drive Server", "StorageArrayWithSelfEncryptingDriveServer"},
		{0x0000011E, V14, last, "HTTPS Client", "HTTPSClient"},
		{0x0000011F, V14, last, "HTTPS Server", "HTTPSServer"},
		{0x00000120, V14, last, "JSON Client", "JSONClient"},
		{0x00000121, V14, last, "JSON Server", "JSONServer"},
		{0x00000122, V14, last, "XML Client", "XMLClient"},
		{0x00000123, V14, last, "XML Server", "XMLServer"},
		{0x00000124, V14, last, "AES XTS Client", "AESXTSClient"},
		{0x00000125, V14, last, "AES XTS Server", "AESXTSServer"},
		{0x00000126, V14, last, "Quantum Safe Client", "QuantumSafeClient"},
		{0x00000127, V14, last, "Quantum Safe Server", "QuantumSafeServer"},
		{0x00000128, V14, last, "PKCS#11 Client", "PKCS_11Client"},
		{0x00000129, V14, last, "PKCS#11 Server", "PKCS_11Server"},
		{0x0000012A, V14, last, "Baseline Client", "BaselineClient"},
		{0x0000012B, V14, last, "Baseline Server", "BaselineServer"},
		{0x0000012C, V14, last, "Complete Server", "CompleteServer"},
	}},
	{name: "Protection Level", mask: false, tags: []Tag{TagProtectionLevel}, entries: []entry{
		{0x00000001, V20, last, "High", "High"},
		{0x00000002, V20, last, "Low", "Low"},
	}},
	{name: "Protection Storage Mask", mask: true, tags: []Tag{TagProtectionStorageMask}, entries: []entry{
		{0x00000001, V20, last, "Software", "Software"},
		{0x00000002, V20, last, "Hardware", "Hardware"},
		{0x00000004, V20, last, "On Processor", "OnProcessor"},
		{0x00000008, V20, last, "On System", "OnSystem"},
		{0x00000010, V20, last, "Off System", "OffSystem"},
		{0x00000020, V20, last, "Hypervisor", "Hypervisor"},
		{0x00000040, V20, last, "Operating System", "OperatingSystem"},
		{0x00000080, V20, last, "Container", "Container"},
		{0x00000100, V20, last, "On Premises", "OnPremises"},
		{0x00000200, V20, last, "Off Premises", "OffPremises"},
		{0x00000400, V20, last, "Self Managed", "SelfManaged"},
		{0x00000800, V20, last, "Outsourced", "Outsourced"},
		{0x00001000, V20, last, "Validated", "Validated"},
		{0x00002000, V20, last, "Same Jurisdiction", "SameJurisdiction"},
	}},
	{name: "Put Function", mask: false, tags: []Tag{TagPutFunction}, entries: []entry{
		{0x00000001, V10, last, "New", "New"},
		{0x00000002, V10, last, "Replace", "Replace"},
	}},
	{name: "Query Function", mask: false, tags: []Tag{TagQueryFunction}, entries: []entry{
		{0x00000001, V10, last, "Query Operations", "QueryOperations"},
		{0x00000002, V10, last, "Query Objects", "QueryObjects"},
		{0x00000003, V10, last, "Query Server Information", "QueryServerInformation"},
		{0x00000004, V10, last, "Query Application Namespaces", "QueryApplicationNamespaces"},
		{0x00000005, V11, last, "Query Extension List", "QueryExtensionList"},
		{0x00000006, V11, last, "Query Extension Map", "QueryExtensionMap"},
		{0x00000007, V12, last, "Query Attestation Types", "QueryAttestationTypes"},
		{0x00000008, V13, last, "Query RNGs", "QueryRNGs"},
		{0x00000009, V13, last, "Query Validations", "QueryValidations"},
		{0x0000000A, V13, last, "Query Profiles", "QueryProfiles"},
		{0x0000000B, V13, last, "Query Capabilities", "QueryCapabilities"},
		{0x0000000C, V13, last, "Query Client Registration Methods", "QueryClientRegistrationMethods"},
		{0x0000000D, V20, last, "Query Defaults Information", "QueryDefaultsInformation"},
		{0x0000000E, V20, last, "Query Storage Protection Masks", "QueryStorageProtectionMasks"},
	}},
	{name: "RNG Algorithm", mask: false, tags: []Tag{TagRNGAlgorithm}, entries: []entry{
		{0x00000001, V13, last, "Unspecified", "Unspecified"},
		{0x00000002, V13, last, "FIPS 186-2", "FIPS186_2"},
		{0x00000003, V13, last, "DRBG", "DRBG"},
		{0x00000004, V13, last, "NRBG", "NRBG"},
		{0x00000005, V13, last, "ANSI X9.31", "ANSIX9_31"},
		{0x00000006, V13, last, "ANSI X9.62", "ANSIX9_62"},
	}},
	{name: "RNG Mode", mask: false, tags: []Tag{TagRNGMode}, entries: []entry{
		{0x00000001, V13, last, "Unspecified", "Unspecified"},
		{0x00000002, V13, last, "Shared Instantiation", "SharedInstantiation"},
		{0x00000003, V13, last, "Non-Shared Instantiation", "NonSharedInstantiation"},
	}},
	{name: "Recommended Curve", mask: false, tags: []Tag{TagRecommendedCurve}, entries: []entry{
		{0x00000001, V10, last, "P-192", "P_192"},
		{0x00000002, V10, last, "K-163", "K_163"},
		{0x00000003, V10, last, "B-163", "B_163"},
		{0x00000004, V10, last, "P-224", "P_224"},
		{0x00000005, V10, last, "K-233", "K_233"},
		{0x00000006, V10, last, "B-233", "B_233"},
		{0x00000007, V10, last, "P-256", "P_256"},
		{0x00000008, V10, last, "K-283", "K_283"},
		{0x00000009, V10, last, "B-283", "B_283"},
		{0x0000000A, V10, last, "P-384", "P_384"},
		{0x0000000B, V10, last, "K-409", "K_409"},
		{0x0000000C, V10, last, "B-409", "B_409"},
		{0x0000000D, V10, last, "P-521", "P_521"},
		{0x0000000E, V10, last, "K-571", "K_571"},
		{0x0000000F, V10, last, "B-571", "B_571"},
		{0x00000010, V12, last, "SECP112R1", "SECP112R1"},
		{0x00000011, V12, last, "SECP112R2", "SECP112R2"},
		{0x00000012, V12, last, "SECP128R1", "SECP128R1"},
		{0x00000013, V12, last, "SECP128R2", "SECP128R2"},
		{0x00000014, V12, last, "SECP160K1", "SECP160K1"},
		{0x00000015, V12, last, "SECP160R1", "SECP160R1"},
		{0x00000016, V12, last, "SECP160R2", "SECP160R2"},
		{0x00000017, V12, last, "SECP192K1", "SECP192K1"},
		{0x00000018, V12, last, "SECP224K1", "SECP224K1"},
		{0x00000019, V12, last, "SECP256K1", "SECP256K1"},
		{0x0000001A, V12, last, "SECT113R1", "SECT113R1"},
		{0x0000001B, V12, last, "SECT113R2", "SECT113R2"},
		{0x0000001C, V12, last, "SECT131R1", "SECT131R1"},
		{0x0000001D, V12, last, "SECT131R2", "SECT131R2"},
		{0x0000001E, V12, last, "SECT163R1", "SECT163R1"},
		{0x0000001F, V12, last, "SECT193R1", "SECT193R1"},
		{0x00000020, V12, last, "SECT193R2", "SECT193R2"},
		{0x00000021, V12, last, "SECT239K1", "SECT239K1"},
		{0x00000022, V12, last, "ANSIX9P192V2", "ANSIX9P192V2"},
		{0x00000023, V12, last, "ANSIX9P192V3", "ANSIX9P192V3"},
		{0x00000024, V12, last, "ANSIX9P239V1", "ANSIX9P239V1"},
		{0x00000025, V12, last, "ANSIX9P239V2", "ANSIX9P239V2"},
		{0x00000026, V12, last, "ANSIX9P239V3", "ANSIX9P239V3"},
		{0x00000027, V12, last, "ANSIX9C2PNB163V1", "ANSIX9C2PNB163V1"},
		{0x00000028, V12, last, "ANSIX9C2PNB163V2", "ANSIX9C2PNB163V2"},
		{0x00000029, V12, last, "ANSIX9C2PNB163V3", "ANSIX9C2PNB163V3"},
		{0x0000002A, V12, last, "ANSIX9C2PNB176V1", "ANSIX9C2PNB176V1"},
		{0x0000002B, V12, last, "ANSIX9C2TNB191V1", "ANSIX9C2TNB191V1"},
		{0x0000002C, V12, last, "ANSIX9C2TNB191V2", "ANSIX9C2TNB191V2"},
		{0x0000002D, V12, last, "ANSIX9C2TNB191V3", "ANSIX9C2TNB191V3"},
		{0x0000002E, V12, last, "ANSIX9C2PNB208W1", "ANSIX9C2PNB208W1"},
		{0x0000002F, V12, last, "ANSIX9C2TNB239V1", "ANSIX9C2TNB239V1"},
		{0x00000030, V12, last, "ANSIX9C2TNB239V2", "ANSIX9C2TNB239V2"},
		{0x00000031, V12, last, "ANSIX9C2TNB239V3", "ANSIX9C2TNB239V3"},
		{0x00000032, V12, last, "ANSIX9C2PNB272W1", "ANSIX9C2PNB272W1"},
		{0x00000033, V12, last, "ANSIX9C2PNB304W1", "ANSIX9C2PNB304W1"},
		{0x00000034, V12, last, "ANSIX9C2TNB359V1", "ANSIX9C2TNB359V1"},
		{0x00000035, V12, last, "ANSIX9C2PNB368W1", "ANSIX9C2PNB368W1"},
		{0x00000036, V12, last, "ANSIX9C2TNB431R1", "ANSIX9C2TNB431R1"},
		{0x00000037, V12, last, "BRAINPOOLP160R1", "BRAINPOOLP160R1"},
		{0x00000038, V12, last, "BRAINPOOLP160T1", "BRAINPOOLP160T1"},
		{0x00000039, V12, last, "BRAINPOOLP192R1", "BRAINPOOLP192R1"},
		{0x0000003A, V12, last, "BRAINPOOLP192T1", "BRAINPOOLP192T1"},
		{0x0000003B, V12, last, "BRAINPOOLP224R1", "BRAINPOOLP224R1"},
		{0x0000003C, V12, last, "BRAINPOOLP224T1", "BRAINPOOLP224T1"},
		{0x0000003D, V12, last, "BRAINPOOLP256R1", "BRAINPOOLP256R1"},
		{0x0000003E, V12, last, "BRAINPOOLP256T1", "BRAINPOOLP256T1"},
		{0x0000003F, V12, last, "BRAINPOOLP320R1", "BRAINPOOLP320R1"},
		{0x00000040, V12, last, "BRAINPOOLP320T1", "BRAINPOOLP320T1"},
		{0x00000041, V12, last, "BRAINPOOLP384R1", "BRAINPOOLP384R1"},
		{0x00000042, V12, last, "BRAINPOOLP384T1", "BRAINPOOLP384T1"},
		{0x00000043, V12, last, "BRAINPOOLP512R1", "BRAINPOOLP512R1"},
		{0x00000044, V12, last, "BRAINPOOLP512T1", "BRAINPOOLP512T1"},
		{0x00000045, V20, last, "CURVE25519", "CURVE25519"},
		{0x00000046, V20, last, "CURVE448", "CURVE448"},
	}},
	{name: "Result Reason", mask: false, tags: []Tag{TagResultReason}, entries: []entry{
		{0x00000001, V10, last, "Item Not Found", "ItemNotFound"},
		{0x00000002, V10, last, "Response Too Large", "ResponseTooLarge"},
		{0x00000003, V10, last, "Authentication Not Successful", "AuthenticationNotSuccessful"},
		{0x00000004, V10, last, "Invalid Message", "InvalidMessage"},
		{0x00000005, V10, last, "Operation Not Supported", "OperationNotSupported"},
		{0x00000006, V10, last, "Missing Data", "MissingData"},
		{0x00000007, V10, last, "Invalid Field", "InvalidField"},
		{0x00000008, V10, last, "Feature Not Supported", "FeatureNotSupported"},
		{0x00000009, V10, last, "Operation Canceled By Requester", "OperationCanceledByRequester"},
		{0x0000000A, V10, last, "Cryptographic Failure", "CryptographicFailure"},
		{0x0000000B, V10, V14, "Illegal Operation", "IllegalOperation"},
		{0x0000000C, V10, last, "Permission Denied", "PermissionDenied"},
		{0x0000000D, V10, last, "Object archived", "ObjectArchived"},
		{0x0000000E, V10, V14, "Index Out of Bounds", "IndexOutOfBounds"},
		{0x0000000F, V10, last, "Application Namespace Not Supported", "ApplicationNamespaceNotSupported"},
		{0x00000010, V10, last, "Key Format Type Not Supported", "KeyFormatTypeNotSupported"},
		{0x00000011, V10, last, "Key Compression Type Not Supported", "KeyCompressionTypeNotSupported"},
		{0x00000012, V11, last, "Encoding Option Error", "EncodingOptionError"},
		{0x00000013, V12, last, "Key Value Not Present", "KeyValueNotPresent"},
		{0x00000014, V12, last, "Attestation Required", "AttestationRequired"},
		{0x00000015, V12, last, "Attestation Failed", "AttestationFailed"},
		{0x00000016, V14, last, "Sensitive", "Sensitive"},
		{0x00000017, V14, last, "Not Extractable", "NotExtractable"},
		{0x00000018, V14, last, "Object Already Exists", "ObjectAlreadyExists"},
		{0x00000019, V20, last, "Invalid Ticket", "InvalidTicket"},
		{0x0000001A, V20, last, "Usage Limit Exceeded", "UsageLimitExceeded"},
		{0x0000001B, V20, last, "Numeric Range", "NumericRange"},
		{0x0000001C, V20, last, "Invalid Data Type", "InvalidDataType"},
		{0x0000001D, V20, last, "Read Only Attribute", "ReadOnlyAttribute"},
		{0x0000001E, V20, last, "Multi Valued Attribute", "MultiValuedAttribute"},
		{0x0000001F, V20, last, "Unsupported Attribute", "UnsupportedAttribute"},
		{0x00000020, V20, last, "Attribute Instance Not Found", "AttributeInstanceNotFound"},
		{0x00000021, V20, last, "Attribute Not Found", "AttributeNotFound"},
		{0x00000022, V20, last, "Attribute Read Only", "AttributeReadOnly"},
		{0x00000023, V20, last, "Attribute Single Valued", "AttributeSingleValued"},
		{0x00000024, V20, last, "Bad Cryptographic Parameters", "BadCryptographicParameters"},
		{0x00000025, V20, last, "Bad Password", "BadPassword"},
		{0x00000026, V20, last, "Codec Error", "CodecError"},
		{0x00000028, V20, last, "Illegal Object Type", "IllegalObjectType"},
		{0x00000029, V20, last, "Incompatible Cryptographic Usage Mask", "IncompatibleCryptographicUsageMask"},
		{0x0000002A, V20, last, "Internal Server Error", "InternalServerError"},
		{0x0000002B, V20, last, "Invalid Asynchronous Correlation Value", "InvalidAsynchronousCorrelationValue"},
		{0x0000002C, V20, last, "Invalid Attribute", "InvalidAttribute"},
		{0x0000002D, V20, last, "Invalid Attribute Value", "InvalidAttributeValue"},
		{0x0000002E, V20, last, "Invalid Correlation Value", "InvalidCorrelationValue"},
		{0x0000002F, V20, last, "Invalid CSR", "InvalidCSR"},
		{0x00000030, V20, last, "Invalid Object Type", "InvalidObjectType"},
		{0x00000032, V20, last, "Key Wrap Type Not Supported", "KeyWrapTypeNotSupported"},
		{0x00000034, V20, last, "Missing Initialization Vector", "MissingInitializationVector"},
		{0x00000035, V20, last, "Non Unique Name Attribute", "NonUniqueNameAttribute"},
		{0x00000036, V20, last, "Object Destroyed", "ObjectDestroyed"},
		{0x00000037, V20, last, "Object Not Found", "ObjectNotFound"},
		{0x00000039, V20, last, "Not Authorised", "NotAuthorised"},
		{0x00000039, V20, last, "Not Authorized", "NotAuthorized"},
		{0x0000003A, V20, last, "Server Limit Exceeded", "ServerLimitExceeded"},
		{0x0000003B, V20, last, "Unknown Enumeration", "UnknownEnumeration"},
		{0x0000003C, V20, last, "Unknown Message Extension", "UnknownMessageExtension"},
		{0x0000003D, V20, last, "Unknown Tag", "UnknownTag"},
		{0x0000003E, V20, last, "Unsupported Cryptographic Parameters", "UnsupportedCryptographicParameters"},
		{0x0000003F, V20, last, "Unsupported Protocol Version", "UnsupportedProtocolVersion"},
		{0x00000040, V20, last, "Wrapping Object Archived", "WrappingObjectArchived"},
		{0x00000041, V20, last, "Wrapping Object Destroyed", "WrappingObjectDestroyed"},
		{0x00000042, V20, last, "Wrapping Object Not Found", "WrappingObjectNotFound"},
		{0x00000043, V20, last, "Wrong Key Lifecycle State", "WrongKeyLifecycleState"},
		{0x00000044, V20, last, "Protection Storage Unavailable", "ProtectionStorageUnavailable"},
		{0x00000045, V20, last, "PKCS#11 Codec Error", "PKCS_11CodecError"},
		{0x00000046, V20, last, "PKCS#11 Invalid Function", "PKCS_11InvalidFunction"},
		{0x00000047, V20, last, "PKCS#11 Invalid Interface", "PKCS_11InvalidInterface"},
		{0x00000048, V21, last, "Private Protection Storage Unavailable", "PrivateProtectionStorageUnavailable"},
		{0x00000049, V21, last, "Public Protection Storage Unavailable", "PublicProtectionStorageUnavailable"},
		{0x0000004A, V21, last, "Unknown Object Group", "UnknownObjectGroup"},
		{0x0000004B, V21, last, "Constraint Violation", "ConstraintViolation"},
		{0x0000004C, V21, last, "Duplicate Process Request", "DuplicateProcessRequest"},
		{0x00000100, V10, last, "General Failure", "GeneralFailure"},
	}},
	{name: "Result Status", mask: false, tags: []Tag{TagResultStatus}, entries: []entry{
		{0x00000000, V10, last, "Success", "Success"},
		{0x00000001, V10, last, "Operation Failed", "OperationFailed"},
		{0x00000002, V10, last, "Operation Pending", "OperationPending"},
		{0x00000003, V10, last, "Operation Undone", "OperationUndone"},
	}},
	{name: "Revocation Reason Code", mask: false, tags: []Tag{TagRevocationReasonCode}, entries: []entry{
		{0x00000001, V10, last, "Unspecified", "Unspecified"},
		{0x00000002, V10, last, "Key Compromise", "KeyCompromise"},
		{0x00000003, V10, last, "CA Compromise", "CACompromise"},
		{0x00000004, V10, last, "Affiliation Changed", "AffiliationChanged"},
		{0x00000005, V10, last, "Superseded", "Superseded"},
		{0x00000006, V10, last, "Cessation of Operation", "CessationOfOperation"},
		{0x00000007, V10, last, "Privilege Withdrawn", "PrivilegeWithdrawn"},
	}},
	{name: "Rotate Name Type", mask: false, tags: []Tag{TagRotateNameType}, entries: []entry{
		{0x00000001, V21, last, "Uninterpreted Text String", "UninterpretedTextString"},
		{0x00000002, V21, last, "URI", "URI"},
	}},
	{name: "Secret Data Type", mask: false, tags: []Tag{TagSecretDataType}, entries: []entry{
		{0x00000001, V10, last, "Password", "Password"},
		{0x00000002, V10, last, "Seed", "Seed"},
	}},
	{name: "Shredding Algorithm", mask: false, tags: []Tag{TagShreddingAlgorithm}, entries: []entry{
		{0x00000001, V13, last, "Unspecified", "Unspecified"},
		{0x00000002, V13, last, "Cryptographic", "Cryptographic"},
		{0x00000003, V13, last, "Unsupported", "Unsupported"},
	}},
	{name: "Split Key Method", mask: false, tags: []Tag{TagSplitKeyMethod}, entries: []entry{
		{0x00000001, V10, last, "XOR", "XOR"},
		{0x00000002, V10, last, "Polynomial Sharing GF (2^16)", "PolynomialSharingGF2_16"},
		{0x00000003, V10, last, "Polynomial Sharing Prime Field", "PolynomialSharingPrimeField"},
		{0x00000004, V12, last, "Polynomial Sharing GF (2^8)", "PolynomialSharingGF2_8"},
	}},
	{name: "State", mask: false, tags: []Tag{TagState}, entries: []entry{
		{0x00000001, V10, last, "Pre-Active", "PreActive"},
		{0x00000002, V10, last, "Active", "Active"},
		{0x00000003, V10, last, "Deactivated", "Deactivated"},
		{0x00000004, V10, last, "Compromised", "Compromised"},
		{0x00000005, V10, last, "Destroyed", "Destroyed"},
		{0x00000006, V10, last, "Destroyed Compromised", "DestroyedCompromised"},
	}},
	{name: "Storage Status Mask", mask: true, tags: []Tag{TagStorageStatusMask}, entries: []entry{
		{0x00000001, V10, last, "On-line storage", "OnLineStorage"},
		{0x00000002, V10, last, "Archival storage", "ArchivalStorage"},
		{0x00000004, V20, last, "Destroyed storage", "DestroyedStorage"},
	}},
	{name: "Ticket Type", mask: false, tags: []Tag{TagTicketType}, entries: []entry{
		{0x00000001, V20, last, "Login", "Login"},
	}},
	{name: "Unique Identifier", mask: false, tags: []Tag{TagUniqueIdentifier, TagLinkedObjectIdentifier, TagPrivateKeyUniqueIdentifier, TagPublicKeyUniqueIdentifier, TagReplacedUniqueIdentifier}, entries: []entry{
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
	}},
	{name: "Unwrap Mode", mask: false, tags: []Tag{TagUnwrapMode}, entries: []entry{
		{0x00000001, V13, last, "Unspecified", "Unspecified"},
		{0x00000002, V13, last, "Processed", "Processed"},
		{0x00000003, V13, last, "Not Processed", "NotProcessed"},
	}},
	{name: "Usage Limits Unit", mask: false, tags: []Tag{TagUsageLimitsUnit}, entries: []entry{
		{0x00000001, V10, last, "Byte", "Byte"},
		{0x00000002, V10, last, "Object", "Object"},
	}},
	{name: "Validation Authority Type", mask: false, tags: []Tag{TagValidationAuthorityType}, entries: []entry{
		{0x00000001, V13, last, "Unspecified", "Unspecified"},
		{0x00000002, V13, last, "NIST CMVP", "NISTCMVP"},
		{0x00000003, V13, last, "Common Criteria", "CommonCriteria"},
	}},
	{name: "Validation Type", mask: false, tags: []Tag{TagValidationType}, entries: []entry{
		{0x00000001, V13, last, "Unspecified", "Unspecified"},
		{0x00000002, V13, last, "Hardware", "Hardware"},
		{0x00000003, V13, last, "Software", "Software"},
		{0x00000004, V13, last, "Firmware", "Firmware"},
		{0x00000005, V13, last, "Hybrid", "Hybrid"},
	}},
	{name: "Validity Indicator", mask: false, tags: []Tag{TagValidityIndicator}, entries: []entry{
		{0x00000001, V10, last, "Valid", "Valid"},
		{0x00000002, V10, last, "Invalid", "Invalid"},
		{0x00000003, V10, last, "Unknown", "Unknown"},
	}},
	{name: "Wrapping Method", mask: false, tags: []Tag{TagWrappingMethod}, entries: []entry{
		{0x00000001, V10, last, "Encrypt", "Encrypt"},
		{0x00000002, V10, last, "MAC/sign", "MACSign"},
		{0x00000003, V10, last, "Encrypt then MAC/sign", "EncryptThenMACSign"},
		{0x00000004, V10, last, "MAC/sign then encrypt", "MACSignThenEncrypt"},
		{0x00000005, V10, last, "TR-31", "TR_31"},
	}},
}

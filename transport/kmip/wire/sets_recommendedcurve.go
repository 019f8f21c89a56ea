// Code generated from vocabulary.txt by go generate; DO NOT EDIT.

package wire

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

var setRecommendedCurve = set{name: "Recommended Curve", mask: false, tags: []Tag{TagRecommendedCurve}, entries: []entry{
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
}}

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

var setResultReason = set{name: "Result Reason", mask: false, tags: []Tag{TagResultReason}, entries: []entry{
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
}}

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

var setResultStatus = set{name: "Result Status", mask: false, tags: []Tag{TagResultStatus}, entries: []entry{
	{0x00000000, V10, last, "Success", "Success"},
	{0x00000001, V10, last, "Operation Failed", "OperationFailed"},
	{0x00000002, V10, last, "Operation Pending", "OperationPending"},
	{0x00000003, V10, last, "Operation Undone", "OperationUndone"},
}}

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

var setRevocationReasonCode = set{name: "Revocation Reason Code", mask: false, tags: []Tag{TagRevocationReasonCode}, entries: []entry{
	{0x00000001, V10, last, "Unspecified", "Unspecified"},
	{0x00000002, V10, last, "Key Compromise", "KeyCompromise"},
	{0x00000003, V10, last, "CA Compromise", "CACompromise"},
	{0x00000004, V10, last, "Affiliation Changed", "AffiliationChanged"},
	{0x00000005, V10, last, "Superseded", "Superseded"},
	{0x00000006, V10, last, "Cessation of Operation", "CessationOfOperation"},
	{0x00000007, V10, last, "Privilege Withdrawn", "PrivilegeWithdrawn"},
}}

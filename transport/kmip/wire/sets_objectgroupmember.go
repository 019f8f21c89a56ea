// Code generated from vocabulary.txt by go generate; DO NOT EDIT.

package wire

// ObjectGroupMember is the enumeration "Object Group Member".
type ObjectGroupMember uint32

const (
	ObjectGroupMemberGroupMemberFresh   ObjectGroupMember = 0x00000001
	ObjectGroupMemberGroupMemberDefault ObjectGroupMember = 0x00000002
)

// String is the value as XML writes it.
func (v ObjectGroupMember) String() string { return ValueText(TagObjectGroupMember, uint32(v)) }

var setObjectGroupMember = set{name: "Object Group Member", mask: false, tags: []Tag{TagObjectGroupMember}, entries: []entry{
	{0x00000001, V11, last, "Group Member Fresh", "GroupMemberFresh"},
	{0x00000002, V11, last, "Group Member Default", "GroupMemberDefault"},
}}

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

var setObjectType = set{name: "Object Type", mask: false, tags: []Tag{TagObjectType}, entries: []entry{
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
}}

// OpaqueDataType is the enumeration "Opaque Data Type".
type OpaqueDataType uint32

// String is the value as XML writes it.
func (v OpaqueDataType) String() string { return ValueText(TagOpaqueDataType, uint32(v)) }

var setOpaqueDataType = set{name: "Opaque Data Type", mask: false, tags: []Tag{TagOpaqueDataType}, entries: []entry{}}

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

var setOperation = set{name: "Operation", mask: false, tags: []Tag{TagOperation}, entries: []entry{
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
}}

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

var setPaddingMethod = set{name: "Padding Method", mask: false, tags: []Tag{TagPaddingMethod}, entries: []entry{
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
}}

// PKCS_11Function is the enumeration "PKCS#11 Function".
type PKCS_11Function uint32

const (
	PKCS_11FunctionC_Initialize          PKCS_11Function = 0x00000001
	PKCS_11FunctionC_Finalize            PKCS_11Function = 0x00000002
	PKCS_11FunctionC_GetInfo             PKCS_11Function = 0x00000003
	PKCS_11FunctionC_GetFunctionList     PKCS_11Function = 0x00000004
	PKCS_11FunctionC_GetSlotList         PKCS_11Function = 0x00000005
	PKCS_11FunctionC_GetSlotInfo         PKCS_11Function = 0x00000006
	PKCS_11FunctionC_GetTokenInfo        PKCS_11Function = 0x00000007
	PKCS_11FunctionC_GetMechanismList    PKCS_11Function = 0x00000008
	PKCS_11FunctionC_GetMechanismInfo    PKCS_11Function = 0x00000009
	PKCS_11FunctionC_InitToken           PKCS_11Function = 0x0000000A
	PKCS_11FunctionC_InitPIN             PKCS_11Function = 0x0000000B
	PKCS_11FunctionC_SetPIN              PKCS_11Function = 0x0000000C
	PKCS_11FunctionC_OpenSession         PKCS_11Function = 0x0000000D
	PKCS_11FunctionC_CloseSession        PKCS_11Function = 0x0000000E
	PKCS_11FunctionC_CloseAllSessions    PKCS_11Function = 0x0000000F
	PKCS_11FunctionC_GetSessionInfo      PKCS_11Function = 0x00000010
	PKCS_11FunctionC_GetOperationState   PKCS_11Function = 0x00000011
	PKCS_11FunctionC_SetOperationState   PKCS_11Function = 0x00000012
	PKCS_11FunctionC_Login               PKCS_11Function = 0x00000013
	PKCS_11FunctionC_Logout              PKCS_11Function = 0x00000014
	PKCS_11FunctionC_CreateObject        PKCS_11Function = 0x00000015
	PKCS_11FunctionC_CopyObject          PKCS_11Function = 0x00000016
	PKCS_11FunctionC_DestroyObject       PKCS_11Function = 0x00000017
	PKCS_11FunctionC_GetObjectSize       PKCS_11Function = 0x00000018
	PKCS_11FunctionC_GetAttributeValue   PKCS_11Function = 0x00000019
	PKCS_11FunctionC_SetAttributeValue   PKCS_11Function = 0x0000001A
	PKCS_11FunctionC_FindObjectsInit     PKCS_11Function = 0x0000001B
	PKCS_11FunctionC_FindObjects         PKCS_11Function = 0x0000001C
	PKCS_11FunctionC_FindObjectsFinal    PKCS_11Function = 0x0000001D
	PKCS_11FunctionC_EncryptInit         PKCS_11Function = 0x0000001E
	PKCS_11FunctionC_Encrypt             PKCS_11Function = 0x0000001F
	PKCS_11FunctionC_EncryptUpdate       PKCS_11Function = 0x00000020
	PKCS_11FunctionC_EncryptFinal        PKCS_11Function = 0x00000021
	PKCS_11FunctionC_DecryptInit         PKCS_11Function = 0x00000022
	PKCS_11FunctionC_Decrypt             PKCS_11Function = 0x00000023
	PKCS_11FunctionC_DecryptUpdate       PKCS_11Function = 0x00000024
	PKCS_11FunctionC_DecryptFinal        PKCS_11Function = 0x00000025
	PKCS_11FunctionC_DigestInit          PKCS_11Function = 0x00000026
	PKCS_11FunctionC_Digest              PKCS_11Function = 0x00000027
	PKCS_11FunctionC_DigestUpdate        PKCS_11Function = 0x00000028
	PKCS_11FunctionC_DigestKey           PKCS_11Function = 0x00000029
	PKCS_11FunctionC_DigestFinal         PKCS_11Function = 0x0000002A
	PKCS_11FunctionC_SignInit            PKCS_11Function = 0x0000002B
	PKCS_11FunctionC_Sign                PKCS_11Function = 0x0000002C
	PKCS_11FunctionC_SignUpdate          PKCS_11Function = 0x0000002D
	PKCS_11FunctionC_SignFinal           PKCS_11Function = 0x0000002E
	PKCS_11FunctionC_SignRecoverInit     PKCS_11Function = 0x0000002F
	PKCS_11FunctionC_SignRecover         PKCS_11Function = 0x00000030
	PKCS_11FunctionC_VerifyInit          PKCS_11Function = 0x00000031
	PKCS_11FunctionC_Verify              PKCS_11Function = 0x00000032
	PKCS_11FunctionC_VerifyUpdate        PKCS_11Function = 0x00000033
	PKCS_11FunctionC_VerifyFinal         PKCS_11Function = 0x00000034
	PKCS_11FunctionC_VerifyRecoverInit   PKCS_11Function = 0x00000035
	PKCS_11FunctionC_VerifyRecover       PKCS_11Function = 0x00000036
	PKCS_11FunctionC_DigestEncryptUpdate PKCS_11Function = 0x00000037
	PKCS_11FunctionC_DecryptDigestUpdate PKCS_11Function = 0x00000038
	PKCS_11FunctionC_SignEncryptUpdate   PKCS_11Function = 0x00000039
	PKCS_11FunctionC_DecryptVerifyUpdate PKCS_11Function = 0x0000003A
	PKCS_11FunctionC_GenerateKey         PKCS_11Function = 0x0000003B
	PKCS_11FunctionC_GenerateKeyPair     PKCS_11Function = 0x0000003C
	PKCS_11FunctionC_WrapKey             PKCS_11Function = 0x0000003D
	PKCS_11FunctionC_UnwrapKey           PKCS_11Function = 0x0000003E
	PKCS_11FunctionC_DeriveKey           PKCS_11Function = 0x0000003F
	PKCS_11FunctionC_SeedRandom          PKCS_11Function = 0x00000040
	PKCS_11FunctionC_GenerateRandom      PKCS_11Function = 0x00000041
	PKCS_11FunctionC_GetFunctionStatus   PKCS_11Function = 0x00000042
	PKCS_11FunctionC_CancelFunction      PKCS_11Function = 0x00000043
	PKCS_11FunctionC_WaitForSlotEvent    PKCS_11Function = 0x00000044
)

// String is the value as XML writes it.
func (v PKCS_11Function) String() string { return ValueText(TagPKCS_11Function, uint32(v)) }

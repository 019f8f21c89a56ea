// Code generated from vocabulary.txt by go generate; DO NOT EDIT.

package wire

var setPKCS_11Function = set{name: "PKCS#11 Function", mask: false, tags: []Tag{TagPKCS_11Function}, entries: []entry{
	{0x00000001, V20, last, "C_Initialize", "C_Initialize"},
	{0x00000002, V20, last, "C_Finalize", "C_Finalize"},
	{0x00000003, V20, last, "C_GetInfo", "C_GetInfo"},
	{0x00000004, V20, last, "C_GetFunctionList", "C_GetFunctionList"},
	{0x00000005, V20, last, "C_GetSlotList", "C_GetSlotList"},
	{0x00000006, V20, last, "C_GetSlotInfo", "C_GetSlotInfo"},
	{0x00000007, V20, last, "C_GetTokenInfo", "C_GetTokenInfo"},
	{0x00000008, V20, last, "C_GetMechanismList", "C_GetMechanismList"},
	{0x00000009, V20, last, "C_GetMechanismInfo", "C_GetMechanismInfo"},
	{0x0000000A, V20, last, "C_InitToken", "C_InitToken"},
	{0x0000000B, V20, last, "C_InitPIN", "C_InitPIN"},
	{0x0000000C, V20, last, "C_SetPIN", "C_SetPIN"},
	{0x0000000D, V20, last, "C_OpenSession", "C_OpenSession"},
	{0x0000000E, V20, last, "C_CloseSession", "C_CloseSession"},
	{0x0000000F, V20, last, "C_CloseAllSessions", "C_CloseAllSessions"},
	{0x00000010, V20, last, "C_GetSessionInfo", "C_GetSessionInfo"},
	{0x00000011, V20, last, "C_GetOperationState", "C_GetOperationState"},
	{0x00000012, V20, last, "C_SetOperationState", "C_SetOperationState"},
	{0x00000013, V20, last, "C_Login", "C_Login"},
	{0x00000014, V20, last, "C_Logout", "C_Logout"},
	{0x00000015, V20, last, "C_CreateObject", "C_CreateObject"},
	{0x00000016, V20, last, "C_CopyObject", "C_CopyObject"},
	{0x00000017, V20, last, "C_DestroyObject", "C_DestroyObject"},
	{0x00000018, V20, last, "C_GetObjectSize", "C_GetObjectSize"},
	{0x00000019, V20, last, "C_GetAttributeValue", "C_GetAttributeValue"},
	{0x0000001A, V20, last, "C_SetAttributeValue", "C_SetAttributeValue"},
	{0x0000001B, V20, last, "C_FindObjectsInit", "C_FindObjectsInit"},
	{0x0000001C, V20, last, "C_FindObjects", "C_FindObjects"},
	{0x0000001D, V20, last, "C_FindObjectsFinal", "C_FindObjectsFinal"},
	{0x0000001E, V20, last, "C_EncryptInit", "C_EncryptInit"},
	{0x0000001F, V20, last, "C_Encrypt", "C_Encrypt"},
	{0x00000020, V20, last, "C_EncryptUpdate", "C_EncryptUpdate"},
	{0x00000021, V20, last, "C_EncryptFinal", "C_EncryptFinal"},
	{0x00000022, V20, last, "C_DecryptInit", "C_DecryptInit"},
	{0x00000023, V20, last, "C_Decrypt", "C_Decrypt"},
	{0x00000024, V20, last, "C_DecryptUpdate", "C_DecryptUpdate"},
	{0x00000025, V20, last, "C_DecryptFinal", "C_DecryptFinal"},
	{0x00000026, V20, last, "C_DigestInit", "C_DigestInit"},
	{0x00000027, V20, last, "C_Digest", "C_Digest"},
	{0x00000028, V20, last, "C_DigestUpdate", "C_DigestUpdate"},
	{0x00000029, V20, last, "C_DigestKey", "C_DigestKey"},
	{0x0000002A, V20, last, "C_DigestFinal", "C_DigestFinal"},
	{0x0000002B, V20, last, "C_SignInit", "C_SignInit"},
	{0x0000002C, V20, last, "C_Sign", "C_Sign"},
	{0x0000002D, V20, last, "C_SignUpdate", "C_SignUpdate"},
	{0x0000002E, V20, last, "C_SignFinal", "C_SignFinal"},
	{0x0000002F, V20, last, "C_SignRecoverInit", "C_SignRecoverInit"},
	{0x00000030, V20, last, "C_SignRecover", "C_SignRecover"},
	{0x00000031, V20, last, "C_VerifyInit", "C_VerifyInit"},
	{0x00000032, V20, last, "C_Verify", "C_Verify"},
	{0x00000033, V20, last, "C_VerifyUpdate", "C_VerifyUpdate"},
	{0x00000034, V20, last, "C_VerifyFinal", "C_VerifyFinal"},
	{0x00000035, V20, last, "C_VerifyRecoverInit", "C_VerifyRecoverInit"},
	{0x00000036, V20, last, "C_VerifyRecover", "C_VerifyRecover"},
	{0x00000037, V20, last, "C_DigestEncryptUpdate", "C_DigestEncryptUpdate"},
	{0x00000038, V20, last, "C_DecryptDigestUpdate", "C_DecryptDigestUpdate"},
	{0x00000039, V20, last, "C_SignEncryptUpdate", "C_SignEncryptUpdate"},
	{0x0000003A, V20, last, "C_DecryptVerifyUpdate", "C_DecryptVerifyUpdate"},
	{0x0000003B, V20, last, "C_GenerateKey", "C_GenerateKey"},
	{0x0000003C, V20, last, "C_GenerateKeyPair", "C_GenerateKeyPair"},
	{0x0000003D, V20, last, "C_WrapKey", "C_WrapKey"},
	{0x0000003E, V20, last, "C_UnwrapKey", "C_UnwrapKey"},
	{0x0000003F, V20, last, "C_DeriveKey", "C_DeriveKey"},
	{0x00000040, V20, last, "C_SeedRandom", "C_SeedRandom"},
	{0x00000041, V20, last, "C_GenerateRandom", "C_GenerateRandom"},
	{0x00000042, V20, last, "C_GetFunctionStatus", "C_GetFunctionStatus"},
	{0x00000043, V20, last, "C_CancelFunction", "C_CancelFunction"},
	{0x00000044, V20, last, "C_WaitForSlotEvent", "C_WaitForSlotEvent"},
}}

// PKCS_11ReturnCode is the enumeration "PKCS#11 Return Code".
type PKCS_11ReturnCode uint32

const (
	PKCS_11ReturnCodeOK                           PKCS_11ReturnCode = 0x00000000
	PKCS_11ReturnCodeCANCEL                       PKCS_11ReturnCode = 0x00000001
	PKCS_11ReturnCodeHOST_MEMORY                  PKCS_11ReturnCode = 0x00000002
	PKCS_11ReturnCodeSLOT_ID_INVALID              PKCS_11ReturnCode = 0x00000003
	PKCS_11ReturnCodeGENERAL_ERROR                PKCS_11ReturnCode = 0x00000005
	PKCS_11ReturnCodeFUNCTION_FAILED              PKCS_11ReturnCode = 0x00000006
	PKCS_11ReturnCodeARGUMENTS_BAD                PKCS_11ReturnCode = 0x00000007
	PKCS_11ReturnCodeFUNCTION_NOT_SUPPORTED       PKCS_11ReturnCode = 0x00000054
	PKCS_11ReturnCodeSESSION_HANDLE_INVALID       PKCS_11ReturnCode = 0x000000B3
	PKCS_11ReturnCodeTOKEN_NOT_PRESENT            PKCS_11ReturnCode = 0x000000E0
	PKCS_11ReturnCodeCRYPTOKI_NOT_INITIALIZED     PKCS_11ReturnCode = 0x00000190
	PKCS_11ReturnCodeCRYPTOKI_ALREADY_INITIALIZED PKCS_11ReturnCode = 0x00000191
)

// String is the value as XML writes it.
func (v PKCS_11ReturnCode) String() string { return ValueText(TagPKCS_11ReturnCode, uint32(v)) }

var setPKCS_11ReturnCode = set{name: "PKCS#11 Return Code", mask: false, tags: []Tag{TagPKCS_11ReturnCode}, entries: []entry{
	{0x00000000, V20, last, "OK", "OK"},
	{0x00000001, V20, last, "CANCEL", "CANCEL"},
	{0x00000002, V20, last, "HOST_MEMORY", "HOST_MEMORY"},
	{0x00000003, V20, last, "SLOT_ID_INVALID", "SLOT_ID_INVALID"},
	{0x00000005, V20, last, "GENERAL_ERROR", "GENERAL_ERROR"},
	{0x00000006, V20, last, "FUNCTION_FAILED", "FUNCTION_FAILED"},
	{0x00000007, V20, last, "ARGUMENTS_BAD", "ARGUMENTS_BAD"},
	{0x00000054, V20, last, "FUNCTION_NOT_SUPPORTED", "FUNCTION_NOT_SUPPORTED"},
	{0x000000B3, V20, last, "SESSION_HANDLE_INVALID", "SESSION_HANDLE_INVALID"},
	{0x000000E0, V20, last, "TOKEN_NOT_PRESENT", "TOKEN_NOT_PRESENT"},
	{0x00000190, V20, last, "CRYPTOKI_NOT_INITIALIZED", "CRYPTOKI_NOT_INITIALIZED"},
	{0x00000191, V20, last, "CRYPTOKI_ALREADY_INITIALIZED", "CRYPTOKI_ALREADY_INITIALIZED"},
}}

// ProcessingStage is the enumeration "Processing Stage".
type ProcessingStage uint32

const (
	ProcessingStageSubmitted ProcessingStage = 0x00000001
	ProcessingStageInProcess ProcessingStage = 0x00000002
	ProcessingStageCompleted ProcessingStage = 0x00000003
)

// String is the value as XML writes it.
func (v ProcessingStage) String() string { return ValueText(TagProcessingStage, uint32(v)) }

var setProcessingStage = set{name: "Processing Stage", mask: false, tags: []Tag{TagProcessingStage}, entries: []entry{
	{0x00000001, V21, last, "Submitted", "Submitted"},
	{0x00000002, V21, last, "In Process", "InProcess"},
	{0x00000003, V21, last, "Completed", "Completed"},
}}

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

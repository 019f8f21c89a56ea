// Code generated from vocabulary.txt by go generate; DO NOT EDIT.

package wire

var setProfileName = set{name: "Profile Name", mask: false, tags: []Tag{TagProfileName}, entries: []entry{
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
}}

// ProtectionLevel is the enumeration "Protection Level".
type ProtectionLevel uint32

const (
	ProtectionLevelHigh ProtectionLevel = 0x00000001
	ProtectionLevelLow  ProtectionLevel = 0x00000002
)

// String is the value as XML writes it.
func (v ProtectionLevel) String() string { return ValueText(TagProtectionLevel, uint32(v)) }

var setProtectionLevel = set{name: "Protection Level", mask: false, tags: []Tag{TagProtectionLevel}, entries: []entry{
	{0x00000001, V20, last, "High", "High"},
	{0x00000002, V20, last, "Low", "Low"},
}}

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

var setProtectionStorageMask = set{name: "Protection Storage Mask", mask: true, tags: []Tag{TagProtectionStorageMask}, entries: []entry{
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
}}

// PutFunction is the enumeration "Put Function".
type PutFunction uint32

const (
	PutFunctionNew     PutFunction = 0x00000001
	PutFunctionReplace PutFunction = 0x00000002
)

// String is the value as XML writes it.
func (v PutFunction) String() string { return ValueText(TagPutFunction, uint32(v)) }

var setPutFunction = set{name: "Put Function", mask: false, tags: []Tag{TagPutFunction}, entries: []entry{
	{0x00000001, V10, last, "New", "New"},
	{0x00000002, V10, last, "Replace", "Replace"},
}}

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

var setQueryFunction = set{name: "Query Function", mask: false, tags: []Tag{TagQueryFunction}, entries: []entry{
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
}}

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

var setRNGAlgorithm = set{name: "RNG Algorithm", mask: false, tags: []Tag{TagRNGAlgorithm}, entries: []entry{
	{0x00000001, V13, last, "Unspecified", "Unspecified"},
	{0x00000002, V13, last, "FIPS 186-2", "FIPS186_2"},
	{0x00000003, V13, last, "DRBG", "DRBG"},
	{0x00000004, V13, last, "NRBG", "NRBG"},
	{0x00000005, V13, last, "ANSI X9.31", "ANSIX9_31"},
	{0x00000006, V13, last, "ANSI X9.62", "ANSIX9_62"},
}}

// RNGMode is the enumeration "RNG Mode".
type RNGMode uint32

const (
	RNGModeUnspecified            RNGMode = 0x00000001
	RNGModeSharedInstantiation    RNGMode = 0x00000002
	RNGModeNonSharedInstantiation RNGMode = 0x00000003
)

// String is the value as XML writes it.
func (v RNGMode) String() string { return ValueText(TagRNGMode, uint32(v)) }

var setRNGMode = set{name: "RNG Mode", mask: false, tags: []Tag{TagRNGMode}, entries: []entry{
	{0x00000001, V13, last, "Unspecified", "Unspecified"},
	{0x00000002, V13, last, "Shared Instantiation", "SharedInstantiation"},
	{0x00000003, V13, last, "Non-Shared Instantiation", "NonSharedInstantiation"},
}}

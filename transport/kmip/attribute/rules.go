// Package attribute is what the specifications say of attributes: which there are, of what type, single or many, of which objects, and
// who may set, change and delete them; and how values that the vault does not act on are kept. It knows no vault and no message.
package attribute

import (
	"slices"

	"github.com/quorate/quorate/transport/kmip/ttlv"
	"github.com/quorate/quorate/transport/kmip/wire"
)

// Rights are what a client may do with an attribute. What it has no right to do is the server's.
type Rights uint8

// Rights. A new instance of what may be many is added by whoever may set it.
const (
	Set    Rights = 1 << iota // give it to an object that has none
	Modify                    // change a value that is there
	Delete
	Many        // of one object
	Make        // give it to an object where that is made, and never after
	None Rights = 0
)

// Rule is what the specifications say of one attribute (KMIP 1.4, section 3; 2.1, section 4). Which versions have it, its tag says.
type Rule struct {
	Tag    wire.Tag
	Type   ttlv.Type
	Rights Rights
	On     []wire.ObjectType // nil: all objects
}

// Has tells whether a client has all of these rights.
func (r Rule) Has(rights Rights) bool { return r.Rights&rights == rights }

// Fits tells whether objects of a type have the attribute.
func (r Rule) Fits(t wire.ObjectType) bool { return r.On == nil || slices.Contains(r.On, t) }

var (
	keys = []wire.ObjectType{
		wire.ObjectTypeSymmetricKey, wire.ObjectTypePublicKey, wire.ObjectTypePrivateKey, wire.ObjectTypeSplitKey,
		wire.ObjectTypeSecretData, wire.ObjectTypePGPKey, wire.ObjectTypeOpaqueObject, wire.ObjectTypeCertificate,
	}
	pairs        = []wire.ObjectType{wire.ObjectTypePublicKey, wire.ObjectTypePrivateKey}
	certificates = []wire.ObjectType{wire.ObjectTypeCertificate, wire.ObjectTypePGPKey}
	x509         = []wire.ObjectType{wire.ObjectTypeCertificate}
)

const free = Set | Modify | Delete // the client's own

// Rules are all attributes, in the order in which they are shown.
var Rules = []Rule{
	{wire.TagUniqueIdentifier, ttlv.TextString, None, nil},
	{wire.TagShortUniqueIdentifier, ttlv.ByteString, None, nil},
	{wire.TagName, ttlv.Structure, free | Many, nil},
	{wire.TagObjectType, ttlv.Enumeration, Make, nil},
	{wire.TagCryptographicAlgorithm, ttlv.Enumeration, Make, nil},
	{wire.TagCryptographicLength, ttlv.Integer, Make, nil},
	{wire.TagCryptographicParameters, ttlv.Structure, free | Many, keys},
	{wire.TagCryptographicDomainParameters, ttlv.Structure, Make, pairs},
	{wire.TagCertificateType, ttlv.Enumeration, Make, certificates},
	{wire.TagCertificateLength, ttlv.Integer, None, certificates},
	{wire.TagX_509CertificateIdentifier, ttlv.Structure, None, certificates},
	{wire.TagX_509CertificateSubject, ttlv.Structure, None, certificates},
	{wire.TagX_509CertificateIssuer, ttlv.Structure, None, certificates},
	{wire.TagCertificateIdentifier, ttlv.Structure, None, certificates},
	{wire.TagCertificateSubject, ttlv.Structure, None, certificates},
	{wire.TagCertificateIssuer, ttlv.Structure, None, certificates},
	{wire.TagCertificateSubjectCN, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectO, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectOU, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectEmail, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectC, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectST, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectL, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectUID, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectSerialNumber, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectTitle, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectDC, ttlv.TextString, Many, x509},
	{wire.TagCertificateSubjectDNQualifier, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerCN, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerO, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerOU, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerEmail, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerC, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerST, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerL, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerUID, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerSerialNumber, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerTitle, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerDC, ttlv.TextString, Many, x509},
	{wire.TagCertificateIssuerDNQualifier, ttlv.TextString, Many, x509},
	{wire.TagDigitalSignatureAlgorithm, ttlv.Enumeration, Make | Many, certificates},
	{wire.TagDigest, ttlv.Structure, Many, nil},
	{wire.TagOperationPolicyName, ttlv.TextString, Make, nil},
	{wire.TagCryptographicUsageMask, ttlv.Integer, Make, keys},
	{wire.TagLeaseTime, ttlv.Interval, None, nil},
	{wire.TagUsageLimits, ttlv.Structure, free, keys},
	{wire.TagState, ttlv.Enumeration, None, nil},
	{wire.TagInitialDate, ttlv.DateTime, None, nil},
	{wire.TagActivationDate, ttlv.DateTime, Set | Modify, nil},
	{wire.TagProcessStartDate, ttlv.DateTime, Set | Modify, keys},
	{wire.TagProtectStopDate, ttlv.DateTime, Set | Modify, keys},
	{wire.TagDeactivationDate, ttlv.DateTime, Set | Modify, nil},
	{wire.TagDestroyDate, ttlv.DateTime, None, nil},
	{wire.TagCompromiseOccurrenceDate, ttlv.DateTime, None, nil},
	{wire.TagCompromiseDate, ttlv.DateTime, None, nil},
	{wire.TagRevocationReason, ttlv.Structure, None, nil},
	{wire.TagArchiveDate, ttlv.DateTime, None, nil},
	{wire.TagObjectGroup, ttlv.TextString, free | Many, nil},
	{wire.TagFresh, ttlv.Boolean, None, nil},
	{wire.TagLink, ttlv.Structure, free | Many, nil},
	{wire.TagApplicationSpecificInformation, ttlv.Structure, free | Many, nil},
	{wire.TagContactInformation, ttlv.TextString, free, nil},
	{wire.TagLastChangeDate, ttlv.DateTime, None, nil},
	{wire.TagAlternativeName, ttlv.Structure, free | Many, nil},
	{wire.TagKeyValuePresent, ttlv.Boolean, Make, keys},
	{wire.TagKeyValueLocation, ttlv.Structure, free | Many, keys},
	{wire.TagOriginalCreationDate, ttlv.DateTime, Make, nil},
	{wire.TagRandomNumberGenerator, ttlv.Structure, Make, nil},
	{wire.TagPKCS_12FriendlyName, ttlv.TextString, free, nil},
	{wire.TagDescription, ttlv.TextString, free, nil},
	{wire.TagComment, ttlv.TextString, free, nil},
	{wire.TagSensitive, ttlv.Boolean, Set | Modify, nil},
	{wire.TagAlwaysSensitive, ttlv.Boolean, None, nil},
	{wire.TagExtractable, ttlv.Boolean, Set | Modify, nil},
	{wire.TagNeverExtractable, ttlv.Boolean, None, nil},
	{wire.TagKeyFormatType, ttlv.Enumeration, Make, keys},
	{wire.TagNISTKeyType, ttlv.Enumeration, free | Many, keys},
	{wire.TagProtectionLevel, ttlv.Enumeration, free, nil},
	{wire.TagProtectionPeriod, ttlv.Interval, free, nil},
	{wire.TagProtectionStorageMask, ttlv.Integer, Make, nil},
	{wire.TagQuantumSafe, ttlv.Boolean, free, keys},
	{wire.TagRotateAutomatic, ttlv.Boolean, free, keys},
	{wire.TagRotateDate, ttlv.DateTime, None, keys},
	{wire.TagRotateGeneration, ttlv.Integer, None, keys},
	{wire.TagRotateInterval, ttlv.Interval, free, keys},
	{wire.TagRotateLatest, ttlv.Boolean, None, keys},
	{wire.TagRotateName, ttlv.Structure, free, keys},
	{wire.TagRotateOffset, ttlv.Interval, free, keys},
}

var byTag = func() map[wire.Tag]Rule {
	m := make(map[wire.Tag]Rule, len(Rules))
	for _, r := range Rules {
		m[r.Tag] = r
	}
	return m
}()

// RuleOf is the rule of the attribute with that tag, false if the specification has no such attribute. A custom one (no tag) is the
// client's own, of any type, and one of 1.x that begins with y- the server's.
func RuleOf(t wire.Tag, name string) (Rule, bool) {
	if t != 0 {
		r, ok := byTag[t]
		return r, ok
	}
	if len(name) > 1 && name[:2] == "y-" {
		return Rule{Rights: Many}, true
	}
	return Rule{Rights: free | Many}, true
}

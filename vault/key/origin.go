package key

var originNames = [...]string{Generated: "generated", Imported: "imported", Derived: "derived", Restored: "restored"}

// String is the origin's name, such as "imported".
func (o Origin) String() string {
	if int(o) < len(originNames) {
		return originNames[o]
	}
	return "unknown"
}

var linkNames = [...]string{
	LinkCertificate: "certificate", LinkPublic: "public-key", LinkPrivate: "private-key", LinkBase: "base", LinkDerived: "derived",
	LinkReplacement: "replacement", LinkReplaced: "replaced",
}

// String is the kind's name, such as "certificate".
func (k LinkKind) String() string {
	if int(k) < len(linkNames) && linkNames[k] != "" {
		return linkNames[k]
	}
	return "unknown"
}

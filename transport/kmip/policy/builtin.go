package policy

import (
	"maps"
	"slices"
)

// Builtin are the policies that are always there, and under "clients" what clients may do that concerns no object: make one in
// the folder kmip, ask for those that they may see, and use the vault as a source of randomness. "default" is that of the specification: keys and secrets are their
// owner's, and certificates and public keys may be read by all. "public" gives nobody but everybody a look at what is no secret, templates among it.
func Builtin() map[string]string {
	own := map[string]string{}
	for op, actions := range operations {
		if actions != nil {
			own[op] = "ALLOW_OWNER"
		}
	}
	shown := maps.Clone(own)
	public := map[string]string{}
	for _, op := range []string{"LOCATE", "CHECK", "GET", "GET_ATTRIBUTES", "GET_ATTRIBUTE_LIST", "OBTAIN_LEASE"} {
		shown[op], public[op] = "ALLOW_ALL", "ALLOW_ALL"
	}
	standard, open := section{}, section{}
	for kind, entity := range types {
		if entity == "" || kind == "OPAQUE_OBJECT" {
			continue
		}
		standard[kind] = own
		if slices.Contains([]string{"CERTIFICATE", "PUBLIC_KEY"}, kind) {
			standard[kind], open[kind] = shown, public
		}
		if kind == "TEMPLATE" { // it is made for others, too (KMIP 1.4, section 3.18.2)
			open[kind] = public
		}
	}
	texts := map[string]string{"clients": clients}
	for name, s := range map[string]section{"default": standard, "public": open} {
		text, err := bundle{Preset: s}.cedar(name)
		if err != nil {
			panic(err) // the tables above are wrong
		}
		texts[name] = text
	}
	return texts
}

const clients = `// What clients of the KMIP door may do that concerns no object that is there. Written by the server that loads operation policies.
permit (principal is Certificate, action in [Action::"create", Action::"import"], resource in Folder::"kmip")
  when { context.door == "kmip" };
permit (principal is Certificate, action in [Action::"list", Action::"random", Action::"hash"], resource)
  when { context.door == "kmip" };
`

// Package policy reads operation policies (KMIP 1.4, section 3.18) in the JSON form that PyKMIP made known, and says the same in Cedar, for
// the vault's one choke point. It knows no vault and no protocol.
package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/quorate/quorate/vault/fault"
)

// Tag is the vault's tag that names the operation policy of an object.
const Tag = "kmip-policy"

// types are the vault's names of the object types. What the vault calls a secret or an opaque object keeps its type.
var types = map[string]string{
	"CERTIFICATE": "certificate", "SYMMETRIC_KEY": "symmetric-key", "PUBLIC_KEY": "public-key", "PRIVATE_KEY": "private-key", "SPLIT_KEY": "split-key",
	"SECRET_DATA": "secret-data", "OPAQUE_DATA": "opaque-object", "OPAQUE_OBJECT": "opaque-object", "PGP_KEY": "pgp-key",
	"TEMPLATE": "template", "CERTIFICATE_REQUEST": "certificate-request",
}

// operations are the vault's actions for each operation. An operation on an object reads its record first, so it takes that permission with
// it; who may do anything with an object may know of it. Whom GET or EXPORT lets take an object out takes it out when it is compromised, too, if he
// owns it, or if it is public.
var operations = map[string][]string{
	"LOCATE": {"read"}, "CHECK": {"read"}, "GET": {"read", "reveal"}, "EXPORT": {"read", "reveal"},
	"GET_ATTRIBUTES": {"read"}, "GET_ATTRIBUTE_LIST": {"read"}, "OBTAIN_LEASE": {"read"}, "GET_USAGE_ALLOCATION": {"read", "reserve"},
	"ADD_ATTRIBUTE": {"read", "update"}, "MODIFY_ATTRIBUTE": {"read", "update"}, "DELETE_ATTRIBUTE": {"read", "update"},
	"SET_ATTRIBUTE": {"read", "update"}, "ADJUST_ATTRIBUTE": {"read", "update"}, "ARCHIVE": {"read", "update"}, "RECOVER": {"read", "update"},
	"ACTIVATE": {"read", "activate"}, "REVOKE": {"read", "deactivate", "compromise"}, "DESTROY": {"read", "destroy"},
	"REKEY": {"read", "rotate"}, "REKEY_KEY_PAIR": {"read", "rotate"}, "CERTIFY": {"read", "update"}, "RECERTIFY": {"read", "update", "rotate"}, "VALIDATE": {"read"},
	"DERIVE_KEY": {"read", "derive-key"}, "ENCRYPT": {"read", "encrypt"}, "DECRYPT": {"read", "decrypt"},
	"SIGN": {"read", "sign"}, "SIGNATURE_VERIFY": {"read", "verify"}, "MAC": {"read", "mac"}, "MAC_VERIFY": {"read", "verify-mac"},
	// They concern no object that is there, so no policy of one can be asked.
	"CREATE": nil, "CREATE_KEY_PAIR": nil, "REGISTER": nil, "QUERY": nil, "DISCOVER_VERSIONS": nil, "CANCEL": nil, "POLL": nil,
	"RNG_RETRIEVE": nil, "RNG_SEED": nil, "HASH": nil, "CREATE_SPLIT_KEY": nil, "JOIN_SPLIT_KEY": nil, "IMPORT": nil, "NOTIFY": nil, "PUT": nil,
}

// section is permissions by object type and operation.
type section map[string]map[string]string

// bundle is one policy.
type bundle struct {
	Groups map[string]section `json:"groups"`
	Preset section            `json:"preset"`
}

// Parse reads a file of policies and gives each as a Cedar document, by name. fault.Invalid says what is wrong with which.
func Parse(file []byte) (map[string]string, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(file, &all); err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "the file is no JSON object of policies by name")
	}
	texts := make(map[string]string, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name == "default" || name == "public" || name == "clients" {
			return nil, fault.New(fault.Invalid, "the policy %q is built in", name).WithHint("Choose another name.")
		}
		if !plain(name) {
			return nil, fault.New(fault.Invalid, "a policy's name has letters, digits, dots, underscores and hyphens only")
		}
		b, err := parse(all[name])
		if err == nil {
			texts[name], err = b.cedar(name)
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "policy %s: %s", name, fault.Of(err).Message)
		}
	}
	return texts, nil
}

func plain(name string) bool {
	return name != "" && len(name) <= 200 && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == "" && !strings.Contains(name, "..") && name[0] != '.'
}

// parse reads a policy in the form with sections, or in the older one, which is a preset alone.
func parse(raw json.RawMessage) (b bundle, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return b, fault.New(fault.Invalid, "it is no JSON object")
	}
	_, groups := members["groups"]
	_, preset := members["preset"]
	switch {
	case !groups && !preset:
		err = json.Unmarshal(raw, &b.Preset)
	case len(members) > 2 || len(members) == 2 && !(groups && preset):
		return b, fault.New(fault.Invalid, "beside groups and preset it has something else")
	default:
		err = json.Unmarshal(raw, &b)
	}
	if err != nil {
		return b, fault.New(fault.Invalid, "object types, operations and permissions are not nested as they have to be")
	}
	return b, nil
}

// cedar is the policy as statements. What a section does not mention is denied, as nothing permits it. Whoever is in one of the groups is
// not asked about the preset.
func (b bundle) cedar(name string) (string, error) {
	var out strings.Builder
	fmt.Fprintf(&out, "// KMIP operation policy %s. Written by the server that loaded it.\n", name)
	var members []string
	for _, g := range slices.Sorted(maps.Keys(b.Groups)) {
		if !plain(g) {
			return "", fault.New(fault.Invalid, "a group's name has letters, digits, dots, underscores and hyphens only")
		}
		member := `principal in Group::"` + g + `"`
		members = append(members, "!("+member+")")
		if err := b.Groups[g].cedar(&out, name, []string{member}); err != nil {
			return "", err
		}
	}
	if err := b.Preset.cedar(&out, name, members); err != nil {
		return "", err
	}
	return out.String(), nil
}

func (s section) cedar(out *strings.Builder, policy string, who []string) error {
	for _, kind := range slices.Sorted(maps.Keys(s)) {
		entity, known := types[kind]
		if !known {
			return fault.New(fault.Invalid, "there is no object type %q", clip(kind))
		}
		all, own := map[string]bool{}, map[string]bool{}
		for operation, permission := range s[kind] {
			actions, known := operations[operation]
			if !known {
				return fault.New(fault.Invalid, "there is no operation %q", clip(operation))
			}
			to := all
			switch permission {
			case "ALLOW_ALL":
			case "ALLOW_OWNER":
				to = own
			case "DISALLOW_ALL":
				to = map[string]bool{}
			default:
				return fault.New(fault.Invalid, "there is no permission %q", clip(permission))
			}
			for _, a := range actions {
				to[a] = true
			}
			if (operation == "GET" || operation == "EXPORT") && permission != "DISALLOW_ALL" {
				if kind != "CERTIFICATE" && kind != "PUBLIC_KEY" { // which are no secret
					to = own
				}
				to["open-compromised"] = true
			}
		}
		if entity == "" {
			continue
		}
		write(out, policy, entity, all, who)
		write(out, policy, entity, own, append(slices.Clone(who), "resource.owner == principal.name"))
	}
	return nil
}

func write(out *strings.Builder, policy, entity string, actions map[string]bool, who []string) {
	if len(actions) == 0 {
		return
	}
	var list []string
	for _, a := range slices.Sorted(maps.Keys(actions)) {
		list = append(list, `Action::"`+a+`"`)
	}
	conditions := append([]string{`context.door == "kmip"`, `resource.type == "` + entity + `"`, `resource.tags has "` + Tag + `"`, `resource.tags["` + Tag + `"] == "` + policy + `"`}, who...)
	fmt.Fprintf(out, "permit (principal is Certificate, action in [%s], resource is Key)\n  when { %s };\n", strings.Join(list, ", "), strings.Join(conditions, " && "))
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

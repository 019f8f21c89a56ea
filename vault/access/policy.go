package access

import (
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"github.com/quorate/quorate/vault/fault"
)

// Limits on policies, so that a decision stays cheap and a policy always fits a log entry.
const (
	MaxPolicies   = 1_000
	MaxPolicyText = 64 << 10 // bytes of one policy
	MaxStatements = 5_000    // permit and forbid statements of all policies together
	maxNesting    = 100      // brackets within brackets
)

// RootName is the name under which init stores RootText in the state.
const RootName = "root"

// RootGroup is the group that RootText permits everything.
const RootGroup = "root"

// RootText is the policy that a new cluster begins with: members of the group "root" and the cluster's own
// background work may do everything that no other policy forbids.
const RootText = `// Members of the group "root" may do everything.
permit (principal in Group::"root", action, resource);

// The cluster's own work: planned activations, rotations and destructions.
permit (principal == Node::"self", action, resource);
`

// Source is a policy as operators write it: a name and Cedar text of one or more statements.
type Source struct {
	Name string
	Text string
}

// PolicySet is a compiled set of policies. It never changes, so it may be used by any number of goroutines, and
// what it decided once it may remember: its memory of decisions goes when the set goes. Make one with Compile.
//
// The world as its policies see it:
//
//	principal  User::"app1"          a bearer token's principal
//	           Certificate::"app1"   a client certificate's common name: another principal than the user of that name
//	           Node::"self"          the cluster's own background work
//	           Custodian::"…"        somebody who proved a key share
//	           Anonymous::"anonymous"
//	           attributes: name (String). Parents: Group::"…" for each group (none for Anonymous).
//	action     Action::"encrypt" and so on, by the names of the Action constants. Parents:
//	           Action::"use"         encrypt decrypt datakey rewrap sign verify mac verify-mac derive derive-key wrap
//	                                 unwrap hash random reserve read list
//	           Action::"manage"      create import adopt update rotate activate suspend deactivate compromise destroy
//	                                 purge read list
//	           Action::"administer"  operate inspect backup admit policy token
//	           "reveal" and "export" are in no group: taking material out of the vault is said by name. Nor is "issue",
//	           signing certificates with a key.
//	           "open-compromised" is in no group, and a permit for every action does not count for it either: what a
//	           compromised key may still open is said by name.
//	resource   Key::"<id>" with attributes name, algorithm, type, state, owner (String), exportable (Boolean) and
//	           tags (record of String). Parents: a key named app/db/main is in Folder::"app/db" and Folder::"app".
//	           Vault::"quorate" for what concerns no single key; its attributes are those of a key, all empty.
//	context    door (String: rest, keas, kmip, peer, self), kind (String: token, certificate, …) and, where it is
//	           known, remote (ipaddr).
//
// There is no clock in it: a decision holds as long as the policies, the caller and the key stay as they are.
type PolicySet struct {
	statements []statement // in the order of the sources' names, then of the text
	context    bool        // some statement looks at the context, so the context is part of a decision's key
	seed       maphash.Seed
	cache      cache
	contexts   contexts
}

// Compile reads the sources into a set. The order of sources does not matter. An empty set is allowed and denies
// everything. fault.Invalid names the policy and the place (line:column) of what is wrong; fault.TooLarge the limit.
func Compile(sources []Source) (*PolicySet, error) {
	if len(sources) > MaxPolicies {
		return nil, fault.New(fault.TooLarge, "there are %d policies; at most %d are allowed", len(sources), MaxPolicies)
	}
	sorted := slices.SortedFunc(slices.Values(sources), func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	p := &PolicySet{seed: maphash.MakeSeed()}
	p.contexts.seed = p.seed
	for i, src := range sorted {
		if i > 0 && sorted[i-1].Name == src.Name {
			return nil, fault.New(fault.Invalid, "there are two policies called %q", src.Name)
		}
		list, err := parse(src)
		if err != nil {
			return nil, err
		}
		// The identifier cannot be spelled in any other way, so a text without it does not look at the context.
		context := strings.Contains(src.Text, "context")
		p.context = p.context || context
		for n, policy := range list {
			p.statements = append(p.statements, newStatement(statementID(src.Name, n, len(list)), policy, context))
		}
	}
	if len(p.statements) > MaxStatements {
		return nil, fault.New(fault.TooLarge, "the policies have %d statements together; at most %d are allowed", len(p.statements), MaxStatements)
	}
	return p, nil
}

// Check tells whether one source could be part of a set, with the errors of Compile, and refuses one without
// any statement. The vault asks before it stores a policy.
func Check(src Source) error {
	list, err := parse(src)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fault.New(fault.Invalid, "the policy %q has no statement: it begins with permit or forbid", src.Name)
	}
	return nil
}

func parse(src Source) (list cedar.PolicyList, err error) {
	if len(src.Text) > MaxPolicyText {
		return nil, fault.New(fault.TooLarge, "the policy %q has %d bytes; at most %d are allowed", src.Name, len(src.Text), MaxPolicyText)
	}
	if line := tooNested(src.Text); line > 0 {
		return nil, fault.New(fault.Invalid, "the policy %q has more than %d brackets within brackets at line %d", src.Name, maxNesting, line)
	}
	defer func() { // the text is a stranger's and the parser not ours
		if r := recover(); r != nil {
			list, err = nil, fault.Wrap(fault.Invalid, fmt.Errorf("panic in the policy parser: %v", r), "the policy %q cannot be read", src.Name)
		}
	}()
	list, err = cedar.NewPolicyListFromBytes(src.Name, []byte(src.Text))
	if err != nil {
		if inner := errors.Unwrap(err); inner != nil {
			err = inner
		}
		return nil, fault.New(fault.Invalid, "the policy %q: %s", src.Name, strings.Replace(err.Error(), "<input>:", "line ", 1)).
			WithHint("Correct the policy at the line and column that the message names; its language is Cedar.")
	}
	return list, nil
}

// tooNested finds the line at which brackets nest deeper than maxNesting; 0 if they do not. It guards the
// parser's stack, which follows the nesting, and leaves all else to the parser.
func tooNested(text string) int {
	depth, line := 0, 1
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\n':
			line++
		case '(', '[', '{':
			if depth++; depth > maxNesting {
				return line
			}
		case ')', ']', '}':
			depth = max(depth-1, 0)
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				} else if text[i] == '\n' {
					line++
				}
			}
		case '/':
			if strings.HasPrefix(text[i:], "//") {
				for i+1 < len(text) && text[i+1] != '\n' {
					i++
				}
			}
		}
	}
	return 0
}

// statementID is how a decision names a statement: by its policy, and its place where the policy has several.
func statementID(name string, n, of int) cedar.PolicyID {
	if of == 1 {
		return cedar.PolicyID(name)
	}
	return cedar.PolicyID(fmt.Sprintf("%s#%d", name, n+1))
}

// Governable tells whether this set still lets the group root change policies and, if not, which statements stand
// in the way (fault.Conflict). The vault asks it before it accepts a change that could lock everybody out.
func (p *PolicySet) Governable() error {
	root := Caller{Principal: RootGroup, Groups: []string{RootGroup}, Kind: ByToken}
	d := p.evaluate(root, ManagePolicy, OfVault())
	if d.Allowed {
		return nil
	}
	why := "nothing permits it any more"
	if against := append(slices.Clone(d.Policies), d.Errors...); len(against) > 0 {
		why = "denied by: " + strings.Join(against, ", ")
	}
	return fault.New(fault.Conflict, "with this change nobody in the group %q could change policies any more (%s)", RootGroup, why).
		WithHint("Let the forbid spare principal in Group::%q, or keep the policy %q.", RootGroup, RootName)
}

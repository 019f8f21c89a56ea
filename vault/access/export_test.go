package access

import (
	"fmt"
	"iter"
	"strings"

	"github.com/cedar-policy/cedar-go"
)

// everything is all statements of a set, whole, as cedar.Authorize takes them, without the permits that do not count for
// an action that has to be named.
type everything struct {
	statements []statement
	action     Action
}

// All yields the statements in their order.
func (it everything) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, s := range it.statements {
			scope, _, _ := strings.Cut(string(s.policy.MarshalCedar()), ")")
			if it.action == OpenCompromised && !strings.HasPrefix(scope, "forbid") && !strings.Contains(scope, `Action::"open-compromised"`) {
				continue
			}
			if !yield(s.id, s.policy) {
				return
			}
		}
	}
}

// DecideByCedarAlone is what Decide must give: one call of cedar.Authorize over all statements with all entities made
// beforehand, and the two rules that are not Cedar's: permits that do not name open-compromised do not count for it, and a
// forbid that cannot be evaluated forbids.
func DecideByCedarAlone(p *PolicySet, c Caller, a Action, r Resource) Decision {
	uid, known := principalUID(&c)
	action, spoken := actions[a]
	if !known || !spoken {
		return p.evaluate(c, a, r)
	}
	principal, resource := principalEntity(&c, uid), r.entity()
	entities := cedar.EntityMap{principal.UID: principal, action.UID: action, resource.UID: resource}
	verdict, diag := cedar.Authorize(everything{p.statements, a}, entities, cedar.Request{
		Principal: uid, Action: action.UID, Resource: resource.UID, Context: surroundingsOf(&c).record(),
	})
	d := Decision{Allowed: verdict == cedar.Allow}
	for _, reason := range diag.Reasons {
		d.Policies = append(d.Policies, string(reason.PolicyID))
	}
	forbids := map[cedar.PolicyID]bool{}
	for _, s := range p.statements {
		forbids[s.id] = s.policy.Effect() == cedar.Forbid
	}
	var broken []string
	for _, e := range diag.Errors {
		d.Errors = append(d.Errors, fmt.Sprintf("%s: %s", e.PolicyID, e.Message))
		if forbids[e.PolicyID] {
			broken = append(broken, string(e.PolicyID))
		}
	}
	if d.Allowed && len(broken) > 0 {
		d.Allowed, d.Policies = false, broken
	}
	return d
}

package access

import (
	"fmt"
	"iter"

	"github.com/cedar-policy/cedar-go"
)

// everything is all statements of a set, whole, as cedar.Authorize takes them.
type everything []statement

// All yields the statements in their order.
func (it everything) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for i := range it {
			if !yield(it[i].id, it[i].policy) {
				return
			}
		}
	}
}

// DecideByCedarAlone is what Decide must give: one call of cedar.Authorize over all statements with all entities made
// beforehand, and then the one rule that is not Cedar's, that a forbid that cannot be evaluated forbids.
func DecideByCedarAlone(p *PolicySet, c Caller, a Action, r Resource) Decision {
	uid, known := principalUID(&c)
	action, spoken := actions[a]
	if !known || !spoken {
		return p.evaluate(c, a, r)
	}
	principal, resource := principalEntity(&c, uid), r.entity()
	entities := cedar.EntityMap{principal.UID: principal, action.UID: action, resource.UID: resource}
	verdict, diag := cedar.Authorize(everything(p.statements), entities, cedar.Request{
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

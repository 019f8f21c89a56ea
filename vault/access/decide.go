package access

import (
	"fmt"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"
)

// Decision is the answer to whether a caller may do something. Decisions are shared between requests: do not
// write into the slices.
type Decision struct {
	Allowed  bool
	Policies []string // the statements that decided, such as "app1" or "app1#2"; empty: nothing permits it
	Errors   []string // statements that could not be evaluated, with the reason; never a secret
}

// Decide answers whether c may do a to r. Nothing is allowed that no statement permits; one matching forbid
// outweighs every permit. A permit that cannot be evaluated (say, it asks for a tag that the key does not have)
// permits nothing; a forbid that cannot be evaluated forbids, which is stricter than Cedar's own rule. Stricter, too: a
// permit counts for OpenCompromised only if its scope names that action.
// It may be called concurrently and remembers what it decided.
func (p *PolicySet) Decide(c Caller, a Action, r Resource) Decision {
	h := p.hash(&c, a, r)
	if e := p.cache.find(h); e != nil && e.matches(&c, a, r, p.context) {
		return e.decision
	}
	d := p.evaluate(c, a, r)
	p.cache.put(h, newEntry(&c, a, r, d))
	return d
}

// request is what Cedar evaluates, without the context; false with a reason if policies have no word for it.
func (p *PolicySet) request(c *Caller, a Action, r Resource) (*world, string) {
	action, ok := actions[a]
	if !ok {
		return nil, fmt.Sprintf("there is no action %q in policies", string(a))
	}
	uid, ok := principalUID(c)
	if !ok {
		return nil, "the caller is of an unknown kind"
	}
	return &world{caller: c, target: r, uid: uid, action: action, contexts: &p.contexts}, ""
}

// Forbids names the statements that forbid c to do a to r, whatever permits it; one that cannot be evaluated forbids. It is for
// operations whose permission is another one, and which must not do by the way what a policy protects from. It remembers nothing.
func (p *PolicySet) Forbids(c Caller, a Action, r Resource) []string {
	w, reason := p.request(&c, a, r)
	if w == nil {
		return []string{reason}
	}
	v := p.ask(w, a)
	return append(v.forbids, v.broken...)
}

// evaluate gives what cedar.Authorize would over all statements.
func (p *PolicySet) evaluate(c Caller, a Action, r Resource) Decision {
	w, reason := p.request(&c, a, r)
	if w == nil {
		return Decision{Errors: []string{reason}}
	}
	v := p.ask(w, a)
	d := Decision{Errors: v.errors}
	switch {
	case len(v.forbids) > 0:
		d.Policies = v.forbids
	case len(v.permits) > 0 && len(v.broken) > 0:
		d.Policies = v.broken
	default:
		d.Allowed, d.Policies = len(v.permits) > 0, v.permits
	}
	return d
}

// votes is what the statements say to a request.
type votes struct {
	permits, forbids []string
	broken           []string // forbids that could not be evaluated
	errors           []string
}

// ask asks the statements whose scope holds.
func (p *PolicySet) ask(w *world, a Action) (v votes) {
	defer func() { // the evaluator is not ours, and a request must not take the node down
		if r := recover(); r != nil {
			reason := fmt.Sprintf("panic in the policy evaluator: %v", r)
			v = votes{errors: []string{reason}, broken: []string{reason}}
		}
	}()
	bit := actionBits[a]
	for i := range p.statements {
		s := &p.statements[i]
		if !s.applies(bit, w.caller, w.uid, w.target) {
			continue
		}
		holds, err := s.holds(w)
		switch {
		case err != "":
			v.errors = append(v.errors, fmt.Sprintf("%s: %s", s.id, err))
			if s.forbid {
				v.broken = append(v.broken, string(s.id))
			}
		case holds && s.forbid:
			v.forbids = append(v.forbids, string(s.id))
		case holds:
			v.permits = append(v.permits, string(s.id))
		}
	}
	return v
}

// holds tells whether the conditions of a statement whose scope holds do so too, or why that cannot be told.
func (s *statement) holds(w *world) (holds bool, problem string) {
	if s.conditions == nil {
		return true, ""
	}
	verdict, diag := cedar.Authorize(s.conditions, w, w.request(s.context))
	if len(diag.Errors) > 0 {
		return false, diag.Errors[0].Message
	}
	return verdict == cedar.Allow, ""
}

// Account is a decision with what every statement had to say.
type Account struct {
	Decision
	Principal  string // the caller as policies name it, such as User::"app1"
	Action     string
	Resource   string
	Statements []StatementAccount
}

// StatementAccount is what one statement had to say about a request.
type StatementAccount struct {
	ID      string // such as "app1#2"
	Effect  string // "permit" or "forbid"
	Line    int    // where it begins in its policy's text, counted from 1
	Matched bool
	Why     string // if it did not match: which part of it stood in the way, in words
}

// Explain decides afresh and tells of every statement whether it matched and, if not, what stood in the way.
// It is for operators who ask why; requests use Decide.
func (p *PolicySet) Explain(c Caller, a Action, r Resource) Account {
	acc := Account{Decision: p.evaluate(c, a, r), Action: string(a), Resource: r.String()}
	w, _ := p.request(&c, a, r)
	if w == nil {
		return acc
	}
	req := w.request(true)
	acc.Principal, acc.Action = req.Principal.String(), req.Action.String()
	for _, s := range p.statements {
		sa := explain(s, w, req)
		if sa.Matched && s.actions&actionBits[a] == 0 {
			sa.Matched = false
			sa.Why = fmt.Sprintf("it does not name its action: a permit counts for %q only if its scope says action == Action::%q or lists it", a, a)
		}
		acc.Statements = append(acc.Statements, sa)
	}
	return acc
}

func explain(s statement, w *world, req cedar.Request) (sa StatementAccount) {
	sa = StatementAccount{ID: string(s.id), Effect: "permit", Line: s.policy.Position().Line}
	if s.forbid {
		sa.Effect = "forbid"
	}
	defer func() {
		if r := recover(); r != nil {
			sa.Matched, sa.Why = false, fmt.Sprintf("panic in the policy evaluator: %v", r)
		}
	}()
	whole := (*xast.Policy)(s.policy.AST())
	parts := []struct {
		what string
		keep func(*xast.Policy)
	}{
		{"its principal is another", func(c *xast.Policy) { c.Principal = whole.Principal }},
		{"its action is another", func(c *xast.Policy) { c.Action = whole.Action }},
		{"its resource is another", func(c *xast.Policy) { c.Resource = whole.Resource }},
	}
	for i := range whole.Conditions {
		word := "when"
		if whole.Conditions[i].Condition == xast.ConditionUnless {
			word = "unless"
		}
		parts = append(parts, struct {
			what string
			keep func(*xast.Policy)
		}{fmt.Sprintf("its condition %d (%s) does not hold", i+1, word), func(c *xast.Policy) { c.Conditions = whole.Conditions[i : i+1] }})
	}
	for _, part := range parts { // a statement is the conjunction of its parts, evaluated in this order
		only := &xast.Policy{
			Effect: xast.EffectPermit, Principal: xast.ScopeTypeAll{}, Action: xast.ScopeTypeAll{}, Resource: xast.ScopeTypeAll{},
		}
		part.keep(only)
		one := &single{id: s.id, policy: cedar.NewPolicyFromAST((*ast.Policy)(only))}
		verdict, diag := cedar.Authorize(one, w, req)
		if len(diag.Errors) > 0 {
			sa.Why = "it cannot be evaluated: " + diag.Errors[0].Message
			return sa
		}
		if verdict != cedar.Allow {
			sa.Why = part.what
			return sa
		}
	}
	sa.Matched = true
	return sa
}

package access

import (
	"iter"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"
	xast "github.com/cedar-policy/cedar-go/x/exp/ast"

	"github.com/quorate/quorate/vault/key"
)

// statement is one permit or forbid. What stands in its brackets (its scope) says most often that it has nothing to say
// about a request, and that can be told from the caller's and the key's names alone: no entity is built for it. What
// stands after them (its conditions) is Cedar's to evaluate.
type statement struct {
	id     cedar.PolicyID
	policy *cedar.Policy
	forbid bool

	principal part
	actions   uint64 // bits of actionBits for which the scope holds and the statement counts
	resource  part

	conditions cedar.PolicyIterator // a permit with the statement's conditions alone; nil: it has none
	context    bool                 // they may look at the context
}

// newStatement reads a policy's scope. Without any knowledge of a form of scope, the whole statement is Cedar's.
func newStatement(id cedar.PolicyID, policy *cedar.Policy, context bool) statement {
	whole := (*xast.Policy)(policy.AST())
	s := statement{id: id, policy: policy, forbid: policy.Effect() == cedar.Forbid, context: context}
	rest := &xast.Policy{
		Effect: xast.EffectPermit, Principal: xast.ScopeTypeAll{}, Action: xast.ScopeTypeAll{}, Resource: xast.ScopeTypeAll{},
		Conditions: whole.Conditions,
	}
	var ok [3]bool
	s.principal, ok[0] = newPart(whole.Principal)
	s.actions, ok[1] = actionsOf(whole.Action)
	s.resource, ok[2] = newPart(whole.Resource)
	if !ok[0] || !ok[1] || !ok[2] {
		s.principal, s.actions, s.resource = part{}, ^uint64(0), part{}
		rest.Principal, rest.Action, rest.Resource = whole.Principal, whole.Action, whole.Resource
	}
	if !s.forbid {
		s.actions &^= explicit &^ namedBy(whole.Action)
	}
	if len(rest.Conditions) == 0 && ok == [3]bool{true, true, true} {
		return s
	}
	s.conditions = &single{id: id, policy: cedar.NewPolicyFromAST((*ast.Policy)(rest))}
	return s
}

// applies tells whether the scope holds.
func (s *statement) applies(action uint64, c *Caller, uid cedar.EntityUID, r Resource) bool {
	return s.actions&action != 0 && s.principal.holdsPrincipal(c, uid) && s.resource.holdsResource(r)
}

// part is what a scope asks of the principal or of the resource: its type, if is is set, and that it is, or is in, an entity.
type part struct {
	is     cedar.EntityType // "": any
	entity cedar.EntityUID
	how    relation
	id     key.ID // of entity, where that is a key
	isKey  bool
}

type relation uint8

const (
	anything relation = iota
	equal
	within
)

func newPart(scope any) (part, bool) {
	var p part
	switch t := scope.(type) {
	case xast.ScopeTypeAll:
	case xast.ScopeTypeEq:
		p.how, p.entity = equal, t.Entity
	case xast.ScopeTypeIn:
		p.how, p.entity = within, t.Entity
	case xast.ScopeTypeIs:
		p.is = t.Type
	case xast.ScopeTypeIsIn:
		p.is, p.how, p.entity = t.Type, within, t.Entity
	default:
		return part{}, false
	}
	if p.entity.Type == keyType { // an id has one spelling only, so comparing ids is comparing names
		id, err := key.ParseID(string(p.entity.ID))
		p.id, p.isKey = id, err == nil
	}
	return p, true
}

func (p *part) holdsPrincipal(c *Caller, uid cedar.EntityUID) bool {
	if p.is != "" && p.is != uid.Type {
		return false
	}
	if p.how == anything || p.entity == uid {
		return true
	}
	return p.how == within && p.entity.Type == groupType && c.Kind != Anonymous && slices.Contains(c.Groups, string(p.entity.ID))
}

func (p *part) holdsResource(r Resource) bool {
	if p.is != "" && p.is != r.typ() {
		return false
	}
	if p.how == anything {
		return true
	}
	if r.record == nil {
		return p.entity == theVault
	}
	if p.isKey {
		return p.id == r.record.ID
	}
	folder := string(p.entity.ID)
	return p.how == within && p.entity.Type == folderType &&
		len(r.record.Name) > len(folder) && r.record.Name[len(folder)] == '/' && strings.HasPrefix(r.record.Name, folder)
}

// actionBits gives each action of policies a bit.
var actionBits = func() map[Action]uint64 {
	bits := make(map[Action]uint64, len(actions))
	for i, a := range Actions() {
		bits[a] = 1 << i
	}
	return bits
}()

// actionsOf is the actions for which a scope holds.
func actionsOf(scope any) (uint64, bool) {
	var holds func(cedar.Entity) bool
	in := func(e cedar.Entity, uid cedar.EntityUID) bool { return e.UID == uid || e.Parents.Contains(uid) }
	switch t := scope.(type) {
	case xast.ScopeTypeAll:
		holds = func(cedar.Entity) bool { return true }
	case xast.ScopeTypeEq:
		holds = func(e cedar.Entity) bool { return e.UID == t.Entity }
	case xast.ScopeTypeIn:
		holds = func(e cedar.Entity) bool { return in(e, t.Entity) }
	case xast.ScopeTypeInSet:
		holds = func(e cedar.Entity) bool {
			return slices.ContainsFunc(t.Entities, func(uid cedar.EntityUID) bool { return in(e, uid) })
		}
	default:
		return 0, false
	}
	bits := uint64(0)
	for a, e := range actions {
		if holds(e) {
			bits |= actionBits[a]
		}
	}
	return bits, true
}

// explicit are the actions that a permit has to name: one for every action, or for a group, does not count for them.
// A forbid always counts.
var explicit = actionBits[OpenCompromised]

// namedBy is the actions that a scope names one by one.
func namedBy(scope any) uint64 {
	var named []cedar.EntityUID
	switch t := scope.(type) {
	case xast.ScopeTypeEq:
		named = []cedar.EntityUID{t.Entity}
	case xast.ScopeTypeIn:
		named = []cedar.EntityUID{t.Entity}
	case xast.ScopeTypeInSet:
		named = t.Entities
	}
	bits := uint64(0)
	for _, uid := range named {
		if uid.Type == actionType {
			bits |= actionBits[Action(uid.ID)]
		}
	}
	return bits
}

// single is one policy as cedar.Authorize takes it.
type single struct {
	id     cedar.PolicyID
	policy *cedar.Policy
}

// All yields the one policy.
func (s *single) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) { yield(s.id, s.policy) }
}

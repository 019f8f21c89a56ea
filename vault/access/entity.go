package access

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"github.com/quorate/quorate/vault/key"
)

// Resource is what an action is done to: a key or the vault.
type Resource struct {
	record *key.Record // nil: the vault
}

// OfKey is a key as a resource. r is lent until the decision is made; nil is the vault.
func OfKey(r *key.Record) Resource { return Resource{record: r} }

// OfVault is the vault as a resource, for what concerns no single key.
func OfVault() Resource { return Resource{} }

// String names the resource as policies do.
func (r Resource) String() string { return r.uid().String() }

// Types of entities that scopes are compared with.
const (
	keyType    cedar.EntityType = "Key"
	folderType cedar.EntityType = "Folder"
	groupType  cedar.EntityType = "Group"
	actionType cedar.EntityType = "Action"
)

var theVault = cedar.NewEntityUID("Vault", "quorate")

func (r Resource) typ() cedar.EntityType {
	if r.record == nil {
		return theVault.Type
	}
	return keyType
}

func (r Resource) uid() cedar.EntityUID {
	if r.record == nil {
		return theVault
	}
	return cedar.NewEntityUID(keyType, cedar.String(r.record.ID.String()))
}

var vaultEntity = cedar.Entity{UID: theVault, Attributes: cedar.NewRecord(cedar.RecordMap{
	"name": cedar.String(""), "algorithm": cedar.String(""), "type": cedar.String("vault"), "state": cedar.String(""),
	"owner": cedar.String(""), "exportable": cedar.False, "tags": cedar.NewRecord(nil),
})}

func (r Resource) entity() cedar.Entity {
	rec := r.record
	if rec == nil {
		return vaultEntity
	}
	tags := make(cedar.RecordMap, len(rec.Tags))
	for k, v := range rec.Tags {
		tags[cedar.String(k)] = cedar.String(v)
	}
	var folders []cedar.EntityUID
	for i := range len(rec.Name) {
		if rec.Name[i] == '/' {
			folders = append(folders, cedar.NewEntityUID(folderType, cedar.String(rec.Name[:i])))
		}
	}
	return cedar.Entity{
		UID:     r.uid(),
		Parents: cedar.NewEntityUIDSet(folders...),
		Attributes: cedar.NewRecord(cedar.RecordMap{
			"name":       cedar.String(rec.Name),
			"algorithm":  cedar.String(rec.Algorithm.String()),
			"type":       cedar.String(TypeName(rec.Type)),
			"state":      cedar.String(rec.State.String()),
			"owner":      cedar.String(rec.Owner),
			"exportable": cedar.Boolean(rec.Exportable),
			"tags":       cedar.NewRecord(tags),
		}),
	}
}

func principalUID(c *Caller) (cedar.EntityUID, bool) {
	switch c.Kind {
	case Anonymous:
		return cedar.NewEntityUID("Anonymous", "anonymous"), true
	case ByToken:
		return cedar.NewEntityUID("User", cedar.String(c.Principal)), true
	case ByCertificate:
		return cedar.NewEntityUID("Certificate", cedar.String(c.Principal)), true
	case BySelf:
		return cedar.NewEntityUID("Node", "self"), true
	case ByShare:
		return cedar.NewEntityUID("Custodian", cedar.String(c.Principal)), true
	}
	return cedar.EntityUID{}, false
}

func principalEntity(c *Caller, uid cedar.EntityUID) cedar.Entity {
	var groups []cedar.EntityUID
	if c.Kind != Anonymous {
		groups = make([]cedar.EntityUID, len(c.Groups))
		for i, g := range c.Groups {
			groups[i] = cedar.NewEntityUID(groupType, cedar.String(g))
		}
	}
	return cedar.Entity{
		UID:        uid,
		Parents:    cedar.NewEntityUIDSet(groups...),
		Attributes: cedar.NewRecord(cedar.RecordMap{"name": uid.ID}),
	}
}

// remoteAddr is the address in c.Remote without port and zone; false where there is none that can be read.
func remoteAddr(remote string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(remote); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(remote, "[]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}

// surroundings are what the context of a request is made from: requests with equal ones have equal contexts.
type surroundings struct {
	door   string
	kind   Kind
	remote netip.Addr // the zero Addr: unknown
}

func surroundingsOf(c *Caller) surroundings {
	s := surroundings{door: c.Door, kind: c.Kind}
	if a, ok := remoteAddr(c.Remote); ok {
		s.remote = a
	}
	return s
}

func (s surroundings) record() cedar.Record {
	m := cedar.RecordMap{"door": cedar.String(s.door), "kind": cedar.String(s.kind.String())}
	if s.remote.IsValid() {
		m["remote"] = cedar.IPAddr(netip.PrefixFrom(s.remote, s.remote.BitLen()))
	}
	return cedar.NewRecord(m)
}

// Actions of policies and the groups that each is in. Unchecked is not among them: no policy speaks of it.
var actions = buildActions(map[Action][]string{
	Create: {"manage"}, Read: {"use", "manage"}, List: {"use", "manage"}, Update: {"manage"}, Rotate: {"manage"},
	Activate: {"manage"}, Suspend: {"manage"}, Deactivate: {"manage"}, Compromise: {"manage"}, Destroy: {"manage"},
	Reveal: {}, DataKey: {"use"}, Encrypt: {"use"}, Decrypt: {"use"}, Rewrap: {"use"}, Random: {"use"},
	Sign: {"use"}, Verify: {"use"}, MAC: {"use"}, VerifyMAC: {"use"}, Derive: {"use"}, DeriveKey: {"use"}, Wrap: {"use"}, Unwrap: {"use"}, Hash: {"use"},
	Import: {"manage"}, Export: {}, Adopt: {"manage"}, Purge: {"manage"}, Reserve: {"use"}, Issue: {}, OpenCompromised: {},
	Operate: {"administer"}, Inspect: {"administer"}, Backup: {"administer"}, Admit: {"administer"},
	ManagePolicy: {"administer"}, ManageToken: {"administer"},
})

func buildActions(groups map[Action][]string) map[Action]cedar.Entity {
	all := make(map[Action]cedar.Entity, len(groups))
	for a, in := range groups {
		parents := make([]cedar.EntityUID, len(in))
		for i, g := range in {
			parents[i] = cedar.NewEntityUID(actionType, cedar.String(g))
		}
		all[a] = cedar.Entity{UID: cedar.NewEntityUID(actionType, cedar.String(a)), Parents: cedar.NewEntityUIDSet(parents...)}
	}
	return all
}

// Actions lists every action that policies can speak of, sorted.
func Actions() []Action {
	all := make([]Action, 0, len(actions))
	for a := range actions {
		all = append(all, a)
	}
	slices.Sort(all)
	return all
}

// world is one request as Cedar sees it. Entities and context are made when something asks for them: most statements
// are decided without.
type world struct {
	caller *Caller
	target Resource
	uid    cedar.EntityUID // of the principal
	action cedar.Entity

	principal, resource cedar.Entity    // zero until asked for
	resourceUID         cedar.EntityUID // zero until asked for
	contexts            *contexts
}

// request is what cedar.Authorize takes beside the world, with the context or an empty one.
func (w *world) request(context bool) cedar.Request {
	if w.resourceUID.Type == "" {
		w.resourceUID = w.target.uid()
	}
	req := cedar.Request{Principal: w.uid, Action: w.action.UID, Resource: w.resourceUID}
	if context {
		req.Context = w.contexts.of(w.caller)
	}
	return req
}

// Get finds an entity of the request. Groups, folders and action groups have no attributes and no parents, so they are not kept.
func (w *world) Get(uid cedar.EntityUID) (cedar.Entity, bool) {
	switch uid {
	case w.uid:
		if w.principal.UID.Type == "" {
			w.principal = principalEntity(w.caller, uid)
		}
		return w.principal, true
	case w.action.UID:
		return w.action, true
	case w.resourceUID:
		if w.resource.UID.Type == "" {
			w.resource = w.target.entity()
		}
		return w.resource, true
	}
	return cedar.Entity{}, false
}

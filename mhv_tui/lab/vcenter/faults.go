package main

// Faults on demand. A rule has a method and the effect on its calls: a fault, a task that fails or hangs, a delay, an expired
// session, a dropped connection. Rules come from the inventory ([[fault]]) or from the control endpoint.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

type faultSpec struct {
	Method string         `toml:"method" json:"method"`           // "*" is every method; Fetch and RetrieveProperties* are reads
	Object string         `toml:"object" json:"object,omitempty"` // a name or a managed object id; empty is any
	Fault  string         `toml:"fault" json:"fault,omitempty"`   // a vim25 fault type, such as NoPermission or ConcurrentAccess
	Fields map[string]any `toml:"fields" json:"fields,omitempty"` // its properties, by their API names
	Task   bool           `toml:"task" json:"task,omitempty"`     // the call succeeds and its task ends with the fault
	Hang   bool           `toml:"hang" json:"hang,omitempty"`     // its task runs until the rule is deleted, then does its work
	Delay  float64        `toml:"delay" json:"delay,omitempty"`   // seconds before the answer (with task: before the work)
	Expire bool           `toml:"expire" json:"expire,omitempty"` // the caller's session is gone
	Drop   bool           `toml:"drop" json:"drop,omitempty"`     // the connection closes without an answer
	Count  int            `toml:"count" json:"count,omitempty"`   // how often; 0 is always
	Skip   int            `toml:"skip" json:"skip,omitempty"`     // how many calls are let through first
}

type faultRule struct {
	faultSpec
	Hits int `json:"hits"`
	made types.BaseMethodFault
	over chan struct{}
}

type faultRules struct {
	mu    sync.Mutex
	rules []*faultRule
}

func (f *faultRules) add(spec faultSpec) error {
	rule := &faultRule{faultSpec: spec, over: make(chan struct{})}
	if spec.Method == "" {
		return fmt.Errorf("a fault needs a method")
	}
	if spec.Fault != "" {
		made, err := makeFault(spec.Fault, spec.Fields)
		if err != nil {
			return err
		}
		rule.made = made
	} else if !spec.Hang && !spec.Expire && !spec.Drop && spec.Delay == 0 {
		return fmt.Errorf("the fault for %s needs one of fault, hang, expire, drop, delay", spec.Method)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = append(f.rules, rule)
	return nil
}

// makeFault builds a vim25 fault by its type name.
func makeFault(name string, fields map[string]any) (types.BaseMethodFault, error) {
	kind, ok := types.TypeFunc()(name)
	if !ok {
		return nil, fmt.Errorf("vim25 has no fault %q", name)
	}
	value := newOf(kind)
	fault, ok := value.(types.BaseMethodFault)
	if !ok {
		return nil, fmt.Errorf("%q is not a fault type", name)
	}
	text, err := json.Marshal(fields)
	if err == nil && len(fields) > 0 {
		err = json.Unmarshal(text, value)
	}
	return fault, err
}

func (f *faultRules) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		close(r.over)
	}
	f.rules = nil
}

func (f *faultRules) list() []faultRule {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := []faultRule{}
	for _, r := range f.rules {
		found = append(found, *r)
	}
	return found
}

// match returns the first rule that applies to this call, and counts it.
func (f *faultRules) match(w *world, m *simulator.Method) *faultRule {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.rules {
		if r.Method != "*" && r.Method != m.Name || r.Object != "" && !w.isNamed(m.This, r.Object) {
			continue
		}
		if r.Skip > 0 {
			r.Skip--
			continue
		}
		if r.Count > 0 && r.Hits >= r.Count {
			continue
		}
		r.Hits++
		return r
	}
	return nil
}

func (w *world) isNamed(ref types.ManagedObjectReference, name string) bool {
	if ref.Value == name {
		return true
	}
	entity, ok := w.ctx.Map.Get(w.entity(ref)).(mo.Entity)
	return ok && entityName(entity) == name
}

func (f *faultRules) meet(w *world, ctx *simulator.Context, m *simulator.Method) types.BaseMethodFault {
	rule := f.match(w, m)
	if rule == nil {
		return nil
	}
	if rule.Task || rule.Hang {
		w.wrapNext(m.This, rule.wrap)
		w.mu.Lock()
		w.slow[m.This] = rule.Hang || rule.Delay > 0
		w.mu.Unlock()
		return nil
	}
	if rule.Delay > 0 {
		select {
		case <-time.After(seconds(rule.Delay)):
		case <-rule.over:
		}
	}
	if rule.Drop {
		panic(http.ErrAbortHandler) // net/http closes the connection
	}
	if rule.Expire {
		w.expire(ctx)
		on := m.This // m is redirected later
		return &types.NotAuthenticated{NoPermission: types.NoPermission{Object: &on, PrivilegeId: "System.View"}}
	}
	return rule.made
}

// wrap makes the next task hang, wait or fail.
func (r *faultRule) wrap(run func(*simulator.Task) (types.AnyType, types.BaseMethodFault)) func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
	return func(t *simulator.Task) (types.AnyType, types.BaseMethodFault) {
		if r.Hang {
			<-r.over
		} else if r.Delay > 0 {
			select {
			case <-time.After(seconds(r.Delay)):
			case <-r.over:
			}
		}
		if r.made != nil {
			return nil, r.made
		}
		return run(t)
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// expire ends the caller's session, or all sessions without a caller.
func (w *world) expire(ctx *simulator.Context) {
	manager := w.ctx.Map.SessionManager()
	ids := []string{}
	if ctx != nil && ctx.Session != nil {
		ids = append(ids, ctx.Session.Key)
	} else if view, ok := w.ctx.Session.Get(manager.Self).(*simulator.SessionManager); ok {
		for _, s := range view.SessionList {
			ids = append(ids, s.Key)
		}
	}
	for _, id := range ids {
		manager.TerminateSession(w.ctx, &types.TerminateSession{This: manager.Self, SessionId: []string{id}})
	}
}

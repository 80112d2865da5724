package main

// Recursive selections of the property collector, as nova sends them. The simulator follows a named TraversalSpec without checking
// the object's type or visited objects, and never stops if there is a VM. So this file follows the selection, and the collector
// gets the resulting objects.

import (
	"path"
	"reflect"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// flatten replaces recursive selections in a request's body.
func (w *world) flatten(ctx *simulator.Context, body any) {
	switch req := body.(type) {
	case *types.RetrievePropertiesEx:
		w.flattenAll(ctx, req.SpecSet)
	case *types.RetrieveProperties:
		w.flattenAll(ctx, req.SpecSet)
	case *types.CreateFilter:
		one := []types.PropertyFilterSpec{req.Spec}
		w.flattenAll(ctx, one)
		req.Spec = one[0]
	}
}

func (w *world) flattenAll(ctx *simulator.Context, specs []types.PropertyFilterSpec) {
	for i := range specs {
		var objects []types.ObjectSpec
		for _, o := range specs[i].ObjectSet {
			names := map[string]*types.TraversalSpec{}
			if !collectNames(o.SelectSet, names) {
				objects = append(objects, o)
				continue
			}
			walk := walker{w: w, ctx: ctx, names: names, seen: map[step]bool{}, found: map[types.ManagedObjectReference]bool{}}
			if o.Skip == nil || !*o.Skip {
				walk.add(o.Obj)
			}
			walk.follow(o.Obj, o.SelectSet)
			objects = append(objects, walk.objects...)
		}
		specs[i].ObjectSet = objects
	}
}

// collectNames collects the named specs and reports whether one is referenced only by its name.
func collectNames(set []types.BaseSelectionSpec, names map[string]*types.TraversalSpec) (recursive bool) {
	for _, s := range set {
		t, ok := s.(*types.TraversalSpec)
		if !ok {
			recursive = true
			continue
		}
		if t.Name != "" {
			names[t.Name] = t
		}
		recursive = collectNames(t.SelectSet, names) || recursive
	}
	return recursive
}

type step struct {
	ref  types.ManagedObjectReference
	spec *types.TraversalSpec
}

type walker struct {
	w       *world
	ctx     *simulator.Context
	names   map[string]*types.TraversalSpec
	seen    map[step]bool
	found   map[types.ManagedObjectReference]bool
	objects []types.ObjectSpec
}

func (k *walker) add(ref types.ManagedObjectReference) {
	if !k.found[ref] {
		k.found[ref] = true
		k.objects = append(k.objects, types.ObjectSpec{Obj: ref})
	}
}

func (k *walker) follow(ref types.ManagedObjectReference, set []types.BaseSelectionSpec) {
	for _, s := range set {
		t, ok := s.(*types.TraversalSpec)
		if !ok {
			t = k.names[s.GetSelectionSpec().Name]
		}
		if t == nil || k.seen[step{ref, t}] {
			continue
		}
		k.seen[step{ref, t}] = true
		for _, next := range k.references(ref, t.Type, t.Path) {
			if t.Skip == nil || !*t.Skip {
				k.add(next)
			}
			k.follow(next, t.SelectSet)
		}
	}
}

// references reads a property that references other objects, if the object has that type.
func (k *walker) references(ref types.ManagedObjectReference, kind, property string) []types.ManagedObjectReference {
	var obj mo.Reference
	if k.ctx.Session != nil {
		obj = k.ctx.Session.Get(ref)
	} else {
		obj = k.ctx.Map.Get(ref)
	}
	if obj == nil {
		return nil
	}
	value := managedObject(obj)
	if !value.IsValid() || !isKind(value.Type(), ref.Type, kind) {
		return nil
	}
	for _, field := range reflect.VisibleFields(value.Type()) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name == property {
			return refsOf(value.FieldByIndex(field.Index).Interface())
		}
	}
	return nil
}

func refsOf(value any) []types.ManagedObjectReference {
	switch v := value.(type) {
	case types.ManagedObjectReference:
		return []types.ManagedObjectReference{v}
	case *types.ManagedObjectReference:
		if v != nil {
			return []types.ManagedObjectReference{*v}
		}
	case []types.ManagedObjectReference:
		return v
	}
	return nil
}

func isKind(kind reflect.Type, refType, wanted string) bool {
	if refType == wanted || kind.Name() == wanted {
		return true
	}
	field, ok := kind.FieldByName(wanted)
	return ok && field.Anonymous
}

// managedObject returns the struct of package mo that the simulator's type embeds.
func managedObject(obj mo.Reference) reflect.Value {
	value := reflect.ValueOf(obj).Elem()
	for path.Base(value.Type().PkgPath()) != "mo" {
		if value.Kind() != reflect.Struct || value.NumField() == 0 {
			return reflect.Value{}
		}
		value = value.Field(0)
		if value.Kind() == reflect.Pointer {
			value = value.Elem()
		}
	}
	return value
}

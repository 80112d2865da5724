package main

// Inventory paths such as /DC0/host/DC0_C0/esx1.lab.test, and names of entities.

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

func newOf(kind reflect.Type) any { return reflect.New(kind).Interface() }

func entityName(e mo.Entity) string {
	if name := e.Entity().Name; name != "" {
		return name
	}
	if n, ok := e.(*mo.Network); ok {
		return n.Name
	}
	return ""
}

func (w *world) children(ref types.ManagedObjectReference) []types.ManagedObjectReference {
	switch o := w.ctx.Map.Get(ref).(type) {
	case *simulator.Folder:
		return o.ChildEntity
	case *simulator.Datacenter:
		return []types.ManagedObjectReference{o.HostFolder, o.VmFolder, o.DatastoreFolder, o.NetworkFolder}
	case *simulator.ClusterComputeResource:
		return append([]types.ManagedObjectReference{*o.ResourcePool}, o.Host...)
	case *mo.ComputeResource:
		return append([]types.ManagedObjectReference{*o.ResourcePool}, o.Host...)
	case *simulator.ResourcePool:
		return o.ResourcePool.ResourcePool
	}
	return nil
}

// find returns the object at a path; "/" is the root folder.
func (w *world) find(path string) (types.ManagedObjectReference, error) {
	at := w.root().Self
	for _, name := range strings.Split(path, "/") {
		if name == "" {
			continue
		}
		next := w.ctx.Map.FindByName(name, w.children(at))
		if next == nil {
			return at, fmt.Errorf("nothing is called %q in path %s", name, path)
		}
		at = next.Reference()
	}
	return at, nil
}

// path returns the path of an object without the root folder, with the names as operators write them (/ for %2f).
func (w *world) path(entity mo.Entity) string {
	path := ""
	for at := entity; at.Entity().Parent != nil; {
		name := entityName(at)
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
		path = "/" + name + path
		parent, ok := w.ctx.Map.Get(*at.Entity().Parent).(mo.Entity)
		if !ok {
			break
		}
		at = parent
	}
	return path
}

// named returns the objects of one managed type that have this name, or all of them for "*".
func named[T mo.Reference](w *world, kind, name string) ([]T, error) {
	var found []T
	for _, obj := range all[T](w, kind) {
		if e, ok := any(obj).(mo.Entity); ok && (name == "*" || entityName(e) == name) {
			found = append(found, obj)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no %s is called %q", kind, name)
	}
	return found, nil
}

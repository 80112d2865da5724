package main

// vSAN datastores, and vVols, which the simulator treats alike. It maps the first directory of a path to a UUID, as vSAN does, and
// refuses to create a machine on fewer than three hosts, although a vSAN of one or two hosts exists (VMware Cloud on AWS, a witness).

import (
	"path/filepath"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// vsanHosts is the number of mounts below which the simulator refuses a machine.
const vsanHosts = 3

func onVSAN(ds *simulator.Datastore) bool {
	return ds.Summary.Type == "vsan" || ds.Summary.Type == "VVOL"
}

// fileOf returns the file on this machine of a path in a datastore.
func (w *world) fileOf(ds *simulator.Datastore, path string) string {
	ref := w.content().DatastoreNamespaceManager
	if !onVSAN(ds) || path == "" || ref == nil {
		return filepath.Join(ds.Summary.Url, path)
	}
	req := &types.ConvertNamespacePathToUuidPath{Datacenter: w.datacenterOf(ds), NamespaceUrl: ds.Summary.Url + filepath.Clean(path)}
	manager := w.ctx.Map.Get(*ref).(*simulator.DatastoreNamespaceManager)
	body := manager.ConvertNamespacePathToUuidPath(w.background(), req).(*methods.ConvertNamespacePathToUuidPathBody)
	if body.Fault_ != nil { // outside a datacenter, which only happens if a recording lacks it
		return filepath.Join(ds.Summary.Url, path)
	}
	return body.Res.Returnval
}

func (w *world) datacenterOf(entity mo.Entity) *types.ManagedObjectReference {
	for at := entity.Entity().Parent; at != nil; {
		if at.Type == "Datacenter" {
			return at
		}
		parent, ok := w.ctx.Map.Get(*at).(mo.Entity)
		if !ok {
			return nil
		}
		at = parent.Entity().Parent
	}
	return nil
}

// padding is the number of tasks that run while a datastore lists its first mount several times, and the number of its mounts.
type padding struct{ tasks, mounts int }

// enlarged makes small vSAN datastores large enough for the simulator while a task runs.
func (w *world) enlarged(run taskFunc) taskFunc {
	return func(t *simulator.Task) (types.AnyType, types.BaseMethodFault) {
		for _, ds := range all[*simulator.Datastore](w, "Datastore") {
			if onVSAN(ds) && len(ds.Host) > 0 {
				w.pad(ds, 1)
				defer w.pad(ds, -1)
			}
		}
		return run(t)
	}
}

func (w *world) pad(ds *simulator.Datastore, tasks int) {
	w.vsan.Lock()
	defer w.vsan.Unlock()
	p := w.padded[ds.Self]
	w.ctx.Map.WithLock(w.background(), ds, func() {
		if p.tasks == 0 {
			p.mounts = len(ds.Host)
			for len(ds.Host) < vsanHosts {
				ds.Host = append(slices.Clip(ds.Host), ds.Host[0])
			}
		}
		if p.tasks += tasks; p.tasks == 0 {
			ds.Host = ds.Host[:p.mounts]
		}
	})
	w.padded[ds.Self] = p
}

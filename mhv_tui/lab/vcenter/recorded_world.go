package main

// Completes the other objects of a recording, so that the simulator's calls and the lab's work on them as on the lab's own.

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

func (w *world) complete() error {
	w.invented.add("users and passwords: those of the inventory file; which user belongs to which group is not recorded", "")
	w.invented.add("certificates of vCenter and hosts", "")
	w.invented.add("files: every datastore is empty, and its URL is a directory of this machine", "")
	for _, obj := range w.ctx.Map.AllReference("") {
		w.prune(obj)
		w.completeEntity(obj)
	}
	for _, entity := range w.ctx.Map.All("") {
		if !w.ends(entity) {
			return fmt.Errorf("the recording is broken: %s is in itself", entity.Reference())
		}
	}
	for _, host := range all[*simulator.HostSystem](w, "HostSystem") {
		w.completeHost(host)
	}
	for _, cluster := range all[*simulator.ClusterComputeResource](w, "ClusterComputeResource") {
		w.completeCluster(cluster)
		w.completeCompute(&cluster.ComputeResource)
	}
	for _, compute := range all[*mo.ComputeResource](w, "ComputeResource") { // of a host outside clusters
		w.completeCompute(compute)
	}
	for _, ds := range all[*simulator.Datastore](w, "Datastore") {
		w.completeDatastore(ds)
	}
	for _, dvs := range all[*simulator.DistributedVirtualSwitch](w, loadedSwitch) {
		if dvs.Config == nil {
			dvs.Config = &types.VMwareDVSConfigInfo{}
		}
		dvs.Summary.HostMember = slices.DeleteFunc(dvs.Summary.HostMember, w.lacks)
		w.completeSwitch(dvs)
	}
	for _, vm := range all[*simulator.VirtualMachine](w, "VirtualMachine") {
		w.completeMachine(vm)
	}
	sessions := w.ctx.Map.SessionManager()
	sessions.SessionList, sessions.CurrentSession = nil, nil
	if license := all[*simulator.LicenseManager](w, "LicenseManager"); license[0].Licenses[0].EditionKey == simulator.EvalLicense.EditionKey && len(w.inv.License) == 0 {
		w.invented.add("licences: the evaluation licence with all features", "")
	}
	w.describe()
	return nil
}

// lacks reports whether an object is referenced but not recorded.
func (w *world) lacks(ref types.ManagedObjectReference) bool { return w.ctx.Map.Get(ref) == nil }

// belongs reports whether an object is in the folder or resource pool that lists it; it gives the object a parent if none is recorded.
func (w *world) belongs(child, parent types.ManagedObjectReference) bool {
	entity, ok := w.ctx.Map.Get(child).(mo.Entity)
	if ok && entity.Entity().Parent == nil {
		entity.Entity().Parent = &parent
	}
	return ok && *entity.Entity().Parent == parent
}

// ends reports whether an object's parents end at the root.
func (w *world) ends(entity mo.Entity) bool {
	for range 1000 {
		if entity.Entity().Parent == nil {
			return true
		}
		parent, ok := w.ctx.Map.Get(*entity.Entity().Parent).(mo.Entity)
		if !ok {
			return true
		}
		entity = parent
	}
	return false
}

// prune removes references to objects that are not recorded from an object's lists: clients and simulator follow them. Below a
// folder or resource pool, only what is in it stays, so that no client walks in a circle.
func (w *world) prune(obj mo.Reference) {
	value := managedObject(obj)
	if !value.IsValid() {
		return
	}
	for _, field := range reflect.VisibleFields(value.Type()) {
		if !field.IsExported() {
			continue
		}
		if list, ok := value.FieldByIndex(field.Index).Addr().Interface().(*[]types.ManagedObjectReference); ok {
			*list = slices.DeleteFunc(*list, w.lacks)
			if field.Name == "ChildEntity" || field.Name == "ResourcePool" {
				*list = slices.DeleteFunc(*list, func(ref types.ManagedObjectReference) bool { return !w.belongs(ref, obj.Reference()) })
			}
		}
	}
}

// completeEntity gives an entity a name where the simulator searches for it, and grants its recorded permissions.
func (w *world) completeEntity(obj mo.Reference) {
	entity, ok := obj.(mo.Entity)
	if !ok {
		return
	}
	own := managedObject(obj).FieldByName("Name") // of a network: its own name, which hides the one of ManagedEntity
	own.SetString(first(own.String(), entity.Entity().Name, entity.Reference().Value))
	entity.Entity().Name = own.String()
	if granted := entity.Entity().Permission; len(granted) > 0 {
		manager := w.authorization()
		manager.SetEntityPermissions(&types.SetEntityPermissions{This: manager.Self, Entity: entity.Reference(), Permission: granted})
	}
}

func (w *world) completeCluster(cluster *simulator.ClusterComputeResource) {
	if _, ok := cluster.ConfigurationEx.(*types.ClusterConfigInfoEx); !ok {
		cluster.ConfigurationEx = &types.ClusterConfigInfoEx{}
		w.invented.add("configuration of clusters, without DRS and HA", cluster.Name)
	}
	if cluster.Summary == nil {
		cluster.Summary = &types.ClusterComputeResourceSummary{}
		w.summarize(cluster)
	}
}

func (w *world) completeCompute(compute *mo.ComputeResource) {
	if compute.ResourcePool == nil || w.lacks(*compute.ResourcePool) {
		pool := simulator.NewResourcePool(w.ctx)
		w.ctx.Map.PutEntity(compute, pool)
		pool.Owner = compute.Self
		compute.ResourcePool = &pool.Self
		w.invented.add("resource pool of clusters", compute.Name)
	}
	if compute.EnvironmentBrowser == nil || w.lacks(*compute.EnvironmentBrowser) {
		compute.EnvironmentBrowser = ptr(w.ctx.Map.Put(&simulator.EnvironmentBrowser{}).Reference())
	}
}

func (w *world) completeDatastore(ds *simulator.Datastore) {
	ds.Summary.Datastore = ptr(ds.Self)
	ds.Host = slices.DeleteFunc(ds.Host, func(m types.DatastoreHostMount) bool { return w.lacks(m.Key) })
	if w.lacks(ds.Browser) {
		browser := &simulator.HostDatastoreBrowser{}
		browser.Datastore = []types.ManagedObjectReference{ds.Self}
		ds.Browser = w.ctx.Map.Put(browser).Reference()
	}
}

// completeMachine gives a virtual machine its cluster's environment browser: in vCenter each has its own, which is not recorded.
// Guest and files are left out of recordings, but the simulator changes them.
func (w *world) completeMachine(vm *simulator.VirtualMachine) {
	if at := vm.Runtime.Host; at != nil && w.lacks(*at) {
		vm.Runtime.Host = nil
	}
	switch at := vm.Runtime.Host; {
	case !w.lacks(vm.EnvironmentBrowser):
	case at == nil:
		vm.EnvironmentBrowser = w.ctx.Map.Put(&simulator.EnvironmentBrowser{}).Reference()
	default:
		vm.EnvironmentBrowser = *w.compute(&w.ctx.Map.Get(*at).(*simulator.HostSystem).HostSystem).EnvironmentBrowser
	}
	now := time.Now()
	if vm.Guest == nil {
		vm.Guest = &types.GuestInfo{}
	}
	if vm.Layout == nil {
		vm.Layout = &types.VirtualMachineFileLayout{}
	}
	if vm.LayoutEx == nil {
		vm.LayoutEx = &types.VirtualMachineFileLayoutEx{Timestamp: now}
	}
	if vm.Storage == nil {
		vm.Storage = &types.VirtualMachineStorageInfo{Timestamp: now}
	}
	if vm.Summary.Guest == nil {
		vm.Summary.Guest = &types.VirtualMachineGuestSummary{}
	}
	vm.Summary.Runtime.Host = vm.Runtime.Host
}

// describe takes the vCenter's name and version from the recording, unless the inventory file has them.
func (w *world) describe() {
	v, about := &w.inv.VCenter, w.about()
	if v.Name == "" {
		v.Name = "vcenter." + recordedDomain
		for _, option := range w.ctx.Map.OptionManager().Setting {
			if name, ok := option.GetOptionValue().Value.(string); ok && option.GetOptionValue().Key == "VirtualCenter.FQDN" && name != "" {
				v.Name = resolvable(name)
			}
		}
	}
	v.APIVersion, v.Version = first(v.APIVersion, about.ApiVersion), first(v.Version, about.Version)
	v.Build, v.InstanceUUID = first(v.Build, about.Build), first(v.InstanceUUID, about.InstanceUuid)
}

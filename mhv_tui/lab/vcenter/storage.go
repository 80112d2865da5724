package main

// Datastores, created directly: the simulator supports only local and NFS datastores, and mounts them on every host.

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

func (w *world) buildDatastores(dc *simulator.Datacenter, spec datacenterSpec, hosts map[string]*simulator.HostSystem) error {
	for _, d := range spec.Datastore {
		chosen, err := pick(hosts, d.Hosts)
		if err == nil {
			err = w.buildDatastore(dc, d, chosen)
		}
		if err != nil {
			return fmt.Errorf("datastore %s: %w", d.Name, err)
		}
	}
	return nil
}

func (w *world) buildDatastore(dc *simulator.Datacenter, spec datastoreSpec, hosts []*simulator.HostSystem) error {
	dir, err := w.directory("datastore")
	if err != nil {
		return err
	}
	ds := &simulator.Datastore{Datastore: mo.Datastore{Info: datastoreInfo(spec, dir)}}
	ds.Name = spec.Name
	ds.Capability = types.DatastoreCapability{
		DirectoryHierarchySupported: true, PerFileThinProvisioningSupported: true,
		TopLevelDirectoryCreateSupported: ptr(spec.Type != "vsan"),
	}
	ds.Summary = types.DatastoreSummary{
		Name: spec.Name, Url: dir, Type: spec.Type, MaintenanceMode: spec.Maintenance, Accessible: *spec.Accessible,
		Capacity: spec.CapacityGB << 30, FreeSpace: spec.FreeGB << 30, MultipleHostAccess: spec.Shared,
	}
	if spec.Shared == nil {
		ds.Summary.MultipleHostAccess = ptr(len(hosts) > 1)
	}
	w.putChild(w.ctx.Map.Get(dc.DatastoreFolder).(*simulator.Folder), ds)
	dc.Datastore = append(dc.Datastore, ds.Self)
	ds.Summary.Datastore = ptr(ds.Self)
	for _, host := range hosts {
		w.mount(ds, host, *spec.Accessible)
	}
	browser := &simulator.HostDatastoreBrowser{}
	browser.Datastore = []types.ManagedObjectReference{ds.Self}
	ds.Browser = w.ctx.Map.Put(browser).Reference()
	return nil
}

func datastoreInfo(spec datastoreSpec, dir string) types.BaseDatastoreInfo {
	base := types.DatastoreInfo{Name: spec.Name, Url: dir, FreeSpace: spec.FreeGB << 30, MaxFileSize: 62 << 40}
	volume := types.HostFileSystemVolume{Type: spec.Type, Name: spec.Name, Capacity: spec.CapacityGB << 30}
	switch spec.Type {
	case "VMFS":
		return &types.VmfsDatastoreInfo{DatastoreInfo: base, Vmfs: &types.HostVmfsVolume{
			HostFileSystemVolume: volume, BlockSizeMb: 1, MajorVersion: 6, Version: "6.82", Uuid: uuid.NewString(),
			Extent: []types.HostScsiDiskPartition{{DiskName: "naa." + spec.Name, Partition: 1}},
		}}
	case "NFS", "NFS41":
		return &types.NasDatastoreInfo{DatastoreInfo: base, Nas: &types.HostNasVolume{
			HostFileSystemVolume: volume, RemoteHost: "nas.lab.test", RemotePath: "/export/" + spec.Name,
		}}
	case "vsan":
		return &types.VsanDatastoreInfo{DatastoreInfo: base, MembershipUuid: uuid.NewString()}
	}
	return &types.LocalDatastoreInfo{DatastoreInfo: base, Path: dir}
}

func (w *world) mount(ds *simulator.Datastore, host *simulator.HostSystem, accessible bool) {
	ds.Host = append(ds.Host, types.DatastoreHostMount{
		Key:       host.Self,
		MountInfo: types.HostMountInfo{AccessMode: "readWrite", Mounted: ptr(true), Accessible: ptr(accessible)},
	})
	system := w.ctx.Map.Get(*host.ConfigManager.DatastoreSystem).(*simulator.HostDatastoreSystem)
	system.Datastore = append(system.Datastore, ds.Self)
	host.Datastore = system.Datastore
	compute := w.compute(&host.HostSystem)
	if n := len(compute.Datastore); n == 0 || compute.Datastore[n-1] != ds.Self { // the new datastore can only be the last one
		compute.Datastore = append(compute.Datastore, ds.Self)
	}
}

// compute returns the cluster or standalone resource of a host, for its lists of datastores and networks.
func (w *world) compute(host *mo.HostSystem) *mo.ComputeResource {
	switch o := w.ctx.Map.Get(*host.Parent).(type) {
	case *simulator.ClusterComputeResource:
		return &o.ComputeResource
	case *mo.ComputeResource:
		return o
	}
	return &mo.ComputeResource{}
}

// putChild adds an entity to a folder, as the simulator does for the objects that it creates.
func (w *world) putChild(folder *simulator.Folder, child mo.Entity) {
	w.ctx.Map.PutEntity(folder, w.ctx.Map.NewEntity(child))
	folder.ChildEntity = append(folder.ChildEntity, child.Entity().Self)
}

func addOnce(list *[]types.ManagedObjectReference, ref types.ManagedObjectReference) {
	if simulator.FindReference(*list, ref) == nil {
		*list = append(*list, ref)
	}
}

package main

// Virtual machines of the inventory, and calls in which a real vCenter is stricter than the simulator.

import (
	"fmt"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func (w *world) buildMachines(dc *simulator.Datacenter, spec datacenterSpec, hosts map[string]*simulator.HostSystem) error {
	for _, v := range spec.VM {
		if err := w.buildMachine(dc, v, hosts); err != nil {
			return fmt.Errorf("VM %s: %w", v.Name, err)
		}
	}
	return nil
}

func (w *world) buildMachine(dc *simulator.Datacenter, v vmSpec, hosts map[string]*simulator.HostSystem) error {
	chosen, err := pick(hosts, []string{v.Host})
	if err != nil {
		return err
	}
	host := chosen[0]
	folder := w.ctx.Map.Get(dc.VmFolder).(*simulator.Folder)
	config := types.VirtualMachineConfigSpec{
		Name: v.Name, GuestId: "otherGuest64", NumCPUs: 1, MemoryMB: 512,
		Files: &types.VirtualMachineFileInfo{VmPathName: "[" + v.Datastore + "]"},
	}
	for key, value := range v.ExtraConfig {
		config.ExtraConfig = append(config.ExtraConfig, &types.OptionValue{Key: key, Value: value})
	}
	if v.Portgroup != "" {
		card := &types.VirtualVmxnet3{}
		card.Key = -1
		card.Backing = w.backing(v.Portgroup)
		config.DeviceChange = []types.BaseVirtualDeviceConfigSpec{&types.VirtualDeviceConfigSpec{Operation: "add", Device: card}}
	}
	req := &types.CreateVM_Task{This: folder.Self, Config: config, Pool: *w.compute(&host.HostSystem).ResourcePool, Host: &host.Self}
	body := folder.CreateVMTask(w.ctx, req).(*methods.CreateVM_TaskBody)
	ref, err := w.task(body, func() types.ManagedObjectReference { return body.Res.Returnval })
	if err != nil || !v.On {
		return err
	}
	vm := w.ctx.Map.Get(ref.(types.ManagedObjectReference)).(*simulator.VirtualMachine)
	on := vm.PowerOnVMTask(w.ctx, &types.PowerOnVM_Task{This: vm.Self}).(*methods.PowerOnVM_TaskBody)
	_, err = w.task(on, func() types.ManagedObjectReference { return on.Res.Returnval })
	return err
}

// backing connects a NIC to a distributed port group of that name, or to the standard one.
func (w *world) backing(name string) types.BaseVirtualDeviceBackingInfo {
	for _, pg := range all[*simulator.DistributedVirtualPortgroup](w, "DistributedVirtualPortgroup") {
		if pg.Name == name {
			dvs := w.ctx.Map.Get(*pg.Config.DistributedVirtualSwitch).(*simulator.DistributedVirtualSwitch)
			return &types.VirtualEthernetCardDistributedVirtualPortBackingInfo{
				Port: types.DistributedVirtualSwitchPortConnection{SwitchUuid: dvs.Uuid, PortgroupKey: pg.Key},
			}
		}
	}
	backing := &types.VirtualEthernetCardNetworkBackingInfo{}
	backing.DeviceName = name
	return backing
}

// place chooses the host of a new VM, as DRS would: connected, not in maintenance, with the datastore, fewest VMs. It replaces
// the simulator's choice, which overwrites the cluster's list of hosts.
func (w *world) place(pool types.ManagedObjectReference, files *types.VirtualMachineFileInfo) (*types.ManagedObjectReference, types.BaseMethodFault) {
	var p object.DatastorePath
	if files == nil || !p.FromString(files.VmPathName) {
		return nil, &types.InvalidDatastorePath{}
	}
	var best *simulator.HostSystem
	for _, ref := range w.hostsOf(pool) {
		host := w.ctx.Map.Get(ref).(*simulator.HostSystem)
		usable := host.Runtime.ConnectionState == types.HostSystemConnectionStateConnected && !host.Runtime.InMaintenanceMode
		if usable && w.ctx.Map.FindByName(p.Datastore, host.Datastore) != nil && (best == nil || len(host.Vm) < len(best.Vm)) {
			best = host
		}
	}
	if best == nil {
		return nil, &types.NoCompatibleHost{}
	}
	return &best.Self, nil
}

func (w *world) hostsOf(pool types.ManagedObjectReference) []types.ManagedObjectReference {
	for at := &pool; at != nil; {
		entity, ok := w.ctx.Map.Get(*at).(mo.Entity)
		if !ok {
			break
		}
		switch o := entity.(type) {
		case *simulator.ClusterComputeResource:
			return o.Host
		case *mo.ComputeResource:
			return o.Host
		}
		at = entity.Entity().Parent
	}
	return nil
}

func failing(fault types.BaseMethodFault) taskWrap {
	return func(func(*simulator.Task) (types.AnyType, types.BaseMethodFault)) func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
		return func(*simulator.Task) (types.AnyType, types.BaseMethodFault) { return nil, fault }
	}
}

// CreateVMTask refuses a name that already exists in the folder, and chooses a host.
func (l *lab) CreateVMTask(ctx *simulator.Context, req *types.CreateVM_Task) soap.HasFault {
	folder := l.world.ctx.Map.Get(req.This).(*simulator.Folder)
	if twin := l.world.ctx.Map.FindByName(req.Config.Name, folder.ChildEntity); twin != nil {
		l.world.wrapNext(folder.Self, failing(&types.DuplicateName{Name: req.Config.Name, Object: twin.Reference()}))
	}
	if req.Host == nil {
		host, fault := l.world.place(req.Pool, req.Config.Files)
		if fault != nil {
			l.world.wrapNext(folder.Self, failing(fault))
		}
		req.Host = host
	}
	return folder.CreateVMTask(ctx, req)
}

// ImportVApp chooses a host. The host in its upload URLs is "*", which the client replaces by the name it connected to.
func (l *lab) ImportVApp(ctx *simulator.Context, req *types.ImportVApp) soap.HasFault {
	pool, ok := l.world.ctx.Map.Get(req.This).(*simulator.ResourcePool)
	spec, isVM := req.Spec.(*types.VirtualMachineImportSpec)
	if !ok || !isVM {
		return &methods.ImportVAppBody{Fault_: asFault(&types.InvalidArgument{InvalidProperty: "spec"})}
	}
	if req.Host == nil {
		host, fault := l.world.place(req.This, spec.ConfigSpec.Files)
		if fault != nil {
			return &methods.ImportVAppBody{Fault_: asFault(fault)}
		}
		req.Host = host
	}
	return pool.ImportVApp(ctx, req)
}

package main

// NICs on NSX networks (opaque networks). The simulator wants a distributed port group for the logical switch and connects the NIC
// to that; recordings of NSX have none. So the simulator does not see the NIC's type, and afterwards the NIC gets its network.

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	logicalSwitch = "nsx.LogicalSwitch"
	hiddenSwitch  = "hidden " + logicalSwitch
)

// hideNSX changes the NICs in a request that have no port group.
func (w *world) hideNSX(body any) {
	var changes []types.BaseVirtualDeviceConfigSpec
	switch req := body.(type) {
	case *types.CreateVM_Task:
		changes = req.Config.DeviceChange
	case *types.ReconfigVM_Task:
		changes = req.Spec.DeviceChange
	case *types.ImportVApp:
		if spec, ok := req.Spec.(*types.VirtualMachineImportSpec); ok {
			changes = spec.ConfigSpec.DeviceChange
		}
	}
	for _, change := range changes {
		device := change.GetVirtualDeviceConfigSpec().Device
		if device == nil {
			continue
		}
		backing, ok := device.GetVirtualDevice().Backing.(*types.VirtualEthernetCardOpaqueNetworkBackingInfo)
		if ok && backing.OpaqueNetworkType == logicalSwitch && !w.hasPortgroup(backing.OpaqueNetworkId) {
			backing.OpaqueNetworkType = hiddenSwitch
		}
	}
}

func (w *world) hasPortgroup(logicalSwitch string) bool {
	groups := all[*simulator.DistributedVirtualPortgroup](w, "DistributedVirtualPortgroup")
	return slices.ContainsFunc(groups, func(pg *simulator.DistributedVirtualPortgroup) bool {
		return pg.Config.LogicalSwitchUuid == logicalSwitch
	})
}

// connected connects the NICs of the machine that a task created or changed.
func (w *world) connected(target types.ManagedObjectReference, run taskFunc) taskFunc {
	return func(t *simulator.Task) (types.AnyType, types.BaseMethodFault) {
		res, fault := run(t)
		ref, ok := res.(types.ManagedObjectReference)
		if !ok {
			ref = target
		}
		if vm, ok := w.ctx.Map.Get(ref).(*simulator.VirtualMachine); ok && vm.Config != nil {
			w.connectNSX(vm)
		}
		return res, fault
	}
}

func (w *world) connectNSX(vm *simulator.VirtualMachine) {
	for _, device := range vm.Config.Hardware.Device {
		backing, ok := device.GetVirtualDevice().Backing.(*types.VirtualEthernetCardOpaqueNetworkBackingInfo)
		if !ok || backing.OpaqueNetworkType != hiddenSwitch {
			continue
		}
		backing.OpaqueNetworkType = logicalSwitch
		for _, network := range all[*mo.OpaqueNetwork](w, "OpaqueNetwork") {
			summary, ok := network.Summary.(*types.OpaqueNetworkSummary)
			if ok && summary.OpaqueNetworkId == backing.OpaqueNetworkId {
				addOnce(&vm.Network, network.Self)
			}
		}
	}
	vm.Network = slices.DeleteFunc(vm.Network, func(ref types.ManagedObjectReference) bool { return ref.Value == "" })
}

package main

// The watcher is called for every object that the simulator creates. It corrects values that pyvmomi or suds cannot parse.

import (
	"log"
	"runtime/debug"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

type watcher struct{ world *world }

func (*watcher) Reference() types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "LabWatcher", Value: "watcher"}
}

func (x *watcher) PutObject(_ *simulator.Context, obj mo.Reference) {
	switch o := obj.(type) {
	case *simulator.VirtualMachine: // clients cannot parse an empty enumeration value
		for _, runtime := range []*types.VirtualMachineRuntimeInfo{&o.Runtime, &o.Summary.Runtime} {
			runtime.FaultToleranceState = types.VirtualMachineFaultToleranceStateNotConfigured
			runtime.RecordReplayState = types.VirtualMachineRecordReplayStateInactive
		}
	case *simulator.Task:
		x.task(o)
	}
}

func (*watcher) RemoveObject(*simulator.Context, types.ManagedObjectReference) {}

// UpdateObject gives a failed task vCenter's English text; the simulator's text is the name of a Go type.
func (*watcher) UpdateObject(_ *simulator.Context, obj mo.Reference, _ []types.PropertyChange) {
	if t, ok := obj.(*mo.Task); ok && t.Info.Error != nil {
		t.Info.Error.LocalizedMessage = faultText(t.Info.Error.Fault)
	}
}

var managers = map[string]bool{
	"FileManager": true, "VirtualDiskManager": true, "HostDatastoreBrowser": true, "VcenterVStorageObjectManager": true,
	"HostNetworkSystem": true, "HostDatastoreSystem": true, "StorageResourceManager": true,
}

func (x *watcher) task(t *simulator.Task) {
	target := *t.Info.Entity
	switch target.Type {
	case "Folder", "ResourcePool", "VirtualApp", "VirtualMachine":
		t.Execute = x.world.enlarged(x.world.connected(target, t.Execute))
	}
	wrap, slow := x.world.takeWrap(target)
	if wrap != nil {
		t.Execute = wrap(t.Execute)
	}
	if slow { // a task locks its entity: a waiting task gets another one, so that clients can read the real one
		t.Info.Entity = &types.ManagedObjectReference{Type: "Folder", Value: "group-busy-" + t.Self.Value}
	}
	t.Execute = guarded(t.Execute)
	if managers[target.Type] { // the API declares info.entity as a ManagedEntity
		t.Info.Entity = ptr(x.world.root().Self)
	}
	if t.Info.QueueTime.IsZero() {
		t.Info.QueueTime = time.Now()
	}
}

// guarded makes the task fail if the simulator panics in it, so that the process continues.
func guarded(run func(*simulator.Task) (types.AnyType, types.BaseMethodFault)) func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
	return func(t *simulator.Task) (res types.AnyType, fault types.BaseMethodFault) {
		defer func() {
			if crash := recover(); crash != nil {
				log.Printf("%s crashed: %v\n%s", t.Info.Name, crash, debug.Stack())
				res, fault = nil, &types.RuntimeFault{}
			}
		}()
		return run(t)
	}
}

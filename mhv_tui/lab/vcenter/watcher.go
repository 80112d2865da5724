package main

// The watcher sees every object the simulator creates and mends what a client of pyvmomi or suds could not read.

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
	case *simulator.VirtualMachine: // an empty enumeration value cannot be read
		for _, runtime := range []*types.VirtualMachineRuntimeInfo{&o.Runtime, &o.Summary.Runtime} {
			runtime.FaultToleranceState = types.VirtualMachineFaultToleranceStateNotConfigured
			runtime.RecordReplayState = types.VirtualMachineRecordReplayStateInactive
		}
	case *simulator.Task:
		x.task(o)
	}
}

func (*watcher) RemoveObject(*simulator.Context, types.ManagedObjectReference) {}

// UpdateObject gives a failed task the text a person would read; the simulator's own is a Go type name.
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
	wrap, slow := x.world.takeWrap(target)
	if wrap != nil {
		t.Execute = wrap(t.Execute)
	}
	if slow { // a task locks its entity: one that waits gets another, or nobody could read the real one meanwhile
		t.Info.Entity = &types.ManagedObjectReference{Type: "Folder", Value: "group-busy-" + t.Self.Value}
	}
	t.Execute = guarded(t.Execute)
	if managers[target.Type] { // info.entity is declared to be a ManagedEntity
		t.Info.Entity = ptr(x.world.root().Self)
	}
	if t.Info.QueueTime.IsZero() {
		t.Info.QueueTime = time.Now()
	}
}

// guarded keeps a crash in the simulator's work from ending the process: the task fails instead.
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

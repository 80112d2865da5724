package main

// Distributed switches and their port groups. The simulator creates them; this file adds what it lacks: members in config,
// CreateDVPortgroup_Task, removal of references after Destroy, and a reconfiguration that keeps properties not in the spec.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func (w *world) buildSwitches(dc *simulator.Datacenter, spec datacenterSpec, hosts map[string]*simulator.HostSystem) error {
	for _, s := range spec.Switch {
		if err := w.buildSwitch(dc, s, hosts); err != nil {
			return fmt.Errorf("switch %s: %w", s.Name, err)
		}
	}
	return nil
}

func (w *world) buildSwitch(dc *simulator.Datacenter, spec switchSpec, hosts map[string]*simulator.HostSystem) error {
	folder := w.ctx.Map.Get(dc.NetworkFolder).(*simulator.Folder)
	create := &types.CreateDVS_Task{This: folder.Self, Spec: types.DVSCreateSpec{ConfigSpec: &types.VMwareDVSConfigSpec{
		DVSConfigSpec: types.DVSConfigSpec{Name: spec.Name}, MaxMtu: 1500,
	}}}
	made := folder.CreateDVSTask(w.ctx, create).(*methods.CreateDVS_TaskBody)
	ref, err := w.task(made, func() types.ManagedObjectReference { return made.Res.Returnval })
	if err != nil {
		return err
	}
	dvs := w.ctx.Map.Get(ref.(types.ManagedObjectReference)).(*simulator.DistributedVirtualSwitch)
	for len(dvs.Portgroup) == 0 { // a separate task creates the uplink port group
		w.yield()
	}
	chosen, err := pick(hosts, spec.Hosts)
	if err != nil {
		return err
	}
	change := &types.DVSConfigSpec{}
	for _, host := range chosen {
		change.Host = append(change.Host, types.DistributedVirtualSwitchHostMemberConfigSpec{Operation: "add", Host: host.Self})
	}
	body := dvs.ReconfigureDvsTask(w.ctx, &types.ReconfigureDvs_Task{This: dvs.Self, Spec: change}).(*methods.ReconfigureDvs_TaskBody)
	if _, err := w.task(body, func() types.ManagedObjectReference { return body.Res.Returnval }); err != nil {
		return err
	}
	for _, p := range spec.Portgroup {
		if _, err := w.addDVPortgroup(w.ctx, dvs, dvPortgroupSpec(p)); err != nil {
			return err
		}
	}
	w.completeSwitch(dvs)
	return nil
}

func dvPortgroupSpec(p portgroupSpec) types.DVPortgroupConfigSpec {
	return types.DVPortgroupConfigSpec{
		Name: p.Name, Type: p.Binding, NumPorts: p.Ports,
		DefaultPortConfig: &types.VMwareDVSPortSetting{Vlan: &types.VmwareDistributedVirtualSwitchVlanIdSpec{
			VmwareDistributedVirtualSwitchVlanSpec: types.VmwareDistributedVirtualSwitchVlanSpec{
				InheritablePolicy: types.InheritablePolicy{Inherited: false},
			},
			VlanId: p.VLAN,
		}},
	}
}

func (w *world) addDVPortgroup(ctx *simulator.Context, dvs *simulator.DistributedVirtualSwitch, spec types.DVPortgroupConfigSpec) (*simulator.DistributedVirtualPortgroup, error) {
	body := dvs.AddDVPortgroupTask(ctx, &types.AddDVPortgroup_Task{This: dvs.Self, Spec: []types.DVPortgroupConfigSpec{spec}}).(*methods.AddDVPortgroup_TaskBody)
	if _, err := w.task(body, func() types.ManagedObjectReference { return body.Res.Returnval }); err != nil {
		return nil, err
	}
	for _, ref := range dvs.Portgroup {
		if pg := w.ctx.Map.Get(ref).(*simulator.DistributedVirtualPortgroup); pg.Name == spec.Name {
			return pg, nil
		}
	}
	return nil, fmt.Errorf("port group %s was not created", spec.Name)
}

// completeSwitch lists the members in config.host, and removes duplicate networks from hosts and clusters.
func (w *world) completeSwitch(dvs *simulator.DistributedVirtualSwitch) {
	config := dvs.Config.GetDVSConfigInfo()
	known := config.Host
	config.Host, config.NumPorts = nil, 0
	for _, ref := range dvs.Summary.HostMember {
		member := types.DistributedVirtualSwitchHostMember{Status: "green"}
		member.Config.Host = ptr(ref)
		member.Config.Backing = &types.DistributedVirtualSwitchHostMemberPnicBacking{}
		if i := slices.IndexFunc(known, func(m types.DistributedVirtualSwitchHostMember) bool {
			return m.Config.Host != nil && *m.Config.Host == ref
		}); i >= 0 {
			member = known[i] // with its uplinks
		}
		config.Host = append(config.Host, member)
		host := w.ctx.Map.Get(ref).(*simulator.HostSystem)
		host.Network = unique(host.Network)
		compute := w.compute(&host.HostSystem)
		compute.Network = unique(compute.Network)
	}
	dvs.Summary.NumHosts = int32(len(config.Host))
	for _, ref := range dvs.Portgroup {
		pg := w.ctx.Map.Get(ref).(*simulator.DistributedVirtualPortgroup)
		pg.Host = unique(pg.Host)
		config.NumPorts += pg.Config.NumPorts
		if pg.Name == dvs.Name+"-DVUplinks"+strings.TrimPrefix(dvs.Self.Value, "dvs") {
			config.UplinkPortgroup = []types.ManagedObjectReference{ref}
			pg.Config.Uplink = ptr(true)
		}
	}
}

func unique(list []types.ManagedObjectReference) []types.ManagedObjectReference {
	seen := make(map[types.ManagedObjectReference]bool, len(list))
	return slices.DeleteFunc(slices.Clone(list), func(ref types.ManagedObjectReference) bool {
		was := seen[ref]
		seen[ref] = true
		return was
	})
}

func vlanFault(spec types.DVPortgroupConfigSpec) types.BaseMethodFault {
	setting, ok := spec.DefaultPortConfig.(*types.VMwareDVSPortSetting)
	if !ok {
		return nil
	}
	if vlan, ok := setting.Vlan.(*types.VmwareDistributedVirtualSwitchVlanIdSpec); ok && (vlan.VlanId < 0 || vlan.VlanId > 4094) {
		return &types.InvalidArgument{InvalidProperty: "spec.defaultPortConfig.vlan.vlanId"}
	}
	return nil
}

// The calls.

func (l *lab) dvs(ref types.ManagedObjectReference) *simulator.DistributedVirtualSwitch {
	return l.world.ctx.Map.Get(ref).(*simulator.DistributedVirtualSwitch)
}

func (l *lab) AddDVPortgroupTask(ctx *simulator.Context, req *types.AddDVPortgroup_Task) soap.HasFault {
	for _, spec := range req.Spec {
		if fault := vlanFault(spec); fault != nil {
			return &methods.AddDVPortgroup_TaskBody{Fault_: asFault(fault)}
		}
	}
	dvs := l.dvs(req.This)
	l.world.wrapNext(dvs.Self, after(func() { l.world.completeSwitch(dvs) }))
	return dvs.AddDVPortgroupTask(ctx, req)
}

func (l *lab) CreateDVPortgroupTask(ctx *simulator.Context, req *types.CreateDVPortgroup_Task) soap.HasFault {
	if fault := vlanFault(req.Spec); fault != nil {
		return &methods.CreateDVPortgroup_TaskBody{Fault_: asFault(fault)}
	}
	dvs := l.dvs(req.This)
	run := func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
		if l.world.ctx.Map.FindByName(req.Spec.Name, l.world.ctx.Map.Get(*dvs.Parent).(*simulator.Folder).ChildEntity) != nil {
			return nil, &types.DuplicateName{Name: req.Spec.Name, Object: dvs.Self}
		}
		pg, err := l.world.addDVPortgroup(ctx, dvs, req.Spec)
		if err != nil {
			return nil, &types.DvsFault{}
		}
		l.world.completeSwitch(dvs)
		return pg.Self, nil
	}
	task := simulator.CreateTask(dvs, "createDVPortgroup", run).Run(ctx)
	return &methods.CreateDVPortgroup_TaskBody{Res: &types.CreateDVPortgroup_TaskResponse{Returnval: task}}
}

func (l *lab) ReconfigureDvsTask(ctx *simulator.Context, req *types.ReconfigureDvs_Task) soap.HasFault {
	dvs := l.dvs(req.This)
	l.world.wrapNext(dvs.Self, after(func() { l.world.completeSwitch(dvs) }))
	return dvs.ReconfigureDvsTask(ctx, req)
}

// ReconfigureDVPortgroupTask changes only what the spec contains; the simulator's own method clears the rest.
func (l *lab) ReconfigureDVPortgroupTask(ctx *simulator.Context, req *types.ReconfigureDVPortgroup_Task) soap.HasFault {
	if fault := vlanFault(req.Spec); fault != nil {
		return &methods.ReconfigureDVPortgroup_TaskBody{Fault_: asFault(fault)}
	}
	pg := l.world.ctx.Map.Get(req.This).(*simulator.DistributedVirtualPortgroup)
	run := func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
		if req.Spec.DefaultPortConfig != nil {
			pg.Config.DefaultPortConfig = req.Spec.DefaultPortConfig
		}
		if req.Spec.Type != "" {
			pg.Config.Type = req.Spec.Type
		}
		if req.Spec.Policy != nil {
			pg.Config.Policy = req.Spec.Policy
		}
		if req.Spec.NumPorts != 0 {
			pg.Config.NumPorts = req.Spec.NumPorts
		}
		if req.Spec.Name != "" {
			pg.Name, pg.Config.Name = req.Spec.Name, req.Spec.Name
			pg.Entity().Name = req.Spec.Name
		}
		return nil, nil
	}
	task := simulator.CreateTask(pg, "reconfigureDvPortgroup", run).Run(ctx)
	return &methods.ReconfigureDVPortgroup_TaskBody{Res: &types.ReconfigureDVPortgroup_TaskResponse{Returnval: task}}
}

func (l *lab) DestroyPortgroupTask(ctx *simulator.Context, req *types.Destroy_Task) soap.HasFault {
	pg := l.world.ctx.Map.Get(req.This).(*simulator.DistributedVirtualPortgroup)
	l.world.wrapNext(pg.Self, func(run func(*simulator.Task) (types.AnyType, types.BaseMethodFault)) func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
		return func(t *simulator.Task) (types.AnyType, types.BaseMethodFault) {
			if len(pg.Vm) > 0 {
				return nil, &types.ResourceInUse{Type: "DistributedVirtualPortgroup", Name: pg.Name}
			}
			res, fault := run(t)
			for _, host := range all[*simulator.HostSystem](l.world, "HostSystem") {
				simulator.RemoveReference(&host.Network, pg.Self)
				simulator.RemoveReference(&l.world.compute(&host.HostSystem).Network, pg.Self)
			}
			return res, fault
		}
	})
	return pg.DestroyTask(ctx, req)
}

// after calls then if the task succeeds, before clients can read its state.
func after(then func()) taskWrap {
	return func(run func(*simulator.Task) (types.AnyType, types.BaseMethodFault)) func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
		return func(t *simulator.Task) (types.AnyType, types.BaseMethodFault) {
			res, fault := run(t)
			if fault == nil {
				then()
			}
			return res, fault
		}
	}
}

var _ mo.Reference = (*lab)(nil)

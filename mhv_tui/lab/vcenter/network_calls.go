package main

// The calls of a host's network system; network.go implements them.

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func (l *lab) networkHost(ref types.ManagedObjectReference) (*mo.HostSystem, *soap.Fault) {
	host := l.world.ctx.Map.Get(ref).(*simulator.HostNetworkSystem).Host
	if host.Runtime.ConnectionState != types.HostSystemConnectionStateConnected {
		return nil, asFault(&types.HostNotConnected{})
	}
	return host, nil
}

func (l *lab) AddPortGroup(_ *simulator.Context, req *types.AddPortGroup) soap.HasFault {
	host, fault := l.networkHost(req.This)
	if fault == nil {
		fault = asFault(l.world.addPortgroup(host, req.Portgrp))
	}
	return &methods.AddPortGroupBody{Res: new(types.AddPortGroupResponse), Fault_: fault}
}

func (l *lab) RemovePortGroup(_ *simulator.Context, req *types.RemovePortGroup) soap.HasFault {
	host, fault := l.networkHost(req.This)
	if fault == nil {
		fault = asFault(l.world.removePortgroup(host, req.PgName))
	}
	return &methods.RemovePortGroupBody{Res: new(types.RemovePortGroupResponse), Fault_: fault}
}

func (l *lab) UpdatePortGroup(_ *simulator.Context, req *types.UpdatePortGroup) soap.HasFault {
	host, fault := l.networkHost(req.This)
	if fault == nil {
		fault = asFault(l.world.updatePortgroup(host, req.PgName, req.Portgrp))
	}
	return &methods.UpdatePortGroupBody{Res: new(types.UpdatePortGroupResponse), Fault_: fault}
}

func (l *lab) AddVirtualSwitch(_ *simulator.Context, req *types.AddVirtualSwitch) soap.HasFault {
	host, fault := l.networkHost(req.This)
	if fault == nil && findVswitch(host.Config.Network, req.VswitchName) != nil {
		fault = asFault(&types.AlreadyExists{Name: req.VswitchName})
	}
	if fault == nil {
		host.Config.Network.Vswitch = append(host.Config.Network.Vswitch, newVswitch(vswitchSpec{Name: req.VswitchName}))
	}
	return &methods.AddVirtualSwitchBody{Res: new(types.AddVirtualSwitchResponse), Fault_: fault}
}

func (l *lab) RefreshNetworkSystem(*simulator.Context, *types.RefreshNetworkSystem) soap.HasFault {
	return &methods.RefreshNetworkSystemBody{Res: new(types.RefreshNetworkSystemResponse)}
}

package main

// Calls that the simulator lacks or answers differently from a vCenter.

import (
	"slices"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func (l *lab) CurrentTime(*simulator.Context, *types.CurrentTime) soap.HasFault {
	return &methods.CurrentTimeBody{Res: &types.CurrentTimeResponse{Returnval: l.world.now()}}
}

func (l *lab) RefreshDatastore(*simulator.Context, *types.RefreshDatastore) soap.HasFault {
	return &methods.RefreshDatastoreBody{Res: new(types.RefreshDatastoreResponse)}
}

func (l *lab) AcquireGenericServiceTicket(_ *simulator.Context, req *types.AcquireGenericServiceTicket) soap.HasFault {
	l.world.mu.Lock()
	defer l.world.mu.Unlock()
	ticket := types.SessionManagerGenericServiceTicket{Id: uuid.NewString(), HostName: l.world.inv.VCenter.Name}
	l.world.tickets[ticket.Id] = true
	return &methods.AcquireGenericServiceTicketBody{Res: &types.AcquireGenericServiceTicketResponse{Returnval: ticket}}
}

func (l *lab) ruleset(ref types.ManagedObjectReference, id string, enabled bool) *soap.Fault {
	info := l.world.ctx.Map.Get(ref).(*simulator.HostFirewallSystem).FirewallInfo
	i := slices.IndexFunc(info.Ruleset, func(r types.HostFirewallRuleset) bool { return r.Key == id })
	if i < 0 {
		return asFault(&types.NotFound{})
	}
	info.Ruleset[i].Enabled = enabled
	return nil
}

func (l *lab) EnableRuleset(_ *simulator.Context, req *types.EnableRuleset) soap.HasFault {
	return &methods.EnableRulesetBody{Res: new(types.EnableRulesetResponse), Fault_: l.ruleset(req.This, req.Id, true)}
}

func (l *lab) DisableRuleset(_ *simulator.Context, req *types.DisableRuleset) soap.HasFault {
	return &methods.DisableRulesetBody{Res: new(types.DisableRulesetResponse), Fault_: l.ruleset(req.This, req.Id, false)}
}

// hostChanged recounts the hosts of its cluster after the next task on the host.
func (l *lab) hostChanged(ref types.ManagedObjectReference) *simulator.HostSystem {
	host := l.world.ctx.Map.Get(ref).(*simulator.HostSystem)
	l.world.wrapNext(ref, after(func() {
		if cluster, ok := l.world.ctx.Map.Get(*host.Parent).(*simulator.ClusterComputeResource); ok {
			l.world.summarize(cluster)
		}
	}))
	return host
}

func (l *lab) EnterMaintenanceModeTask(ctx *simulator.Context, req *types.EnterMaintenanceMode_Task) soap.HasFault {
	return l.hostChanged(req.This).EnterMaintenanceModeTask(ctx, req)
}

func (l *lab) ExitMaintenanceModeTask(ctx *simulator.Context, req *types.ExitMaintenanceMode_Task) soap.HasFault {
	return l.hostChanged(req.This).ExitMaintenanceModeTask(ctx, req)
}

func (l *lab) DisconnectHostTask(ctx *simulator.Context, req *types.DisconnectHost_Task) soap.HasFault {
	return l.hostChanged(req.This).DisconnectHostTask(ctx, req)
}

func (l *lab) ReconnectHostTask(ctx *simulator.Context, req *types.ReconnectHost_Task) soap.HasFault {
	return l.hostChanged(req.This).ReconnectHostTask(ctx, req)
}

// ReconfigureComputeResourceTask refuses to enable DRS if no licence includes it.
func (l *lab) ReconfigureComputeResourceTask(ctx *simulator.Context, req *types.ReconfigureComputeResource_Task) soap.HasFault {
	cluster := l.world.ctx.Map.Get(req.This).(*simulator.ClusterComputeResource)
	spec, ok := req.Spec.(*types.ClusterConfigSpecEx)
	if ok && spec.DrsConfig != nil && spec.DrsConfig.Enabled != nil && *spec.DrsConfig.Enabled && !l.world.licensed("drs") {
		return &methods.ReconfigureComputeResource_TaskBody{Fault_: asFault(&types.LicenseRestricted{})}
	}
	config := cluster.ConfigurationEx.(*types.ClusterConfigInfoEx)
	if vsan := config.VsanConfigInfo; ok && vsan != nil && vsan.Enabled != nil && *vsan.Enabled {
		spec.VsanConfig = nil // the simulator adds a second datastore; govc always sends it
	}
	if ok && spec.DrsConfig != nil && spec.DrsConfig.VmotionRate != 0 {
		l.world.wrapNext(req.This, after(func() { config.DrsConfig.VmotionRate = spec.DrsConfig.VmotionRate }))
	}
	return cluster.ReconfigureComputeResourceTask(ctx, req)
}

// setLicenses replaces the evaluation licence, which includes all features, by the inventory's licences, if any.
func (w *world) setLicenses(specs []licenseSpec) {
	if len(specs) == 0 {
		return
	}
	var licenses []types.LicenseManagerLicenseInfo
	for _, s := range specs {
		info := types.LicenseManagerLicenseInfo{LicenseKey: s.Key, Name: s.Name, EditionKey: s.Edition, Total: 32, Used: 2, CostUnit: "cpuPackage"}
		for _, f := range s.Features {
			info.Properties = append(info.Properties, types.KeyAnyValue{Key: "feature", Value: types.KeyValue{Key: f, Value: f}})
		}
		licenses = append(licenses, info)
	}
	all[*simulator.LicenseManager](w, "LicenseManager")[0].Licenses = licenses
	for _, m := range all[*simulator.LicenseAssignmentManager](w, "LicenseAssignmentManager") {
		m.QueryAssignedLicensesResponse.Returnval = []types.LicenseAssignmentManagerLicenseAssignment{{
			EntityId: w.about().InstanceUuid, EntityDisplayName: w.inv.VCenter.Name, AssignedLicense: licenses[0],
		}}
	}
}

func (w *world) licensed(feature string) bool {
	manager := all[*simulator.LicenseManager](w, "LicenseManager")[0]
	for _, license := range manager.Licenses {
		if license.EditionKey == "eval" {
			return true
		}
		for _, p := range license.Properties {
			if kv, ok := p.Value.(types.KeyValue); ok && p.Key == "feature" && kv.Key == feature {
				return true
			}
		}
	}
	return false
}

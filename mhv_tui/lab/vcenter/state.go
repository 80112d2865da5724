package main

// The response of GET /state: the vCenter's objects, so that a test can check them without the vSphere API.

import (
	"cmp"
	"errors"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func errorOf(f *soap.Fault) error { return errors.New(f.String) }

type state struct {
	About      aboutState                `json:"about"`
	Logins     map[string]loginCount     `json:"logins"`
	Calls      map[string]int            `json:"calls"`
	Sessions   int                       `json:"sessions"`
	Clusters   []clusterState            `json:"clusters"`
	Hosts      map[string]hostState      `json:"hosts"`
	Datastores map[string]datastoreState `json:"datastores"`
	Switches   []switchState             `json:"switches"`
	VMs        []vmState                 `json:"vms"`
	Extensions []string                  `json:"extensions"`
	Faults     []faultRule               `json:"faults"`
}

type aboutState struct {
	Version      string `json:"version"`
	APIType      string `json:"api_type"`
	InstanceUUID string `json:"instance_uuid"`
}

type clusterState struct {
	Name        string   `json:"name"`
	ID          string   `json:"id"`
	DRS         bool     `json:"drs"`
	DRSBehavior string   `json:"drs_behavior"`
	HA          bool     `json:"ha"`
	Hosts       []string `json:"hosts"`
	Path        string   `json:"path"`       // in the inventory
	Datastores  []string `json:"datastores"` // accessible ones, the best for servers first
	Switches    []string `json:"switches"`   // distributed, that have all its hosts
}

type hostState struct {
	State       string           `json:"state"`
	Maintenance bool             `json:"maintenance"`
	Portgroups  []portgroupState `json:"portgroups"`
	Firewall    map[string]bool  `json:"firewall"`
}

type portgroupState struct {
	Name    string `json:"name"`
	VLAN    int32  `json:"vlan"`
	Vswitch string `json:"vswitch,omitempty"`
	Binding string `json:"binding,omitempty"`
}

type datastoreState struct {
	Type       string `json:"type"`
	Accessible bool   `json:"accessible"`
	Shared     bool   `json:"shared"`
	Path       string `json:"path"` // its directory on this machine
}

type switchState struct {
	Name       string           `json:"name"`
	Portgroups []portgroupState `json:"portgroups"`
}

type vmState struct {
	Name     string   `json:"name"`
	Power    string   `json:"power"`
	Host     string   `json:"host"`
	Networks []string `json:"networks"`
}

func (w *world) state() state {
	about := w.about()
	s := state{
		About: aboutState{about.Version, about.ApiType, about.InstanceUuid},
		Hosts: map[string]hostState{}, Datastores: map[string]datastoreState{}, VMs: []vmState{}, Faults: w.faults.list(),
	}
	s.Calls, s.Logins = w.counts()
	if view, ok := w.ctx.Session.Get(w.ctx.Map.SessionManager().Self).(*simulator.SessionManager); ok {
		s.Sessions = len(view.SessionList)
	}
	for _, c := range all[*simulator.ClusterComputeResource](w, "ClusterComputeResource") {
		s.Clusters = append(s.Clusters, w.clusterState(c))
	}
	for _, h := range all[*simulator.HostSystem](w, "HostSystem") {
		s.Hosts[h.Name] = w.hostState(h)
	}
	for _, d := range all[*simulator.Datastore](w, "Datastore") {
		shared := d.Summary.MultipleHostAccess
		s.Datastores[d.Name] = datastoreState{d.Summary.Type, d.Summary.Accessible, shared != nil && *shared, d.Summary.Url}
	}
	for _, d := range all[*simulator.DistributedVirtualSwitch](w, "DistributedVirtualSwitch") {
		s.Switches = append(s.Switches, w.switchState(d))
	}
	for _, v := range all[*simulator.VirtualMachine](w, "VirtualMachine") {
		s.VMs = append(s.VMs, w.vmState(v))
	}
	slices.SortFunc(s.Clusters, func(a, b clusterState) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortFunc(s.VMs, func(a, b vmState) int { return cmp.Compare(a.Name, b.Name) })
	if w.isVCenter() {
		for _, e := range w.ctx.Map.ExtensionManager().ExtensionList {
			s.Extensions = append(s.Extensions, e.Key)
		}
	}
	return s
}

func (w *world) clusterState(c *simulator.ClusterComputeResource) clusterState {
	config := c.ConfigurationEx.(*types.ClusterConfigInfoEx)
	s := clusterState{
		Name: c.Name, ID: c.Self.Value, DRSBehavior: string(config.DrsConfig.DefaultVmBehavior),
		DRS: config.DrsConfig.Enabled != nil && *config.DrsConfig.Enabled, HA: config.DasConfig.Enabled != nil && *config.DasConfig.Enabled,
	}
	for _, ref := range c.Host {
		s.Hosts = append(s.Hosts, w.ctx.Map.Get(ref).(*simulator.HostSystem).Name)
	}
	s.Path, s.Datastores = w.path(c), w.usable(c)
	for _, d := range all[*simulator.DistributedVirtualSwitch](w, "DistributedVirtualSwitch") {
		lacks := func(host types.ManagedObjectReference) bool { return !slices.Contains(d.Summary.HostMember, host) }
		if len(c.Host) > 0 && !slices.ContainsFunc(c.Host, lacks) {
			s.Switches = append(s.Switches, d.Name)
		}
	}
	return s
}

// usable returns the names of a cluster's accessible datastores, first those that all hosts mount, then by free space.
func (w *world) usable(c *simulator.ClusterComputeResource) []string {
	var stores []*simulator.Datastore
	for _, ref := range c.Datastore {
		if ds, ok := w.ctx.Map.Get(ref).(*simulator.Datastore); ok && ds.Summary.Accessible {
			stores = append(stores, ds)
		}
	}
	mounts := func(ds *simulator.Datastore) int { return min(len(ds.Host), len(c.Host)) }
	slices.SortStableFunc(stores, func(a, b *simulator.Datastore) int {
		return cmp.Or(mounts(b)-mounts(a), cmp.Compare(b.Summary.FreeSpace, a.Summary.FreeSpace))
	})
	var names []string
	for _, ds := range stores {
		names = append(names, ds.Name)
	}
	return names
}

func (w *world) hostState(h *simulator.HostSystem) hostState {
	s := hostState{State: string(h.Runtime.ConnectionState), Maintenance: h.Runtime.InMaintenanceMode, Firewall: map[string]bool{}}
	for _, p := range h.Config.Network.Portgroup {
		s.Portgroups = append(s.Portgroups, portgroupState{Name: p.Spec.Name, VLAN: p.Spec.VlanId, Vswitch: p.Spec.VswitchName})
	}
	for _, r := range w.ctx.Map.Get(*h.ConfigManager.FirewallSystem).(*simulator.HostFirewallSystem).FirewallInfo.Ruleset {
		s.Firewall[r.Key] = r.Enabled
	}
	return s
}

func (w *world) switchState(d *simulator.DistributedVirtualSwitch) switchState {
	s := switchState{Name: d.Name}
	for _, ref := range d.Portgroup {
		pg := w.ctx.Map.Get(ref).(*simulator.DistributedVirtualPortgroup)
		p := portgroupState{Name: pg.Name, Binding: pg.Config.Type}
		if setting, ok := pg.Config.DefaultPortConfig.(*types.VMwareDVSPortSetting); ok {
			if vlan, ok := setting.Vlan.(*types.VmwareDistributedVirtualSwitchVlanIdSpec); ok {
				p.VLAN = vlan.VlanId
			}
		}
		s.Portgroups = append(s.Portgroups, p)
	}
	return s
}

func (w *world) vmState(v *simulator.VirtualMachine) vmState {
	s := vmState{Name: v.Name, Power: string(v.Runtime.PowerState)}
	if v.Runtime.Host != nil {
		s.Host = w.ctx.Map.Get(*v.Runtime.Host).(*simulator.HostSystem).Name
	}
	for _, ref := range v.Network {
		if e, ok := w.ctx.Map.Get(ref).(mo.Entity); ok {
			s.Networks = append(s.Networks, entityName(e))
		}
	}
	return s
}

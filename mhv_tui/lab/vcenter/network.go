package main

// Standard port groups belong to a host; a Network object represents all port groups of one name in a datacenter. The
// simulator allows a name only once per datacenter, so this file replaces its calls.

import (
	"fmt"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// shapeNetwork replaces the template's switches by the inventory's. networkInfo and config.network then share one structure,
// so that clients read the same from both.
func (w *world) shapeNetwork(host *simulator.HostSystem, spec hostSpec) {
	info := host.Config.Network
	system := w.ctx.Map.Get(*host.ConfigManager.NetworkSystem).(*simulator.HostNetworkSystem)
	system.NetworkInfo = info
	template := types.PhysicalNic{}
	if len(info.Pnic) > 0 {
		template = info.Pnic[0]
	}
	info.Pnic, info.Vswitch = nil, nil
	for i, device := range spec.Pnics {
		nic := template
		nic.Key, nic.Device = pnicKey(device), device
		nic.Pci = fmt.Sprintf("0000:0b:%02d.0", i)
		nic.Mac = fmt.Sprintf("00:50:56:%02x:%02x:%02x", len(host.Name)&0xff, hash(host.Name), i)
		info.Pnic = append(info.Pnic, nic)
	}
	for _, s := range spec.Vswitch {
		info.Vswitch = append(info.Vswitch, newVswitch(s))
	}
	kept := info.Portgroup // the template's VM Network and Management Network, on its vSwitch0
	info.Portgroup = nil
	for _, pg := range kept {
		if vs := findVswitch(info, pg.Spec.VswitchName); vs != nil {
			vs.Portgroup = append(vs.Portgroup, pg.Key)
			pg.Vswitch = vs.Key
			info.Portgroup = append(info.Portgroup, pg)
		}
	}
	host.Network = nil
	w.compute(&host.HostSystem).Network = slices.Clone(w.compute(&host.HostSystem).Network)
	for _, pg := range info.Portgroup {
		if pg.Spec.Name == "VM Network" { // Management Network carries the host's own vmk0 only
			w.join(&host.HostSystem, pg.Spec.Name)
		}
	}
}

func newVswitch(s vswitchSpec) types.HostVirtualSwitch {
	vs := types.HostVirtualSwitch{
		Name: s.Name, Key: "key-vim.host.VirtualSwitch-" + s.Name, NumPorts: 1536, NumPortsAvailable: 1500,
		Spec: types.HostVirtualSwitchSpec{NumPorts: 128},
	}
	for _, device := range s.Pnics {
		vs.Pnic = append(vs.Pnic, pnicKey(device))
	}
	if len(s.Pnics) > 0 {
		vs.Spec.Bridge = &types.HostVirtualSwitchBondBridge{NicDevice: s.Pnics}
	}
	return vs
}

func pnicKey(device string) string { return "key-vim.host.PhysicalNic-" + device }

func hash(s string) (sum byte) {
	for i := range len(s) {
		sum = sum*31 + s[i]
	}
	return sum
}

func findVswitch(info *types.HostNetworkInfo, name string) *types.HostVirtualSwitch {
	for i := range info.Vswitch {
		if info.Vswitch[i].Name == name {
			return &info.Vswitch[i]
		}
	}
	return nil
}

func (w *world) buildPortgroups(_ *simulator.Datacenter, spec datacenterSpec, hosts map[string]*simulator.HostSystem) error {
	add := func(host *simulator.HostSystem, p portgroupSpec) error {
		fault := w.addPortgroup(&host.HostSystem, types.HostPortGroupSpec{Name: p.Name, VlanId: p.VLAN, VswitchName: p.Vswitch})
		if fault != nil {
			return fmt.Errorf("port group %s on %s: %s", p.Name, host.Name, faultText(fault))
		}
		return nil
	}
	for _, p := range spec.Portgroup {
		chosen, err := pick(hosts, p.Hosts)
		if err != nil {
			return err
		}
		for _, host := range chosen {
			if err := add(host, p); err != nil {
				return err
			}
		}
	}
	specs := spec.Host
	for _, c := range spec.Cluster {
		specs = append(specs, c.Host...)
	}
	for _, h := range specs {
		for _, p := range h.Portgroup {
			if err := add(hosts[h.Name], p); err != nil {
				return err
			}
		}
	}
	return nil
}

// addPortgroup creates a port group on one host; the caller checks privileges and the host's state.
func (w *world) addPortgroup(host *mo.HostSystem, spec types.HostPortGroupSpec) types.BaseMethodFault {
	w.network.Lock()
	defer w.network.Unlock()
	info := host.Config.Network
	if fault := checkPortgroup(info, spec); fault != nil {
		return fault
	}
	if slices.ContainsFunc(info.Portgroup, func(p types.HostPortGroup) bool { return p.Spec.Name == spec.Name }) {
		return &types.AlreadyExists{Name: spec.Name}
	}
	vs := findVswitch(info, spec.VswitchName)
	key := "key-vim.host.PortGroup-" + spec.Name
	vs.Portgroup = append(vs.Portgroup, key)
	info.Portgroup = append(slices.Clone(info.Portgroup), types.HostPortGroup{
		Key: key, Vswitch: vs.Key, ComputedPolicy: spec.Policy, Spec: spec,
	})
	w.join(host, spec.Name)
	return nil
}

func checkPortgroup(info *types.HostNetworkInfo, spec types.HostPortGroupSpec) types.BaseMethodFault {
	if spec.Name == "" {
		return &types.InvalidArgument{InvalidProperty: "name"}
	}
	if spec.VlanId < 0 || spec.VlanId > 4095 {
		return &types.InvalidArgument{InvalidProperty: "vlanId"}
	}
	if findVswitch(info, spec.VswitchName) == nil {
		return &types.NotFound{}
	}
	return nil
}

func (w *world) removePortgroup(host *mo.HostSystem, name string) types.BaseMethodFault {
	w.network.Lock()
	defer w.network.Unlock()
	info := host.Config.Network
	i := slices.IndexFunc(info.Portgroup, func(p types.HostPortGroup) bool { return p.Spec.Name == name })
	if i < 0 {
		return &types.NotFound{}
	}
	if w.portgroupUsed(host, name) {
		return &types.ResourceInUse{Type: "Network", Name: name}
	}
	key := info.Portgroup[i].Key
	info.Portgroup = slices.Delete(slices.Clone(info.Portgroup), i, i+1)
	for j := range info.Vswitch {
		info.Vswitch[j].Portgroup = slices.DeleteFunc(info.Vswitch[j].Portgroup, func(k string) bool { return k == key })
	}
	w.leave(host, name)
	return nil
}

func (w *world) updatePortgroup(host *mo.HostSystem, name string, spec types.HostPortGroupSpec) types.BaseMethodFault {
	w.network.Lock()
	defer w.network.Unlock()
	info := host.Config.Network
	i := slices.IndexFunc(info.Portgroup, func(p types.HostPortGroup) bool { return p.Spec.Name == name })
	if i < 0 {
		return &types.NotFound{}
	}
	if fault := checkPortgroup(info, spec); fault != nil {
		return fault
	}
	taken := func(p types.HostPortGroup) bool { return p.Spec.Name == spec.Name }
	if spec.Name != name && slices.ContainsFunc(info.Portgroup, taken) {
		return &types.AlreadyExists{Name: spec.Name}
	}
	changed := slices.Clone(info.Portgroup)
	changed[i].Spec = spec
	changed[i].Vswitch = findVswitch(info, spec.VswitchName).Key
	info.Portgroup = changed
	if spec.Name != name {
		w.leave(host, name)
		w.join(host, spec.Name)
	}
	return nil
}

// portgroupUsed reports whether a virtual machine on the host has a NIC on the port group.
func (w *world) portgroupUsed(host *mo.HostSystem, name string) bool {
	for _, ref := range host.Vm {
		vm, ok := w.ctx.Map.Get(ref).(*simulator.VirtualMachine)
		if !ok || vm.Config == nil {
			continue
		}
		for _, device := range vm.Config.Hardware.Device {
			backing, ok := device.GetVirtualDevice().Backing.(*types.VirtualEthernetCardNetworkBackingInfo)
			if ok && backing.DeviceName == name {
				return true
			}
		}
	}
	return false
}

// join connects a host to the datacenter's Network of that name; it creates the Network for the first host.
func (w *world) join(host *mo.HostSystem, name string) {
	folder, dc := w.networkFolder(host)
	net, ok := w.ctx.Map.FindByName(name, folder.ChildEntity).(*mo.Network)
	if !ok {
		net = &mo.Network{Name: name}
		net.Entity().Name = name
		w.putChild(folder, net)
		dc.Network = append(dc.Network, net.Self)
	}
	net.Summary = &types.NetworkSummary{Network: ptr(net.Self), Name: name, Accessible: true}
	addOnce(&net.Host, host.Self)
	addOnce(&host.Network, net.Self)
	addOnce(&w.compute(host).Network, net.Self)
}

// leave disconnects a host. It deletes the Network with its last host, and removes it from a cluster with the cluster's last.
func (w *world) leave(host *mo.HostSystem, name string) {
	folder, dc := w.networkFolder(host)
	net, ok := w.ctx.Map.FindByName(name, folder.ChildEntity).(*mo.Network)
	if !ok {
		return
	}
	simulator.RemoveReference(&net.Host, host.Self)
	simulator.RemoveReference(&host.Network, net.Self)
	compute := w.compute(host)
	if !slices.ContainsFunc(compute.Host, func(h types.ManagedObjectReference) bool { return simulator.FindReference(net.Host, h) != nil }) {
		simulator.RemoveReference(&compute.Network, net.Self)
	}
	if len(net.Host) == 0 {
		simulator.RemoveReference(&folder.ChildEntity, net.Self)
		simulator.RemoveReference(&dc.Network, net.Self)
		w.ctx.Map.Remove(w.ctx, net.Self)
	}
}

func (w *world) networkFolder(host *mo.HostSystem) (*simulator.Folder, *simulator.Datacenter) {
	for at := host.Parent; at != nil; {
		obj := w.ctx.Map.Get(*at)
		if dc, ok := obj.(*simulator.Datacenter); ok {
			return w.ctx.Map.Get(dc.NetworkFolder).(*simulator.Folder), dc
		}
		at = obj.(mo.Entity).Entity().Parent
	}
	return nil, nil
}

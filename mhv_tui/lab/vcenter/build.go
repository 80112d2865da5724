package main

// Builds the objects of an inventory. It calls the simulator's own methods in process, without SOAP.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

func (w *world) build() error {
	if !w.isVCenter() { // the simulator gives an ESXi host its only datacenter
		return nil
	}
	for _, dc := range w.inv.Datacenter {
		if err := w.buildDatacenter(dc); err != nil {
			return fmt.Errorf("datacenter %s: %w", dc.Name, err)
		}
	}
	return nil
}

func (w *world) buildDatacenter(spec datacenterSpec) error {
	parent, err := w.folder(w.root(), spec.Folder)
	if err != nil {
		return err
	}
	body := parent.CreateDatacenter(w.ctx, &types.CreateDatacenter{This: parent.Self, Name: spec.Name}).(*methods.CreateDatacenterBody)
	if body.Fault_ != nil {
		return fmt.Errorf("%T", body.Fault_.Detail.Fault)
	}
	dc := w.ctx.Map.Get(body.Res.Returnval).(*simulator.Datacenter)
	hosts := map[string]*simulator.HostSystem{}
	for _, c := range spec.Cluster {
		if err := w.buildCluster(dc, c, hosts); err != nil {
			return fmt.Errorf("cluster %s: %w", c.Name, err)
		}
	}
	for _, h := range spec.Host {
		if err := w.buildStandalone(dc, h, hosts); err != nil {
			return fmt.Errorf("host %s: %w", h.Name, err)
		}
	}
	steps := []func(*simulator.Datacenter, datacenterSpec, map[string]*simulator.HostSystem) error{
		w.buildPortgroups, w.buildSwitches, w.buildDatastores, w.buildMachines,
	}
	for _, step := range steps {
		if err := step(dc, spec, hosts); err != nil {
			return err
		}
	}
	return nil
}

// folder finds or creates a path such as Prod/East below a folder.
func (w *world) folder(at *simulator.Folder, path string) (*simulator.Folder, error) {
	for _, name := range strings.Split(path, "/") {
		if name == "" {
			continue
		}
		if found, ok := w.ctx.Map.FindByName(name, at.ChildEntity).(*simulator.Folder); ok {
			at = found
			continue
		}
		body := at.CreateFolder(w.ctx, &types.CreateFolder{This: at.Self, Name: name}).(*methods.CreateFolderBody)
		if body.Fault_ != nil {
			return nil, fmt.Errorf("folder %s: %T", name, body.Fault_.Detail.Fault)
		}
		at = w.ctx.Map.Get(body.Res.Returnval).(*simulator.Folder)
	}
	return at, nil
}

func (w *world) buildCluster(dc *simulator.Datacenter, spec clusterSpec, hosts map[string]*simulator.HostSystem) error {
	parent, err := w.folder(w.ctx.Map.Get(dc.HostFolder).(*simulator.Folder), spec.Folder)
	if err != nil {
		return err
	}
	cluster, fault := simulator.CreateClusterComputeResource(w.ctx, parent, spec.Name, types.ClusterConfigSpecEx{})
	if fault != nil {
		return fmt.Errorf("%T", fault)
	}
	config := cluster.ConfigurationEx.(*types.ClusterConfigInfoEx)
	config.DrsConfig.Enabled = spec.DRS
	config.DrsConfig.DefaultVmBehavior = types.DrsBehavior(spec.DRSBehavior)
	config.DrsConfig.VmotionRate = 3
	config.DasConfig.Enabled = ptr(spec.HA)
	for _, h := range spec.Host {
		req := &types.AddHost_Task{This: cluster.Self, Spec: types.HostConnectSpec{HostName: h.Name}, AsConnected: true}
		body := cluster.AddHostTask(w.ctx, req).(*methods.AddHost_TaskBody)
		ref, err := w.task(body, func() types.ManagedObjectReference { return body.Res.Returnval })
		if err != nil {
			return fmt.Errorf("host %s: %w", h.Name, err)
		}
		host := w.ctx.Map.Get(ref.(types.ManagedObjectReference)).(*simulator.HostSystem)
		hosts[h.Name] = host
	}
	for _, h := range spec.Host { // after adding all: the simulator cannot add a host beside one of unknown version
		if err := w.shapeHost(hosts[h.Name], h); err != nil {
			return err
		}
	}
	w.summarize(cluster)
	return nil
}

func (w *world) buildStandalone(dc *simulator.Datacenter, spec hostSpec, hosts map[string]*simulator.HostSystem) error {
	parent := w.ctx.Map.Get(dc.HostFolder).(*simulator.Folder)
	req := &types.AddStandaloneHost_Task{This: parent.Self, Spec: types.HostConnectSpec{HostName: spec.Name}, AddConnected: true}
	body := parent.AddStandaloneHostTask(w.ctx, req).(*methods.AddStandaloneHost_TaskBody)
	ref, err := w.task(body, func() types.ManagedObjectReference { return body.Res.Returnval })
	if err != nil {
		return err
	}
	var host *simulator.HostSystem
	switch o := w.ctx.Map.Get(ref.(types.ManagedObjectReference)).(type) {
	case *simulator.HostSystem:
		host = o
	case *mo.ComputeResource:
		host = w.ctx.Map.Get(o.Host[0]).(*simulator.HostSystem)
	}
	hosts[spec.Name] = host
	return w.shapeHost(host, spec)
}

// shapeHost applies the inventory to a host, which is a copy of the simulator's template.
func (w *world) shapeHost(host *simulator.HostSystem, spec hostSpec) error {
	product := host.Config.Product
	product.Version, product.Build = spec.Version, spec.Build
	product.ApiVersion = apiVersionOf(spec.Version)
	product.FullName = fmt.Sprintf("VMware ESXi %s build-%s", spec.Version, spec.Build)
	host.Config.Product = product
	host.Summary.Config.Product = ptr(product)
	hardware := host.Summary.Hardware
	hardware.NumCpuThreads, hardware.NumCpuCores, hardware.NumCpuPkgs = spec.Threads, max(1, spec.Threads/2), 1
	hardware.MemorySize = spec.MemoryGB << 30
	host.Summary.Host = ptr(host.Self)
	host.Summary.QuickStats = types.HostListSummaryQuickStats{OverallCpuUsage: 200, OverallMemoryUsage: 2048}
	if host.Hardware != nil {
		host.Hardware.MemorySize = hardware.MemorySize
	}
	host.Runtime.InMaintenanceMode = spec.Maintenance
	setState(host, spec.State)
	w.shapeNetwork(host, spec)
	return w.shapeFirewall(host, spec)
}

func setState(host *simulator.HostSystem, state string) {
	host.Runtime.ConnectionState = types.HostSystemConnectionState(state)
	host.Runtime.PowerState = types.HostSystemPowerStatePoweredOn
	if state == "notResponding" {
		host.Runtime.PowerState = types.HostSystemPowerStateUnknown
	}
}

// shapeFirewall gives the host its own rulesets, because the simulator's hosts share one array.
func (w *world) shapeFirewall(host *simulator.HostSystem, spec hostSpec) error {
	system := w.ctx.Map.Get(*host.ConfigManager.FirewallSystem).(*simulator.HostFirewallSystem)
	info := *system.FirewallInfo
	info.Ruleset = slices.Clone(info.Ruleset)
	system.FirewallInfo = &info
	host.Config.Firewall = &info
	for key, enabled := range spec.Firewall {
		i := slices.IndexFunc(info.Ruleset, func(r types.HostFirewallRuleset) bool { return r.Key == key })
		if i < 0 {
			return fmt.Errorf("host %s: no firewall ruleset %q", spec.Name, key)
		}
		info.Ruleset[i].Enabled = enabled
	}
	return nil
}

// summarize recounts a cluster's hosts: those connected and not in maintenance are effective.
func (w *world) summarize(cluster *simulator.ClusterComputeResource) {
	sum := cluster.Summary.GetComputeResourceSummary()
	*sum = types.ComputeResourceSummary{OverallStatus: types.ManagedEntityStatusGreen}
	for _, ref := range cluster.Host {
		host := w.ctx.Map.Get(ref).(*simulator.HostSystem)
		hw := host.Summary.Hardware
		sum.NumHosts++
		sum.TotalCpu += int32(hw.NumCpuCores) * hw.CpuMhz
		sum.TotalMemory += hw.MemorySize
		sum.NumCpuCores += hw.NumCpuCores
		sum.NumCpuThreads += hw.NumCpuThreads
		if host.Runtime.ConnectionState == types.HostSystemConnectionStateConnected && !host.Runtime.InMaintenanceMode {
			sum.NumEffectiveHosts++
			sum.EffectiveCpu += int32(hw.NumCpuCores) * hw.CpuMhz
			sum.EffectiveMemory += hw.MemorySize >> 20
		}
	}
}

// pick returns the named hosts, or all of them if there is no name or one is "*".
func pick(hosts map[string]*simulator.HostSystem, names []string) ([]*simulator.HostSystem, error) {
	if len(names) == 0 || slices.Contains(names, "*") {
		names = nil
		for name := range hosts {
			names = append(names, name)
		}
		slices.Sort(names)
	}
	var found []*simulator.HostSystem
	for _, name := range names {
		host, ok := hosts[name]
		if !ok {
			return nil, fmt.Errorf("no host is called %q", name)
		}
		found = append(found, host)
	}
	return found, nil
}

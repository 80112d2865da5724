package main

// Completes the hosts of a recording: parts that are not recorded are made from the host's configuration, or from the simulator's
// template if that is not recorded either. Hosts recorded by address get names, because nova uploads to a host by its name and
// only names can lead a node to the lab.

import (
	"net"
	"reflect"
	"regexp"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// recordedDomain is the domain of the hosts and vCenters whose recorded name is no DNS name.
const recordedDomain = "recorded.lab.test"

var dnsName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`)

// resolvable returns the name, or one made from it if it is an address or no DNS name.
func resolvable(name string) string {
	if net.ParseIP(name) == nil && dnsName.MatchString(name) && len(name) < 254 {
		return name
	}
	label := strings.Trim(strings.Map(func(r rune) rune {
		if r < 128 && dnsName.MatchString(string(r)) {
			return r
		}
		return '-'
	}, name), "-")
	return first(label[:min(len(label), 60)], "unnamed") + "." + recordedDomain
}

func (w *world) completeHost(host *simulator.HostSystem) {
	w.completeConfig(host)
	w.completeHardware(host)
	host.Summary.Host = ptr(host.Self)
	host.Summary.Runtime = &host.Runtime // a change of the host's state then appears in both
	w.hostParts(host)
	name := resolvable(host.Name)
	if name == host.Name {
		return
	}
	w.invented.add("names of hosts that are recorded by address", host.Name+" is "+name)
	if compute := w.compute(&host.HostSystem); compute.Name == host.Name { // a host outside clusters
		compute.Name = name
	}
	host.Name, host.Summary.Config.Name = name, name
}

func (w *world) completeConfig(host *simulator.HostSystem) {
	template := esx.HostSystem.Config
	if host.Config == nil {
		host.Config = copyOf(template)
		w.invented.add("configuration of hosts", host.Name)
	}
	config := host.Config
	if config.Network == nil {
		config.Network = copyOf(template.Network)
		w.invented.add("switches and network adapters of hosts", host.Name)
	}
	if config.Firewall == nil {
		config.Firewall = copyOf(&esx.HostFirewallInfo)
		w.invented.add("firewall of hosts", host.Name)
	}
	if config.StorageDevice == nil {
		config.StorageDevice = copyOf(&esx.HostStorageDeviceInfo)
		w.invented.add("storage devices of hosts", host.Name)
	}
	config.Certificate = template.Certificate // govc records only its first byte
}

func (w *world) completeHardware(host *simulator.HostSystem) {
	if host.Summary.Hardware == nil {
		host.Summary.Hardware = ptr(*esx.HostSystem.Summary.Hardware)
		w.invented.add("processors and memory of hosts", host.Name)
	}
	if host.Hardware == nil {
		host.Hardware = copyOf(esx.HostHardwareInfo)
	}
	if host.Summary.Config.Product == nil {
		host.Summary.Config.Product = ptr(host.Config.Product)
	}
}

// hostParts makes the objects that a host's configManager names. Each shares its data with host.config, as the lab's own hosts do.
func (w *world) hostParts(host *simulator.HostSystem) {
	network := simulator.NewHostNetworkSystem(&host.HostSystem)
	network.NetworkInfo = host.Config.Network
	firewall := simulator.NewHostFirewallSystem(&host.HostSystem)
	firewall.FirewallInfo = host.Config.Firewall
	storage := simulator.NewHostStorageSystem(&host.HostSystem)
	storage.StorageDeviceInfo = host.Config.StorageDevice
	nics := simulator.NewHostVirtualNicManager(&host.HostSystem)
	if info := host.Config.VirtualNicManagerInfo; info != nil {
		nics.Info = *info
	}
	datastores := &simulator.HostDatastoreSystem{Host: &host.HostSystem}
	datastores.Datastore = host.Datastore
	manager := &host.ConfigManager
	for _, part := range []struct {
		ref **types.ManagedObjectReference
		obj mo.Reference
	}{
		{&manager.NetworkSystem, network},
		{&manager.FirewallSystem, firewall},
		{&manager.StorageSystem, storage},
		{&manager.VirtualNicManager, nics},
		{&manager.DatastoreSystem, datastores},
		{&manager.AdvancedOption, simulator.NewOptionManager(nil, nil, &host.Config.Option)},
		{&manager.CertificateManager, simulator.NewHostCertificateManager(w.ctx, &host.HostSystem)},
	} {
		if *part.ref != nil { // keep the recorded id
			reflect.ValueOf(part.obj).Elem().FieldByName("Self").Set(reflect.ValueOf(**part.ref))
		}
		*part.ref = ptr(w.ctx.Map.Put(part.obj).Reference())
	}
}

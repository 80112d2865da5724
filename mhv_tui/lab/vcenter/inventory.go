package main

// The inventory file: what the lab's vCenter contains. Everything has a default, so an empty file is a usable world
// (datacenter DC0, cluster DC0_C0 with fully automated DRS, hosts esx1 and esx2.lab.test, datastore nfs-gold, switch DVS0).
// Unknown keys are refused, so that a misspelled key does not silently produce a different world.
// lab.toml in this directory shows every key.

import (
	"fmt"
	"os"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/google/uuid"
)

type inventory struct {
	VCenter    vcenterSpec      `toml:"vcenter"`
	User       []userSpec       `toml:"user"`
	License    []licenseSpec    `toml:"license"`
	Datacenter []datacenterSpec `toml:"datacenter"`
	Fault      []faultSpec      `toml:"fault"`
	recording  string           // directory of a recording, which has the datacenters
}

type vcenterSpec struct {
	Name         string   `toml:"name"`
	Version      string   `toml:"version"`
	Build        string   `toml:"build"`
	APIVersion   string   `toml:"api_version"`
	APIType      string   `toml:"api_type"`
	InstanceUUID string   `toml:"instance_uuid"`
	ClockSkew    float64  `toml:"clock_skew"`
	Sans         []string `toml:"sans"`
}

type userSpec struct {
	Name       string           `toml:"name" json:"name"`
	Password   string           `toml:"password" json:"password"`
	Privileges any              `toml:"privileges" json:"privileges"` // "all" (default), a list of ids, or "recorded"
	Groups     []string         `toml:"groups" json:"groups"`         // with "recorded": the recorded groups that have the user
	Deny       []string         `toml:"deny" json:"deny"`             // removed from the privileges, everywhere
	At         []permissionSpec `toml:"at" json:"at"`
}

// permissionSpec is a permission on one object: it replaces the permission that the user inherits there, as in vSphere.
type permissionSpec struct {
	Path       string   `toml:"path" json:"path"`
	Privileges any      `toml:"privileges" json:"privileges"`
	Deny       []string `toml:"deny" json:"deny"`
	Propagate  *bool    `toml:"propagate" json:"propagate"`
}

type licenseSpec struct {
	Key      string   `toml:"key" json:"key"`
	Name     string   `toml:"name" json:"name"`
	Edition  string   `toml:"edition" json:"edition"`
	Features []string `toml:"features" json:"features"`
}

type datacenterSpec struct {
	Name      string          `toml:"name"`
	Folder    string          `toml:"folder"`
	Cluster   []clusterSpec   `toml:"cluster"`
	Host      []hostSpec      `toml:"host"` // standalone
	Datastore []datastoreSpec `toml:"datastore"`
	Switch    []switchSpec    `toml:"switch"`
	Portgroup []portgroupSpec `toml:"portgroup"` // standard, on the hosts named
	VM        []vmSpec        `toml:"vm"`
}

type clusterSpec struct {
	Name        string     `toml:"name"`
	Folder      string     `toml:"folder"`
	DRS         *bool      `toml:"drs"`
	DRSBehavior string     `toml:"drs_behavior"`
	HA          bool       `toml:"ha"`
	Hosts       []string   `toml:"hosts"` // short form: hosts with default values
	Host        []hostSpec `toml:"host"`
	HostCount   int        `toml:"host_count"` // with host_name: many hosts at once, {n} counts from 1
	HostName    string     `toml:"host_name"`
}

type hostSpec struct {
	Name        string          `toml:"name"`
	State       string          `toml:"state"` // connected, disconnected, notResponding
	Maintenance bool            `toml:"maintenance"`
	Version     string          `toml:"version"`
	Build       string          `toml:"build"`
	Threads     int16           `toml:"threads"`
	MemoryGB    int64           `toml:"memory_gb"`
	Pnics       []string        `toml:"pnics"`
	Firewall    map[string]bool `toml:"firewall"` // ruleset: enabled
	Vswitch     []vswitchSpec   `toml:"vswitch"`
	Portgroup   []portgroupSpec `toml:"portgroup"`
}

type vswitchSpec struct {
	Name  string   `toml:"name"`
	Pnics []string `toml:"pnics"`
}

type portgroupSpec struct {
	Name    string   `toml:"name"`
	VLAN    int32    `toml:"vlan"`
	Vswitch string   `toml:"vswitch"`
	Binding string   `toml:"binding"` // distributed only: ephemeral, earlyBinding, lateBinding
	Ports   int32    `toml:"ports"`
	Hosts   []string `toml:"hosts"`
}

type switchSpec struct {
	Name      string          `toml:"name"`
	Hosts     []string        `toml:"hosts"`
	Portgroup []portgroupSpec `toml:"portgroup"`
}

type datastoreSpec struct {
	Name        string   `toml:"name"`
	Type        string   `toml:"type"` // VMFS, NFS, NFS41, vsan, VVOL, OTHER
	Hosts       []string `toml:"hosts"`
	Shared      *bool    `toml:"shared"` // summary.multipleHostAccess; default: true with more than one host
	Accessible  *bool    `toml:"accessible"`
	Maintenance string   `toml:"maintenance"` // normal, enteringMaintenance, inMaintenance
	CapacityGB  int64    `toml:"capacity_gb"`
	FreeGB      int64    `toml:"free_gb"`
}

type vmSpec struct {
	Name        string            `toml:"name"`
	Host        string            `toml:"host"`
	Datastore   string            `toml:"datastore"`
	Portgroup   string            `toml:"portgroup"`
	On          bool              `toml:"on"`
	ExtraConfig map[string]string `toml:"extra_config"`
}

func readInventory(path, recording string) (*inventory, error) {
	if path == "" {
		return parseInventory("", recording)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseInventory(string(text), recording)
}

func parseInventory(text, recording string) (*inventory, error) {
	inv := &inventory{recording: recording}
	meta, err := toml.Decode(text, inv)
	if err != nil {
		return nil, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("the inventory has unknown keys: %v", unknown)
	}
	inv.fill()
	return inv, inv.check()
}

func or[T comparable](value *T, fallback T) {
	var zero T
	if *value == zero {
		*value = fallback
	}
}

func (inv *inventory) fill() {
	v := &inv.VCenter
	or(&v.APIType, "VirtualCenter")
	if inv.recording == "" { // else the recording has them
		or(&v.Name, "vcenter.lab.test")
		or(&v.Version, "8.0.3")
		or(&v.Build, "24022515")
		or(&v.InstanceUUID, uuid.NewSHA1(uuid.NameSpaceDNS, []byte(v.Name)).String()) // so that vCenters with different names differ
	}
	if v.Version != "" {
		or(&v.APIVersion, apiVersionOf(v.Version))
	}
	if len(inv.User) == 0 {
		inv.User = []userSpec{{Name: "administrator@vsphere.local", Password: "VMware1!"}}
	}
	if len(inv.Datacenter) == 0 && inv.recording == "" {
		inv.Datacenter = []datacenterSpec{{
			Name:      "DC0",
			Cluster:   []clusterSpec{{Name: "DC0_C0", Hosts: []string{"esx1.lab.test", "esx2.lab.test"}}},
			Datastore: []datastoreSpec{{Name: "nfs-gold", Type: "NFS"}},
			Switch:    []switchSpec{{Name: "DVS0"}},
		}}
	}
	for i := range inv.Datacenter {
		inv.Datacenter[i].fill()
	}
}

// apiVersionOf gives the four-part id that clients negotiate with (8.0.3 -> 8.0.3.0); 6.0 and older have two parts.
func apiVersionOf(version string) string {
	parts := strings.Split(version, ".")
	if parts[0] < "6" || (parts[0] == "6" && len(parts) > 1 && parts[1] == "0") {
		return strings.Join(parts[:min(2, len(parts))], ".")
	}
	for len(parts) < 4 {
		parts = append(parts, "0")
	}
	return strings.Join(parts[:4], ".")
}

func (dc *datacenterSpec) fill() {
	for i := range dc.Cluster {
		c := &dc.Cluster[i]
		if c.DRS == nil {
			c.DRS = ptr(true)
		}
		or(&c.DRSBehavior, "fullyAutomated")
		or(&c.HostName, "esx{n}."+strings.ToLower(c.Name)+".lab.test")
		for n := 1; n <= c.HostCount; n++ {
			c.Hosts = append(c.Hosts, strings.ReplaceAll(c.HostName, "{n}", fmt.Sprint(n)))
		}
		for _, name := range c.Hosts {
			c.Host = append(c.Host, hostSpec{Name: name})
		}
		for j := range c.Host {
			c.Host[j].fill()
		}
	}
	for i := range dc.Host {
		dc.Host[i].fill()
	}
	for i := range dc.Datastore {
		d := &dc.Datastore[i]
		or(&d.Type, "NFS")
		or(&d.Maintenance, "normal")
		or(&d.CapacityGB, 1024)
		or(&d.FreeGB, d.CapacityGB*3/4)
		if d.Accessible == nil {
			d.Accessible = ptr(true)
		}
	}
	for i := range dc.Switch {
		for j := range dc.Switch[i].Portgroup {
			or(&dc.Switch[i].Portgroup[j].Binding, "ephemeral")
		}
	}
	for i := range dc.Portgroup {
		or(&dc.Portgroup[i].Vswitch, "vSwitch0")
	}
}

func (h *hostSpec) fill() {
	or(&h.State, "connected")
	or(&h.Version, "8.0.2")
	or(&h.Build, "21997540")
	or(&h.Threads, 16)
	or(&h.MemoryGB, 64)
	if len(h.Pnics) == 0 {
		h.Pnics = []string{"vmnic0", "vmnic1"}
	}
	if len(h.Vswitch) == 0 {
		h.Vswitch = []vswitchSpec{{Name: "vSwitch0", Pnics: h.Pnics[:1]}}
	}
	for i := range h.Portgroup {
		or(&h.Portgroup[i].Vswitch, "vSwitch0")
	}
}

func ptr[T any](value T) *T { return &value }

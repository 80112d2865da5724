package main

// The changes of POST /set. They go through Update, so that clients that wait for updates see them.

import (
	"bytes"
	"io"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

func bytesReader(b []byte) io.Reader { return bytes.NewReader(b) }

// touch changes an object under its lock and notifies clients that wait for updates. Properties must be leaves: a filter on
// runtime also gets an update of runtime.connectionState, but not the other way round.
func (w *world) touch(obj mo.Reference, change func() []types.PropertyChange) {
	ctx := w.background()
	w.ctx.Map.WithLock(ctx, obj, func() {
		if changes := change(); len(changes) > 0 {
			w.ctx.Map.Update(ctx, obj, changes)
		}
	})
}

func (w *world) changeVCenter(c change) error {
	if c.VCenter != nil {
		v := &w.inv.VCenter
		v.Version = first(c.VCenter.Version, v.Version)
		v.Build = first(c.VCenter.Build, v.Build)
		v.APIVersion = first(c.VCenter.APIVersion, apiVersionOf(v.Version))
		v.InstanceUUID = first(c.VCenter.InstanceUUID, v.InstanceUUID)
		w.setAbout()
	}
	if c.ClockSkew != nil {
		w.setSkew(*c.ClockSkew)
	}
	w.setLicenses(c.License)
	if c.User != nil {
		return w.setUsers(c.User)
	}
	return nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func (w *world) changeClusters(c change) error {
	for name, to := range c.Cluster {
		if to.DRSBehavior != "" {
			if err := oneOf("drs_behavior", to.DRSBehavior); err != nil {
				return err
			}
		}
		clusters, err := named[*simulator.ClusterComputeResource](w, "ClusterComputeResource", name)
		if err != nil {
			return err
		}
		for _, cluster := range clusters {
			w.touch(cluster, func() []types.PropertyChange {
				config := *cluster.ConfigurationEx.(*types.ClusterConfigInfoEx)
				if to.DRS != nil {
					config.DrsConfig.Enabled = to.DRS
				}
				if to.DRSBehavior != "" {
					config.DrsConfig.DefaultVmBehavior = types.DrsBehavior(to.DRSBehavior)
				}
				if to.HA != nil {
					config.DasConfig.Enabled = to.HA
				}
				return []types.PropertyChange{{Name: "configurationEx", Val: &config}}
			})
		}
	}
	return nil
}

func (w *world) changeHosts(c change) error {
	for name, to := range c.Host {
		hosts, err := named[*simulator.HostSystem](w, "HostSystem", name)
		if err != nil {
			return err
		}
		if to.State != "" {
			if err := oneOf("state", to.State); err != nil {
				return err
			}
		}
		for _, host := range hosts {
			if err := w.changeHost(host, to); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) changeHost(host *simulator.HostSystem, to hostChange) error {
	w.touch(host, func() []types.PropertyChange {
		if to.State != "" {
			setState(host, to.State)
		}
		if to.Maintenance != nil {
			host.Runtime.InMaintenanceMode = *to.Maintenance
		}
		if to.Version != "" {
			host.Config.Product.Version = to.Version
			host.Summary.Config.Product.Version = to.Version
		}
		return []types.PropertyChange{
			{Name: "runtime.connectionState", Val: host.Runtime.ConnectionState},
			{Name: "runtime.powerState", Val: host.Runtime.PowerState},
			{Name: "runtime.inMaintenanceMode", Val: host.Runtime.InMaintenanceMode},
		}
	})
	if cluster, ok := w.ctx.Map.Get(*host.Parent).(*simulator.ClusterComputeResource); ok {
		w.touch(cluster, func() []types.PropertyChange {
			w.summarize(cluster)
			return []types.PropertyChange{{Name: "summary", Val: cluster.Summary}}
		})
	}
	for id, enabled := range to.Firewall {
		if fault := w.lab.ruleset(*host.ConfigManager.FirewallSystem, id, enabled); fault != nil {
			return errorOf(fault)
		}
	}
	return nil
}

func (w *world) changeDatastores(c change) error {
	for name, to := range c.Datastore {
		if to.Type != "" {
			if err := oneOf("type", to.Type); err != nil {
				return err
			}
		}
		stores, err := named[*simulator.Datastore](w, "Datastore", name)
		if err != nil {
			return err
		}
		for _, ds := range stores {
			w.touch(ds, func() []types.PropertyChange { return changedSummary(ds, to) })
		}
	}
	return nil
}

func changedSummary(ds *simulator.Datastore, to datastoreChange) []types.PropertyChange {
	sum := ds.Summary
	if to.Accessible != nil {
		sum.Accessible = *to.Accessible
		for i := range ds.Host {
			ds.Host[i].MountInfo.Accessible = to.Accessible
		}
	}
	if to.Shared != nil {
		ds.Summary.MultipleHostAccess = to.Shared // Update cannot assign an optional boolean
	}
	sum.MaintenanceMode = first(to.Maintenance, sum.MaintenanceMode)
	sum.Type = first(to.Type, sum.Type)
	if to.CapacityGB != 0 {
		sum.Capacity = to.CapacityGB << 30
	}
	if to.FreeGB != 0 {
		sum.FreeSpace = to.FreeGB << 30
	}
	return []types.PropertyChange{
		{Name: "summary.accessible", Val: sum.Accessible},
		{Name: "summary.maintenanceMode", Val: sum.MaintenanceMode},
		{Name: "summary.type", Val: sum.Type},
		{Name: "summary.capacity", Val: sum.Capacity},
		{Name: "summary.freeSpace", Val: sum.FreeSpace},
	}
}

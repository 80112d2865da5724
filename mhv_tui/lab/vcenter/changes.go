package main

// What POST /set changes in a running world. Changes go through Update, so that clients that wait for updates see them.

import (
	"bytes"
	"io"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

func bytesReader(b []byte) io.Reader { return bytes.NewReader(b) }

// touch changes an object under its lock and tells those who wait for updates of the property.
func (w *world) touch(obj mo.Reference, property string, change func() any) {
	ctx := background()
	ctx.Map = w.ctx.Map
	w.ctx.Map.WithLock(ctx, obj, func() {
		value := change()
		if value != nil {
			w.ctx.Map.Update(ctx, obj, []types.PropertyChange{{Name: property, Val: value}})
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
			w.touch(cluster, "configurationEx", func() any {
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
				return &config
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
	w.touch(host, "runtime", func() any {
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
		return host.Runtime
	})
	if cluster, ok := w.ctx.Map.Get(*host.Parent).(*simulator.ClusterComputeResource); ok {
		w.touch(cluster, "summary", func() any { w.summarize(cluster); return nil })
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
			w.touch(ds, "summary", func() any { return changedSummary(ds, to) })
		}
	}
	return nil
}

func changedSummary(ds *simulator.Datastore, to datastoreChange) types.DatastoreSummary {
	sum := ds.Summary
	if to.Accessible != nil {
		sum.Accessible = *to.Accessible
		for i := range ds.Host {
			ds.Host[i].MountInfo.Accessible = to.Accessible
		}
	}
	if to.Shared != nil {
		sum.MultipleHostAccess = to.Shared
	}
	sum.MaintenanceMode = first(to.Maintenance, sum.MaintenanceMode)
	sum.Type = first(to.Type, sum.Type)
	if to.CapacityGB != 0 {
		sum.Capacity = to.CapacityGB << 30
	}
	if to.FreeGB != 0 {
		sum.FreeSpace = to.FreeGB << 30
	}
	return sum
}

package main

// The allowed values of an inventory.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

var allowed = map[string][]string{
	"api_type":     {"VirtualCenter", "HostAgent"},
	"state":        {"connected", "disconnected", "notResponding"},
	"drs_behavior": {"fullyAutomated", "partiallyAutomated", "manual"},
	"binding":      {"ephemeral", "earlyBinding", "lateBinding"},
	"type":         {"VMFS", "NFS", "NFS41", "vsan", "VVOL", "OTHER"},
	"maintenance":  {"normal", "enteringMaintenance", "inMaintenance"},
}

func oneOf(key, value string) error {
	if !slices.Contains(allowed[key], value) {
		return fmt.Errorf("%s is %q, but must be one of %s", key, value, strings.Join(allowed[key], ", "))
	}
	return nil
}

// check refuses what "recorded" privileges cannot mean.
func (u userSpec) check(recorded bool) error {
	switch {
	case u.Privileges != "recorded" && len(u.Groups) > 0:
		return fmt.Errorf(`user %s has groups, which only privileges = "recorded" uses`, u.Name)
	case u.Privileges == "recorded" && !recorded:
		return fmt.Errorf(`user %s has privileges = "recorded", but the inventory has no recording`, u.Name)
	case u.Privileges == "recorded" && len(u.Deny) > 0:
		return fmt.Errorf(`user %s has privileges = "recorded", so deny must be part of a permission in "at"`, u.Name)
	}
	return nil
}

func (inv *inventory) check() error {
	errs := []error{oneOf("api_type", inv.VCenter.APIType)}
	if inv.recording != "" && len(inv.Datacenter) > 0 {
		errs = append(errs, errors.New("an inventory file for a recording has no [[datacenter]]: the recording has the datacenters"))
	}
	if inv.recording != "" && inv.VCenter.APIType != "VirtualCenter" {
		errs = append(errs, errors.New("a recording is of a vCenter, so api_type cannot be HostAgent"))
	}
	for _, dc := range inv.Datacenter {
		for _, c := range dc.Cluster {
			errs = append(errs, oneOf("drs_behavior", c.DRSBehavior))
			for _, h := range c.Host {
				errs = append(errs, oneOf("state", h.State))
			}
		}
		for _, d := range dc.Datastore {
			errs = append(errs, oneOf("type", d.Type), oneOf("maintenance", d.Maintenance))
		}
		for _, s := range dc.Switch {
			for _, p := range s.Portgroup {
				errs = append(errs, oneOf("binding", p.Binding))
			}
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

package main

// Users, roles and permissions. A user of the inventory becomes roles and permissions of the simulator's AuthorizationManager;
// a user with recorded privileges has the permissions of a recording.
// Access is checked there, so that a role that a client grants takes effect.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// needed is the privilege that a call requires on its object (the host for its parts, the root folder for managers).
var needed = map[string]string{
	"AddPortGroup":                             "Host.Config.Network",
	"UpdatePortGroup":                          "Host.Config.Network",
	"RemovePortGroup":                          "Host.Config.Network",
	"AddVirtualSwitch":                         "Host.Config.Network",
	"RemoveVirtualSwitch":                      "Host.Config.Network",
	"EnableRuleset":                            "Host.Config.NetService",
	"DisableRuleset":                           "Host.Config.NetService",
	"EnterMaintenanceMode_Task":                "Host.Config.Maintenance",
	"ExitMaintenanceMode_Task":                 "Host.Config.Maintenance",
	"AddDVPortgroup_Task":                      "DVPortgroup.Create",
	"CreateDVPortgroup_Task":                   "DVPortgroup.Create",
	"ReconfigureDVPortgroup_Task":              "DVPortgroup.Modify",
	"ReconfigureDvs_Task":                      "DVSwitch.Modify",
	"ReconfigureComputeResource_Task":          "Host.Inventory.EditCluster",
	"CreateVM_Task":                            "VirtualMachine.Inventory.Create",
	"RegisterVM_Task":                          "VirtualMachine.Inventory.Register",
	"UnregisterVM":                             "VirtualMachine.Inventory.Unregister",
	"CloneVM_Task":                             "VirtualMachine.Provisioning.Clone",
	"PowerOnVM_Task":                           "VirtualMachine.Interact.PowerOn",
	"PowerOffVM_Task":                          "VirtualMachine.Interact.PowerOff",
	"ResetVM_Task":                             "VirtualMachine.Interact.Reset",
	"CreateFolder":                             "Folder.Create",
	"ImportVApp":                               "VApp.Import",
	"MakeDirectory":                            "Datastore.FileManagement",
	"CopyDatastoreFile_Task":                   "Datastore.FileManagement",
	"MoveDatastoreFile_Task":                   "Datastore.FileManagement",
	"DeleteDatastoreFile_Task":                 "Datastore.FileManagement",
	"CreateVirtualDisk_Task":                   "Datastore.FileManagement",
	"CopyVirtualDisk_Task":                     "Datastore.FileManagement",
	"SearchDatastore_Task":                     "Datastore.Browse",
	"RegisterExtension":                        "Extension.Register",
	"UpdateExtension":                          "Extension.Update",
	"UnregisterExtension":                      "Extension.Unregister",
	"SessionIsActive":                          "Sessions.ValidateSession",
	"TerminateSession":                         "Sessions.TerminateSession",
	"AddAuthorizationRole":                     "Authorization.ModifyRoles",
	"UpdateAuthorizationRole":                  "Authorization.ModifyRoles",
	"RemoveAuthorizationRole":                  "Authorization.ModifyRoles",
	"SetEntityPermissions":                     "Authorization.ModifyPermissions",
	"DistributedVirtualPortgroup.Destroy_Task": "DVPortgroup.Delete",
	"VirtualMachine.Destroy_Task":              "VirtualMachine.Inventory.Delete",
}

func (w *world) notPermitted(ctx *simulator.Context, m *simulator.Method) types.BaseMethodFault {
	privilege, ok := needed[m.This.Type+"."+m.Name]
	if !ok {
		privilege, ok = needed[m.Name]
	}
	if !ok {
		return nil
	}
	on := w.entity(m.This)
	switch body := m.Body.(type) { // calls of a manager whose request has the object
	case *types.SetEntityPermissions:
		on = body.Entity
	case *types.MakeDirectory:
		on = deref(body.Datacenter, on)
	case *types.DeleteDatastoreFile_Task:
		on = deref(body.Datacenter, on)
	case *types.CopyVirtualDisk_Task:
		on = deref(body.SourceDatacenter, on)
	}
	if slices.Contains(w.privileges(ctx.Session.UserName, on), privilege) {
		return nil
	}
	return &types.NoPermission{Object: &on, PrivilegeId: privilege}
}

func deref(ref *types.ManagedObjectReference, fallback types.ManagedObjectReference) types.ManagedObjectReference {
	if ref == nil {
		return fallback
	}
	return *ref
}

// entity is the inventory object whose permissions govern ref.
func (w *world) entity(ref types.ManagedObjectReference) types.ManagedObjectReference {
	switch o := w.ctx.Map.Get(ref).(type) {
	case mo.Entity:
		return ref
	case *simulator.HostNetworkSystem:
		return o.Host.Self
	case *simulator.HostDatastoreBrowser:
		if len(o.Datastore) > 0 {
			return o.Datastore[0]
		}
	case *simulator.HostFirewallSystem:
		for _, h := range all[*simulator.HostSystem](w, "HostSystem") {
			if h.ConfigManager.FirewallSystem != nil && *h.ConfigManager.FirewallSystem == ref {
				return h.Self
			}
		}
	}
	return w.root().Self
}

func (w *world) authorization() *simulator.AuthorizationManager {
	return all[*simulator.AuthorizationManager](w, "AuthorizationManager")[0]
}

// privileges returns those of the nearest permission: on the object, or on the nearest parent that propagates one. On an object,
// a permission of the user hides those of the user's groups.
func (w *world) privileges(user string, on types.ManagedObjectReference) []string {
	w.mu.Lock()
	groups := w.groups[principal(user)]
	w.mu.Unlock()
	for at := &on; at != nil; {
		body := w.authorization().RetrieveEntityPermissions(w.ctx, &types.RetrieveEntityPermissions{Entity: *at}).(*methods.RetrieveEntityPermissionsBody)
		valid := slices.DeleteFunc(slices.Clone(body.Res.Returnval), func(p types.Permission) bool { return *at != on && !p.Propagate })
		if granted, ok := w.granted(valid, false, []string{principal(user)}); ok {
			return granted
		}
		if granted, ok := w.granted(valid, true, groups); ok {
			return granted
		}
		entity, ok := w.ctx.Map.Get(*at).(mo.Entity)
		if !ok {
			return nil
		}
		at = entity.Entity().Parent
	}
	return nil
}

// granted returns the privileges of the permissions of these users or groups, and whether there is one.
func (w *world) granted(permissions []types.Permission, group bool, names []string) (ids []string, ok bool) {
	for _, p := range permissions {
		if p.Group != group || !slices.Contains(names, principal(p.Principal)) {
			continue
		}
		ok = true
		if role := object.AuthorizationRoleList(w.authorization().RoleList).ById(p.RoleId); role != nil {
			ids = append(ids, role.Privilege...)
		}
	}
	return ids, ok
}

// principal makes DOMAIN\user and user@domain comparable.
func principal(name string) string {
	if domain, user, ok := strings.Cut(name, `\`); ok {
		name = user + "@" + domain
	}
	return strings.ToLower(name)
}

func (w *world) setUsers(users []userSpec) error {
	known, groups := map[string]userSpec{}, map[string][]string{}
	for _, u := range users {
		if err := u.check(w.inv.recording != ""); err != nil {
			return err
		}
		known[u.Name] = u
		for _, group := range u.Groups {
			groups[principal(u.Name)] = append(groups[principal(u.Name)], principal(group))
		}
		at := u.At
		if u.Privileges == "recorded" {
			w.permitRecorded(u.Name)
		} else {
			at = append([]permissionSpec{{Path: "/", Privileges: u.Privileges}}, u.At...)
		}
		for i, p := range at {
			p.Deny = append(slices.Clone(u.Deny), p.Deny...)
			if err := w.permit(u, p, i); err != nil {
				return fmt.Errorf("user %s at %s: %w", u.Name, p.Path, err)
			}
		}
	}
	w.mu.Lock()
	w.users, w.groups = known, groups
	w.mu.Unlock()
	return nil
}

func (w *world) permit(u userSpec, p permissionSpec, n int) error {
	on, err := w.find(p.Path)
	if err != nil {
		return err
	}
	if p.Privileges == nil {
		p.Privileges = u.Privileges
	}
	ids, err := w.expand(p.Privileges)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(p.Deny, id) })
	role := w.setRole(fmt.Sprintf("%s #%d", u.Name, n), ids)
	w.setPermission(on, types.Permission{
		Entity: &on, Principal: u.Name, RoleId: role, Propagate: p.Propagate == nil || *p.Propagate,
	})
	return nil
}

func (w *world) expand(value any) ([]string, error) {
	switch v := value.(type) {
	case nil:
		return w.expand("all")
	case string:
		if v == "all" {
			return slices.Clone(object.AuthorizationRoleList(w.authorization().RoleList).ByName("Admin").Privilege), nil
		}
	case []any:
		ids := []string{"System.Anonymous", "System.View", "System.Read"}
		for _, id := range v {
			ids = append(ids, fmt.Sprint(id))
		}
		return ids, nil
	}
	return nil, fmt.Errorf(`privileges must be "all" or a list of ids, not %v`, value)
}

// setRole creates a role or changes the one of that name, and returns its id.
func (w *world) setRole(name string, ids []string) int32 {
	manager := w.authorization()
	highest := int32(100)
	for i, role := range manager.RoleList {
		if role.Name == name {
			manager.RoleList[i].Privilege = ids
			return role.RoleId
		}
		highest = max(highest, role.RoleId)
	}
	manager.RoleList = append(manager.RoleList, types.AuthorizationRole{
		RoleId: highest + 1, Name: name, Privilege: ids, Info: &types.Description{Label: name, Summary: name},
	})
	return highest + 1
}

// setPermission replaces one principal's permission on an object and keeps the permissions of others.
func (w *world) setPermission(on types.ManagedObjectReference, p types.Permission) {
	manager := w.authorization()
	body := manager.RetrieveEntityPermissions(w.ctx, &types.RetrieveEntityPermissions{Entity: on}).(*methods.RetrieveEntityPermissionsBody)
	kept := slices.DeleteFunc(slices.Clone(body.Res.Returnval), func(o types.Permission) bool {
		return principal(o.Principal) == principal(p.Principal) && o.Group == p.Group
	})
	p.Entity = &on
	manager.SetEntityPermissions(&types.SetEntityPermissions{This: manager.Self, Entity: on, Permission: append(kept, p)})
}

func (w *world) validLogin(req *types.Login) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	user, ok := w.users[req.UserName]
	return ok && user.Password == req.Password
}

package main

// Login, and the calls of the AuthorizationManager; privileges.go implements the rules.

import (
	"slices"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func (l *lab) Login(ctx *simulator.Context, req *types.Login) soap.HasFault {
	w := l.world
	ok := ctx.Session == nil && w.validLogin(req)
	w.mu.Lock()
	count := w.logins[req.UserName]
	if ok {
		count.OK++
	} else {
		count.Failed++
	}
	w.logins[req.UserName] = count
	w.mu.Unlock()
	if !ok {
		return &methods.LoginBody{Fault_: asFault(&types.InvalidLogin{})}
	}
	return ctx.Map.SessionManager().Login(ctx, req)
}

func (l *lab) available(user string, entities []types.ManagedObjectReference, ids []string) []types.EntityPrivilege {
	var answer []types.EntityPrivilege
	for _, entity := range entities {
		granted := l.world.privileges(user, entity)
		item := types.EntityPrivilege{Entity: entity}
		for _, id := range ids {
			item.PrivAvailability = append(item.PrivAvailability, types.PrivilegeAvailability{
				PrivId: id, IsGranted: slices.Contains(granted, id),
			})
		}
		answer = append(answer, item)
	}
	return answer
}

// ofSession returns the user of a session id, or "" if it is unknown.
func (l *lab) ofSession(ctx *simulator.Context, id string) string {
	if manager, ok := ctx.Session.Get(l.world.ctx.Map.SessionManager().Self).(*simulator.SessionManager); ok {
		for _, s := range manager.SessionList {
			if s.Key == id {
				return s.UserName
			}
		}
	}
	return ""
}

func (l *lab) HasPrivilegeOnEntities(ctx *simulator.Context, req *types.HasPrivilegeOnEntities) soap.HasFault {
	found := l.available(l.ofSession(ctx, req.SessionId), req.Entity, req.PrivId)
	return &methods.HasPrivilegeOnEntitiesBody{Res: &types.HasPrivilegeOnEntitiesResponse{Returnval: found}}
}

func (l *lab) HasPrivilegeOnEntity(ctx *simulator.Context, req *types.HasPrivilegeOnEntity) soap.HasFault {
	var granted []bool
	for _, p := range l.available(l.ofSession(ctx, req.SessionId), []types.ManagedObjectReference{req.Entity}, req.PrivId)[0].PrivAvailability {
		granted = append(granted, p.IsGranted)
	}
	return &methods.HasPrivilegeOnEntityBody{Res: &types.HasPrivilegeOnEntityResponse{Returnval: granted}}
}

func (l *lab) HasUserPrivilegeOnEntities(_ *simulator.Context, req *types.HasUserPrivilegeOnEntities) soap.HasFault {
	found := l.available(req.UserName, req.Entities, req.PrivId)
	return &methods.HasUserPrivilegeOnEntitiesBody{Res: &types.HasUserPrivilegeOnEntitiesResponse{Returnval: found}}
}

func (l *lab) FetchUserPrivilegeOnEntities(_ *simulator.Context, req *types.FetchUserPrivilegeOnEntities) soap.HasFault {
	var answer []types.UserPrivilegeResult
	for _, entity := range req.Entities {
		answer = append(answer, types.UserPrivilegeResult{Entity: entity, Privileges: l.world.privileges(req.UserName, entity)})
	}
	return &methods.FetchUserPrivilegeOnEntitiesBody{Res: &types.FetchUserPrivilegeOnEntitiesResponse{Returnval: answer}}
}

func (l *lab) AddAuthorizationRole(_ *simulator.Context, req *types.AddAuthorizationRole) soap.HasFault {
	body := &methods.AddAuthorizationRoleBody{}
	if object.AuthorizationRoleList(l.world.authorization().RoleList).ByName(req.Name) != nil {
		body.Fault_ = asFault(&types.AlreadyExists{Name: req.Name})
		return body
	}
	ids := append([]string{"System.Anonymous", "System.View", "System.Read"}, req.PrivIds...)
	body.Res = &types.AddAuthorizationRoleResponse{Returnval: l.world.setRole(req.Name, ids)}
	return body
}

func (l *lab) SetEntityPermissions(_ *simulator.Context, req *types.SetEntityPermissions) soap.HasFault {
	for _, p := range req.Permission {
		l.world.setPermission(req.Entity, p)
	}
	return &methods.SetEntityPermissionsBody{Res: new(types.SetEntityPermissionsResponse)}
}

package main

// Every SOAP call passes handle before it reaches an object. handle counts it, applies fault rules (faults.go), checks the
// user's privileges (privileges.go), and sends it to a method of lab if the simulator's differs from a real vCenter.

import (
	"context"
	"reflect"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// lab is the object whose methods replace the simulator's; the request's This is the original object of the call.
// It is a managed object, because searches visit every object of the registry.
type lab struct {
	mo.ExtensibleManagedObject
	world *world
}

// Lock and Unlock do nothing, so that the registry does not serialize all calls on the lab object.
func (l *lab) Lock()   {}
func (l *lab) Unlock() {}

// ours maps a call ("Type.Method", or "*.Method") to the method of lab that answers it.
var ours = map[string]string{
	"SessionManager.Login":                                   "Login",
	"SessionManager.AcquireGenericServiceTicket":             "AcquireGenericServiceTicket",
	"ServiceInstance.CurrentTime":                            "CurrentTime",
	"HostNetworkSystem.AddPortGroup":                         "AddPortGroup",
	"HostNetworkSystem.UpdatePortGroup":                      "UpdatePortGroup",
	"HostNetworkSystem.RemovePortGroup":                      "RemovePortGroup",
	"HostNetworkSystem.AddVirtualSwitch":                     "AddVirtualSwitch",
	"HostNetworkSystem.RefreshNetworkSystem":                 "RefreshNetworkSystem",
	"*.AddDVPortgroup_Task":                                  "AddDVPortgroup_Task",
	"*.CreateDVPortgroup_Task":                               "CreateDVPortgroup_Task",
	"*.ReconfigureDvs_Task":                                  "ReconfigureDvs_Task",
	"*.ReconfigureDVPortgroup_Task":                          "ReconfigureDVPortgroup_Task",
	"DistributedVirtualPortgroup.Destroy_Task":               "DestroyPortgroup_Task",
	"Datastore.RefreshDatastore":                             "RefreshDatastore",
	"HostFirewallSystem.EnableRuleset":                       "EnableRuleset",
	"HostFirewallSystem.DisableRuleset":                      "DisableRuleset",
	"HostSystem.EnterMaintenanceMode_Task":                   "EnterMaintenanceMode_Task",
	"HostSystem.ExitMaintenanceMode_Task":                    "ExitMaintenanceMode_Task",
	"HostSystem.DisconnectHost_Task":                         "DisconnectHost_Task",
	"HostSystem.ReconnectHost_Task":                          "ReconnectHost_Task",
	"AuthorizationManager.HasPrivilegeOnEntities":            "HasPrivilegeOnEntities",
	"AuthorizationManager.HasPrivilegeOnEntity":              "HasPrivilegeOnEntity",
	"AuthorizationManager.HasUserPrivilegeOnEntities":        "HasUserPrivilegeOnEntities",
	"AuthorizationManager.FetchUserPrivilegeOnEntities":      "FetchUserPrivilegeOnEntities",
	"AuthorizationManager.AddAuthorizationRole":              "AddAuthorizationRole",
	"AuthorizationManager.SetEntityPermissions":              "SetEntityPermissions",
	"ResourcePool.ImportVApp":                                "ImportVApp",
	"Folder.CreateVM_Task":                                   "CreateVM_Task",
	"HostDatastoreBrowser.SearchDatastore_Task":              "SearchDatastore_Task",
	"VirtualDiskManager.CopyVirtualDisk_Task":                "CopyVirtualDisk_Task",
	"VirtualDiskManager.MoveVirtualDisk_Task":                "MoveVirtualDisk_Task",
	"VirtualDiskManager.ExtendVirtualDisk_Task":              "ExtendVirtualDisk_Task",
	"VirtualDiskManager.DeleteVirtualDisk_Task":              "DeleteVirtualDisk_Task",
	"ClusterComputeResource.ReconfigureComputeResource_Task": "ReconfigureComputeResource_Task",
}

func (w *world) handle(ctx *simulator.Context, m *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	if ctx.Session != nil && ctx.Session.UserName == "" {
		return nil, nil // the simulator's own in-process client
	}
	w.count(m.Name)
	if fault := w.faults.meet(w, ctx, m); fault != nil {
		return w.refuse(ctx, m, fault)
	}
	if ctx.Session != nil {
		if fault := w.notPermitted(ctx, m); fault != nil {
			return w.refuse(ctx, m, fault)
		}
	}
	w.flatten(ctx, m.Body)
	w.hideNSX(m.Body)
	name, ok := ours[m.This.Type+"."+m.Name]
	if !ok {
		name, ok = ours["*."+m.Name]
	}
	if !ok || ctx.Map.Get(m.This) == nil {
		return nil, nil
	}
	m.Name, m.This = name, w.lab.Self
	return w.lab, nil
}

// refuse turns a call into a fault with vCenter's English text.
func (w *world) refuse(ctx *simulator.Context, m *simulator.Method, fault types.BaseMethodFault) (mo.Reference, types.BaseMethodFault) {
	if ctx.Session == nil {
		return nil, fault
	}
	m.Name, m.This, m.Body = "Refuse", w.lab.Self, &refusal{fault}
	return w.lab, nil
}

type refusal struct{ fault types.BaseMethodFault }

type refusalBody struct{ fault *soap.Fault }

func (b *refusalBody) Fault() *soap.Fault { return b.fault }

// Refuse answers a call with the fault in its body.
func (l *lab) Refuse(_ *simulator.Context, req *refusal) soap.HasFault {
	return &refusalBody{asFault(req.fault)}
}

// asFault wraps a fault for a response; nil stays nil.
func asFault(fault types.BaseMethodFault) *soap.Fault {
	if fault == nil {
		return nil
	}
	return simulator.Fault(faultText(fault), fault)
}

// faultTexts are vCenter's English sentences for the faults that operators meet.
var faultTexts = map[string]string{
	"InvalidLogin":               "Cannot complete login due to an incorrect user name or password.",
	"NoPermission":               "Permission to perform this operation was denied.",
	"NotAuthenticated":           "The session is not authenticated.",
	"NotFound":                   "The object or item referred to could not be found.",
	"HostNotConnected":           "Unable to communicate with the remote host, since it is disconnected.",
	"InvalidState":               "The operation is not allowed in the current state.",
	"ConcurrentAccess":           "The resource in use was changed by another operation.",
	"TaskInProgress":             "The operation is not allowed because another task is already in progress.",
	"Timedout":                   "Operation timed out.",
	"RequestCanceled":            "The task was canceled by a user.",
	"ManagedObjectNotFound":      "The object has already been deleted or has not been completely created.",
	"NotSupported":               "The operation is not supported on the object.",
	"InvalidPowerState":          "The attempted operation cannot be performed in the current state.",
	"HostConfigFault":            "An error occurred during host configuration.",
	"InsufficientResourcesFault": "The operation could not be completed due to insufficient resources.",
	"FileNotFound":               "File was not found.",
}

func faultText(fault types.BaseMethodFault) string {
	switch f := fault.(type) {
	case *types.AlreadyExists:
		return "The specified key, name, or identifier '" + f.Name + "' already exists."
	case *types.DuplicateName:
		return "The name '" + f.Name + "' already exists."
	case *types.ResourceInUse:
		return "The resource '" + f.Name + "' is in use."
	case *types.InvalidArgument:
		return "A specified parameter was not correct: " + f.InvalidProperty
	}
	name := reflect.TypeOf(fault).Elem().Name()
	if text, ok := faultTexts[name]; ok {
		return text
	}
	return "A general system error occurred: " + strings.TrimPrefix(name, "*types.")
}

// background returns a context for work that is no request; it shares no locks with others.
func (w *world) background() *simulator.Context {
	return &simulator.Context{Context: context.Background(), Map: w.ctx.Map}
}

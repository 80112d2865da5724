package main

// Virtual disks as nova handles them. A disk is a descriptor and a -flat file. An upload may also be a single sparse VMDK, which
// a copy converts to descriptor and -flat file, as on a real host. The content of disks is never read.

import (
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vmdk"
)

// locate translates "[datastore] path" into a file on this machine.
func (w *world) locate(dc *types.ManagedObjectReference, name string) (string, types.BaseMethodFault) {
	var p object.DatastorePath
	if !p.FromString(name) {
		return "", &types.InvalidDatastorePath{DatastorePath: name}
	}
	for _, ds := range all[*simulator.Datastore](w, "Datastore") {
		if ds.Name != p.Datastore || dc != nil && !w.inside(ds.Self, *dc) {
			continue
		}
		if p.Path != "" && !filepath.IsLocal(p.Path) {
			break
		}
		return w.fileOf(ds, p.Path), nil
	}
	return "", &types.InvalidDatastorePath{DatastorePath: name}
}

func (w *world) inside(ref, dc types.ManagedObjectReference) bool {
	d, ok := w.ctx.Map.Get(dc).(*simulator.Datacenter)
	return ok && simulator.FindReference(d.Datastore, ref) != nil
}

func flatOf(file string) string { return strings.TrimSuffix(file, ".vmdk") + "-flat.vmdk" }

// sparseCapacity reads the capacity (bytes) from the header of a sparse VMDK; it is 0 for other files.
func sparseCapacity(file string) int64 {
	in, err := os.Open(file)
	if err != nil {
		return 0
	}
	defer in.Close()
	header := make([]byte, 20)
	if _, err := io.ReadFull(in, header); err != nil || string(header[:4]) != "KDMV" {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(header[12:])) * vmdk.SectorSize
}

func fileFault(name string, err error) types.BaseMethodFault {
	switch {
	case os.IsNotExist(err):
		return &types.FileNotFound{FileFault: types.FileFault{File: name}}
	case os.IsExist(err):
		return &types.FileAlreadyExists{FileFault: types.FileFault{File: name}}
	}
	return &types.CannotAccessFile{FileFault: types.FileFault{File: name}}
}

// writeDisk creates a descriptor and its flat file, which is sparse and takes no space on this machine.
func writeDisk(file string, capacity int64) error {
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	extent := vmdk.Extent{Info: filepath.Base(flatOf(file)), Size: capacity / vmdk.SectorSize}
	if err := vmdk.NewDescriptor(extent).Write(out); err != nil {
		return err
	}
	flat, err := os.OpenFile(flatOf(file), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer flat.Close()
	return flat.Truncate(capacity)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return store(to, in)
}

func copyDisk(from, to string, force bool) error {
	if _, err := os.Stat(to); err == nil && !force {
		return os.ErrExist
	}
	if capacity := sparseCapacity(from); capacity > 0 {
		return writeDisk(to, capacity)
	}
	if err := copyFile(from, to); err != nil {
		return err
	}
	if info, err := os.Stat(flatOf(from)); err == nil {
		if err := os.WriteFile(flatOf(to), nil, 0o600); err != nil {
			return err
		}
		return os.Truncate(flatOf(to), info.Size())
	}
	return nil
}

func (l *lab) diskTask(ctx *simulator.Context, ref types.ManagedObjectReference, name string, run func() types.BaseMethodFault) types.ManagedObjectReference {
	manager := l.world.ctx.Map.Get(ref)
	return simulator.CreateTask(manager, name, func(*simulator.Task) (types.AnyType, types.BaseMethodFault) { return nil, run() }).Run(ctx)
}

func (l *lab) CopyVirtualDiskTask(ctx *simulator.Context, req *types.CopyVirtualDisk_Task) soap.HasFault {
	if req.DestDatacenter == nil { // the API: defaults to the source's
		req.DestDatacenter = req.SourceDatacenter
	}
	task := l.diskTask(ctx, req.This, "copyVirtualDisk", func() types.BaseMethodFault {
		from, fault := l.world.locate(req.SourceDatacenter, req.SourceName)
		if fault != nil {
			return fault
		}
		to, fault := l.world.locate(req.DestDatacenter, req.DestName)
		if fault != nil {
			return fault
		}
		if err := copyDisk(from, to, req.Force != nil && *req.Force); err != nil {
			return fileFault(req.SourceName, err)
		}
		return nil
	})
	return &methods.CopyVirtualDisk_TaskBody{Res: &types.CopyVirtualDisk_TaskResponse{Returnval: task}}
}

func (l *lab) MoveVirtualDiskTask(ctx *simulator.Context, req *types.MoveVirtualDisk_Task) soap.HasFault {
	if req.DestDatacenter == nil {
		req.DestDatacenter = req.SourceDatacenter
	}
	task := l.diskTask(ctx, req.This, "moveVirtualDisk", func() types.BaseMethodFault {
		from, fault := l.world.locate(req.SourceDatacenter, req.SourceName)
		if fault != nil {
			return fault
		}
		to, fault := l.world.locate(req.DestDatacenter, req.DestName)
		if fault != nil {
			return fault
		}
		if err := os.Rename(from, to); err != nil {
			return fileFault(req.SourceName, err)
		}
		_ = os.Rename(flatOf(from), flatOf(to)) // a sparse disk has no flat file
		return nil
	})
	return &methods.MoveVirtualDisk_TaskBody{Res: &types.MoveVirtualDisk_TaskResponse{Returnval: task}}
}

func (l *lab) ExtendVirtualDiskTask(ctx *simulator.Context, req *types.ExtendVirtualDisk_Task) soap.HasFault {
	task := l.diskTask(ctx, req.This, "extendVirtualDisk", func() types.BaseMethodFault {
		file, fault := l.world.locate(req.Datacenter, req.Name)
		if fault != nil {
			return fault
		}
		if _, err := os.Stat(file); err != nil {
			return fileFault(req.Name, err)
		}
		if err := writeDisk(file, req.NewCapacityKb<<10); err != nil {
			return fileFault(req.Name, err)
		}
		return nil
	})
	return &methods.ExtendVirtualDisk_TaskBody{Res: &types.ExtendVirtualDisk_TaskResponse{Returnval: task}}
}

func (l *lab) DeleteVirtualDiskTask(ctx *simulator.Context, req *types.DeleteVirtualDisk_Task) soap.HasFault {
	task := l.diskTask(ctx, req.This, "deleteVirtualDisk", func() types.BaseMethodFault {
		file, fault := l.world.locate(req.Datacenter, req.Name)
		if fault != nil {
			return fault
		}
		if err := os.Remove(file); err != nil {
			return fileFault(req.Name, err)
		}
		_ = os.Remove(flatOf(file)) // a sparse disk has no flat file
		return nil
	})
	return &methods.DeleteVirtualDisk_TaskBody{Res: &types.DeleteVirtualDisk_TaskResponse{Returnval: task}}
}

func (l *lab) SearchDatastoreTask(ctx *simulator.Context, req *types.SearchDatastore_Task) soap.HasFault {
	if req.SearchSpec == nil { // the API: everything; the simulator crashes
		req.SearchSpec = &types.HostDatastoreBrowserSearchSpec{}
	}
	if len(req.SearchSpec.MatchPattern) == 0 {
		req.SearchSpec.MatchPattern = []string{"*"}
	}
	return l.world.ctx.Map.Get(req.This).(*simulator.HostDatastoreBrowser).SearchDatastoreTask(ctx, req)
}

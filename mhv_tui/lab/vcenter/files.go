package main

// Datastore files over HTTPS (/folder), for vCenter and for the ESXi hosts, whose names have the same address: nova uploads
// images directly to a host. A host's only datacenter is ha-datacenter.

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

func (w *world) serveVersions(res http.ResponseWriter, _ *http.Request) {
	res.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(res, `<?xml version="1.0" encoding="UTF-8"?>
<namespaces version="1.0"><namespace><name>urn:vim25</name><version>%s</version>
<priorVersions><version>7.0.3.0</version><version>6.7</version><version>6.5</version><version>6.0</version><version>5.5</version></priorVersions>
</namespace></namespaces>
`, w.about().ApiVersion)
}

func (w *world) serveFolder(res http.ResponseWriter, req *http.Request) {
	if !w.authorized(req) {
		http.Error(res, "not authenticated", http.StatusUnauthorized)
		return
	}
	ds := w.datastoreOf(req)
	name := strings.TrimPrefix(req.URL.Path, "/folder/")
	if ds == nil {
		http.NotFound(res, req)
		return
	}
	if !filepath.IsLocal(name) {
		http.Error(res, "not a path in a datastore", http.StatusBadRequest)
		return
	}
	file := w.fileOf(ds, name)
	switch req.Method {
	case http.MethodPut, http.MethodPost:
		if err := store(file, req.Body); err != nil {
			http.Error(res, "the file cannot be written", http.StatusInternalServerError)
			return
		}
		res.WriteHeader(http.StatusCreated)
	case http.MethodDelete:
		if err := os.Remove(file); err != nil {
			http.NotFound(res, req)
			return
		}
		res.WriteHeader(http.StatusNoContent)
	default:
		http.ServeFile(res, req, file)
	}
}

func store(file string, body io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	_, err = io.Copy(out, body)
	return err
}

// authorized checks for a session cookie of vCenter, or for a ticket that vCenter issued for a host.
func (w *world) authorized(req *http.Request) bool {
	if cookie, err := req.Cookie("vmware_cgi_ticket"); err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.tickets[strings.Trim(cookie.Value, `"`)]
	}
	cookie, err := req.Cookie("vmware_soap_session")
	if err != nil {
		return false
	}
	view, ok := w.ctx.Session.Get(w.ctx.Map.SessionManager().Self).(*simulator.SessionManager)
	if !ok {
		return false
	}
	for _, s := range view.SessionList {
		if s.Key == strings.Trim(cookie.Value, `"`) {
			return true
		}
	}
	return false
}

// datastoreOf finds dsName in the datacenter dcPath, or among the datastores of the host in the URL.
func (w *world) datastoreOf(req *http.Request) *simulator.Datastore {
	query := req.URL.Query()
	var refs []types.ManagedObjectReference
	if path := query.Get("dcPath"); path != "" && path != "ha-datacenter" {
		ref, err := w.find(path)
		if err != nil {
			return nil
		}
		if dc, ok := w.ctx.Map.Get(ref).(*simulator.Datacenter); ok {
			refs = dc.Datastore
		}
	} else {
		refs = w.datastoresAt(hostOnly(req.Host))
	}
	for _, ref := range refs {
		if ds, ok := w.ctx.Map.Get(ref).(*simulator.Datastore); ok && ds.Name == query.Get("dsName") {
			return ds
		}
	}
	return nil
}

// datastoresAt returns the datastores that a host mounts, or all datastores if name is not a host.
func (w *world) datastoresAt(name string) []types.ManagedObjectReference {
	if hosts, err := named[*simulator.HostSystem](w, "HostSystem", name); err == nil {
		return hosts[0].Datastore
	}
	var refs []types.ManagedObjectReference
	for _, ds := range all[*simulator.Datastore](w, "Datastore") {
		refs = append(refs, ds.Self)
	}
	return refs
}

func hostOnly(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return hostport
}

var _ mo.Reference = (*simulator.Datastore)(nil)

package main

// A world is one running vCenter: govmomi's simulator with the objects of an inventory and the lab's additions. A reset creates
// a new world and drops the old one, so that nothing remains of an earlier test.

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

type world struct {
	inv      *inventory
	model    *simulator.Model
	service  *simulator.Service
	ctx      *simulator.Context // for building; each request has its own
	lab      *lab
	faults   faultRules
	skew     atomic.Int64 // nanoseconds added to CurrentTime
	invented inventions   // of a recording
	login    recordedLogin

	mu      sync.Mutex // guards the fields below
	users   map[string]userSpec
	groups  map[string][]string // principal: its groups
	logins  map[string]loginCount
	calls   map[string]int
	pending map[types.ManagedObjectReference]taskWrap
	slow    map[types.ManagedObjectReference]bool // objects whose next task waits
	tickets map[string]bool                       // for uploads to hosts
	network sync.Mutex                            // one port group change at a time: networks are shared by hosts
	vsan    sync.Mutex                            // guards padded
	padded  map[types.ManagedObjectReference]padding
}

type loginCount struct {
	OK     int `json:"ok"`
	Failed int `json:"failed"`
}

// taskWrap changes what the next task on an object does.
type taskWrap func(taskFunc) taskFunc

type taskFunc = func(*simulator.Task) (types.AnyType, types.BaseMethodFault)

func newWorld(inv *inventory) (*world, error) {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a large world allocates much garbage, because the simulator copies through XML
	w := &world{
		inv:     inv,
		model:   simulator.VPX(),
		users:   map[string]userSpec{},
		logins:  map[string]loginCount{},
		calls:   map[string]int{},
		slow:    map[types.ManagedObjectReference]bool{},
		tickets: map[string]bool{},
		pending: map[types.ManagedObjectReference]taskWrap{},
		padded:  map[types.ManagedObjectReference]padding{},
	}
	if inv.VCenter.APIType == "HostAgent" {
		w.model = simulator.ESX()
	}
	w.model.Datacenter, w.model.Machine, w.model.Portgroup = 0, 0, 0
	if err := w.model.Create(); err != nil {
		return nil, err
	}
	w.service = w.model.Service
	w.ctx = w.service.Context
	if err := w.loadIfRecorded(); err != nil {
		w.close()
		return nil, err
	}
	w.lab = &lab{world: w}
	w.lab.Self = types.ManagedObjectReference{Type: "Lab", Value: "lab"}
	w.ctx.Map.Put(w.lab)
	w.ctx.Map.AddHandler(&watcher{world: w})
	w.setAbout()
	w.setSkew(inv.VCenter.ClockSkew)
	w.setLicenses(inv.License)
	err := w.build()
	if err == nil {
		err = w.setUsers(inv.User)
	}
	for _, f := range inv.Fault {
		if err == nil {
			err = w.faults.add(f)
		}
	}
	if err != nil {
		w.close()
		return nil, err
	}
	w.serve()
	return w, nil
}

// serve adds the endpoints; afterwards, every call passes w.handle.
func (w *world) serve() {
	w.service.Listen = &url.URL{User: url.UserPassword("lab", "lab")} // not DefaultLogin, so that ValidLogin is called
	w.ctx.Map.SessionManager().ValidLogin = w.validLogin
	w.ctx.Map.SessionManager().ServiceHostName = w.inv.VCenter.Name
	w.ctx.Map.OptionManager().UpdateOptions(&types.UpdateOptions{ChangedValue: []types.BaseOptionValue{
		&types.OptionValue{Key: "vcsim.server.url", Value: "https://*/sdk"}, // for NFC leases: the client replaces * by the host it connected to
	}})
	w.ctx.Map.Handler = w.handle
	w.service.RegisterSDK(w.ctx.Map, w.ctx.Map.Path+"/vimService")
	w.service.ServeMux.HandleFunc("/sdk/vimServiceVersions.xml", w.serveVersions)
	serveDocuments(w.service.ServeMux)
	w.service.ServeMux.HandleFunc("/folder/", w.serveFolder)
	w.service.ServeMux.HandleFunc("/nfc/", simulator.ServeNFC)
}

func (w *world) close() { w.model.Remove() }

func (w *world) ServeHTTP(res http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodPost && strings.HasPrefix(req.URL.Path, "/sdk") {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			http.Error(res, "the request is incomplete", http.StatusBadRequest)
			return
		}
		body = whole.ReplaceAll(zoneless.ReplaceAll(body, []byte(">${1}Z<")), []byte("${1}<"))
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	w.service.ServeMux.ServeHTTP(res, req)
}

// whole matches a whole number that nova writes with a decimal point, as in CreateVirtualDisk_Task.
var whole = regexp.MustCompile(`(capacityKb>\d+)\.0+<`)

// zoneless matches a dateTime without a time zone, as suds writes it: XML schema and vCenter accept it, Go's parser does not.
var zoneless = regexp.MustCompile(`>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)<`)

func (w *world) content() *types.ServiceContent {
	return &w.ctx.Map.Get(vim25.ServiceInstance).(*simulator.ServiceInstance).Content
}

func (w *world) about() *types.AboutInfo { return &w.content().About }

func (w *world) setAbout() {
	about, v := w.about(), w.inv.VCenter
	about.Version, about.Build, about.ApiVersion = v.Version, v.Build, v.APIVersion
	about.LicenseProductVersion = v.Version
	about.FullName = fmt.Sprintf("%s %s build-%s", about.Name, v.Version, v.Build)
	if v.InstanceUUID != "" && w.isVCenter() {
		about.InstanceUuid = v.InstanceUUID
	}
}

func (w *world) isVCenter() bool { return w.ctx.Map.IsVPX() }

func (w *world) setSkew(seconds float64) { w.skew.Store(int64(seconds * float64(time.Second))) }

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

func (w *world) root() *simulator.Folder {
	return w.ctx.Map.Get(w.content().RootFolder).(*simulator.Folder)
}

func (w *world) count(method string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls[method]++
}

func (w *world) counts() (map[string]int, map[string]loginCount) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.calls), maps.Clone(w.logins)
}

const homeOption = "vcsim.home"

// home is the model's directory, which close deletes. A recording of a simulator has an older value before it.
func (w *world) home() (home string) {
	for _, o := range w.ctx.Map.OptionManager().Setting {
		if path, ok := o.GetOptionValue().Value.(string); ok && o.GetOptionValue().Key == homeOption {
			home = path
		}
	}
	return home
}

// directory creates a directory for a datastore's files. No name begins with another one: the simulator compares beginnings.
func (w *world) directory(name string) (string, error) {
	return os.MkdirTemp(w.home(), name+"-*-files")
}

// task waits for a task and returns its result, or its fault as an error.
func (w *world) task(body soap.HasFault, ref func() types.ManagedObjectReference) (types.AnyType, error) {
	if f := body.Fault(); f != nil {
		return nil, fmt.Errorf("%s %T", f.String, f.Detail.Fault)
	}
	t := w.ctx.Map.Get(ref()).(*simulator.Task)
	for {
		var info types.TaskInfo
		w.ctx.Map.WithLock(&simulator.Context{}, t, func() { info = t.Info })
		switch info.State {
		case types.TaskInfoStateSuccess:
			return info.Result, nil
		case types.TaskInfoStateError:
			return nil, fmt.Errorf("%s: %s %T", info.Name, info.Error.LocalizedMessage, info.Error.Fault)
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// wrapNext lets wrap change the next task that is started on ref.
func (w *world) wrapNext(ref types.ManagedObjectReference, wrap taskWrap) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if inner, ok := w.pending[ref]; ok {
		outer := wrap
		wrap = func(run func(*simulator.Task) (types.AnyType, types.BaseMethodFault)) func(*simulator.Task) (types.AnyType, types.BaseMethodFault) {
			return outer(inner(run))
		}
	}
	w.pending[ref] = wrap
}

func (w *world) takeWrap(ref types.ManagedObjectReference) (wrap taskWrap, slow bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wrap, slow = w.pending[ref], w.slow[ref]
	delete(w.pending, ref)
	delete(w.slow, ref)
	return wrap, slow
}

func (w *world) yield() { time.Sleep(100 * time.Microsecond) }

// all returns the objects of one managed type.
func all[T mo.Reference](w *world, kind string) []T {
	var found []T
	for _, obj := range w.ctx.Map.AllReference(kind) {
		if t, ok := obj.(T); ok {
			found = append(found, t)
		}
	}
	return found
}

package main

// A recording of a vCenter's inventory, as `govc object.save` or `mhv-tui record` writes it: a directory with one file
// NNNN-Type-id.xml for each object, and recorded answers of a few calls in Type-id/Call.xml. The simulator loads a copy of it;
// recorded_hosts.go and recorded_world.go add what the recording lacks.

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

// objectFile matches the name of an object's file; the groups are the object's type and id.
var objectFile = regexp.MustCompile(`^\d{4,}-([A-Za-z0-9]+)-(.+)\.xml$`)

// notLoaded are types whose objects belong to a moment (tasks), or are made from the host's configuration (see hostParts).
var notLoaded = []string{
	"Task", "HostCertificateManager", "HostDatastoreSystem", "HostFirewallSystem", "HostNetworkSystem", "HostStorageSystem",
	"HostVirtualNicManager",
}

// recordedCalls are the calls whose recorded answers the simulator gives. The ports of a switch are not among them: it computes
// them from the port groups, and so includes new ones.
var recordedCalls = []string{"QueryConfigOption", "QueryConfigTarget", "QueryTargetCapabilities", "QueryAssignedLicenses"}

// A vCenter's switch has a type that the simulator knows only by the name of its base type.
const recordedSwitch, loadedSwitch = "VmwareDistributedVirtualSwitch", "DistributedVirtualSwitch"

// loadIfRecorded replaces the model's empty inventory by the recording, if the inventory has one.
func (w *world) loadIfRecorded() (err error) {
	if w.inv.recording == "" {
		return nil
	}
	defer func() {
		if crash := recover(); crash != nil { // the simulator panics if an object lacks a property that it needs
			err = fmt.Errorf("the recording lacks a part that the simulator needs (%v)", crash)
		}
	}()
	scratch, err := os.MkdirTemp("", "recording-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if err := copyRecording(w.inv.recording, scratch); err != nil {
		return err
	}
	if w.login, err = readLogin(w.inv.recording); err != nil {
		return err
	}
	return w.load(scratch)
}

func (w *world) load(dir string) error {
	home := w.home() // where the loaded datastores get their directories
	if err := w.model.Load(dir); err != nil {
		if name, broken := brokenFile(dir); broken != nil {
			return fmt.Errorf("the recording's file %s is broken: %w", name, broken)
		}
		return fmt.Errorf("the recording cannot be loaded: %w", err)
	}
	w.service = w.model.Service
	w.ctx = w.service.Context
	if about := w.about(); about.ApiType != "VirtualCenter" {
		return fmt.Errorf("the recording is of %s, not of a vCenter", first(about.FullName, "something unknown"))
	}
	content := *w.content()
	root, ok := w.ctx.Map.Get(content.RootFolder).(*simulator.Folder)
	if !ok {
		return errors.New("the recording lacks the root folder: record the whole inventory, not one object")
	}
	simulator.NewServiceInstance(w.ctx, content, root.Folder) // creates the managers that the recording lacks
	if w.home() == "" {
		options := w.ctx.Map.OptionManager()
		options.Setting = append(options.Setting, &types.OptionValue{Key: homeOption, Value: home})
	} else if w.home() != home {
		_ = os.Remove(home)
	}
	return w.complete()
}

// copyRecording copies the files that the simulator loads, with the name of the switch's type that it knows.
func copyRecording(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		switch match := objectFile.FindStringSubmatch(name); {
		case match != nil && !slices.Contains(notLoaded, match[1]):
			copied := filepath.Join(to, strings.Replace(name, recordedSwitch, loadedSwitch, 1))
			err = copyObject(filepath.Join(from, name), copied, match[1], match[2])
		case match == nil && entry.IsDir():
			err = copyCalls(filepath.Join(from, name), filepath.Join(to, name))
		}
		if err != nil {
			return err
		}
	}
	isFirst := func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), "-ServiceInstance-ServiceInstance.xml") }
	if !slices.ContainsFunc(entries, isFirst) {
		return errors.New("the directory is no recording of a vCenter: it lacks the file 0000-ServiceInstance-ServiceInstance.xml")
	}
	return nil
}

func copyObject(from, to, kind, id string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if kind == "Datastore" {
		text = withDirectory(text, id)
	}
	text = bytes.ReplaceAll(text, []byte(`type="`+recordedSwitch+`"`), []byte(`type="`+loadedSwitch+`"`))
	return os.WriteFile(to, text, 0o600)
}

var datastoreURL = regexp.MustCompile(`<url>[^<]*</url>`)

// withDirectory gives a datastore its own URL, from which the simulator makes a directory: one datastore in two datacenters has one
// URL in vCenter, and a login that may not read a datastore records none. No name of a directory begins with another one.
func withDirectory(text []byte, id string) []byte {
	own := fmt.Sprintf("<url>ds:///%s/files/</url>", id)
	if !bytes.Contains(text, []byte("<name>info</name>")) {
		info := `<propSet><name>info</name><val xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="DatastoreInfo">` +
			"<name>" + id + "</name>" + own + "<freeSpace>0</freeSpace><maxFileSize>0</maxFileSize></val></propSet></ObjectContent>"
		text = bytes.Replace(text, []byte("</ObjectContent>"), []byte(info), 1)
	}
	return datastoreURL.ReplaceAllLiteral(text, []byte(own))
}

func copyCalls(from, to string) error {
	for _, call := range recordedCalls {
		text, err := os.ReadFile(filepath.Join(from, call+".xml"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.MkdirAll(to, 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, call+".xml"), text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// brokenFile returns the first object's file that cannot be read, and why.
func brokenFile(dir string) (string, error) {
	files, _ := filepath.Glob(filepath.Join(dir, "*.xml"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			err = decode(bytes.NewReader(text), new(types.ObjectContent))
		}
		if err != nil {
			return filepath.Base(file), err
		}
	}
	return "", nil
}

func decode(in *bytes.Reader, into any) error {
	decoder := xml.NewDecoder(in)
	decoder.TypeFunc = types.TypeFunc()
	return decoder.Decode(into)
}

// copyOf returns a deep copy, so that hosts do not share the simulator's templates.
func copyOf[T any](from *T) *T {
	var buffer bytes.Buffer
	to := new(T)
	err := xml.NewEncoder(&buffer).Encode(from)
	if err == nil {
		err = decode(bytes.NewReader(buffer.Bytes()), to)
	}
	if err != nil {
		panic(err)
	}
	return to
}

// inventions are what the world has and the recording lacks: the kind of thing, and the objects that have it.
type inventions struct {
	kinds   []string
	objects map[string][]string
}

func (v *inventions) add(kind, object string) {
	if v.objects == nil {
		v.objects = map[string][]string{}
	}
	if _, ok := v.objects[kind]; !ok {
		v.kinds = append(v.kinds, kind)
	}
	v.objects[kind] = append(v.objects[kind], object)
}

// lines has a line for each kind, in the order of their first object.
func (v *inventions) lines() []string {
	lines := []string{}
	for _, kind := range v.kinds {
		names := slices.DeleteFunc(slices.Clone(v.objects[kind]), func(name string) bool { return name == "" })
		slices.Sort(names)
		line := kind
		if len(names) > 0 {
			line += ": " + strings.Join(names[:min(len(names), 4)], ", ")
		}
		if len(names) > 4 {
			line += fmt.Sprintf(" and %d more", len(names)-4)
		}
		lines = append(lines, line)
	}
	return lines
}

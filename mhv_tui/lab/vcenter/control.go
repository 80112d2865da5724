package main

// The control endpoint for tests: plain HTTP with JSON, without a password. The lab chooses its address.
//
//	GET    /state      about, users' logins, calls by method, sessions, clusters, hosts with port groups, datastores,
//	                   switches, VMs, extensions, fault rules
//	POST   /inventory  body: an inventory (TOML), which replaces the current world; an empty body restores the first one
//	POST   /set        body: changes, see change below. They are applied in order until the first error
//	POST   /fault      body: one fault rule or a list of them (faultSpec)
//	DELETE /fault      deletes all rules; tasks that hang continue
//	DELETE /counts     resets the counters of calls and logins
//
// Responses are {"ok": true} or, with status 400, {"error": "..."}.

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// change is the body of POST /set. The keys are the objects' names ("*": all objects of the kind).
type change struct {
	VCenter   *vcenterSpec               `json:"vcenter"` // version, build, api_version, instance_uuid
	ClockSkew *float64                   `json:"clock_skew"`
	Cluster   map[string]clusterChange   `json:"cluster"`
	Host      map[string]hostChange      `json:"host"`
	Datastore map[string]datastoreChange `json:"datastore"`
	User      []userSpec                 `json:"user"` // replaces all users
	License   []licenseSpec              `json:"license"`
	Expire    bool                       `json:"expire"` // ends every session
}

type clusterChange struct {
	DRS         *bool  `json:"drs"`
	DRSBehavior string `json:"drs_behavior"`
	HA          *bool  `json:"ha"`
}

type hostChange struct {
	State       string          `json:"state"`
	Maintenance *bool           `json:"maintenance"`
	Version     string          `json:"version"`
	Firewall    map[string]bool `json:"firewall"`
}

type datastoreChange struct {
	Accessible  *bool  `json:"accessible"`
	Maintenance string `json:"maintenance"`
	Shared      *bool  `json:"shared"`
	Type        string `json:"type"`
	CapacityGB  int64  `json:"capacity_gb"`
	FreeGB      int64  `json:"free_gb"`
}

func (s *server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", func(res http.ResponseWriter, _ *http.Request) {
		res.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(res).Encode(s.world.Load().state())
	})
	post := func(pattern string, act func([]byte) error) {
		mux.HandleFunc(pattern, func(res http.ResponseWriter, req *http.Request) {
			body, err := io.ReadAll(io.LimitReader(req.Body, 64<<20))
			if err == nil {
				err = act(body)
			}
			answer(res, err)
		})
	}
	post("POST /inventory", s.replace)
	post("POST /set", s.set)
	post("POST /fault", func(body []byte) error { return s.world.Load().addFaults(body) })
	post("DELETE /fault", func([]byte) error { s.world.Load().faults.clear(); return nil })
	post("DELETE /counts", func([]byte) error { s.world.Load().forget(); return nil })
	return mux
}

func answer(res http.ResponseWriter, err error) {
	res.Header().Set("Content-Type", "application/json")
	if err != nil {
		res.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(res).Encode(map[string]string{"error": err.Error()})
		return
	}
	_ = json.NewEncoder(res).Encode(map[string]bool{"ok": true})
}

func (s *server) replace(body []byte) error {
	inv := s.first
	if len(body) > 0 {
		read, err := parseInventory(string(body), "")
		if err != nil {
			return err
		}
		inv = read
	}
	fresh, err := newWorld(inv)
	if err != nil {
		return err
	}
	old := s.world.Swap(fresh)
	old.faults.clear()
	old.close()
	return nil
}

func (w *world) addFaults(body []byte) error {
	var list []faultSpec
	if err := json.Unmarshal(body, &list); err != nil {
		var one faultSpec
		if err := json.Unmarshal(body, &one); err != nil {
			return err
		}
		list = []faultSpec{one}
	}
	for _, spec := range list {
		if err := w.faults.add(spec); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.calls)
	clear(w.logins)
}

func (s *server) set(body []byte) error {
	var c change
	if err := strictJSON(body, &c); err != nil {
		return err
	}
	w := s.world.Load()
	steps := []func(change) error{w.changeVCenter, w.changeClusters, w.changeHosts, w.changeDatastores}
	for _, step := range steps {
		if err := step(c); err != nil {
			return err
		}
	}
	if c.Expire {
		w.expire(nil)
	}
	return nil
}

func strictJSON(body []byte, into any) error {
	if len(body) == 0 {
		return errors.New("the body is empty")
	}
	decoder := json.NewDecoder(bytesReader(body))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

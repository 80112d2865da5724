package main

// The effective privileges of the login that made a recording: `mhv-tui record` writes them, govc does not. They include what the
// login has as a member of groups.

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

const aboutFile = "mhv-tui.json"

// recordedLogin is the part of the file that is used here.
type recordedLogin struct {
	VCenter struct {
		Username string `json:"username"`
	} `json:"vcenter"`
	Privileges []struct {
		Objects []string `json:"objects"` // ids
		Granted []string `json:"granted"`
	} `json:"privileges"`
}

func readLogin(dir string) (login recordedLogin, err error) {
	text, err := os.ReadFile(filepath.Join(dir, aboutFile))
	if errors.Is(err, os.ErrNotExist) {
		return login, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &login)
	}
	if err != nil {
		return login, fmt.Errorf("the recording's file %s is broken: %w", aboutFile, err)
	}
	return login, nil
}

// permitRecorded gives the user the recorded privileges, if the recording has those of this user. They hold on each recorded
// object, and below it on those that have none of their own.
func (w *world) permitRecorded(user string) {
	if w.login.VCenter.Username == "" || principal(w.login.VCenter.Username) != principal(user) {
		return
	}
	roles := map[string]int32{}
	for number, row := range w.login.Privileges {
		role := w.setRole(fmt.Sprintf("%s recorded #%d", user, number), row.Granted)
		for _, id := range row.Objects {
			roles[id] = role
		}
	}
	for _, obj := range w.ctx.Map.AllReference("") {
		ref := obj.Reference()
		if _, ok := obj.(mo.Entity); !ok {
			continue
		}
		if role, ok := roles[ref.Value]; ok {
			w.setPermission(ref, types.Permission{Entity: &ref, Principal: user, RoleId: role, Propagate: true})
		}
	}
}

package simulator

import (
	"errors"
	"fmt"
	"net/http"
)

// SetDevice sets whether a device is online, that is, registered with sipgate,
// and whether do not disturb is on. Nil leaves a setting as it is.
//
// If a device is offline, an API call that starts a call with it succeeds but
// nothing rings. How sipgate treats do not disturb then is unknown; in the
// simulator the device rings.
func (s *Simulator) SetDevice(accountID, deviceID string, online, dnd *bool) error {
	a, err := s.account(accountID)
	if err != nil {
		return err
	}
	d := a.device(deviceID)
	if d == nil {
		return fmt.Errorf("no device %q in account %s", deviceID, a.id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if online != nil {
		d.online = *online
	}
	if dnd != nil {
		d.dnd = *dnd
	}
	return nil
}

// SetBalance sets the balance of an account in 1/10000 Euro. Without a positive
// balance, starting a call answers 402.
func (s *Simulator) SetBalance(accountID string, amount int) error {
	a, err := s.account(accountID)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.balance = amount
	return nil
}

// device returns the device with this id, or nil.
func (a *account) device(id string) *device {
	for _, u := range a.users {
		for _, d := range u.devices {
			if d.id == id {
				return d
			}
		}
	}
	return nil
}

// state returns the device as the control API shows it.
func (d *device) state() map[string]any {
	return map[string]any{"id": d.id, "alias": d.alias, "type": d.kind, "online": d.online, "dnd": d.dnd}
}

func (s *Simulator) controlDevice(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Account string `json:"account"`
		Online  *bool  `json:"online"`
		DND     *bool  `json:"dnd"`
	}
	if !readControl(w, r, &in) {
		return
	}
	id := r.PathValue("deviceId")
	if err := s.SetDevice(in.Account, id, in.Online, in.DND); err != nil {
		writeResult(w, nil, err)
		return
	}
	a, _ := s.account(in.Account)
	s.mu.Lock()
	defer s.mu.Unlock()
	okJSON(a.device(id).state()).write(w)
}

func (s *Simulator) controlBalance(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Account string `json:"account"`
		Amount  *int   `json:"amount"`
	}
	if !readControl(w, r, &in) {
		return
	}
	if in.Amount == nil {
		writeResult(w, nil, errors.New("amount is missing"))
		return
	}
	writeResult(w, map[string]int{"amount": *in.Amount}, s.SetBalance(in.Account, *in.Amount))
}

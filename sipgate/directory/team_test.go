package directory

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// fakeAccess is a sipgate account that counts its requests.
type fakeAccess struct {
	requests int
	devices  map[sipgate.UserID][]sipgate.Device
	err      error
}

func (f *fakeAccess) Users(context.Context) ([]sipgate.User, error) {
	f.requests++
	return []sipgate.User{{ID: "w1", Firstname: "Jonas", Lastname: "Keller"}, {ID: "w2", Firstname: "Mira", Lastname: "Hoffmann"}}, f.err
}

func (f *fakeAccess) Numbers(context.Context) ([]sipgate.AccountNumber, error) {
	f.requests++
	return []sipgate.AccountNumber{
		{Number: "492214710111", EndpointID: "p1"}, {Number: "+492214710112", EndpointID: "p2"},
		{Number: "0221 4710100", EndpointID: "g0", EndpointAlias: "Zentrale"}, {Number: "23", EndpointID: "p1"},
	}, f.err
}

func (f *fakeAccess) Devices(_ context.Context, u sipgate.UserID) ([]sipgate.Device, error) {
	f.requests++
	return f.devices[u], f.err
}

func phone(line string, online, dnd bool) sipgate.Device {
	return sipgate.Device{Type: "REGISTER", Online: online, DND: dnd, Phonelines: []sipgate.Phoneline{{ID: line}}}
}

// An account is read once for all its members, and the presence of members who were
// found at most twice a minute.
func TestReadTeamIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, d := t.Context(), New(german)
		f := &fakeAccess{devices: map[sipgate.UserID][]sipgate.Device{"w1": {phone("p1", true, false)}, "w2": {phone("p2", false, false)}}}
		for range 3 {
			if err := d.ReadTeam(ctx, anna.Account, f); err != nil {
				t.Fatal(err)
			}
		}
		if f.requests != 4 {
			t.Errorf("%d requests, want 4: users, numbers, devices of two", f.requests)
		}
		found := d.Search(anna, "", MaxResults, nil)
		if got := names(found); got != "Jonas Keller, Mira Hoffmann, Zentrale" || found[0].Presence != Available || found[1].Presence != Offline {
			t.Errorf("the team is %s: %+v", got, found)
		}
		if d.StartPresenceRefresh(anna.Account, found) {
			t.Error("refresh right after the read")
		}
		f.devices["w2"] = []sipgate.Device{phone("p2", true, true)}
		time.Sleep(presenceMaxAge)
		if !d.StartPresenceRefresh(anna.Account, found[1:]) || d.StartPresenceRefresh(anna.Account, found[1:]) {
			t.Error("after half a minute exactly one caller must refresh")
		}
		d.RefreshPresence(ctx, anna.Account, found[1:], f)
		found = d.Search(anna, "", MaxResults, nil)
		if f.requests != 5 || found[1].Presence != DoNotDisturb {
			t.Errorf("%d requests, want 5; %+v", f.requests, found)
		}
	})
}

// A failed read is not repeated within a minute.
func TestFailedReadIsDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f := New(german), &fakeAccess{err: errors.New("refused")}
		if d.ReadTeam(t.Context(), anna.Account, f) == nil || d.ReadTeam(t.Context(), anna.Account, f) != nil || f.requests != 1 {
			t.Errorf("%d requests, want 1", f.requests)
		}
		time.Sleep(teamRetryDelay)
		if d.ReadTeam(t.Context(), anna.Account, f) == nil || f.requests != 2 {
			t.Errorf("%d requests a minute later, want 2", f.requests)
		}
	})
}

func TestPresence(t *testing.T) {
	mobile := sipgate.Device{Type: "MOBILE"}
	for _, test := range []struct {
		name    string
		devices []sipgate.Device
		want    Presence
	}{
		{"none", nil, Unknown},
		{"online", []sipgate.Device{phone("p", true, false)}, Available},
		{"offline", []sipgate.Device{phone("p", false, false)}, Offline},
		{"offline, do not disturb", []sipgate.Device{phone("p", false, true)}, Offline},
		{"do not disturb", []sipgate.Device{phone("p", true, true), phone("p", false, false)}, DoNotDisturb},
		{"one of two", []sipgate.Device{phone("p", true, true), phone("p", true, false)}, Available},
		{"a mobile", []sipgate.Device{phone("p", false, false), mobile}, Unknown},
		{"a mobile, and do not disturb", []sipgate.Device{mobile, phone("p", true, true)}, DoNotDisturb},
	} {
		if got := presence(test.devices); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/account"
)

// fakeAccess is a sipgate account that counts its requests, which may come at the
// same time. Its devices change only while none is under way.
type fakeAccess struct {
	requests atomic.Int64
	devices  map[sipgate.UserID][]sipgate.Device
	err      error
}

func (f *fakeAccess) Users(context.Context) ([]sipgate.User, error) {
	f.requests.Add(1)
	return []sipgate.User{{ID: "w1", Firstname: "Jonas", Lastname: "Keller"}, {ID: "w2", Firstname: "Mira", Lastname: "Hoffmann"}}, f.err
}

func (f *fakeAccess) Numbers(context.Context) ([]sipgate.AccountNumber, error) {
	f.requests.Add(1)
	return []sipgate.AccountNumber{
		{Number: "492214710111", EndpointID: "p1"}, {Number: "+492214710112", EndpointID: "p2"},
		{Number: "0221 4710100", EndpointID: "g0", EndpointAlias: "Zentrale"}, {Number: "23", EndpointID: "p1"},
	}, f.err
}

func (f *fakeAccess) Devices(_ context.Context, u sipgate.UserID) ([]sipgate.Device, error) {
	f.requests.Add(1)
	return f.devices[u], f.err
}

func phone(line string, online, dnd bool) sipgate.Device {
	return sipgate.Device{Type: "REGISTER", Online: online, DND: dnd, Phonelines: []sipgate.Phoneline{{ID: line}}}
}

// newDirectory returns a directory of numbers in Germany, whose accounts are read
// through access.
func newDirectory(t testing.TB, access ...account.Access) *Directory {
	rosters := account.NewRosters(func(string, sipgate.UserID) []account.Access { return access }, nil)
	t.Cleanup(rosters.Close)
	return New(german, rosters)
}

// An account is read once for all its members, and the presence of members who were
// found at most twice a minute.
func TestReadTeamIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAccess{devices: map[sipgate.UserID][]sipgate.Device{"w1": {phone("p1", true, false)}, "w2": {phone("p2", false, false)}}}
		d := newDirectory(t, f)
		for range 3 {
			d.rosters.Of(anna.Account).Load()
			synctest.Wait()
		}
		if n := f.requests.Load(); n != 4 {
			t.Errorf("%d requests, want 4: users, numbers, devices of two", n)
		}
		found := d.Search(anna, "", MaxResults, States{})
		if got := names(found); got != "Jonas Keller, Mira Hoffmann, Zentrale" || found[0].Presence != Available || found[1].Presence != Offline {
			t.Errorf("the team is %s: %+v", got, found)
		}
		if d.RefreshPresence(anna.Account, found) {
			t.Error("stale at once")
		}
		f.devices["w2"] = []sipgate.Device{phone("p2", true, true)}
		time.Sleep(30 * time.Second)
		if !d.RefreshPresence(anna.Account, found[1:]) || d.RefreshPresence(anna.Account, found[1:]) {
			t.Error("after half a minute presence is read again, and not twice at the same time")
		}
		synctest.Wait()
		found = d.Search(anna, "", MaxResults, States{})
		if n := f.requests.Load(); n != 5 || found[1].Presence != DoNotDisturb {
			t.Errorf("%d requests, want 5; %+v", n, found)
		}
	})
}

func TestFailedReadIsDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAccess{err: errors.New("refused")}
		d := newDirectory(t, f)
		member := []Entry{{Kind: Member, User: "w1"}}
		for range 3 {
			d.RefreshPresence(anna.Account, member)
			synctest.Wait()
		}
		if n := f.requests.Load(); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
		time.Sleep(time.Minute)
		if !d.RefreshPresence(anna.Account, member) {
			t.Error("not asked again a minute later")
		}
		synctest.Wait()
		if n := f.requests.Load(); n != 2 {
			t.Errorf("%d requests a minute later, want 2", n)
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

// The team is all users but oneself, in the order of their names and each once,
// with one number or none; groups are nobody. One finds oneself by name only.
func TestTheTeamIsAllUsersButOneself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAccess{devices: map[sipgate.UserID][]sipgate.Device{"w1": {phone("p1", true, false), phone("p2", true, false)}, "w2": {phone("p9", true, true)}}}
		d := newDirectory(t, f)
		d.rosters.Of(anna.Account).Load()
		synctest.Wait()
		all := d.Colleagues(anna)
		if got := names(all); got != "Jonas Keller, Mira Hoffmann" {
			t.Fatalf("colleagues %s", got)
		}
		if all[0].Number != "+492214710111" || all[0].Presence != Available || all[1].Number != "" || all[1].Presence != DoNotDisturb {
			t.Errorf("%+v", all)
		}
		if got := names(d.Colleagues(MemberID{anna.Account, "w2"})); got != "Jonas Keller" {
			t.Errorf("the colleagues of Mira: %s", got)
		}
		if got := d.MemberName(anna.Account, "+492214710111"); got != "Jonas Keller" || d.MemberName(other.Account, "+492214710111") != "" {
			t.Errorf("a number is that of %q, in another account of %q", got, d.MemberName(other.Account, "+492214710111"))
		}
	})
}

// The name of a group finds the group and then its members, as their telephones ring
// for it. Whoever dials it by name calls the group.
func TestMembersAreFoundByTheirGroup(t *testing.T) {
	in := func(d sipgate.Device, groups ...string) sipgate.Device {
		for i, g := range groups {
			d.Groups = append(d.Groups, sipgate.Group{ID: fmt.Sprint("g", i), Alias: g})
		}
		return d
	}
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAccess{devices: map[sipgate.UserID][]sipgate.Device{
			"w1": {in(phone("p1", true, false), "Zentrale", "Support Europe"), in(phone("p1", true, false), "Zentrale", "")},
			"w2": {in(phone("p2", true, false), "Support Europe")},
		}}
		d := newDirectory(t, f)
		d.rosters.Of(anna.Account).Load()
		synctest.Wait()
		for text, want := range map[string]string{
			"zentrale": "Zentrale, Jonas Keller", "support": "Jonas Keller, Mira Hoffmann", "europe mira": "Mira Hoffmann", "support 0221": "Jonas Keller, Mira Hoffmann", "sales": "",
		} {
			if got := names(d.Search(anna, text, MaxResults, States{})); got != want {
				t.Errorf("%q finds %s, want %s", text, got, want)
			}
		}
		for text, want := range map[string]string{"zentrale": "Zentrale", "europe jonas": "Support Europe", "jonas": "", "0221": ""} {
			found := d.Search(anna, text, MaxResults, States{})
			if i := slices.IndexFunc(found, func(e Entry) bool { return e.User == "w1" }); i < 0 || found[i].FoundIn != want {
				t.Errorf("%q finds %+v, want it in %q", text, found, want)
			}
		}
		if got := d.Colleagues(anna); !slices.Equal(got[0].Groups, []string{"Support Europe", "Zentrale"}) || !slices.Equal(got[1].Groups, []string{"Support Europe"}) {
			t.Errorf("groups of the team: %+v", got)
		}
		if n, err := d.Resolve(anna, "Zentrale"); n != "+492214710100" {
			t.Errorf("the group is called at %s, %v", n, err)
		}
		if _, err := d.Resolve(anna, "support"); !errors.Is(err, ErrAmbiguous) {
			t.Errorf("of several members one is called: %v", err)
		}
	})
}

// Who talks is shown as such, also among one's recent calls.
func TestWhoTalksIsFoundAsTalking(t *testing.T) {
	d := newDirectory(t)
	d.setMembers(anna.Account, []Entry{
		{Name: "Anna Bergmann", Number: "+492214710110", User: "w0", Presence: Available},
		{Name: "Dora Busy", Number: "+492214710113", User: "w3", Presence: Available},
		{Name: "Emil Here", Number: "+492214710114", User: "w4", Presence: Available},
	})
	d.AddRecent(anna, []Entry{{Number: "+492214710113", LastCallAt: noon}})
	for _, e := range d.Search(anna, "", 9, States{OnCall: map[sipgate.UserID]bool{"w3": true}}) {
		want := map[sipgate.UserID]Presence{"w0": Available, "w3": OnCall, "w4": Available}[e.User]
		if e.Presence != want || e.LastCallAt.IsZero() == (e.User == "w3") {
			t.Errorf("%s: %v, last call %v", e.Name, e.Presence, e.LastCallAt)
		}
	}
	if got := names(d.Search(anna, "here bergmann", 9, States{})) + names(d.Search(anna, "anna", 9, States{})); got != "Anna Bergmann" {
		t.Errorf("oneself: %s", got)
	}
}

// A group without a name is called by its number, and what cannot be called is no
// entry. Who has two telephones on one line is found once.
func TestEntriesOfTheTeam(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAccess{devices: map[sipgate.UserID][]sipgate.Device{"w1": {phone("p1", true, false), phone("p1", false, false)}}}
		d := newDirectory(t, f)
		d.rosters.Of(anna.Account).Load()
		synctest.Wait()
		roster := *d.rosters.Of(anna.Account).Snapshot()
		roster.Numbers = append(slices.Clone(roster.Numbers), sipgate.AccountNumber{Number: "0221 4710120", EndpointID: "g1"})
		got := map[string]Entry{}
		all := d.memberEntries(&roster)
		for _, e := range all {
			got[e.Number] = e
		}
		if len(all) != 3 || got["+492214710100"].Name != "Zentrale" || got["+492214710120"].Name != "+492214710120" || got["+492214710120"].Kind != Group ||
			got["+492214710111"].User != "w1" || got["+492214710111"].Kind != Member {
			t.Errorf("%+v", all)
		}
	})
}

func (f *fakeAccess) Channels(context.Context) ([]sipgate.Channel, error) { return nil, nil }

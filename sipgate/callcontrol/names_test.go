package callcontrol

import (
	"context"
	"reflect"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/simulator"
)

// Shared contacts name numbers for the team. Private ones do so for their owner
// alone, as long as they are here, and nobody else finds them.
func TestPrivateContactsStayPrivate(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	owner, other := f.signIn("w1", false), f.signIn("w2", false)
	if err := f.sim.AddContacts(simulator.NewContacts{Contacts: []simulator.NewContact{
		{Name: "Grandma", Number: "+4930555001", User: "w1"}, {Name: "Customer", Number: "+4930555002"}, {Name: "Short", Number: "123"},
	}}); err != nil {
		t.Fatal(err)
	}
	f.connectedCall(owner) // from +4930555001
	shown := f.version(owner)
	read := func(a Actor) map[string]string {
		t.Helper()
		names, err := f.readNames(a.MemberID, f.ClientOf(a.MemberID))(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	names := read(owner)
	if names["+4930555002"] != "Customer" || names["+4930555001"] != "" {
		t.Errorf("for the team %v", names)
	}
	if f.Private.Name(owner.MemberID, "+4930555001") != "Grandma" || f.Private.Name(other.MemberID, "+4930555001") != "" {
		t.Error("the owner does not see the name, or somebody else does")
	}
	if f.version(owner) == shown {
		t.Error("the call is not shown again with its name")
	}
	again := true
	for range 5 { // a list of calls may change the board meanwhile
		shown = f.version(owner)
		read(owner)
		again = again && f.version(owner) != shown
	}
	if again {
		t.Error("the board is shown again although nothing changed")
	}
	read(other)
	for _, c := range []struct {
		who  Actor
		text string
		want int
	}{{owner, "Grandma", 1}, {other, "Grandma", 0}, {owner, "Customer", 1}, {other, "Customer", 1}} {
		if found := f.Directory.Search(directory.MemberID(c.who.MemberID), c.text, 10, directory.States{}); len(found) != c.want {
			t.Errorf("%s looks for %s: %+v", c.who.User, c.text, found)
		}
	}
	f.Board(owner).Leave(owner.BoardID())
	if read(owner); f.Private.Name(owner.MemberID, "+4930555001") != "" {
		t.Error("names that were read while their owner left are kept")
	}
	names, err := f.readTeamNames(owner.Account, f.service.client)(t.Context())
	if err != nil || names["+4930555002"] != "Customer" || names["+4930555001"] != "" {
		t.Errorf("through the service account: %v, %v", names, err)
	}
	f.fails(503, "/v2/contacts")
	for _, read := range []func(context.Context) (map[string]string, error){f.readNames(other.MemberID, f.ClientOf(other.MemberID)), f.readTeamNames(owner.Account, f.service.client)} {
		if names, err := read(t.Context()); sipgate.KindOf(err) != sipgate.Unavailable || names != nil {
			t.Errorf("while sipgate fails: %v, %v", names, err)
		}
	}
}

// A private name that no call on the board lacks does not show the board again.
func TestNamesThatNoCallLacksChangeNothing(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w1", false)
	f.connectedCall(a)
	shown := f.version(a)
	if f.setPrivateNames(a.MemberID, map[string]string{"+4930555003": "Uncle"}); f.version(a) != shown || f.Private.Name(a.MemberID, "+4930555003") != "Uncle" {
		t.Error("the board is shown again, or the name is lost")
	}
}

// The numbers of one's own past calls are found by typing, with their names; those
// of others are not.
func TestNumbersOfOwnPastCallsAreFound(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	owner, other := f.signIn("w1", false), f.signIn("w2", false)
	for _, from := range []string{"+4930555001", "anonymous", "+491713920014"} {
		id, err := f.sim.Ring(simulator.NewCall{From: from, To: "+492214710111", Users: []string{"w1"}, State: "established"})
		if err == nil {
			err = f.sim.HangUp(id, "")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	search := func(a Actor, text string) []directory.Entry {
		return f.Directory.Search(directory.MemberID(a.MemberID), text, 10, directory.States{})
	}
	for _, path := range []string{"/v2/w1/devices", "/v2/history"} {
		f.fails(503, path)
		if f.readRecentNumbers(t.Context(), owner.MemberID, f.ClientOf(owner.MemberID)); len(search(owner, "555001")) != 0 {
			t.Errorf("found although %s fails", path)
		}
	}
	f.sim.ClearFaults()
	for _, a := range []Actor{owner, other} {
		f.readRecentNumbers(t.Context(), a.MemberID, f.ClientOf(a.MemberID))
	}
	if found := search(owner, "555001"); len(found) != 1 || found[0].Kind != directory.Recent || found[0].Name != "" || found[0].LastCallAt.IsZero() {
		t.Errorf("the owner finds %+v", found)
	}
	if found := search(owner, "Sabine"); len(found) != 1 || found[0].Number != "+491713920014" {
		t.Errorf("by name the owner finds %+v", found)
	}
	if found := search(other, "555001"); len(found) != 0 {
		t.Errorf("somebody else finds %+v", found)
	}

	// They are read when a member joins.
	f.Directory.Forget(directory.MemberID(owner.MemberID))
	if found := search(owner, "555001"); len(found) != 0 {
		t.Fatalf("forgotten, and found: %+v", found)
	}
	f.Join(SignedIn{MemberID: owner.MemberID})
	awaitThat(t, "past calls of a member who joined", func() bool { return len(search(owner, "555001")) == 1 })
	for name, c := range map[string]struct {
		entry sipgate.HistoryEntry
		want  directory.Entry
	}{
		"a name":         {sipgate.HistoryEntry{Incoming: true, Source: "4930555001", SourceAlias: "Jo"}, directory.Entry{Name: "Jo", Number: "+4930555001"}},
		"a number again": {sipgate.HistoryEntry{Incoming: true, Source: "+4930555001", SourceAlias: "+49 30 555001"}, directory.Entry{Number: "+4930555001"}},
		"hidden":         {sipgate.HistoryEntry{Incoming: true, Source: "anonymous", SourceAlias: "Jo"}, directory.Entry{Name: "Jo"}},
	} {
		if got := recentEntry(c.entry); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// The zone of an account follows its users, as far as the account is served.
func TestTheZoneFollowsTheUsers(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w0", true)
	if err := f.LearnZone(t.Context(), a.Account, "de_AT"); err != nil || f.Zones.Of(a.Account).String() != "Europe/Vienna" {
		t.Errorf("by the locale: %v, %v", f.Zones.Of(a.Account), err)
	}
	lisbon := []sipgate.User{{ID: "w0", Timezone: "Europe/Lisbon"}}
	f.Rosters.Of(a.Account).SetUsers(lisbon)
	f.relearnZone("2390015", lisbon) // another account may not use this instance
	if here, there := f.Zones.Of(a.Account).String(), f.Zones.Of("2390015").String(); here != "Europe/Lisbon" || there == "Europe/Lisbon" {
		t.Errorf("%s and %s", here, there)
	}
	f.exec(`drop table team_zone`)
	f.Rosters.Of(a.Account).SetUsers([]sipgate.User{{ID: "w0", Timezone: "Europe/Rome"}})
	if f.log.count("learn time zone") != 1 || f.Zones.Of(a.Account).String() != "Europe/Lisbon" {
		t.Errorf("a zone that is not stored counts, or nothing is said: %v", f.Zones.Of(a.Account))
	}
	if err := f.LearnZone(t.Context(), a.Account, "de_IT"); err == nil {
		t.Error("the store's error is hidden")
	}
}

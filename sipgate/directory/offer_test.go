package directory

import (
	"fmt"
	"testing"
	"time"

	"callboard/sipgate"
)

// Before anything is typed the team is offered first: who is free, then others, then
// who is away, then groups. Contacts and numbers of recent calls follow, the latest
// first. Nobody stands there twice, and nobody is offered themselves.
func TestTheTeamIsOfferedFirst(t *testing.T) {
	d := newDirectory(t)
	d.SetContacts(anna, []sipgate.Contact{contact("Old Friend", "SHARED", "030 555001"), contact("Never Called", "SHARED", "030 555002"), contact("Mama", "PRIVATE", "030 555003")})
	d.setMembers(anna.Account, []Entry{
		{Name: "Anna", Number: "+492214710110", User: "w0", Presence: Available},
		{Name: "Away", Number: "+492214710111", User: "w1", Presence: Offline},
		{Name: "Busy", Number: "+492214710112", User: "w2", Presence: Available},
		{Name: "Quiet", Number: "+492214710113", User: "w3", Presence: DoNotDisturb},
		{Name: "Free", Number: "+492214710114", User: "w4", Presence: Available},
		{Name: "Free", Number: "+492214710115", User: "w4", Presence: Available},
	})
	d.AddRecent(anna, []Entry{
		{Number: "+4930555009", LastCallAt: noon}, {Number: "+4930555001", LastCallAt: noon.Add(-time.Minute)},
		{Number: "+4930555003", LastCallAt: noon.Add(-time.Hour)}, {Number: "+492214710111", LastCallAt: noon},
	})
	busy := States{OnCall: map[sipgate.UserID]bool{"w2": true}}
	if got, want := names(d.Offer(anna, busy)), "Free, Busy, Quiet, Away, Old Friend, Mama, +4930555009"; got != want {
		t.Errorf("offered %s, want %s", got, want)
	}
	if got, want := names(d.Offer(jonas, busy)), "Free, Anna, Busy, Quiet"; got != want && got != "Anna, Free, Busy, Quiet" {
		t.Errorf("a colleague is offered %s, want %s", got, want)
	}
}

// Favourites come first, in what is offered and in what is found, and only for whom
// they are: also one who is away.
func TestFavouritesComeFirst(t *testing.T) {
	d := newDirectory(t)
	d.setMembers(anna.Account, []Entry{
		{Name: "Kim Away", Number: "+492214710111", User: "w1", Presence: Offline},
		{Name: "Kim Busy", Number: "+492214710112", User: "w2", Presence: Available},
		{Name: "Kim Free", Number: "+492214710114", User: "w4", Presence: Available},
		{Name: "Kim Recent", Number: "+492214710115", User: "w5", Presence: Available},
	})
	d.AddRecent(anna, []Entry{{Number: "+492214710115", LastCallAt: noon}})
	states := States{OnCall: map[sipgate.UserID]bool{"w2": true}, Favourites: map[sipgate.UserID]bool{"w1": true, "w2": true}}
	for text, want := range map[string]string{"": "Kim Busy, Kim Away, Kim Recent, Kim Free", "kim": "Kim Away, Kim Busy, Kim Recent, Kim Free"} {
		found := d.Search(anna, text, MaxResults, states)
		if text == "" {
			found = d.Offer(anna, states)
		}
		if got := names(found); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		for _, e := range found {
			if e.Favourite != states.Favourites[e.User] {
				t.Errorf("%s is a favourite: %v", e.Name, e.Favourite)
			}
		}
	}
	if got := names(d.Search(anna, "kim free", 1, states)); got != "Kim Free" {
		t.Errorf("exactly searched for: %s", got)
	}
}

// What is offered of a large team, and of many calls, is a list that can be read.
func TestAnOfferIsShort(t *testing.T) {
	d := newDirectory(t)
	var members, recent []Entry
	for i := range 300 {
		members = append(members, Entry{Name: fmt.Sprint("Member ", i), Number: fmt.Sprintf("+49221%06d", i), User: sipgate.UserID(fmt.Sprint("w", i+1)), Presence: Available})
		recent = append(recent, Entry{Number: fmt.Sprintf("+4930%06d", i), LastCallAt: noon.Add(time.Duration(i) * time.Second)})
	}
	d.setMembers(anna.Account, members)
	d.AddRecent(anna, recent)
	offered := d.Offer(anna, States{})
	if n := len(offered); n != maxOfferedTeam+maxOfferedRecent || offered[n-maxOfferedRecent].Number != "+4930000299" {
		t.Errorf("%d are offered: %s", n, names(offered))
	}
}

// What is exactly searched for is marked, by name and by number.
func TestExactMatchesAreMarked(t *testing.T) {
	d := testDirectory(t)
	for text, want := range map[string]bool{"jonas keller": true, "jonas": false, "0221 4710111": true, "0221 4710": false, "muller": true} {
		if found := d.Search(anna, text, 1, States{}); len(found) != 1 || found[0].Exact != want {
			t.Errorf("%q finds %+v", text, found)
		}
	}
}

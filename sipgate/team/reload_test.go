package team

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
)

// storedOfTeam is what the stores answer of an account in whose team ada is.
type storedOfTeam struct {
	members     []Member
	preferences Preferences
	consent     Consent
	grant       GrantState
	platform    sipgate.Platform
	zone        string
	alarms      AlarmLimits
	greeting    string
	favourites  map[sipgate.UserID]bool
	relay       Relay
	arrivals    map[string]time.Time
}

func storedOf(s *Stores) storedOfTeam {
	return storedOfTeam{s.Members.List(ada.Account), s.Members.Preferences(ada), s.Members.DefaultConsent(ada.Account), s.Grants.State(ada),
		s.Capabilities.Get(ada.Account).Platform, s.Zones.Of(ada.Account).String(), s.Alarms.Of(ada.Account),
		s.Greetings.Of(ada.Account, "+4922147101"), s.Favourites.Of(ada), s.Relays.Of(ada.Account), s.Arrivals.Of(ada.Account)}
}

// A process that begins to act for a team knows all that the one before it stored, and
// the one before it forgets the team, and no other one.
func TestATeamMovesFromProcessToProcess(t *testing.T) {
	db, ctx := newTeamDB(t), t.Context()
	anyAccount, err := ParseAccounts("any")
	if err != nil {
		t.Fatal(err)
	}
	open := func() *Stores {
		s, err := OpenStores(ctx, db, testKey, &scriptedRefresher{}, Config{Accounts: anyAccount, OnDemand: true}, testLogger(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		return s
	}
	must := func(errs ...error) {
		t.Helper()
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	first, second := open(), open()
	stranger := MemberID{Account: "7654321", User: "w0"}
	must(first.Reload(ctx, ada.Account), first.Reload(ctx, stranger.Account))
	nothing := storedOf(second)
	for _, id := range []MemberID{ada, stranger} {
		_, err := first.Members.SignIn(ctx, id, "Ada", true)
		must(err, first.Grants.Put(ctx, id, sipgate.Tokens{Access: "a", Refresh: "r", Lifetime: time.Hour}))
	}
	must(first.Members.SavePreferences(ctx, ada, func(p *Preferences) error { p.Volume = 17; return nil }),
		first.Members.SetDefaultConsent(ctx, ada, Consent{AllowsLeads: true}),
		first.Capabilities.SetPlatform(ctx, ada.Account, sipgate.PlatformDetection{Platform: sipgate.Neo, Evidence: "token"}),
		first.Zones.Learn(ctx, ada.Account, []sipgate.User{{Timezone: "America/Lima"}}, nil, ""),
		first.Alarms.Set(ctx, ada.Account, AlarmLimits{Ringing: AlarmLimit{Amber: 7, Red: 9}}),
		first.Greetings.Set(ctx, ada.Account, "+4922147101", "Good day"),
		first.Favourites.Set(ctx, ada, "w1", true),
		first.Relays.Add(ctx, ada.Account, "https://crm.example.org/events"),
		first.Arrivals.Save(ctx, ada.Account, map[string]time.Time{"": time.UnixMilli(1_900_000_000_000)}))
	waiting, others := beginEntry(t, first.Audit, holdEntry(ada, "ROW")), beginEntry(t, first.Audit, holdEntry(stranger, "ROW"))

	before := storedOf(first)
	for i := range reflect.TypeFor[storedOfTeam]().NumField() {
		if was, is := fmt.Sprint(reflect.ValueOf(nothing).Field(i)), fmt.Sprint(reflect.ValueOf(before).Field(i)); is == was {
			t.Errorf("%s is %s, as if nothing was stored", reflect.TypeFor[storedOfTeam]().Field(i).Name, is)
		}
	}
	if got := storedOf(second); !reflect.DeepEqual(got, nothing) {
		t.Errorf("before it acts for the team, a process has %+v", got)
	}
	must(first.Forget(ctx, ada.Account), second.Reload(ctx, ada.Account))
	if got := storedOf(second); !reflect.DeepEqual(got, before) {
		t.Errorf("the next process has\n%+v, the one before it had\n%+v", got, before)
	}
	if got := storedOf(first); !reflect.DeepEqual(got, nothing) {
		t.Errorf("the process before keeps %+v", got)
	}
	if _, ok := first.Members.Get(stranger); !ok || first.Grants.State(stranger) != StateOK {
		t.Error("the process before forgets another team, too")
	}
	if got := second.Interrupted.Of(ada.Account); len(got) != 1 || got[0].ID != waiting || got[0].Outcome != OutcomeUnknown {
		t.Errorf("cut off: %+v", got)
	}
	must(first.Audit.End(ctx, others, OutcomeDone, 204, 0))
	if entries, err := first.Audit.query(ctx, `where id = $1`, others); err != nil || entries[0].Outcome != OutcomeDone {
		t.Errorf("another team's entry is %+v, %v", entries, err)
	}
}

// Any number of teams is read at the same time, while the members of others change: what
// is in memory afterwards is what is stored.
func TestTeamsAreReadBesideEachOther(t *testing.T) {
	db, ctx := newTeamDB(t), t.Context()
	anyAccount, err := ParseAccounts("any")
	if err != nil {
		t.Fatal(err)
	}
	m := newMembers(db, anyAccount)
	const teams, members = 6, 3
	account := func(i int) string { return fmt.Sprint(1000000 + i) }
	var work sync.WaitGroup
	for i := range teams {
		work.Go(func() {
			for n := range members {
				if _, err := m.SignIn(ctx, MemberID{Account: account(i), User: sipgate.UserID(fmt.Sprint("w", n))}, "Ada", n == 0); err != nil {
					t.Error(err)
				}
			}
		})
		work.Go(func() {
			for range 10 {
				if err := m.reload(ctx, account(teams+i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	stored, err := readSnapshot(ctx, db, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := m.current.Load(); len(got.members) != teams*members || !reflect.DeepEqual(got.members, stored.members) || got.owner == "" || got.owner != stored.owner {
		t.Errorf("in memory %+v, stored %+v", got, stored)
	}
}

package callhistory

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Whatever sipgate cannot filter is filtered here, and never beyond what the member
// may see.
func TestFiltersDecideOnEachEntry(t *testing.T) {
	f := newFixture(t)
	lead, agent := f.member(t, "w0", "Anna", team.Lead), f.member(t, "w1", "Jonas", team.Agent)
	own, err := f.Rosters.Of(f.account).Extensions(t.Context(), "w1")
	if err != nil || !own["w1"] {
		t.Fatal(own, err)
	}
	f.Private.Set(lead.MemberID, map[string]string{"+4930555001": "Grandma"})
	mine := sipgate.HistoryEntry{ID: "1", Incoming: true, Source: "+4930555001", Target: "+49221", Endpoints: []string{"w1"}, Note: "call back"}
	theirs := sipgate.HistoryEntry{ID: "2", Incoming: true, Source: "+4930777002", Target: "+49221", Endpoints: []string{"w2"}, Read: true}
	if len(mine.Extensions()) != 1 || len(theirs.Extensions()) != 1 {
		t.Fatal("the entries belong to nobody", mine.Extensions(), theirs.Extensions())
	}
	for name, c := range map[string]struct {
		who          team.Member
		filter       Filter
		mine, theirs bool
	}{
		"nothing":                   {lead, Filter{}, true, true},
		"of an agent":               {agent, Filter{}, true, false},
		"of oneself":                {agent, Filter{Member: "w1"}, true, false},
		"of a member":               {lead, Filter{Member: "w1"}, true, false},
		"unread":                    {lead, Filter{Unread: true}, true, false},
		"a part of the number":      {lead, Filter{NumberPart: "0777"}, false, true},
		"a number in no number":     {lead, Filter{NumberPart: "call back"}, false, false},
		"a text":                    {lead, Filter{Text: "BACK"}, true, false},
		"a name of one's own":       {lead, Filter{Text: "grandma"}, true, false},
		"a name of somebody else's": {agent, Filter{Text: "grandma"}, false, false},
		"two at once":               {lead, Filter{Unread: true, NumberPart: "0777"}, false, false},
	} {
		keep, err := f.condition(t.Context(), c.who, c.filter)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if keep == nil {
			keep = func(sipgate.HistoryEntry) bool { return true }
		}
		if keep(mine) != c.mine || keep(theirs) != c.theirs {
			t.Errorf("%s: %v and %v, want %v and %v", name, keep(mine), keep(theirs), c.mine, c.theirs)
		}
	}
	outgoing := mine
	outgoing.Incoming = false
	if keep, err := f.condition(t.Context(), lead, Filter{Unread: true}); err != nil || keep(outgoing) {
		t.Error("a call that the team made is new to it", err)
	}
	named := mine
	named.SourceAlias = "Praxis"
	if got := f.RemoteName(lead.MemberID, mine) + ", " + f.RemoteName(lead.MemberID, named) + ", " + f.RemoteName(agent.MemberID, mine); got != "Grandma, Praxis, " {
		t.Errorf("names: %s", got)
	}
}

// pastEntry lets a user have a call, and returns its entry and what the journal
// would know of it.
func (f *fixture) pastEntry(t *testing.T, user, from string) (sipgate.HistoryEntry, journal.Record) {
	t.Helper()
	begun := time.Now()
	f.pastCall(t, user, from)
	lead := team.Member{MemberID: team.MemberID{Account: f.account, User: "w0"}, Role: team.Lead}
	found, err := f.Search(t.Context(), lead, Filter{NumberPart: from}, 1)
	if err != nil || len(found.Items) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	e := found.Items[0]
	local, _ := e.Local()
	return e, journal.Record{Account: f.account, Row: "row" + switchboard.RowID(e.ID), CallIDs: []sipgate.CallID{e.CallID}, Direction: sipgate.Incoming,
		Remote: switchboard.Party{Number: from}, Local: switchboard.Party{Number: sipgate.NormalizeNumber(local)}, Started: begun, Ended: time.Now()}
}

// A change whose answer is lost may have been made. It is said so, and not made
// again.
func TestALostAnswerToAChangeIsUnknown(t *testing.T) {
	f := newFixture(t)
	lead := f.member(t, "w0", "Anna", team.Lead)
	e, _ := f.pastEntry(t, "w1", "+4930555001")
	star := true
	for do, unknown := range map[string]bool{simulator.DoResetAfter: true, simulator.DoStatus: false} {
		f.sim.ClearFaults()
		if _, err := f.sim.AddFault(simulator.Fault{Do: do, Status: 403, Path: "/v2/history/" + e.ID, Method: "PUT"}); err != nil {
			t.Fatal(err)
		}
		err := f.Change(t.Context(), lead, e, sipgate.EntryChange{Starred: &star})
		if err == nil || errors.Is(err, switchboard.ErrOutcomeUnknown) != unknown {
			t.Errorf("%s: %v", do, err)
		}
	}
	f.sim.ClearFaults()
	if err := f.Change(t.Context(), lead, e, sipgate.EntryChange{Starred: &star}); err != nil {
		t.Error(err)
	}
}

// Leads see entries and calls even while it is not known whose devices are whose;
// everyone else sees none then.
func TestWithoutTheRosterOnlyLeadsSeeTheHistory(t *testing.T) {
	f := newFixture(t)
	lead, agent := f.member(t, "w0", "Anna", team.Lead), f.member(t, "w1", "Jonas", team.Agent)
	e, record := f.pastEntry(t, "w1", "+4930555001")
	record.Members = []switchboard.MemberID{"w2"}
	f.Rosters.Close()
	if _, own, err := f.Entry(t.Context(), lead, e.ID); err != nil || own {
		t.Errorf("the lead: own %v, %v", own, err)
	}
	if _, _, err := f.Entry(t.Context(), agent, e.ID); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("the agent: %v", err)
	}
	if !f.Sees(t.Context(), lead, record) || f.Sees(t.Context(), agent, record) {
		t.Error("the agent sees the call, or the lead does not")
	}
	if _, err := f.Search(t.Context(), agent, Filter{}, 1); err == nil {
		t.Error("the agent searches everything")
	}
	if _, err := f.Export(t.Context(), agent, Filter{}, func(sipgate.HistoryEntry) bool { t.Error("an entry"); return true }); err == nil {
		t.Error("the agent exports everything")
	}
	if _, err := f.Export(context.Background(), lead, Filter{}, func(sipgate.HistoryEntry) bool { return false }); err != nil {
		t.Errorf("the lead's export afterwards: %v", err)
	}
}

// sipgate may list a call some minutes after its end, not while it lasts and not
// for ever.
func TestACallMayStillBeListedForSomeMinutes(t *testing.T) {
	now := time.Now()
	for ended, want := range map[time.Time]bool{{}: false, now: true, now.Add(-listingDelay + time.Minute): true, now.Add(-listingDelay - time.Second): false} {
		if got := MayStillBeListed(journal.Record{Ended: ended}); got != want {
			t.Errorf("ended %v: %v", ended, got)
		}
	}
}

// An open page gets the new entries that fit its filter and its reader, once.
func TestUpdatesFitTheFilterAndTheReader(t *testing.T) {
	f := newFixture(t)
	lead, agent := f.member(t, "w0", "Anna", team.Lead), f.member(t, "w2", "Mira", team.Agent)
	e, _ := f.pastEntry(t, "w1", "+4930555001")
	for name, c := range map[string]struct {
		who    team.Member
		filter Filter
		want   bool
	}{
		"all": {lead, Filter{}, true}, "another's": {agent, Filter{}, false}, "a filter of sipgate's": {lead, Filter{HistoryQuery: sipgate.HistoryQuery{Types: []string{"FAX"}}}, false},
		"a filter of ours": {lead, Filter{Text: "nowhere"}, false},
	} {
		found, until, err := f.Updates(t.Context(), c.who, c.filter, time.Now().Add(-time.Hour))
		got := false
		for _, x := range found {
			got = got || x.ID == e.ID
		}
		if err != nil || got != c.want || until.Before(time.Now().Add(-time.Minute)) {
			t.Errorf("%s: %v until %v, %v", name, got, until, err)
		}
		if again, _, err := f.Updates(t.Context(), c.who, c.filter, until); err != nil || len(again) > 0 {
			t.Errorf("%s, again: %d entries, %v", name, len(again), err)
		}
	}
}

// However many pages of a team are open, they share what is asked of sipgate.
func TestOpenPagesOfATeamShareTheUpdates(t *testing.T) {
	f := newFixture(t)
	lead := f.member(t, "w0", "Anna", team.Lead)
	e, _ := f.pastEntry(t, "w1", "+4930555001")
	before := len(f.sim.Requests())
	for range 5 {
		found, _, err := f.Updates(t.Context(), lead, Filter{}, time.Now().Add(-time.Hour))
		if err != nil || !slices.ContainsFunc(found, func(x sipgate.HistoryEntry) bool { return x.ID == e.ID }) {
			t.Fatalf("%+v, %v", found, err)
		}
	}
	asked := 0
	for _, r := range f.sim.Requests()[before:] {
		if r.Path == "/v2/history" {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("5 pages became %d requests", asked)
	}
}

// On neo, each reader gets what their own access shows: what is in a private channel
// goes to its user alone, whoever's page asked first, and leads do not get it either.
func TestUpdatesOfPrivateChannelsAreTheirUsers(t *testing.T) {
	f := newFixture(t)
	p, err := f.sim.Platform(f.account)
	if p.Name, p.History = simulator.PlatformNeo, simulator.HistoryEmpty; err != nil || f.sim.SetPlatform(f.account, p) != nil {
		t.Fatal(err)
	}
	plain, histories := f.Client, map[team.MemberID]*sipgate.ChannelHistory{}
	f.Client = func(m team.MemberID) *sipgate.Client {
		c := plain(m)
		if histories[m] == nil {
			histories[m] = sipgate.NewChannelHistory(func(ctx context.Context) ([]sipgate.Channel, error) { return f.Rosters.Of(m.Account).Channels(ctx) })
		}
		c.ChannelHistory = histories[m]
		return c
	}
	lead, agent := f.member(t, "w0", "Anna", team.Lead), f.member(t, "w1", "Jonas", team.Agent)
	rings := func(to string) {
		t.Helper()
		id, err := f.sim.Ring(simulator.NewCall{From: "+4930555001", To: to, State: "established"})
		if err != nil || f.sim.HangUp(id, "") != nil {
			t.Fatal(err)
		}
	}
	rings("+492214710111") // Jonas' own channel
	rings("+492214710110") // Anna's own channel
	all := time.Now().Add(-time.Hour)
	targets := func(entries []sipgate.HistoryEntry, err error) (targets []string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			targets = append(targets, sipgate.NormalizeNumber(e.Target))
		}
		return targets
	}
	for _, c := range []struct {
		who  team.Member
		want string
	}{{agent, "+492214710111"}, {lead, "+492214710110"}, {agent, "+492214710111"}} {
		found, _, err := f.Updates(t.Context(), c.who, Filter{}, all)
		if got := targets(found, err); !slices.Equal(got, []string{c.want}) {
			t.Errorf("updates of %s: %v", c.who.User, got)
		}
		known, err := f.Known(t.Context(), c.who, Filter{}, 10)
		if got := targets(known, err); !slices.Equal(got, []string{c.want}) {
			t.Errorf("known to %s: %v", c.who.User, got)
		}
	}
}

package callcontrol

import (
	"errors"
	"slices"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
	"callboard/web/database/databasetest"
)

// pushSettings returns what sipgate has for the actor's account.
func (f *fixture) pushSettings(a Actor) sipgate.PushSettings {
	f.t.Helper()
	s, err := f.ClientOf(a.MemberID).PushSettings(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

// exec changes the database, as what goes wrong with it does.
func (f *fixture) exec(query string) {
	f.t.Helper()
	if _, err := f.db.Exec(query); err != nil {
		f.t.Fatal(err)
	}
}

// Whoever sets our addresses gets back those that they replaced, also after
// setting them twice. Nothing else of the settings changes.
func TestReplacedWebhooksArePutBack(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w0", true)
	before := f.pushSettings(a)
	before.IncomingURL, before.OutgoingURL = "https://crm.example/in", "https://crm.example/out"
	if err := f.ClientOf(a.MemberID).SetPushSettings(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	check := func(when string, set bool, previous team.WebhookURLs, now sipgate.PushSettings) {
		t.Helper()
		w, err := f.WebhooksOf(t.Context(), a)
		if err != nil || w.ReadErr != nil || w.Set() != set || w.Previous != previous || w.Ours != f.PushURL(a.Account) {
			t.Errorf("%s: %+v, %v", when, w, err)
		}
		if got := f.pushSettings(a); got.IncomingURL != now.IncomingURL || got.OutgoingURL != now.OutgoingURL || w.Now != (team.WebhookURLs{Incoming: now.IncomingURL, Outgoing: now.OutgoingURL}) {
			t.Errorf("%s: sipgate has %+v, shown %+v", when, got, w.Now)
		}
	}
	ours, theirs := before, team.WebhookURLs{Incoming: before.IncomingURL, Outgoing: before.OutgoingURL}
	ours.IncomingURL, ours.OutgoingURL = f.PushURL(a.Account), f.PushURL(a.Account)
	check("before", false, team.WebhookURLs{}, before)
	for range 2 {
		if err := f.SetWebhooks(t.Context(), a, true); err != nil {
			t.Fatal(err)
		}
		check("set", true, theirs, ours)
	}
	half := ours // somebody took one of the two back
	half.OutgoingURL = "https://other.example/"
	if err := f.ClientOf(a.MemberID).SetPushSettings(t.Context(), half); err != nil {
		t.Fatal(err)
	}
	check("half", false, theirs, half)
	f.fails(403, "/v2/settings/sipgateio")
	if err := f.SetWebhooks(t.Context(), a, false); sipgate.KindOf(err) != sipgate.Forbidden {
		t.Errorf("refused: %v", err)
	}
	if w, err := f.WebhooksOf(t.Context(), a); err != nil || sipgate.KindOf(w.ReadErr) != sipgate.Forbidden || w.Previous != theirs || w.Set() {
		t.Errorf("unreadable: %+v, %v", w, err)
	}
	f.sim.ClearFaults()
	if _, err := f.sim.AddFault(simulator.Fault{Do: simulator.DoStatus, Status: 503, Method: "PUT", Path: "/v2/settings/sipgateio"}); err != nil {
		t.Fatal(err)
	}
	if err := f.SetWebhooks(t.Context(), a, false); sipgate.KindOf(err) != sipgate.Unavailable {
		t.Errorf("failed: %v", err)
	}
	f.sim.ClearFaults()
	check("after failures", false, theirs, half)
	if err := f.SetWebhooks(t.Context(), a, false); err != nil {
		t.Fatal(err)
	}
	check("removed", false, team.WebhookURLs{}, before)
	rows := f.auditRows(a)
	for _, was := range []struct{ incoming, outgoing string }{{ours.IncomingURL, half.OutgoingURL}, {half.OutgoingURL, ours.OutgoingURL}, {ours.IncomingURL, ours.OutgoingURL}} {
		settings, kept := before, team.WebhookURLs{Incoming: was.incoming, Outgoing: was.outgoing}
		settings.IncomingURL, settings.OutgoingURL = was.incoming, was.outgoing
		if kept == (team.WebhookURLs{Incoming: ours.IncomingURL, Outgoing: ours.OutgoingURL}) {
			kept = team.WebhookURLs{} // ours replace nothing
		}
		err := errors.Join(f.ReplacedWebhooks.Forget(t.Context(), a.Account), f.ClientOf(a.MemberID).SetPushSettings(t.Context(), settings), f.SetWebhooks(t.Context(), a, true))
		if err != nil {
			t.Fatal(err)
		}
		check("set over "+was.incoming+" "+was.outgoing, true, kept, ours)
	}
	if last := rows[0]; last.Action != team.ManageWebhooks || last.Parameters != "remove" || last.Outcome != team.OutcomeDone || rows[1].Outcome != team.OutcomeFailed {
		t.Errorf("audit %+v", rows[:2])
	}
	if first := rows[len(rows)-1]; first.Parameters != "set" || first.Outcome != team.OutcomeDone {
		t.Errorf("audit %+v", first)
	}
}

// The program at whose address Callboard's is set gets the events from then on, until
// it gets them from sipgate again. What an admin adds or removes beside is in the audit,
// without the address, which may be secret.
func TestReplacedProgramsGetTheEventsFromUs(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w0", true)
	theirs := f.pushSettings(a)
	theirs.IncomingURL, theirs.OutgoingURL = "https://crm.example/in?key=1", "https://crm.example/out"
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	addresses := func() (all []string) {
		for _, x := range f.Relays.Of(a.Account).Addresses {
			all = append(all, x.URL)
		}
		return all
	}
	must(f.ClientOf(a.MemberID).SetPushSettings(t.Context(), theirs))
	must(f.SetWebhooks(t.Context(), a, true))
	if got := addresses(); !slices.Equal(got, []string{"https://crm.example/in?key=1", "https://crm.example/out"}) {
		t.Errorf("set up: %q", got)
	}
	must(f.AddRelay(t.Context(), a, "https://other.example/secret"))
	must(f.SetRelayAnswers(t.Context(), a, true))
	must(f.RemoveRelay(t.Context(), a, team.RelayAddress{URL: "https://crm.example/out"}.ID()))
	must(f.RemoveRelay(t.Context(), a, "no such"))
	must(f.SetWebhooks(t.Context(), a, true)) // what an admin removed does not come back
	if got := addresses(); !slices.Equal(got, []string{"https://crm.example/in?key=1", "https://other.example/secret"}) || !f.Relays.Of(a.Account).Answers {
		t.Errorf("changed: %q", got)
	}
	must(f.SetWebhooks(t.Context(), a, false))
	if got := addresses(); !slices.Equal(got, []string{"https://other.example/secret"}) || f.Relays.Of(a.Account).Answers {
		t.Errorf("put back: %q", got)
	}
	var entries []string
	for _, row := range f.auditRows(a) {
		if row.Action == team.ManageRelay {
			entries = append(entries, row.Parameters+" "+row.Parties)
		}
	}
	if want := []string{"remove crm.example", "answers on ", "add other.example"}; !slices.Equal(entries, want) {
		t.Errorf("audit: %q, want %q", entries, want)
	}
}

// Addresses that could not be kept are not replaced: nobody could put them back.
func TestWebhooksThatCannotBeKeptAreNotReplaced(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w0", true)
	theirs := f.pushSettings(a)
	theirs.IncomingURL = "https://crm.example/in"
	if err := f.ClientOf(a.MemberID).SetPushSettings(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	databasetest.Refuse(t, f.db, "full", "team_hook", "insert")
	if err := f.SetWebhooks(t.Context(), a, true); err == nil || f.pushSettings(a).IncomingURL != "https://crm.example/in" {
		t.Errorf("%v, sipgate has %+v", err, f.pushSettings(a))
	}
	f.exec(`drop table team_hook`)
	if _, err := f.WebhooksOf(t.Context(), a); err == nil {
		t.Error("the store's error is hidden")
	}
	if err := f.SetWebhooks(t.Context(), a, false); err == nil || f.pushSettings(a).IncomingURL != "https://crm.example/in" {
		t.Errorf("%v, sipgate has %+v", err, f.pushSettings(a))
	}
}

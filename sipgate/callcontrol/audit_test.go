package callcontrol

import (
	"slices"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/web/database/databasetest"
)

// outcomes follows the outcomes that rows of the audit get one after the other.
func (f *fixture) outcomes() func() []string {
	f.t.Helper()
	databasetest.NeedsSQLite(f.t) // its triggers
	if _, err := f.db.Exec(`create table steps (outcome text);
		create trigger follow after update on audit begin insert into steps values (new.outcome); end`); err != nil {
		f.t.Fatal(err)
	}
	return func() (all []string) {
		f.t.Helper()
		rows, err := f.db.Query(`select outcome from steps order by rowid`)
		if err != nil {
			f.t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				f.t.Fatal(err)
			}
			all = append(all, s)
		}
		return all
	}
}

// A delayed hang-up is recorded a second time before it is sent. If the audit
// does not take that, the call goes on.
func TestDelayedHangUpIsSentOnlyWithASecondRecord(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w1", true)
	steps := f.outcomes()
	soon := switchboard.Command{Action: switchboard.HangUp{GracePeriod: time.Millisecond}}

	databasetest.NeedsSQLite(t) // its triggers
	kept := f.connectedCall(a)
	if _, err := f.db.Exec(`create trigger full before update on audit when new.outcome = 'begun' begin select raise(abort, 'full'); end`); err != nil {
		t.Fatal(err)
	}
	if err := f.Execute(t.Context(), a, kept, soon); err != nil {
		t.Fatal(err)
	}
	awaitThat(t, "outcome of the hang-up that was not recorded", func() bool { return f.auditRows(a)[0].Outcome == team.OutcomeFailed })
	if n := f.asked("/v2/calls/" + string(kept.CallID)); n != 0 {
		t.Errorf("%d requests were sent without a record", n)
	}
	if _, err := f.db.Exec(`drop trigger full`); err != nil {
		t.Fatal(err)
	}
	if err := f.Execute(t.Context(), a, kept, soon); err != nil {
		t.Fatal(err)
	}
	awaitThat(t, "outcome of the hang-up", func() bool { return f.auditRows(a)[0].Outcome == team.OutcomeDone })
	if got, want := steps(), []string{team.OutcomeFailed, team.OutcomeBegun, team.OutcomeDone}; !slices.Equal(got, want) {
		t.Errorf("steps %q, want %q", got, want)
	}
}

// Where a lead's own access does not reach a call, the owner's carries the
// command, and the audit names both.
func TestCommandsThroughAColleagueAreSentWithTheirAccess(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	f.signIn("w0", true)
	f.enter("w0")
	lead, owner := f.enter("w2"), f.enter("w1")
	lead.Role = team.Lead
	call := f.connectedCall(owner)
	if slices.Contains(call.VisibleTo, lead.BoardID()) {
		t.Fatalf("the lead's list shows the call: %v", call.VisibleTo)
	}
	if err := f.Execute(t.Context(), lead, call, switchboard.Command{Action: switchboard.Hold{On: true}}); err != nil {
		t.Fatal(err)
	}
	if row := f.auditRows(lead)[0]; row.By != lead.MemberID || row.Via != owner.MemberID || row.Outcome != team.OutcomeDone {
		t.Errorf("audit %+v", row)
	}
	if last := f.current(lead, call).LastCommand; last == nil || last.By != lead.BoardID() || last.Via != owner.BoardID() {
		t.Errorf("the board says %+v", last)
	}
}

// The audit says what was done with which values, but not keypad digits, which
// may be secrets.
func TestParametersOfCommands(t *testing.T) {
	yes, no := true, false
	note := "secret"
	for _, test := range []struct{ got, want string }{
		{parameters(switchboard.Hold{On: true}), "on"}, {parameters(switchboard.Hold{}), "off"},
		{parameters(switchboard.Mute{On: true}), "on"}, {parameters(switchboard.Mute{}), "off"},
		{parameters(switchboard.Record{On: true, Announce: true}), "on"}, {parameters(switchboard.Record{On: true}), "on silent"},
		{parameters(switchboard.Record{Announce: true}), "off"}, {parameters(switchboard.Record{}), "off"},
		{parameters(switchboard.TransferTo{Transfer: sipgate.Transfer{To: "+4930555001", Attended: true}}), "to +4930555001 attended"},
		{parameters(switchboard.TransferTo{Transfer: sipgate.Transfer{To: "+4930555001"}}), "to +4930555001"},
		{parameters(switchboard.Tones{Digits: "12#"}), team.TonesParameters("12#")},
		{parameters(switchboard.Announce{Title: "Holidays", URL: "https://x"}), "Holidays"}, {parameters(switchboard.HangUp{}), ""},
		{changeParameters(sipgate.EntryChange{Starred: &yes}), "star on"}, {changeParameters(sipgate.EntryChange{Starred: &no}), "star off"},
		{changeParameters(sipgate.EntryChange{Archived: &yes}), "archive on"}, {changeParameters(sipgate.EntryChange{Read: &no}), "read off"},
		{changeParameters(sipgate.EntryChange{Note: &note}), "note"},
	} {
		if test.got != test.want {
			t.Errorf("%q, want %q", test.got, test.want)
		}
	}
}

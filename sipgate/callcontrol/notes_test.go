package callcontrol

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// A note is written by who may write it, on a call that they may see, and stays
// with the call after its end. A refused one is recorded and not written.
func TestNotesAreWrittenByThoseWhoMay(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	owner, other := f.signIn("w1", false), f.signIn("w2", false)
	call := f.connectedCall(owner)
	f.awaitRecord(owner, call, func(journal.Record) bool { return true })
	write := func(a Actor, text string, ok bool) {
		t.Helper()
		r, err := f.RecordedCall(t.Context(), a, call.ID)
		ctx, closeTab := context.WithCancel(t.Context())
		closeTab() // the member has clicked
		if err == nil {
			err = f.AddNote(ctx, a, r, text)
		}
		if (err == nil) != ok || !ok && !errors.As(err, new(team.Denied)) && !errors.Is(err, switchboard.ErrNoCall) {
			t.Errorf("%s writes: %v", a.User, err)
		}
	}
	viewer := owner
	viewer.Role = team.Viewer
	write(owner, "calls back", true)
	write(viewer, "no", false)
	write(other, "no", false)
	if rows := f.auditRows(owner); len(rows) != 3 || rows[0].Outcome != team.OutcomeDenied || rows[0].By != other.MemberID || rows[2].Action != team.WriteNote || rows[2].Outcome != team.OutcomeDone || rows[2].Parameters != "" {
		t.Errorf("audit %+v", rows)
	}
	if err := f.Execute(t.Context(), owner, call, switchboard.Command{Action: switchboard.HangUp{}}); err != nil {
		t.Fatal(err)
	}
	awaitThat(t, "end of the call", func() bool {
		f.Board(owner).Poll(t.Context())
		return f.current(owner, call).Phase == switchboard.Ended
	})
	f.awaitRecord(owner, call, func(r journal.Record) bool { return !r.Ended.IsZero() })
	f.restartBoards()
	write(owner, "afterwards", true)
	write(viewer, "no", false)
	write(other, "no", false)
	r, err := f.RecordedCall(t.Context(), owner, call.ID)
	var notes []string
	for _, e := range r.Record.Entries {
		if e.Kind == journal.Noted {
			notes = append(notes, e.Name+": "+e.Detail)
		}
	}
	if err != nil || fmt.Sprint(notes) != "[Member w1: calls back Member w1: afterwards]" || r.OnBoard || !r.Recorded || r.Phase != switchboard.Ended {
		t.Errorf("notes %q, %+v, %v", notes, r, err)
	}
	if r, err := f.RecordedCall(t.Context(), other, call.ID); !errors.Is(err, switchboard.ErrNoCall) || r.Recorded {
		t.Errorf("somebody else: %+v, %v", r, err)
	}
	f.exec(`drop table journal_rows`)
	if _, err := f.RecordedCall(t.Context(), owner, call.ID); err == nil || errors.Is(err, switchboard.ErrNoCall) {
		t.Errorf("without the journal: %v", err)
	}
}

// awaitRecord waits until the journal has a call, as ok wants it.
func (f *fixture) awaitRecord(a Actor, call switchboard.Call, ok func(journal.Record) bool) {
	f.t.Helper()
	awaitThat(f.t, "journal of the call", func() bool {
		r, err := f.Journal.Record(f.t.Context(), a.Account, call.ID)
		return err == nil && ok(r)
	})
}

// Entries of the history are changed by who may: one's own with the one permission,
// those of others with the other. The audit has both, without the text of a note.
func TestChangesOfEntriesNeedTheRightPermission(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w1", false)
	id, err := f.sim.Ring(simulator.NewCall{From: "+4930555001", To: "+492214710111", Users: []string{"w1"}, State: "established"})
	if err == nil {
		err = f.sim.HangUp(id, "")
	}
	page, listErr := f.ClientOf(a.MemberID).History(t.Context(), sipgate.HistoryQuery{Limit: 1})
	if err != nil || listErr != nil || len(page.Items) != 1 {
		t.Fatal(err, listErr, page)
	}
	entry, star := page.Items[0], true
	for _, c := range []struct {
		role team.Role
		own  bool
		ok   bool
		p    team.Permission
	}{{team.Viewer, true, false, team.EditOwnHistory}, {team.Agent, true, true, team.EditOwnHistory}, {team.Agent, false, false, team.EditAllHistory}, {team.Lead, false, true, team.EditAllHistory}} {
		who := a
		who.Role = c.role
		before := f.asked("/v2/history/" + entry.ID)
		ctx, closeTab := context.WithCancel(t.Context())
		closeTab()
		err := f.ChangeEntry(ctx, who, entry, c.own, sipgate.EntryChange{Starred: &star})
		if sent := f.asked("/v2/history/"+entry.ID) - before; (err == nil) != c.ok || (sent == 1) != c.ok || !c.ok && !errors.As(err, new(team.Denied)) {
			t.Errorf("%v, own %v: %v, %d requests", c.role, c.own, err, sent)
		}
		row := f.auditRows(a)[0]
		if want := map[bool]string{false: team.OutcomeDenied, true: team.OutcomeDone}[c.ok]; row.Action != c.p || row.Outcome != want || row.Call != "history "+entry.ID || c.ok && row.Parameters != "star on" {
			t.Errorf("%v, own %v: audit %+v", c.role, c.own, row)
		}
		if want := "+4930555001 / Jonas Keller (+492214710111)"; row.Parties != want {
			t.Errorf("parties %q, want %q", row.Parties, want)
		}
	}
}

// The audit says how an action ended, and what sipgate answered.
func TestOutcomesOfActions(t *testing.T) {
	refused := &sipgate.Error{Kind: sipgate.Forbidden, Status: 403}
	for _, c := range []struct {
		err    error
		want   string
		status int
	}{
		{nil, team.OutcomeDone, 0}, {refused, team.OutcomeFailed, 403}, {errors.New("x"), team.OutcomeFailed, 0}, {switchboard.ErrUndone, team.OutcomeCancelled, 0},
		{fmt.Errorf("%w", switchboard.ErrBoardClosed), team.OutcomeCancelled, 0}, {fmt.Errorf("%w: %w", switchboard.ErrOutcomeUnknown, refused), team.OutcomeUnknown, 403},
	} {
		if got, status := outcome(c.err), upstreamStatus(c.err); got != c.want || status != c.status {
			t.Errorf("%v: %q, %d", c.err, got, status)
		}
	}
}

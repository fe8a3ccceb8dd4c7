package switchboard

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// consulting returns a board on which the call with Jennifer waits while the
// target is consulted, and the newCall event of the target's leg.
func consulting(t *testing.T, event bool) (b *Board, u *fakeSipgate, row RowID, toTarget sipgate.Event) {
	t.Helper()
	u = newFakeSipgate()
	u.consults = true
	b = newBoard(t, u, "w0")
	b.Observe(toDoc)
	b.Observe(answer(toDoc, "Doc"))
	u.add("A", jennifer, doc)
	pollAll(t, b)
	row = onlyCall(t, b).ID
	to := TransferTo{sipgate.Transfer{To: "+" + target, Attended: true}}
	if err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: to}); err != nil {
		t.Fatal(err)
	}
	toTarget = withOrigin(withDiversion(newCall("T", sipgate.Outgoing, jennifer, target), doc), "A", "")
	if event {
		b.Observe(toTarget)
	}
	pollAll(t, b)
	return b, u, row, toTarget
}

func cancelConsultation(row RowID) Command {
	return Command{By: "w0", Call: row, Action: CancelConsultation{}}
}

// The board shows exactly what is known of a consultation, and the row stays
// the same, with the same parties, however it ends.
func TestConsultation(t *testing.T) {
	for _, test := range []struct {
		name   string
		event  bool
		then   func(b *Board, u *fakeSipgate, e sipgate.Event)
		state  ConsultationState
		about  bool
		called bool // the target's leg is known and live
		over   bool
	}{
		{name: "no event", state: ConsultationRequested, about: true},
		{name: "rings", event: true, state: ConsultationRinging, called: true},
		{name: "not answered", event: true, state: ConsultationUnanswered, then: func(b *Board, _ *fakeSipgate, e sipgate.Event) { b.Observe(hangup(e, "noAnswer")) }},
		{name: "busy, events at once", state: ConsultationUnanswered, then: func(b *Board, _ *fakeSipgate, e sipgate.Event) { b.Observe(e); b.Observe(hangup(e, "busy")) }},
		{name: "answered, and the call waits", event: true, state: ConsultationAnswered, called: true, then: func(b *Board, u *fakeSipgate, e sipgate.Event) {
			b.Observe(answer(e, ""))
			u.add("T", jennifer, target)
		}},
		{name: "answered and gone", event: true, state: ConsultationHungUp, then: func(b *Board, _ *fakeSipgate, e sipgate.Event) {
			b.Observe(answer(e, ""))
			b.Observe(hangup(e, "normalClearing"))
		}},
		{name: "taken over", event: true, over: true, then: func(b *Board, u *fakeSipgate, e sipgate.Event) {
			b.Observe(answer(e, ""))
			b.Observe(hangup(toDoc, "normalClearing"))
			u.remove("A")
			u.add("T", jennifer, target)
		}},
		{name: "retrieved", over: true, then: func(b *Board, _ *fakeSipgate, _ sipgate.Event) {
			b.Execute(context.Background(), hold(b.Snapshot().Calls[0].ID, false))
		}},
		{name: "retrieved while it rings", event: true, state: ConsultationRinging, called: true, then: func(b *Board, _ *fakeSipgate, _ sipgate.Event) {
			b.Execute(context.Background(), hold(b.Snapshot().Calls[0].ID, false))
		}},
		{name: "rings without end", event: true, state: ConsultationRequested, about: true, then: func(*Board, *fakeSipgate, sipgate.Event) { time.Sleep(ringingTimeout + time.Second) }},
		{name: "another transfer", event: true, state: ConsultationRequested, about: true, then: func(b *Board, _ *fakeSipgate, e sipgate.Event) {
			b.Observe(hangup(e, "busy"))
			to := TransferTo{sipgate.Transfer{To: "+" + marty, Attended: true}}
			b.Execute(context.Background(), Command{By: "w0", Call: b.Snapshot().Calls[0].ID, Action: to})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, u, row, e := consulting(t, test.event)
				if test.then != nil {
					test.then(b, u, e)
				}
				pollAll(t, b)
				pollAll(t, b)
				c := onlyCall(t, b)
				if c.ID != row || c.Phase != Connected {
					t.Fatalf("row = %+v", c)
				}
				switch x := c.Consultation; {
				case test.over != (x == nil):
					t.Errorf("consultation %+v, over %v", x, test.over)
				case x != nil && (x.State != test.state || x.Approximate != test.about || x.Cancellable != test.called || x.By != "w0" || x.Since.IsZero()):
					t.Errorf("consultation %+v", x)
				case test.over == false && (len(c.RingsAt) > 0) != (x.State == ConsultationRinging && len(b.owners(b.findRow(row).consultedLeg())) > 0):
					t.Errorf("in state %v it rings at %v", x.State, c.RingsAt)
				case x != nil && c.Remote.Number != "+"+jennifer:
					t.Errorf("the call waits with %v", c.Remote)
				}
			})
		})
	}
}

// The consultation ends once, and the call stays on hold.
func TestCancelConsultation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, u, row, e := consulting(t, true)
		u.add("T", jennifer, target)
		u.setFault(func(string, MemberID) fault { return fault{} })
		if err := b.Execute(t.Context(), cancelConsultation(row)); err != nil {
			t.Fatal(err)
		}
		b.Observe(hangup(e, "cancel"))
		pollAll(t, b)
		c := onlyCall(t, b)
		if c.ID != row || !c.Hold.On || c.CallID != "A" || c.Consultation == nil || c.Consultation.State != ConsultationCancelled || c.Consultation.Cancellable {
			t.Errorf("row = %+v, consultation %+v", c, c.Consultation)
		}
		if c.LastCommand.Verb != VerbCancelConsultation || c.LastCommand.Outcome != Confirmed {
			t.Errorf("last command %+v", c.LastCommand)
		}
		if err := b.Execute(t.Context(), cancelConsultation(row)); err != ErrEnded {
			t.Errorf("again: %v", err)
		}
		if got := u.sent(); !slices.Equal(got, []string{"transfer A +" + target + " true", "hangup T"}) {
			t.Errorf("sent %v", got)
		}
	})
}

// Without an event the leg to end is unknown.
func TestCancelConsultationWithoutEvent(t *testing.T) {
	b, u, row, _ := consulting(t, false)
	if err := b.Execute(t.Context(), cancelConsultation(row)); err != ErrEnded {
		t.Error(err)
	}
	if got := u.sent(); len(got) != 1 {
		t.Errorf("sent %v", got)
	}
}

package journal

import (
	"slices"
	"testing"
	"testing/synctest"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// as returns an event with the ids of its users.
func as(e sipgate.Event, ids ...sipgate.UserID) sipgate.Event {
	e.UserIDs = ids
	return e
}

func TestMembersOfACallAreKeptByID(t *testing.T) {
	toGroup := as(newCall("A", sipgate.Incoming, jennifer, group, "Doc", "Marty"), "w0", "w1")
	onward := as(diverted(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), doc), "w1")
	for _, test := range []struct {
		name   string
		events []sipgate.Event
		want   []switchboard.MemberID
	}{
		{"answered by one of a group", []sipgate.Event{
			toGroup, as(answer(toGroup, "Marty"), "w1"), hangup(toGroup, "normalClearing"),
		}, []switchboard.MemberID{"w1"}},
		{"missed by a group", []sipgate.Event{toGroup, hangup(toGroup, "cancel")}, []switchboard.MemberID{"w0", "w1"}},
		{"transferred to a colleague", []sipgate.Event{
			as(toDoc, "w0"), as(answer(toDoc, "Doc"), "w0"), onward, as(answer(onward, "Marty"), "w1"),
			hangup(toDoc, "normalClearing"), hangup(onward, "normalClearing"),
		}, []switchboard.MemberID{"w0", "w1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := openBoard(t, newJournal(t, openDB(t, tempFile(t))), ours)
				x.observe(test.events[0])
				row := x.Snapshot().Calls[0].ID
				x.observe(test.events[1:]...)
				x.stop()
				r, err := x.j.Record(t.Context(), ours, row)
				if err != nil || !slices.Equal(r.Members, test.want) {
					t.Errorf("members %v, %v; want %v", r.Members, err, test.want)
				}
			})
		})
	}
}

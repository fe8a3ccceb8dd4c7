package views

import (
	"fmt"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// The headings count the calls that have not ended. A call that has ended stays in
// its section until it disappears. Calls of others that are hidden stay in the page
// and do not count.
func TestBoardCountsLiveCalls(t *testing.T) {
	var b BoardModel
	if !b.empty() {
		t.Error("a board without calls has some")
	}
	missed, held := testCall(t, "ringing"), testCall(t, "talking")
	missed.Phase, held.Hold.On = switchboard.Ended, true
	for _, c := range []switchboard.Call{testCall(t, "ringing"), missed, testCall(t, "talking"), testCall(t, "recording"), held} {
		b.Add(&c, RenderedRow("<li class>"+c.ID), Allowed{})
	}
	if b.Live != [4]int{1, 2, 1} || b.empty() {
		t.Errorf("%d live, empty %v", b.Live, b.empty())
	}
	for section, want := range map[switchboard.Section]int{switchboard.SectionRinging: 2, switchboard.SectionActive: 2, switchboard.SectionHeld: 1} {
		if n := len(b.Sections[section]); n != want {
			t.Errorf("section %s has %d rows, want %d", sectionNames[section], n, want)
		}
	}
	b.HideCallsOfOthers("nobody")
	if b.Live != [4]int{} || b.HiddenCalls != 5 || !strings.HasPrefix(string(b.Sections[1][0]), "<li hidden class>") {
		t.Errorf("hidden: %d live, %d hidden, %s", b.Live, b.HiddenCalls, b.Sections[1][0])
	}
}

// A member's own calls, ringing, held or talking, are in one section above the others,
// the longest in its state first, and count there.
func TestOwnCallsAreOnTop(t *testing.T) {
	var b BoardModel
	for i, id := range []switchboard.RowID{"talking", "ringing", "talking", "talking", "ended"} {
		c := testCall(t, id)
		c.No, c.Hold.On, c.MemberIDs = uint64(i), i == 2, []switchboard.MemberID{"w1"}
		if i > 0 && i != 3 {
			c.MemberIDs = append(c.MemberIDs, "w0")
		}
		b.Add(&c, RenderedRow(decimal(int64(i))), Allowed{})
	}
	b.PutOwnOnTop("w0")
	if got := fmt.Sprintf("%s %d", b.Sections, b.Live); got != "[[] [0 3] [] [2 1 4]] [0 2 0 2]" {
		t.Error(got)
	}
	var html strings.Builder
	if err := BoardList(English, b).Render(t.Context(), &html); err != nil {
		t.Fatal(err)
	}
	if mine, others := strings.Index(html.String(), "My calls"), strings.Index(html.String(), "Ringing"); mine < 0 || mine > others {
		t.Errorf("the own calls are at %d, the others at %d", mine, others)
	}
	b.HideCallsOfOthers("w0")
	if b.HiddenCalls != 2 || b.Live != [4]int{0, 0, 0, 2} {
		t.Errorf("%d hidden, %d live", b.HiddenCalls, b.Live)
	}
}

// The note above the board says why the list cannot be read, or else how much of
// it cannot.
func TestBoardSaysWhatCannotBeSeen(t *testing.T) {
	for _, test := range []struct {
		health switchboard.Health
		want   string
	}{
		{switchboard.Health{ListedAt: moment}, ""},
		{switchboard.Health{ListedAt: moment, Unreadable: 1}, English.T("unreadable.calls", 1)},
		{switchboard.Health{ListedAt: moment, Unreadable: 2}, English.T("unreadable.calls", 2)},
		{switchboard.Health{ListRefused: true, HasEvents: true}, English.T("health.unlisted")},
		{switchboard.Health{ListRefused: true}, English.T("health.unlisted_silent")},
		{switchboard.Health{ListedAt: moment, Unreadable: 2, Failing: true, Reason: sipgate.Throttled}, "Too many requests to sipgate. Trying again …"},
	} {
		if got := NewStatus(test.health, moment).listNote(English); got != test.want {
			t.Errorf("%+v: %q, want %q", test.health, got, test.want)
		}
	}
	for n, want := range []string{"All calls are shown.", "1 call of a colleague is hidden.", "2 calls of colleagues are hidden."} {
		if got := hiddenCallsText(English, n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if NewStatus(switchboard.Health{HasEvents: true}, moment).NoEvents || !NewStatus(switchboard.Health{}, moment).NoEvents {
		t.Error("the note about missing events is the wrong way round")
	}
}

// The status page says of each list how much of it could not be read, and nothing
// of those that were read.
func TestStatusSaysWhatCouldNotBeRead(t *testing.T) {
	m := StatusPageModel{Unreadable: map[string]int{"users": 1, "calls": 2, "contacts": 0}}
	if got := m.unreadableTexts(English); len(got) != 2 || got[0] != English.T("unreadable.calls", 2) || got[1] != English.T("unreadable.users", 1) {
		t.Errorf("%q", got)
	}
}

// Whoever consults somebody can go back to the held call, and cancel what can be
// cancelled.
func TestConsultationHasTheActionsThatAreLeft(t *testing.T) {
	for _, test := range []struct {
		held, cancellable, allowed bool
	}{{true, true, true}, {true, false, true}, {false, true, true}, {true, true, false}} {
		c := testCall(t, "talking")
		c.Hold.On = test.held
		c.Consultation = &switchboard.Consultation{To: switchboard.Party{Name: "Tom"}, Cancellable: test.cancellable}
		allowed := Allowed{}
		if !test.allowed {
			allowed.Reason = "not_yours"
		}
		m := testFormat.RowFor(c, allowed, English).Consultation
		if m == nil {
			t.Fatal("no consultation is shown")
		}
		if (m.Resume != "") != (test.held && test.allowed) || (m.Cancel != "") != (test.cancellable && test.allowed) || (m.ID != "") != test.allowed {
			t.Errorf("%+v: %+v", test, m)
		}
		if waits := m.WaitingText == English.T("consult.waits", "Meier & Söhne GmbH"); waits != test.held {
			t.Errorf("%+v: %q", test, m.WaitingText)
		}
	}
}

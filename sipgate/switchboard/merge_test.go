package switchboard

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

const (
	jennifer = "4915790000001"
	doc      = "4921100000010"
	marty    = "4921100000011"
	group    = "4921100000000"
)

// With polling alone a call appears, marked as approximate, and ends.
func TestPollingAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0")
		b.SetNames(map[string]string{"+" + jennifer: "Jennifer"})
		u.add("A", jennifer, doc)
		pollAll(t, b)
		c := onlyCall(t, b)
		if c.Phase != Connected || !c.Approximate || c.Remote != (Party{"+" + jennifer, "Jennifer"}) || c.Local.Number != "+"+doc {
			t.Errorf("row = %+v", c)
		}
		if !slices.Equal(c.VisibleTo, []MemberID{"w0"}) {
			t.Errorf("visible to %v", c.VisibleTo)
		}
		u.remove("A")
		pollAll(t, b)
		if c := onlyCall(t, b); c.Phase != Connected {
			t.Error("one list without it ended the call")
		}
		pollAll(t, b)
		if c := onlyCall(t, b); c.Phase != Ended || c.PreviousPhase != Connected || c.EndedAt.IsZero() {
			t.Errorf("after two lists without it: %+v", c)
		}
		time.Sleep(endedVisibleFor)
		wantCalls(t, b, 0)
	})
}

func TestLostHangupEvent(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0")
	e := newCall("A", sipgate.Incoming, jennifer, doc, "Doc")
	e.UserIDs = []sipgate.UserID{"w0"}
	b.Observe(e)
	b.Observe(answer(e, "Doc"))
	pollAll(t, b) // no list contains the call
	if c := onlyCall(t, b); c.Phase != Connected || c.Approximate {
		t.Errorf("row = %+v", c)
	}
	pollAll(t, b)
	if c := onlyCall(t, b); c.Phase != Ended {
		t.Errorf("two lists without an answered call left it: %+v", c)
	}
}

func TestEventsAndTombstones(t *testing.T) {
	a := newCall("A", sipgate.Incoming, jennifer, doc, "Doc")
	t.Run("replay is one change", func(t *testing.T) {
		b := newBoard(t, newFakeSipgate(), "w0")
		for range 100 {
			b.Observe(a)
		}
		before := b.Snapshot().Seq
		for range 100 {
			b.Observe(answer(a, "Doc"))
		}
		if got := b.Snapshot().Seq - before; got != 1 {
			t.Errorf("100 answers made %d changes", got)
		}
	})
	t.Run("ended is final", func(t *testing.T) {
		b := newBoard(t, newFakeSipgate(), "w0")
		b.Observe(a)
		b.Observe(hangup(a, "cancel"))
		b.Observe(a)
		b.Observe(answer(a, "Doc"))
		if c := onlyCall(t, b); c.Phase != Ended || c.Cause != "cancel" || c.PreviousPhase != Ringing {
			t.Errorf("row = %+v", c)
		}
	})
	t.Run("ringing dies", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			u := newFakeSipgate()
			b := newBoard(t, u, "w0")
			b.Observe(a)
			time.Sleep(ringingTimeout - time.Second)
			pollAll(t, b)
			if c := onlyCall(t, b); c.Phase != Ringing {
				t.Errorf("after 179 s: %+v", c)
			}
			time.Sleep(time.Second)
			if c := onlyCall(t, b); c.Phase != Ended {
				t.Errorf("after 180 s: %+v", c)
			}
			if len(u.sent()) > 0 {
				t.Errorf("sent %v", u.sent())
			}
		})
	})
	t.Run("after a day", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBoard(t, newFakeSipgate(), "w0")
			b.Observe(a)
			b.Observe(hangup(a, "cancel"))
			time.Sleep(25 * time.Hour)
			b.Observe(a)
			if c := onlyCall(t, b); c.Phase != Ringing {
				t.Errorf("row = %+v", c)
			}
			time.Sleep(ringingTimeout + endedVisibleFor)
			b.Poll(t.Context())
			wantCalls(t, b, 1) // just ended
			time.Sleep(endedVisibleFor)
			wantCalls(t, b, 0)
		})
	})
}

func TestBadInput(t *testing.T) {
	a := newCall("A", sipgate.Incoming, jennifer, doc, "Doc")
	t.Run("unknown event", func(t *testing.T) {
		b := newBoard(t, newFakeSipgate())
		before := b.Snapshot().Seq
		b.Observe(sipgate.Event{Kind: "unknown", CallID: "A"})
		b.Observe(sipgate.Event{Kind: sipgate.EventDTMF, CallID: "A"})
		b.Observe(sipgate.Event{Kind: sipgate.EventNewCall})
		if s := b.Snapshot(); s.Seq != before || len(s.Calls) > 0 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("anonymous", func(t *testing.T) {
		b := newBoard(t, newFakeSipgate())
		b.Observe(newCall("A", sipgate.Incoming, "anonymous", doc))
		if c := onlyCall(t, b); c.Remote != (Party{}) {
			t.Errorf("outside = %+v", c.Remote)
		}
	})
	t.Run("hangup first", func(t *testing.T) {
		b := newBoard(t, newFakeSipgate())
		b.Observe(hangup(a, "normalClearing"))
		b.Observe(answer(a, "Doc"))
		b.Observe(a)
		wantCalls(t, b, 0)
	})
	t.Run("answer first", func(t *testing.T) {
		b := newBoard(t, newFakeSipgate())
		b.Observe(answer(a, "Doc"))
		b.Observe(a)
		if c := onlyCall(t, b); c.Phase != Connected || !slices.Equal(c.UserNames, []string{"Doc"}) || c.Direction != sipgate.Incoming {
			t.Errorf("row = %+v", c)
		}
	})
}

// A list requested before a hangup event has no effect; one requested
// afterwards wins once sipgate has had time to update it.
func TestListAgainstHangup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0")
		a := newCall("A", sipgate.Incoming, jennifer, doc, "Doc")
		u.add("A", jennifer, doc)
		pollAll(t, b)
		u.setFault(func(string, MemberID) fault { return fault{after: time.Second} })
		go b.Poll(t.Context())
		synctest.Wait()
		b.Observe(hangup(a, "normalClearing"))
		time.Sleep(2 * time.Second)
		u.setFault(nil)
		if c := onlyCall(t, b); c.Phase != Ended {
			t.Errorf("the older list won: %+v", c)
		}
		pollAll(t, b)
		if c := onlyCall(t, b); c.Phase != Ended {
			t.Errorf("the first list won: %+v", c)
		}
		time.Sleep(2 * time.Second)
		pollAll(t, b)
		if c := onlyCall(t, b); c.Phase != Connected {
			t.Errorf("sipgate still lists the call, the board does not: %+v", c)
		}
	})
}

// A call that two lists omit by mistake returns.
func TestWronglyEndedCallReturns(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0")
	u.add("A", jennifer, doc)
	pollAll(t, b)
	row := onlyCall(t, b).ID
	empty := encode([]sipgate.Call{})
	u.setFault(func(string, MemberID) fault { return fault{list: empty} })
	pollAll(t, b)
	pollAll(t, b)
	u.setFault(nil)
	if c := onlyCall(t, b); c.Phase != Ended {
		t.Errorf("row = %+v", c)
	}
	pollAll(t, b)
	if c := onlyCall(t, b); c.Phase != Connected || c.ID != row {
		t.Errorf("row = %+v", c)
	}
}

func TestMalformedListsChangeNothing(t *testing.T) {
	for name, list := range map[string]string{
		"not JSON":   "<html>",
		"cut":        `{"data":[{"callId":"A"`,
		"no list":    `{}`,
		"null":       `{"data":null}`,
		"list twice": `{"data":[],"data":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			u := newFakeSipgate()
			b := newBoard(t, u, "w0")
			u.add("A", jennifer, doc)
			pollAll(t, b)
			u.setFault(func(string, MemberID) fault { return fault{list: sipgate.CallList(list)} })
			for range 3 {
				if err := b.Poll(t.Context()); err == nil {
					t.Error("no error")
				}
			}
			if c := onlyCall(t, b); c.Phase != Connected {
				t.Errorf("row = %+v", c)
			}
			if h := b.Snapshot().Health; !h.Failing {
				t.Errorf("health = %+v", h)
			}
			u.setFault(nil)
			pollAll(t, b)
			if h := b.Snapshot().Health; h.Failing {
				t.Errorf("health = %+v", h)
			}
		})
	}
}

// A call in the lists of several members stays as long as one of them contains
// it.
func TestVisibleToSeveralMembers(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0", "w1", "w2")
	u.add("A", jennifer, doc, "w0", "w1")
	u.add("B", "4915790000002", marty, "w2")
	pollAll(t, b)
	cs := wantCalls(t, b, 2)
	if !slices.Equal(cs[0].VisibleTo, []MemberID{"w0", "w1"}) || !slices.Equal(cs[1].VisibleTo, []MemberID{"w2"}) {
		t.Errorf("visible to %v and %v", cs[0].VisibleTo, cs[1].VisibleTo)
	}
	u.mu.Lock()
	u.seenBy["A"] = []MemberID{"w1"}
	u.mu.Unlock()
	for range 4 {
		pollAll(t, b)
	}
	cs = wantCalls(t, b, 2)
	if !slices.Equal(cs[0].VisibleTo, []MemberID{"w1"}) || cs[0].Phase != Connected {
		t.Errorf("row = %+v", cs[0])
	}
	b.Leave("w2")
	if c := wantCalls(t, b, 2)[1]; c.Phase != Connected || len(c.VisibleTo) != 0 {
		t.Errorf("row = %+v", c)
	}
	pollAll(t, b)
	if c := wantCalls(t, b, 2)[1]; c.Phase != Ended {
		t.Errorf("visible to no member, but not ended: %+v", c)
	}
}

// sameCall compares every field except Seq, ShownSeq and Memo.
func TestSameCallComparesEveryField(t *testing.T) {
	checkSameCall(t)
}

// The parties of a call are those that the first event of its life names, in
// whatever order the events come: a later one may name the telephone that
// answered instead of the number that was called.
func TestLaterEventsDoNotReplaceTheParties(t *testing.T) {
	ring := newCall("A", sipgate.Incoming, jennifer, group, "Doc")
	taken := answer(newCall("A", sipgate.Incoming, jennifer, doc), "Doc")
	over := hangup(newCall("A", sipgate.Incoming, jennifer, marty), "normalClearing")
	for _, events := range [][]sipgate.Event{{ring, taken, over}, {taken, ring, over}} {
		b := New(Options{})
		for i, e := range events {
			b.Observe(e)
			if c := onlyCall(t, b); i > 0 && (c.Local.Number != "+"+group || c.Remote.Number != "+"+jennifer) {
				t.Errorf("after %v: %v and %v", e.Kind, c.Remote, c.Local)
			}
		}
	}
}

// Where the list names a device instead of the number that was called, the
// other side is the one that the events name, whatever the order of the list.
func TestEventsTellTheOtherSideOfAListedDevice(t *testing.T) {
	for _, order := range [][]string{{"e0", jennifer}, {jennifer, "e0"}} {
		u := newFakeSipgate()
		b := newBoard(t, u, "w0")
		b.Observe(newCall("A", sipgate.Incoming, jennifer, group, "Doc"))
		u.add("A", order[0], order[1])
		u.calls[0].Participants[1].Owner = false
		pollAll(t, b)
		if c := onlyCall(t, b); c.Remote.Number != "+"+jennifer || c.Local.Number != "+"+group {
			t.Errorf("%v: %v and %v", order, c.Remote, c.Local)
		}
	}
}

// Legs that share nothing but the xcid are one call, in whichever event it
// stands.
func TestSharedXCIDMakesOneCall(t *testing.T) {
	first := withOrigin(newCall("A", sipgate.Incoming, jennifer, doc, "Doc"), "A", "x1")
	second := withOrigin(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), "B", "x1")
	for _, events := range [][]sipgate.Event{{first, second}, {second, first}} {
		b := New(Options{})
		b.Observe(events[0])
		b.Observe(events[1])
		wantCalls(t, b, 1)
	}
}

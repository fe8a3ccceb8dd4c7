package journal

import (
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

var zero = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func at(s int) time.Time { return zero.Add(time.Duration(s) * time.Second) }

// call returns a value of a call that began to ring at 0.
func call(p switchboard.Phase, since int, with ...func(*switchboard.Call)) *switchboard.Call {
	c := &switchboard.Call{
		ID: "row", CallID: "A", Phase: p, PreviousPhase: p, Started: zero, Since: at(since),
		Remote: switchboard.Party{Number: "+" + jennifer, Name: "Jennifer"},
		Local:  switchboard.Party{Number: "+" + doc, Name: "Doc"}, UserNames: []string{"Doc"},
	}
	for _, f := range with {
		f(c)
	}
	return c
}

type edit = func(*switchboard.Call)

func colleagues(c *switchboard.Call) { c.Internal, c.Remote.Name = true, "Marty" }

func about(c *switchboard.Call) { c.Approximate = true }
func held(c *switchboard.Call)  { c.Hold.On = true }

func holding(c *switchboard.Call) { c.Hold = switchboard.Toggle{Requested: true, Pending: true} }

func ended(s int, was switchboard.Phase, cause string) edit {
	return func(c *switchboard.Call) {
		c.Phase, c.PreviousPhase, c.EndedAt, c.Since, c.Cause = switchboard.Ended, was, at(s), at(s), cause
	}
}

func last(v switchboard.Verb, o switchboard.Outcome, s int, detail string) edit {
	return func(c *switchboard.Call) {
		c.LastCommand = &switchboard.LastCommand{Verb: v, By: "w0", Name: "Mia", Outcome: o, At: at(s), Detail: detail}
	}
}

func leg(id sipgate.CallID, inside string) edit {
	return func(c *switchboard.Call) {
		c.CallID, c.Local = id, switchboard.Party{Number: inside}
		c.PreviousParties = []switchboard.Party{{Name: "Doc"}}
	}
}

func leaving(c *switchboard.Call) {
	c.PendingHangup = &switchboard.PendingHangup{By: "w0", Name: "Mia", At: at(9)}
}

func playing(title string, s int) edit {
	return func(c *switchboard.Call) { c.Playback = &switchboard.Playback{Title: title, Since: at(s)} }
}

func TestDiff(t *testing.T) {
	const (
		ring, talk, end        = switchboard.Ringing, switchboard.Connected, switchboard.Ended
		pending, done, unknown = switchboard.Pending, switchboard.Confirmed, switchboard.Unknown
		failed                 = switchboard.Failed
		hold, tones            = switchboard.VerbHold, switchboard.VerbTones
		play, hangUp, transfer = switchboard.VerbAnnounce, switchboard.VerbHangUp, switchboard.VerbTransfer
	)
	for _, test := range []struct {
		name          string
		before, after *switchboard.Call
		want          string // -1 stands for a zero time
	}{
		{"rings", nil, call(ring, 0), "0 rang by Doc"},
		{"a commanded hold is entered once", call(talk, 3, holding, last(hold, pending, 4, "")), call(talk, 4, held, last(hold, switchboard.Accepted, 4, "")), "4 held by Mia"},
		{"its confirmation adds nothing", call(talk, 4, held, last(hold, switchboard.Accepted, 4, "")), call(talk, 4, held, last(hold, done, 6, "")), ""},
		{"nor does its acceptance alone", call(talk, 4, held, last(hold, pending, 4, "")), call(talk, 4, held, last(hold, switchboard.Accepted, 5, "")), ""},
		{"an unconfirmed hold is no resuming", call(talk, 4, held, last(hold, switchboard.Accepted, 4, "")), call(talk, 9, last(hold, switchboard.Unconfirmed, 9, "")), "9 unconfirmed by Mia: hold"},
		{"nor when lists tell later", call(talk, 4, held, last(hold, switchboard.Unconfirmed, 9, "")), call(talk, 12, last(hold, switchboard.Unconfirmed, 9, "")), ""},
		{"an accepted hang-up ends", call(talk, 4, last(hangUp, pending, 4, "")), call(end, 5, ended(5, talk, ""), last(hangUp, switchboard.Accepted, 5, "")), "5 ended by Mia"},
		{"a failed hang-up does not", call(talk, 4, last(hangUp, failed, 4, "")), call(end, 5, ended(5, talk, ""), last(hangUp, failed, 4, "")), "5 ended"},
		{"a colleague rings", nil, call(ring, 0, colleagues), "0 rang by Marty"},
		{"a colleague answers", call(ring, 0, colleagues), call(talk, 4, colleagues), "4 answered by Marty"},
		{"is answered when first seen", nil, call(talk, 5), "0 rang, 5 answered by Doc"},
		{"is listed when first seen", nil, call(talk, 0, about), "~0 answered by Doc"},
		{"only the answer was seen", nil, call(talk, 0), "0 answered by Doc"},
		{"is on hold when first seen", nil, call(talk, 5, held), "0 rang, ~0 answered by Doc, 5 held"},
		{"has ended when first seen", nil, call(end, 9, ended(9, talk, "busy")), "0 rang, ~0 answered by Doc, 9 ended: busy"},
		{"was missed when first seen", nil, call(end, 9, ended(9, ring, "cancel")), "0 rang, 9 ended: cancel"},
		{"nothing new", call(talk, 5, held), call(talk, 5, held), ""},
		{"other names", call(talk, 5), call(talk, 5, func(c *switchboard.Call) { c.Local.Name = "Emmett" }), ""},
		{"answered", call(ring, 0), call(talk, 5), "5 answered by Doc"},
		{"answered and on hold at once", call(ring, 0), call(talk, 5, held), "~0 answered by Doc, 5 held"},
		{"answer and end not seen", call(ring, 0), call(end, 9, ended(9, talk, "")), "~0 answered by Doc, 9 ended"},
		{"held on the phone", call(talk, 5), call(talk, 7, held), "7 held"},
		{"held by a member", call(talk, 5, holding), call(talk, 7, held, last(hold, done, 7, "")), "7 held by Mia"},
		{"a list is faster than the answer", call(talk, 5, holding, last(hold, pending, 6, "")), call(talk, 7, held, last(hold, pending, 6, "")), "7 held by Mia"},
		{"and then the answer", call(talk, 7, held, last(hold, pending, 6, "")), call(talk, 7, held, last(hold, done, 8, "")), ""},
		{"held twice", call(talk, 7, held, last(hold, done, 7, "")), call(talk, 7, held, last(hold, done, 8, "")), ""},
		{"hold fails", call(talk, 5, holding, last(hold, pending, 6, "")), call(talk, 5, last(hold, failed, 7, "")), "7 failed by Mia: hold"},
		{"hold unknown", call(talk, 5, holding, last(hold, pending, 6, "")), call(talk, 5, last(hold, unknown, 7, "")), "7 unknown by Mia: hold"},
		{"unknown, but it took effect", call(talk, 5, last(hold, unknown, 7, "")), call(talk, 9, held, last(hold, done, 9, "")), "9 held by Mia"},
		{"unknown, then failed", call(talk, 5, last(tones, unknown, 7, "")), call(talk, 5, last(tones, failed, 9, "")), "9 failed by Mia: tones"},
		{"tones", call(talk, 5, last(tones, pending, 6, "")), call(talk, 5, last(tones, done, 7, "12")), "7 tones by Mia"},
		{"tones superseded", call(talk, 5, last(tones, pending, 6, "")), call(talk, 5, last(tones, pending, 7, "")), "~6 tones by Mia"},
		{"superseded by another command", call(talk, 5, last(tones, pending, 6, "")), call(talk, 5, last(hold, pending, 7, "")), "~6 tones by Mia"},
		{"announced", call(talk, 5, last(play, pending, 6, "Hi")), call(talk, 5, last(play, done, 7, "Hi"), playing("Hi", 7)), "7 announced by Mia: Hi"},
		{"the announcement ended", call(talk, 5, last(play, done, 7, "Hi"), playing("Hi", 7)), call(talk, 5, last(play, done, 7, "Hi")), ""},
		{"the same again", call(talk, 5, last(play, done, 7, "Hi"), playing("Hi", 7)), call(talk, 5, last(play, done, 9, "Hi"), playing("Hi", 9)), "9 announced by Mia: Hi"},
		{"announced and ended", call(talk, 5), call(talk, 5, last(play, done, 7, "Hi")), "7 announced by Mia: Hi"},
		{"transferred", call(talk, 5, last(transfer, pending, 6, "+4930")), call(talk, 5, last(transfer, done, 7, "+4930")), "7 transferred by Mia: +4930"},
		{"goes on with another party", call(talk, 5, held, last(transfer, done, 7, "+4930")), call(talk, 5, leg("B", "+4930"), last(transfer, done, 7, "+4930")), "-1 moved: +4930"},
		{"rings with another party", call(talk, 5), call(ring, 8, leg("B", "+4930")), "-1 moved: +4930"},
		{"and is answered", call(ring, 8, leg("B", "+4930")), call(talk, 9, leg("B", "+4930")), "9 answered by Doc"},
		{"comes back", call(talk, 5), call(ring, 8, func(c *switchboard.Call) { c.CallID = "B" }), "8 rang by Doc"},
		{"several phones ring", call(ring, 0), call(ring, 0, func(c *switchboard.Call) { c.CallID, c.Local.Name = "B", "Marty" }), ""},
		{"goes on under another id with the same party", call(talk, 5), call(talk, 5, func(c *switchboard.Call) { c.CallID = "B" }), ""},
		{"ended", call(talk, 5), call(end, 9, ended(9, talk, "normalClearing")), "9 ended: normalClearing"},
		{"hung up by a member", call(talk, 5, last(hangUp, pending, 8, "")), call(end, 9, ended(9, talk, ""), last(hangUp, done, 9, "")), "9 ended by Mia"},
		{"hung up elsewhere", call(talk, 5), call(end, 9, ended(9, talk, ""), last(hangUp, failed, 8, "")), "8 failed by Mia: hangup, 9 ended"},
		{"the cause comes later", call(end, 9, ended(9, talk, "")), call(end, 9, ended(9, talk, "busy")), "9 ended: busy"},
		{"returns", call(end, 9, ended(9, talk, "")), call(talk, 10), ""},
		{"returns, answered", call(end, 9, ended(9, ring, "")), call(talk, 10), "10 answered by Doc"},
		{"late ringing after the end", call(end, 9, ended(9, talk, "")), call(ring, 10), ""},
		{"late ringing after the answer", call(talk, 5), call(ring, 10), ""},
		{"is forwarded", call(end, 9, ended(9, ring, "forwarded")), call(ring, 10, leg("B", "+4930")), "-1 moved: +4930"},
		{"hang-up undone", call(talk, 5, leaving), call(talk, 5), "-1 cancelled by Mia: hangup"},
		{"hang-up carried out", call(talk, 5, leaving), call(talk, 5, last(hangUp, pending, 9, "")), ""},
		{"ended in the grace period", call(talk, 5, leaving), call(end, 8, ended(8, talk, "busy")), "8 ended: busy"},
		{"restarted", call(talk, 5, held, last(hold, done, 6, "")), call(talk, 50, held, about), ""},
		{"restarted while tones were sent", call(talk, 5, last(tones, pending, 6, "")), call(talk, 50, about), "-1 unknown by Mia: tones"},
		{"restarted while hold was sent", call(talk, 5, holding, last(hold, pending, 6, "")), call(talk, 50, held, about), "50 held by Mia"},
		{"restarted in the grace period", call(talk, 5, leaving), call(talk, 50, about), "-1 cancelled by Mia: hangup"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got string
			r := Record{Started: zero, Entries: diff(test.before, *test.after)}
			for i := range r.Entries {
				if r.Entries[i].At.IsZero() {
					r.Entries[i].At = at(-1)
				}
			}
			for i, line := range splitLines(timeline(r)) {
				if i > 0 {
					got += ", "
				}
				got += line
			}
			if got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			known := mergeCall(test.before, *test.after)
			if again := diff(&known, *test.after); len(again) != 0 && !strings.HasPrefix(test.name, "late ringing") {
				t.Errorf("repeated entries: %+v", again)
			}
		})
	}
}

// What a restarted board does not know stays known.
func TestMergeCallKeepsWhatIsKnown(t *testing.T) {
	before := call(switchboard.Connected, 5, func(c *switchboard.Call) {
		c.Direction, c.PreviousParties = sipgate.Incoming, []switchboard.Party{{Name: "Marty"}}
	}, last(switchboard.VerbTones, switchboard.Pending, 6, ""), playing("Hi", 5))
	after := switchboard.Call{
		ID: "row", CallID: "A", Phase: switchboard.Connected, PreviousPhase: switchboard.Connected, Started: at(50), Since: at(50), Approximate: true,
		Remote: switchboard.Party{Number: "+" + jennifer}, VisibleTo: []switchboard.MemberID{"w0"}, Seq: 7, Memo: new(switchboard.Memo),
	}
	c := mergeCall(before, after)
	if c.Direction != sipgate.Incoming || c.Approximate || !c.Started.Equal(zero) || c.Remote.Name != "Jennifer" || c.Local.Name != "Doc" ||
		len(c.UserNames) != 1 || len(c.PreviousParties) != 1 || c.LastCommand.Outcome != switchboard.Unknown || c.Playback == nil || c.VisibleTo != nil || c.Memo != nil {
		t.Errorf("merged %+v", c)
	}
	if before.LastCommand.Outcome != switchboard.Pending {
		t.Error("a shared command was changed")
	}
	after.CallID, after.Local = "B", switchboard.Party{Number: "+4930"}
	if c := mergeCall(before, after); c.Local.Name != "" || len(c.UserNames) != 0 {
		t.Errorf("under another id %+v", c)
	}
}

// What a board says is not replaced by what was known before.
func TestMergeCallTakesWhatIsNew(t *testing.T) {
	const talk, end = switchboard.Connected, switchboard.Ended
	marty := switchboard.Party{Number: "+49211", Name: "Marty"}
	for name, test := range map[string]struct {
		before, after *switchboard.Call
		ok            func(c switchboard.Call) bool
	}{
		"direction": {call(talk, 5, func(c *switchboard.Call) { c.Direction = sipgate.Incoming }), call(talk, 5, func(c *switchboard.Call) { c.Direction = sipgate.Outgoing }),
			func(c switchboard.Call) bool { return c.Direction == sipgate.Outgoing }},
		"an earlier start": {call(talk, 5, func(c *switchboard.Call) { c.Started = at(3) }), call(talk, 5),
			func(c switchboard.Call) bool { return c.Started.Equal(zero) }},
		"approximate as before":  {call(talk, 5, about), call(talk, 5, about), func(c switchboard.Call) bool { return c.Approximate }},
		"the start is known now": {call(talk, 5, about), call(talk, 5), func(c switchboard.Call) bool { return !c.Approximate }},
		"another announcement":   {call(talk, 5, playing("Old", 2)), call(talk, 5, playing("Hi", 5)), func(c switchboard.Call) bool { return c.Playback.Title == "Hi" }},
		"another command": {call(talk, 5, last(switchboard.VerbHold, switchboard.Pending, 2, "")), call(talk, 5, last(switchboard.VerbTones, switchboard.Pending, 5, "")), func(c switchboard.Call) bool {
			return c.LastCommand.Verb == switchboard.VerbTones && c.LastCommand.Outcome == switchboard.Pending
		}},
		"no command":              {call(talk, 5), call(talk, 5), func(c switchboard.Call) bool { return c.LastCommand == nil }},
		"a command that was done": {call(talk, 5, last(switchboard.VerbHold, switchboard.Confirmed, 2, "")), call(talk, 5), func(c switchboard.Call) bool { return c.LastCommand.Outcome == switchboard.Confirmed }},
		"another number":          {call(talk, 5), call(talk, 5, func(c *switchboard.Call) { c.Remote = switchboard.Party{Number: "+49211"} }), func(c switchboard.Call) bool { return c.Remote == switchboard.Party{Number: "+49211"} }},
		"another name":            {call(talk, 5), call(talk, 5, func(c *switchboard.Call) { c.Remote.Name = "Jenny" }), func(c switchboard.Call) bool { return c.Remote.Name == "Jenny" }},
		"a name alone":            {call(talk, 5), call(talk, 5, func(c *switchboard.Call) { c.Local = switchboard.Party{Name: "voicemail"} }), func(c switchboard.Call) bool { return c.Local == switchboard.Party{Name: "voicemail"} }},
		"no party":                {call(talk, 5), call(talk, 5, func(c *switchboard.Call) { c.Local = switchboard.Party{} }), func(c switchboard.Call) bool { return c.Local.Name == "Doc" }},
		"other users":             {call(talk, 5), call(talk, 5, func(c *switchboard.Call) { c.UserNames = []string{"Marty"} }), func(c switchboard.Call) bool { return c.UserNames[0] == "Marty" }},
		"as many earlier parties": {call(talk, 5, leg("A", "+4930")), call(talk, 5, leg("A", "+4930"), func(c *switchboard.Call) { c.PreviousParties = []switchboard.Party{marty} }), func(c switchboard.Call) bool { return c.PreviousParties[0] == marty }},
		"its end":                 {call(talk, 5), call(end, 9, ended(9, switchboard.Ringing, "")), func(c switchboard.Call) bool { return c.PreviousPhase == talk }},
		"its end, not answered":   {call(switchboard.Ringing, 0), call(end, 9, ended(9, switchboard.Ringing, "")), func(c switchboard.Call) bool { return c.PreviousPhase == switchboard.Ringing }},
		"its cause stays":         {call(end, 9, ended(9, talk, "busy")), call(end, 9, ended(9, talk, "")), func(c switchboard.Call) bool { return c.Cause == "busy" }},
		"its cause changes":       {call(end, 9, ended(9, talk, "busy")), call(end, 9, ended(9, talk, "cancel")), func(c switchboard.Call) bool { return c.Cause == "cancel" }},
		"the end of a new leg":    {call(talk, 5), call(end, 9, leg("B", "+4930"), ended(9, switchboard.Ringing, "")), func(c switchboard.Call) bool { return c.PreviousPhase == switchboard.Ringing }},
	} {
		if c := mergeCall(test.before, *test.after); !test.ok(c) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestCountTones(t *testing.T) {
	tone := func(name string, s int) Entry { return Entry{At: at(s), Kind: Tones, Name: name} }
	r := Record{Started: zero, Entries: countTones([]Entry{
		tone("Mia", 1), tone("Mia", 2), tone("Mia", 3), tone("Tom", 3), {At: at(4), Kind: Held}, tone("Tom", 5), tone("Tom", 6), tone("Tom", 50),
	})}
	want := "1 tones by Mia: 3\n3 tones by Tom: 1\n4 held\n5 tones by Tom: 2\n50 tones by Tom: 1\n"
	if got := timeline(r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

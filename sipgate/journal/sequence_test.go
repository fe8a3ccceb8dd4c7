package journal

import (
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

var toDoc = newCall("A", sipgate.Incoming, jennifer, doc, "Doc")

// The documented sequences of events, three seconds apart.
func TestEventSequences(t *testing.T) {
	for _, test := range []struct {
		name   string
		events []sipgate.Event
		want   string
		ids    int
	}{
		{"group call", []sipgate.Event{
			newCall("A", sipgate.Incoming, jennifer, group, "Doc", "Marty"),
			answer(newCall("A", sipgate.Incoming, jennifer, group), "Marty"),
			hangup(newCall("A", sipgate.Incoming, jennifer, group), "normalClearing"),
		}, `
			0 rang by Doc, Marty
			3 answered by Marty
			6 ended: normalClearing
			`, 1},
		{"missed", []sipgate.Event{toDoc, hangup(toDoc, "cancel")}, `
			0 rang by Doc
			3 ended: cancel
			`, 1},
		{"transfer, by diversion", []sipgate.Event{
			toDoc, answer(toDoc, "Doc"),
			diverted(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), doc),
			answer(diverted(newCall("B", sipgate.Incoming, jennifer, marty), doc), "Marty"),
			hangup(toDoc, "normalClearing"),
			hangup(newCall("B", sipgate.Incoming, jennifer, marty), "normalClearing"),
		}, `
			0 rang by Doc
			3 answered by Doc
			9 moved: Marty
			15 ended: normalClearing
			`, 2},
		{"transfer, by origin", []sipgate.Event{
			toDoc, answer(toDoc, "Doc"),
			origin(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), "A", ""),
			answer(newCall("B", sipgate.Incoming, jennifer, marty), "Marty"),
			hangup(toDoc, "normalClearing"),
		}, `
			0 rang by Doc
			3 answered by Doc
			9 moved: Marty
			`, 2},
		{"transfer, not picked up", []sipgate.Event{
			toDoc, answer(toDoc, "Doc"),
			diverted(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), doc),
			hangup(diverted(newCall("B", sipgate.Incoming, jennifer, marty), doc), "noAnswer"),
			hangup(toDoc, "normalClearing"),
		}, `
			0 rang by Doc
			3 answered by Doc
			12 ended: normalClearing
			`, 1},
		{"transfer, the old leg goes first", []sipgate.Event{
			toDoc, answer(toDoc, "Doc"),
			origin(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), "A", ""),
			hangup(toDoc, "normalClearing"),
			answer(newCall("B", sipgate.Incoming, jennifer, marty), "Marty"),
		}, `
			0 rang by Doc
			3 answered by Doc
			9 moved: Marty
			12 answered by Marty
			`, 2},
		{"transfer to an outside number", []sipgate.Event{
			toDoc, answer(toDoc, "Doc"),
			origin(diverted(newCall("B", sipgate.Outgoing, jennifer, "4915799999999", "Doc"), doc), "A", ""),
			answer(newCall("B", sipgate.Outgoing, jennifer, "4915799999999"), ""),
			hangup(toDoc, "normalClearing"),
		}, `
			0 rang by Doc
			3 answered by Doc
			9 moved: +4915799999999
			`, 2},
		{"forward to voicemail", []sipgate.Event{
			origin(toDoc, "A", "x1"), hangup(toDoc, "forwarded"),
			origin(diverted(newCall("B", sipgate.Incoming, jennifer, doc, "voicemail"), doc), "A", "x1"),
			answer(newCall("B", sipgate.Incoming, jennifer, doc), "voicemail"),
			hangup(newCall("B", sipgate.Incoming, jennifer, doc), "normalClearing"),
		}, `
			0 rang by Doc
			6 moved: voicemail
			9 answered by voicemail
			12 ended: normalClearing
			`, 2},
		{"click to dial", []sipgate.Event{
			origin(newCall("X", sipgate.Outgoing, doc, jennifer, "Doc"), "X", "x2"),
			origin(newCall("Y", sipgate.Incoming, jennifer, doc, "Doc"), "X", "x2"),
			answer(newCall("Y", sipgate.Incoming, jennifer, doc), "Doc"),
			answer(newCall("X", sipgate.Outgoing, doc, jennifer), "Doc"),
			hangup(newCall("Y", sipgate.Incoming, jennifer, doc), "normalClearing"),
			hangup(newCall("X", sipgate.Outgoing, doc, jennifer), "normalClearing"),
		}, `
			0 rang by Doc
			9 answered by Doc
			15 ended: normalClearing
			`, 1},
		{"click to dial, the own device first", []sipgate.Event{
			origin(newCall("Y", sipgate.Incoming, jennifer, doc, "Doc"), "X", "x2"),
			origin(newCall("X", sipgate.Outgoing, doc, jennifer, "Doc"), "X", "x2"),
			answer(newCall("Y", sipgate.Incoming, jennifer, doc), "Doc"),
			answer(newCall("X", sipgate.Outgoing, doc, jennifer), "Doc"),
		}, `
			0 rang by Doc
			9 answered by Doc
			`, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, j *Journal) {
				x := openBoard(t, j, ours)
				x.observe(test.events[0])
				row := x.onlyCall().ID
				x.observe(test.events[1:]...)
				x.wantTimeline(row, test.want)
				r := x.record(row)
				if len(r.CallIDs) != test.ids || r.Remote.Name != "Jennifer" || r.Approximate || r.Row != row || r.Account != ours {
					t.Errorf("record %+v", r)
				}
				ended := containsKind(r.Entries, Ended)
				if ended == r.Ended.IsZero() || ended && r.Cause != r.Entries[len(r.Entries)-1].Detail {
					t.Errorf("ended %v, cause %q", r.Ended, r.Cause)
				}
				for _, id := range r.CallIDs {
					if got, ok, err := j.RowByCall(t.Context(), ours, id); err != nil || !ok || got != row {
						t.Errorf("%s is of %q, %v, %v", id, got, ok, err)
					}
				}
			})
		})
	}
}

var (
	timeout = &sipgate.Error{Op: "fake", Kind: sipgate.Unavailable, MayHaveArrived: true}
	refused = &sipgate.Error{Op: "fake", Status: 403, Kind: sipgate.Forbidden}
)

// Members' commands have entries with their names; actions on the phone have none.
func TestCommandsHaveNames(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours, "mia")
		x.observe(toDoc)
		x.add("A", jennifer, doc)
		x.observe(answer(toDoc, "Doc")) // 3
		x.poll()                        // 8
		row := x.onlyCall().ID
		do := func(a switchboard.Action) {
			t.Helper()
			if err := x.execute("mia", row, a); err != nil {
				t.Error(err)
			}
		}
		do(switchboard.Hold{On: true})                  // 8
		do(switchboard.Hold{})                          // 9
		do(switchboard.Mute{On: true})                  // 10
		do(switchboard.Mute{})                          // 11
		do(switchboard.Record{On: true})                // 12
		do(switchboard.Tones{Digits: "4711"})           // 13
		do(switchboard.Tones{Digits: "0815"})           // 14
		do(switchboard.Record{})                        // 15
		do(switchboard.Announce{URL: "u", Title: "Hi"}) // 16
		do(switchboard.Hold{On: true})
		do(switchboard.Hold{On: true}) // nothing happens
		x.change("A", func(c *sipgate.Call) { c.Hold, c.Muted = false, true })
		x.poll() // 19, on the phone; the hold of 18 stands against it until 23
		x.fail(refused)
		x.execute("mia", row, switchboard.Hold{On: true}) // 21
		x.fail(timeout)
		x.execute("mia", row, switchboard.Tones{Digits: "12345"}) // 22
		x.fail(nil)
		x.execute("mia", row, switchboard.HangUp{GracePeriod: 4 * time.Second}) // 23
		if err := x.Undo("doc", row); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		do(switchboard.TransferTo{Transfer: sipgate.Transfer{To: "+" + marty}}) // 25
		x.poll()                                                                // 26
		x.poll()                                                                // 28
		do(switchboard.HangUp{})                                                // 30
		x.poll()
		x.poll()
		x.wantTimeline(row, `
			0 rang by Doc
			3 answered by Doc
			8 held by MIA
			9 resumed by MIA
			10 muted by MIA
			11 unmuted by MIA
			12 recording by MIA
			13 tones by MIA: 2
			15 recorded by MIA
			16 announced by MIA: Hi
			17 held by MIA
			19 muted
			21 failed by MIA: hold
			22 unknown by MIA: tones
			23 resumed
			24 cancelled by MIA: hangup
			25 transferred by MIA: +4921100000011
			26 moved: Marty
			31 ended by MIA
			`)
	})
}

// Commands that are faster than sipgate's answers replace each other on the board. The
// timeline still has the right names.
func TestFastCommandsKeepTheirNames(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours, "mia", "tom")
		x.observe(toDoc)
		x.add("A", jennifer, doc)
		x.observe(answer(toDoc, "Doc"))
		x.poll()
		row := x.onlyCall().ID
		x.slow = 500 * time.Millisecond
		for i, a := range []switchboard.Action{
			switchboard.Hold{On: true}, switchboard.Announce{URL: "u", Title: "Hi"}, switchboard.Tones{Digits: "1"},
			switchboard.Tones{Digits: "2"}, switchboard.Tones{Digits: "3"}, switchboard.Mute{On: true},
		} {
			by := switchboard.MemberID([]string{"mia", "tom"}[i%2])
			go x.Execute(t.Context(), switchboard.Command{By: by, Call: row, Action: a, Override: true})
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		x.wantTimeline(row, `
			0 rang by Doc
			3 answered by Doc
			~8 tones by MIA: 1
			~8 tones by TOM: 1
			~8 tones by MIA: 1
			9 held by MIA
			9 announced by TOM: Hi
			11 muted by TOM
			`)
	})
}

// With polling only, the times that are not known are approximate.
func TestTimesOfPolledCallsAreApproximate(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours, "mia")
		x.add("A", jennifer, doc)
		x.poll()
		row := x.onlyCall().ID
		x.remove("A")
		x.poll()
		x.poll()
		x.wantTimeline(row, `
			~0 answered
			4 ended
			`)
		if r := x.record(row); !r.Approximate {
			t.Errorf("record %+v", r)
		}
	})
}

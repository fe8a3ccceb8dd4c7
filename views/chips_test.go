package views

import (
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// A chip says what became of the last command, as far as nothing else shows it.
func TestChipsSayWhatBecameOfCommands(t *testing.T) {
	on, off := switchboard.Toggle{Requested: true, Pending: true}, switchboard.Toggle{On: true, Pending: true}
	for _, test := range []struct {
		verb    switchboard.Verb
		outcome switchboard.Outcome
		change  func(c *switchboard.Call)
		tone    string
		text    string
	}{
		{"hold", switchboard.Pending, func(c *switchboard.Call) { c.Hold = on }, "busy", English.T("pending.hold.on")},
		{"hold", switchboard.Pending, func(c *switchboard.Call) { c.Hold = off }, "busy", English.T("pending.hold.off")},
		{"mute", switchboard.Accepted, func(c *switchboard.Call) { c.Mute.On = true }, "busy", English.T("pending.mute.on")},
		{"record", switchboard.Accepted, func(c *switchboard.Call) {}, "busy", English.T("pending.record.off")},
		{"transfer", switchboard.Pending, nil, "busy", English.T("pending.transfer", "+49 309 01820")},
		{"announce", switchboard.Pending, nil, "busy", English.T("pending.announce", "+4930901820")},
		{"tones", switchboard.Pending, nil, "busy", English.T("pending.tones")},
		{"hangup", switchboard.Pending, nil, "busy", English.T("pending.hangup")},
		{switchboard.VerbCancelConsultation, switchboard.Pending, nil, "busy", English.T("pending.unask")},
		{"hangup", switchboard.Accepted, func(c *switchboard.Call) { c.Phase = switchboard.Ended }, "", ""},
		{"hold", switchboard.Unconfirmed, nil, "doubt", English.T("order.unconfirmed", English.T("verb.hold"))},
		{"hold", switchboard.Unknown, nil, "doubt", English.T("order.unknown", English.T("verb.hold"))},
		{"hold", switchboard.Confirmed, nil, "", ""},
		{"transfer", switchboard.Confirmed, nil, "good", English.T("order.transferred", "+49 309 01820")},
		{"transfer", switchboard.Confirmed, func(c *switchboard.Call) { c.Consultation = &switchboard.Consultation{} }, "", ""},
		{"transfer", switchboard.Pending, func(c *switchboard.Call) { c.Consultation = &switchboard.Consultation{} }, "busy", English.T("pending.transfer", "+49 309 01820")},
		{"tones", switchboard.Confirmed, nil, "good", English.T("order.tones")},
	} {
		for _, name := range []string{"", "Tom"} {
			c := testCall(t, "talking")
			if test.change != nil {
				test.change(&c)
			}
			c.LastCommand = &switchboard.LastCommand{Verb: test.verb, Name: name, Outcome: test.outcome, At: moment, Detail: "+4930901820"}
			want := test.text
			if name != "" && want != "" {
				want = name + ": " + want
			}
			var tone, text string
			for _, chip := range testFormat.RowFor(c, Allowed{}, English).Chips {
				if chip.Tone != "mute" && chip.Tone != "rec" {
					tone, text = tone+chip.Tone, text+chip.named()
				}
			}
			if tone != test.tone || text != want {
				t.Errorf("%s, outcome %d: %q %q, want %q %q", test.verb, test.outcome, tone, text, test.tone, want)
			}
		}
	}
	if Reason(sipgate.Throttled) != "throttled" || Reason(sipgate.Kind(99)) != "other" {
		t.Error("kinds of errors have no names")
	}
}

// its file, if that can be known.
func TestAnnouncementsAreFollowed(t *testing.T) {
	for _, test := range []struct {
		p    switchboard.Playback
		want string // tones; with a length, the first counts down
		from string
	}{
		{switchboard.Playback{Title: "Hi", Since: moment}, "play", ""},
		{switchboard.Playback{Title: "Hi", Since: moment, Length: time.Second}, "play", milliseconds(moment)},
		{switchboard.Playback{Since: moment, Hosted: true}, "play", ""},
		{switchboard.Playback{Since: moment, Hosted: true, Missed: true, FetchedAfter: time.Second}, "play doubt", ""},
		{switchboard.Playback{Since: moment, Hosted: true, FetchedAfter: 1250 * time.Millisecond}, "play good", ""},
		{switchboard.Playback{Since: moment, FetchedAfter: time.Second, Missed: true}, "play", ""},
	} {
		c := testCall(t, "talking")
		c.Playback = &test.p
		chips := testFormat.RowFor(c, Allowed{}, English).Chips
		var tones []string
		for _, chip := range chips {
			tones = append(tones, chip.Tone)
		}
		if strings.Join(tones, " ") != test.want || chips[0].From != test.from || (chips[0].At == "") != (test.from != "") || (chips[0].Length == "1000") != (test.from != "") {
			t.Errorf("%+v: %+v", test.p, chips)
		}
		if c.Phase = switchboard.Ended; len(testFormat.RowFor(c, Allowed{}, English).Chips) > 0 {
			t.Error("it is played after the end")
		}
	}
}

package journal

import (
	"fmt"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// What is known of the rows that became part of one is known of that one.
func TestMergedRowsAreComparedTogether(t *testing.T) {
	const talk, done, pending = switchboard.Connected, switchboard.Confirmed, switchboard.Pending
	as := func(id sipgate.CallID) edit { return func(c *switchboard.Call) { c.CallID = id } }
	muted := func(c *switchboard.Call) { c.Mute.On = true }
	recording := func(c *switchboard.Call) { c.Recording.On = true }
	tones := func(o switchboard.Outcome, s int) edit { return last(switchboard.VerbTones, o, s, "") }
	hold := func(o switchboard.Outcome, s int) edit { return last(switchboard.VerbHold, o, s, "") }
	for _, test := range []struct {
		name           string
		row, part, now []edit
		want           string
	}{
		{"goes on as the part, on hold", nil, []edit{held, muted, recording}, []edit{as("B"), held, muted, recording}, ""},
		{"goes on as the part, which was not on hold", []edit{held}, nil, []edit{as("B"), held}, ""},
		{"goes on as itself, beside a part on hold", nil, []edit{held}, nil, ""},
		{"goes on as itself, on hold now", nil, []edit{held}, []edit{held}, "0 held"},
		{"the command of the part", nil, []edit{tones(done, 6)}, []edit{tones(done, 6)}, ""},
		{"a newer command of the part", []edit{hold(done, 4)}, []edit{tones(done, 6)}, []edit{tones(done, 6)}, ""},
		{"an older command of the part", []edit{hold(done, 8)}, []edit{tones(done, 6)}, []edit{hold(done, 8)}, ""},
		{"a command after the part's", []edit{hold(done, 4)}, []edit{tones(done, 6)}, []edit{tones(done, 7)}, "7 tones by Mia"},
		{"a command that the part waits for", nil, []edit{tones(pending, 6)}, nil, "-1 unknown by Mia: tones"},
		{"the hang-up of the part is undone", nil, []edit{leaving}, nil, "-1 cancelled by Mia: hangup"},
		{"its own hang-up is undone", []edit{leaving}, nil, nil, "-1 cancelled by Mia: hangup"},
		{"the part's announcement", nil, []edit{playing("Hi", 7)}, []edit{playing("Hi", 7)}, ""},
		{"a newer announcement of the part", []edit{playing("Old", 3)}, []edit{playing("Hi", 7)}, []edit{playing("Hi", 7)}, ""},
		{"an older announcement of the part", []edit{playing("Hi", 7)}, []edit{playing("Old", 3)}, []edit{playing("Hi", 7)}, ""},
		{"its own announcement", []edit{playing("Hi", 7)}, nil, []edit{playing("Hi", 7)}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			tracked := func(row switchboard.RowID, c *switchboard.Call) *trackedRow {
				return &trackedRow{id: row, call: c, commandedBy: map[switchboard.Verb]string{}}
			}
			f := newFollower(nil, nil, nil)
			l := tracked("row", call(talk, 0, test.row...))
			part := tracked("part", call(talk, 0, append([]edit{as("B")}, test.part...)...))
			own := *l.call
			f.merged["row"] = []*trackedRow{{id: "unknown"}, part}
			now := call(talk, 0, test.now...)
			before := f.mergedBefore(l, now)
			var got []string
			for _, e := range diff(before, *now) {
				if e.At.IsZero() {
					e.At = at(-1)
				}
				got = append(got, splitLines(timeline(Record{Started: zero, Entries: []Entry{e}}))...)
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if fmt.Sprintf("%+v", own) != fmt.Sprintf("%+v", *l.call) {
				t.Error("the call that the board shares was changed")
			}
			if f.mergedBefore(l, now) != l.call {
				t.Error("the part is compared again")
			}
		})
	}
}

// A row knows the last entry and the commands of the rows that became part of it.
func TestPartsLeaveTheirCommands(t *testing.T) {
	l := &trackedRow{lastEntryAt: at(5), commandedBy: map[switchboard.Verb]string{switchboard.VerbMute: "Tom"}}
	l.absorb(&trackedRow{lastEntryAt: at(3), commandedBy: map[switchboard.Verb]string{switchboard.VerbHold: "Mia"}})
	if !l.lastEntryAt.Equal(at(5)) {
		t.Errorf("the last entry was at %v", l.lastEntryAt)
	}
	l.absorb(&trackedRow{lastEntryAt: at(9)})
	if !l.lastEntryAt.Equal(at(9)) {
		t.Errorf("the last entry was at %v", l.lastEntryAt)
	}
	entries := []Entry{{Kind: Held}, {Kind: Muted}, {Kind: Recording}, {Kind: Resumed, Name: "Eva"}, {Kind: Ended}}
	l.attribute(entries, call(switchboard.Connected, 0, holding))
	if got := fmt.Sprint(entries[0].Name, ",", entries[1].Name, ",", entries[2].Name, ",", entries[3].Name, ",", entries[4].Name); got != "Mia,,,Eva," {
		t.Errorf("by %s", got)
	}
	entries = []Entry{{Kind: Held}}
	if l.attribute(entries, nil); entries[0].Name != "" {
		t.Errorf("of a new call: by %s", entries[0].Name)
	}
}

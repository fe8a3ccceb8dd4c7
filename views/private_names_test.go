package views

import (
	"context"
	"strings"
	"testing"

	"callboard/sipgate/switchboard"
)

// A private name is shown to its viewer only and never enters shared rows,
// whoever renders first.
func TestPrivateNamesAreNotShared(t *testing.T) {
	const canary = "Canary <Grandma>"
	rendered := 0
	shared := Format{Number: func(n string) string { rendered++; return n }}
	own := shared
	own.PrivateName = func(n string) string { return map[string]string{"+4930901820": canary}[n] }
	unnamed := switchboard.Party{Number: "+4930901820"}
	for _, test := range []struct {
		name    string
		remote  switchboard.Party
		earlier []switchboard.Party
		seen    bool
	}{
		{"remote", unnamed, nil, true},
		{"earlier", switchboard.Party{Number: "+4989"}, []switchboard.Party{{Number: "+4940"}, unnamed}, true},
		{"the team has a name", switchboard.Party{Number: "+4930901820", Name: "Meier"}, nil, false},
		{"another number", switchboard.Party{Number: "+4989"}, nil, false},
		{"anonymous", switchboard.Party{}, nil, false},
	} {
		for _, order := range [][]Format{{own, shared, own, shared}, {shared, own, shared, own}} {
			c := testCall(t, "talking")
			c.Remote, c.PreviousParties, c.UserNames, c.Memo = test.remote, test.earlier, nil, new(switchboard.Memo)
			rendered = 0
			for _, f := range order {
				row, err := f.RowHTMLFor(context.Background(), c, Allowed{}, German)
				if err != nil {
					t.Fatal(err)
				}
				off, err := f.RowHTMLFor(context.Background(), c, Allowed{Reason: "not_yours"}, German)
				if err != nil {
					t.Fatal(err)
				}
				text := string(row) + string(off) + html(t, Row(German, f.RowFor(c, Allowed{}, German)))
				want := 0
				if f.PrivateName != nil && test.seen {
					want = 3
				}
				if got := strings.Count(text, "Canary"); got < want || want == 0 && got > 0 {
					t.Errorf("%s: the name stands %d times, want %d", test.name, got, want)
				}
				title := f.Ref(c, German, "").Title
				if (title == canary) != (f.PrivateName != nil && test.seen && test.remote == unnamed) {
					t.Errorf("%s: a dialog is titled %q", test.name, title)
				}
			}
			if c.Remote != test.remote || len(test.earlier) > 0 && test.earlier[1].Name != "" {
				t.Errorf("%s: the call was changed", test.name)
			}
		}
	}
}

func TestRowsWithoutPrivateNamesAreShared(t *testing.T) {
	c := testCall(t, "talking")
	c.Remote, c.Memo = switchboard.Party{Number: "+4930901820"}, new(switchboard.Memo)
	asked := 0
	var first RenderedRow
	for range 10 {
		f := Format{PrivateName: func(string) string { asked++; return "" }}
		row, err := f.RowHTMLFor(context.Background(), c, Allowed{}, English)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = row
		}
		if &row[0] != &first[0] {
			t.Error("rendered again")
		}
	}
	if asked != 10 {
		t.Errorf("asked for a name %d times, want once for each viewer", asked)
	}
}

func TestNumberWithoutNameHasPlace(t *testing.T) {
	f := Format{Place: func(number string, lang Lang) string { return "place of " + number + " in " + lang.String() }}
	for _, test := range []struct {
		remote switchboard.Party
		want   string
	}{
		{switchboard.Party{Number: "+4930901820"}, "place of +4930901820 in de"},
		{switchboard.Party{Number: "+4930901820", Name: "Meier"}, "+4930901820"},
		{switchboard.Party{}, ""},
	} {
		c := testCall(t, "talking")
		c.Remote, c.Local, c.UserNames = test.remote, switchboard.Party{Number: "+49211"}, nil
		if m := f.RowFor(c, Allowed{}, German); m.Sub != test.want || m.LocalSub != "" {
			t.Errorf("%+v: %q below, and %q local", test.remote, m.Sub, m.LocalSub)
		}
	}
}

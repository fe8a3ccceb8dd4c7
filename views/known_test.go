package views

import (
	"context"
	"strings"
	"testing"

	"callboard/sipgate/switchboard"
)

// The name that only one viewer has for a number is shown to that viewer and
// never gets into what is shared, whoever looks first (I6).
func TestPrivateNameIsTheViewersAlone(t *testing.T) {
	const canary = "Canary <Grandma>"
	rendered := 0
	shared := Format{Number: func(n string) string { rendered++; return n }}
	own := shared
	own.PrivateName = func(n string) string { return map[string]string{"+4930901820": canary}[n] }
	unnamed := switchboard.Party{Number: "+4930901820"}
	for _, test := range []struct {
		name    string
		outside switchboard.Party
		earlier []switchboard.Party
		seen    bool
	}{
		{"outside", unnamed, nil, true},
		{"earlier", switchboard.Party{Number: "+4989"}, []switchboard.Party{{Number: "+4940"}, unnamed}, true},
		{"the team has a name", switchboard.Party{Number: "+4930901820", Name: "Meier"}, nil, false},
		{"another number", switchboard.Party{Number: "+4989"}, nil, false},
		{"anonymous", switchboard.Party{}, nil, false},
	} {
		for _, order := range [][]Format{{own, shared, own, shared}, {shared, own, shared, own}} {
			c := testCall(t, "talking")
			c.Remote, c.PreviousParties, c.UserNames, c.Memo = test.outside, test.earlier, nil, new(switchboard.Memo)
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
				if (title == canary) != (f.PrivateName != nil && test.seen && test.outside == unnamed) {
					t.Errorf("%s: a sheet is called %q", test.name, title)
				}
			}
			if c.Remote != test.outside || len(test.earlier) > 0 && test.earlier[1].Name != "" {
				t.Errorf("%s: the call was changed", test.name)
			}
		}
	}
}

// Who has no private name for a row shares it with the others.
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

func TestPlaceOfANumberWithoutAName(t *testing.T) {
	f := Format{Place: func(number string, lang Lang) string { return "place of " + number + " in " + lang.String() }}
	for _, test := range []struct {
		outside switchboard.Party
		want    string
	}{
		{switchboard.Party{Number: "+4930901820"}, "place of +4930901820 in de"},
		{switchboard.Party{Number: "+4930901820", Name: "Meier"}, "+4930901820"},
		{switchboard.Party{}, ""},
	} {
		c := testCall(t, "talking")
		c.Remote, c.Local, c.UserNames = test.outside, switchboard.Party{Number: "+49211"}, nil
		if m := f.RowFor(c, Allowed{}, German); m.Sub != test.want || m.LocalSub != "" {
			t.Errorf("%+v: %q below, and %q inside", test.outside, m.Sub, m.LocalSub)
		}
	}
}

package views

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

func TestRowShowsWhyButtonsAreDisabled(t *testing.T) {
	c := testCall(t, "talking")
	for _, reason := range []string{team.ReasonNotOwner, team.ReasonNoConsent, "role_viewer", "no_such_reason"} {
		m := testFormat.RowFor(c, Allowed{Reason: reason}, English)
		if m.Reason == "" || strings.Contains(m.Reason, reason) || len(m.Actions) != 7 {
			t.Errorf("%s: why %q, %d buttons", reason, m.Reason, len(m.Actions))
		}
		page := html(t, Row(English, m))
		if n := strings.Count(page, "disabled"); n != 7 || strings.Contains(page, "<form") || strings.Contains(page, "data-dialog") {
			t.Errorf("%s: %d buttons are disabled:\n%s", reason, n, page)
		}
	}
	if m := testFormat.RowFor(c, Allowed{}, English); m.Reason != "" || len(m.Actions) != 7 || m.Page != "/calls/talking" {
		t.Errorf("allowed: %+v", m)
	}
}

func TestRingingCallsCanBeHungUp(t *testing.T) {
	c := testCall(t, "ringing")
	m := testFormat.RowFor(c, Allowed{}, English)
	if len(m.Actions) != 1 || m.Actions[0].Name != "hangup" || m.Actions[0].Path != "/calls/ringing/hangup" {
		t.Errorf("buttons %+v", m.Actions)
	}
	m = testFormat.RowFor(c, Allowed{Reason: team.ReasonNoConsent, Person: "Mira Hoffmann"}, English)
	if page := html(t, Row(English, m)); len(m.Actions) != 0 || !strings.Contains(page, ">Mira Hoffmann does not allow others to control their calls<") {
		t.Errorf("without a button nothing says why:\n%s", page)
	}
}

func TestRowShowsClaim(t *testing.T) {
	c := testCall(t, "transferring")
	for verb, want := range map[switchboard.Verb]string{
		switchboard.VerbTransfer: "Tom is transferring …", switchboard.VerbHangUp: "Tom is hanging up …", "dance": "Tom is using this call …",
	} {
		c.Claim = &switchboard.Claim{By: "w1", Name: "Tom", Verb: verb}
		chips := testFormat.RowFor(c, Allowed{}, English).Chips
		if len(chips) != 1 || chips[0].Tone != "claim" || chips[0].Text != want || chips[0].By != "w1" {
			t.Errorf("%s: %+v", verb, chips)
		}
	}
	c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbTransfer, By: "w1", Name: "Tom", Outcome: switchboard.Pending}
	if chips := testFormat.RowFor(c, Allowed{}, English).Chips; len(chips) != 1 || chips[0].Tone != "busy" {
		t.Errorf("a pending command is shown twice: %+v", chips)
	}
	if got := ClaimText(German, switchboard.Claim{Verb: switchboard.VerbMute}); got != "Ein Teammitglied schaltet stumm …" {
		t.Errorf("a member without a name: %q", got)
	}
}

func TestPendingHangupCanBeUndone(t *testing.T) {
	c := testCall(t, "leaving")
	page := html(t, Row(English, testFormat.RowFor(c, Allowed{}, English)))
	for _, want := range []string{`data-at="` + milliseconds(moment.Add(4*time.Second)), "Tom: ", "Hanging up at 14:03:24", `method="post" action="/calls/leaving/undo"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
	page = html(t, Row(English, testFormat.RowFor(c, Allowed{Reason: "role_viewer"}, English)))
	if strings.Contains(page, "/undo") || !strings.Contains(page, "Hanging up at") {
		t.Error("a viewer who may not act can undo it, or does not see it")
	}
	c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbHangUp, Outcome: switchboard.Pending}
	m := testFormat.RowFor(c, Allowed{}, English)
	if action(t, m, "hangup").Busy {
		t.Error("the call cannot be hung up at once during its grace period")
	}
}

// A row is rendered once for each change, language and reason, for any number of
// viewers.
func TestRowIsRenderedOnce(t *testing.T) {
	rendered := 0
	f := Format{Number: func(n string) string { rendered++; return n }}
	c := testCall(t, "talking")
	c.Memo, c.UserNames = new(switchboard.Memo), nil
	rows := map[string]bool{}
	for range 100 {
		for _, allowed := range []Allowed{{}, {Reason: "role_viewer"}, {Reason: "not_yours", Person: "Tom"}, {Reason: "not_yours", Person: "Mia"}} {
			for _, lang := range Langs {
				row, err := f.RowHTMLFor(context.Background(), c, allowed, lang)
				if err != nil {
					t.Fatal(err)
				}
				rows[string(row)] = true
			}
		}
	}
	if len(rows) != 8 || rendered != 8*2 {
		t.Errorf("%d different rows, %d numbers written; want 8 and 16", len(rows), rendered)
	}
}

func TestHangUpSeveralNeedsTwoAllowedCalls(t *testing.T) {
	calls := []switchboard.Call{testCall(t, "talking"), testCall(t, "ringing"), testCall(t, "ended")}
	for _, test := range []struct {
		forbidden []switchboard.RowID
		want      bool
	}{{nil, true}, {[]switchboard.RowID{"ringing"}, false}, {[]switchboard.RowID{"ended"}, true}} {
		b, err := testFormat.BoardFor(context.Background(), calls, func(c switchboard.Call) Allowed {
			if slices.Contains(test.forbidden, c.ID) {
				return Allowed{Reason: "not_yours"}
			}
			return Allowed{}
		}, English)
		if err != nil {
			t.Fatal(err)
		}
		if page := html(t, BoardList(English, b)); strings.Contains(page, `<p class="several" id="several">`) != test.want {
			t.Errorf("without %v: the board offers it: %v", test.forbidden, !test.want)
		}
	}
}

func TestMenu(t *testing.T) {
	all := NamesOf("announcements", "team", "audit", "status", "settings")
	for _, test := range []struct {
		may         Names
		first, more int
	}{{"", 2, 0}, {NamesOf("announcements", "team", "settings"), 5, 0}, {all, 4, 3}} {
		p := Page{Lang: English, Path: "/audit", May: test.may}
		first, more := p.menu()
		if len(first) != test.first || len(more) != test.more {
			t.Errorf("%q: %d entries and %d behind them", test.may, len(first), len(more))
		}
		links := regexp.MustCompile(`<a href="(/[a-z]*)" aria-current`).FindAllString(html(t, menu(p)), -1)
		if len(links) != test.first+test.more {
			t.Errorf("%v: links %q", test.may, links)
		}
	}
	if p := (Page{Path: "/audit", May: all}); !p.containsCurrent(menuEntries[4:]) || p.containsCurrent(menuEntries[:4]) {
		t.Error("the menu entry is not marked")
	}
}

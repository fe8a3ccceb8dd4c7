package views

import (
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/switchboard"
)

// A row tells script whose call it is, and at whose telephone it rings: outgoing
// and answered calls ring nowhere, and an internal one not at the caller.
func TestRowHasOwnersAndRings(t *testing.T) {
	type ids = []switchboard.MemberID
	for name, test := range map[string]struct {
		call    switchboard.Call
		owners  string
		rings   bool
		ringsAt string
		mine    bool // of w0
	}{
		"rings here":   {switchboard.Call{Phase: switchboard.Ringing, Direction: "in", MemberIDs: ids{"w0", "w2"}, RingsAt: ids{"w0", "w2"}, VisibleTo: ids{"w1"}}, "w0 w2", true, "w0 w2", true},
		"rings there":  {switchboard.Call{Phase: switchboard.Ringing, Direction: "in", MemberIDs: ids{"w2"}, RingsAt: ids{"w2"}, VisibleTo: ids{"w0"}}, "w2", true, "w2", false},
		"internal":     {switchboard.Call{Phase: switchboard.Ringing, Direction: "out", Internal: true, MemberIDs: ids{"w0", "w2"}, RingsAt: ids{"w2"}}, "w0 w2", true, "w2", true},
		"at nobody":    {switchboard.Call{Phase: switchboard.Ringing, Direction: "in"}, "", true, "", false},
		"outgoing":     {switchboard.Call{Phase: switchboard.Ringing, Direction: "out", MemberIDs: ids{"w0"}}, "w0", false, "", true},
		"no direction": {switchboard.Call{Phase: switchboard.Ringing, MemberIDs: ids{"w0"}}, "w0", false, "", true},
		"answered":     {switchboard.Call{Phase: switchboard.Connected, Direction: "in", MemberIDs: ids{"w0"}}, "w0", false, "", true},
		"ended":        {switchboard.Call{Phase: switchboard.Ended, PreviousPhase: switchboard.Ringing, Direction: "in", MemberIDs: ids{"w0"}}, "w0", false, "", true},
		"no members":   {switchboard.Call{Phase: switchboard.Connected, VisibleTo: ids{"w0", "w1"}}, "", false, "", false},
		"no owner":     {switchboard.Call{Phase: switchboard.Connected}, "", false, "", false},
		"similar id":   {switchboard.Call{Phase: switchboard.Connected, MemberIDs: ids{"w01"}}, "w01", false, "", false},
	} {
		m := Format{}.RowFor(test.call, Allowed{}, English)
		mine := slices.Contains(test.call.Owners(), "w0")
		if m.Owners != test.owners || m.Rings != test.rings || m.RingsAt != test.ringsAt || mine != test.mine {
			t.Errorf("%s: owners %q, rings %v at %q, mine %v", name, m.Owners, m.Rings, m.RingsAt, mine)
		}
	}
}

// Readers see words for voicemails, telephones, groups and queues, never
// sipgate's ids, and the names of both colleagues of an internal call.
func TestRowsShowWordsInsteadOfIDs(t *testing.T) {
	for name, test := range map[string]struct {
		call                switchboard.Call
		title, local, state string
		wallTitle, wall     string
	}{
		"voicemail": {switchboard.Call{Phase: switchboard.Connected, Voicemail: true, UserNames: []string{"voicemail"}, Remote: switchboard.Party{Name: "Vogt"}, Local: switchboard.Party{Number: "+49221", Name: "voicemail"}},
			"Vogt", "Voicemail", "Leaving a voicemail", "Vogt", "Voicemail"},
		"ended voicemail": {switchboard.Call{Phase: switchboard.Ended, Voicemail: true, UserNames: []string{"voicemail"}, Remote: switchboard.Party{Name: "Vogt"}}, "Vogt", "Voicemail", "Ended", "", ""},
		"telephone":       {switchboard.Call{Phase: switchboard.Connected, Remote: switchboard.Party{Number: "2814711e0"}, Local: switchboard.Party{Number: "2814711q1"}}, "Phone", "Queue", "Talking", "Phone", "Queue"},
		"device by name":  {switchboard.Call{Phase: switchboard.Connected, Remote: switchboard.Party{Number: "2814711e0", Name: "Desk Anna"}, Local: switchboard.Party{Number: "g7"}}, "Desk Anna", "Group", "Talking", "Desk Anna", "Group"},
		"unknown kind":    {switchboard.Call{Phase: switchboard.Connected, Remote: switchboard.Party{Number: "2814711z0"}, Local: switchboard.Party{Number: "v0"}}, "Extension", "Voicemail", "Talking", "Extension", "Voicemail"},
		"internal": {switchboard.Call{Phase: switchboard.Connected, Internal: true, UserNames: []string{"Anna Bergmann"}, Remote: switchboard.Party{Number: "+492", Name: "Jonas Keller"}, Local: switchboard.Party{Number: "+491", Name: "Anna Bergmann"}},
			"Jonas Keller", "Anna Bergmann", "Talking", "Jonas", "Anna"},
		"to a colleague's voicemail": {switchboard.Call{Phase: switchboard.Connected, Internal: true, Voicemail: true, UserNames: []string{"Anna Bergmann"}, Remote: switchboard.Party{Number: "+492", Name: "Jonas Keller"}, Local: switchboard.Party{Number: "+491", Name: "Anna Bergmann"}},
			"Jonas Keller", "Anna Bergmann", "Leaving a voicemail", "Jonas", "Anna"},
	} {
		m := Format{}.RowFor(test.call, Allowed{}, English)
		if m.Title != test.title || m.Local != test.local || m.StateText != test.state {
			t.Errorf("%s: %q, %q, %q", name, m.Title, m.Local, m.StateText)
		}
		if strings.Contains(m.Title+m.Sub+m.Local+m.LocalSub, "2814711") || test.call.Internal && m.Direction != "Internal" {
			t.Errorf("%s: %q", name, []string{m.Title, m.Sub, m.Local, m.LocalSub, m.Direction})
		}
		wall := NewWallboard([]switchboard.Call{test.call}, func(n string) string { return n }, true, English)
		if test.wall == "" {
			continue
		}
		if c := wall.Calls[0]; c.Title != test.wallTitle || c.Local != test.wall {
			t.Errorf("%s on a wallboard: %+v", name, c)
		}
	}
}

// So does a call's timeline.
func TestTimelineShowsVoicemailInWords(t *testing.T) {
	e := Format{}.Event(time.Time{}, false, "answered", "voicemail", "")
	moved := Format{}.Event(time.Time{}, false, "moved", "", "voicemail")
	if want := German.T("row.voicemail"); e.memberText(German) != want || moved.detailText(German) != want {
		t.Errorf("%q, %q", e.memberText(German), moved.detailText(German))
	}
}

// A dialog about a call names both sides; times of a row are those of its state.
func TestRowsAndDialogsNameBothSides(t *testing.T) {
	c := testCall(t, "talking")
	if r := testFormat.Ref(c, English, "id"); r.Title != "Meier & Söhne GmbH" || r.Local != "Mia Brandt" || r.ActionID != "id" || r.path("/hold") != "/calls/talking/hold" {
		t.Errorf("%+v", r)
	}
	c.UserNames = nil
	if r := testFormat.Ref(c, English, ""); r.Local != "+49 211 12345610" {
		t.Errorf("%+v", r)
	}
	m := testFormat.RowFor(c, Allowed{}, English)
	if m.Clock != "14:00" || m.Total != "13:59" || m.Since != milliseconds(c.Since) || m.Started != milliseconds(c.Started) || m.Approximate != "" {
		t.Errorf("%+v", m)
	}
	c.Started = c.Since
	if m := testFormat.RowFor(c, Allowed{}, English); m.Total != "" {
		t.Errorf("a total of %q beside the same time", m.Total)
	}
	c.Consultation = &switchboard.Consultation{To: switchboard.Party{Number: "+4930901820"}, State: switchboard.ConsultationRinging, Since: moment}
	for want, f := range map[string]Format{
		"Grandma": {PrivateName: func(string) string { return "Grandma" }}, "Tom": {MemberName: func(string) string { return "Tom" }, PrivateName: func(string) string { return "Grandma" }},
		"+4930901820": {PrivateName: func(string) string { return "" }, MemberName: func(string) string { return "" }},
	} {
		if m := f.RowFor(c, Allowed{}, English); m.Consultation.Text != English.T("consult.rings", want) {
			t.Errorf("%q, want %s", m.Consultation.Text, want)
		}
		own, all := f.Variant(&c, Allowed{}), Format{}.Variant(&c, Allowed{})
		if (own == all) == (want == "Grandma") {
			t.Errorf("%s: rows are shared: %v", want, own == all)
		}
	}
	if c.Consultation.To.Name != "" {
		t.Error("the call was changed")
	}
	c.Phase = switchboard.Ended
	if m := testFormat.RowFor(c, Allowed{}, English); m.Consultation != nil {
		t.Error("somebody is consulted after the end")
	}
	if got := (Format{}).memberOrNumber("e0"); got != "e0" {
		t.Errorf("an extension is %q", got)
	}
}

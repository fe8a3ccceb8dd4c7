package views

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate/directory"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// A Picture is one view in one state, for looking at and for the golden tests.
type Picture struct {
	Name string // of the file: "board", "row-held"
	Show templ.Component
}

// Gallery shows every page and every state of a row in one language, at a fixed
// moment, with invented people. It is how a change of a view is looked at.
func Gallery(lang Lang) []Picture {
	p := galleryPage(lang)
	now := p.Now
	at := func(path string) Page { q := p; q.Path = path; return q }
	calls := append(galleryCalls(now), galleryOdd(now)...)
	board, err := galleryFormat.BoardFor(context.Background(), calls, galleryPermit, lang)
	if err != nil {
		panic(err) // into memory, of constants
	}
	board.CanCall = true
	board.Status = StatusModel{ListedAt: now.Add(-time.Second), Now: now, Members: 3}
	troubled := StatusModel{ListedAt: now.Add(-9 * time.Second), Now: now, Problem: "throttled"}
	call := galleryFormat.Ref(calls[2], lang, "gallery-action-0001")

	pictures := []Picture{
		{"signin", SignIn(p, "/history", "")},
		{"signin-failed", SignIn(p, "/", "login_failed")},
		{"board", Board(p, board)},
		{"board-empty", Board(p, BoardModel{Status: troubled})},
		{"transfer", TransferSheet(p, TransferModel{call, Whom{Call: call}, galleryNumbers})},
		{"transfer-choices", TransferSheet(p, TransferModel{call, Whom{Text: "wieg", Choices: galleryFound(now)[3:], Call: call}, nil})},
		{"found", FoundList(lang, FoundModel{People: galleryFound(now), Again: true})},
		{"strip", Strip(lang, StripModel{call, galleryFound(now)[:5]})},
		{"found-number", FoundList(lang, FoundModel{Typed: Typed{Text: "0211 1234567", Number: "+492111234567", Shown: "+49 211 1234567"}})},
		{"found-partial", FoundList(lang, FoundModel{Typed: Typed{Text: "0211", Partial: true}, People: galleryFound(now)[:1]})},
		{"found-blocked", FoundList(lang, FoundModel{Typed: Typed{Text: "112", Refused: "number_blocked"}})},
		{"found-nobody", FoundList(lang, FoundModel{Typed: Typed{Text: "zzz"}})},
		{"found-empty", FoundList(lang, FoundModel{})},
		{"keypad", KeypadSheet(p, call)},
		{"announce", AnnounceSheet(p, AnnounceModel{call, galleryAnnouncements(now).Items})},
		{"announce-many", AnnounceSheet(p, AnnounceModel{call, galleryMany(now).Items})},
		{"announce-none", AnnounceSheet(p, AnnounceModel{Call: call})},
		{"record", RecordSheet(p, call)},
		{"error-404", ErrorPage(p, 404, "not_found", Message(lang, "not_found", 404), "7f3a9c01")},
		{"error-500", ErrorPage(p, 500, "internal", Message(lang, "internal", 500), "7f3a9c01")},
		{"notice", Notice(lang, "call_over", Message(lang, "call_over", 409))},
		{"status", Status(lang, board.Status)},
		{"status-troubled", Status(lang, troubled)},
	}
	for _, c := range append(calls, galleryConsults(now)...) {
		pictures = append(pictures, Picture{RowDOMID(c.ID), Row(lang, galleryFormat.RowFor(c, galleryPermit(c), lang))})
	}
	pictures = append(pictures, galleryOfHistory(at("/history"), now)...)
	pictures = append(pictures, galleryOfSounds(at("/announcements"))...)
	pictures = append(pictures, galleryOfTeam(lang)...)
	pictures = append(pictures, galleryOfCalling(p, now)...)
	pictures = append(pictures, galleryOfFigures(lang)...)
	return append(pictures, galleryStates(lang)...)
}

// galleryPage is the page around everything: that of an agent.
func galleryPage(lang Lang) Page {
	return Page{Lang: lang, Member: "Mia Brandt", Path: "/", Now: time.Date(2026, 11, 23, 14, 3, 20, 0, time.UTC), Demo: true, Choices: team.DefaultPreferences()}
}

var galleryFormat = Format{Number: spaced, Place: abroad}

// abroad stands in for the real knowledge of places.
func abroad(number string, lang Lang) string {
	switch {
	case !strings.HasPrefix(number, "+44"):
		return ""
	case lang == German:
		return "Vereinigtes Königreich"
	default:
		return "United Kingdom"
	}
}

// spaced stands in for the real rules of writing numbers.
func spaced(number string) string {
	if len(number) < 8 {
		return number
	}
	return number[:3] + " " + number[3:6] + " " + number[6:]
}

func galleryFound(now time.Time) []Found {
	found := func(kind directory.Kind, name, organization, number string, p directory.Presence, refused string) Found {
		return Found{Entry: directory.Entry{Kind: kind, Name: name, Organization: organization, Number: number, Presence: p}, Shown: spaced(number), Refused: refused}
	}
	list := []Found{
		found(directory.Member, "Tom Weber", "", "+4921112345611", directory.Available, ""),
		found(directory.Member, "Aylin Kaya", "", "+4921112345612", directory.OnCall, ""),
		found(directory.Member, "Jonas Vogt", "", "+4921112345613", directory.DoNotDisturb, ""),
		found(directory.Member, "Dr. Anna Lindqvist-Schwarzenberger", "", "+4921112345614", directory.Offline, ""),
		found(directory.Member, "Kim Lee", "", "+4921112345615", directory.Unknown, ""),
		found(directory.Group, "Zentrale", "", "+4921112345600", directory.Unknown, ""),
		found(directory.Contact, "Claudia Wiegand", "Spedition Wiegand & Söhne", "+496990009640", 0, ""),
		found(directory.Private, "Mama", "", "+493012345678", 0, "same_party"),
		found(directory.Contact, "Teure Auskunft", "", "+499001234567", 0, "number_blocked"),
		found(directory.Recent, "", "", "+4989200300", 0, ""),
	}
	list[6].LastCallAt = now.Add(-time.Hour)
	return list
}

var galleryNumbers = []Choice{{"+4921112345610", "+49 211 12345610"}, {"anonymous", "Anonymous"}}

// galleryCalls are calls in every state that a row can show.
func galleryCalls(now time.Time) []switchboard.Call {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	call := galleryCall(now)
	return []switchboard.Call{
		call("ringing", func(c *switchboard.Call) {
			c.Phase, c.PreviousPhase = switchboard.Ringing, switchboard.Ringing
			c.Remote = switchboard.Party{Number: "+4915799912345"}
			c.UserNames = []string{"Mia Brandt", "Tom Weber", "Aylin Kaya"}
			c.Started, c.Since = ago(7*time.Second), ago(7*time.Second)
		}),
		call("dialling", func(c *switchboard.Call) {
			c.Phase, c.PreviousPhase, c.Direction = switchboard.Ringing, switchboard.Ringing, "out"
			c.Remote = switchboard.Party{Number: "+46850012345", Name: "Dr. Anna Lindqvist-Schwarzenberger"}
			c.UserNames = []string{"Tom Weber"}
			c.Started, c.Since = ago(3*time.Second), ago(3*time.Second)
		}),
		call("talking", func(*switchboard.Call) {}),
		call("recording", func(c *switchboard.Call) {
			c.Direction, c.Recording.On, c.Mute.On = "out", true, true
			c.Remote = switchboard.Party{Number: "+442079460018"}
			c.PreviousParties = []switchboard.Party{{Name: "Jonas Vogt"}, {Number: "+4989200300"}}
		}),
		call("foreign", func(c *switchboard.Call) {
			c.VisibleTo, c.UserNames, c.Direction, c.Approximate = []switchboard.MemberID{"w1"}, []string{"Tom Weber"}, "", true
			c.Remote = switchboard.Party{}
			c.Started = c.Since
		}),
		call("pending", func(c *switchboard.Call) {
			c.Hold = switchboard.Toggle{Requested: true, Pending: true}
			c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbHold, By: "w0", Name: "Mia", Outcome: switchboard.Pending, At: now}
		}),
		call("failed", func(c *switchboard.Call) {
			c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbTransfer, By: "w1", Name: "Tom", Outcome: switchboard.Failed, Reason: 2, At: ago(time.Second), Detail: "+4989200300"}
		}),
		call("unknown", func(c *switchboard.Call) {
			c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbTones, By: "w0", Name: "Mia", Outcome: switchboard.Unknown, Reason: 7, At: ago(time.Second)}
		}),
		call("playing", func(c *switchboard.Call) {
			c.Playback = &switchboard.Playback{Title: "Lunch break", Since: ago(5 * time.Second), Length: 14 * time.Second, Hosted: true, FetchedAfter: 830 * time.Millisecond}
		}),
		call("missed", func(c *switchboard.Call) {
			c.Playback = &switchboard.Playback{Title: "Lunch break", Since: ago(12 * time.Second), Length: 14 * time.Second, Hosted: true, Missed: true}
		}),
		call("transferred", func(c *switchboard.Call) {
			c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbTransfer, By: "w0", Name: "Mia", Outcome: switchboard.Confirmed, At: ago(2 * time.Second), Detail: "Tom Weber"}
		}),
		call("held", func(c *switchboard.Call) { c.Hold.On = true; c.Since = ago(41 * time.Second) }),
		call("ended", func(c *switchboard.Call) {
			c.Phase, c.Since, c.EndedAt, c.Cause = switchboard.Ended, ago(4*time.Second), ago(4*time.Second), "normalClearing"
		}),
	}
}

// galleryCall makes calls that differ from an ordinary one.
func galleryCall(now time.Time) func(switchboard.RowID, func(*switchboard.Call)) switchboard.Call {
	return func(id switchboard.RowID, edit func(c *switchboard.Call)) switchboard.Call {
		c := switchboard.Call{
			ID: id, Phase: switchboard.Connected, PreviousPhase: switchboard.Connected, Direction: "in", VisibleTo: []switchboard.MemberID{"w0"},
			Remote: switchboard.Party{Number: "+4930901820", Name: "Meier & Söhne GmbH"},
			Local:  switchboard.Party{Number: "+4921112345610"}, UserNames: []string{"Mia Brandt"},
			Started: now.Add(-212 * time.Second), Since: now.Add(-192 * time.Second), Seq: 7,
		}
		edit(&c)
		return c
	}
}

// galleryOdd are calls that are hard to show: nameless, crowded, and with names
// that are too long.
func galleryOdd(now time.Time) []switchboard.Call {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	call := galleryCall(now)
	return []switchboard.Call{
		call("anonymous", func(c *switchboard.Call) { c.Remote = switchboard.Party{} }),
		call("five", func(c *switchboard.Call) {
			c.UserNames = []string{"Mia Brandt", "Tom Weber", "Aylin Kaya", "Jonas Vogt", "Petra Kolb"}
			c.PreviousParties = []switchboard.Party{{Name: "Jonas Vogt"}, {Number: "+4989200300"}, {}, {Name: "Café am Hafen"}, {Number: "+442079460018"}}
		}),
		call("long", func(c *switchboard.Call) {
			c.Remote = switchboard.Party{Number: "+499112345678901234", Name: "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG"}
			c.UserNames = []string{"Prof. Dr. Maximiliane-Alexandra von und zu Hohenstein-Wolkenkuckucksheim"}
			c.Local = switchboard.Party{Number: "+4921112345610999"}
			c.Started, c.Since, c.Approximate = ago(30*time.Hour), ago(29*time.Hour), true
			c.Recording.On, c.Mute.On = true, true
			c.Playback = &switchboard.Playback{Title: "Warteschleifenmusik für die Weihnachtsfeiertage 2026 (endgültig, wirklich)", Since: ago(5 * time.Second), Length: 184 * time.Second}
		}),
	}
}

// galleryConsults are a call that waits while somebody is asked, in every state.
func galleryConsults(now time.Time) (calls []switchboard.Call) {
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	asked := func(id switchboard.RowID, s switchboard.ConsultationState, since time.Time, call bool) {
		c := galleryCalls(now)[2]
		c.ID, c.Hold.On, c.Since = "consult-"+id, true, ago(14*time.Second)
		c.LastCommand = &switchboard.LastCommand{Verb: switchboard.VerbTransfer, By: "w0", Name: "Mia", Outcome: switchboard.Confirmed, At: ago(14 * time.Second), Detail: "+4921112345611"}
		c.Consultation = &switchboard.Consultation{To: switchboard.Party{Number: "+4921112345611", Name: "Tom Weber"}, By: "w0", Name: "Mia", State: s, Since: since, Approximate: s == switchboard.ConsultationRequested, Cancellable: call}
		calls = append(calls, c)
	}
	asked("asked", switchboard.ConsultationRequested, ago(12*time.Second), false)
	asked("rings", switchboard.ConsultationRinging, ago(9*time.Second), true)
	asked("answered", switchboard.ConsultationAnswered, ago(21*time.Second), true)
	asked("noanswer", switchboard.ConsultationUnanswered, ago(3*time.Second), false)
	asked("gone", switchboard.ConsultationHungUp, ago(2*time.Second), false)
	asked("stopped", switchboard.ConsultationCancelled, ago(14*time.Second), false)
	return calls
}

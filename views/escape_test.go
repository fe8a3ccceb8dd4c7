package views

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"
	nethtml "golang.org/x/net/html"

	"callboard/sipgate/announcement"
	"callboard/sipgate/directory"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// payloads are attacks that names of callers, contacts and files may contain.
var payloads = []string{
	`"><img src=x onerror=alert(1)>`, `'><img src=x onerror=alert(1)>`, `<script>alert(1)</script>`, `</script><script>alert(1)</script>`,
	`<svg onload=alert(1)>`, `<svg/onload=alert(1)//`, `javascript:alert(1)`, `JaVaScRiPt:alert(1)`, "java\tscript:alert(1)", "\x01javascript:alert(1)",
	`data:text/html,<script>alert(1)</script>`, `" onmouseover="alert(1)`, `' onfocus='alert(1)' autofocus='`, "` onclick=`alert(1)", `<iframe srcdoc="<script>alert(1)</script>">`,
	`<a href="javascript:alert(1)">x</a>`, `</title><script>alert(1)</script>`, `</textarea><script>alert(1)</script>`, `<!--<img src=x onerror=alert(1)>-->`, `--><script>alert(1)</script>`,
	`<math><mi//xlink:href="javascript:alert(1)">`, `<base href=//evil.example>`, `<meta http-equiv=refresh content=0;url=//evil.example>`, `<link rel=stylesheet href=//evil.example>`, `<form action=//evil.example><input name=a>`,
	`{{constructor.constructor('alert(1)')()}}`, `${alert(1)}`, `<%= 7*7 %>`, `&lt;script&gt;alert(1)&lt;/script&gt;`, `&#x3c;script&#x3e;`,
	"\u202e<img src=x onerror=alert(1)>", "a\u200bb\u2066c", "\u2028<script>\u2029", `<style>*{display:none}</style>`, `<details open ontoggle=alert(1)>`,
	`<template><script>alert(1)</script></template>`, `<hx-partial hx-target="body">x</hx-partial>`, `" hx-get="/x" hx-trigger="load`, `<div hx-swap-oob="true" id="board">x</div>`, strings.Repeat("😀", 2500),
}

// hostileViews returns views of texts by strangers, with text in every field.
func hostileViews(text string) map[string]templ.Component {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	party := switchboard.Party{Number: text, Name: text}
	call := switchboard.Call{
		ID: switchboard.RowID(text), Phase: switchboard.Connected, Direction: "in", Remote: party, Local: party, UserNames: []string{text, text},
		VisibleTo: []switchboard.MemberID{"w0"}, PreviousParties: []switchboard.Party{party, {Number: text}}, Started: now, Since: now, Cause: text,
		Recording:   switchboard.Toggle{On: true},
		LastCommand: &switchboard.LastCommand{Verb: switchboard.VerbTransfer, By: "w0", Name: text, Outcome: switchboard.Confirmed, Detail: text, At: now},
		Playback:    &switchboard.Playback{Title: text, Since: now, Length: time.Second},
	}
	call.Claim = &switchboard.Claim{By: switchboard.MemberID(text), Name: text, Verb: switchboard.Verb(text)}
	call.PendingHangup = &switchboard.PendingHangup{Name: text, At: now}
	f := Format{}
	p := Page{MemberID: switchboard.MemberID(text), MayOverride: true, Lang: German, MemberName: text, Path: "/" + text, Now: now, Demo: true}
	ref := CallRef{ID: call.ID, Title: text, ActionID: text}
	options := []Option{{text, text}}
	recipient := Recipient{Entry: directory.Entry{Kind: directory.Member, Name: text, Organization: text, Number: text}, Shown: text}
	picker := RecipientPicker{Text: text, Matches: []Recipient{recipient}, Call: ref}
	a := announcement.Announcement{ID: text, Label: text, UploadedBy: text, Created: now, LastPlayed: now}
	a.Source.Format, a.Source.Rate = text, 8000
	return map[string]templ.Component{
		"row":           Row(German, f.RowFor(call, Allowed{}, German)),
		"row of others": Row(English, f.RowFor(call, Allowed{Reason: text}, English)),
		"signin":        SignIn(p, text, text),
		"announcements": Announcements(p, AnnouncementsModel{Items: []announcement.Announcement{a}}),
		"history": History(p, HistoryModel{Total: 1, Newer: text, Older: text, CSV: text, UpdatesURL: text, Members: options, Entries: []HistoryEntry{hostileEntry(text, now)},
			Filter: HistoryFilter{Type: text, Direction: text, Member: text, Number: text, Text: text, From: text, To: text}}),
		"entry":    CallPage(p, CallPageModel{HistoryOnly: true, Row: f.RowFor(call, Allowed{}, German), History: []HistoryEntry{hostileEntry(text, now)}, HistoryState: text}),
		"transfer": TransferDialog(p, TransferModel{ref, picker, options}),
		"strip":    TeamStrip(German, []Tile{{User: "w1", Name: text, Number: text, Callable: true, State: "talking", Since: now, With: text}}, now),
		"search": Found(German, FindModel{Text: text, MayCall: true, MaySeeHistory: true, ActionID: text, Own: ref, People: SearchModel{Recipients: []Recipient{recipient}},
			Calls: []FoundCall{{CallRef: ref, State: "held", ByParty: true}}, History: []FoundEntry{{ID: text, Title: text, Sub: text}}, Announcements: []announcement.Announcement{a}}),
		"found":    SearchResults(German, SearchModel{Recipients: []Recipient{recipient}, Query: Query{Text: text, Number: text, Shown: text, Refused: text}}),
		"keypad":   KeypadDialog(p, ref),
		"announce": AnnounceDialog(p, AnnounceModel{Call: ref, Announcements: []announcement.Announcement{a}}),
		"record":   RecordDialog(p, ref),
		"new":      NewCallDialog(p, NewCallModel{ActionID: text, Phones: []Phone{{text, text, "dnd", true}}, CallerIDs: options, Recipient: picker, TelLink: TelLink{Text: text}}),
		"error":    ErrorPage(p, 500, text, text, text),
		"status":   Status(German, StatusModel{Problem: text, Now: now}),

		"team":     Team(p, TeamModel{Manage: true, Members: []TeamMember{hostileMember(text)}}),
		"audit":    Audit(p, hostileAudit(text, now)),
		"settings": Settings(p, SettingsModel{Sessions: []Session{{ID: text, Address: text, Browser: text}}}),
		"statuspage": StatusPage(p, StatusPageModel{
			Scopes: []Scope{{Name: text}}, Platform: PlatformModel{Name: text, Evidence: text}, AuthFailed: []FailedMember{{text, text}}, Address: PublicAddress{URL: text}, Versions: options,
			Webhooks: WebhookModel{Current: WebhookURLs{text, text}, Ours: WebhookURLs{text, text}, Previous: WebhookURLs{text, text}, MayManage: true, Refused: map[string]int{text: 1}}}),
		"call": CallPage(p, CallPageModel{ID: call.ID, Row: f.RowFor(call, Allowed{}, German), ActionID: text, History: []HistoryEntry{hostileEntry(text, now)},
			Events: []CallEvent{f.Event(now, true, text, text, text), f.Event(now, true, noted, text, text)}}),
		"several": HangUpDialog(p, HangUpModel{text, []CallRef{f.Ref(call, German, text)}}),
	}
}

func hostileMember(text string) TeamMember {
	who := team.MemberID{Account: "1", User: "w0"}
	return TeamMember{Member: team.Member{MemberID: who, Name: text, Role: team.Agent}, Telephones: []Telephone{{Name: text}}}
}

func hostileAudit(text string, now time.Time) AuditModel {
	who := team.MemberID{Account: "1", User: "w0"}
	return AuditModel{
		Names: map[team.MemberID]string{who: text}, Members: []Option{{text, text}}, Newer: text, Older: text,
		Filter: AuditFilter{Member: text, Action: text, Call: text, From: text, To: text},
		Entries: []team.AuditEntry{{At: now, By: who, Via: team.MemberID{Account: "1", User: "w1"}, ByName: text, Action: team.Permission(text),
			Call: text, Parties: text, Parameters: text, Address: text, Outcome: text}},
	}
}

// shape returns the structure of a page without texts: elements, the names of
// their attributes, and the schemes of URLs.
func shape(t *testing.T, page string) []string {
	t.Helper()
	root, err := nethtml.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for n := range root.Descendants() {
		if n.Type == nethtml.CommentNode {
			found = append(found, "comment")
		}
		if n.Type != nethtml.ElementNode {
			continue
		}
		line := n.Data
		for _, a := range n.Attr {
			line += " " + a.Key
			switch a.Key {
			case "href", "src", "action":
				scheme, _, found := strings.Cut(a.Val, ":")
				if found && scheme != "about" && !strings.ContainsAny(scheme, "/?#") { // templ replaces unsafe URLs by about:invalid
					line += "=" + scheme
				}
			}
		}
		found = append(found, line)
	}
	return found
}

// TestHostileTextsAreEscaped checks that no text of a stranger becomes an element,
// an attribute or a URL scheme: pages keep the shape they have with a harmless
// text of the same length.
func TestHostileTextsAreEscaped(t *testing.T) {
	if len(payloads) < 40 {
		t.Fatalf("only %d payloads", len(payloads))
	}
	for i, payload := range payloads {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			harmless := hostileViews(strings.Repeat("x", utf8.RuneCountInString(payload)))
			for name, view := range hostileViews(payload) {
				page := html(t, view)
				if got := shape(t, page); !slices.Equal(got, shape(t, html(t, harmless[name]))) {
					t.Errorf("%s has another shape with %.60q", name, payload)
				}
				if strings.ContainsAny(payload, `<>"`) && strings.Contains(page, payload) {
					t.Errorf("%s shows %.60q as it is", name, payload)
				}
			}
		})
	}
}

func hostileEntry(text string, now time.Time) HistoryEntry {
	return HistoryEntry{ID: text, Type: "CALL", Direction: "in", Name: text, Number: text, Local: text, Note: text, Transcription: text, When: now,
		Recordings: []Recording{{text, text}}, CallBack: text, Next: text}
}

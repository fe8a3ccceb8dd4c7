package gallery

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// stateExamples shows the board with stale data and for a viewer, every dialog
// open, and every error.
func stateExamples(lang views.Lang) []Example {
	p := examplePage(lang)
	now := p.Now
	lead := p
	lead.MemberID, lead.MayOverride = "w0", true
	calls := exampleCalls(now)
	board := func(listed time.Duration, problem string, permit views.Allowed) views.BoardModel {
		m, err := exampleFormat.BoardFor(context.Background(), calls[:5], func(switchboard.Call) views.Allowed { return permit }, lang)
		if err != nil {
			panic(err) // into memory, of constants
		}
		m.CanCall = permit.OK()
		m.SetAlarms(lang, team.DefaultAlarmLimits, now)
		m.Status = views.StatusModel{ListedAt: now.Add(-listed), Now: now, Problem: problem, SignedIn: 3}
		return m
	}
	plain := p
	plain.Demo = false
	begun := plain
	begun.SetupPending = true
	empty := views.BoardModel{BoardExtras: views.BoardExtras{CanCall: true, Status: views.StatusModel{ListedAt: now.Add(-time.Second), Now: now, SignedIn: 1}}}
	expired, scope := p, p
	expired.Access = views.Access{Expired: true, Next: "/"}
	scope.Access = views.Access{Missing: "rtcm:write", Next: "/"}
	silent := p
	silent.NoEvents = true
	blind := board(time.Second, "", views.Allowed{})
	blind.Status.Unreadable, blind.Status.NoEvents = 1, true
	unlisted := board(0, "", views.Allowed{})
	unlisted.Status = views.StatusModel{Now: now, SignedIn: 3, Unlisted: true}
	examples := []Example{
		{"board-unlisted", views.Board(plain, unlisted)},
		{"board-expired", views.Board(expired, board(9*time.Second, "unauthorized", views.Allowed{Reason: "sign_in_again"}))},
		{"board-scope", views.Board(scope, board(time.Second, "", views.Allowed{Reason: "scope_missing"}))},
		{"board-blind", views.Board(silent, blind)},
		{"board-quiet", views.Board(p, empty)},
		{"board-stale", views.Board(p, board(20*time.Second, "unavailable", views.Allowed{}))},
		{"board-offline", views.Board(p, board(time.Second, "", views.Allowed{}))},
		{"board-viewer", views.Board(p, board(time.Second, "", views.Allowed{Reason: "role_" + team.Viewer.String()}))},
		{"dialog-confirm", openDialogPage(p, "confirm", lang.T("announcements.ask", "Meier & Söhne GmbH"), lang.T("announcements.delete"))},
		{"dialog-attended", openDialogPage(p, "attended", views.ClaimText(lang, *sharedCalls(now)[0].Claim), "")},
		{"dialog-attended-lead", openDialogPage(lead, "attended", views.ClaimText(lang, *sharedCalls(now)[0].Claim), "")},
		{"dialog-over", openDialogPage(p, "over", "", "")},
		{"setup", views.Setup(plain, exampleSetup(now))},
		{"setup-local", views.Setup(plain, views.SetupModel{Account: "2556404", Address: views.PublicAddress{URL: "http://localhost:8080", Check: "local"}, RolesKept: true, Members: 1, Webhooks: views.WebhookModel{Problem: "forbidden"}})},
		{"board-setup", views.Board(begun, empty)},
		{"faults", faults(withPageStyles(p))},
	}
	return append(append(examples, dialogExamples(p)...), errorExamples(p)...)
}

// dialogExamples shows the call dialogs above the board.
func dialogExamples(p views.Page) (examples []Example) {
	now, part := p.Now, p
	part.Fragment = true
	call := exampleFormat.Ref(exampleCalls(now)[2], p.Lang, "gallery-action-0001")
	for name, content := range map[string]templ.Component{
		"transfer": views.TransferDialog(part, views.TransferModel{Call: call, Recipient: views.RecipientPicker{Call: call}, CallerIDs: exampleNumbers}),
		"keypad":   views.KeypadDialog(part, call),
		"announce": views.AnnounceDialog(part, views.AnnounceModel{Call: call, Announcements: exampleAnnouncements(now).Items}),
		"record":   views.RecordDialog(part, call),
		"new":      views.NewCallDialog(part, views.NewCallModel{ActionID: "gallery-action-0002", Phones: []views.Phone{{ID: "e0", Name: "Mia, desk", State: "ready", Selected: true}, {ID: "e3", Name: "Mia, mobile", State: "ready", Selected: false}}, CallerIDs: exampleNumbers}),
		"hangup":   views.HangUpDialog(part, exampleHangUp(exampleCalls(now), p.Lang)),
	} {
		examples = append(examples, Example{"dialog-" + name, within(openDialogPage(p, "modal", "", ""), content)})
	}
	slices.SortFunc(examples, func(a, b Example) int { return strings.Compare(a.Name, b.Name) })
	return examples
}

// errorExamples shows the error pages that differ in more than a sentence.
func errorExamples(p views.Page) []Example {
	page := func(status int, code string) templ.Component {
		return views.ErrorPage(p, status, code, views.Message(p.Lang, code, status), "7f3a9c01")
	}
	return []Example{
		{"error-400", page(400, "bad_request")},
		{"error-403", page(403, "account_not_allowed")},
		{"error-409", page(409, "call_over")},
		{"error-502", page(502, "upstream_unavailable")},
	}
}

// within returns outer with inner as its child.
func within(outer, inner templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, inner), w)
	})
}

// exampleSetup is the first run of an installation that sipgate has reached.
func exampleSetup(now time.Time) views.SetupModel {
	return views.SetupModel{Account: "2556404", Address: views.PublicAddress{URL: "https://calls.example", Check: "ok", Reached: true}, Members: 4, Roles: true, Webhooks: webhooksSetStatus(now).Webhooks}
}

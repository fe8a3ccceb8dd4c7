package views

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// galleryStates are the board when something is wrong with it, for those who
// only look, every dialog open, and every error.
func galleryStates(lang Lang) []Picture {
	p := galleryPage(lang)
	now := p.Now
	lead := p
	lead.ID, lead.Lead = "w0", true
	calls := galleryCalls(now)
	board := func(listed time.Duration, problem string, permit Permit) BoardModel {
		m, err := galleryFormat.BoardFor(context.Background(), calls[:5], func(switchboard.Call) Permit { return permit }, lang)
		if err != nil {
			panic(err) // into memory, of constants
		}
		m.Grace, m.CanCall = true, permit.OK()
		m.Status = StatusModel{ListedAt: now.Add(-listed), Now: now, Problem: problem, Members: 3}
		return m
	}
	plain := p
	plain.Demo = false
	begun := plain
	begun.Setup = true
	nobody := BoardModel{Grace: true, CanCall: true, Status: StatusModel{ListedAt: now.Add(-time.Second), Now: now, Members: 1}}
	pictures := []Picture{
		{"board-quiet", Board(p, nobody)},
		{"board-stale", Board(p, board(20*time.Second, "unavailable", Permit{}))},
		{"board-offline", Board(p, board(time.Second, "", Permit{}))},
		{"board-viewer", Board(p, board(time.Second, "", Permit{Reason: "role_" + team.Viewer.String()}))},
		{"dialog-confirm", opened(p, "confirm", lang.T("hangup.confirm", "Meier & Söhne GmbH"))},
		{"dialog-attended", opened(p, "attended", Attending(lang, *galleryShared(now)[0].Claim))},
		{"dialog-attended-lead", opened(lead, "attended", Attending(lang, *galleryShared(now)[0].Claim))},
		{"dialog-over", opened(p, "over", "")},
		{"dialog-keys", within(opened(p, "keys", ""), shortcuts(p))},
		{"setup", Setup(plain, gallerySetup(now))},
		{"setup-local", Setup(plain, SetupModel{Account: "2556404", PublicURL: "http://localhost:8080", Reach: "local", Members: 1, Webhooks: WebhookModel{Problem: "forbidden"}})},
		{"board-setup", Board(begun, nobody)},
		{"faults", Faults(p.aside())},
	}
	return append(append(pictures, galleryDialogs(p)...), galleryErrors(p)...)
}

// galleryDialogs are the sheets in the dialog above the board.
func galleryDialogs(p Page) (pictures []Picture) {
	now, part := p.Now, p
	part.Fragment = true
	call := galleryFormat.Ref(galleryCalls(now)[2], p.Lang, "gallery-action-0001")
	for name, sheet := range map[string]templ.Component{
		"transfer": TransferSheet(part, TransferModel{call, Whom{Call: call}, galleryNumbers}),
		"keypad":   KeypadSheet(part, call),
		"announce": AnnounceSheet(part, AnnounceModel{call, galleryAnnouncements(now).Items}),
		"record":   RecordSheet(part, call),
		"new":      NewCallSheet(part, NewCallModel{ActionID: "gallery-action-0002", Phones: []Phone{{"e0", "Mia, desk", "ready", true}, {"e3", "Mia, mobile", "ready", false}}, CallerIDs: galleryNumbers}),
		"hangup":   HangUpSheet(part, galleryHangUp(galleryCalls(now), p.Lang)),
	} {
		pictures = append(pictures, Picture{"dialog-" + name, within(opened(p, "modal", ""), sheet)})
	}
	slices.SortFunc(pictures, func(a, b Picture) int { return strings.Compare(a.Name, b.Name) })
	return pictures
}

// galleryErrors are the error pages that differ in more than a sentence.
func galleryErrors(p Page) []Picture {
	page := func(status int, code string) templ.Component {
		return ErrorPage(p, status, code, Message(p.Lang, code, status), "7f3a9c01")
	}
	return []Picture{
		{"error-400", page(400, "bad_request")},
		{"error-403", page(403, "account_not_allowed")},
		{"error-409", page(409, "call_over")},
		{"error-502", page(502, "upstream_unavailable")},
	}
}

// within is a component with another one as its child.
func within(outer, inner templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, inner), w)
	})
}

// faultCodes are the codes of all faults and refusals that there are words for.
func faultCodes(lang Lang) (codes []string) {
	for _, key := range slices.Sorted(maps.Keys(lang.dictionary().plain)) {
		for _, prefix := range []string{"error.", "why."} {
			code, ok := strings.CutPrefix(key, prefix)
			if ok && !strings.Contains(code, ".") {
				codes = append(codes, code)
			}
		}
	}
	return codes
}

// gallerySetup is an installation that sipgate has reached.
func gallerySetup(now time.Time) SetupModel {
	return SetupModel{Account: "2556404", PublicURL: "https://calls.example", Reach: "ok", Proven: true, Members: 4, Roles: true, Webhooks: gallerySet(now).Webhooks}
}

package views

import (
	"slices"
	"strings"
	"time"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/static"
)

// Page is what every page needs to know of its reader and of itself.
type Page struct {
	Lang       Lang
	MemberName string    // name of who is signed in; empty if nobody is
	Path       string    // of the request, as in "/history": marks the place in the menu
	Now        time.Time // the server's clock, by which the browser sets its timers

	// Fragment leaves out everything around a sheet: it is going to be shown in
	// a dialog of the page that is open already.
	Fragment bool

	// Setup leads to the page of the first run.
	SetupPending bool

	// Demo says that the telephones are simulated.
	Demo bool

	// ID is who is signed in, as the board's members are called: they are not
	// told what they are doing themselves.
	MemberID switchboard.MemberID

	// Who is the same person among all accounts: a page whose session is over
	// goes on only if the same person signs in.
	Identity string

	// Lead says that they may act although somebody else is about to.
	MayOverride bool

	// May holds what they may open besides what everybody may: "team",
	// "figures", "audit", "status", "walls", "settings".
	May map[string]bool

	// Lacks holds what the team's account cannot do, by team.Ability.
	Unsupported map[string]bool

	// Choices are what the reader wants; nobody's if nobody is signed in.
	Preferences team.Preferences

	files []string // style sheets and scripts that only this page needs
}

func (p Page) t(key string, args ...any) string { return p.Lang.T(key, args...) }

// current marks the menu's entry for the page that is shown.
func (p Page) ariaCurrent(path string) string {
	if p.Path == path {
		return "page"
	}
	return "false"
}

// aside is the page with the style sheets for everything but the board.
func (p Page) withPageStyles() Page { return p.With("dialogs.css", "pages.css") }

// past is the page with what the history and the pages of calls need besides.
func (p Page) withHistoryFiles() Page { return p.withPageStyles().With("history.css", "history.js") }

// with returns the page with further files of package static: style sheets (.css),
// after the one that every page has, and its script (.js).
func (p Page) With(files ...string) Page {
	p.files = slices.Concat(p.files, files)
	return p
}

// script returns the script of the page: one file with all that it needs.
func (p Page) script() string {
	for _, name := range p.files {
		if strings.HasSuffix(name, ".js") {
			return name
		}
	}
	return "page.js"
}

// scheme tells the browser how bright the page is before its style is there.
func (p Page) colorScheme() string {
	if p.Preferences.Theme != team.SystemTheme {
		return string(p.Preferences.Theme)
	}
	return "light dark"
}

// manifest is the file that says how the dashboard is installed.
func (p Page) manifest() string {
	if p.Lang == German {
		return "manifest-de.webmanifest"
	}
	return "manifest-en.webmanifest"
}

// has tells whether the page has one of its further files.
func (p Page) hasFile(file string) bool { return slices.Contains(p.files, file) }

// A place is an entry of the menu.
type menuEntry struct{ path, drawn, word, needs string }

// places are the whole menu.
var menuEntries = []menuEntry{
	{"/", "board", "nav.board", ""},
	{"/announcements", "announce", "nav.announcements", ""},
	{"/history", "history", "nav.history", ""},
	{"/team", "team", "nav.team", "team"},
	{"/figures", "figures", "nav.figures", "figures"},
	{"/audit", "audit", "nav.audit", "audit"},
	{"/status", "status", "nav.status", "status"},
	{"/walls", "wall", "nav.walls", "walls"},
	{"/settings", "settings", "nav.settings", "settings"},
}

// inMenu is how many entries a telephone's screen has room for, the one for
// the others included.
const maxMenuEntries = 5

// menu returns the entries for the reader: those that are always to be seen,
// and those behind "More".
func (p Page) menu() (first, more []menuEntry) {
	for _, e := range menuEntries {
		if e.needs == "" || p.May[e.needs] {
			first = append(first, e)
		}
	}
	if len(first) > maxMenuEntries {
		return first[:maxMenuEntries-1], first[maxMenuEntries-1:]
	}
	return first, nil
}

// within marks "More" if the page that is shown is behind it.
func (p Page) containsCurrent(more []menuEntry) bool {
	return slices.ContainsFunc(more, func(e menuEntry) bool { return e.path == p.Path })
}

// htmxConfig is read by htmx from a meta element. The socket stays open in
// hidden tabs (a call may ring there), htmx writes no style of its own (the
// Content-Security-Policy forbids it), and a morph leaves open dialogs open.
const htmxConfig = `{"extensions":"ws","history":false,"includeIndicatorCSS":false,` +
	`"morphIgnore":["data-htmx-powered","open"],"defaultSwap":"none",` +
	`"ws":{"pauseOnBackground":false,"reconnectDelay":500,"reconnectMaxDelay":4000}}`

// noticeSwap makes htmx show the fragment that comes with a refusal.
const noticeSwap = `{"target":"#notices","swap":"beforeend show:none","select":null}`

// icons are all drawings of icons.svg that views use, by name.
var icons = map[string]string{}

func init() {
	for _, name := range []string{
		"in", "out", "both", "ringing", "talking", "held", "ended", "hold", "resume", "mute", "unmute",
		"transfer", "keypad", "announce", "record", "stop", "hangup", "plus", "live", "catching", "offline",
		"person", "private", "available", "oncall", "dnd", "away", "unknown", "team", "figures", "wall", "audit", "status", "settings", "more", "note", "moved", "star", "read", "archive",
		"phone", "upload", "download", "trash", "board", "history", "close", "warn", "voicemail", "fax", "sms", "out-door",
	} {
		icons[name] = static.URL("icons.svg") + "#" + name
	}
}

// icon returns the address of a drawing. It panics if icons.svg is not known
// to have it.
func icon(name string) string {
	address, ok := icons[name]
	if !ok {
		panic("views: no icon " + name)
	}
	return address
}

// milliseconds writes a moment for the browser: since 1970, or nothing.
func milliseconds(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return decimal(t.UnixMilli())
}

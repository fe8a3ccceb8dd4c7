package views

import (
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/static"
)

// Page is what every page needs to know about its reader and itself.
type Page struct {
	Lang       Lang
	MemberName string    // of the signed-in member; empty before signing in
	Path       string    // of the request, as in "/history": marks the current menu entry
	Now        time.Time // the server's clock, the browser's timers follow it

	// Zone is the time zone of the team, in which all times are shown; nil is UTC.
	Zone *time.Location

	// Fragment leaves out everything around a dialog or a part, for a page that is
	// open already.
	Fragment bool

	// SetupPending shows a link to the setup page.
	SetupPending bool

	// NoEvents shows that sipgate has sent no events: to those who can change it.
	NoEvents bool

	// Demo shows that the telephone system is simulated.
	Demo bool

	// MemberID is the signed-in member on the board, whose own claims are hidden.
	MemberID switchboard.MemberID

	// Identity identifies the signed-in person across accounts. A page whose session
	// has ended continues only for the same person.
	Identity string

	// MayOverride allows actions on some calls that another member has claimed.
	// Which they are, the server says when it refuses one.
	MayOverride bool

	// May holds the pages that the reader may open, of those that not every member
	// may: "team", "figures", "audit", "status", "walls", "settings", "setup".
	May Names

	// Unsupported holds what the team's account cannot do, by team.Ability.
	Unsupported Names

	// Preferences are those of the reader.
	Preferences team.Preferences

	// Access is what the page says about the reader's sign-in at sipgate.
	Access Access

	tools templ.Component // what the board adds to the line at the top, nil on other pages
	files string          // further style sheets, a font that is needed at once, and the script, separated by spaces
}

func (p Page) t(key string, args ...any) string { return p.Lang.T(key, args...) }

// ariaCurrent returns the aria-current of the menu entry with a path.
func (p Page) ariaCurrent(path string) string {
	if p.Path == path {
		return "page"
	}
	return "false"
}

// withPageStyles adds the style sheets of every page but the board.
func (p Page) withPageStyles() Page { return p.With("overlays.css", "dialogs.css", "pages.css") }

// withHistoryFiles adds the files of the history and of call pages.
func (p Page) withHistoryFiles() Page { return p.withPageStyles().With("history.css", "history.js") }

// With returns the page with further style sheets (.css) of package static, a font
// (.otf) that is needed at once, and its script (.js).
func (p Page) With(files ...string) Page {
	p.files += " " + strings.Join(files, " ")
	return p
}

// withTools returns the page with tools in the line at the top.
func (p Page) withTools(tools templ.Component) Page {
	p.tools = tools
	return p
}

// script returns the bundle of the page.
func (p Page) script() string {
	for _, name := range strings.Fields(p.files) {
		if strings.HasSuffix(name, ".js") {
			return name
		}
	}
	return "page.js"
}

// colorScheme returns the color-scheme, which applies before the style sheet.
func (p Page) colorScheme() string {
	if p.Preferences.Theme != team.SystemTheme {
		return string(p.Preferences.Theme)
	}
	return "light dark"
}

// manifest returns the name of the web app manifest.
func (p Page) manifest() string {
	if p.Lang == German {
		return "manifest-de.webmanifest"
	}
	return "manifest-en.webmanifest"
}

// hasFile reports whether the page has a further file.
func (p Page) hasFile(file string) bool { return slices.Contains(strings.Fields(p.files), file) }

// menuEntry is an entry of the menu. It is shown to readers with Page.May[needs].
type menuEntry struct{ path, icon, textKey, needs string }

// menuEntries are all entries of the menu.
var menuEntries = []menuEntry{
	{"/", "board", "nav.board", ""},
	{"/announcements", "announce", "nav.announcements", "announcements"},
	{"/history", "history", "nav.history", ""},
	{"/figures", "figures", "nav.figures", "figures"},
	{"/team", "team", "nav.team", "team"},
	{"/audit", "audit", "nav.audit", "audit"},
	{"/status", "status", "nav.status", "status"},
	{"/walls", "wall", "nav.walls", "walls"},
	{"/settings", "settings", "nav.settings", "settings"},
}

// maxMenuEntries is the number of entries that fit on a phone's screen, including
// "More".
const maxMenuEntries = 5

// menu returns the entries for the reader: those that are always visible, and
// those behind "More".
func (p Page) menu() (first, more []menuEntry) {
	for _, e := range menuEntries {
		if e.needs == "" || p.May.Has(e.needs) {
			first = append(first, e)
		}
	}
	if len(first) > maxMenuEntries {
		return first[:maxMenuEntries-1], first[maxMenuEntries-1:]
	}
	return first, nil
}

// containsCurrent reports whether the current page is among entries.
func (p Page) containsCurrent(more []menuEntry) bool {
	return slices.ContainsFunc(more, func(e menuEntry) bool { return e.path == p.Path })
}

// htmxConfig is the content of htmx's meta element: htmx writes no inline styles,
// which the Content-Security-Policy forbids, and a morph keeps dialogs open.
const htmxConfig = `{"history":false,"includeIndicatorCSS":false,` +
	`"morphIgnore":["data-htmx-powered","open"],"defaultSwap":"none"}`

// noticeSwap makes htmx show the notice of an error.
const noticeSwap = `{"target":"#notices","swap":"beforeend show:none","select":null}`

// icons are the URLs of the symbols of icons.svg that views use, by name.
var icons = map[string]string{}

func init() {
	for _, name := range []string{
		"in", "out", "both", "ringing", "talking", "held", "ended", "hold", "resume", "mute", "unmute",
		"transfer", "keypad", "announce", "record", "stop", "hangup", "plus", "live", "catching", "offline",
		"person", "private", "available", "oncall", "dnd", "away", "unknown", "team", "figures", "wall", "audit", "status", "settings", "more", "note", "moved", "star", "read", "archive",
		"play", "pause", "phone", "upload", "download", "trash", "board", "history", "close", "search", "warn", "voicemail", "fax", "sms", "out-door",
	} {
		icons[name] = static.URL("icons.svg") + "#" + name
	}
}

// icon returns the URL of an icon. It panics for an unknown name.
func icon(name string) string {
	url, ok := icons[name]
	if !ok {
		panic("views: no icon " + name)
	}
	return url
}

// milliseconds formats a time for scripts: milliseconds since 1970, or "" for the
// zero time.
func milliseconds(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return decimal(t.UnixMilli())
}

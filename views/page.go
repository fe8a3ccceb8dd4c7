package views

import (
	"time"

	"callboard/static"
)

// Page is what every page needs to know of its reader and of itself.
type Page struct {
	Lang   Lang
	Member string    // name of who is signed in; empty if nobody is
	Path   string    // of the request, as in "/history": marks the place in the menu
	Now    time.Time // the server's clock, by which the browser sets its timers

	// Fragment leaves out everything around a sheet: it is going to be shown in
	// a dialog of the page that is open already.
	Fragment bool

	// Demo says that the telephones are simulated.
	Demo bool
}

func (p Page) t(key string, args ...any) string { return p.Lang.T(key, args...) }

// current marks the menu's entry for the page that is shown.
func (p Page) current(path string) string {
	if p.Path == path {
		return "page"
	}
	return "false"
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

package views

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
)

// StatusPageModel is the model of [StatusPage]: what works, what does not, and
// why. It contains no secrets; webhook URLs are redacted when shown.
type StatusPageModel struct {
	Scopes []Scope // all requested scopes, as granted to the reader

	Webhooks WebhookModel
	Platform PlatformModel

	List       StatusModel
	AuthFailed []FailedMember // members whose calls cannot be read

	Unreadable map[string]int // number of items that could not be read, by the list at sipgate

	Polling  int       // number of pages that poll now, because no websocket reaches them
	LastPoll time.Time // when a page polled last since the start, or zero

	ClientRefused bool // sipgate refuses the OAuth client's id or secret

	Address PublicAddress

	Versions []Option // Label: component ("Callboard"), Value: version

	Server *ServerModel // nil for members who cannot do anything about it
}

// ServerModel is how the program does on its server.
type ServerModel struct {
	Failure string // why the database cannot be written, a code of a fault, or ""
	Size    int64  // bytes of the database
	Free    int64  // bytes on its disk, negative if not known

	Postgres     bool      // the database is in PostgreSQL, which others back up
	Backup       bool      // one is made every day
	BackedUp     time.Time // when the newest one was made; zero: none yet
	BackupFailed bool      // the last attempt failed

	Certificate time.Time // when it expires; zero: the program serves none

	Reader string // the address that the reader has here
	Proxy  []ProxyFinding

	Nodes []Node // none if there is only one

	LogLevel string // one of LogLevels
	Problems []LogProblem
}

// LogLevels are the levels of the log, from the most lines to the fewest.
var LogLevels = []string{"debug", "info", "warn", "error"}

// ProxyFinding is what is wrong with the reverse proxy, and what to write into which
// program's settings. Option.Label is the program.
type ProxyFinding struct {
	Fault    string // "untrusted", "upgrade", "host"
	Address  string // of the proxy
	Settings []Option
}

// LogProblem is a warning or an error of the log.
type LogProblem struct {
	Message string
	Count   int       // since the start
	At      time.Time // of the last one
}

// lowSpace is how many free bytes are little, as in deploy/prometheus/alerts.yml.
const lowSpace = 1e9

func (m ServerModel) lacksSpace() bool { return m.Free >= 0 && m.Free < lowSpace }

// expirySoon is from when on a certificate should have been renewed.
const expirySoon = 14 * 24 * time.Hour

func (m ServerModel) expiresSoon(now time.Time) bool { return m.Certificate.Sub(now) < expirySoon }

// databaseText returns whether the database can be written, or why not.
func (m ServerModel) databaseText(lang Lang) string {
	if m.Failure == "" {
		return lang.T("server.database.ok")
	}
	return Message(lang, m.Failure, statusUnavailable)
}

const statusUnavailable = 503 // of HTTP, for codes without a text

// sizeText returns the size of the database and the free space on its disk.
func (m ServerModel) sizeText(lang Lang) string {
	if m.Free < 0 {
		return lang.T("server.size", megabytes(lang, m.Size))
	}
	return lang.T("server.size_free", megabytes(lang, m.Size), gigabytes(lang, m.Free))
}

func gigabytes(lang Lang, n int64) string { return megabytes(lang, n/1000) }

// Scope is an OAuth scope.
type Scope struct {
	Name    string // "rtcm:write"
	Granted bool
}

// FailedMember is a member whose access to sipgate fails.
type FailedMember struct {
	Name    string
	Problem string // see [Reason]
}

// WebhookModel shows how call events reach the board.
type WebhookModel struct {
	Current   WebhookURLs // set at sipgate
	Ours      WebhookURLs // would be set
	Previous  WebhookURLs // set before ours, and restored after them
	Set       bool        // ours are set
	MayManage bool        // the reader may set and remove them

	Problem string // why Current is not known, see [Reason]; or empty

	LastEvent time.Time      // zero: none so far
	Refused   map[string]int // number of refused events by code ("hook_signature", …)

	ByHand   bool // no API sets them: they are entered for each channel in sipgate's app
	Channels []ChannelWebhook
}

// ChannelWebhook is a channel of an account whose webhooks are set by hand.
type ChannelWebhook struct {
	Name      string
	LastEvent time.Time // zero: none that is known to be this channel's
}

// works reports whether sipgate sends events to us: it says so or, where it cannot
// tell, an event has come.
func (m WebhookModel) works() bool { return m.Set || m.ByHand && !m.LastEvent.IsZero() }

// untold reports whether events came of which the channel cannot be told.
func (m WebhookModel) untold() bool {
	return m.works() && !slices.ContainsFunc(m.Channels, func(c ChannelWebhook) bool { return !c.LastEvent.IsZero() })
}

// WebhookURLs are the URLs to which sipgate sends events.
type WebhookURLs struct{ Incoming, Outgoing string }

func (w WebhookURLs) isEmpty() bool { return w == WebhookURLs{} }

// hasForeign reports whether setting ours would replace URLs of another program.
func (m WebhookModel) hasForeign() bool { return !m.Set && !m.Current.isEmpty() }

// state returns "set", "unset", "foreign" or "unknown"; "arriving" or "waiting" if
// they are set by hand.
func (m WebhookModel) state() string {
	switch {
	case m.ByHand && m.works():
		return "arriving"
	case m.ByHand:
		return "waiting"
	case m.Set:
		return "set"
	case m.Problem != "":
		return "unknown"
	case m.hasForeign():
		return "foreign"
	default:
		return "unset"
	}
}

// refusalCount is the number of events refused for a reason.
type refusalCount struct {
	text  string
	count int
}

// refusals returns the reasons for refused events, most frequent first.
func (m WebhookModel) refusals(lang Lang) []refusalCount {
	var all []refusalCount
	for code, n := range m.Refused {
		key := "refused." + code
		if !lang.Has(key) {
			key = "refused.other"
		}
		if n > 0 {
			all = append(all, refusalCount{lang.T(key), n})
		}
	}
	slices.SortFunc(all, func(a, b refusalCount) int {
		return cmp.Or(cmp.Compare(b.count, a.count), strings.Compare(a.text, b.text))
	})
	return all
}

// redactedURL returns a URL without its credentials, the query, and the end of
// the last path segment, which may be secret.
func redactedURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" {
		return truncated(s, 12)
	}
	path := u.Path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		path = path[:i+1] + truncated(path[i+1:], 12)
	}
	if u.RawQuery != "" {
		path += "?…"
	}
	return u.Scheme + "://" + u.Host + path
}

// truncated returns s, or its first four characters if it is longer than limit.
func truncated(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:4]) + "…"
	}
	return s
}

// purpose returns what a scope is for, or "".
func (s Scope) purpose(lang Lang) string {
	if key := "scope." + s.Name; lang.Has(key) {
		return lang.T(key)
	}
	return ""
}

// unreadableTexts returns how much of sipgate's lists could not be read.
func (m StatusPageModel) unreadableTexts(lang Lang) (all []string) {
	for _, list := range []string{"calls", "history", "contacts", "users", "devices", "numbers"} {
		if n := m.Unreadable[list]; n > 0 {
			all = append(all, lang.T("unreadable."+list, n))
		}
	}
	return all
}

// problemText returns the text of a problem, see [Reason].
func problemText(lang Lang, problem string) string {
	if key := "reason." + problem; lang.Has(key) {
		return lang.T(key)
	}
	return lang.T("reason.other")
}

// ageText returns the age of the list of calls.
func (m StatusModel) ageText(lang Lang) string {
	switch {
	case m.Unlisted:
		return lang.T("health.list.refused")
	case m.ListedAt.IsZero():
		return lang.T("health.list.never")
	}
	return lang.T("health.list.age", int(m.Now.Sub(m.ListedAt).Round(time.Second)/time.Second))
}

// liveText returns whether live updates reach all pages.
func (m StatusPageModel) liveText(lang Lang) string {
	if m.Polling == 0 {
		return lang.T("health.live.ok")
	}
	return lang.T("health.live.polling", m.Polling)
}

// missingScopes reports whether a scope is not granted.
func (m StatusPageModel) missingScopes() bool {
	return slices.ContainsFunc(m.Scopes, func(s Scope) bool { return !s.Granted })
}

// webhookSteps are the texts on how webhooks are set in sipgate's app.
var webhookSteps = []string{"webhooks.hand.open", "webhooks.hand.urls", "webhooks.hand.channels", "webhooks.hand.test"}

// withoutWebhooks are the texts on what the board cannot know without webhooks.
var withoutWebhooks = []string{"blind.ringing", "blind.direction", "blind.who", "blind.times", "blind.cause"}

// webhookText returns a redacted webhook URL, or the text for none.
func webhookText(lang Lang, webhookURL string) string {
	if webhookURL == "" {
		return lang.T("webhooks.none")
	}
	return redactedURL(webhookURL)
}

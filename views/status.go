package views

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"
)

// StatusPageModel is what [StatusPage] shows: what works, what does not, and
// why. It holds no secrets; addresses of webhooks are shortened when shown.
type StatusPageModel struct {
	Scopes []Scope // of the reader's own sign-in, all that were asked for

	Webhooks WebhookModel
	Platform PlatformModel

	List       StatusModel
	AuthFailed []FailedMember // members whose lists are not read at the moment

	ClientRefused bool // sipgate refuses the OAuth client's id or secret

	PublicURL   string    // where sipgate fetches announcements and sends events
	LocalURL    bool      // it cannot be reached from outside, as far as one can tell from it
	LastFetched time.Time // when sipgate last fetched something from there; zero: never since the start

	Versions []Option // Label: of what ("Callboard"), Value: which
}

// Scope is one right that a sign-in may have.
type Scope struct {
	Name    string // sipgate's: "rtcm:write"
	Granted bool
}

// SetAside is a member whose access does not work.
type FailedMember struct {
	Name    string
	Problem string // "unauthorized", "forbidden", …: as StatusModel.Problem
}

// WebhookModel is how call events reach the board.
type WebhookModel struct {
	Current   WebhookURLs // set at sipgate
	Ours      WebhookURLs // what would be set
	Previous  WebhookURLs // what stood there before ours, and will again after them
	Set       bool        // ours are set
	MayManage bool        // the reader may set and remove them

	Problem string // why it is not known what is set: as StatusModel.Problem; or empty

	LastEvent time.Time      // zero: none yet, since the start
	Refused   map[string]int // events by the code of the refusal, "hook_signature", …
}

// Webhooks are the addresses to which sipgate sends events.
type WebhookURLs struct{ Incoming, Outgoing string }

func (w WebhookURLs) isEmpty() bool { return w == WebhookURLs{} }

// foreign tells that others' addresses would be replaced.
func (m WebhookModel) hasForeign() bool { return !m.Set && !m.Current.isEmpty() }

// state is "set", "unset", "foreign" or "unknown".
func (m WebhookModel) state() string {
	switch {
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

// A tally is how often events were refused for a reason.
type refusalCount struct {
	text  string
	count int
}

// refusals are the reasons for which events were refused, the commonest first.
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

// shortened is an address without what may be secret in it: all but the
// beginning of the last part of the path, and the query.
func redactedURL(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return truncated(address, 12)
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

// clip returns s, or if that is longer than limit characters the first four.
func truncated(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:4]) + "…"
	}
	return s
}

// use says what a right is for.
func (s Scope) purpose(lang Lang) string {
	if key := "scope." + s.Name; lang.Has(key) {
		return lang.T(key)
	}
	return ""
}

// because is what a problem is called.
func problemText(lang Lang, problem string) string {
	if key := "reason." + problem; lang.Has(key) {
		return lang.T(key)
	}
	return lang.T("reason.other")
}

// age says how old the list is.
func (m StatusModel) ageText(lang Lang) string {
	if m.ListedAt.IsZero() {
		return lang.T("health.list.never")
	}
	return lang.T("health.list.age", int(m.Now.Sub(m.ListedAt).Round(time.Second)/time.Second))
}

// missing tells whether a right is not there.
func (m StatusPageModel) missingScopes() bool {
	return slices.ContainsFunc(m.Scopes, func(s Scope) bool { return !s.Granted })
}

// blind is what the board cannot know without webhooks.
var withoutWebhooks = []string{"blind.ringing", "blind.direction", "blind.who", "blind.times", "blind.cause"}

func webhookText(lang Lang, address string) string {
	if address == "" {
		return lang.T("webhooks.none")
	}
	return redactedURL(address)
}

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

	List     StatusModel
	SetAside []SetAside // members whose lists are not read at the moment

	PublicURL string    // where sipgate fetches announcements and sends events
	Local     bool      // it cannot be reached from outside, as far as one can tell from it
	Fetched   time.Time // when sipgate last fetched something from there; zero: never since the start

	Versions []Choice // Label: of what ("Callboard"), Value: which
}

// Scope is one right that a sign-in may have.
type Scope struct {
	Name    string // sipgate's: "rtcm:write"
	Granted bool
}

// SetAside is a member whose access does not work.
type SetAside struct {
	Name    string
	Problem string // "unauthorized", "forbidden", …: as StatusModel.Problem
}

// WebhookModel is how call events reach the board.
type WebhookModel struct {
	Now    Webhooks // set at sipgate
	Ours   Webhooks // what would be set
	Before Webhooks // what stood there before ours, and will again after them
	Set    bool     // ours are set
	May    bool     // the reader may set and remove them

	Problem string // why it is not known what is set: as StatusModel.Problem; or empty

	LastEvent time.Time      // zero: none yet, since the start
	Refused   map[string]int // events by the code of the refusal, "hook_signature", …
}

// Webhooks are the addresses to which sipgate sends events.
type Webhooks struct{ Incoming, Outgoing string }

func (w Webhooks) none() bool { return w == Webhooks{} }

// foreign tells that others' addresses would be replaced.
func (m WebhookModel) foreign() bool { return !m.Set && !m.Now.none() }

// state is "set", "unset", "foreign" or "unknown".
func (m WebhookModel) state() string {
	switch {
	case m.Set:
		return "set"
	case m.Problem != "":
		return "unknown"
	case m.foreign():
		return "foreign"
	default:
		return "unset"
	}
}

// A tally is how often events were refused for a reason.
type tally struct {
	word string
	n    int
}

// refusals are the reasons for which events were refused, the commonest first.
func (m WebhookModel) refusals(lang Lang) []tally {
	var all []tally
	for code, n := range m.Refused {
		key := "refused." + code
		if !lang.Has(key) {
			key = "refused.other"
		}
		if n > 0 {
			all = append(all, tally{lang.T(key), n})
		}
	}
	slices.SortFunc(all, func(a, b tally) int { return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(a.word, b.word)) })
	return all
}

// shortened is an address without what may be secret in it: all but the
// beginning of the last part of the path, and the query.
func shortened(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return clip(address, 12)
	}
	path := u.Path
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		path = path[:i+1] + clip(path[i+1:], 12)
	}
	if u.RawQuery != "" {
		path += "?…"
	}
	return u.Scheme + "://" + u.Host + path
}

// clip returns s, or if that is longer than limit characters the first four.
func clip(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:4]) + "…"
	}
	return s
}

// use says what a right is for.
func (s Scope) use(lang Lang) string {
	if key := "scope." + s.Name; lang.Has(key) {
		return lang.T(key)
	}
	return ""
}

// because is what a problem is called.
func because(lang Lang, problem string) string {
	if key := "reason." + problem; lang.Has(key) {
		return lang.T(key)
	}
	return lang.T("reason.other")
}

// age says how old the list is.
func (m StatusModel) age(lang Lang) string {
	if m.ListedAt.IsZero() {
		return lang.T("health.list.never")
	}
	return lang.T("health.list.age", int(m.Now.Sub(m.ListedAt).Round(time.Second)/time.Second))
}

// missing tells whether a right is not there.
func (m StatusPageModel) missing() bool {
	return slices.ContainsFunc(m.Scopes, func(s Scope) bool { return !s.Granted })
}

// blind is what the board cannot know without webhooks.
var blind = []string{"blind.ringing", "blind.direction", "blind.who", "blind.times", "blind.cause"}

func shownHook(lang Lang, address string) string {
	if address == "" {
		return lang.T("webhooks.none")
	}
	return shortened(address)
}

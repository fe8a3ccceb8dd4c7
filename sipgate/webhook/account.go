package webhook

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"callboard/sipgate"
)

// Limits of one account.
const (
	logEvery        = time.Minute // refusals of one code
	eventsPerSecond = 50
	maxBurst        = 100
	rememberFor     = 24 * time.Hour
	maxRemembered   = 20_000
)

// An accountState is what the Receiver knows of one account.
type accountState struct {
	subscribe []byte // the reply to newCall events
	allowance *rate.Limiter
	bodies    recentSet[[sha256.Size]byte]
	calls     recentSet[sipgate.CallID]         // of accepted events and their duplicates
	numbers   map[string]bool                   // in E.164; nil while unknown
	origins   *simplelru.LRU[origin, time.Time] // when the last event of each came
	health    Health
	logged    map[string]loggedCount // by the code of the refusal
}

// A loggedCount is how many refusals there had been when one was logged last.
type loggedCount struct {
	at    time.Time
	count int
}

// account finds or makes the state of an account. The caller holds r.mu.
func (r *Receiver) account(id string) *accountState {
	a := r.accounts[id]
	if a == nil {
		a = &accountState{
			subscribe: sipgate.PushReply(r.opt.Address(id)),
			allowance: rate.NewLimiter(eventsPerSecond, maxBurst),
			bodies:    newRecentSet[[sha256.Size]byte](rememberFor, maxRemembered),
			calls:     newRecentSet[sipgate.CallID](rememberFor, maxRemembered),
			origins:   newOrigins(),
			health:    Health{Refused: map[string]int{}},
			logged:    map[string]loggedCount{},
		}
		r.accounts[id] = a
	}
	return a
}

// belongsTo reports whether e is an event of the account.
//
// If the event names users, all of them must be users, voicemails, groups or
// other extensions of the account, which their full names contain. An event without users, as every hangup is, must
// concern a number of the account, or a call that an earlier event concerned:
// a transferred call may be between two strangers. While the account's numbers
// are unknown, events without users are believed.
func (a *accountState) belongsTo(account string, e sipgate.Event, now time.Time) bool {
	for _, full := range e.FullUserIDs {
		if !names(full, account) {
			return false
		}
	}
	if len(e.FullUserIDs) > 0 || a.numbers == nil {
		return true
	}
	return a.numbers[sipgate.NormalizeNumber(e.From)] || a.numbers[sipgate.NormalizeNumber(e.To)] ||
		a.calls.has(e.CallID, now) || e.OrigCallID != "" && a.calls.has(e.OrigCallID, now)
}

// names reports whether full is an extension of the account: its number with
// "w0", "v0", "g1" or the like behind it.
func names(full, account string) bool {
	extension, ok := strings.CutPrefix(full, account)
	return ok && extension != "" && extension[0] >= 'a' && extension[0] <= 'z'
}

package handlers

import (
	"context"
	"strings"
	"time"

	"callboard/sipgate"
)

// owns reports whether an event that came to the account's address is of the
// account. Its users, if it names any, must all be the account's: their full
// names tell. An event that names none, as all hang-ups do, must be about a
// number of the account, or about a call that earlier events of the account
// were about: calls that are transferred may be between two strangers. As long
// as the numbers are not known, it is believed.
func (t *pushTeam) owns(account string, e sipgate.Event, now time.Time) bool {
	for _, full := range e.FullUserIDs {
		if a, _, ok := sipgate.SplitFullUserID(full); !ok || a != account {
			return false
		}
	}
	if len(e.FullUserIDs) > 0 || t.numbers == nil {
		return true
	}
	return t.numbers[sipgate.NormalNumber(e.From)] || t.numbers[sipgate.NormalNumber(e.To)] ||
		t.calls.has(e.CallID, now) || e.OrigCallID != "" && t.calls.has(e.OrigCallID, now)
}

// learn takes over the numbers of an account. Short numbers count for nothing,
// since every account has them; a list without numbers is none.
func (g *pushGate) learn(account string, numbers []sipgate.AccountNumber) {
	own := make(map[string]bool, len(numbers))
	for _, n := range numbers {
		if number := sipgate.NormalNumber(n.Number); strings.HasPrefix(number, "+") {
			own[number] = true
		}
	}
	if len(own) == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.team(account)
	t.numbers, t.learnAt = own, g.now().Add(numbersInterval)
}

// The times at which an account's numbers are read, whoever of its members asks.
const (
	numbersInterval = 10 * time.Minute
	numbersAgain    = time.Minute // after a failure
)

// due reports whether the numbers of an account are to be read. To whom it says
// so, nobody else is told for a while.
func (g *pushGate) due(account string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	t, now := g.team(account), g.now()
	if now.Before(t.learnAt) {
		return false
	}
	t.learnAt = now.Add(numbersAgain)
	return true
}

// learnNumbers reads the account's numbers through one of its members, so that
// push events which name no user can be told from those of other accounts. To
// be called now and then, with any member: numbers are bought. It does nothing
// if they were read a moment ago; if they cannot be read, those known before
// stay.
func (h *handlers) learnNumbers(ctx context.Context, account string, c *sipgate.Client) {
	if !h.gate.due(account) {
		return
	}
	numbers, err := c.Numbers(ctx)
	if err != nil {
		h.Log.Info("the account's numbers could not be read", "err", err)
		return
	}
	h.gate.learn(account, numbers)
}

package callcontrol

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// A MissedCaller is who called and was not answered: all such calls from one
// number, and what the team did about it.
type MissedCaller struct {
	Remote switchboard.Party // without number if it was withheld
	Calls  int
	Last   switchboard.Call // the last one of them
	Since  time.Time        // the beginning of that

	// Done is the later call in which somebody of the team talked with the number,
	// Tried the last later one in which nobody there answered. They are zero if
	// there is none.
	Done, Tried FollowUp
}

// A FollowUp is a later call with a number of which a call was missed.
type FollowUp struct {
	At       time.Time
	By       string // of the team, "" if not known or hidden from the reader
	Incoming bool
}

// IsDone reports whether nobody has to call back.
func (m MissedCaller) IsDone() bool { return !m.Done.At.IsZero() }

// missedTTL is how long what the journal has is kept for all readers of an account.
const missedTTL = time.Second

// endedCalls keeps the calls of an account that have ended.
type endedCalls struct {
	mu       sync.Mutex
	accounts map[string]*endedOfAccount
}

type endedOfAccount struct {
	mu        sync.Mutex
	at, since time.Time
	calls     []switchboard.Call
}

func (e *endedCalls) of(account string) *endedOfAccount {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.accounts == nil {
		e.accounts = map[string]*endedOfAccount{}
	}
	if e.accounts[account] == nil {
		e.accounts[account] = new(endedOfAccount)
	}
	return e.accounts[account]
}

// endedSince returns the calls of an account that ended since a time, from the
// journal. All readers share one answer for a second.
func (c *Control) endedSince(ctx context.Context, account string, since time.Time) ([]switchboard.Call, error) {
	ended := c.ended.of(account)
	ended.mu.Lock()
	defer ended.mu.Unlock()
	now := time.Now()
	if ended.since.Equal(since) && now.Sub(ended.at) < missedTTL {
		return ended.calls, nil
	}
	calls, err := c.Journal.EndedSince(context.WithoutCancel(ctx), account, since)
	if err != nil {
		return nil, err
	}
	ended.at, ended.since, ended.calls = now, since, calls
	return calls, nil
}

// Missed returns who called the actor's team since a time, and was not answered:
// those first whom nobody has called back, and the latest first. It sends no request
// to sipgate. Callers are of calls that the actor may see; that a colleague called
// back counts in any case.
func (c *Control) Missed(ctx context.Context, a Actor, since time.Time) ([]MissedCaller, error) {
	ended, err := c.endedSince(ctx, a.Account, since)
	if err != nil {
		return nil, err
	}
	calls := slices.Clone(ended)
	for _, call := range c.Board(a).Snapshot().Calls {
		i := slices.IndexFunc(calls, func(e switchboard.Call) bool { return e.ID == call.ID })
		switch {
		case i >= 0:
			calls[i] = call
		case call.Phase != switchboard.Ended || !call.EndedAt.Before(since):
			calls = append(calls, call)
		}
	}
	return missedCallers(calls, func(call switchboard.Call) bool { return c.Sees(a, call) }), nil
}

// isMissed reports whether nobody of the team spoke with who called.
func isMissed(c switchboard.Call) bool {
	return c.Direction == sipgate.Incoming && !c.Internal && c.Phase == switchboard.Ended && !isAnswered(c) && c.Cause != "forwarded"
}

// isAnswered reports whether somebody talks or talked in a call. A voicemail is
// nobody.
func isAnswered(c switchboard.Call) bool {
	return !c.Voicemail && (c.Phase == switchboard.Connected || c.Phase == switchboard.Ended && c.PreviousPhase == switchboard.Connected)
}

// missedCallers groups the missed ones of calls by their numbers.
func missedCallers(calls []switchboard.Call, sees func(switchboard.Call) bool) []MissedCaller {
	calls = slices.Clone(calls)
	slices.SortStableFunc(calls, func(a, b switchboard.Call) int { return a.Started.Compare(b.Started) })
	found, at := []MissedCaller{}, map[string]int{}
	for _, call := range calls {
		number := call.Remote.Number
		i, known := at[number]
		switch {
		case isMissed(call):
			if !sees(call) {
				continue
			}
			if !known {
				i, at[number] = len(found), len(found)
				found = append(found, MissedCaller{})
			}
			m := &found[i]
			m.Remote = switchboard.Party{Number: number, Name: cmp.Or(call.Remote.Name, m.Remote.Name)}
			m.Calls, m.Last, m.Since, m.Done, m.Tried = m.Calls+1, call, call.Started, FollowUp{}, FollowUp{}
		case known && number != "" && !call.Internal:
			found[i].follow(call, sees(call))
		}
	}
	slices.SortStableFunc(found, func(a, b MissedCaller) int {
		if a.IsDone() != b.IsDone() {
			return map[bool]int{true: 1, false: -1}[a.IsDone()]
		}
		return b.Since.Compare(a.Since)
	})
	return found
}

// follow notes a later call with the number of m.
func (m *MissedCaller) follow(call switchboard.Call, seen bool) {
	f := FollowUp{At: call.Started, Incoming: call.Direction == sipgate.Incoming}
	if seen && len(call.UserNames) > 0 {
		f.By = call.UserNames[0]
	}
	switch {
	case isAnswered(call):
		m.Done = f
	case call.Direction == sipgate.Outgoing:
		m.Tried = f
	}
}

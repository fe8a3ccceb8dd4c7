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

// recentCalls keeps the calls of each account since a time.
type recentCalls struct {
	mu       sync.Mutex
	accounts map[string]*callsOfAccount
}

type callsOfAccount struct {
	mu        sync.Mutex
	at, since time.Time
	ended     []switchboard.Call // of the journal

	board *switchboard.Board
	seq   uint64 // of the board's last change
	all   []switchboard.Call
}

func (r *recentCalls) of(account string) *callsOfAccount {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.accounts == nil {
		r.accounts = map[string]*callsOfAccount{}
	}
	if r.accounts[account] == nil {
		r.accounts[account] = new(callsOfAccount)
	}
	return r.accounts[account]
}

// callsSince returns the calls of an account that ended since a time or go on, in
// the order in which they began. All readers share them until the board changes,
// for a second at most: the caller must not modify them.
func (c *Control) callsSince(ctx context.Context, a Actor, since time.Time) ([]switchboard.Call, error) {
	recent, board, now := c.recent.of(a.Account), c.Board(a), time.Now()
	recent.mu.Lock()
	defer recent.mu.Unlock()
	fresh := recent.since.Equal(since) && now.Sub(recent.at) < missedTTL
	if fresh && recent.board == board && recent.seq == board.Seq() {
		return recent.all, nil
	}
	if !fresh {
		ended, err := c.Journal.EndedSince(context.WithoutCancel(ctx), a.Account, since)
		if err != nil {
			return nil, err
		}
		recent.at, recent.since, recent.ended = now, since, ended
	}
	shown := board.Snapshot()
	recent.board, recent.seq, recent.all = board, shown.Seq, withLive(recent.ended, shown.Calls, since)
	return recent.all, nil
}

// withLive returns ended calls together with those of a board, which knows them
// better, in the order in which they began.
func withLive(ended, live []switchboard.Call, since time.Time) []switchboard.Call {
	all, at := slices.Clone(ended), make(map[switchboard.RowID]int, len(ended))
	for i := range all {
		at[all[i].ID] = i
	}
	for _, call := range live {
		if i, known := at[call.ID]; known {
			all[i] = call
		} else if call.Phase != switchboard.Ended || !call.EndedAt.Before(since) {
			all = append(all, call)
		}
	}
	slices.SortStableFunc(all, func(a, b switchboard.Call) int { return a.Started.Compare(b.Started) })
	return all
}

// Missed returns who called the actor's team since a time, and was not answered:
// those first whom nobody has called back, and the latest first. It sends no request
// to sipgate. Callers are of calls that the actor may see; that a colleague called
// back counts in any case.
func (c *Control) Missed(ctx context.Context, a Actor, since time.Time) ([]MissedCaller, error) {
	calls, err := c.callsSince(ctx, a, since)
	if err != nil {
		return nil, err
	}
	return missedCallers(calls, func(call *switchboard.Call) bool { return c.Sees(a, *call) }), nil
}

// isMissed reports whether nobody of the team spoke with who called.
func isMissed(c *switchboard.Call) bool {
	return c.Direction == sipgate.Incoming && !c.Internal && c.Phase == switchboard.Ended && !isAnswered(c) && c.Cause != "forwarded"
}

// isAnswered reports whether somebody talks or talked in a call. A voicemail is
// nobody.
func isAnswered(c *switchboard.Call) bool {
	return !c.Voicemail && (c.Phase == switchboard.Connected || c.Phase == switchboard.Ended && c.PreviousPhase == switchboard.Connected)
}

// missedCallers groups the missed ones of calls, which are in the order in which
// they began, by their numbers.
func missedCallers(calls []switchboard.Call, sees func(*switchboard.Call) bool) []MissedCaller {
	found, at := []MissedCaller{}, map[string]int{}
	for n := range calls {
		call := &calls[n]
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
			m.Calls, m.Last, m.Since, m.Done, m.Tried = m.Calls+1, *call, call.Started, FollowUp{}, FollowUp{}
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
func (m *MissedCaller) follow(call *switchboard.Call, seen bool) {
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

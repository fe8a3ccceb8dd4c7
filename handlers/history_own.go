package handlers

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// extensions remembers which extensions are whose, for a while: they decide
// about every entry of the history, and hardly ever change.
type extensions struct {
	mu  sync.Mutex
	all map[team.MemberID]lines
}

type lines struct {
	own map[string]bool
	at  time.Time
}

// For how long, and of how many members, extensions are remembered.
const (
	extensionsKept = 5 * time.Minute
	mostExtensions = 1000
)

func (x *extensions) get(m team.MemberID) (map[string]bool, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	k, ok := x.all[m]
	return k.own, ok && time.Since(k.at) < extensionsKept
}

func (x *extensions) put(m team.MemberID, own map[string]bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.all == nil || len(x.all) >= mostExtensions {
		x.all = map[team.MemberID]lines{}
	}
	x.all[m] = lines{own, time.Now()}
}

// ownership tells which entries are a user's: sipgate shows everybody the whole
// account's history, of which those are the user's that went through them or
// one of their telephones and lines. A visitor who may not ask for another's
// telephones sees them through that member's own access.
func (h *handlers) ownership(ctx context.Context, v Visitor, user sipgate.UserID) (func(sipgate.HistoryEntry) bool, error) {
	m := team.MemberID{Account: v.Account, User: user}
	own, ok := h.extensions.get(m)
	if !ok {
		devices, err := h.clientOf(v).Devices(ctx, user)
		if sipgate.KindOf(err) == sipgate.Forbidden && user != v.User {
			devices, err = h.Client(h.Grants.Credentials(m)).Devices(ctx, user)
		}
		if err != nil {
			return nil, err
		}
		own = map[string]bool{string(user): true}
		for _, d := range devices {
			own[string(d.ID)] = true
			for _, l := range d.Phonelines {
				own[l.ID] = true
			}
		}
		h.extensions.put(m, own)
	}
	return func(e sipgate.HistoryEntry) bool {
		return slices.ContainsFunc(e.Extensions(), func(x string) bool { return own[x] })
	}, nil
}

// entryOf finds the entry that the address names, if the visitor may see it,
// and tells whether it is the visitor's own. Of one that they may not see it
// says no more than of one that there is not.
func (h *handlers) entryOf(r *http.Request, v Visitor) (e sipgate.HistoryEntry, own bool, err error) {
	e, err = h.clientOf(v).HistoryEntry(r.Context(), r.PathValue("id"))
	if err != nil {
		return e, false, entryError(err)
	}
	mine, err := h.ownership(r.Context(), v, v.User)
	switch {
	case err != nil && !v.seesAll():
		return e, false, err
	case err == nil && mine(e):
		return e, true, nil
	case !v.seesAll():
		return e, false, errNotFound
	}
	return e, false, nil
}

// entryError is what an error about an entry means: of calls the same would be
// that the call is over.
func entryError(err error) error {
	if kind := sipgate.KindOf(err); kind == sipgate.NoCall || kind == sipgate.Invalid {
		return errNotFound
	}
	return err
}

// mostOffered is how many running calls are offered for a transfer.
const mostOffered = 3

// ownCalls are the visitor's own running calls that they may transfer.
func (h *handlers) ownCalls(v Visitor) (found []switchboard.Call) {
	for _, c := range h.Exchange.Board(v.Account).Snapshot().Calls {
		if c.Phase == switchboard.Connected && len(found) < mostOffered && slices.Contains(c.Owners(), v.id()) && h.mayOn(v, team.Transfer, c).OK {
			found = append(found, c)
		}
	}
	return found
}

package switchboard

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
)

// API is what a Board needs of sipgate, with the access of one member.
// *sipgate.Client implements it, and sets the time limits of each request.
type API interface {
	Calls(ctx context.Context) (sipgate.CallList, error)
	Hold(ctx context.Context, id sipgate.CallID, on bool) error
	Mute(ctx context.Context, id sipgate.CallID, on bool) error
	Record(ctx context.Context, id sipgate.CallID, on, announce bool) error
	Transfer(ctx context.Context, id sipgate.CallID, t sipgate.Transfer) error
	SendDTMF(ctx context.Context, id sipgate.CallID, d sipgate.DTMF) error
	Announce(ctx context.Context, id sipgate.CallID, url string) error
	HangUp(ctx context.Context, id sipgate.CallID) error
}

// A Member of the team lends the board its access to sipgate: what the member
// may see is on the board, and the member's commands go through API.
type Member struct {
	ID   MemberID
	Name string
	API  API

	// Names reads the names of numbers (E.164) that the whole team may see.
	// The board asks for them soon after the member joined and every 15
	// minutes, its members one at a time with 4 s between them; nil if this one
	// cannot tell.
	Names func(context.Context) (map[string]string, error)
}

// Health says how well the board knows what it shows.
type Health struct {
	ListedAt time.Time // when the newest list came; zero: none yet
	Members  int       // through how many members the board sees

	// Failing tells that the last list asked for did not come, and Problem why.
	Failing bool
	Reason  sipgate.Kind

	// Aside are the members whom sipgate refuses until they sign in again.
	AuthFailed []MemberID
}

// member is a Member and what its lists showed. Except for asking and the
// fields below it, it is protected by Board.mu.
type member struct {
	id           MemberID
	name         string
	api          API
	readNames    func(context.Context) (map[string]string, error)
	left         bool      // left
	authFailed   bool      // refused by sipgate until it joins again
	backoffUntil time.Time // not to be asked before

	listTick       uint64 // when the newest list that was applied had been asked for
	listTime       time.Time
	visibleCalls   map[sipgate.CallID]*observation
	observations   []*observation // of the newest list, in its order
	coverageProofs int            // how many calls of others were in its lists
	nonListFacts   uint64         // Board.facts when its last list was asked for
	mustApply      bool           // the next list matters even if it is the same
	toneLimit      slidingWindow  // keypad tones and transfers of late
	transferLimit  slidingWindow

	joinTick      uint64    // when it joined, on the clock of facts
	namesDue      time.Time // when its names are to be read; zero: not read since it joined
	namesFailures int       // how often in succession they could not be

	// asking is full while a list of this member is asked for. The last
	// answer belongs to who holds it.
	listLock  chan struct{}
	lastList  sipgate.CallList
	lastCalls []sipgate.Call // last, decoded
}

// sight is that a member's list contains a call.
type observation struct {
	leg      *leg
	listTick uint64 // the list that contained it last
	misses   int    // successive lists without it
	removed  bool   // the member does not see it any more
}

// unsee forgets that the member sees the leg.
func (m *member) removeObservation(l *leg) {
	if s, ok := m.visibleCalls[l.id]; ok {
		s.removed = true
		delete(m.visibleCalls, l.id)
	}
}

// Join adds a member, or gives one that joined before a new access. Its list
// is asked for at once if the board runs.
func (b *Board) Join(m Member) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old, ok := b.members[m.ID]
	if !ok {
		old = &member{id: m.ID, visibleCalls: map[sipgate.CallID]*observation{}, listLock: make(chan struct{}, 1)}
		b.members[m.ID] = old
	}
	old.name, old.api, old.readNames, old.authFailed, old.backoffUntil = m.Name, m.API, m.Names, false, time.Time{}
	old.joinTick, old.namesDue, old.namesFailures = b.tick(), time.Time{}, 0
	wake(b.joinWake)
	b.reportHealth()
	b.requestPoll(old)
}

// Leave removes a member. What only this member saw stays until the others'
// lists have shown that it is gone, or an event tells.
func (b *Board) Leave(id MemberID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m, ok := b.members[id]
	if !ok {
		return
	}
	m.left = true
	delete(b.members, id)
	delete(b.poll.recheckAt, m)
	delete(b.poll.requested, m)
	for _, s := range m.visibleCalls {
		b.removeObserver(m, s.leg)
		b.markDirty(s.leg.row)
	}
	for _, r := range b.rows {
		b.releaseClaim(id, r)
	}
	b.reportHealth()
	b.flush(time.Now())
	wake(b.pollWake)
}

// reportHealth brings Health up to date with the members and publishes it.
func (b *Board) reportHealth() {
	h := b.health
	h.Members, h.AuthFailed = 0, nil
	for _, m := range b.members {
		if m.authFailed {
			h.AuthFailed = append(h.AuthFailed, m.id)
		} else {
			h.Members++
		}
	}
	slices.Sort(h.AuthFailed)
	b.health = h
	b.publish(Change{Health: &h})
}

// active returns the members that can be asked, in a stable order.
func (b *Board) active() []*member {
	ms := make([]*member, 0, len(b.members))
	for _, m := range b.members {
		if !m.authFailed {
			ms = append(ms, m)
		}
	}
	slices.SortFunc(ms, compareMembers)
	return ms
}

func compareMembers(x, y *member) int { return strings.Compare(string(x.id), string(y.id)) }

// wide reports whether m's lists have proved to cover the others': they
// contained calls that others see, and lacked none.
func (m *member) coversAll() bool { return m.coverageProofs >= minCoverageProofs }

// wideProofs is how many calls of others prove a member wide. One is not
// enough: two members who telephone with each other both see that call.
const minCoverageProofs = 2

// isUser reports whether an event's user may be this member. It only decides
// who is asked first.
func (m *member) mayBeUser(e *sipgate.Event) bool {
	id := string(m.id)
	return slices.Contains(e.FullUserIDs, id) || slices.ContainsFunc(e.UserIDs, func(u sipgate.UserID) bool {
		return u != "" && strings.HasSuffix(id, string(u))
	})
}

// Members returns who is on the board, in a stable order.
func (b *Board) Members() []MemberID {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.members))
}

// Has reports whether a member is on the board.
func (b *Board) HasMember(id MemberID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.members[id]
	return ok
}

package switchboard

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
)

// API is the part of the sipgate API that a Board uses with the access of one
// member. *sipgate.Client implements it and sets the timeout of each request.
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

// A Member lends its sipgate access to the board: the member's calls appear on
// the board, and the member's commands are sent through API.
type Member struct {
	ID   MemberID
	Name string
	API  API

	// Names returns the names of numbers (E.164) that the whole team may see;
	// nil if there are none. The board calls it soon after the member joined
	// and every 15 minutes, for one member at a time with 4 s between them.
	Names func(context.Context) (map[string]string, error)
}

// Health tells how current the board is.
type Health struct {
	ListedAt time.Time // when the newest list arrived; zero before the first
	Members  int       // number of members whose access works

	// HasEvents reports that a push event arrived, now or before the board was opened.
	// Without events, ringing and missed calls cannot be seen.
	HasEvents bool

	// ListRefused reports that sipgate refuses the list of calls as such, to every
	// member. The board then lives on push events, see doubtAfter.
	ListRefused bool

	// Failing reports that the last list could not be read, and Reason why.
	Failing bool
	Reason  sipgate.Kind

	// Unreadable is the number of calls in the lists that could not be read.
	Unreadable int

	// AuthFailed lists the members whose access sipgate rejects until they
	// sign in again.
	AuthFailed []MemberID
}

// member is a Member with what its lists contained. Board.mu guards it, except
// for listLock and the fields below that.
type member struct {
	id           MemberID
	name         string
	api          API
	readNames    func(context.Context) (map[string]string, error)
	left         bool      // removed by Leave
	authFailed   bool      // access rejected by sipgate until the next Join
	backoffUntil time.Time // no request before
	refusals     int       // lists that sipgate refused in succession

	listTick         uint64 // when the newest applied list was requested
	listTime         time.Time
	visibleCalls     map[sipgate.CallID]*observation
	observations     []*observation // of the newest list, in its order
	unreadable       int            // number of calls in the newest list that could not be read
	showsOthers      bool           // see Board.ShowsOthers
	coverageProofs   int            // number of other members' calls in its lists
	nonListFacts     uint64         // Board.nonListFacts when its last list was requested
	mustApply        bool           // the next list must be applied even if its bytes are the same
	toneLimit        slidingWindow  // recent keypad tones, requests with some, and transfers
	toneRequestLimit slidingWindow
	transferLimit    slidingWindow

	joinTick      uint64    // when it joined
	namesDue      time.Time // when to read its names next; zero if never read since it joined
	namesFailures int       // failures in succession

	// listLock is full while a list of this member is requested. Its holder
	// owns the fields below.
	listLock       chan struct{}
	lastList       sipgate.CallList
	lastCalls      []sipgate.Call // lastList, decoded
	lastUnreadable int            // number of further calls in lastList
}

// observation records that a member's list contains a call.
type observation struct {
	leg        *leg
	listTick   uint64 // last list with it
	unreadable int    // number of calls in that list that could not be read
	misses     int    // lists without it since
	removed    bool   // the member no longer sees the call
}

// removeObservation records that the member no longer sees the leg.
func (m *member) removeObservation(l *leg) {
	if s, ok := m.visibleCalls[l.id]; ok {
		s.removed = true
		delete(m.visibleCalls, l.id)
	}
}

// Join adds a member, or updates the name and access of one on the board. If
// the board runs, it requests the member's list immediately.
func (b *Board) Join(m Member) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old, ok := b.members[m.ID]
	if !ok {
		old = &member{id: m.ID, visibleCalls: map[sipgate.CallID]*observation{}, listLock: make(chan struct{}, 1)}
		b.members[m.ID] = old
	}
	old.name, old.api, old.readNames, old.authFailed, old.backoffUntil = m.Name, m.API, m.Names, false, time.Time{}
	old.refusals = 0
	old.joinTick, old.namesDue, old.namesFailures = b.tick(), time.Time{}, 0
	wake(b.joinWake)
	b.reportHealth()
	b.requestPoll(old)
}

// Leave removes a member. Calls that only this member saw stay until an event
// ends them or a list that could contain them lacks them. Of those that no event
// announced, the others' lists decide.
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
	now := time.Now()
	for _, s := range m.visibleCalls {
		b.observerLeft(m, s.leg, now)
		b.markDirty(s.leg.row)
	}
	for _, r := range b.rows {
		b.releaseClaim(id, r)
	}
	b.reportHealth()
	b.flush(now)
	wake(b.pollWake)
}

// reportHealth recomputes Health from the members and publishes it.
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
	b.updateServing()
}

// active returns the members whose access works, by id.
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

// coversAll reports whether m's lists have proved to contain the calls of all
// members: they contained calls that others see, and lacked none.
func (m *member) coversAll() bool { return m.coverageProofs >= minCoverageProofs }

// minCoverageProofs is how many calls of other members prove that a member's
// lists cover everyone's. One is not enough: two members who call each other
// both see that call.
const minCoverageProofs = 2

// mayBeUser reports whether an event may concern this member. It only affects
// whose list is requested first.
func (m *member) mayBeUser(e *sipgate.Event) bool {
	id := string(m.id)
	return slices.Contains(e.FullUserIDs, id) || slices.ContainsFunc(e.UserIDs, func(u sipgate.UserID) bool {
		return u != "" && strings.HasSuffix(id, string(u))
	})
}

// Members returns the ids of the members on the board, sorted.
func (b *Board) Members() []MemberID {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.members))
}

// HasMember reports whether a member is on the board.
func (b *Board) HasMember(id MemberID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.members[id]
	return ok
}

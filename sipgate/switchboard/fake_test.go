package switchboard

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callboard/sipgate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeSipgate is a sipgate without HTTP: it executes commands on its calls
// immediately, and responds late or not at all on request.
type fakeSipgate struct {
	mu        sync.Mutex
	calls     []sipgate.Call
	seenBy    map[sipgate.CallID][]MemberID     // all members if there is no entry
	otherSide map[sipgate.CallID]sipgate.CallID // of an internal call: hanging up one side ends both
	lag       time.Duration                     // lists show the calls as they were so long ago
	past      []pastCalls                       // what lists showed before, oldest first; none without lag
	requests  []string                          // commands in order of arrival
	executed  map[string]int                    // count by the command's text
	consults  bool                              // an attended transfer puts the call on hold and consults the target
	listTimes []time.Time                       // times of list requests
	listedBy  []MemberID

	// fault is called before each request; op is "calls", "hold" and so on.
	fault func(op string, by MemberID) fault
}

// pastCalls are the calls until a change.
type pastCalls struct {
	until time.Time
	calls []sipgate.Call
}

// fault describes what goes wrong with one request.
type fault struct {
	before, after time.Duration // delays before and after execution
	err           error
	executed      bool // although err is returned
	list          sipgate.CallList
}

func newFakeSipgate() *fakeSipgate {
	return &fakeSipgate{seenBy: map[sipgate.CallID][]MemberID{}, otherSide: map[sipgate.CallID]sipgate.CallID{}, executed: map[string]int{}}
}

func (u *fakeSipgate) member(id MemberID) Member {
	return Member{ID: id, Name: string(id), API: &fakeAPI{u, id}}
}

// change changes the calls.
func (u *fakeSipgate) change(f func([]sipgate.Call) []sipgate.Call) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.lag > 0 {
		u.past = append(u.past, pastCalls{time.Now(), slices.Clone(u.calls)})
	}
	u.calls = f(u.calls)
}

// add adds a connected call between a remote and a local number.
func (u *fakeSipgate) add(id sipgate.CallID, outside, inside string, seenBy ...MemberID) {
	u.change(func(calls []sipgate.Call) []sipgate.Call {
		if seenBy != nil {
			u.seenBy[id] = seenBy
		}
		return append(calls, sipgate.Call{ID: id, Participants: []sipgate.Participant{
			{ID: "p1", Number: outside}, {ID: "p2", Number: inside, Owner: true},
		}})
	})
}

// pair makes two calls the sides of an internal one.
func (u *fakeSipgate) pair(x, y sipgate.CallID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.otherSide[x], u.otherSide[y] = y, x
}

func (u *fakeSipgate) remove(ids ...sipgate.CallID) {
	u.change(func(calls []sipgate.Call) []sipgate.Call {
		return slices.DeleteFunc(calls, func(c sipgate.Call) bool { return slices.Contains(ids, c.ID) })
	})
}

func (u *fakeSipgate) has(id sipgate.CallID) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.ContainsFunc(u.calls, func(c sipgate.Call) bool { return c.ID == id })
}

func (u *fakeSipgate) setFault(f func(op string, by MemberID) fault) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.fault = f
}

func (u *fakeSipgate) sent() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.requests)
}

func (u *fakeSipgate) listCount() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.listTimes)
}

// applyFault returns what goes wrong with a request, after the delay before
// it.
func (u *fakeSipgate) applyFault(ctx context.Context, op string, by MemberID) fault {
	u.mu.Lock()
	f := u.fault
	u.mu.Unlock()
	if f == nil {
		return fault{}
	}
	t := f(op, by)
	if t.before > 0 {
		select {
		case <-time.After(t.before):
		case <-ctx.Done():
			return fault{err: ctx.Err()}
		}
	}
	return t
}

// fakeAPI is one member's API.
type fakeAPI struct {
	sipgate *fakeSipgate
	id      MemberID
}

func (a *fakeAPI) Calls(ctx context.Context) (sipgate.CallList, error) {
	u := a.sipgate
	u.mu.Lock()
	u.listTimes = append(u.listTimes, time.Now())
	u.listedBy = append(u.listedBy, a.id)
	u.mu.Unlock()
	t := u.applyFault(ctx, "calls", a.id)
	if t.err != nil {
		return nil, t.err
	}
	list := a.list()
	if t.list != nil {
		list = t.list
	}
	if t.after > 0 {
		time.Sleep(t.after)
	}
	return list, nil
}

func (a *fakeAPI) list() sipgate.CallList {
	u := a.sipgate
	u.mu.Lock()
	defer u.mu.Unlock()
	all := u.calls
	if i := slices.IndexFunc(u.past, func(p pastCalls) bool { return p.until.After(time.Now().Add(-u.lag)) }); i >= 0 {
		all = u.past[i].calls
	}
	calls := []sipgate.Call{}
	for _, c := range all {
		if by, ok := u.seenBy[c.ID]; !ok || slices.Contains(by, a.id) {
			calls = append(calls, c)
		}
	}
	return encode(calls)
}

func encode(calls []sipgate.Call) sipgate.CallList {
	data, err := json.Marshal(map[string]any{"data": calls})
	if err != nil {
		panic(err)
	}
	return data
}

var errNoCall = &sipgate.Error{Op: "fake", Status: 404, Kind: sipgate.NoCall}

// execute executes a command on a call, unless a fault prevents it.
func (a *fakeAPI) execute(ctx context.Context, op, text string, id sipgate.CallID, change func(*sipgate.Call)) error {
	u := a.sipgate
	u.mu.Lock()
	u.requests = append(u.requests, text)
	u.mu.Unlock()
	t := u.applyFault(ctx, op, a.id)
	if t.err != nil && !t.executed {
		return t.err
	}
	found := false
	u.change(func(calls []sipgate.Call) []sipgate.Call {
		i := slices.IndexFunc(calls, func(c sipgate.Call) bool { return c.ID == id })
		if found = i >= 0; !found {
			return calls
		}
		u.executed[text]++
		c := calls[i]
		c.Participants = slices.Clone(c.Participants)
		change(&c)
		if c.ID != "" {
			calls[i] = c
			return calls
		}
		return slices.DeleteFunc(calls, func(c sipgate.Call) bool { return c.ID == id || c.ID == u.otherSide[id] })
	})
	if t.after > 0 {
		time.Sleep(t.after)
	}
	switch {
	case t.err != nil:
		return t.err
	case !found:
		return errNoCall
	}
	return nil
}

func (a *fakeAPI) Hold(ctx context.Context, id sipgate.CallID, on bool) error {
	return a.execute(ctx, "hold", words("hold", id, on), id, func(c *sipgate.Call) { c.Hold = on })
}

func (a *fakeAPI) Mute(ctx context.Context, id sipgate.CallID, on bool) error {
	return a.execute(ctx, "mute", words("mute", id, on), id, func(c *sipgate.Call) { c.Muted = on })
}

func (a *fakeAPI) Record(ctx context.Context, id sipgate.CallID, on, announce bool) error {
	return a.execute(ctx, "record", words("record", id, on, announce), id, func(c *sipgate.Call) { c.Recording = on })
}

// Transfer gives the call a new id and replaces its owner by the target, like
// sipgate.
func (a *fakeAPI) Transfer(ctx context.Context, id sipgate.CallID, t sipgate.Transfer) error {
	return a.execute(ctx, "transfer", words("transfer", id, t.To, t.Attended), id, func(c *sipgate.Call) {
		if a.sipgate.consults && t.Attended {
			c.Hold = true
			return
		}
		c.ID += "T"
		for i, p := range c.Participants {
			if p.Owner {
				c.Participants[i] = sipgate.Participant{ID: "p3", Number: string(t.To)}
			}
		}
	})
}

func (a *fakeAPI) SendDTMF(ctx context.Context, id sipgate.CallID, d sipgate.DTMF) error {
	return a.execute(ctx, "tones", words("tones", id, string(d)), id, func(*sipgate.Call) {})
}

func (a *fakeAPI) Announce(ctx context.Context, id sipgate.CallID, url string) error {
	return a.execute(ctx, "announce", words("announce", id, url), id, func(*sipgate.Call) {})
}

func (a *fakeAPI) HangUp(ctx context.Context, id sipgate.CallID) error {
	return a.execute(ctx, "hangup", words("hangup", id), id, func(c *sipgate.Call) { c.ID = "" })
}

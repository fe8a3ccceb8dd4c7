package switchboard

import (
	"context"
	"slices"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/account"
)

const mobile = "491700000099" // belongs to nobody in the account

// newRoster returns the roster of three users, as an account with shared lines
// has it: Doc (w1) has a number and a telephone of his own, Marty (w2) too, and
// both share a line with a number.
func newRoster(t *testing.T) *account.Snapshot {
	t.Helper()
	rosters := account.NewRosters(func(string, sipgate.UserID) []account.Access { return []account.Access{rosterAccess{}} }, nil)
	t.Cleanup(rosters.Close)
	r := rosters.Of("1")
	if _, err := r.Users(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Numbers(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, u := range []sipgate.UserID{"w1", "w2"} {
		if _, err := r.Devices(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	return r.Snapshot()
}

type rosterAccess struct{ account.Access }

func (rosterAccess) Users(context.Context) ([]sipgate.User, error) {
	return []sipgate.User{{ID: "w0", Firstname: "Clara"}, {ID: "w1", Firstname: "Doc"}, {ID: "w2", Firstname: "Marty"}}, nil
}

func (rosterAccess) Numbers(context.Context) ([]sipgate.AccountNumber, error) {
	return []sipgate.AccountNumber{
		{Number: doc, EndpointID: "p1"}, {Number: marty, EndpointID: "p2"}, {Number: group, EndpointID: "p9"}, {Number: "4921100000099", EndpointID: ""},
	}, nil
}

func (rosterAccess) Devices(_ context.Context, u sipgate.UserID) ([]sipgate.Device, error) {
	n := string(u[1:])
	return []sipgate.Device{{ID: sipgate.DeviceID("e" + n), Alias: "Desk " + n, Phonelines: []sipgate.Phoneline{{ID: "p" + n}, {ID: "p9"}}}}, nil
}

// Whose number, device or line takes part owns a call that no event announced;
// through whom its list was read owns nothing.
func TestOwnersOfListedCallsAreThoseWhoTakePart(t *testing.T) {
	roster := newRoster(t)
	for name, test := range map[string]struct {
		remote, local string
		owners        []MemberID
	}{
		"own number":           {jennifer, doc, []MemberID{"w1"}},
		"own telephone":        {jennifer, "2814711e1", []MemberID{"w1"}},
		"extension alone":      {jennifer, "e2", []MemberID{"w2"}},
		"own line":             {jennifer, "2814711p2", []MemberID{"w2"}},
		"user":                 {jennifer, "2814711w2", []MemberID{"w2"}},
		"two colleagues":       {marty, doc, []MemberID{"w1", "w2"}},
		"two of one colleague": {"2814711e1", doc, []MemberID{"w1"}},
		"shared number":        {jennifer, group, nil},
		"shared line":          {jennifer, "2814711p9", nil},
		"number of no line":    {jennifer, "4921100000099", nil},
		"voicemail":            {jennifer, "2814711v0", nil},
		"foreign":              {jennifer, mobile, nil},
		"nobody":               {"", "", nil},
	} {
		u := newFakeSipgate()
		u.add("A", test.remote, test.local)
		b := newBoard(t, u, "w0")
		pollAll(t, b)
		if c := onlyCall(t, b); len(c.Owners()) > 0 || !slices.Equal(c.VisibleTo, []MemberID{"w0"}) {
			t.Errorf("%s: without a roster, owned by %v, visible to %v", name, c.Owners(), c.VisibleTo)
		}
		b.SetRoster(func() *account.Snapshot { return roster })
		pollAll(t, b)
		if c := onlyCall(t, b); !slices.Equal(c.Owners(), test.owners) {
			t.Errorf("%s: owned by %v, want %v", name, c.Owners(), test.owners)
		}
	}
}

// A call rings at persons, and whoever answers owns it from then on: a
// voicemail, a queue, or a telephone that nobody knows owns nothing, and none of
// those at whom it rang keeps it.
func TestOwnersOfAnnouncedCalls(t *testing.T) {
	roster := newRoster(t)
	ring := func(to string, users []string, ids ...sipgate.UserID) sipgate.Event {
		e := newCall("A", sipgate.Incoming, jennifer, to, users...)
		e.UserIDs = ids
		return e
	}
	answered := func(number, user string, ids ...sipgate.UserID) sipgate.Event {
		e := answer(ring("", nil), user)
		e.UserIDs, e.AnsweringNumber = ids, number
		return e
	}
	both := []string{"Doc", "Marty"}
	for name, test := range map[string]struct {
		ring      sipgate.Event
		answer    sipgate.Event
		ringsAt   []MemberID
		talking   []MemberID
		userNames []string
	}{
		"a person":             {ring(doc, both[:1], "w1"), answered(doc, "Doc", "w1"), []MemberID{"w1"}, []MemberID{"w1"}, both[:1]},
		"one of a group":       {ring(group, both, "w1", "w2"), answered(marty, "Marty", "w2"), []MemberID{"w1", "w2"}, []MemberID{"w2"}, both[1:]},
		"a name without id":    {ring(group, both, "w1", "w2"), answered("", "Marty"), []MemberID{"w1", "w2"}, []MemberID{"w2"}, both[1:]},
		"a number of one":      {ring(group, both, "w1", "w2"), answered(marty, ""), []MemberID{"w1", "w2"}, []MemberID{"w2"}, nil},
		"a telephone of one":   {ring(group, both, "w1", "w2"), answered("2814711e2", ""), []MemberID{"w1", "w2"}, []MemberID{"w2"}, nil},
		"a foreign number":     {ring(group, both, "w1", "w2"), answered(mobile, ""), []MemberID{"w1", "w2"}, nil, nil},
		"no number":            {ring(group, both, "w1", "w2"), answered("", ""), []MemberID{"w1", "w2"}, nil, nil},
		"the group's number":   {ring(group, both, "w1", "w2"), answered(group, ""), []MemberID{"w1", "w2"}, nil, nil},
		"the voicemail":        {ring(doc, both[:1], "w1"), answered(doc, "voicemail", "v0"), []MemberID{"w1"}, nil, []string{"voicemail"}},
		"a queue":              {ring(group, []string{"Sales"}, "q0"), answered(mobile, "Sales", "q0"), nil, nil, []string{"Sales"}},
		"group id among users": {ring(group, []string{"Sales", "Doc"}, "g0", "w1"), answered(doc, "Doc", "w1"), []MemberID{"w1"}, []MemberID{"w1"}, both[:1]},
		"no user named":        {ring(doc, nil), answered(doc, ""), []MemberID{"w1"}, []MemberID{"w1"}, nil},
		"own mobile":           {ring(doc, both[:1], "w1"), answered(mobile, ""), []MemberID{"w1"}, nil, nil},
		"own number, no user":  {ring(mobile, both[:1], "w1"), answered(mobile, ""), []MemberID{"w1"}, []MemberID{"w1"}, both[:1]},
	} {
		b := newBoard(t, newFakeSipgate(), "w0")
		b.SetRoster(func() *account.Snapshot { return roster })
		b.Observe(test.ring)
		if c := onlyCall(t, b); !slices.Equal(c.Owners(), test.ringsAt) {
			t.Errorf("%s: rings at %v, want %v", name, c.Owners(), test.ringsAt)
		}
		test.answer.From, test.answer.To = test.ring.From, test.ring.To
		b.Observe(test.answer)
		if c := onlyCall(t, b); !slices.Equal(c.Owners(), test.talking) || !slices.Equal(c.UserNames, test.userNames) {
			t.Errorf("%s: %v (%q) talk, want %v (%q)", name, c.Owners(), c.UserNames, test.talking, test.userNames)
		}
	}
}

// Who calls keeps the call, whoever answers it.
func TestCallerOwnsTheAnsweredCall(t *testing.T) {
	b := newBoard(t, newFakeSipgate(), "w0")
	e := newCall("A", sipgate.Outgoing, doc, jennifer, "Doc")
	e.UserIDs = []sipgate.UserID{"w1"}
	b.Observe(e)
	e = answer(e, "")
	e.UserIDs = nil
	b.Observe(e)
	if c := onlyCall(t, b); !slices.Equal(c.Owners(), []MemberID{"w1"}) || !slices.Equal(c.UserNames, []string{"Doc"}) {
		t.Errorf("owned by %v, %q", c.Owners(), c.UserNames)
	}
}

// Only some events have the ids without the account's number.
func TestOwnersComeFromFullIDsToo(t *testing.T) {
	b := newBoard(t, newFakeSipgate(), "w0")
	e := newCall("A", sipgate.Incoming, jennifer, group, "Doc", "Voicemail")
	e.FullUserIDs = []string{"2814711w1", "2814711v0"}
	b.Observe(e)
	if c := onlyCall(t, b); !slices.Equal(c.Owners(), []MemberID{"w1"}) {
		t.Errorf("owned by %v", c.Owners())
	}
}

// If the answer event was lost, the listed participants tell which of those at
// whom the call rang answered.
func TestParticipantsTellWhoAnswered(t *testing.T) {
	u, roster := newFakeSipgate(), newRoster(t)
	b := newBoard(t, u, "w0")
	b.SetRoster(func() *account.Snapshot { return roster })
	e := newCall("A", sipgate.Incoming, jennifer, group, "Doc", "Marty")
	e.UserIDs = []sipgate.UserID{"w1", "w2"}
	b.Observe(e)
	u.add("A", jennifer, marty)
	pollAll(t, b)
	if c := onlyCall(t, b); !slices.Equal(c.Owners(), []MemberID{"w2"}) {
		t.Errorf("owned by %v", c.Owners())
	}
}

func (rosterAccess) Channels(context.Context) ([]sipgate.Channel, error) { return nil, nil }

// What the roster learns is on the board at once: nothing has to be heard of sipgate before.
func TestTheBoardKnowsWhatTheRosterKnows(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w1")
	known := &account.Snapshot{}
	b.SetRoster(func() *account.Snapshot { return known })
	u.add("A", mobile, doc)
	pollAll(t, b)
	before := onlyCall(t, b)
	if len(before.Owners()) > 0 || !before.OwnersPending {
		t.Fatalf("%+v", before)
	}
	_, sub := b.Subscribe()
	known = newRoster(t)
	after, _ := b.Call(before.ID)
	if !slices.Equal(after.Owners(), []MemberID{"w1"}) || after.OwnersPending {
		t.Errorf("%+v", after)
	}
	if cs := publishedCalls(sub); len(cs) != 1 || cs[0].Seq <= before.Seq {
		t.Errorf("published %+v", cs)
	}
}

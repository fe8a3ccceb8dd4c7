package callhistory

import (
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callboard/sipgate"
	"callboard/sipgate/account"
	"callboard/sipgate/journal"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/web/database/databasetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(databasetest.OnBoth(m)) }

// fixture is a History of the simulated sipgate's first account.
type fixture struct {
	*History
	sim     *simulator.Simulator
	db      *sql.DB
	account string
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	db := databasetest.Open(t, map[string]fs.FS{"team": team.Migrations, "journal": journal.Migrations})
	members, err := team.NewMembers(t.Context(), db.DB, team.Accounts{})
	if err != nil {
		t.Fatal(err)
	}
	timelines, err := journal.New(t.Context(), db.DB, journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{sim: simulator.New(simulator.Options{}), db: db.DB}
	f.account, _, _ = f.sim.AdminToken()
	srv := httptest.NewServer(f.sim)
	hc := sipgate.NewHTTPClient()
	base, err := url.Parse(srv.URL + "/v2/")
	if err != nil {
		t.Fatal(err)
	}
	client := func(m team.MemberID) *sipgate.Client {
		token, err := f.sim.Token(m.Account, string(m.User), "all")
		if err != nil {
			t.Error(err)
			return nil
		}
		return &sipgate.Client{Base: base, HTTP: hc, Auth: sipgate.Bearer(token["access_token"].(string))}
	}
	rosters := account.NewRosters(func(id string, _ sipgate.UserID) []account.Access {
		return []account.Access{client(team.MemberID{Account: id, User: "w0"})}
	}, nil)
	boards := switchboard.NewBoards(func(string) *switchboard.Board { return switchboard.New(switchboard.Options{}) })
	t.Cleanup(func() {
		rosters.Close()
		boards.Close()
		hc.CloseIdleConnections()
		srv.Close()
		f.sim.Close()
	})
	f.History = New(Options{Log: slog.New(slog.DiscardHandler), Boards: boards, Members: members, Journal: timelines, Rosters: rosters,
		Private: &team.PrivateNames{}, Client: client})
	return f
}

// member signs a user in, with a name and a role.
func (f *fixture) member(t *testing.T, user sipgate.UserID, name string, role team.Role) team.Member {
	t.Helper()
	m, err := f.Members.SignIn(t.Context(), team.MemberID{Account: f.account, User: user}, name, false)
	if err != nil {
		t.Fatal(err)
	}
	m.Role = role
	return m
}

// pastCall lets a user have a call that is over.
func (f *fixture) pastCall(t *testing.T, user, from string) {
	t.Helper()
	id, err := f.sim.Ring(simulator.NewCall{From: from, Users: []string{user}, State: "established"})
	if err == nil {
		err = f.sim.HangUp(id, "")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestNamesakesDoNotSeeEachOthersCalls(t *testing.T) {
	f := newFixture(t)
	one := f.member(t, "w1", "Mia Brandt", team.Agent)
	other := f.member(t, "w2", "Mia Brandt", team.Agent)
	lead := f.member(t, "w0", "Anna Bergmann", team.Lead)
	record := journal.Record{Account: f.account, Users: []string{"Mia Brandt"}, Members: []switchboard.MemberID{"w1"},
		Local: switchboard.Party{Name: "Mia Brandt"}, PreviousParties: []switchboard.Party{{Name: "Mia Brandt"}}}
	for _, test := range []struct {
		who  team.Member
		want bool
	}{{one, true}, {other, false}, {lead, true}} {
		if got := f.Sees(t.Context(), test.who, record); got != test.want {
			t.Errorf("%s sees the call: %v", test.who.User, got)
		}
	}
}

func TestNumbersOfOwnLinesMakeACallOnesOwn(t *testing.T) {
	f := newFixture(t)
	one, other := f.member(t, "w1", "Jonas", team.Agent), f.member(t, "w2", "Mira", team.Agent)
	roster := f.Rosters.Of(f.account)
	numbers, err := roster.Numbers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	own, err := roster.Extensions(t.Context(), "w1")
	if err != nil {
		t.Fatal(err)
	}
	others, err := roster.Extensions(t.Context(), "w2")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, n := range numbers {
		if own[n.EndpointID] && !others[n.EndpointID] {
			tried++
			record := journal.Record{Local: switchboard.Party{Number: sipgate.NormalizeNumber(n.Number)}}
			if !f.Sees(t.Context(), one, record) || f.Sees(t.Context(), other, record) {
				t.Errorf("number %s of w1's line: w1 sees %v, w2 sees %v", n.Number, f.Sees(t.Context(), one, record), f.Sees(t.Context(), other, record))
			}
		}
	}
	if tried == 0 {
		t.Error("w1 has no line of their own")
	}
}

func TestMembersFindTheirOwnEntriesAndLeadsAll(t *testing.T) {
	f := newFixture(t)
	lead, agent := f.member(t, "w0", "Anna", team.Lead), f.member(t, "w1", "Jonas", team.Agent)
	f.pastCall(t, "w1", "+4930555001")
	f.pastCall(t, "w2", "+4930555002")
	now := time.Now()
	filter := Filter{HistoryQuery: sipgate.HistoryQuery{From: now.Add(-time.Minute), To: now.Add(time.Minute)}}
	all, err := f.Search(t.Context(), lead, filter, 100)
	if err != nil {
		t.Fatal(err)
	}
	own, err := f.Search(t.Context(), agent, filter, 100)
	if err != nil {
		t.Fatal(err)
	}
	count := func(r sipgate.HistoryResult, number string) (n int) {
		for _, e := range r.Items {
			if remote, _ := e.Remote(); sipgate.NormalizeNumber(remote) == number {
				n++
			}
		}
		return n
	}
	if count(all, "+4930555001") != 1 || count(all, "+4930555002") != 1 {
		t.Errorf("the lead finds %+v", all.Items)
	}
	if count(own, "+4930555001") != 1 || count(own, "+4930555002") != 0 {
		t.Errorf("the agent finds %+v", own.Items)
	}
	for _, e := range all.Items {
		remote, _ := e.Remote()
		_, isOwn, err := f.Entry(t.Context(), agent, e.ID)
		switch number := sipgate.NormalizeNumber(remote); {
		case number == "+4930555001" && (err != nil || !isOwn):
			t.Errorf("own entry: own %v, %v", isOwn, err)
		case number == "+4930555002" && !errors.Is(err, ErrNotFound):
			t.Errorf("a colleague's entry: %v", err)
		}
	}
	f.member(t, "w2", "Mira", team.Agent)
	filter.Member = "w2"
	if _, err := f.Search(t.Context(), agent, filter, 100); !errors.As(err, new(team.Denied)) {
		t.Errorf("an agent asks for a colleague's entries: %v", err)
	}
	filter.Member = "w9"
	if _, err := f.Search(t.Context(), lead, filter, 100); !errors.Is(err, ErrUnknownMember) {
		t.Errorf("entries of an unknown member: %v", err)
	}
}

func TestUnknownEntriesAreNotFound(t *testing.T) {
	f := newFixture(t)
	lead := f.member(t, "w0", "Anna", team.Lead)
	for _, id := range []string{"999999999", "../x"} {
		if e, own, err := f.Entry(t.Context(), lead, id); !errors.Is(err, ErrNotFound) || own || e.ID != "" {
			t.Errorf("%q: own %v, %v", id, own, err)
		}
		star := true
		if err := f.Change(t.Context(), lead, sipgate.HistoryEntry{ID: id}, sipgate.EntryChange{Starred: &star}); !errors.Is(err, ErrNotFound) {
			t.Errorf("change of %q: %v", id, err)
		}
	}
}

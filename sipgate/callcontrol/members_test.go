package callcontrol

import (
	"errors"
	"slices"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// session makes the web have a session of the actor.
func (f *fixture) session(a Actor) {
	f.sessions.mu.Lock()
	defer f.sessions.mu.Unlock()
	f.sessions.signedIn = append(f.sessions.signedIn, SignedIn{MemberID: a.MemberID, Name: a.Name})
}

// private gives an actor something that nobody else may see.
func (f *fixture) private(a Actor) {
	f.Private.Set(a.MemberID, map[string]string{"+4930555001": "Grandma"})
	f.Directory.RecordCall(directory.MemberID(a.MemberID), "+4930555009", time.Now())
}

// forgotten reports whether nothing private is known of an actor any more.
func (f *fixture) forgotten(a Actor) bool {
	return f.Private.Name(a.MemberID, "+4930555001") == "" &&
		len(f.Directory.Search(directory.MemberID(a.MemberID), "555009", 10, directory.States{})) == 0
}

// Who has another session stays. With the last one the member leaves the board, what
// only they may see is forgotten, and the refresh token is handed out to be ended.
func TestTheLastSessionLeavesNothing(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w1", false)
	f.private(a)
	f.session(a)
	if refresh, err := f.Leave(t.Context(), a.MemberID); refresh != "" || err != nil || !f.Board(a).HasMember(a.BoardID()) || f.forgotten(a) {
		t.Errorf("with another session: %q, %v, forgotten %v", refresh, err, f.forgotten(a))
	}
	if err := f.sessions.SignOut(t.Context(), a.MemberID); err != nil {
		t.Fatal(err)
	}
	if refresh, err := f.Leave(t.Context(), a.MemberID); refresh != "unused" || err != nil || f.Board(a).HasMember(a.BoardID()) || !f.forgotten(a) {
		t.Errorf("the last one: %q, %v, forgotten %v", refresh, err, f.forgotten(a))
	}
	f.private(a)
	f.forgetIfGone(a.MemberID)
	if !f.forgotten(a) {
		t.Error("what was read while the member left is kept")
	}
	a = f.signIn("w1", false)
	f.private(a)
	if f.forgetIfGone(a.MemberID); f.forgotten(a) {
		t.Error("what a member who is here may see is forgotten")
	}
}

// A removed member is signed out everywhere at once; a change of another kind only
// shows the board again.
func TestRemovedMembersAreSignedOutAtOnce(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	admin, a := f.signIn("w0", true), f.signIn("w1", false)
	f.private(a)
	f.session(a)
	shown := f.version(a)
	if err := f.Members.SetRole(t.Context(), admin.MemberID, a.MemberID, team.Lead); err != nil {
		t.Fatal(err)
	}
	if in, _ := f.sessions.IsSignedIn(t.Context(), a.MemberID); !in || !f.Board(a).HasMember(a.BoardID()) || f.forgotten(a) || f.version(a) == shown {
		t.Errorf("another role: signed in %v, shown again %v", in, f.version(a) != shown)
	}
	if err := f.Members.Remove(t.Context(), admin.MemberID, a.MemberID); err != nil {
		t.Fatal(err)
	}
	in, _ := f.sessions.IsSignedIn(t.Context(), a.MemberID)
	if in || f.Board(a).HasMember(a.BoardID()) || !f.forgotten(a) || f.Grants.State(a.MemberID) != team.StateNeedsLogin {
		t.Errorf("removed: signed in %v, on the board %v, forgotten %v, grant %v", in, f.Board(a).HasMember(a.BoardID()), f.forgotten(a), f.Grants.State(a.MemberID))
	}
}

// The members on the boards are those who are signed in, each once, with the name
// that the team has for them.
func TestBoardsHaveTheMembersWhoAreSignedIn(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	stays, expired := f.signIn("w0", true), f.signIn("w1", false)
	arrives := f.signIn("w2", false)
	f.Board(arrives).Leave(arrives.BoardID())
	f.private(stays)
	f.private(expired)
	for _, a := range []Actor{stays, arrives, arrives} {
		f.session(a)
	}
	signedIn, err := f.syncMembers(t.Context())
	if err != nil || len(signedIn) != 3 {
		t.Errorf("%v, %v", signedIn, err)
	}
	got := f.Board(stays).Members()
	if slices.Sort(got); !slices.Equal(got, []switchboard.MemberID{"w0", "w2"}) || f.forgotten(stays) || !f.forgotten(expired) {
		t.Errorf("members %v; forgotten %v, %v", got, f.forgotten(stays), f.forgotten(expired))
	}
	if n := f.MemberCount(stays.Account); n != 2 {
		t.Errorf("%d members", n)
	}
	if err := f.Start(t.Context()); err != nil {
		t.Error(err)
	}
	awaitThat(t, "service account on the board", func() bool { return f.Board(stays).HasMember(ServiceID) })
	if n := f.MemberCount(stays.Account); n != 2 {
		t.Errorf("%d members with the service account", n)
	}
	if n := len(f.OnlineMembers(stays.Account)); n != 2 {
		t.Errorf("%d members can be asked", n)
	}
}

// Whoever signs in while the sessions are read stays on the board.
func TestWhoHasJustSignedInStaysOnTheBoard(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	f.session(f.signIn("w0", true))
	var late Actor
	f.sessions.after = func() {
		late = f.signIn("w1", false) // who joins the board
		f.session(late)
	}
	if _, err := f.syncMembers(t.Context()); err != nil || !f.Board(late).HasMember(late.BoardID()) {
		t.Errorf("taken off the board, %v", err)
	}
}

// Those are asked first who may see most, not those whom sipgate refuses, and the
// service account last. Who reads their own devices may be asked, too.
func TestAccountsAreReadThroughTheirHighestRoles(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	account, _, _ := f.sim.AdminToken()
	if n := len(f.Readers(account)); n != 0 {
		t.Errorf("%d readers before anybody signs in", n)
	}
	agent, admin := f.signIn("w0", false), f.signIn("w1", true)
	online := f.OnlineMembers(account)
	if len(online) != 2 || online[0].MemberID != admin.MemberID || online[1].MemberID != agent.MemberID {
		t.Errorf("%v", online)
	}
	auths := func(clients []*sipgate.Client) (all []string) {
		for _, c := range clients {
			h, err := c.Auth.Authorization(t.Context())
			if err != nil {
				t.Error(err)
			}
			all = append(all, h)
		}
		return all
	}
	f.watchFor(1)
	of := func(a Actor) string { return auths([]*sipgate.Client{f.ClientOf(a.MemberID)})[0] }
	service := auths([]*sipgate.Client{f.service.client})[0]
	if got := auths(f.Readers(account)); !slices.Equal(got, []string{of(admin), of(agent), service}) {
		t.Errorf("readers %q", got)
	}
	if own, none, all := f.accessTo(account, "w1"), f.accessTo(account, "w9"), f.accessTo(account, ""); len(own) != 4 || len(none) != 3 || len(all) != 3 {
		t.Errorf("%d, %d and %d sources", len(own), len(none), len(all))
	}
	for _, u := range []sipgate.UserID{"w2", "w3", "w4"} { // of whom only so many are tried
		id := team.MemberID{Account: account, User: u}
		if _, err := f.Members.SignIn(t.Context(), id, "Member "+string(u), false); err != nil {
			t.Fatal(err)
		}
		token, err := f.sim.Token(account, "w2", "all") // one that is accepted: what reads the account in the background uses it
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Grants.Put(t.Context(), id, sipgate.Tokens{Access: token["access_token"].(string), Refresh: "r", Lifetime: time.Hour}); err != nil {
			t.Fatal(err)
		}
		f.Board(admin).Join(switchboard.Member{ID: switchboard.MemberID(u), API: f.service.client})
	}
	if got := auths(f.Readers(account)); len(got) != maxReaders+1 || got[0] != of(admin) || got[maxReaders] != service {
		t.Errorf("readers of a large team %q", got)
	}
}

// The status page names those who have to sign in again, and those whose sign-in a
// restart would lose.
func TestProblemsOfSignInsAreNamed(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w0", true)
	if all, err := f.SignInProblems(t.Context(), a); err != nil || len(all) != 0 {
		t.Errorf("without any: %+v, %v", all, err)
	}
	f.watchFor(1)
	f.fails(401, "/v2/calls")
	awaitThat(t, "set aside", func() bool {
		f.Board(a).Poll(t.Context())
		return len(f.Board(a).Snapshot().Health.AuthFailed) == 2
	})
	all, err := f.SignInProblems(t.Context(), a)
	slices.SortFunc(all, func(a, b SignInProblem) int { return len(b.Name) - len(a.Name) })
	if want := []SignInProblem{{Name: ServiceName}, {Name: "Member w0"}}; err != nil || !slices.Equal(all, want) {
		t.Errorf("%+v, %v", all, err)
	}
	if n := len(f.OnlineMembers(a.Account)); n != 0 {
		t.Errorf("%d members can be asked whom sipgate refuses", n)
	}
	f.exec(`drop table grants`)
	if _, err := f.SignInProblems(t.Context(), a); err == nil {
		t.Error("the store's error is hidden")
	}
}

// The list of the team has the users who never signed in, too, under their names at
// sipgate, with the team's default; once changed, it counts for them.
func TestTheTeamIncludesWhoNeverSignedIn(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	admin := f.signIn("w0", true)
	if got := f.TeamMembers(admin.Account); len(got) != 1 || got[0].Name != "Member w0" {
		t.Errorf("before the users are known: %+v", got)
	}
	f.loadRoster(admin.Account)
	shown := f.version(admin)
	consent := team.Consent{SharesCalls: true}
	if err := f.SetTeamDefault(t.Context(), admin, consent); err != nil || f.version(admin) == shown {
		t.Errorf("%v, shown again %v", err, f.version(admin) != shown)
	}
	got := f.TeamMembers(admin.Account)
	i := slices.IndexFunc(got, func(m team.Member) bool { return m.User == "w2" })
	if len(got) != 3 || i < 0 || got[i].Name != "Mira Hoffmann" || got[i].Role != team.NoRole || got[i].Consent != consent {
		t.Errorf("%+v", got)
	}
	if row := f.auditRows(admin)[0]; row.Action != team.ManageSettings || row.Parameters != "default shares on leads off" || row.Outcome != team.OutcomeDone {
		t.Errorf("audit %+v", row)
	}
	f.exec(`drop table audit`)
	if err := f.SetTeamDefault(t.Context(), admin, team.Consent{}); !errors.Is(err, team.ErrAuditUnavailable) || f.Members.DefaultConsent(admin.Account) != consent {
		t.Errorf("without an audit: %v, %+v", err, f.Members.DefaultConsent(admin.Account))
	}
}

// Names are those of the team; of who never told one, sipgate's; of nobody, none.
func TestNamesOfMembers(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w0", true)
	f.loadRoster(a.Account)
	unnamed := team.MemberID{Account: a.Account, User: "w1"}
	if _, err := f.Members.SignInUnconfirmed(t.Context(), unnamed); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[team.MemberID]string{a.MemberID: "Member w0", unnamed: "Jonas Keller", {Account: a.Account, User: "w2"}: "Mira Hoffmann", {Account: a.Account, User: "w9"}: "", {Account: a.Account}: ""} {
		if got := f.MemberName(id); got != want {
			t.Errorf("%v: %q, want %q", id, got, want)
		}
	}
}

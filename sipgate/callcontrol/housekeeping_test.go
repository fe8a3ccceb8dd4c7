package callcontrol

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/team"
)

// outdate makes everything in the audit older than it is kept.
func (f *fixture) outdate(a Actor) {
	f.t.Helper()
	err := f.Audited(f.t.Context(), a, team.ManageSettings, "", "", func(context.Context) error { return nil })
	if err != nil {
		f.t.Fatal(err)
	}
	f.exec(`update audit set begun_at = 1`)
}

// Every half minute the members who are signed in are put on their boards, those
// whom sipgate did not name are asked for, and the service account watches. Once
// an hour what was kept long enough is removed.
func TestHousekeeping(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	unnamed := team.MemberID{Account: a.Account, User: "w1"}
	if _, err := f.Members.SignInUnconfirmed(t.Context(), unnamed); err != nil {
		t.Fatal(err)
	}
	f.session(a)
	f.session(Actor{Member: team.Member{MemberID: unnamed, Name: "w1"}})
	f.Board(a).Leave(a.BoardID())
	f.outdate(a)
	var asked confirmation
	f.keepHouseOnce(t.Context(), &asked, 1)
	if m, _ := f.Members.Get(unnamed); m.Name != "Jonas Keller" {
		t.Errorf("sipgate was not asked for the name: %+v", m)
	}
	f.keepHouseOnce(t.Context(), &asked, purgeEvery+1)
	if b := f.Board(a); !b.HasMember("w0") || !b.HasMember("w1") || !b.HasMember(ServiceID) {
		t.Errorf("on the board: %v", b.Members())
	}
	if n := len(f.auditRows(a)); n != 1 {
		t.Errorf("%d rows in the audit before the hour is over", n)
	}
	f.keepHouseOnce(t.Context(), &asked, 2*purgeEvery)
	if n := len(f.auditRows(a)); n != 0 {
		t.Errorf("%d rows in the audit that were kept long enough", n)
	}

	// A start does not wait for the first half minute.
	f.outdate(a)
	f.Board(a).Leave(ServiceID)
	f.Board(a).Leave(a.BoardID())
	f.service.account = ""
	if err := f.Start(t.Context()); err != nil || !f.Board(a).HasMember(a.BoardID()) {
		t.Errorf("%v, on the board %v", err, f.Board(a).Members())
	}
	awaitThat(t, "service account watches and the audit is cleared", func() bool {
		return f.Board(a).HasMember(ServiceID) && len(f.auditRows(a)) == 0
	})
}

// What housekeeping cannot do is said in the log, not while the program ends; the
// rest is done all the same.
func TestHousekeepingSaysWhatFails(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w0", true)
	f.session(a)
	f.sessions.err = errors.New("database is closed")
	f.exec(`drop table audit`)
	f.exec(`drop table journal_rows`)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	logged := []string{"sync members", "purge audit", "purge journal"}
	for i, ctx := range []context.Context{over, t.Context()} {
		f.keepHouseOnce(ctx, new(confirmation), purgeEvery)
		for _, text := range logged {
			if n := f.log.count(text); n != i {
				t.Errorf("%q is said %d times, the program ends: %v", text, n, i == 0)
			}
		}
	}
	if !f.Board(a).HasMember(ServiceID) {
		t.Error("the service account does not watch")
	}
	if err := f.Start(t.Context()); !errors.Is(err, f.sessions.err) {
		t.Errorf("a start without sessions: %v", err)
	}
	if refresh, err := f.Leave(t.Context(), a.MemberID); !errors.Is(err, f.sessions.err) || refresh != "" || !f.Board(a).HasMember(a.BoardID()) {
		t.Errorf("the member may have another session: %q, %v", refresh, err)
	}

	// A removal takes effect as far as it can.
	if _, err := f.Members.SignIn(t.Context(), team.MemberID{Account: a.Account, User: "w1"}, "Second admin", true); err != nil {
		t.Fatal(err)
	}
	f.exec(`drop table grants`)
	if err := f.Members.Remove(t.Context(), team.MemberID{Account: a.Account, User: "w1"}, a.MemberID); err != nil {
		t.Fatal(err)
	}
	if f.Board(a).HasMember(a.BoardID()) || f.log.count("sign out removed member") != 1 || f.log.count("drop grant of removed member") != 1 {
		t.Errorf("a removed member stays, or nothing is said: %v", f.Board(a).Members())
	}
}

// Housekeeping stores when events came, and Close what came since; a member who joins
// after a restart has a board that expects events.
func TestArrivalsAreStored(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w0", true)
	at := time.UnixMilli(1_780_000_000_000)
	now := map[string]time.Time{"": at, "c1": at}
	f.ChannelEvents = func(string, []sipgate.Channel, []sipgate.AccountNumber) map[string]time.Time { return maps.Clone(now) }
	f.keepHouseOnce(t.Context(), &confirmation{}, 1)
	if got := f.Arrivals.Of(a.Account); !got[""].Equal(at) || !got["c1"].Equal(at) {
		t.Errorf("after a tick: %v", got)
	}
	if err := f.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	now = map[string]time.Time{"": at.Add(time.Hour)}
	f.Control.Close()
	if got := f.Arrivals.Of(a.Account); !got[""].Equal(at.Add(time.Hour)) || !got["c1"].Equal(at) {
		t.Errorf("after the end: %v", got)
	}
	now = nil
	if got := f.LastEvents(a.Account); !f.ReceivesEvents(a.Account) || !got["c1"].Equal(at) || f.ReceivesEvents("none") {
		t.Errorf("afterwards: %v", got)
	}
	f.restartBoards()
	f.Join(SignedIn{MemberID: a.MemberID})
	if !f.Board(a).Snapshot().Health.HasEvents {
		t.Error("the board says that no events arrive")
	}
}

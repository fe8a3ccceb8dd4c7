package callcontrol

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// version returns a number that differs when those who look at the board get it
// again.
func (f *fixture) version(a Actor) uint64 { return f.Board(a).Snapshot().Seq }

// What a platform cannot do is asked once, found out again by a refusal, and not
// offered then.
func TestWhatThePlatformLacksIsNotOffered(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	refused := f.signIn("w1", false)
	if err := f.Grants.Put(t.Context(), refused.MemberID, sipgate.Tokens{Access: "opaque", Refresh: "r"}); err != nil {
		t.Fatal(err)
	}
	if err := f.DetectCapabilities(t.Context(), refused); err == nil {
		t.Error("something is found out although sipgate refuses")
	}
	if got := f.CapabilitiesOf(t.Context(), refused); got.Platform != sipgate.UnknownPlatform || !got.DetectedAt.IsZero() || f.log.count("detect platform") != 1 {
		t.Errorf("while sipgate refuses: %+v, said %d times", got, f.log.count("detect platform"))
	}
	shown := f.version(a)
	for range 2 {
		if got := f.CapabilitiesOf(t.Context(), a); got.Platform != sipgate.Classic || f.version(a) == shown || f.log.count("detect platform") != 1 {
			t.Errorf("%+v, shown again %v", got, f.version(a) != shown)
		}
	}
	asked := len(f.sim.Requests())
	if got := f.CapabilitiesOf(t.Context(), refused); got.Platform != sipgate.Classic || len(f.sim.Requests()) != asked {
		t.Errorf("what is known is asked again: %+v", got)
	}
	if err := f.DetectCapabilities(t.Context(), a); err != nil || f.UnsupportedVerbs(a.Account) != "" {
		t.Errorf("%v, unsupported %q", err, f.UnsupportedVerbs(a.Account))
	}

	call := f.connectedCall(a)
	mute := switchboard.Command{Action: switchboard.Mute{On: true}}
	f.fails(503, "/v2/calls/"+string(call.CallID)+"/muted")
	if err := f.Execute(t.Context(), a, call, mute); err == nil || f.UnsupportedVerbs(a.Account) != "" {
		t.Errorf("a failure: %v, unsupported %q", err, f.UnsupportedVerbs(a.Account))
	}
	f.fails(501, "/v2/calls/"+string(call.CallID)+"/muted")
	shown = f.version(a)
	if err := f.Execute(t.Context(), a, call, mute); sipgate.KindOf(err) != sipgate.Unsupported {
		t.Errorf("refused: %v", err)
	}
	if f.UnsupportedVerbs(a.Account) != string(switchboard.VerbMute) || f.version(a) == shown {
		t.Errorf("unsupported %q; shown again: %v", f.UnsupportedVerbs(a.Account), f.version(a) != shown)
	}
	asked = f.asked("/v2/calls/" + string(call.CallID) + "/muted")
	var denied team.Denied
	if err := f.Execute(t.Context(), a, call, mute); !errors.As(err, &denied) || denied.Reason != "platform_mute" || f.asked("/v2/calls/"+string(call.CallID)+"/muted") != asked {
		t.Errorf("afterwards: %v", err)
	}
	f.sim.ClearFaults()
	if err := f.Execute(t.Context(), a, f.current(a, call), switchboard.Command{Action: switchboard.Hold{On: true}}); err != nil {
		t.Errorf("another action: %v", err)
	}

	f.fails(501, "/v2/calls/"+string(call.CallID)+"/hold")
	if err := f.Execute(t.Context(), a, f.current(a, call), switchboard.Command{Action: switchboard.Hold{}}); sipgate.KindOf(err) != sipgate.Unsupported || f.UnsupportedVerbs(a.Account) != "hold mute" {
		t.Errorf("holding: %v, unsupported %q", err, f.UnsupportedVerbs(a.Account))
	}

	// What the store does not take is not known.
	f.exec(`drop table team_platform`)
	if err := f.DetectCapabilities(t.Context(), a); err == nil || f.UnsupportedVerbs(a.Account) == "" {
		t.Errorf("without a store: %v, unsupported %q", err, f.UnsupportedVerbs(a.Account))
	}
	f.fails(501, "/v2/calls/"+string(call.CallID)+"/recording")
	if err := f.Execute(t.Context(), a, f.current(a, call), switchboard.Command{Action: switchboard.Record{On: true}}); sipgate.KindOf(err) != sipgate.Unsupported || f.log.count("store missing ability") != 1 {
		t.Errorf("recording: %v, said %d times", err, f.log.count("store missing ability"))
	}
}

// Actions need the abilities that make them possible, and no others.
func TestAbilitiesThatActionsNeed(t *testing.T) {
	for name, c := range map[string]struct {
		action switchboard.Action
		want   team.Ability
	}{
		"mute": {switchboard.Mute{On: true}, team.AbilityMute}, "unmute": {switchboard.Mute{}, team.AbilityMute}, "hold": {switchboard.Hold{On: true}, "hold"},
		"transfer": {switchboard.TransferTo{}, "transfer"}, "tones": {switchboard.Tones{}, "tones"}, "announcement": {switchboard.Announce{}, "announce"},
		"record silently": {switchboard.Record{On: true}, team.AbilitySilentRecording}, "record": {switchboard.Record{On: true, Announce: true}, "record"},
		"stop recording": {switchboard.Record{}, ""}, "hang up": {switchboard.HangUp{}, ""},
	} {
		got, ok := requiredAbility(c.action)
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s: %q, %v", name, got, ok)
		}
	}
}

// The token of a sign-in tells the platform, which replaces what was thought
// before; a token that tells none changes nothing.
func TestASignInTellsThePlatform(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	account, _, _ := f.sim.AdminToken()
	id := team.MemberID{Account: account, User: "w1"}
	user := &sipgate.User{ID: "w1", Firstname: "Jonas", Lastname: "Keller"}
	const neo, opaque = "e30.eyJmZWF0dXJlU2NvcGUiOiJORU9fUEJYIn0.x", "opaque"
	if m, err := f.SignIn(t.Context(), id, user, sipgate.Tokens{Access: opaque, Refresh: "r"}); err != nil || m.Name != "Jonas Keller" || m.Role != team.Agent {
		t.Errorf("%+v, %v", m, err)
	}
	if got := f.Capabilities.Get(account); !got.DetectedAt.IsZero() {
		t.Errorf("an opaque token: %+v", got)
	}
	for range 2 {
		if _, err := f.SignIn(t.Context(), id, user, sipgate.Tokens{Access: neo, Refresh: "r"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.Capabilities.Get(account); got.Platform != sipgate.Neo || got.Evidence != "token" {
		t.Errorf("neo: %+v", got)
	}
	if err := f.Capabilities.SetMissing(t.Context(), account, team.AbilityMute); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{neo, opaque} {
		if _, err := f.SignIn(t.Context(), id, user, sipgate.Tokens{Access: token, Refresh: "r"}); err != nil {
			t.Fatal(err)
		}
		if got := f.Capabilities.Get(account); got.Platform != sipgate.Neo || !slices.Contains(got.Refused, team.AbilityMute) {
			t.Errorf("the same platform again: %+v", got)
		}
	}
	if _, err := f.SignIn(t.Context(), id, user, sipgate.Tokens{Access: "x"}); err == nil {
		t.Error("a sign-in whose grant is not stored succeeds")
	}
	if h, _ := f.Grants.Credentials(id).Authorization(t.Context()); h != "Bearer "+opaque {
		t.Errorf("the grant that was there gives %q", h)
	}
}

// An account that sipgate migrates while the program runs is noticed by the first
// answer that does not fit, although the token still names the old platform; one
// that is refused for another reason is not.
func TestMigrationIsNoticed(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	classic := sipgate.PlatformDetection{Platform: sipgate.Classic, Evidence: "token"}
	if err := f.Capabilities.SetPlatform(t.Context(), a.Account, classic); err != nil {
		t.Fatal(err)
	}
	f.fails(403, "/v2/settings/sipgateio")
	if w, err := f.WebhooksOf(t.Context(), a); err != nil || sipgate.KindOf(w.ReadErr) != sipgate.Forbidden || f.asked("/v2/groups") != 0 {
		t.Errorf("refused: %v, %v", w.ReadErr, err)
	}
	f.sim.ClearFaults()
	p, err := f.sim.Platform(a.Account)
	p.Name = simulator.PlatformNeo
	if err = errors.Join(err, f.sim.SetPlatform(a.Account, p)); err != nil {
		t.Fatal(err)
	}
	if w, err := f.WebhooksOf(t.Context(), a); err != nil || sipgate.KindOf(w.ReadErr) != sipgate.Unsupported {
		t.Errorf("migrated: %v, %v", w.ReadErr, err)
	}
	awaitThat(t, "the new platform", func() bool { return f.Capabilities.Get(a.Account).Platform == sipgate.Neo })
	if list, err := f.Rosters.Of(a.Account).Channels(t.Context()); err != nil || len(list) == 0 {
		t.Errorf("channels: %v, %v", list, err)
	}
}

// The refusal of the list of calls, too, has the platform looked at again. The list is
// missing until sipgate gives one, and is asked for again when a member has the
// platform checked.
func TestMigrationIsNoticedByTheList(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusNotImplemented} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
			a := f.signIn("w0", true)
			board := f.Board(a)
			p, err := f.sim.Platform(a.Account)
			p.Name, p.Calls = simulator.PlatformNeo, status
			classic := sipgate.PlatformDetection{Platform: sipgate.Classic, Evidence: "token"}
			if err = errors.Join(err, f.Capabilities.SetPlatform(t.Context(), a.Account, classic), f.sim.SetPlatform(a.Account, p)); err != nil {
				t.Fatal(err)
			}
			if board.Poll(t.Context()) == nil {
				t.Fatal("there is a list")
			}
			awaitThat(t, "the new platform", func() bool { return f.Capabilities.Get(a.Account).Platform == sipgate.Neo })
			board.Poll(t.Context())
			if f.Can(a.Account, team.AbilityCallList) {
				t.Error("the account is said to have a list")
			}
			p.Calls = http.StatusOK
			if err := errors.Join(f.sim.SetPlatform(a.Account, p), f.DetectCapabilities(t.Context(), a)); err != nil {
				t.Fatal(err)
			}
			awaitThat(t, "the list", func() bool { return f.Can(a.Account, team.AbilityCallList) })
		})
	}
}

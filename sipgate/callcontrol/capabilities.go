package callcontrol

import (
	"context"
	"slices"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// What an account can do is detected once, and again when a member asks for it
// or sipgate shows that it was wrong.

// detectTimeout bounds how long detection may keep a page waiting.
const detectTimeout = 8 * time.Second

// DetectCapabilities asks sipgate which platform the actor's account is on.
func (c *Control) DetectCapabilities(ctx context.Context, a Actor) error {
	ctx, cancel := context.WithTimeout(ctx, detectTimeout)
	defer cancel()
	found, err := c.ClientOf(a.MemberID).DetectPlatform(ctx)
	if err != nil {
		return err
	}
	if err := c.setPlatform(ctx, a.Account, found); err != nil {
		return err
	}
	c.probe(ctx, a.Account, c.ClientOf(a.MemberID))
	return nil
}

func (c *Control) setPlatform(ctx context.Context, account string, found sipgate.PlatformDetection) error {
	if err := c.Capabilities.SetPlatform(ctx, account, found); err != nil {
		return err
	}
	c.Rosters.Of(account).ForgetChannels()
	c.Boards.Board(account).RetryList()
	c.Boards.Board(account).Invalidate() // buttons may differ now
	return nil
}

// CapabilitiesOf returns what the actor's account can do. If nothing is known
// sipgate is asked first; the page is shown even if that fails.
func (c *Control) CapabilitiesOf(ctx context.Context, a Actor) team.Capabilities {
	if known := c.Capabilities.Get(a.Account); !known.DetectedAt.IsZero() {
		return known
	}
	if err := c.DetectCapabilities(ctx, a); err != nil {
		c.Log.Info("detect platform", "account", a.Account, "err", err)
	}
	return c.Capabilities.Get(a.Account)
}

// Can reports whether the account has an ability, as far as that is known. The
// calls of channels that can be read are a history. Whether there is a list of calls,
// the board finds out.
func (c *Control) Can(account string, a team.Ability) bool {
	if a == team.AbilityCallList {
		return !c.Boards.ListRefused(account)
	}
	if a == team.AbilityCallHistory && len(c.Rosters.Of(account).Snapshot().Channels) > 0 {
		return true
	}
	return c.Capabilities.Get(account).Can(a)
}

// Assumed reports whether an account on neo has an ability only as long as nobody has
// tried.
func (c *Control) Assumed(account string, a team.Ability) bool {
	if !c.Capabilities.Get(account).Assumed(a) || !c.Can(account, a) {
		return false
	}
	switch a {
	case team.AbilityMute, team.AbilitySilentRecording:
		return true
	case team.AbilityCallList:
		health, _ := c.Boards.Board(account).Health()
		return health.ListedAt.IsZero()
	}
	_, asked := c.probed.Load(account)
	return !asked
}

// deniableVerbs are the verbs whose buttons are off where sipgate refuses them for the
// platform. Each is the name of an ability. Hanging up is always worth a try.
var deniableVerbs = []switchboard.Verb{
	switchboard.VerbHold, switchboard.VerbMute, switchboard.VerbTransfer, switchboard.VerbTones, switchboard.VerbAnnounce, switchboard.VerbRecord,
}

// requiredAbility returns the ability that an action depends on, if any.
func requiredAbility(action switchboard.Action) (team.Ability, bool) {
	verb := action.Verb()
	if r, ok := action.(switchboard.Record); ok && !r.On {
		return "", false // whatever has begun can be stopped
	} else if ok && !r.Announce {
		return team.AbilitySilentRecording, true
	}
	return team.Ability(verb), slices.Contains(deniableVerbs, verb)
}

// missingCapability returns why the account's platform cannot do an action, ""
// if it can.
func (c *Control) missingCapability(account string, action switchboard.Action) (reason string) {
	if ability, ok := requiredAbility(action); ok && !c.Capabilities.Get(account).Can(ability) {
		return "platform_" + string(ability)
	}
	return ""
}

// noteUnsupported remembers that sipgate refused an action on a call because the
// account's platform cannot do it, so that its button is disabled from now on.
func (c *Control) noteUnsupported(m team.MemberID, call sipgate.CallID, action switchboard.Action, err error) {
	ability, ok := requiredAbility(action)
	if !ok {
		return
	}
	switch sipgate.KindOf(err) {
	case sipgate.Unsupported:
		c.noticeMigration(m.Account, err)
		c.setMissing(m.Account, ability)
	case sipgate.NoCall:
		if c.Assumed(m.Account, ability) {
			c.background(func(ctx context.Context) { c.checkMissing(ctx, m, call, ability) })
		}
	}
}

// checkMissing finds out whether an action on a call was answered with 404 because
// the call has ended, or because the platform has no such path.
func (c *Control) checkMissing(ctx context.Context, m team.MemberID, call sipgate.CallID, ability team.Ability) {
	if c.Boards.Board(m.Account).Reserve(ctx) != nil {
		return
	}
	list, err := c.ClientOf(m).Calls(ctx)
	if err != nil {
		return
	}
	calls, _, err := list.Calls()
	if err == nil && slices.ContainsFunc(calls, func(x sipgate.Call) bool { return x.ID == call }) {
		c.setMissing(m.Account, ability)
	}
}

func (c *Control) setMissing(account string, ability team.Ability) {
	if err := c.Capabilities.SetMissing(context.Background(), account, ability); err != nil {
		c.Log.Error("store missing ability", "account", account, "err", err)
	}
	c.Boards.Board(account).Invalidate()
}

// noticeMigration asks sipgate again which platform an account is on if err is a
// refusal that does not fit the classic one: sipgate migrates accounts while the
// program runs, and tokens name the old platform for some minutes.
func (c *Control) noticeMigration(account string, err error) {
	if sipgate.KindOf(err) == sipgate.Unsupported {
		c.tasks.Go(func() { c.detectMigration(account) })
	}
}

// detectMigration asks sipgate whether a classic account has moved to neo.
func (c *Control) detectMigration(account string) {
	if c.Capabilities.Get(account).Platform != sipgate.Classic {
		return
	}
	readers := c.Readers(account)
	if len(readers) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, detectTimeout)
	defer cancel()
	found, err := readers[0].PlatformByAnswer(ctx)
	if err == nil && found.Platform == sipgate.Neo {
		err = c.setPlatform(ctx, account, found)
		c.probe(ctx, account, readers[0])
	}
	if err != nil {
		c.Log.Info("detect platform", "account", account, "err", err)
	}
}

// probe finds out, by asking for it, what an account on neo lacks and no command will
// show.
func (c *Control) probe(ctx context.Context, account string, client *sipgate.Client) {
	if c.Capabilities.Get(account).Platform != sipgate.Neo {
		return
	}
	c.probed.Store(account, true)
	for ability, ask := range map[team.Ability]func(context.Context) (bool, error){
		team.AbilityGroups: client.HasGroups, team.AbilityCallHistory: client.ListsCalls,
	} {
		if has, err := ask(ctx); err == nil {
			c.learn(account, ability, has)
		} else {
			c.Log.Info("find out ability", "account", account, "ability", ability, "err", err)
		}
	}
}

// probeOnce is probe in the background, once for each account.
func (c *Control) probeOnce(account string, client *sipgate.Client) {
	if _, done := c.probed.Load(account); done || c.Capabilities.Get(account).Platform != sipgate.Neo {
		return
	}
	c.background(func(ctx context.Context) {
		if c.Boards.Board(account).Reserve(ctx) == nil {
			c.probe(ctx, account, client)
		}
	})
}

// learn remembers whether an account has an ability.
func (c *Control) learn(account string, a team.Ability, has bool) {
	if c.Capabilities.Get(account).Can(a) == has {
		return
	} else if !has {
		c.setMissing(account, a)
		return
	}
	if err := c.Capabilities.SetPresent(context.Background(), account, a); err != nil {
		c.Log.Error("store ability", "account", account, "err", err)
	}
	c.Boards.Board(account).Invalidate()
}

// historyAnswered learns from an answer of sipgate's own history.
func (c *Control) historyAnswered(account string, call bool, err error) {
	if call || sipgate.Lacks(err) {
		c.learn(account, team.AbilityCallHistory, call)
	}
}

// UnsupportedVerbs returns the verbs, separated by spaces, whose buttons never
// work for the account.
func (c *Control) UnsupportedVerbs(account string) string {
	known, verbs := c.Capabilities.Get(account), ""
	for _, v := range deniableVerbs {
		if !known.Can(team.Ability(v)) {
			verbs += " " + string(v)
		}
	}
	return strings.TrimSpace(verbs)
}

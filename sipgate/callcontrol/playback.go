package callcontrol

import (
	"context"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/switchboard"
)

// Limits of playing an announcement to a member's own device.
const (
	pickupTimeout = 90 * time.Second // how long the device may ring
	playbackTail  = 2 * time.Second  // between the end of the announcement and the hang-up
)

// AnnounceAction returns the action that plays an announcement of the team, at
// a public address made for this one time. Errors are those of the library.
func (c *Control) AnnounceAction(ctx context.Context, a Actor, id string) (switchboard.Action, error) {
	clip, err := c.Library.Get(ctx, a.Account, id)
	if err != nil {
		return nil, err
	}
	p, err := c.Library.Publish(ctx, a.Account, clip.ID, a.Name)
	if err != nil {
		return nil, err
	}
	return switchboard.Announce{URL: c.AnnouncementURL(p.Token), File: clip.ID, Title: clip.Label, Length: clip.Length, Fetched: p.Fetched}, nil
}

// PlayToDevice calls one of the actor's own devices and, once both sides are
// connected, plays the announcement into that call and hangs up after it.
// sipgate has no operation for that, so the other side is one of the account's
// own numbers; how sipgate treats such a call is not documented. It returns
// when the device is about to ring; what follows goes on in the background.
func (c *Control) PlayToDevice(ctx context.Context, a Actor, o Origination, clip announcement.Announcement) (sipgate.CallID, error) {
	id, first, err := c.originate(ctx, a, o)
	if first && err == nil {
		c.tasks.Go(func() { c.playWhenConnected(c.ctx, a, id, clip) })
	}
	return id, err
}

// playWhenConnected waits until both sides of the call are connected, plays the
// announcement, and hangs up after it, unless the member hangs up before.
func (c *Control) playWhenConnected(ctx context.Context, a Actor, id sipgate.CallID, clip announcement.Announcement) {
	stage, call := c.awaitStage(ctx, a, id, switchboard.StageConnected, pickupTimeout)
	if stage != switchboard.StageConnected {
		return
	}
	action, err := c.AnnounceAction(ctx, a, clip.ID)
	if err == nil {
		err = c.Execute(ctx, a, call, switchboard.Command{Action: action})
	}
	if err != nil {
		c.Log.Warn("play announcement to device", "account", a.Account, "err", err)
	} else if stage, call = c.awaitStage(ctx, a, id, switchboard.StageEnded, clip.Length+playbackTail); stage == switchboard.StageEnded {
		return
	}
	if err := c.Execute(ctx, a, call, switchboard.Command{Action: switchboard.HangUp{}}); err != nil {
		c.Log.Info("hang up after announcement", "account", a.Account, "err", err)
	}
}

// awaitStage returns when the call has reached a stage, or the time is over.
func (c *Control) awaitStage(ctx context.Context, a Actor, id sipgate.CallID, want switchboard.Stage, limit time.Duration) (switchboard.Stage, switchboard.Call) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	board := c.Board(a)
	stage, call := board.Progress(id)
	for stage < want && ctx.Err() == nil {
		stage, call = board.AwaitProgress(ctx, id, stage)
	}
	return stage, call
}

// OwnNumber returns a number of the account that rings at one of the actor's
// devices, or else any of its numbers; "" if it has none, or they are not known.
func (c *Control) OwnNumber(ctx context.Context, a Actor) string {
	roster := c.Rosters.Of(a.Account)
	numbers, err := roster.Numbers(ctx)
	if err != nil || len(numbers) == 0 {
		return ""
	}
	devices, _ := roster.Devices(ctx, a.User) // without devices any number will do
	channels, _ := roster.Channels(ctx)
	return sipgate.NumberRingingAt(numbers, devices, a.User, channels)
}

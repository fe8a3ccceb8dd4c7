package callcontrol

import (
	"context"
	"errors"
	"slices"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// Errors of [Control.Originate] about the device.
var (
	ErrNotOwnDevice     = errors.New("the device is not one of the member's own")
	ErrDeviceOffline    = errors.New("the device would not ring")
	ErrDeviceUnsuitable = errors.New("the platform starts no calls with such a device")
	ErrDeviceNoChannel  = errors.New("the device is in no channel")
)

// StartError wraps why sipgate did not start a call: the same kinds of errors
// mean something else there than for a command on a call.
type StartError struct{ Err error }

// Error implements error.
func (e *StartError) Error() string { return e.Err.Error() }

// Unwrap returns sipgate's error.
func (e *StartError) Unwrap() error { return e.Err }

// A DeviceState says whether a call can be started with a device.
type DeviceState string

// The states.
const (
	DeviceReady        DeviceState = "ready"
	DeviceDoNotDisturb DeviceState = "dnd"
	DeviceOffline      DeviceState = "offline"
	DeviceUnsuitable   DeviceState = "unfit"     // on neo, all but telephones and the desktop app
	DeviceNoChannel    DeviceState = "nochannel" // on neo, one that is in no channel: nothing would ring
)

// A Device is one device of a member, with what it can do now.
type Device struct {
	sipgate.Device
	State DeviceState
}

// Devices returns the actor's own devices. It waits for sipgate only if they
// were never read.
func (c *Control) Devices(ctx context.Context, a Actor) ([]Device, error) {
	devices, err := c.Rosters.Of(a.Account).Devices(ctx, a.User)
	return c.withStates(ctx, a, devices), err
}

func (c *Control) withStates(ctx context.Context, a Actor, devices []sipgate.Device) (all []Device) {
	neo, channels := c.channelsForCalls(ctx, a)
	for _, d := range devices {
		all = append(all, Device{d, deviceState(a.User, d, neo, channels)})
	}
	return all
}

// channelsForCalls returns whether the account starts calls as neo does, and its
// channels as far as they are known.
func (c *Control) channelsForCalls(ctx context.Context, a Actor) (neo bool, channels []sipgate.Channel) {
	if c.Capabilities.Get(a.Account).DialMethod().Platform != sipgate.Neo {
		return false, nil
	}
	channels, err := c.Rosters.Of(a.Account).Channels(ctx)
	if err != nil {
		c.Log.Info("read channels", "account", a.Account, "err", err)
	}
	return true, channels
}

func deviceState(user sipgate.UserID, d sipgate.Device, neo bool, channels []sipgate.Channel) DeviceState {
	_, inChannel := sipgate.ChannelOf(channels, user, d.ID, "")
	switch {
	case neo && !d.StartsNeoCalls():
		return DeviceUnsuitable
	case neo && len(channels) > 0 && !inChannel:
		return DeviceNoChannel
	case d.Unreachable():
		return DeviceOffline
	case d.DND:
		return DeviceDoNotDisturb
	}
	return DeviceReady
}

// An Origination is a call that a member starts. sipgate rings the device
// first, and the other side when it is answered.
type Origination struct {
	ActionID string
	Device   sipgate.DeviceID
	Callee   sipgate.Number
	CallerID sipgate.Number // the number that the callee sees, optional

	// RingOffline starts the call even if the device would not ring. sipgate
	// accepts that, and nothing happens.
	RingOffline bool
}

// Originate starts a call, recorded in the audit, and returns sipgate's id of
// it. The same action id again returns the first outcome. Errors are
// [ErrNotOwnDevice], [ErrDeviceOffline], [ErrDeviceUnsuitable],
// [ErrDeviceNoChannel], [team.ErrAuditUnavailable] and *[StartError].
func (c *Control) Originate(ctx context.Context, a Actor, o Origination) (sipgate.CallID, error) {
	id, _, err := c.originate(ctx, a, o)
	return id, err
}

// originate also reports whether this was the first time that the action id
// came.
func (c *Control) originate(ctx context.Context, a Actor, o Origination) (id sipgate.CallID, first bool, err error) {
	if !c.tasks.begin() {
		return "", false, switchboard.ErrBoardClosed
	}
	defer c.tasks.end()
	ctx = context.WithoutCancel(ctx)
	if err := c.checkDevice(ctx, a, o); err != nil {
		return "", false, err
	}
	entry := AuditEntry(a, team.StartCall, string(o.Callee)+" from "+string(o.Device), "")
	var audit int64
	var begun time.Time
	id, err = c.Board(a).Originate(ctx, switchboard.Origination{ID: o.ActionID, By: a.BoardID(),
		Call: sipgate.NewCall{Caller: string(o.Device), DeviceID: o.Device, Callee: string(o.Callee), CallerID: string(o.CallerID)},
		Begin: func() (err error) {
			first, begun = true, time.Now()
			audit, err = c.Audit.Begin(ctx, entry)
			return err
		},
		OnDone: func(err error) { c.endAudit(ctx, entry, audit, begun, err) },
	}, dialer{c, a, c.ClientOf(a.MemberID)})
	if err != nil && !errors.Is(err, team.ErrAuditUnavailable) {
		return "", first, &StartError{err}
	}
	return id, first, err
}

// checkDevice decides whether a call can be started with a device as it is now.
func (c *Control) checkDevice(ctx context.Context, a Actor, o Origination) error {
	devices, err := c.Rosters.Of(a.Account).CurrentDevices(ctx, a.User)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(devices, func(d sipgate.Device) bool { return d.ID == o.Device })
	if i < 0 {
		return ErrNotOwnDevice
	}
	switch state := c.withStates(ctx, a, devices[i:i+1])[0].State; {
	case state == DeviceUnsuitable:
		return ErrDeviceUnsuitable
	case state == DeviceNoChannel:
		return ErrDeviceNoChannel
	case state == DeviceOffline && !o.RingOffline:
		return ErrDeviceOffline
	}
	return nil
}

// dialer starts calls by the method that the account's platform wants, and
// keeps what it learns about that method.
type dialer struct {
	c      *Control
	actor  Actor
	client *sipgate.Client
}

// StartCall implements [switchboard.Dialer].
func (d dialer) StartCall(ctx context.Context, n sipgate.NewCall) (sipgate.CallID, error) {
	account, channel := d.actor.Account, ""
	find := func(ctx context.Context) string {
		channel = d.channelOf(ctx, n)
		return channel
	}
	id, method, err := d.client.Dial(ctx, n, d.c.Capabilities.Get(account).DialMethod(), find)
	if err == nil {
		if channel != "" {
			d.c.started.Add(startedKey{account, id}, &startedCall{channel: channel})
		}
		if err := d.c.Capabilities.SetDialMethod(ctx, account, method); err != nil {
			d.c.Log.Error("store dial method", "account", account, "err", err)
		}
	}
	return id, err
}

// channelOf returns the id of the channel for a call: that of its caller id, if
// the device is in it.
func (d dialer) channelOf(ctx context.Context, n sipgate.NewCall) string {
	roster, preferred := d.c.Rosters.Of(d.actor.Account), ""
	if d.c.Capabilities.Get(d.actor.Account).Platform != sipgate.Neo {
		roster.ForgetChannels() // it has just turned out to be on neo
	}
	channels, err := roster.Channels(ctx)
	if err != nil || len(channels) == 0 {
		return ""
	}
	numbers, _ := roster.Numbers(ctx) // without numbers, any channel of the device will do
	for _, number := range numbers {
		if n.CallerID != "" && sipgate.NormalizeNumber(number.Number) == sipgate.NormalizeNumber(n.CallerID) {
			preferred = number.EndpointID
		}
	}
	c, _ := sipgate.ChannelOf(channels, d.actor.User, n.DeviceID, preferred)
	return c.ID
}

// Progress returns how far a call is that a member started, and the row and the
// cause of its end as far as the actor may see the call. With known not
// negative it waits until the stage is another one, or ctx is done.
func (c *Control) Progress(ctx context.Context, a Actor, id sipgate.CallID, known switchboard.Stage) (stage switchboard.Stage, row switchboard.RowID, cause string) {
	told := c.toldByChannel(a, id)
	if known == told {
		known = min(known, switchboard.StageUnknown) // all that the board knows
	}
	var call switchboard.Call
	if known < 0 {
		stage, call = c.Board(a).Progress(id)
	} else {
		stage, call = c.Board(a).AwaitProgress(ctx, id, known)
	}
	switch {
	case call.ID == "":
		return max(stage, told), "", ""
	case c.Sees(a, call):
		return stage, call.ID, call.Cause
	}
	return switchboard.StageUnknown, "", ""
}

// PreferredDevice returns the index of the device to start with: the preferred
// one or, if that would not ring, the first that does; -1 if there is none.
func PreferredDevice(devices []Device, preferred sipgate.DeviceID) int {
	i := slices.IndexFunc(devices, func(d Device) bool {
		return d.ID == preferred && (d.State == DeviceReady || d.State == DeviceDoNotDisturb)
	})
	for _, state := range []DeviceState{DeviceReady, DeviceDoNotDisturb, DeviceOffline} {
		if i < 0 {
			i = slices.IndexFunc(devices, func(d Device) bool { return d.State == state })
		}
	}
	return i
}

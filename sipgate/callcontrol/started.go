package callcontrol

import (
	"context"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// A startedCall is a call on neo that a member started, of which the channel can be
// asked whether it is there.
type startedCall struct {
	channel string
	asked   atomic.Bool
	told    atomic.Bool  // the channel was read
	stage   atomic.Int32 // that the channel told, a switchboard.Stage
}

type startedKey struct {
	account string
	id      sipgate.CallID
}

const (
	maxStarted = 1000
	askTimeout = 4 * time.Second // with what the request waits for others of the account
)

func newStartedCalls() *lru.Cache[startedKey, *startedCall] {
	c, _ := lru.New[startedKey, *startedCall](maxStarted) // fails only for a size below 1
	return c
}

// AskChannel asks the channel of a call that the actor started, of which neither an
// event nor a list told anything, whether it has the call. It sends one request for
// each call, within the account's rate, and returns what Progress returns from then
// on: StageUnknown if the channel does not have the call or cannot be asked. Told
// reports whether it could be.
func (c *Control) AskChannel(ctx context.Context, a Actor, id sipgate.CallID) (stage switchboard.Stage, told bool) {
	s, known := c.started.Get(startedKey{a.Account, id})
	if !known {
		return switchboard.StageUnknown, false
	}
	if s.asked.CompareAndSwap(false, true) {
		c.askChannel(ctx, a, id, s)
	}
	return c.toldByChannel(a, id), s.told.Load()
}

func (c *Control) askChannel(ctx context.Context, a Actor, id sipgate.CallID, s *startedCall) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
	defer cancel()
	if c.Board(a).Reserve(ctx) != nil {
		return
	}
	found, ended, err := c.ClientOf(a.MemberID).CallInChannel(ctx, s.channel, id)
	if err != nil {
		c.Log.Info("read channel", "account", a.Account, "err", err)
		return
	}
	s.told.Store(true)
	switch {
	case ended:
		s.stage.Store(int32(switchboard.StageEnded))
	case found:
		s.stage.Store(int32(switchboard.StageCallerRinging))
	}
}

// toldByChannel returns the stage of a started call that its channel told.
func (c *Control) toldByChannel(a Actor, id sipgate.CallID) switchboard.Stage {
	if s, known := c.started.Get(startedKey{a.Account, id}); known {
		return switchboard.Stage(s.stage.Load())
	}
	return switchboard.StageUnknown
}

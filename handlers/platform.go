package handlers

import (
	"context"
	"net/http"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// What a team's account can do is found out once, and after that whenever
// somebody asks for it or sipgate shows that it was wrong.

// findOut asks sipgate which platform the account is on, and keeps the answer.
func (h *handlers) findOut(ctx context.Context, account string, client *sipgate.Client) error {
	ctx, cancel := context.WithTimeout(ctx, findingTime)
	defer cancel()
	found, err := client.DetectPlatform(ctx)
	if err != nil {
		return err
	}
	if err := h.Platforms.SetPlatform(ctx, account, found); err != nil {
		return err
	}
	h.Exchange.Board(account).Invalidate() // buttons may differ now
	return nil
}

// findingTime is how long finding out may keep a page waiting.
const findingTime = 8 * time.Second

// platformOf is what is known of a visitor's account. If nothing is, sipgate is
// asked first; that this fails is no reason to show or do nothing.
func (h *handlers) platformOf(ctx context.Context, v Visitor) team.Capabilities {
	if p := h.Platforms.Get(v.Account); !p.DetectedAt.IsZero() {
		return p
	}
	if err := h.findOut(ctx, v.Account, h.clientOf(v)); err != nil {
		h.Log.Info("the platform of an account could not be found out", "err", err)
	}
	return h.Platforms.Get(v.Account)
}

// needs are the abilities that commands depend on.
func needs(a switchboard.Action) (team.Ability, bool) {
	switch a := a.(type) {
	case switchboard.Mute:
		return team.AbilityMute, true
	case switchboard.Record:
		return team.AbilitySilentRecording, a.On && !a.Announce
	}
	return "", false
}

// platformLacks decides whether the account can do what a command asks for.
func (h *handlers) platformLacks(account string, a switchboard.Action) (reason string) {
	if needed, ok := needs(a); ok && !h.Platforms.Get(account).Can(needed) {
		return "platform_" + string(needed)
	}
	return ""
}

// learn takes from sipgate's answer to a command that the account's platform
// cannot do it: nobody is to run into that twice.
func (h *handlers) learn(account string, a switchboard.Action, err error) {
	needed, ok := needs(a)
	if !ok || sipgate.KindOf(err) != sipgate.Unsupported {
		return
	}
	if err := h.Platforms.SetMissing(context.Background(), account, needed); err != nil {
		h.Log.Error("what an account lacks could not be kept", "err", err)
	}
	h.Exchange.Board(account).Invalidate()
}

// lacking are the verbs whose buttons do not work for the account.
func (h *handlers) lacking(account string) string {
	if !h.Platforms.Get(account).Can(team.AbilityMute) {
		return string(switchboard.VerbMute)
	}
	return ""
}

// findOutAnew is the button of the status page.
func (h *handlers) findOutAnew(w http.ResponseWriter, r *http.Request, v Visitor) error {
	if err := h.findOut(r.Context(), v.Account, h.clientOf(v)); err != nil {
		return err
	}
	http.Redirect(w, r, "/status#platform", http.StatusSeeOther)
	return nil
}

// platformModel is what the status page tells of the account.
func (h *handlers) platformModel(ctx context.Context, v Visitor) views.PlatformModel {
	p := h.platformOf(ctx, v)
	m := views.PlatformModel{Name: string(p.Platform), By: p.Evidence, FoundAt: p.DetectedAt}
	if !m.FoundAt.IsZero() {
		m.FoundAt = m.FoundAt.Local()
	}
	for _, a := range team.Abilities {
		m.Abilities = append(m.Abilities, views.Ability{Name: string(a), There: p.Can(a)})
	}
	return m
}

// dialer starts calls in the way of the account's platform, and keeps what it
// learns of that way.
type dialer struct {
	h       *handlers
	account string
	client  *sipgate.Client
}

func (h *handlers) dialerOf(v Visitor) dialer { return dialer{h, v.Account, h.clientOf(v)} }

// StartCall implements [switchboard.Dialer].
func (d dialer) StartCall(ctx context.Context, n sipgate.NewCall) (sipgate.CallID, error) {
	id, way, err := d.client.Dial(ctx, n, d.h.Platforms.Get(d.account).DialMethod())
	if err == nil {
		if err := d.h.Platforms.SetDialMethod(ctx, d.account, way); err != nil {
			d.h.Log.Error("how an account starts calls could not be kept", "err", err)
		}
	}
	return id, err
}

package callcontrol

import (
	"context"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// Webhooks are where sipgate sends an account's push events.
type Webhooks struct {
	Now      team.WebhookURLs
	Ours     string           // our address for the account's events
	Previous team.WebhookURLs // what ours replaced, zero if nothing
	ReadErr  error            // why Now is not known

	// ByHand reports that sipgate's API sets no webhooks for the account: they are
	// set for each of its channels, in sipgate's app.
	ByHand   bool
	Channels []sipgate.Channel
	Numbers  []sipgate.AccountNumber // of the channels, among others
}

// Set reports whether sipgate sends all events to us.
func (w Webhooks) Set() bool { return w.Now == team.WebhookURLs{Incoming: w.Ours, Outgoing: w.Ours} }

// WebhooksOf returns where sipgate sends the push events of the actor's account.
// The error is that of the store.
func (c *Control) WebhooksOf(ctx context.Context, a Actor) (w Webhooks, err error) {
	w.Ours = c.PushURL(a.Account)
	if w.Previous, _, err = c.ReplacedWebhooks.Previous(ctx, a.Account); err != nil {
		return w, err
	}
	s, err := c.ClientOf(a.MemberID).PushSettings(ctx)
	if err != nil {
		w.ReadErr = err
		c.noticeMigration(a.Account, err)
		c.addChannels(ctx, a, &w)
		return w, nil
	}
	w.Now = team.WebhookURLs{Incoming: s.IncomingURL, Outgoing: s.OutgoingURL}
	return w, nil
}

// addChannels decides whether the webhooks are set by hand, by how sipgate refused to
// tell them, and by whether the account has channels.
func (c *Control) addChannels(ctx context.Context, a Actor, w *Webhooks) {
	kind := sipgate.KindOf(w.ReadErr)
	if kind != sipgate.Unsupported && kind != sipgate.Forbidden && kind != sipgate.NoCall {
		return
	}
	roster := c.Rosters.Of(a.Account)
	var err error
	if w.Channels, err = roster.Channels(ctx); err != nil {
		c.Log.Info("read channels", "account", a.Account, "err", err)
	}
	if w.ByHand = kind == sipgate.Unsupported || len(w.Channels) > 0; w.ByHand {
		w.Numbers, _ = roster.Numbers(ctx) // without them, users tell the channels
	}
}

// SetWebhooks makes sipgate send the account's push events to us, keeps what that
// replaces and passes the events on to it, or puts back what it replaced. The settings are read and
// written back as a whole, so that nothing else changes.
func (c *Control) SetWebhooks(ctx context.Context, a Actor, on bool) error {
	params := "remove"
	if on {
		params = "set"
	}
	return c.Audited(ctx, a, team.ManageWebhooks, params, "", func(ctx context.Context) error { return c.setWebhooks(ctx, a, on) })
}

func (c *Control) setWebhooks(ctx context.Context, a Actor, on bool) error {
	client, ours := c.ClientOf(a.MemberID), c.PushURL(a.Account)
	s, err := client.PushSettings(ctx)
	if err != nil {
		return err
	}
	if on {
		now := team.WebhookURLs{Incoming: s.IncomingURL, Outgoing: s.OutgoingURL}
		_, known, err := c.ReplacedWebhooks.Previous(ctx, a.Account)
		if err != nil {
			return err
		}
		if now.Incoming != ours || now.Outgoing != ours {
			if err := c.ReplacedWebhooks.Save(ctx, a.Account, now); err != nil {
				return err
			}
		}
		s.IncomingURL, s.OutgoingURL = ours, ours
		if err := client.SetPushSettings(ctx, s); err != nil || known {
			return err
		}
		return c.Relays.Replace(ctx, a.Account, now)
	}
	previous, _, err := c.ReplacedWebhooks.Previous(ctx, a.Account)
	if err != nil {
		return err
	}
	s.IncomingURL, s.OutgoingURL = previous.Incoming, previous.Outgoing
	if err := client.SetPushSettings(ctx, s); err != nil {
		return err
	}
	if err := c.ReplacedWebhooks.Forget(ctx, a.Account); err != nil {
		return err
	}
	if err := c.Arrivals.Forget(ctx, a.Account); err != nil {
		return err
	}
	return c.Relays.Replace(ctx, a.Account, team.WebhookURLs{})
}

package callcontrol

import (
	"context"
	"slices"

	"callboard/sipgate/team"
)

// AddRelay passes the push events of the actor's account on to a further address.
// Errors are those of [team.Relays.Add] and of the audit.
func (c *Control) AddRelay(ctx context.Context, a Actor, address string) error {
	return c.Audited(ctx, a, team.ManageRelay, "add", team.HostOf(address), func(ctx context.Context) error {
		return c.Relays.Add(ctx, a.Account, address)
	})
}

// RemoveRelay stops passing push events on to the address with an id. It is no error
// if there is no such address any more.
func (c *Control) RemoveRelay(ctx context.Context, a Actor, id string) error {
	addresses := c.Relays.Of(a.Account).Addresses
	i := slices.IndexFunc(addresses, func(r team.RelayAddress) bool { return r.ID() == id })
	if i < 0 {
		return nil
	}
	return c.Audited(ctx, a, team.ManageRelay, "remove", team.HostOf(addresses[i].URL), func(ctx context.Context) error {
		return c.Relays.Remove(ctx, a.Account, id)
	})
}

// SetRelayAnswers says whether the program that got the account's push events before
// us decides how sipgate goes on with a call.
func (c *Control) SetRelayAnswers(ctx context.Context, a Actor, on bool) error {
	params := "answers off"
	if on {
		params = "answers on"
	}
	return c.Audited(ctx, a, team.ManageRelay, params, "", func(ctx context.Context) error {
		return c.Relays.SetAnswers(ctx, a.Account, on)
	})
}

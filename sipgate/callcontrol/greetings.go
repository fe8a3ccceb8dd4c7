package callcontrol

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// Greeting returns what is said to who calls a number of an account, "" if
// nothing was written.
func (c *Control) Greeting(account, number string) string {
	return c.Greetings.Of(account, sipgate.NormalizeNumber(number))
}

// SetGreeting changes what is said to who calls a number of the account. An empty
// text removes it, also from a number that is the account's no more. Errors are
// those of [team.Greetings.Set], "greeting_number" for other numbers, and those of
// sipgate and of the audit.
func (c *Control) SetGreeting(ctx context.Context, a Actor, number, text string) error {
	roster, n := c.Rosters.Of(a.Account), sipgate.NormalizeNumber(number)
	if c.Greetings.Of(a.Account, n) == "" {
		numbers, err := roster.Numbers(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(numbers, func(x sipgate.AccountNumber) bool { return sipgate.NormalizeNumber(x.Number) == n }) {
			return &sipgate.ValueError{Field: "number", Code: "greeting_number"}
		}
	}
	target := sipgate.DisplayNumber(n)
	if name := roster.Snapshot().PartyName(n); name != "" {
		target = name + " · " + target
	}
	return c.Audited(ctx, a, team.EditGreetings, cmp.Or(strings.TrimSpace(text), "remove"), target, func(ctx context.Context) error {
		return c.Greetings.Set(ctx, a.Account, n, text)
	})
}

package handlers

import (
	"context"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/views"
)

// formatFor writes numbers for a visitor, who has names of their own for some.
func (h *handlers) formatFor(v Visitor) views.Format {
	return views.Format{
		Number: sipgate.DisplayNumber,
		Place: func(number string, lang views.Lang) string {
			return sipgate.Place(number, lang.String(), h.Numbers.Region)
		},
		Private: func(number string) string { return h.phonebook.Name(v.member(), number) },
	}
}

// namesOf reads, through one of its members, the names that a team may see,
// and by the way which numbers are the account's.
func (h *handlers) namesOf(account string, client *sipgate.Client) func(context.Context) (map[string]string, error) {
	return func(ctx context.Context) (map[string]string, error) {
		h.learnNumbers(ctx, account, client)
		shared, _, err := names(ctx, client)
		return shared, err
	}
}

// namesFor is namesOf that also learns the names which only the visitor has.
func (h *handlers) namesFor(v Visitor, client *sipgate.Client) func(context.Context) (map[string]string, error) {
	return func(ctx context.Context) (map[string]string, error) {
		h.learnNumbers(ctx, v.Account, client)
		shared, private, err := names(ctx, client)
		if err == nil {
			h.learnNames(v, private)
		}
		return shared, err
	}
}

// learnNames takes over the names that only a visitor has. If they have one for
// a call that is shown without, the board is shown anew.
func (h *handlers) learnNames(v Visitor, private map[string]string) {
	board := h.Exchange.Board(v.Account)
	if h.phonebook.Learn(v.member(), private) && slices.ContainsFunc(board.Snapshot().Calls, func(c switchboard.Call) bool {
		return c.Outside.Name == "" && private[c.Outside.Number] != ""
	}) {
		board.Renew()
	}
	if !board.Has(v.id()) { // left while they were read
		h.phonebook.Forget(v.member())
	}
}

// names are the numbers that have a name in a member's contacts: in shared and
// internal ones, which the whole team may see, and in all others, which are the
// member's alone.
func names(ctx context.Context, c *sipgate.Client) (shared, private map[string]string, err error) {
	contacts, err := c.Contacts(ctx)
	if err != nil {
		return nil, nil, err
	}
	shared, private = map[string]string{}, map[string]string{}
	for _, contact := range contacts {
		found := private
		if contact.Public() {
			found = shared
		}
		for _, n := range contact.Numbers {
			found[sipgate.NormalNumber(n.Number)] = contact.Name
		}
	}
	return shared, private, nil
}

package handlers

import (
	"cmp"
	"context"
	"slices"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/views"
)

// formatFor writes numbers for a visitor, who has names of their own for some.
func (h *handlers) formatFor(v Visitor) views.Format {
	return views.Format{
		Number: sipgate.DisplayNumber,
		Place: func(number string, lang views.Lang) string {
			return sipgate.LocationName(number, lang.String(), h.Numbers.Region)
		},
		Team:    func(number string) string { return h.directory.MemberName(v.Account, number) },
		Private: func(number string) string { return h.phonebook.Name(v.member(), number) },
	}
}

// namesOf reads, through one of its members, the names that a team may see,
// and by the way which numbers are the account's.
func (h *handlers) namesOf(account string, client *sipgate.Client) func(context.Context) (map[string]string, error) {
	return func(ctx context.Context) (map[string]string, error) {
		h.receiver.RefreshNumbers(ctx, account, client.Numbers)
		contacts, err := client.Contacts(ctx)
		if err != nil {
			return nil, err
		}
		h.directory.SetContacts(directory.MemberID{Account: account}, contacts)
		shared, _ := h.names(contacts)
		return shared, nil
	}
}

// namesFor is namesOf that also learns the names which only the visitor has.
func (h *handlers) namesFor(v Visitor, client *sipgate.Client) func(context.Context) (map[string]string, error) {
	return func(ctx context.Context) (map[string]string, error) {
		h.receiver.RefreshNumbers(ctx, v.Account, client.Numbers)
		h.background(func(ctx context.Context) {
			h.learnDirectory(ctx, v, client)
			h.forgetGone(v)
		})
		contacts, err := client.Contacts(ctx)
		if err != nil {
			return nil, err
		}
		h.directory.SetContacts(v.listed(), contacts)
		shared, private := h.names(contacts)
		h.learnNames(v, private)
		return shared, nil
	}
}

// learnNames takes over the names that only a visitor has. If they have one for
// a call that is shown without, the board is shown anew.
func (h *handlers) learnNames(v Visitor, private map[string]string) {
	board := h.Exchange.Board(v.Account)
	if h.phonebook.Set(v.member(), private) && slices.ContainsFunc(board.Snapshot().Calls, func(c switchboard.Call) bool {
		return c.Remote.Name == "" && private[c.Remote.Number] != ""
	}) {
		board.Invalidate()
	}
	h.forgetGone(v)
}

// forgetGone forgets what was read of somebody who left meanwhile.
func (h *handlers) forgetGone(v Visitor) {
	if !h.Exchange.Board(v.Account).HasMember(v.id()) {
		h.forget(v.member())
	}
}

// forget drops what only a member may see, who has left.
func (h *handlers) forget(m team.MemberID) {
	h.phonebook.Forget(m)
	h.directory.Forget(directory.MemberID{Account: m.Account, User: m.User})
}

// names are the numbers that have a name in a member's contacts: in shared and
// internal ones, which the whole team may see, and in all others, which are the
// member's alone.
func (h *handlers) names(contacts []sipgate.Contact) (shared, private map[string]string) {
	shared, private = map[string]string{}, map[string]string{}
	for _, contact := range contacts {
		found := private
		if contact.Shared() {
			found = shared
		}
		for _, n := range contact.Numbers {
			found[cmp.Or(h.directory.Number(n.Number), sipgate.NormalizeNumber(n.Number))] = contact.Name
		}
	}
	return shared, private
}

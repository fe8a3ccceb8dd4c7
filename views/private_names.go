package views

import (
	"slices"

	"callboard/sipgate/switchboard"
)

// withPrivateNames returns c with the viewer's private names for remote parties
// that have no other name. If it sets any, the memo is nil, so that nobody else
// gets what is rendered. The returned format has no private names any more:
// whatever it renders can only contain those in the returned call.
func (f Format) withPrivateNames(c switchboard.Call) (Format, switchboard.Call) {
	privateName := f.PrivateName
	if f.PrivateName = nil; privateName == nil {
		return f, c
	}
	name := func(p switchboard.Party) (string, bool) {
		if p.Name != "" || p.Number == "" {
			return "", false
		}
		n := privateName(p.Number)
		return n, n != ""
	}
	if n, ok := name(c.Remote); ok {
		c.Remote.Name, c.Memo = n, nil
	}
	if slices.ContainsFunc(c.PreviousParties, func(p switchboard.Party) bool { _, ok := name(p); return ok }) {
		c.PreviousParties, c.Memo = slices.Clone(c.PreviousParties), nil // the slice is shared
		for i, p := range c.PreviousParties {
			if n, ok := name(p); ok {
				c.PreviousParties[i].Name = n
			}
		}
	}
	if x := c.Consultation; x != nil {
		if n, ok := name(x.To); ok && (f.MemberName == nil || f.MemberName(x.To.Number) == "") {
			named := *x
			named.To.Name = n
			c.Consultation, c.Memo = &named, nil
		}
	}
	return f, c
}

// privateNames returns the names in named, a result of withPrivateNames, that c
// has not.
func privateNames(c, named *switchboard.Call) (names string) {
	add := func(p, n switchboard.Party) {
		if n.Name != p.Name {
			names += n.Name + "\x00"
		}
	}
	add(c.Remote, named.Remote)
	for i, p := range c.PreviousParties {
		add(p, named.PreviousParties[i])
	}
	if c.Consultation != nil {
		add(c.Consultation.To, named.Consultation.To)
	}
	return names
}

// remoteParty returns the title and subtitle of the remote party. The subtitle of
// a number without a name is its place.
func (f Format) remoteParty(p switchboard.Party, lang Lang) (title, sub string) {
	title, sub = f.party(p, lang)
	if p.Name == "" && p.Number != "" && f.Place != nil {
		sub = f.Place(p.Number, lang)
	}
	return title, sub
}

package views

import (
	"slices"

	"callboard/sipgate/switchboard"
)

// privately names the parties outside for whom only the viewer has a name. If
// there is any, what is rendered of the call is for the viewer alone: it has no
// memo then. The format that it returns knows no private names any more, so
// that nothing that is rendered with it can have others than those of the call.
func (f Format) withPrivateNames(c switchboard.Call) (Format, switchboard.Call) {
	known := f.PrivateName
	if f.PrivateName = nil; known == nil {
		return f, c
	}
	name := func(p switchboard.Party) (string, bool) {
		if p.Name != "" || p.Number == "" {
			return "", false
		}
		n := known(p.Number)
		return n, n != ""
	}
	if n, ok := name(c.Remote); ok {
		c.Remote.Name, c.Memo = n, nil
	}
	if slices.ContainsFunc(c.PreviousParties, func(p switchboard.Party) bool { _, ok := name(p); return ok }) {
		c.PreviousParties, c.Memo = slices.Clone(c.PreviousParties), nil // they are shared
		for i, p := range c.PreviousParties {
			if n, ok := name(p); ok {
				c.PreviousParties[i].Name = n
			}
		}
	}
	if x := c.Consultation; x != nil {
		if n, ok := name(x.To); ok && (f.MemberName == nil || f.MemberName(x.To.Number) == "") {
			own := *x
			own.To.Name = n
			c.Consultation, c.Memo = &own, nil
		}
	}
	return f, c
}

// outside is party for whom a call is with: the place is below a number that
// nobody has a name for.
func (f Format) remoteParty(p switchboard.Party, lang Lang) (title, sub string) {
	title, sub = f.party(p, lang)
	if p.Name == "" && p.Number != "" && f.Place != nil {
		sub = f.Place(p.Number, lang)
	}
	return title, sub
}

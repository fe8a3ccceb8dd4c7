package sipgate

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
)

// Contact is an entry of an address book.
type Contact struct {
	ID           string
	Name         string
	Numbers      []ContactNumber
	Emails       []string
	Organization string
	Scope        string // "PRIVATE", "SHARED" or "INTERNAL"
}

// Shared reports whether the whole team may see the contact. All others are
// private to the user.
func (c Contact) Shared() bool { return c.Scope == "SHARED" || c.Scope == "INTERNAL" }

// ContactNumber is a number of a [Contact], as entered.
type ContactNumber struct {
	Number string
	Types  []string // "work", "cell", …
}

// Limits of the address book.
const (
	contactsPerPage = 500
	maxContacts     = 10_000
	maxSkipped      = 20
)

// wireContact omits the picture, which in base64 is most of the response.
type wireContact struct {
	ID      anyText `json:"id"`
	Name    anyText `json:"name"`
	Numbers objects[struct {
		Number anyText `json:"number"`
		Types  texts   `json:"type"`
	}] `json:"numbers"`
	Emails objects[struct {
		Email anyText `json:"email"`
	}] `json:"emails"`
	Organization organization `json:"organization"`
	Scope        string       `json:"scope"`

	key string // identifies the contact among the pages
}

// isContact reports whether the contact has an id, a name or a number, and sets
// key.
func (w *wireContact) isContact(item json.RawMessage) bool {
	if w.key = string(w.ID); w.key == "" {
		w.key = string(item)
	}
	return w.ID != "" || w.Name != "" || len(w.Numbers) > 0
}

// organization is the first text of a list of lists of texts.
type organization string

// UnmarshalJSON implements [json.Unmarshaler].
func (o *organization) UnmarshalJSON(data []byte) error {
	lists, _ := elements(data)
	for _, list := range lists[:min(len(lists), 1)] {
		var names texts
		if names.UnmarshalJSON(list); len(names) > 0 {
			*o = organization(names[0])
		}
	}
	return nil
}

// Contacts lists the user's private contacts and the shared ones, at most
// 10,000. It requests a page that is too large because of its pictures again
// in smaller parts, and omits a contact that is too large by itself.
func (c *Client) Contacts(ctx context.Context) ([]Contact, error) {
	var all []Contact
	seen := make(map[string]bool)
	skipped, unreadable := 0, 0
	for offset, limit := 0, contactsPerPage; offset < maxContacts; {
		page, total, err := c.contactPage(ctx, offset, limit)
		switch {
		case errors.Is(err, errTooLarge) && limit > 1:
			limit = max(limit/5, 1)
			continue
		case errors.Is(err, errTooLarge) && skipped < maxSkipped:
			skipped++
			offset++
			continue
		case err != nil:
			return nil, err
		}
		again := true // the page has been read before
		for _, w := range page {
			switch {
			case w == nil:
				unreadable++
			case seen[w.key]:
				continue
			default:
				seen[w.key] = true
				all = append(all, w.contact())
			}
			again = false
		}
		offset += len(page)
		limit = min(2*limit, contactsPerPage)
		if total >= 0 && offset >= total || again {
			break
		}
	}
	c.report(unreadable+skipped, "contacts")
	return all, nil
}

// contactPage returns nil for contacts that cannot be read, and the number of all
// contacts, -1 if it is unknown.
func (c *Client) contactPage(ctx context.Context, offset, limit int) ([]*wireContact, int, error) {
	list, other, err := getList(ctx, c, (*wireContact).isContact, url.Values{
		"offset": {strconv.Itoa(offset)}, "limit": {strconv.Itoa(limit)},
	}, "contacts")
	return list, number(other["totalCount"]), err
}

func (w *wireContact) contact() Contact {
	contact := Contact{ID: string(w.ID), Name: oneLine(string(w.Name), maxName), Scope: w.Scope, Organization: oneLine(string(w.Organization), maxName)}
	for _, n := range w.Numbers {
		contact.Numbers = append(contact.Numbers, ContactNumber{string(n.Number), n.Types})
	}
	for _, e := range w.Emails {
		contact.Emails = append(contact.Emails, string(e.Email))
	}
	return contact
}

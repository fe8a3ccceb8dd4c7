package sipgate

import (
	"context"
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
	Number string   `json:"number"`
	Types  []string `json:"type"` // "work", "cell", …
}

// Limits of the address book.
const (
	contactsPerPage = 500
	maxContacts     = 10_000
	maxSkipped      = 20
)

// wireContact omits the picture, which in base64 is most of the response.
type wireContact struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Numbers []ContactNumber `json:"numbers"`
	Emails  []struct {
		Email string `json:"email"`
	} `json:"emails"`
	Organization [][]string `json:"organization"`
	Scope        string     `json:"scope"`
}

// Contacts lists the user's private contacts and the shared ones, at most
// 10,000. It requests a page that is too large because of its pictures again
// in smaller parts, and omits a contact that is too large by itself.
func (c *Client) Contacts(ctx context.Context) ([]Contact, error) {
	var all []Contact
	seen := make(map[string]bool)
	skipped := 0
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
		before := len(all)
		for _, w := range page {
			if !seen[w.ID] {
				seen[w.ID] = true
				all = append(all, w.contact())
			}
		}
		offset += len(page)
		limit = min(2*limit, contactsPerPage)
		if offset >= total || len(all) == before {
			break
		}
	}
	return all, nil
}

func (c *Client) contactPage(ctx context.Context, offset, limit int) ([]wireContact, int, error) {
	var reply struct {
		Items []wireContact `json:"items"`
		Total int           `json:"totalCount"`
	}
	err := c.get(ctx, &reply, url.Values{
		"offset": {strconv.Itoa(offset)}, "limit": {strconv.Itoa(limit)},
	}, "contacts")
	return reply.Items, reply.Total, err
}

func (w wireContact) contact() Contact {
	contact := Contact{ID: w.ID, Name: oneLine(w.Name, maxName), Numbers: w.Numbers, Scope: w.Scope}
	for _, e := range w.Emails {
		contact.Emails = append(contact.Emails, e.Email)
	}
	if len(w.Organization) > 0 && len(w.Organization[0]) > 0 {
		contact.Organization = oneLine(w.Organization[0][0], maxName)
	}
	return contact
}

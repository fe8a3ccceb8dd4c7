package simulator

import (
	"errors"
	"slices"
	"strings"
)

func (c *contact) json() map[string]any {
	return map[string]any{
		"id": c.id, "name": c.name, "picture": c.picture, "scope": c.scope,
		"emails": orEmpty(c.emails), "numbers": orEmpty(c.numbers),
		"addresses": orEmpty(c.addresses), "organization": orEmpty(c.organization),
	}
}

func orEmpty[T any](list []T) []T { return append([]T{}, list...) }

// listContacts lists the shared contacts and the user's private ones.
func (s *Simulator) listContacts(q *apiRequest) response {
	wanted := q.URL.Query()["phonenumbers"]
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []map[string]any{}
	for _, c := range q.auth.account.contacts {
		if c.visible(q.auth.user) && (len(wanted) == 0 || slices.ContainsFunc(wanted, c.hasNumber)) {
			list = append(list, c.json())
		}
	}
	return page(q, list, func(part []map[string]any) any {
		return map[string]any{"items": part, "totalCount": len(list)}
	})
}

func (c *contact) visible(u *user) bool { return c.owner == nil || c.owner == u }

func (c *contact) hasNumber(number string) bool {
	return slices.ContainsFunc(c.numbers, func(n typedNumber) bool { return sameNumber(n.Number, number) })
}

// contactRequest is the body of POST /contacts and PUT /contacts/{id}.
type contactRequest struct {
	ID           string           `json:"id,omitempty"`
	Name         string           `json:"name,omitempty"`
	Family       string           `json:"family,omitempty"`
	Given        string           `json:"given,omitempty"`
	Picture      string           `json:"picture,omitempty" null:"ok"`
	Emails       []typedEmail     `json:"emails,omitempty" null:"ok"`
	Numbers      []typedNumber    `json:"numbers,omitempty" null:"ok"`
	Addresses    []addressRequest `json:"addresses,omitempty" null:"ok"`
	Organization [][]string       `json:"organization,omitempty" null:"ok"`
	Scope        string           `json:"scope"`
}

// addressRequest is an address of which clients send any part.
type addressRequest struct {
	POBox           string `json:"poBox,omitempty" null:"ok"`
	ExtendedAddress string `json:"extendedAddress,omitempty" null:"ok"`
	StreetAddress   string `json:"streetAddress,omitempty" null:"ok"`
	Locality        string `json:"locality,omitempty" null:"ok"`
	Region          string `json:"region,omitempty" null:"ok"`
	PostalCode      string `json:"postalCode,omitempty" null:"ok"`
	Country         string `json:"country,omitempty" null:"ok"`
}

func (r *contactRequest) fill(c *contact, u *user) {
	c.name, c.picture, c.scope = r.Name, r.Picture, r.Scope
	if c.name == "" {
		c.name = strings.TrimSpace(r.Given + " " + r.Family)
	}
	c.emails, c.numbers, c.organization, c.addresses = r.Emails, r.Numbers, r.Organization, nil
	for _, a := range r.Addresses {
		c.addresses = append(c.addresses, address(a))
	}
	c.owner = nil
	if c.scope == "PRIVATE" {
		c.owner = u
	}
}

func decodeContact(body []byte) (r contactRequest, err error) {
	if err := decodeStrict(body, &r); err != nil {
		return r, err
	}
	if r.Scope != "PRIVATE" && r.Scope != "SHARED" {
		return r, errors.New("scope is neither PRIVATE nor SHARED")
	}
	return r, nil
}

func (s *Simulator) addContact(q *apiRequest) response {
	r, err := decodeContact(q.body)
	if err != nil {
		return invalid(err)
	}
	id := strings.ToLower(s.randomHex(32))
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &contact{id: id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]}
	r.fill(c, q.auth.user)
	q.auth.account.contacts = append(q.auth.account.contacts, c)
	return noContent
}

// onContact applies f to the contact in the path.
func (s *Simulator) onContact(q *apiRequest, f func(a *account, c *contact)) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range q.auth.account.contacts {
		if c.id == q.args["id"] && c.visible(q.auth.user) {
			f(q.auth.account, c)
			return noContent
		}
	}
	return notFound
}

func (s *Simulator) changeContact(q *apiRequest) response {
	r, err := decodeContact(q.body)
	if err != nil {
		return invalid(err)
	}
	return s.onContact(q, func(_ *account, c *contact) { r.fill(c, q.auth.user) })
}

func (s *Simulator) deleteContact(q *apiRequest) response {
	return s.onContact(q, func(a *account, c *contact) {
		a.contacts = slices.DeleteFunc(a.contacts, func(x *contact) bool { return x == c })
	})
}

// deleteContacts deletes all contacts that the user sees.
func (s *Simulator) deleteContacts(q *apiRequest) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := q.auth.account
	a.contacts = slices.DeleteFunc(a.contacts, func(c *contact) bool { return c.visible(q.auth.user) })
	return noContent
}

// listInternalContacts lists the users and groups of the account.
func (s *Simulator) listInternalContacts(q *apiRequest) response {
	var list []map[string]any
	for _, u := range q.auth.account.users {
		list = append(list, internalContact(q.auth.account.id+u.id, u.name(), []string{u.email}, u.number()))
	}
	for _, n := range q.auth.account.numbers {
		if n.endpoint[0] == 'g' {
			list = append(list, internalContact(q.auth.account.id+n.endpoint, n.alias, []string{}, n.e164))
		}
	}
	return okJSON(items(list))
}

func internalContact(id, name string, emails []string, number string) map[string]any {
	none := []string{}
	return map[string]any{
		"id": id, "name": name, "emails": emails, "mobile": none,
		"landline": []string{number}, "fax": none, "directdial": none,
	}
}

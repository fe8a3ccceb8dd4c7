package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// NewContacts describes the contacts that [Simulator.AddContacts] adds. The
// package comment documents its JSON.
type NewContacts struct {
	Count    int          `json:"count,omitempty"` // number of generated contacts
	Contacts []NewContact `json:"contacts,omitempty"`
	Account  string       `json:"account,omitempty"`
}

// NewContact is a contact with one number.
type NewContact struct {
	Name         string `json:"name"`
	Number       string `json:"number"` // in any spelling
	Organization string `json:"organization,omitempty"`
	User         string `json:"user,omitempty"` // owner of a private contact; empty: shared
}

// maxGenerated is the maximum of NewContacts.Count.
const maxGenerated = 50_000

// AddContacts adds contacts to an account. Generated contacts are shared; their
// names are "Kontakt 00001 Beispiel" and so on, their organizations "Firma 000"
// to "Firma 099", their unassigned numbers +49 30 23125000000 and up.
func (s *Simulator) AddContacts(n NewContacts) error {
	a, err := s.account(n.Account)
	if err != nil {
		return err
	}
	if n.Count < 0 || n.Count > maxGenerated {
		return fmt.Errorf("count %d is not from 0 to %d", n.Count, maxGenerated)
	}
	all := n.Contacts
	for i := range n.Count {
		all = append(all, NewContact{
			Name: fmt.Sprintf("Kontakt %05d Beispiel", i+1), Number: fmt.Sprintf("+493023125%06d", i),
			Organization: fmt.Sprintf("Firma %03d", i%100),
		})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made := make([]*contact, 0, len(all))
	for _, c := range all {
		contact, err := a.newContact(c, fmt.Sprintf("5c1d2e3f-0000-4000-8000-%012d", len(a.contacts)+len(made)))
		if err != nil {
			return err
		}
		made = append(made, contact)
	}
	a.contacts = append(a.contacts, made...)
	return nil
}

func (a *account) newContact(n NewContact, id string) (*contact, error) {
	if strings.TrimSpace(n.Name) == "" || n.Number == "" {
		return nil, errors.New("contact without name or number")
	}
	c := &contact{id: id, name: n.Name, scope: "SHARED", numbers: []typedNumber{{Number: n.Number, Type: []string{"work"}}}}
	if n.Organization != "" {
		c.organization = [][]string{{n.Organization}}
	}
	if n.User != "" {
		if c.owner = a.user(n.User); c.owner == nil {
			return nil, fmt.Errorf("no user %q", n.User)
		}
		c.scope = "PRIVATE"
	}
	return c, nil
}

func (s *Simulator) controlContacts(w http.ResponseWriter, r *http.Request) {
	var in NewContacts
	if readControl(w, r, &in) {
		writeResult(w, map[string]int{"count": len(in.Contacts) + in.Count}, s.AddContacts(in))
	}
}

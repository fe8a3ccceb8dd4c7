package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// A registration is an OAuth client that an account has made with the API. Programs can
// sign in with it like with the other clients.
type registration struct {
	account *account
	no      int // in the order in which they were made
	fields  registrationRequest
	client  *oauthClient
}

// registrationRequest is the body of POST and PUT /authorization/oauth2/clients.
type registrationRequest struct {
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	RedirectURIs []string `json:"redirectUris"`
	WebOrigins   []string `json:"webOrigins"`
	PrivacyURL   string   `json:"privacyUrl"`
	TermsURL     string   `json:"termsUrl"`
}

// registrationJSON is a client as the API shows it.
type registrationJSON struct {
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	registrationRequest
}

func (x *registration) json() registrationJSON {
	return registrationJSON{x.client.id, x.client.secret, x.fields}
}

func decodeRegistration(body []byte) (in registrationRequest, err error) {
	if err := decodeStrict(body, &in); err != nil {
		return in, err
	}
	if strings.TrimSpace(in.Name) == "" {
		return in, errors.New("name is empty")
	}
	for name, addresses := range map[string][]string{"redirectUris": in.RedirectURIs, "webOrigins": in.WebOrigins, "privacyUrl": {in.PrivacyURL}, "termsUrl": {in.TermsURL}} {
		for _, address := range addresses {
			u, err := url.Parse(strings.ReplaceAll(address, "*", "x"))
			switch {
			case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
				return in, fmt.Errorf("%s has %q, which is no address", name, address)
			case name == "webOrigins" && u.Path != "":
				return in, fmt.Errorf("webOrigins has %q, which is no origin", address)
			}
		}
	}
	return in, nil
}

// pattern is a redirect address in which "*" stands for anything, in its host for
// anything but a slash.
func pattern(address string) *regexp.Regexp {
	scheme, rest, _ := strings.Cut(address, "://")
	host, path, slash := strings.Cut(rest, "/")
	text := regexp.QuoteMeta(scheme+"://") + strings.ReplaceAll(regexp.QuoteMeta(host), `\*`, `[^/?#@]*`)
	if slash {
		text += "/" + strings.ReplaceAll(regexp.QuoteMeta(path), `\*`, `.*`)
	}
	return regexp.MustCompile("^" + text + "$")
}

// oauthClient returns the client with the fields, and with the id and secret that it
// has.
func (in registrationRequest) oauthClient(id, secret string) *oauthClient {
	c := &oauthClient{id: id, name: in.Name, secret: secret, patterns: []*regexp.Regexp{}}
	for _, address := range in.RedirectURIs {
		c.patterns = append(c.patterns, pattern(address))
	}
	return c
}

// registered returns the client that was made with the API, or nil.
func (a *authority) registered(id string) *oauthClient {
	a.clientsMu.Lock()
	defer a.clientsMu.Unlock()
	if x := a.registrations[id]; x != nil {
		return x.client
	}
	return nil
}

// onRegistration applies f to the client in the path if it is the account's; without
// an account, to anybody's.
func (s *Simulator) onRegistration(q *apiRequest, f func(x *registration) response) response {
	s.auth.clientsMu.Lock()
	defer s.auth.clientsMu.Unlock()
	x := s.auth.registrations[q.args["clientId"]]
	if x == nil || q.auth != nil && x.account != q.auth.account {
		return notFound
	}
	return f(x)
}

func (s *Simulator) listClients(q *apiRequest) response {
	s.auth.clientsMu.Lock()
	defer s.auth.clientsMu.Unlock()
	var own []*registration
	for _, x := range s.auth.registrations {
		if x.account == q.auth.account {
			own = append(own, x)
		}
	}
	slices.SortFunc(own, func(x, y *registration) int { return cmp.Compare(x.no, y.no) })
	list := []registrationJSON{}
	for _, x := range own {
		list = append(list, x.json())
	}
	return okJSON(map[string]any{"data": list})
}

func (s *Simulator) addClient(q *apiRequest) response {
	in, err := decodeRegistration(q.body)
	if err != nil {
		return invalid(err)
	}
	s.auth.clientsMu.Lock()
	defer s.auth.clientsMu.Unlock()
	id := q.auth.account.id + "-" + strings.TrimLeft(q.auth.user.id, "w") + "-" + randomUUID() + ":sipgate-apps"
	x := &registration{account: q.auth.account, no: len(s.auth.registrations), fields: in, client: in.oauthClient(id, randomUUID())}
	for _, o := range s.auth.registrations {
		x.no = max(x.no, o.no+1)
	}
	s.auth.registrations[id] = x
	return okJSON(x.json())
}

func (s *Simulator) getClient(q *apiRequest) response {
	return s.onRegistration(q, func(x *registration) response { return okJSON(x.json()) })
}

// changeClient replaces all but the id and the secret. Tokens stay valid.
func (s *Simulator) changeClient(q *apiRequest) response {
	in, err := decodeRegistration(q.body)
	if err != nil {
		return invalid(err)
	}
	return s.onRegistration(q, func(x *registration) response {
		x.fields, x.client = in, in.oauthClient(x.client.id, x.client.secret)
		return okJSON(x.json())
	})
}

func (s *Simulator) deleteClient(q *apiRequest) response {
	return s.onRegistration(q, func(x *registration) response {
		delete(s.auth.registrations, x.client.id)
		return response{status: http.StatusAccepted}
	})
}

func (s *Simulator) getClientGDPR(q *apiRequest) response {
	return s.onRegistration(q, func(x *registration) response {
		return okJSON(map[string]string{"privacyUrl": x.fields.PrivacyURL, "termsUrl": x.fields.TermsURL})
	})
}

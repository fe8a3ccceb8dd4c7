package simulator

import (
	"errors"
	"net/url"
	"regexp"
)

// pushRequest is the body of PUT /settings/sipgateio.
type pushRequest struct {
	IncomingURL string   `json:"incomingUrl"`
	OutgoingURL string   `json:"outgoingUrl"`
	Log         bool     `json:"log,omitempty"`
	Whitelist   []string `json:"whitelist,omitempty" null:"ok"`
}

var extensionFormat = regexp.MustCompile(`^[pgw][0-9]+$`)

func (s *Simulator) getPushSettings(q *query) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return ok(q.grant.account.push)
}

// setPushSettings replaces all settings; an empty URL switches pushes off.
func (s *Simulator) setPushSettings(q *query) answer {
	var in pushRequest
	if err := decodeStrict(q.body, &in); err != nil {
		return invalid(err)
	}
	if err := in.check(); err != nil {
		return invalid(err)
	}
	if q.grant.account.neo && (!secure(in.IncomingURL) || !secure(in.OutgoingURL)) {
		return invalid(errors.New("a URL is not https"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q.grant.account.push = pushSettings(in)
	return done
}

func (r *pushRequest) check() error {
	for _, address := range []string{r.IncomingURL, r.OutgoingURL} {
		if address != "" && !absolute(address) {
			return errors.New("a URL is neither empty nor an absolute http or https address")
		}
	}
	for _, extension := range r.Whitelist {
		if !extensionFormat.MatchString(extension) {
			return errors.New("whitelist holds something that is no extension")
		}
	}
	return nil
}

// secure reports whether neo sends push events there: by https only. This
// machine, which the real one cannot reach, is exempt.
func secure(address string) bool {
	u, err := url.Parse(address)
	return address == "" || err == nil && (u.Scheme == "https" || loopback(u.Host))
}

func absolute(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// listHooks shows the newest push deliveries, newest first, if they are logged.
func (s *Simulator) listHooks(q *query) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []hookRecord{}
	for i := len(q.grant.account.hooks) - 1; i >= 0; i-- {
		list = append(list, q.grant.account.hooks[i])
	}
	return ok(items(list))
}

package simulator

import (
	"errors"
	"net/url"
	"regexp"
)

// pushRequest is the body of PUT /settings/sipgateio.
type pushSettingsRequest struct {
	IncomingURL string   `json:"incomingUrl"`
	OutgoingURL string   `json:"outgoingUrl"`
	Log         bool     `json:"log,omitempty"`
	Whitelist   []string `json:"whitelist,omitempty" null:"ok"`
}

var extensionFormat = regexp.MustCompile(`^[pgw][0-9]+$`)

func (s *Simulator) getPushSettings(q *apiRequest) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	return okJSON(q.auth.account.push)
}

// setPushSettings replaces all settings; an empty URL switches pushes off.
func (s *Simulator) setPushSettings(q *apiRequest) response {
	var in pushSettingsRequest
	if err := decodeStrict(q.body, &in); err != nil {
		return invalid(err)
	}
	if err := in.check(); err != nil {
		return invalid(err)
	}
	if q.auth.account.neo && (!acceptableForNeo(in.IncomingURL) || !acceptableForNeo(in.OutgoingURL)) {
		return invalid(errors.New("a URL is not https"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q.auth.account.push = pushSettings(in)
	return noContent
}

func (r *pushSettingsRequest) check() error {
	for _, address := range []string{r.IncomingURL, r.OutgoingURL} {
		if address != "" && !isAbsoluteURL(address) {
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
func acceptableForNeo(address string) bool {
	u, err := url.Parse(address)
	return address == "" || err == nil && (u.Scheme == "https" || loopback(u.Host))
}

func isAbsoluteURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// listHooks shows the newest push deliveries, newest first, if they are logged.
func (s *Simulator) listWebhookLog(q *apiRequest) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []webhookLogEntry{}
	for i := len(q.auth.account.webhookLog) - 1; i >= 0; i-- {
		list = append(list, q.auth.account.webhookLog[i])
	}
	return okJSON(items(list))
}

package simulator

import (
	"errors"
	"net/url"
	"regexp"
)

// pushSettingsRequest is the body of PUT /settings/sipgateio.
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

// setPushSettings replaces all settings. An empty URL turns push events off.
func (s *Simulator) setPushSettings(q *apiRequest) response {
	var in pushSettingsRequest
	if err := decodeStrict(q.body, &in); err != nil {
		return invalid(err)
	}
	if err := in.check(); err != nil {
		return invalid(err)
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
			return errors.New("whitelist has an item that is not an extension")
		}
	}
	return nil
}

// acceptableForNeo reports whether neo sends push events to this URL: only
// https URLs, and also http URLs on this machine, which real sipgate cannot
// reach.
func acceptableForNeo(address string) bool {
	u, err := url.Parse(address)
	return address == "" || err == nil && (u.Scheme == "https" || loopback(u.Host))
}

func isAbsoluteURL(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// listWebhookLog lists the latest logged deliveries of push events, newest
// first.
func (s *Simulator) listWebhookLog(q *apiRequest) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []webhookLogEntry{}
	for i := len(q.auth.account.webhookLog) - 1; i >= 0; i-- {
		list = append(list, q.auth.account.webhookLog[i])
	}
	return okJSON(items(list))
}

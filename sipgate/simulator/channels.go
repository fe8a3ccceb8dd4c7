package simulator

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// channel is an inbox of an account on neo: the personal one of a user, or one
// that a group of users shares.
type channel struct {
	id, name string
	owner    *user
	users    []*user
	endpoint string // "p0" or "g0": whose calls it has

	// Simulator.mu protects the addresses of its push events.
	incomingURL, outgoingURL string
}

// personal reports whether the channel is the private inbox of its owner.
func (c *channel) personal() bool { return c.endpoint[0] == 'p' }

// makeChannels gives the account the channels that it has on neo. Their ids are
// the same in every process.
func (a *account) makeChannels() {
	for _, u := range a.users {
		a.addChannel(u.name(), u.phoneline, u, u)
	}
	for _, g := range a.groups {
		a.addChannel(g.alias, g.id, a.users[0], g.members...)
	}
}

func (a *account) addChannel(name, endpoint string, owner *user, users ...*user) {
	sum := sha256.Sum256([]byte(a.id + endpoint))
	sum[6], sum[8] = sum[6]&0x0f|0x40, sum[8]&0x3f|0x80
	id := fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	a.channels = append(a.channels, &channel{id: id, name: name, owner: owner, users: users, endpoint: endpoint})
}

// channelOf returns the channel with this id or of this phone line or group, or
// nil.
func (a *account) channelOf(id string) *channel {
	i := slices.IndexFunc(a.channels, func(c *channel) bool { return c.id == id || c.endpoint == id })
	if i < 0 {
		return nil
	}
	return a.channels[i]
}

// channelAt returns the channel of a number, or nil.
func (a *account) channelAt(e164 string) *channel {
	i := slices.IndexFunc(a.numbers, func(n *number) bool { return n.e164 == e164 })
	if i < 0 {
		return nil
	}
	return a.channelOf(a.numbers[i].endpoint)
}

// callsOut reports whether calls of the device can be in a channel. Mobiles and
// external telephones are reached through other networks.
func (d *device) callsOut() bool { return d.kind != "MOBILE" && d.kind != "EXTERNAL" }

// defaultChannel returns the channel of calls that the device starts without a
// channelId, or nil.
func (d *device) defaultChannel() *channel {
	a := d.owner.account
	if !a.platform.Load().DefaultChannels || d.kind == "MOBILE_APP" {
		return nil
	}
	return a.channelOf(d.owner.phoneline)
}

// listChannels lists the channels of the account to every user.
func (s *Simulator) listChannels(q *apiRequest) response {
	var list []map[string]any
	for _, c := range q.auth.account.channels {
		list = append(list, c.json())
	}
	return okJSON(items(list))
}

func (c *channel) json() map[string]any {
	var users []map[string]any
	for _, u := range c.users {
		ids := []string{}
		for _, d := range u.devices {
			if d.callsOut() {
				ids = append(ids, d.id)
			}
		}
		users = append(users, map[string]any{"id": u.id, "deviceIds": ids})
	}
	return map[string]any{
		"id": c.id, "name": c.name, "owner": c.owner.id, "createdAt": "2025-10-01T08:00:00Z",
		"locale": c.owner.account.locale, "users": users,
		"settings": map[string]any{
			"greetingAudioFileId": nil, "smsSim": nil, "voiceboxAccessNumber": nil,
			"queue":        map[string]any{"respectWaitingTime": false, "waitingAudioFileId": nil},
			"ringingOrder": map[string]any{"type": "PARALLEL", "users": ids(c.users)},
			"users":        map[string]int{"followUpTime": 0, "ringTime": 30},
		},
	}
}

func (c *channel) state() map[string]any {
	return map[string]any{
		"id": c.id, "name": c.name, "owner": c.owner.id, "users": ids(c.users), "endpoint": c.endpoint,
		"incomingUrl": c.incomingURL, "outgoingUrl": c.outgoingURL,
	}
}

// SetChannelURLs sets where the push events of a channel go. On neo, only
// sipgate's app can do that; it takes https addresses only, and here also
// addresses on this machine.
func (s *Simulator) SetChannelURLs(accountID, channelID, incoming, outgoing string) error {
	a, err := s.account(accountID)
	if err != nil {
		return err
	}
	c := a.channelOf(channelID)
	if c == nil {
		return fmt.Errorf("no channel %q in account %s", channelID, a.id)
	}
	if err := (&pushSettingsRequest{IncomingURL: incoming, OutgoingURL: outgoing}).check(); err != nil {
		return err
	}
	if !acceptableForNeo(incoming) || !acceptableForNeo(outgoing) {
		return errors.New("a URL is not https")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.incomingURL, c.outgoingURL = incoming, outgoing
	return nil
}

func (s *Simulator) controlChannel(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Account     string `json:"account"`
		IncomingURL string `json:"incomingUrl"`
		OutgoingURL string `json:"outgoingUrl"`
	}
	if !readControl(w, r, &in) {
		return
	}
	if err := s.SetChannelURLs(in.Account, r.PathValue("channelId"), in.IncomingURL, in.OutgoingURL); err != nil {
		writeResult(w, nil, err)
		return
	}
	a, _ := s.account(in.Account)
	s.mu.Lock()
	defer s.mu.Unlock()
	okJSON(a.channelOf(r.PathValue("channelId")).state()).write(w)
}

// defaultChannel returns the channel of a new call: that of the called number,
// or that of the first user.
func (c *call) defaultChannel() *channel {
	number := c.to
	if c.direction == out {
		number = c.from
	}
	if found := c.account.channelAt(number); found != nil {
		return found
	}
	if len(c.users) > 0 {
		return c.account.channelOf(c.users[0].phoneline)
	}
	return c.account.channels[0]
}

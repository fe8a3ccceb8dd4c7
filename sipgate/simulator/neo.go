package simulator

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// neoAccount returns the account on the newer platform.
func neoAccount() *account {
	office := newAccount("2951604", "Kanzlei Nordlicht", "+49406696951")
	office.platform.Store(&neoPlatform)
	office.addUser("Levke", "Petersen", "nordlicht.example", true)
	office.addUser("Tarik", "Yılmaz", "nordlicht.example", false)
	office.addGroup("Kanzlei", "+494066969520", office.users...)
	office.contacts = []*contact{
		sharedContact("Amtsgericht, Geschäftsstelle", "+494066969830", ""),
		sharedContact("Notariat Brandes", "+493023125862", "kontakt@brandes.example"),
	}
	return office
}

// addNeoDevices adds the devices that all users have on neo besides their
// telephones.
func (a *account) addNeoDevices() {
	apps := max(10, len(a.users)) // the telephones have the ids below
	for i, u := range a.users {
		u.devices = append(u.devices,
			&device{id: "e" + digits(apps+i), alias: "Desktop-App", kind: "DESKTOP_APP", owner: u},
			&device{id: "e" + digits(2*apps+i), alias: "App " + u.first, kind: "MOBILE_APP", online: true, owner: u},
			&device{id: "y" + digits(i), alias: "Mobiltelefon " + u.first, kind: "MOBILE", online: true, owner: u})
	}
}

var bareFormat = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)

// acceptsNumber reports whether a neo account accepts this spelling of a number.
func (p *Platform) acceptsNumber(number string) bool {
	plus := strings.HasPrefix(number, "+")
	return bareFormat.MatchString(strings.TrimPrefix(number, "+")) &&
		(p.Numbers == NumbersEither || plus == (p.Numbers == NumbersPlus))
}

// neoCallRequest is the body of POST /calls.
type neoCallRequest struct {
	DeviceID          string `json:"deviceId"`
	TargetNumber      string `json:"targetNumber"`
	CallerID          string `json:"callerId,omitempty"`
	ChannelID         string `json:"channelId,omitempty"`
	AdditionalDevices []struct {
		DeviceID string `json:"deviceId"`
	} `json:"additionalDevices,omitempty"`
}

// startNeoCall serves POST /calls of neo accounts. Of its error texts, only the
// one for devices is known. A call without a channel succeeds like any other,
// and nothing rings; so does one of an app on a mobile.
func (s *Simulator) startNeoCall(q *apiRequest) response {
	var in neoCallRequest
	if err := decodeStrict(q.body, &in); err != nil {
		return invalid(err)
	}
	a, p := q.auth.account, q.auth.account.platform.Load()
	if !p.acceptsNumber(in.TargetNumber) || in.CallerID != "" && !p.acceptsNumber(in.CallerID) {
		return refuse(http.StatusBadRequest, "Invalid number")
	}
	devices := []string{in.DeviceID}
	for _, d := range in.AdditionalDevices {
		devices = append(devices, d.DeviceID)
	}
	for _, id := range devices {
		if d := a.device(id); d == nil || d.owner != q.auth.user || !d.callsOut() {
			return refuse(http.StatusBadRequest, "Invalid invitable device")
		}
	}
	d := a.device(in.DeviceID)
	c := d.defaultChannel()
	if in.ChannelID != "" {
		i := slices.IndexFunc(a.channels, func(c *channel) bool { return c.id == in.ChannelID })
		if i < 0 || !slices.Contains(a.channels[i].users, q.auth.user) {
			return refuse(http.StatusBadRequest, "Invalid channel")
		}
		c = a.channels[i]
	}
	if d.kind == "MOBILE_APP" {
		c = nil
	}
	reply := s.dial(q.auth, dialSpec{device: in.DeviceID, from: in.CallerID, to: e164(in.TargetNumber), channel: c, silent: c == nil})
	if id, started := reply.body.(map[string]string); started {
		return response{status: http.StatusCreated, body: map[string]string{p.CallID: id["sessionId"]}}
	}
	return reply
}

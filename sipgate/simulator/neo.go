package simulator

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Spellings of numbers that POST /calls of a neo account accepts. Reports say
// that sipgate refuses a plus sign, and that accounts differ.
const (
	NumbersBare   = "bare"   // without "+", else 400
	NumbersPlus   = "plus"   // with "+", else 400
	NumbersEither = "either" // both
)

// classicOnly is sipgate's text for operations that neo does not support.
const classicOnly = "This endpoint requires a sipgate Classic PBX Account"

// neoAccount returns the account on the newer platform.
func neoAccount() *account {
	office := newAccount("2951604", "Kanzlei Nordlicht", "+49406696951")
	office.neo, office.numberFormat = true, NumbersBare
	office.addUser("Levke", "Petersen", "nordlicht.example", true)
	office.addUser("Tarik", "Yılmaz", "nordlicht.example", false)
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
			&device{id: "y" + digits(i), alias: "Mobiltelefon " + u.first, kind: "MOBILE", online: true, owner: u})
	}
}

// SetNumberFormat sets the spelling of numbers that a neo account accepts:
// NumbersBare, NumbersPlus or NumbersEither.
func (s *Simulator) SetNumberFormat(accountID, numbers string) error {
	a, err := s.account(accountID)
	if err != nil {
		return err
	}
	if !a.neo {
		return errors.New("account " + a.id + " is not on neo")
	}
	if !slices.Contains([]string{NumbersBare, NumbersPlus, NumbersEither}, numbers) {
		return errors.New("numbers is not bare, plus or either")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.numberFormat = numbers
	return nil
}

func (s *Simulator) controlNumbers(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Account string `json:"account"`
		Numbers string `json:"numbers"`
	}
	if readControl(w, r, &in) {
		err := s.SetNumberFormat(in.Account, in.Numbers)
		writeResult(w, map[string]string{"numbers": in.Numbers}, err)
	}
}

// platform returns the featureScope of the account's access tokens.
func (a *account) platform() string {
	if a.neo {
		return "NEO_PBX"
	}
	return "CLASSIC_PBX"
}

// product returns the mainProductType of GET /account. The documentation
// predates neo and has no name for it.
func (a *account) product() string {
	if a.neo {
		return "UNKNOWN"
	}
	return "TEAM"
}

// unsupported returns the response to a route that the account's platform does
// not support, or nil. sipgate's text on classic accounts is unknown.
func (a *account) unsupported(r *route) *response {
	classic := r.pattern == "sessions/calls" || strings.HasPrefix(r.pattern, "groups") || strings.Contains(r.pattern, "/phonelines")
	no := response{status: http.StatusForbidden}
	switch {
	case a.neo && classic:
		no.text = classicOnly
		return &no
	case !a.neo && (r.pattern == "calls" && r.method == http.MethodPost || strings.HasPrefix(r.pattern, "channels")):
		return &no
	}
	return nil
}

var bareFormat = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)

// acceptsNumber reports whether a neo account accepts this spelling of a number.
func (a *account) acceptsNumber(number string) bool {
	plus := strings.HasPrefix(number, "+")
	return bareFormat.MatchString(strings.TrimPrefix(number, "+")) &&
		(a.numberFormat == NumbersEither || plus == (a.numberFormat == NumbersPlus))
}

// startNeoCall serves POST /calls of neo accounts. Of its error texts, only the
// one for devices is known.
func (s *Simulator) startNeoCall(q *apiRequest) response {
	var in struct {
		DeviceID          string `json:"deviceId"`
		TargetNumber      string `json:"targetNumber"`
		CallerID          string `json:"callerId,omitempty"`
		ChannelID         string `json:"channelId,omitempty"`
		AdditionalDevices []struct {
			DeviceID string `json:"deviceId"`
		} `json:"additionalDevices,omitempty"`
	}
	if err := decodeStrict(q.body, &in); err != nil {
		return invalid(err)
	}
	a := q.auth.account
	s.mu.Lock()
	good := a.acceptsNumber(in.TargetNumber) && (in.CallerID == "" || a.acceptsNumber(in.CallerID))
	s.mu.Unlock()
	if !good {
		return refuse(http.StatusBadRequest, "Invalid number")
	}
	devices := []string{in.DeviceID}
	for _, d := range in.AdditionalDevices {
		devices = append(devices, d.DeviceID)
	}
	for _, id := range devices {
		if d := a.device(id); d == nil || d.owner != q.auth.user || d.kind == "MOBILE" || d.kind == "EXTERNAL" {
			return refuse(http.StatusBadRequest, "Invalid invitable device")
		}
	}
	reply := s.dial(q.auth, in.DeviceID, in.CallerID, e164(in.TargetNumber))
	if id, started := reply.body.(map[string]string); started {
		return response{status: http.StatusCreated, body: map[string]string{"callSid": id["sessionId"]}}
	}
	return reply
}

// listChannels lists the inboxes of a neo account, one for each user.
func (s *Simulator) listChannels(q *apiRequest) response {
	var list []map[string]any
	for _, u := range q.auth.account.users {
		var ids []string
		for _, d := range u.devices {
			ids = append(ids, d.id)
		}
		list = append(list, map[string]any{
			"id": u.channel(), "name": u.name(), "owner": u.id, "createdAt": "2025-10-01T08:00:00Z",
			"locale": u.account.locale, "users": []map[string]any{{"id": u.id, "deviceIds": ids}}, "settings": map[string]any{},
		})
	}
	return okJSON(items(list))
}

// channel returns the id of the user's inbox on neo, which replaces the phone
// line.
func (u *user) channel() string { return "channel-" + u.id }

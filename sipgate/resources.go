package sipgate

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// UserInfo identifies the user of a credential. Sub alone is ambiguous: "w0"
// exists in every account; together with MasterSipID it identifies a person.
type UserInfo struct {
	Sub         UserID
	Domain      string
	MasterSipID string // the account's number
	Locale      string // "de_DE"
}

// UserInfo returns the user of the credentials. Both ids are non-empty and
// consist of ASCII letters, digits, - and _.
func (c *Client) UserInfo(ctx context.Context) (UserInfo, error) {
	var w struct {
		Sub, Domain, MasterSipID, Locale anyText
	}
	if err := c.get(ctx, &w, nil, "authorization", "userinfo"); err != nil {
		return UserInfo{}, err
	}
	u := UserInfo{UserID(w.Sub), oneLine(string(w.Domain), maxName), string(w.MasterSipID), oneLine(string(w.Locale), 35)}
	if !u.Sub.Valid() || !isID(u.MasterSipID, 64) {
		return UserInfo{}, request{method: http.MethodGet, path: []string{"authorization", "userinfo"}}.unreadable(errNoItem)
	}
	return u, nil
}

// maxName is the maximum length, in characters, of names that users chose.
const maxName = 200

// User is a user of the account.
type User struct {
	ID            UserID // always valid
	Firstname     string
	Lastname      string
	Email         string
	DefaultDevice DeviceID
	BusyOnBusy    bool
	Timezone      string
	Admin         bool
}

type wireUser struct {
	ID            anyText `json:"id"`
	Firstname     anyText `json:"firstname"`
	Lastname      anyText `json:"lastname"`
	Email         anyText `json:"email"`
	DefaultDevice anyText `json:"defaultDevice"`
	BusyOnBusy    anyBool `json:"busyOnBusy"`
	Timezone      anyText `json:"timezone"`
	Admin         anyBool `json:"admin"`
}

func (w wireUser) user() User {
	return User{
		ID: UserID(w.ID), Firstname: oneLine(string(w.Firstname), maxName), Lastname: oneLine(string(w.Lastname), maxName),
		Email: oneLine(string(w.Email), maxName), DefaultDevice: DeviceID(w.DefaultDevice), BusyOnBusy: bool(w.BusyOnBusy),
		Timezone: oneLine(string(w.Timezone), maxName), Admin: bool(w.Admin),
	}
}

// Users lists the account's users that the credentials may see.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	isUser := func(w *wireUser, _ json.RawMessage) bool { return UserID(w.ID).Valid() }
	list, _, err := getList(ctx, c, isUser, nil, "users")
	if err != nil {
		return nil, err
	}
	users, unreadable := readable(list, wireUser.user)
	c.report(unreadable, "users")
	return users, nil
}

// Device is a telephone, app or mobile of a user.
type Device struct {
	ID     DeviceID // never empty
	Alias  string
	Type   string // REGISTER, MOBILE, EXTERNAL, and others on the newer platform
	Online bool
	DND    bool // do not disturb

	// Phonelines lists the lines that ring at the device.
	Phonelines []Phoneline

	// Groups lists the groups whose calls ring at the device.
	Groups []Group
}

// Group is a group of devices that ring together.
type Group struct {
	ID    string // "g0"
	Alias string
}

// Phoneline is a line: it has numbers and rings at devices.
type Phoneline struct {
	ID    string // "p0"
	Alias string
}

type wireDevice struct {
	ID         anyText              `json:"id"`
	Alias      anyText              `json:"alias"`
	Type       string               `json:"type"`
	Online     anyBool              `json:"online"`
	DND        anyBool              `json:"dnd"`
	Phonelines objects[wireRouting] `json:"activePhonelines"`
	Groups     objects[wireRouting] `json:"activeGroups"`
}

// wireRouting is a line or group whose calls ring at a device.
type wireRouting struct {
	ID    anyText `json:"id"`
	Alias anyText `json:"alias"`
}

func (w wireDevice) device() Device {
	d := Device{ID: DeviceID(w.ID), Alias: oneLine(string(w.Alias), maxName), Type: oneLine(w.Type, 32), Online: bool(w.Online), DND: bool(w.DND)}
	for _, l := range w.Phonelines {
		if isID(string(l.ID), 64) {
			d.Phonelines = append(d.Phonelines, Phoneline{string(l.ID), oneLine(string(l.Alias), maxName)})
		}
	}
	for _, g := range w.Groups {
		if isID(string(g.ID), 64) {
			d.Groups = append(d.Groups, Group{string(g.ID), oneLine(string(g.Alias), maxName)})
		}
	}
	return d
}

// External reports whether the device does not register with sipgate: a
// mobile, or a telephone of another network. It is unknown whether it is
// reachable.
func (d Device) External() bool { return d.Type == "MOBILE" || d.Type == "EXTERNAL" }

// StartsNeoCalls reports whether calls may be started with the device on neo:
// with telephones that register and with the desktop app. sipgate refuses
// mobiles, and with the app on a mobile nothing rings. Devices of a type that is
// not known are tried.
func (d Device) StartsNeoCalls() bool {
	return !d.External() && !slices.Contains([]string{"MOBILE_APP", "WEBRTC", "CLINQ"}, d.Type)
}

// Unreachable reports whether the device should be registered with sipgate and
// is not: a call to it is accepted, but does not ring.
func (d Device) Unreachable() bool { return !d.Online && !d.External() }

// Devices lists the devices of a user, apps too. If sipgate refuses to list
// those, it lists what sipgate lists by default.
func (c *Client) Devices(ctx context.Context, id UserID) ([]Device, error) {
	if !id.Valid() {
		return nil, request{method: http.MethodGet, path: []string{"?", "devices"}}.
			failure(Invalid, errors.New("invalid user id"))
	}
	isDevice := func(w *wireDevice, _ json.RawMessage) bool { return isID(string(w.ID), 64) }
	list, _, err := getList(ctx, c, isDevice, url.Values{"type": {"all"}}, string(id), "devices")
	if KindOf(err) == Invalid {
		list, _, err = getList(ctx, c, isDevice, nil, string(id), "devices")
	}
	if err != nil {
		return nil, err
	}
	devices, unreadable := readable(list, wireDevice.device)
	c.report(unreadable, string(id), "devices")
	return devices, nil
}

// AccountNumber is a telephone number of the account.
type AccountNumber struct {
	ID            string
	Number        string // "4915799912345", never empty
	Localized     string // "01579-9912345"
	Type          string // MOBILE, LANDLINE, QUICKDIAL, INTERNATIONAL
	EndpointID    string // "p0"; may be empty
	EndpointAlias string
}

type wireNumber struct {
	ID            anyText `json:"id"`
	Number        anyText `json:"number"`
	Localized     anyText `json:"localized"`
	Type          string  `json:"type"`
	EndpointID    anyText `json:"endpointId"`
	EndpointAlias anyText `json:"endpointAlias"`
}

func (w wireNumber) number() AccountNumber {
	return AccountNumber{
		ID: oneLine(string(w.ID), maxName), Number: oneLine(string(w.Number), maxInput), Localized: oneLine(string(w.Localized), maxInput),
		Type: oneLine(w.Type, 32), EndpointID: oneLine(string(w.EndpointID), maxInput), EndpointAlias: oneLine(string(w.EndpointAlias), maxName),
	}
}

// NumberRingingAt returns the first of the numbers, normalized by
// [NormalizeNumber], whose line or channel rings at one of the user's devices;
// else the first number; "" without numbers. A personal channel comes before a
// shared one.
func NumberRingingAt(numbers []AccountNumber, devices []Device, user UserID, channels []Channel) string {
	if len(numbers) == 0 {
		return ""
	}
	lines := map[string]bool{}
	for _, d := range devices {
		for _, l := range d.Phonelines {
			lines[l.ID] = true
		}
		if c, found := ChannelOf(channels, user, d.ID, ""); found {
			lines[c.ID] = true
		}
	}
	for _, n := range numbers {
		if lines[n.EndpointID] {
			return NormalizeNumber(n.Number)
		}
	}
	return NormalizeNumber(numbers[0].Number)
}

// Limits of the list of numbers, which is paged without a total.
const (
	numbersPerPage = 1000
	maxNumbers     = 10_000
)

// Numbers lists the account's telephone numbers, at most 10,000.
func (c *Client) Numbers(ctx context.Context) ([]AccountNumber, error) {
	isNumber := func(w *wireNumber, _ json.RawMessage) bool { return w.Number != "" }
	var all []AccountNumber
	seen := make(map[string]bool)
	lost := 0
	for offset := 0; offset < maxNumbers; offset += numbersPerPage {
		list, _, err := getList(ctx, c, isNumber, url.Values{
			"offset": {strconv.Itoa(offset)}, "limit": {strconv.Itoa(numbersPerPage)},
		}, "numbers")
		if err != nil {
			return nil, err
		}
		page, unreadable := readable(list, wireNumber.number)
		before := len(all) - unreadable
		lost += unreadable
		for _, n := range page {
			if key := n.ID + " " + n.Number; !seen[key] {
				seen[key] = true
				all = append(all, n)
			}
		}
		if len(list) < numbersPerPage || len(all) == before {
			break
		}
	}
	c.report(lost, "numbers")
	return all, nil
}

// Account describes the customer's account.
type Account struct {
	Company         string
	MainProductType string // TEAM, TRUNKING, …
	LogoURL         string
	Verified        bool
	HistoryLifeTime string // NONE, THIRTY_DAYS, UNLIMITED
}

// Account returns the account of the credentials.
func (c *Client) Account(ctx context.Context) (Account, error) {
	var w struct {
		Company, MainProductType, LogoURL, HistoryLifeTime anyText
		Verified                                           anyBool
	}
	err := c.get(ctx, &w, nil, "account")
	return Account{
		Company: oneLine(string(w.Company), maxName), MainProductType: oneLine(string(w.MainProductType), 32),
		LogoURL: string(w.LogoURL), Verified: bool(w.Verified), HistoryLifeTime: oneLine(string(w.HistoryLifeTime), 32),
	}, err
}

// PushSettings configures where sipgate sends push events.
type PushSettings struct {
	IncomingURL string `json:"incomingUrl"` // no events if empty
	OutgoingURL string `json:"outgoingUrl"`
	Log         bool   `json:"log"` // whether sipgate logs the events
	// Whitelist lists the phonelines and groups, "p0", "g0", that events are
	// sent for. Nil means that there is no such list; an empty list means none
	// of them.
	Whitelist []string `json:"whitelist"`
}

// PushSettings returns the current settings. Kind Forbidden means that the
// account has not booked push events, or that a scope is missing. Settings of
// which anything cannot be read are an error of Kind Unreadable: whoever changes
// them sends all of them back.
func (c *Client) PushSettings(ctx context.Context) (PushSettings, error) {
	r := request{method: http.MethodGet, path: []string{"settings", "sipgateio"}, timeout: actionTimeout}
	data, err := c.do(ctx, r)
	if err != nil {
		return PushSettings{}, err
	}
	var s PushSettings
	if data = clean(data); len(data) == 0 || data[0] != '{' {
		return PushSettings{}, r.unreadable(errNoObject)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return PushSettings{}, r.unreadable(err)
	}
	return s, nil
}

// SetPushSettings replaces all settings: read them first, and keep what is not
// to be changed.
func (c *Client) SetPushSettings(ctx context.Context, s PushSettings) error {
	return c.act(ctx, http.MethodPut, s, "settings", "sipgateio")
}

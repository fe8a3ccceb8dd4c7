package sipgate

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
)

// UserInfo identifies the user of a credential. Sub alone is ambiguous: "w0"
// exists in every account; together with MasterSipID it identifies a person.
type UserInfo struct {
	Sub         UserID `json:"sub"`
	Domain      string `json:"domain"`
	MasterSipID string `json:"masterSipId"` // the account's number
	Locale      string `json:"locale"`      // "de_DE"
}

// UserInfo returns the user of the credentials. Both ids are non-empty and
// consist of ASCII letters, digits, - and _.
func (c *Client) UserInfo(ctx context.Context) (UserInfo, error) {
	var u UserInfo
	if err := c.get(ctx, &u, nil, "authorization", "userinfo"); err != nil {
		return UserInfo{}, err
	}
	if !u.Sub.Valid() || !isID(u.MasterSipID, 64) {
		return UserInfo{}, &Error{
			Op: "GET /authorization/userinfo", Status: http.StatusOK, Kind: Other,
			Err: errors.New("no user in response"),
		}
	}
	u.Domain, u.Locale = oneLine(u.Domain, maxName), oneLine(u.Locale, 35)
	return u, nil
}

// maxName is the maximum length, in characters, of names that users chose.
const maxName = 200

// User is a user of the account.
type User struct {
	ID            UserID   `json:"id"`
	Firstname     string   `json:"firstname"`
	Lastname      string   `json:"lastname"`
	Email         string   `json:"email"`
	DefaultDevice DeviceID `json:"defaultDevice"`
	BusyOnBusy    bool     `json:"busyOnBusy"`
	Timezone      string   `json:"timezone"`
	Admin         bool     `json:"admin"`
}

// Users lists the account's users that the credentials may see.
func (c *Client) Users(ctx context.Context) ([]User, error) {
	users, err := list[User](ctx, c, nil, "users")
	for i := range users {
		u := &users[i]
		u.Firstname, u.Lastname = oneLine(u.Firstname, maxName), oneLine(u.Lastname, maxName)
	}
	return users, err
}

// Device is a telephone, app or mobile of a user.
type Device struct {
	ID     DeviceID `json:"id"`
	Alias  string   `json:"alias"`
	Type   string   `json:"type"` // REGISTER, MOBILE, EXTERNAL, and others on the newer platform
	Online bool     `json:"online"`
	DND    bool     `json:"dnd"` // do not disturb

	// Phonelines lists the lines that ring at the device.
	Phonelines []Phoneline `json:"activePhonelines"`
}

// Phoneline is a line: it has numbers and rings at devices.
type Phoneline struct {
	ID    string `json:"id"` // "p0"
	Alias string `json:"alias"`
}

// External reports whether the device does not register with sipgate: a
// mobile, or a telephone of another network. It is unknown whether it is
// reachable.
func (d Device) External() bool { return d.Type == "MOBILE" || d.Type == "EXTERNAL" }

// Unreachable reports whether the device should be registered with sipgate and
// is not: a call to it is accepted, but does not ring.
func (d Device) Unreachable() bool { return !d.Online && !d.External() }

// Devices lists the devices of a user.
func (c *Client) Devices(ctx context.Context, id UserID) ([]Device, error) {
	if !id.Valid() {
		return nil, request{method: http.MethodGet, path: []string{"?", "devices"}}.
			failure(Invalid, errors.New("invalid user id"))
	}
	devices, err := list[Device](ctx, c, nil, string(id), "devices")
	for i := range devices {
		devices[i].Alias = oneLine(devices[i].Alias, maxName)
	}
	return devices, err
}

// AccountNumber is a telephone number of the account.
type AccountNumber struct {
	ID            string `json:"id"`
	Number        string `json:"number"`     // "4915799912345"
	Localized     string `json:"localized"`  // "01579-9912345"
	Type          string `json:"type"`       // MOBILE, LANDLINE, QUICKDIAL, INTERNATIONAL
	EndpointID    string `json:"endpointId"` // "p0"
	EndpointAlias string `json:"endpointAlias"`
}

// NumberRingingAt returns the first of the numbers, normalized by
// [NormalizeNumber], whose line rings at one of the devices; else the first
// number; "" without numbers.
func NumberRingingAt(numbers []AccountNumber, devices []Device) string {
	if len(numbers) == 0 {
		return ""
	}
	lines := map[string]bool{}
	for _, d := range devices {
		for _, l := range d.Phonelines {
			lines[l.ID] = true
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
	var all []AccountNumber
	seen := make(map[string]bool)
	for offset := 0; offset < maxNumbers; offset += numbersPerPage {
		page, err := list[AccountNumber](ctx, c, url.Values{
			"offset": {strconv.Itoa(offset)}, "limit": {strconv.Itoa(numbersPerPage)},
		}, "numbers")
		if err != nil {
			return nil, err
		}
		before := len(all)
		for _, n := range page {
			if key := n.ID + " " + n.Number; !seen[key] {
				seen[key] = true
				n.EndpointAlias = oneLine(n.EndpointAlias, maxName)
				all = append(all, n)
			}
		}
		if len(page) < numbersPerPage || len(all) == before {
			break
		}
	}
	return all, nil
}

// Account describes the customer's account.
type Account struct {
	Company         string `json:"company"`
	MainProductType string `json:"mainProductType"` // TEAM, TRUNKING, …
	LogoURL         string `json:"logoUrl"`
	Verified        bool   `json:"verified"`
	HistoryLifeTime string `json:"historyLifeTime"` // NONE, THIRTY_DAYS, UNLIMITED
}

// Account returns the account of the credentials.
func (c *Client) Account(ctx context.Context) (Account, error) {
	var a Account
	err := c.get(ctx, &a, nil, "account")
	a.Company = oneLine(a.Company, maxName)
	return a, err
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
// account has not booked push events, or that a scope is missing.
func (c *Client) PushSettings(ctx context.Context) (PushSettings, error) {
	var s PushSettings
	err := c.get(ctx, &s, nil, "settings", "sipgateio")
	return s, err
}

// SetPushSettings replaces all settings: read them first, and keep what is not
// to be changed.
func (c *Client) SetPushSettings(ctx context.Context, s PushSettings) error {
	return c.act(ctx, http.MethodPut, s, "settings", "sipgateio")
}

// list requests a response of the form {"items": […]}.
func list[T any](ctx context.Context, c *Client, query url.Values, path ...string) ([]T, error) {
	var reply struct {
		Items []T `json:"items"`
	}
	err := c.get(ctx, &reply, query, path...)
	return reply.Items, err
}

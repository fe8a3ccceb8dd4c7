package sipgate

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The examples of sipgate's API description are decoded.
func TestResources(t *testing.T) {
	tests := []struct {
		name, uri, reply string
		get              func(context.Context, *Client) (any, error)
		want             any
	}{
		{"userinfo", "/authorization/userinfo",
			`{"sub":"w0","domain":"sipgate.de","masterSipId":"0000000","locale":"de_DE"}`,
			func(ctx context.Context, c *Client) (any, error) { return c.UserInfo(ctx) },
			UserInfo{Sub: "w0", Domain: "sipgate.de", MasterSipID: "0000000", Locale: "de_DE"}},
		{"users", "/users",
			`{"items":[{"id":"w0","firstname":"Ada","lastname":"Lovelace","email":"ada.lovelace@sipgate.love","defaultDevice":"e0","busyOnBusy":true,"addressId":"13","directDialIds":[],"timezone":"Europe/Berlin","admin":true}]}`,
			func(ctx context.Context, c *Client) (any, error) { return c.Users(ctx) },
			[]User{{ID: "w0", Firstname: "Ada", Lastname: "Lovelace", Email: "ada.lovelace@sipgate.love", DefaultDevice: "e0", BusyOnBusy: true, Timezone: "Europe/Berlin", Admin: true}}},
		{"devices", "/w0/devices?type=all",
			`{"items":[{"id":"e0","alias":"VoIP phone of\u0000Grace Hopper","type":"REGISTER","online":true,"dnd":false,"activePhonelines":[{"id":"p0","alias":"x"}],"activeGroups":[{"id":"g0","alias":"Support\nEurope"},{"id":"","alias":"y"},"g1"]}]}`,
			func(ctx context.Context, c *Client) (any, error) { return c.Devices(ctx, "w0") },
			[]Device{{ID: "e0", Alias: "VoIP phone of Grace Hopper", Type: "REGISTER", Online: true, Phonelines: []Phoneline{{ID: "p0", Alias: "x"}}, Groups: []Group{{ID: "g0", Alias: "Support Europe"}}}}},
		{"channels", "/channels",
			`{"items":[{"id":"5b6e","name":"Zentrale","owner":"w0","createdAt":"2025-10-01T08:00:00Z","locale":"de_DE","users":[{"id":"w0","deviceIds":["e0",7,"../x"]},{"id":"?","deviceIds":[]}],"settings":{}},{"id":"../"}]}`,
			func(ctx context.Context, c *Client) (any, error) { return c.Channels(ctx) },
			[]Channel{{ID: "5b6e", Name: "Zentrale", Owner: "w0", Users: []ChannelUser{{ID: "w0", Devices: []DeviceID{"e0", "7"}}}}}},
		{"contacts", "/contacts?limit=500&offset=0",
			`{"items":[{"id":"b3d9af4a","name":"Ada Lovelace","picture":"4AAQ","emails":[{"email":"user@example.com","type":["home"]}],"numbers":[{"number":"4915799912345","type":["work"]}],"addresses":[],"organization":[["Engines","Department"]],"scope":"SHARED"}],"totalCount":1}`,
			func(ctx context.Context, c *Client) (any, error) { return c.Contacts(ctx) },
			[]Contact{{ID: "b3d9af4a", Name: "Ada Lovelace", Emails: []string{"user@example.com"}, Numbers: []ContactNumber{{Number: "4915799912345", Types: []string{"work"}}}, Organization: "Engines", Scope: "SHARED"}}},
		{"numbers", "/numbers?limit=1000&offset=0",
			`{"items":[{"id":"1","number":"4915799912345","localized":"01579-9912345","type":"MOBILE","endpointId":"p0","endpointAlias":"Line","endpointUrl":"https://x"}]}`,
			func(ctx context.Context, c *Client) (any, error) { return c.Numbers(ctx) },
			[]AccountNumber{{ID: "1", Number: "4915799912345", Localized: "01579-9912345", Type: "MOBILE", EndpointID: "p0", EndpointAlias: "Line"}}},
		{"account", "/account",
			`{"company":"Love sipgate","mainProductType":"TEAM","logoUrl":"","verified":true,"historyLifeTime":"UNLIMITED"}`,
			func(ctx context.Context, c *Client) (any, error) { return c.Account(ctx) },
			Account{Company: "Love sipgate", MainProductType: "TEAM", Verified: true, HistoryLifeTime: "UNLIMITED"}},
		{"push settings", "/settings/sipgateio",
			`{"incomingUrl":"https://a","outgoingUrl":"","log":true,"whitelist":null,"pushApiVersion":2}`,
			func(ctx context.Context, c *Client) (any, error) { return c.PushSettings(ctx) },
			PushSettings{IncomingURL: "https://a", Log: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, rec := serve(t, answer(http.StatusOK, "application/json", tt.reply))
			got, err := tt.get(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if req := rec.all(); len(req) != 1 || req[0].Method != "GET" || req[0].URI != "/below/v2"+tt.uri {
				t.Errorf("sent %+v", req)
			}
			for _, bad := range []string{"", "[]", `{"items":[`, "<html>"} {
				c, _ := serve(t, answer(http.StatusOK, "application/json", bad))
				if _, err := tt.get(t.Context(), c); KindOf(err) != Unreadable || err == nil {
					t.Errorf("%q: %v", bad, err)
				}
			}
		})
	}
}

// No path element leads out of the path.
func TestPathElementsAreConfined(t *testing.T) {
	c, rec := serve(t, answer(http.StatusOK, "", "{}"))
	for _, element := range []string{"", ".", ".."} {
		if err := c.act(t.Context(), http.MethodDelete, nil, "calls", element); KindOf(err) != Invalid {
			t.Errorf("%q: %v", element, err)
		}
	}
	if err := c.act(t.Context(), http.MethodDelete, nil, "calls", "a/../b?c#d"); err != nil {
		t.Error(err)
	}
	if all := rec.all(); len(all) != 1 || all[0].URI != "/below/v2/calls/a%2F..%2Fb%3Fc%23d" {
		t.Errorf("sent %+v", all)
	}
}

// UserInfo fails unless the response contains both ids.
func TestUserInfoRequiresIDs(t *testing.T) {
	for _, body := range []string{`{}`, `null`, `{"sub":"w0"}`, `{"masterSipId":"1"}`, `{"sub":"","masterSipId":"1"}`, `{"sub":"w0/..","masterSipId":"1"}`, `{"sub":"w0","masterSipId":"1 2"}`} {
		c, _ := serve(t, answer(http.StatusOK, "application/json", body))
		if u, err := c.UserInfo(t.Context()); err == nil {
			t.Errorf("%s: got %+v", body, u)
		}
	}
}

func TestSetPushSettings(t *testing.T) {
	c, rec := serve(t, answer(http.StatusNoContent, "", ""))
	for want, s := range map[string]PushSettings{
		`{"incomingUrl":"https://a","outgoingUrl":"https://b","log":true,"whitelist":null}`: {IncomingURL: "https://a", OutgoingURL: "https://b", Log: true},
		`{"incomingUrl":"","outgoingUrl":"","log":false,"whitelist":["p0","g0"]}`:           {Whitelist: []string{"p0", "g0"}},
		`{"incomingUrl":"","outgoingUrl":"","log":false,"whitelist":[]}`:                    {Whitelist: []string{}},
	} {
		if err := c.SetPushSettings(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		all := rec.all()
		if got := all[len(all)-1]; got.Method != "PUT" || got.URI != "/below/v2/settings/sipgateio" || got.Body != want {
			t.Errorf("sent %s %s %s, want %s", got.Method, got.URI, got.Body, want)
		}
	}
	c, _ = serve(t, answer(http.StatusForbidden, "text/plain", "sipgate.io feature not booked"))
	if err := c.SetPushSettings(t.Context(), PushSettings{}); KindOf(err) != Forbidden {
		t.Errorf("error is %v", err)
	}
}

// Only contacts of the whole team are shown to others than their owner.
func TestSharedContacts(t *testing.T) {
	for scope, want := range map[string]bool{"SHARED": true, "INTERNAL": true, "PRIVATE": false, "": false, "shared": false, "OTHER": false} {
		if got := (Contact{Scope: scope}).Shared(); got != want {
			t.Errorf("%q: shared is %v", scope, got)
		}
	}
}

// A telephone that is switched off cannot ring; of a mobile nobody knows.
func TestUnreachableDevices(t *testing.T) {
	for _, test := range []struct {
		kind        string
		online      bool
		unreachable bool
	}{
		{"REGISTER", false, true}, {"REGISTER", true, false}, {"", false, true}, {"", true, false},
		{"MOBILE", false, false}, {"MOBILE", true, false}, {"EXTERNAL", false, false}, {"EXTERNAL", true, false},
	} {
		if got := (Device{Type: test.kind, Online: test.online}).Unreachable(); got != test.unreachable {
			t.Errorf("%s, online %v: unreachable is %v", test.kind, test.online, got)
		}
	}
}

// Contacts with large pictures are read all the same.
func TestContactPages(t *testing.T) {
	const total = 1203
	picture := strings.Repeat("A", 20<<10)
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.FormValue("offset"))
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		items := []map[string]string{}
		for i := offset; i < min(offset+limit, total); i++ {
			item := map[string]string{"id": strconv.Itoa(i), "name": fmt.Sprint("Contact ", i)}
			if i < 100 {
				item["picture"] = picture
			}
			if i == 7 {
				item["picture"] = strings.Repeat(picture, 60)
			}
			items = append(items, item)
		}
		json.NewEncoder(w).Encode(map[string]any{"items": items, "totalCount": total})
	})
	contacts, err := c.Contacts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(contacts) != total-1 || contacts[7].Name != "Contact 8" || contacts[total-2].ID != strconv.Itoa(total-1) {
		t.Errorf("%d contacts, want all but the one that is too large", len(contacts))
	}
	if n := len(rec.all()); n > 40 {
		t.Errorf("%d requests", n)
	}
}

// Paging ends even if a server ignores the offset or never reports a total.
func TestPagingEnds(t *testing.T) {
	page := func(n int) string {
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(`{"id":"%d","number":"49%d"}`, i, i)
		}
		return `{"items":[` + strings.Join(items, ",") + `],"totalCount":1000000}`
	}
	full := page(1000)
	c, rec := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, full) })
	numbers, err := c.Numbers(t.Context())
	if err != nil || len(numbers) != 1000 || len(rec.all()) != 2 {
		t.Errorf("%d numbers in %d requests, %v", len(numbers), len(rec.all()), err)
	}
	contacts, err := c.Contacts(t.Context())
	if err != nil || len(contacts) != 1000 || len(rec.all()) != 4 {
		t.Errorf("%d contacts in %d requests, %v", len(contacts), len(rec.all())-2, err)
	}
}

func TestNumberRingingAt(t *testing.T) {
	numbers := []AccountNumber{{Number: "4915799912345", EndpointID: "p0"}, {Number: "492111234567", EndpointID: "p1"}, {Number: "492117654321", EndpointID: "p1"}}
	at := func(lines ...string) (d Device) {
		for _, l := range lines {
			d.Phonelines = append(d.Phonelines, Phoneline{ID: l})
		}
		return d
	}
	for _, test := range []struct {
		numbers []AccountNumber
		devices []Device
		want    string
	}{
		{numbers, []Device{at(), at("p9", "p1")}, "+492111234567"},
		{numbers, []Device{at("p1"), at("p0")}, "+4915799912345"},
		{numbers, []Device{at("p9")}, "+4915799912345"},
		{numbers, nil, "+4915799912345"},
		{nil, []Device{at("p0")}, ""},
	} {
		if got := NumberRingingAt(test.numbers, test.devices, "w0", nil); got != test.want {
			t.Errorf("%v: %q, want %q", test.devices, got, test.want)
		}
	}
}

// A server that does not know the list of all devices is asked for its own one.
func TestDevicesWithoutType(t *testing.T) {
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		answer(http.StatusOK, "application/json", `{"items":[{"id":"e0"}]}`)(w, r)
	})
	devices, err := c.Devices(t.Context(), "w0")
	if err != nil || len(devices) != 1 || len(rec.all()) != 2 {
		t.Errorf("%v, %v, %d requests", devices, err, len(rec.all()))
	}
}

// A call is in the channel of its caller id, else in the personal one, else in
// any that has the device.
func TestChannelOf(t *testing.T) {
	user := func(id UserID, devices ...DeviceID) ChannelUser { return ChannelUser{id, devices} }
	channels := []Channel{
		{ID: "shared", Owner: "w1", Users: []ChannelUser{user("w0", "e0", "e5"), user("w1", "e1")}},
		{ID: "jonas", Owner: "w1", Users: []ChannelUser{user("w1", "e1")}},
		{ID: "anna", Owner: "w0", Users: []ChannelUser{user("w0", "e0")}},
	}
	for _, test := range []struct {
		user      UserID
		device    DeviceID
		preferred string
		want      string
	}{
		{"w0", "e0", "", "anna"}, {"w0", "e0", "shared", "shared"}, {"w0", "e0", "jonas", "anna"},
		{"w0", "e5", "", "shared"}, {"w1", "e1", "", "jonas"}, {"w0", "e9", "", ""}, {"w0", "e1", "", ""},
	} {
		if got, found := ChannelOf(channels, test.user, test.device, test.preferred); got.ID != test.want || found != (test.want != "") {
			t.Errorf("%+v: %q", test, got.ID)
		}
	}
	numbers := []AccountNumber{{Number: "4922171011", EndpointID: "shared"}, {Number: "4922171012", EndpointID: "anna"}}
	if got := NumberRingingAt(numbers, []Device{{ID: "e0"}}, "w0", channels); got != "+4922171012" {
		t.Errorf("own number %s", got)
	}
}

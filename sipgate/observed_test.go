package sipgate

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"
)

// An observer learns of each request to sipgate by an endpoint without ids, also
// of those that fail. Only words of the API are in it, whatever the ids are.
func TestObserved(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/calls/c1/hold" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, `{"items":[]}`)
	}))
	defer srv.Close()
	api, _ := url.Parse(srv.URL + "/v2/")
	var got []string
	hc := Observed(NewHTTPClient(), api, func(endpoint string, status int, took time.Duration) {
		got = append(got, fmt.Sprint(endpoint, " ", status))
		if took < 0 {
			t.Errorf("%s took %v", endpoint, took)
		}
	})
	c := &Client{Base: api, HTTP: hc, Auth: PersonalToken{ID: "id", Token: "token"}}
	c.Hold(t.Context(), "c1", true)
	c.HangUp(t.Context(), "4915799912345")
	c.Devices(t.Context(), "w0")
	c.History(t.Context(), HistoryQuery{Phonenumber: "+4915799912345"})
	auth, token, logout := RealmURLs(srv.URL, "third-party")
	o := &OAuth{AuthURL: auth, TokenURL: token, LogoutURL: logout, HTTP: hc}
	o.Refresh(t.Context(), "refresh")
	o.Logout(t.Context(), "refresh")
	srv.Close()
	c.HangUp(t.Context(), "c1")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	c.HangUp(ended, "c1") // is not sent
	want := []string{"PUT /calls/{id}/hold 404", "DELETE /calls/{id} 200", "GET /{id}/devices 200", "GET /history 200",
		"POST login/token 200", "POST login/logout 200", "DELETE /calls/{id} 0"}
	if !slices.Equal(got, want) {
		t.Errorf("observed\n%q, want\n%q", got, want)
	}
}

// What is not an endpoint of the API is summed up.
func TestObservedEndpoints(t *testing.T) {
	api, _ := url.Parse("https://api.sipgate.com/v2/")
	for address, want := range map[string]string{
		"https://api.sipgate.com/v2/calls/hold/dtmf":                                                    "GET /calls/hold/dtmf", // an id that is a word
		"https://api.sipgate.com/v2/1/2/3/4/5/6":                                                        "GET /{id}/{id}/{id}/{id}",
		"https://api.sipgate.com/other/calls":                                                           "GET other",
		"https://secure.live.sipgate.de/v2/calls":                                                       "GET other",
		"https://login.sipgate.com/auth/realms/third-party/protocol/openid-connect/certs":               "GET login/certs",
		"https://login.sipgate.com/auth/realms/third-party/protocol/openid-connect/s3cret":              "GET other",
		"https://api.sipgate.com/login/sipgate-apps/protocol/openid-connect/token?username=+4915799912": "GET login/token",
	} {
		r, err := http.NewRequest("GET", address, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&observedTransport{api: api}).endpoint(r); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}

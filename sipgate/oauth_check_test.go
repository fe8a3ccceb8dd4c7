package sipgate_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
)

// The login server is asked what it thinks of client, secret, realm, redirect
// address and scopes, without anybody signing in.
func TestCheckClient(t *testing.T) {
	l := open(t, simulator.Options{ClientID: "app", ClientSecret: "secret"})
	oauth := func(id, secret, realm string) *sipgate.OAuth {
		o := &sipgate.OAuth{ClientID: id, ClientSecret: secret, HTTP: l.Client.HTTP}
		o.AuthURL, o.TokenURL, o.LogoutURL = sipgate.RealmURLs(l.url, realm)
		return o
	}
	const redirect = "http://localhost:8080/oauth/callback"
	refusing := func(scope string) *sipgate.OAuth {
		l := open(t, simulator.Options{ClientID: "app", ClientSecret: "secret", RefusedScopes: scope})
		o := &sipgate.OAuth{ClientID: "app", ClientSecret: "secret", HTTP: l.Client.HTTP}
		o.AuthURL, o.TokenURL, o.LogoutURL = sipgate.RealmURLs(l.url, "third-party")
		return o
	}
	older, oldest := refusing("channels:read"), refusing("rtcm:read")
	for name, c := range map[string]struct {
		o        *sipgate.OAuth
		redirect string
		want     sipgate.ClientStatus
	}{
		"right":          {oauth("app", "secret", "third-party"), redirect, sipgate.ClientAccepted},
		"wrong id":       {oauth("other", "secret", "third-party"), redirect, sipgate.ClientUnknown},
		"wrong secret":   {oauth("app", "guess", "third-party"), redirect, sipgate.ClientBadSecret},
		"wrong realm":    {oauth("app", "secret", "nowhere"), redirect, sipgate.ClientUnknown},
		"wrong redirect": {oauth("app", "secret", "third-party"), "ftp://x/", sipgate.ClientUnknown},
		"newer scope":    {older, redirect, sipgate.ClientAccepted},
		"older scope":    {oldest, redirect, sipgate.ClientBadScope},
	} {
		if got := c.o.CheckClient(t.Context(), c.redirect); got.Status != c.want || got.Err != nil || got.Time.IsZero() {
			t.Errorf("%s: %+v, want %s", name, got, c.want)
		}
	}
}

// A login server that does not answer, or not as one, is named.
func TestCheckClientWithoutLogin(t *testing.T) {
	answer := http.StatusBadGateway
	location := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(answer)
	}))
	o := &sipgate.OAuth{AuthURL: server.URL + "/auth", TokenURL: server.URL + "/token"}
	check := func(want sipgate.ClientStatus, failed bool) {
		t.Helper()
		if c := o.CheckClient(t.Context(), "https://x/oauth/callback"); c.Status != want || (c.Err != nil) != failed {
			t.Errorf("%+v, want %s", c, want)
		}
	}
	check(sipgate.ClientUnreachable, true)
	answer, location = http.StatusFound, "https://x/oauth/callback?error=invalid_scope"
	check(sipgate.ClientBadScope, false)
	server.Close()
	check(sipgate.ClientUnreachable, true)
}

package sipgate

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// login serves the token endpoint and the logout endpoint.
func login(t testing.TB, h http.HandlerFunc) (*OAuth, *recorder) {
	t.Helper()
	c, rec := serve(t, h)
	o := &OAuth{ClientID: "2556404-0-dc848ae6", ClientSecret: "SENTINEL-CS", HTTP: c.HTTP}
	o.AuthURL, o.TokenURL, o.LogoutURL = RealmURLs("http://"+c.Base.Host+"/", "third-party")
	return o, rec
}

const tokenReplyJSON = `{"session_state":"s","token_type":"bearer","id_token":"SENTINEL-ID","refresh_token":"SENTINEL-R2","access_token":"SENTINEL-A2","not-before-policy":0,"expires_in":300,"refresh_expires_in":2592000,"scope":"openid rtcm:read"}`

func TestRealmURLs(t *testing.T) {
	a, b, c := RealmURLs("https://login.sipgate.com", "third-party")
	const base = "https://login.sipgate.com/auth/realms/third-party/protocol/openid-connect/"
	if a != base+"auth" || b != base+"token" || c != base+"logout" {
		t.Error(a, b, c)
	}
	if got := PasswordTokenURL("https://api.sipgate.com/"); got != "https://api.sipgate.com/login/sipgate-apps/protocol/openid-connect/token" {
		t.Error(got)
	}
	if a, _, _ := RealmURLs("https://login", "a/../b"); a != "https://login/auth/realms/a%2F..%2Fb/protocol/openid-connect/auth" {
		t.Error(a)
	}
}

func TestRefresh(t *testing.T) {
	o, rec := login(t, answer(http.StatusOK, "application/json", tokenReplyJSON))
	got, err := o.Refresh(t.Context(), "SENTINEL-R1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Access != "SENTINEL-A2" || got.Refresh != "SENTINEL-R2" || got.ID != "SENTINEL-ID" || got.Lifetime != 5*time.Minute || got.Scope != "openid rtcm:read" {
		t.Error("not the tokens that were answered")
	}
	all := rec.all()
	if len(all) != 1 || all[0].Method != "POST" || all[0].URI != "/auth/realms/third-party/protocol/openid-connect/token" {
		t.Fatalf("sent %+v", all)
	}
	wantForm(t, all[0], url.Values{
		"client_id": {"2556404-0-dc848ae6"}, "client_secret": {"SENTINEL-CS"},
		"grant_type": {"refresh_token"}, "refresh_token": {"SENTINEL-R1"},
	})
}

// wantForm checks a form, and that the secret is in the body and in no header.
func wantForm(t *testing.T, got receivedRequest, want url.Values) {
	t.Helper()
	form, err := url.ParseQuery(got.Body)
	if err != nil || form.Encode() != want.Encode() {
		t.Errorf("sent %s", got.Body)
	}
	if got.Header.Get("Authorization") != "" || got.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("headers %v", got.Header)
	}
}

// Whatever the response is, a new refresh token in it is returned.
func TestUnusualTokenResponses(t *testing.T) {
	const day = 24 * time.Hour
	good := func(rest string) string {
		return `{"access_token":"A2","refresh_token":"R2","token_type":"Bearer"` + rest + `}`
	}
	tests := []struct {
		name, body      string
		status          int
		access, refresh string
		life            time.Duration
		code            string
		fails           bool
	}{
		{"number", good(`,"expires_in":300`), 200, "A2", "R2", 300 * time.Second, "", false},
		{"string", good(`,"expires_in":"299"`), 200, "A2", "R2", 299 * time.Second, "", false},
		{"none", good(``), 200, "A2", "R2", 300 * time.Second, "", false},
		{"null", good(`,"expires_in":null`), 200, "A2", "R2", 300 * time.Second, "", false},
		{"negative", good(`,"expires_in":-5`), 200, "A2", "R2", 300 * time.Second, "", false},
		{"zero", good(`,"expires_in":0`), 200, "A2", "R2", 300 * time.Second, "", false},
		{"a word", good(`,"expires_in":"soon"`), 200, "A2", "R2", 300 * time.Second, "", false},
		{"huge", good(`,"expires_in":1e300`), 200, "A2", "R2", day, "", false},
		{"fraction", good(`,"expires_in":59.9`), 200, "A2", "R2", 59 * time.Second, "", false},
		{"other fields", good(`,"x":[{"refresh_token":"no"}],"y":{"access_token":"no"}`), 200, "A2", "R2", 300 * time.Second, "", false},
		{"no new one", `{"access_token":"A2"}`, 200, "A2", "R1", 300 * time.Second, "", false},
		{"empty new one", `{"access_token":"A2","refresh_token":""}`, 200, "A2", "R1", 300 * time.Second, "", false},
		{"201", good(``), 201, "A2", "R2", 300 * time.Second, "", false},
		{"cut behind it", `{"refresh_token":"R2","access_tok`, 200, "", "R2", 0, "", true},
		{"cut behind both", `{"refresh_token":"R2","access_token":"A2"`, 200, "", "R2", 0, "", true},
		{"cut within it", `{"access_token":"A2","refresh_token":"R`, 200, "", "", 0, "", true},
		{"nonsense behind it", good(``) + `<`, 200, "", "R2", 0, "", true},
		{"no access token", `{"refresh_token":"R2"}`, 200, "", "R2", 0, "", true},
		{"other type", `{"access_token":"A2","refresh_token":"R2","token_type":"mac"}`, 200, "", "R2", 0, "", true},
		{"error with 200", `{"refresh_token":"R2","error":"invalid_grant"}`, 200, "", "R2", 0, "invalid_grant", true},
		{"odd error with 200", `{"error":"<script>"}`, 200, "", "", 0, "unknown", true},
		{"number as error", `{"error":17}`, 200, "", "", 0, "17", true},
		{"html", `<html>`, 200, "", "", 0, "", true},
		{"empty", ``, 200, "", "", 0, "", true},
		{"list", `["refresh_token","R2"]`, 200, "", "", 0, "", true},
		{"redirect", good(``), 302, "", "", 0, "", true},
		{"500 with tokens", good(``), 500, "", "", 0, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, contentType := range []string{"application/json", "text/plain", "", "application/json;charset=UTF-8"} {
				o, rec := login(t, answer(tt.status, contentType, tt.body))
				got, err := o.Refresh(t.Context(), "R1")
				if got.Access != tt.access || got.Refresh != tt.refresh || got.Lifetime != tt.life || (err != nil) != tt.fails {
					t.Errorf("got %q %q %v, %v", got.Access, got.Refresh, got.Lifetime, err)
				}
				if e, ok := errors.AsType[*OAuthError](err); err != nil && (!ok || e.Code != tt.code || e.Status != tt.status) {
					t.Errorf("error is %v", err)
				}
				if n := len(rec.all()); n != 1 {
					t.Errorf("%d requests", n)
				}
			}
		})
	}
}

// So it is if the connection breaks within the response.
func TestTruncatedTokenResponse(t *testing.T) {
	o, _ := login(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte(`{"refresh_token":"R2","access_token":"A`))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	got, err := o.Refresh(t.Context(), "R1")
	if got.Refresh != "R2" || got.Access != "" || !MayHaveArrived(err) {
		t.Errorf("got %q %q, %v", got.Access, got.Refresh, err)
	}
	o, _ = login(t, answer(http.StatusOK, "", `{"refresh_token":"R2","x":"`+strings.Repeat("x", 100_000)+`"}`))
	if got, err := o.Refresh(t.Context(), "R1"); got.Refresh != "R2" || !errors.Is(err, errTooLarge) {
		t.Errorf("too large: got %q, %v", got.Refresh, err)
	}
}

func TestTokenRefusals(t *testing.T) {
	for _, tt := range []struct {
		status     int
		body, code string
		kind       Kind
		arrived    bool
	}{
		{400, `{"error":"invalid_grant","error_description":"Token is not active"}`, "invalid_grant", Unauthorized, false},
		{401, `{"error":"invalid_client"}`, "invalid_client", Forbidden, false},
		{401, `{"error":"unauthorized_client"}`, "unauthorized_client", Forbidden, false},
		{400, `{"error":"invalid_request"}`, "invalid_request", Invalid, false},
		{401, ``, "", Unauthorized, false},
		{400, ``, "", Invalid, false},
		{404, `x`, "", Unreadable, false},
		{429, ``, "", Throttled, false},
		{500, `{"error":"unknown_error"}`, "unknown_error", Unavailable, true},
		{503, `<html>`, "", Unavailable, true},
	} {
		o, rec := login(t, answer(tt.status, "", tt.body))
		got, err := o.Refresh(t.Context(), "SENTINEL-R1")
		e, ok := errors.AsType[*OAuthError](err)
		if !ok || e.Code != tt.code || KindOf(err) != tt.kind || MayHaveArrived(err) != tt.arrived || got.Refresh != "" {
			t.Errorf("%d %s: got %v (%v)", tt.status, tt.body, err, KindOf(err))
		}
		if strings.Contains(err.Error(), "SENTINEL") || len(rec.all()) != 1 {
			t.Errorf("%d: %v, %d requests", tt.status, err, len(rec.all()))
		}
		if !strings.HasSuffix(err.Error(), "refused") && !strings.HasSuffix(err.Error(), "Token is not active") {
			t.Errorf("%d: %v, without a reason", tt.status, err)
		}
	}
	o, _ := login(t, nil)
	o.TokenURL = "http://127.0.0.1:1/token"
	if _, err := o.Refresh(t.Context(), "R1"); KindOf(err) != Unavailable || MayHaveArrived(err) {
		t.Errorf("not reachable: %v", err)
	}
	o.TokenURL = "http://%"
	if _, err := o.Refresh(t.Context(), "R1"); err == nil || MayHaveArrived(err) {
		t.Errorf("no address: %v", err)
	}
}

// The transport never sends a refresh token twice.
func TestRefreshTokenIsSentOnce(t *testing.T) {
	o, rec := login(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if _, err := o.Refresh(t.Context(), "R1"); !MayHaveArrived(err) || KindOf(err) != Unavailable || len(rec.all()) != 1 {
		t.Errorf("error %v, %d requests", err, len(rec.all()))
	}
}

func TestOAuthTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, done := bubbleClient(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		defer done()
		o := &OAuth{TokenURL: c.Base.String(), HTTP: c.HTTP}
		begin := time.Now()
		_, err := o.Refresh(t.Context(), "R1")
		if !errors.Is(err, context.DeadlineExceeded) || !MayHaveArrived(err) || time.Since(begin) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
	})
}

func TestPassword(t *testing.T) {
	for name, body := range map[string]string{
		"access_token": `{"access_token":"A1","token_type":"bearer"}`,
		"token":        `{"token":"A1"}`,
		"both":         `{"token":"no","access_token":"A1"}`,
	} {
		o, rec := login(t, answer(http.StatusOK, "application/json", body))
		o.ClientID, o.ClientSecret = "", ""
		got, err := o.Password(t.Context(), "mia@example.com", "SENTINEL-PW&x=y")
		if err != nil || got.Access != "A1" || got.Refresh != "" || got.Lifetime != 300*time.Second {
			t.Errorf("%s: got %q %q %v, %v", name, got.Access, got.Refresh, got.Lifetime, err)
		}
		wantForm(t, rec.all()[0], url.Values{
			"client_id": {PasswordClientID}, "grant_type": {"password"},
			"username": {"mia@example.com"}, "password": {"SENTINEL-PW&x=y"},
		})
	}
	o, _ := login(t, answer(http.StatusUnauthorized, "", `{"error":"invalid_grant","error_description":"Invalid user credentials"}`))
	if _, err := o.Password(t.Context(), "u", "SENTINEL-PW"); KindOf(err) != Unauthorized || strings.Contains(err.Error(), "SENTINEL") {
		t.Errorf("error is %v", err)
	}
}

func TestLogout(t *testing.T) {
	o, rec := login(t, answer(http.StatusNoContent, "", ""))
	if err := o.Logout(t.Context(), "R1"); err != nil {
		t.Fatal(err)
	}
	got := rec.all()[0]
	if got.URI != "/auth/realms/third-party/protocol/openid-connect/logout" {
		t.Errorf("sent to %s", got.URI)
	}
	wantForm(t, got, url.Values{"client_id": {"2556404-0-dc848ae6"}, "client_secret": {"SENTINEL-CS"}, "refresh_token": {"R1"}})
	o.LogoutURL = ""
	if err := o.Logout(t.Context(), "R1"); err != nil || len(rec.all()) != 1 {
		t.Errorf("without an address: %v", err)
	}
	for status, kind := range map[int]Kind{400: Invalid, 302: Unreadable, 503: Unavailable} {
		o, _ := login(t, answer(status, "", ""))
		if err := o.Logout(t.Context(), "R1"); KindOf(err) != kind || err == nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// Scopes lists exactly what the dashboard needs.
func TestScopes(t *testing.T) {
	const want = "openid rtcm:read rtcm:write sessions:calls:write history:read history:write users:read devices:read contacts:read contacts:write settings:sipgateio:read settings:sipgateio:write log:webhooks:read phonelines:read numbers:read groups:read channels:read account:read balance:read"
	if got := strings.Join(Scopes, " "); got != want {
		t.Errorf("got %s", got)
	}
}

func FuzzTokens(f *testing.F) {
	f.Add([]byte(tokenReplyJSON))
	f.Add([]byte(`{"refresh_token":"R2","access_tok`))
	f.Add([]byte(`{"error":"x"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		reply := readTokens(data)
		if l := reply.tokens().Lifetime; l < time.Second || l > maxLife {
			t.Errorf("life %v", l)
		}
		if reply.code != "" && !isID(reply.code, 64) {
			t.Errorf("code %q", reply.code)
		}
	})
}

package sipgate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
)

// The scopes requested at the login suffice for all requests, and each of them
// is needed by one.
func TestSimulatorScopes(t *testing.T) {
	calls := map[string]func(context.Context, *simulatedClient) error{
		"rtcm:read":            func(ctx context.Context, l *simulatedClient) error { _, err := l.Calls(ctx); return err },
		"rtcm:write":           func(ctx context.Context, l *simulatedClient) error { return ignoreNoCall(l.HangUp(ctx, "ABC")) },
		"sessions:calls:write": startOne,
		"history:read": func(ctx context.Context, l *simulatedClient) error {
			_, err := l.History(ctx, sipgate.HistoryQuery{})
			return err
		},
		"users:read":              func(ctx context.Context, l *simulatedClient) error { _, err := l.Users(ctx); return err },
		"devices:read":            func(ctx context.Context, l *simulatedClient) error { _, err := l.Devices(ctx, "w0"); return err },
		"contacts:read":           func(ctx context.Context, l *simulatedClient) error { _, err := l.Contacts(ctx); return err },
		"numbers:read":            func(ctx context.Context, l *simulatedClient) error { _, err := l.Numbers(ctx); return err },
		"account:read":            func(ctx context.Context, l *simulatedClient) error { _, err := l.Account(ctx); return err },
		"settings:sipgateio:read": func(ctx context.Context, l *simulatedClient) error { _, err := l.PushSettings(ctx); return err },
		"settings:sipgateio:write": func(ctx context.Context, l *simulatedClient) error {
			return l.SetPushSettings(ctx, sipgate.PushSettings{})
		},
	}
	l, ctx := open(t, simulator.Options{}), t.Context()
	for scope, do := range calls {
		l.as(t, "w0", strings.Join(sipgate.Scopes, " "))
		if err := do(ctx, l); err != nil {
			t.Errorf("%s with all scopes: %v", scope, err)
		}
		rest := slices.DeleteFunc(slices.Clone(sipgate.Scopes), func(s string) bool { return s == scope })
		l.as(t, "w0", strings.Join(rest, " "))
		if err := do(ctx, l); sipgate.KindOf(err) != sipgate.Forbidden {
			t.Errorf("%s missing: %v", scope, err)
		}
	}
}

// ignoreNoCall returns nil for an error of Kind NoCall.
func ignoreNoCall(err error) error {
	if sipgate.KindOf(err) == sipgate.NoCall {
		return nil
	}
	return err
}

func TestSimulatorLogin(t *testing.T) {
	for _, key := range []string{"access_token", "token"} {
		l, ctx := open(t, simulator.Options{PasswordAnswer: key}), t.Context()
		o := sipgate.OAuth{TokenURL: sipgate.PasswordTokenURL(l.url), HTTP: l.HTTP}
		tokens, err := o.Password(ctx, "anna.bergmann@lindenhof.example", "demo-anna")
		must(t, err)
		l.Auth = sipgate.Bearer(tokens.Access)
		if info, err := l.UserInfo(ctx); err != nil || info.Sub != "w0" {
			t.Errorf("%s: %+v, %v", key, info, err)
		}
		if _, err := o.Password(ctx, "anna.bergmann@lindenhof.example", "wrong"); sipgate.KindOf(err) != sipgate.Unauthorized {
			t.Errorf("wrong password: %v", err)
		}
	}
	l := open(t, simulator.Options{})
	_, id, token := l.sim.AdminToken()
	l.Auth = sipgate.PersonalToken{ID: id, Token: token}
	if info, err := l.UserInfo(t.Context()); err != nil || info.Sub != "w0" {
		t.Errorf("personal token: %+v, %v", info, err)
	}
	l.Auth = sipgate.PersonalToken{ID: id, Token: "wrong"}
	if _, err := l.UserInfo(t.Context()); sipgate.KindOf(err) != sipgate.Unauthorized {
		t.Errorf("wrong personal token: %v", err)
	}
}

// refreshingCredentials refreshes its tokens when they are refused.
type refreshingCredentials struct {
	oauth *sipgate.OAuth

	mu     sync.Mutex
	tokens sipgate.Tokens
}

func (h *refreshingCredentials) Authorization(context.Context) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return "Bearer " + h.tokens.Access, nil
}

func (h *refreshingCredentials) Renew(ctx context.Context, _ string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	tokens, err := h.oauth.Refresh(ctx, h.tokens.Refresh)
	if err != nil {
		return "", err
	}
	h.tokens = tokens
	return "Bearer " + tokens.Access, nil
}

func TestSimulatorRefresh(t *testing.T) {
	l, ctx := open(t, simulator.Options{ClientID: "1-2-3", ClientSecret: "s3cret"}), t.Context()
	o := &sipgate.OAuth{ClientID: "1-2-3", ClientSecret: "s3cret", HTTP: l.HTTP}
	o.AuthURL, o.TokenURL, o.LogoutURL = sipgate.RealmURLs(l.url, "third-party")
	first, err := l.sim.Token("", "w0", "rtcm:read")
	must(t, err)
	h := &refreshingCredentials{oauth: o, tokens: sipgate.Tokens{Access: first["access_token"].(string), Refresh: first["refresh_token"].(string)}}
	l.Auth = h
	l.pass(301 * time.Second)
	if _, err := l.Calls(ctx); err != nil {
		t.Fatalf("with an expired token: %v", err)
	}
	if h.tokens.Lifetime != 300*time.Second || h.tokens.Refresh == first["refresh_token"] || h.tokens.Scope != "rtcm:read" {
		t.Errorf("life %v, scope %q, or the refresh token has not changed", h.tokens.Lifetime, h.tokens.Scope)
	}
	must(t, o.Logout(ctx, h.tokens.Refresh))
	_, err = o.Refresh(ctx, h.tokens.Refresh)
	if e, ok := errors.AsType[*sipgate.OAuthError](err); !ok || e.Code != "invalid_grant" {
		t.Errorf("after the logout: %v", err)
	}
	if _, err := l.Calls(ctx); sipgate.KindOf(err) != sipgate.Unauthorized {
		t.Errorf("after the logout: %v", err)
	}
	o.ClientSecret = "wrong"
	if _, err := o.Refresh(ctx, "x"); sipgate.KindOf(err) != sipgate.Forbidden {
		t.Errorf("wrong secret: %v", err)
	}
}

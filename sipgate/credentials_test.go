package sipgate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// renewingCredentials returns its values one after the other.
type renewingCredentials struct {
	values  []string
	refused []string
	err     error
}

func (r *renewingCredentials) Authorization(context.Context) (string, error) { return r.values[0], nil }

func (r *renewingCredentials) Renew(_ context.Context, refused string) (string, error) {
	r.refused = append(r.refused, refused)
	if r.err != nil {
		return "", r.err
	}
	return r.values[1], nil
}

func TestRenewAfter401(t *testing.T) {
	accept := func(good string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != good {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}
	}
	for name, do := range actions {
		c, rec := serve(t, accept("Bearer b"))
		auth := &renewingCredentials{values: []string{"Bearer a", "Bearer b"}}
		c.Auth = auth
		if err := do(t.Context(), c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all := rec.all()
		if len(all) != 2 || all[0].Body != all[1].Body || len(auth.refused) != 1 || auth.refused[0] != "Bearer a" {
			t.Errorf("%s: %d requests, told of %q", name, len(all), auth.refused)
		}
	}

	c, rec := serve(t, accept("Bearer c"))
	auth := &renewingCredentials{values: []string{"Bearer a", "Bearer b"}}
	c.Auth = auth
	if err := c.HangUp(t.Context(), callID); KindOf(err) != Unauthorized || MayHaveArrived(err) {
		t.Errorf("refused twice: %v", err)
	}
	if n := len(rec.all()); n != 2 || len(auth.refused) != 1 {
		t.Errorf("refused twice: %d requests, %d renewals", n, len(auth.refused))
	}
}

// Errors of the credentials keep their Kind.
func TestRenewFailures(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		kind Kind
	}{
		"signed out":        {&OAuthError{Op: "refresh", Status: 400, Code: "invalid_grant", Err: errors.New("x")}, Unauthorized},
		"unreachable":       {&OAuthError{Op: "refresh", MayHaveArrived: true, Err: errors.New("x")}, Unavailable},
		"the caller's time": {context.DeadlineExceeded, Unavailable},
		"anything else":     {errors.New("x"), Unauthorized},
	} {
		c, rec := serve(t, answer(http.StatusUnauthorized, "", ""))
		c.Auth = &renewingCredentials{values: []string{"Bearer a"}, err: tt.err}
		err := c.Hold(t.Context(), callID, true)
		if KindOf(err) != tt.kind || MayHaveArrived(err) || !errors.Is(err, tt.err) || len(rec.all()) != 1 {
			t.Errorf("%s: %v (%v, may have arrived %v), %d requests", name, err, KindOf(err), MayHaveArrived(err), len(rec.all()))
		}
	}
	// Only a 401 is renewed.
	for _, status := range []int{403, 404, 429, 500, 503} {
		c, rec := serve(t, answer(status, "", ""))
		auth := &renewingCredentials{values: []string{"Bearer a", "Bearer b"}}
		c.Auth = auth
		c.Hold(t.Context(), callID, true)
		if len(rec.all()) != 1 || auth.refused != nil {
			t.Errorf("%d: %d requests", status, len(rec.all()))
		}
	}
}

// failingCredentials always fails.
type failingCredentials struct{ error }

func (f failingCredentials) Authorization(context.Context) (string, error) { return "", f.error }
func (f failingCredentials) Renew(context.Context, string) (string, error) { return "", f.error }

func TestWithoutCredentials(t *testing.T) {
	c, rec := serve(t, answer(http.StatusNoContent, "", ""))
	c.Auth = failingCredentials{errors.New("none")}
	if err := c.Hold(t.Context(), callID, true); KindOf(err) != Unauthorized || MayHaveArrived(err) || len(rec.all()) != 0 {
		t.Errorf("error is %v, %d requests", err, len(rec.all()))
	}
}

func TestFixedCredentials(t *testing.T) {
	for want, c := range map[string]Credentials{
		"Basic dG9rZW4tRlExVjEyOmUzYjA=": PersonalToken{ID: "token-FQ1V12", Token: "e3b0"},
		"Bearer eyJ0":                    Bearer("eyJ0"),
	} {
		got, err := c.Authorization(t.Context())
		if err != nil || got != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
		if _, err := c.Renew(t.Context(), got); KindOf(err) != Unauthorized {
			t.Errorf("renewing: %v", err)
		}
	}
}

// All secrets print as "[redacted]" in every format.
func TestSecretsAreRedacted(t *testing.T) {
	const secret = "SENTINEL-AT"
	o := OAuth{ClientID: "id", ClientSecret: secret, HTTP: http.DefaultClient}
	secrets := map[string]any{
		"token":          PersonalToken{ID: "token-FQ1V12", Token: secret},
		"bearer":         Bearer(secret),
		"tokens":         Tokens{Access: secret, Refresh: secret, ID: secret},
		"tokens pointer": &Tokens{Access: secret, Refresh: secret},
		"oauth":          o,
		"oauth pointer":  &o,
		"client":         &Client{Auth: Bearer(secret)},
		"within":         struct{ T []Tokens }{[]Tokens{{Access: secret}}},
		"map":            map[string]Bearer{"x": secret},
	}
	for name, s := range secrets {
		var b strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%5.2f"} {
			fmt.Fprintf(&b, verb+"\n", s)
		}
		for _, log := range []*slog.Logger{slog.New(slog.NewTextHandler(&b, nil)), slog.New(slog.NewJSONHandler(&b, nil))} {
			log.Info("x", "secret", s, "err", fmt.Errorf("with %v", s))
		}
		if data, err := json.Marshal(s); err == nil {
			b.Write(data)
		}
		out := b.String()
		if strings.Contains(out, secret) || strings.Contains(out, fmt.Sprintf("%x", secret)) {
			t.Errorf("%s: the secret is in\n%s", name, out)
		}
	}
	for _, s := range []interface {
		String() string
		GoString() string
	}{PersonalToken{Token: secret}, Bearer(secret), Tokens{Access: secret}, o} {
		if s.String() != "[redacted]" || s.GoString() != "[redacted]" {
			t.Errorf("%T does not hide itself", s)
		}
	}
	// A store that marshalled tokens as a whole would lose them.
	if _, err := json.Marshal(Tokens{Access: secret}); err == nil {
		t.Error("tokens marshal without an error")
	}
}

// No error quotes a credential or an argument.
func TestErrorsQuoteNoSecrets(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"reset": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"500":   answer(http.StatusInternalServerError, "", ""),
		"html":  answer(http.StatusOK, "text/html", "<html>"),
	} {
		c, _ := serve(t, h)
		c.Auth = Bearer("SENTINEL-AT")
		_, err := c.History(t.Context(), HistoryQuery{Phonenumber: "SENTINEL-PN"})
		if err == nil || strings.Contains(err.Error(), "SENTINEL") {
			t.Errorf("%s: %v", name, err)
		}
		c.Base.Host = "127.0.0.1:1"
		if _, err = c.History(t.Context(), HistoryQuery{Phonenumber: "SENTINEL-PN"}); err == nil || strings.Contains(err.Error(), "SENTINEL") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package sipgate

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A ClientStatus says what the login server thinks of an OAuth client.
type ClientStatus string

// The results of [OAuth.CheckClient].
const (
	ClientAccepted    ClientStatus = "accepted"
	ClientUnreachable ClientStatus = "unreachable" // the login server does not answer
	ClientUnknown     ClientStatus = "unknown"     // the id, the realm or the redirect address is wrong
	ClientBadScope    ClientStatus = "scope"       // the client may not request all scopes
	ClientBadSecret   ClientStatus = "secret"      // the secret is wrong
)

// A ClientCheck is the result of [OAuth.CheckClient].
type ClientCheck struct {
	Status ClientStatus
	Err    error     // why the login server could not be asked
	Time   time.Time // the login server's clock; zero if it did not say
}

// CheckClient asks the login server whether it would let members sign in: whether
// it knows the client, its secret and the redirect address. Nobody signs in, and
// no token that is in use is touched.
//
// A client that may not request the optional scopes is accepted all the same.
func (o *OAuth) CheckClient(ctx context.Context, redirect string) ClientCheck {
	ctx, cancel := context.WithTimeout(ctx, actionTimeout)
	defer cancel()
	c := o.checkClient(ctx, redirect, Scopes)
	if c.Status == ClientBadScope {
		c = o.checkClient(ctx, redirect, slices.DeleteFunc(slices.Clone(Scopes), func(s string) bool { return slices.Contains(OptionalScopes, s) }))
	}
	return c
}

func (o *OAuth) checkClient(ctx context.Context, redirect string, scopes []string) ClientCheck {
	address := o.AuthURL + "?" + url.Values{
		"client_id": {o.ClientID}, "redirect_uri": {redirect}, "response_type": {"code"}, "state": {"check"},
		"scope": {strings.Join(scopes, " ")}, "prompt": {"none"}, // no page: an answer at once
	}.Encode()
	req, err := newRequest(ctx, http.MethodGet, address, nil)
	if err != nil {
		return ClientCheck{Status: ClientUnreachable, Err: withoutURL(err)}
	}
	resp, _, err := send(o.HTTP, req)
	if err != nil {
		return ClientCheck{Status: ClientUnreachable, Err: err}
	}
	resp.Body.Close()
	c := ClientCheck{Status: ClientAccepted}
	c.Time, _ = http.ParseTime(resp.Header.Get("Date"))
	back, _ := resp.Location()
	switch {
	case resp.StatusCode >= 500:
		c.Status, c.Err = ClientUnreachable, errors.New("it answered "+resp.Status)
	case resp.StatusCode >= 400:
		c.Status = ClientUnknown
	case back != nil && back.Query().Get("error") == "invalid_scope":
		c.Status = ClientBadScope
	default:
		c.Status, c.Err = o.checkSecret(ctx)
	}
	return c
}

// checkSecret sends a refresh token that cannot be one: the answer says whether
// the client was recognized.
func (o *OAuth) checkSecret(ctx context.Context) (ClientStatus, error) {
	_, err := o.Refresh(ctx, "none")
	e, ok := errors.AsType[*OAuthError](err)
	switch {
	case !ok || e.Code == "invalid_grant":
		return ClientAccepted, nil
	case e.Status == http.StatusUnauthorized || e.Code == "invalid_client" || e.Code == "unauthorized_client":
		return ClientBadSecret, nil
	case e.Status == 0 || e.Status >= 500:
		return ClientUnreachable, err
	}
	return ClientAccepted, nil
}

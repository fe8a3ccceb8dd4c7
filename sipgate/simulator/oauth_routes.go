package simulator

import (
	"net/http"
	"net/url"
	"slices"
)

// realms are sipgate's realms: new clients are in sipgate-apps, older ones in
// third-party.
var realms = []string{"third-party", "sipgate-apps"}

// realmPaths are the paths of a realm on login.sipgate.com and, in sipgate's
// guide to real time call manipulation, on api.sipgate.com.
var realmPaths = []string{"/auth/realms/{realm}", "/login/{realm}"}

// realmHandler is a handler with the realm of the request.
type realmHandler func(w http.ResponseWriter, r *http.Request, realm string)

// routeOAuth adds all endpoints of both realms to mux.
func (s *Simulator) routeOAuth(mux *http.ServeMux) {
	a := s.auth
	const connect = "/protocol/openid-connect/"
	for _, path := range realmPaths {
		mux.Handle("GET "+path+connect+"auth", a.inRealm(a.authorize))
		mux.Handle("POST "+path+connect+"auth", a.inRealm(a.authorize))
		mux.Handle("POST "+path+connect+"token", a.inRealm(a.token))
		mux.Handle("POST "+path+connect+"logout", a.inRealm(a.logout))
		mux.Handle("GET "+path+connect+"logout", a.inRealm(a.logoutPage))
		mux.Handle("GET "+path+connect+"userinfo", a.inRealm(a.userInfo))
		mux.Handle("POST "+path+connect+"userinfo", a.inRealm(a.userInfo))
		mux.Handle("GET "+path+connect+"certs", a.inRealm(a.certs))
		mux.Handle("GET "+path+"/.well-known/openid-configuration", a.inRealm(a.discovery))
	}
}

// inRealm responds with 404 to unknown realms.
func (a *authority) inRealm(h realmHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.noteOrigin(r)
		realm := r.PathValue("realm")
		if !slices.Contains(realms, realm) {
			writeToken(w, http.StatusNotFound, map[string]any{"error": "Realm does not exist"})
			return
		}
		h(w, r, realm)
	})
}

// discovery serves the OpenID Connect Discovery document.
func (a *authority) discovery(w http.ResponseWriter, r *http.Request, realm string) {
	connect := a.issuer(realm) + "/protocol/openid-connect/"
	writeToken(w, http.StatusOK, map[string]any{
		"issuer":                                a.issuer(realm),
		"authorization_endpoint":                connect + "auth",
		"token_endpoint":                        connect + "token",
		"userinfo_endpoint":                     connect + "userinfo",
		"end_session_endpoint":                  connect + "logout",
		"jwks_uri":                              connect + "certs",
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{"authorization_code", "refresh_token", "password"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
		"claims_supported":                      []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "name", "given_name", "family_name", "preferred_username", "email", "locale"},
	})
}

func (a *authority) certs(w http.ResponseWriter, r *http.Request, realm string) {
	writeToken(w, http.StatusOK, keySet())
}

// userInfo serves the OpenID Connect claims about the user. Their subject
// differs from that of the API's /authorization/userinfo.
func (a *authority) userInfo(w http.ResponseWriter, r *http.Request, realm string) {
	grant, ok := a.s.authenticate(r)
	if !ok || grant.kind != "bearer" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+realm+`", error="invalid_token"`)
		(&oauthError{http.StatusUnauthorized, "invalid_token", "Token verification failed"}).write(w)
		return
	}
	writeToken(w, http.StatusOK, profile(grant.user))
}

// logout revokes the grant of a refresh token, even if the token has been used
// or the grant has been revoked already.
func (a *authority) logout(w http.ResponseWriter, r *http.Request, realm string) {
	form, oauthErr := readForm(w, r)
	if oauthErr == nil {
		oauthErr = a.endSession(form, realm)
	}
	if oauthErr != nil {
		oauthErr.write(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *authority) endSession(form url.Values, realm string) *oauthError {
	c, oauthErr := a.authenticateClient(form)
	if oauthErr != nil {
		return oauthErr
	}
	refresh := form.Get("refresh_token")
	if refresh == "" {
		return invalidRequest("No refresh token")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.refreshTokens[digestOf(refresh)]
	if t == nil || t.grant.client.id != c.id || t.grant.realm != "" && t.grant.realm != realm {
		return invalidGrant("Invalid refresh token")
	}
	a.revoke(t.grant)
	return nil
}

// logoutPage redirects a browser that logs out. The simulator keeps no browser
// signed in, so there is nothing else to do.
func (a *authority) logoutPage(w http.ResponseWriter, r *http.Request, realm string) {
	q := r.URL.Query()
	if target := q.Get("post_logout_redirect_uri"); target != "" {
		c := a.client(q.Get("client_id"))
		if c == nil {
			a.showError(w, r, "client not found")
			return
		}
		u, ok := c.mayRedirect(target)
		if !ok {
			a.showError(w, r, "invalid parameter: post_logout_redirect_uri")
			return
		}
		back := authRequest{redirect: u, state: q.Get("state")}
		back.back(w, r)
		return
	}
	a.showLoggedOut(w, r)
}

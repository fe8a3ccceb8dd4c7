package simulator

import "net/http"

// placeholders until the real ones stand in oauth_*.go (delete this file)
type authority struct{}

type grantInfo struct {
	account *account
	user    *user
	scopes  map[string]bool
	kind    string
}

func newAuthority(s *Simulator) *authority                                  { return &authority{} }
func (s *Simulator) authorise(r *http.Request) (*grantInfo, bool)           { return nil, false }
func (s *Simulator) routesOAuth(mux *http.ServeMux)                         {}
func (s *Simulator) issue(a *account, u *user, scope string) map[string]any { return nil }
func (s *Simulator) oauthState() map[string]any                             { return nil }

func (a *authority) base() string { return "http://sipgate.invalid" }

package simulator

import (
	"fmt"
	"maps"
)

// Token returns what the token endpoint returns after the user has signed in.
// Empty arguments mean the first account, its first user, and the scope "all".
func (s *Simulator) Token(accountID, userID, scope string) (map[string]any, error) {
	a, err := s.account(accountID)
	if err != nil {
		return nil, err
	}
	u := a.users[0]
	if userID != "" {
		if u = a.user(userID); u == nil {
			return nil, fmt.Errorf("no user %q in account %s", userID, a.id)
		}
	}
	if scope == "" {
		scope = "all"
	}
	return s.issue(u, scope), nil
}

// State returns what a program needs to sign in: accounts with their users,
// passwords, devices and numbers, the OAuth clients and personal access tokens.
func (s *Simulator) State() map[string]any {
	state := map[string]any{"visibility": s.opts.Visibility, "accounts": s.accountsState()}
	maps.Copy(state, s.oauthState())
	return state
}

func (s *Simulator) accountsState() []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []any
	for _, a := range s.accounts {
		numbers, groups, users, channels := []any{}, []any{}, []any{}, []any{}
		for _, c := range a.channels {
			channels = append(channels, c.state())
		}
		for _, n := range a.numbers {
			numbers = append(numbers, map[string]string{"number": n.e164, "endpoint": n.endpoint, "alias": n.alias})
		}
		for _, g := range a.groups {
			groups = append(groups, map[string]any{"id": g.id, "alias": g.alias, "users": ids(g.members)})
		}
		for _, u := range a.users {
			users = append(users, u.state())
		}
		list = append(list, map[string]any{
			"id": a.id, "masterSipId": a.id, "company": a.company, "domain": a.domain, "locale": a.locale, "platform": a.platform.Load().Name,
			"users": users, "numbers": numbers, "groups": groups, "channels": channels, "push": a.push,
		})
	}
	return list
}

func (u *user) state() map[string]any {
	devices := []any{}
	for _, d := range u.devices {
		devices = append(devices, d.state())
	}
	return map[string]any{
		"id": u.id, "fullUserId": u.fullID(), "firstname": u.first, "lastname": u.last, "name": u.name(),
		"email": u.email, "username": u.email, "password": u.password, "admin": u.admin,
		"devices": devices, "number": u.number(), "phoneline": u.phoneline,
	}
}

func ids(users []*user) []string {
	var list []string
	for _, u := range users {
		list = append(list, u.id)
	}
	return list
}

// AdminToken returns a personal access token of the first user of the first
// account, who is an admin there.
func (s *Simulator) AdminToken() (account, tokenID, token string) {
	for _, p := range s.auth.personalTokens() {
		if p.user == s.accounts[0].users[0] {
			return p.user.account.id, p.id, p.secret
		}
	}
	return "", "", ""
}

// SetPushURLs makes the accounts that have calls in scripts send all their push
// events to what address returns, as their administrators would in their
// settings.
func (s *Simulator) SetPushURLs(address func(account string) string) error {
	for _, a := range s.scriptedAccounts() {
		url := address(a.id)
		in := pushSettingsRequest{IncomingURL: url, OutgoingURL: url}
		if err := in.check(); err != nil {
			return err
		}
		s.mu.Lock()
		a.push.IncomingURL, a.push.OutgoingURL = url, url
		for _, c := range a.channels {
			c.incomingURL, c.outgoingURL = url, url
		}
		s.mu.Unlock()
	}
	return nil
}

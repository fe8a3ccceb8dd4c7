package simulator

import (
	"net/http"
	"slices"
)

// getUserInfo returns the user of the token. Users of different accounts can
// have the same sub.
func (s *Simulator) getUserInfo(q *apiRequest) response {
	a := q.auth.account
	return okJSON(map[string]string{
		"sub": q.auth.user.id, "domain": a.domain, "masterSipId": a.id, "locale": a.locale,
	})
}

func (u *user) json() map[string]any {
	return map[string]any{
		"id": u.id, "firstname": u.first, "lastname": u.last, "email": u.email,
		"defaultDevice": u.devices[0].id, "busyOnBusy": false, "addressId": "1",
		"directDialIds": []string{}, "timezone": "Europe/Berlin", "admin": u.admin,
	}
}

func (s *Simulator) listUsers(q *apiRequest) response {
	var list []map[string]any
	for _, u := range q.auth.account.users {
		list = append(list, u.json())
	}
	return okJSON(items(list))
}

func (s *Simulator) getUser(q *apiRequest) response {
	u := q.auth.account.user(q.args["id"])
	if u == nil {
		return notFound
	}
	return okJSON(u.json())
}

// onUser applies f to the user in the path, any user of the account.
func onUser(q *apiRequest, f func(a *account, u *user) response) response {
	u := q.auth.account.user(q.args["userId"])
	if u == nil {
		return notFound
	}
	return f(q.auth.account, u)
}

type routing struct {
	ID    string `json:"id"`
	Alias string `json:"alias"`
}

func (n *number) json() map[string]any {
	endpoint, url := n.endpoint, "/groups/"+n.endpoint
	switch {
	case n.account.neo():
		endpoint = n.account.channelOf(n.endpoint).id
		url = "/channels/" + endpoint
	case n.endpoint[0] == 'p':
		url = "/w" + n.endpoint[1:] + "/phonelines/" + n.endpoint
	}
	return map[string]any{
		"id": n.id, "number": n.e164, "localized": "0" + n.e164[len("+49"):], "type": "LANDLINE",
		"endpointId": endpoint, "endpointAlias": n.alias, "endpointUrl": url,
	}
}

// numbersJSON returns the numbers of the account for which take is true.
func (a *account) numbersJSON(take func(*number) bool) []map[string]any {
	list := []map[string]any{}
	for _, n := range a.numbers {
		if take(n) {
			list = append(list, n.json())
		}
	}
	return list
}

func (s *Simulator) listNumbers(q *apiRequest) response {
	list := q.auth.account.numbersJSON(func(*number) bool { return true })
	return page(q, list, func(part []map[string]any) any { return items(part) })
}

// page responds with the part of list that offset and limit select.
func page[T any](q *apiRequest, list []T, wrap func([]T) any) response {
	offset, err := parseInt(q.URL.Query(), "offset", 0, 1<<31-1)
	if err != nil {
		return invalid(err)
	}
	limit, err := parseInt(q.URL.Query(), "limit", 5000, 1<<31-1)
	if err != nil {
		return invalid(err)
	}
	list = list[min(offset, len(list)):]
	return okJSON(wrap(list[:min(limit, len(list))]))
}

func (s *Simulator) listUserNumbers(q *apiRequest) response {
	return onUser(q, func(a *account, u *user) response {
		return okJSON(items(a.numbersJSON(func(n *number) bool { return n.endpoint == u.phoneline })))
	})
}

// listEndpointNumbers lists the numbers of the group or phone line in the path.
func (s *Simulator) listEndpointNumbers(q *apiRequest) response {
	list := q.auth.account.numbersJSON(func(n *number) bool { return n.endpoint == q.args["id"] })
	if len(list) == 0 {
		return notFound
	}
	return okJSON(items(list))
}

// onPhoneline applies f to the user whose phone line is in the path.
func onPhoneline(q *apiRequest, f func(u *user) response) response {
	return onUser(q, func(_ *account, u *user) response {
		if q.args["id"] != u.phoneline {
			return notFound
		}
		return f(u)
	})
}

func (s *Simulator) getPhoneline(q *apiRequest) response {
	return onPhoneline(q, func(u *user) response {
		return okJSON(map[string]any{"id": u.phoneline, "alias": u.name(), "voicemails": []any{}})
	})
}

func (s *Simulator) listPhonelineDevices(q *apiRequest) response {
	return onPhoneline(q, func(u *user) response {
		s.mu.Lock()
		defer s.mu.Unlock()
		var list []map[string]any
		for _, d := range u.devices {
			list = append(list, d.json())
		}
		return okJSON(items(list))
	})
}

func (s *Simulator) listPhonelines(q *apiRequest) response {
	return onUser(q, func(a *account, u *user) response {
		base := "/" + u.id + "/phonelines/" + u.phoneline
		return okJSON(items([]map[string]string{{
			"id": u.phoneline, "alias": u.name(),
			"blockAnonymousUrl": base + "/blockanonymous", "devicesUrl": base + "/devices",
			"forwardingsUrl": base + "/forwardings", "numbersUrl": base + "/numbers",
			"parallelForwardingsUrl": base + "/parallelforwardings", "voicemailsUrl": base + "/voicemails",
		}}))
	})
}

func (s *Simulator) listGroups(q *apiRequest) response {
	id := q.URL.Query().Get("userId")
	var list []map[string]any
	for i, g := range q.auth.account.groups {
		if id == "" || slices.Contains(g.members, q.auth.account.user(id)) {
			list = append(list, g.json(i))
		}
	}
	return okJSON(items(list))
}

func (g *group) json(department int) map[string]any {
	return map[string]any{
		"id": g.id, "alias": g.alias, "groupNumbersUrl": "/groups/" + g.id + "/numbers",
		"groupUsersUrl": "/groups/" + g.id + "/users", "departmentId": department,
	}
}

func (s *Simulator) getGroup(q *apiRequest) response {
	for i, g := range q.auth.account.groups {
		if g.id == q.args["id"] {
			return okJSON(g.json(i))
		}
	}
	return notFound
}

func (s *Simulator) listGroupUsers(q *apiRequest) response {
	for _, g := range q.auth.account.groups {
		if g.id != q.args["id"] {
			continue
		}
		var list []map[string]string
		for _, u := range g.members {
			list = append(list, map[string]string{
				"id": u.id, "firstname": u.first, "lastname": u.last, "userUrl": "/users/" + u.id,
			})
		}
		return okJSON(items(list))
	}
	return notFound
}

func (s *Simulator) getAccount(q *apiRequest) response {
	return okJSON(map[string]any{
		"company": q.auth.account.company, "mainProductType": q.auth.account.product(), "logoUrl": "",
		"verified": true, "historyLifeTime": "UNLIMITED",
	})
}

// getBalance responds to admins only.
func (s *Simulator) getBalance(q *apiRequest) response {
	if !q.auth.user.admin {
		return refuse(http.StatusForbidden, "Forbidden")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return okJSON(map[string]any{"amount": q.auth.account.balance, "currency": "EUR"})
}

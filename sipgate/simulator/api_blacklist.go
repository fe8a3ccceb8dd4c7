package simulator

import (
	"net/http"
	"regexp"
	"slices"
)

// blockedNumber is one entry of the list of numbers that may not call. The
// simulator keeps the list and lets everybody call.
type blockedNumber struct {
	PhoneNumber string `json:"phoneNumber"`
	IsBlock     bool   `json:"isBlock"` // its meaning is unknown
}

var blockedFormat = regexp.MustCompile(`^\+?[1-9][0-9]{1,14}$`)

// refuseJSON responds with an error in the form that sipgate describes for the
// operations of this file, and for no others.
func refuseJSON(status int, detail, pointer string) response {
	return response{status: status, body: map[string]any{"errors": []map[string]any{{
		"status": status, "title": http.StatusText(status), "detail": detail, "source": map[string]string{"pointer": pointer},
	}}}}
}

func (s *Simulator) listBlocked(q *apiRequest) response {
	s.mu.Lock()
	defer s.mu.Unlock()
	return okJSON(items(slices.Clone(q.auth.account.blocked)))
}

func (s *Simulator) addBlocked(q *apiRequest) response {
	var in blockedNumber
	if err := decodeStrict(q.body, &in); err != nil {
		return refuseJSON(http.StatusBadRequest, err.Error(), "/")
	}
	if !blockedFormat.MatchString(in.PhoneNumber) {
		return refuseJSON(http.StatusBadRequest, "Invalid phoneNumber supplied", "/phoneNumber")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := q.auth.account
	if a.blockedAt(in.PhoneNumber) >= 0 {
		return refuseJSON(http.StatusConflict, "IncomingEntry already exists", "/phoneNumber")
	}
	a.blocked = append(a.blocked, in)
	return response{status: http.StatusCreated, body: in}
}

func (s *Simulator) removeBlocked(q *apiRequest) response {
	number := q.args["phoneNumber"]
	if !blockedFormat.MatchString(number) {
		return refuseJSON(http.StatusBadRequest, "Invalid phoneNumber supplied", "/phoneNumber")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := q.auth.account
	i := a.blockedAt(number)
	if i < 0 {
		return refuseJSON(http.StatusNotFound, "IncomingEntry not found", "/phoneNumber")
	}
	a.blocked = slices.Delete(a.blocked, i, i+1)
	return noContent
}

// blockedAt returns the index of the entry of a number, or -1.
func (a *account) blockedAt(number string) int {
	return slices.IndexFunc(a.blocked, func(b blockedNumber) bool { return sameNumber(b.PhoneNumber, number) })
}

package simulator

import (
	"errors"
	"net/http"
	"strconv"
)

// sms returns the id of the user's extension for text messages.
func (u *user) sms() string { return "s" + u.id[1:] }

func (s *Simulator) listSMSExtensions(q *apiRequest) response {
	return onUser(q, func(_ *account, u *user) response {
		return okJSON(items([]map[string]string{{"id": u.sms(), "alias": "SMS von " + u.name(), "callerId": u.number()}}))
	})
}

// onSMS applies f to the user whose extension for text messages is in the path.
func onSMS(q *apiRequest, f func(u *user) response) response {
	return onUser(q, func(_ *account, u *user) response {
		if q.args["smsId"] != u.sms() {
			return refuse(http.StatusNotFound, "Short message service not found")
		}
		return f(u)
	})
}

func (s *Simulator) listSMSCallerIDs(q *apiRequest) response {
	return onSMS(q, func(u *user) response {
		return okJSON(items([]map[string]any{{"id": 1, "phonenumber": u.number(), "verified": true, "defaultNumber": true}}))
	})
}

// setSMSCallerID accepts the only number that there is. sipgate's own client
// sends the boolean as a string.
func (s *Simulator) setSMSCallerID(q *apiRequest) response {
	var in struct {
		DefaultNumber any `json:"defaultNumber"`
	}
	if err := decodeStrict(q.body, &in); err != nil {
		return invalid(err)
	}
	_, isBool := in.DefaultNumber.(bool)
	if !isBool && in.DefaultNumber != "true" && in.DefaultNumber != "false" {
		return invalid(errors.New("defaultNumber is not a boolean"))
	}
	return onSMS(q, func(*user) response {
		if q.args["id"] != "1" {
			return notFound
		}
		return noContent
	})
}

// sendSMS sends nothing; the text message is in the history.
func (s *Simulator) sendSMS(q *apiRequest) response {
	var in struct {
		SMSID     string  `json:"smsId"`
		Recipient string  `json:"recipient"`
		Message   string  `json:"message"`
		SendAt    float64 `json:"sendAt,omitempty"` // Unix time
	}
	if err := decodeStrict(q.body, &in); err != nil {
		return invalid(err)
	}
	if !numberFormat.MatchString(in.Recipient) || in.Message == "" {
		return invalid(errors.New("recipient is not a number in the form of E.164, or message is empty"))
	}
	u, a := q.auth.user, q.auth.account
	if in.SMSID != u.sms() {
		return refuse(http.StatusForbidden, "Forbidden")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.balance <= 0 {
		return refuse(http.StatusPaymentRequired, "Insufficient funds")
	}
	s.pbx.lastEntry++
	now, to := s.now(), e164(in.Recipient)
	a.history = append(a.history, &historyEntry{
		id: strconv.Itoa(100001233 + s.pbx.lastEntry), kind: "SMS", source: u.number(), target: to, text: in.Message,
		sourceAlias: u.name(), targetAlias: a.alias(to), created: now, modified: now, direction: "OUTGOING", read: true,
		status: "PICKUP", users: []*user{u}, connections: []string{u.sms()}, endpoints: []historyEndpoint{{"ROUTED", u.sms(), "SMS"}},
	})
	return noContent
}

package handlers

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"callboard/sipgate"
	"callboard/sipgate/team"
)

// push takes an event from sipgate. All customers' events are signed with the
// same key, so the signature alone proves little: the address must be the
// team's secret one, and the event must be of the team's account.
//
// The answer is one of two constant documents, and does not wait for the
// database, the API or a browser: a call is being set up meanwhile.
func (h *handlers) push(w http.ResponseWriter, r *http.Request) error {
	account, ok := h.Key.PushAccount(r.PathValue("secret"))
	if !ok {
		return refusePush(w, http.StatusNotFound)
	}
	if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); t != "application/x-www-form-urlencoded" {
		return refusePush(w, http.StatusUnsupportedMediaType)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sipgate.MaxEvent))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refusePush(w, http.StatusRequestEntityTooLarge)
	} else if err != nil {
		return refusePush(w, http.StatusBadRequest)
	}
	signatures := r.Header.Values(sipgate.SignatureHeader)
	if len(signatures) != 1 || sipgate.VerifyPush(h.PushKey, body, signatures[0]) != nil {
		return refusePush(w, http.StatusForbidden)
	}
	event, err := sipgate.ParseEvent(body)
	if err == nil {
		if !ofAccount(event, account) {
			h.Log.Warn("push event of another account", "code", "hook_wrong_account")
			return refusePush(w, http.StatusForbidden)
		}
		h.Exchange.Board(account).Observe(event)
	}
	w.Header().Set("Content-Type", sipgate.PushReplyType)
	_, err = w.Write(sipgate.PushReply(PushURL(h.PublicURL, h.Key, account)))
	return err
}

// ofAccount reports whether an event is of the account: its users' full names
// begin with the account's number. An event without users names none.
func ofAccount(e sipgate.Event, account string) bool {
	for _, full := range e.FullUserIDs {
		if rest, ok := strings.CutPrefix(full, account); !ok || !strings.HasPrefix(rest, "w") {
			return false
		}
	}
	return true
}

func refusePush(w http.ResponseWriter, status int) error {
	w.WriteHeader(status)
	return nil
}

// PushURL is the address to enter at sipgate for the push events of an account.
func PushURL(public *url.URL, key team.Key, account string) string {
	return public.JoinPath("push", key.PushSecret(account)).String()
}

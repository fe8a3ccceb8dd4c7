package handlers

import (
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"os"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/web"
)

// A pushRefusal is why a push event is not taken: the status of the answer,
// which has no body, and the code that names the reason in the log and on the
// status page.
type pushRefusal struct {
	status int
	code   string
}

// Error implements error.
func (r *pushRefusal) Error() string { return r.code }

// The refusals, in the order in which they are thought of.
var (
	pushNoForm   = &pushRefusal{http.StatusUnsupportedMediaType, "hook_type"}
	pushTooLarge = &pushRefusal{http.StatusRequestEntityTooLarge, "hook_too_large"}
	pushTooSlow  = &pushRefusal{http.StatusRequestTimeout, "hook_slow"}
	pushBroken   = &pushRefusal{http.StatusBadRequest, "hook_broken"}
	pushUnsigned = &pushRefusal{http.StatusForbidden, "hook_unsigned"}
	pushTooMany  = &pushRefusal{http.StatusTooManyRequests, "hook_rate"}
	pushForged   = &pushRefusal{http.StatusForbidden, "hook_signature"}
	pushForeign  = &pushRefusal{http.StatusForbidden, "hook_wrong_account"}
)

// push takes an event from sipgate. All customers' events are signed with the
// same key, so the signature alone proves little: the address must be the
// team's secret one, and the event must be of the team's account.
//
// What is cheap is checked first: the address before anything is read, the
// signature, which costs most, after the limits, and the event last.
//
// The answer is one of two constant documents, and does not wait for the
// database, the API or a browser: a call is being set up meanwhile.
func (h *handlers) push(w http.ResponseWriter, r *http.Request) error {
	account, ok := h.Key.PushAccount(r.PathValue("secret"))
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return nil
	}
	gate := h.gate
	reply, err := h.takePush(gate, account, w, r)
	if err != nil {
		return h.refusePush(gate, account, err, w, r)
	}
	w.Header().Set("Content-Type", sipgate.PushReplyType)
	_, err = w.Write(reply)
	return err
}

// takePush hands the event of r on to the board, and returns the reply to it.
// The error is a *pushRefusal. What is signed but tells nothing, or tells it
// again, is no error.
func (h *handlers) takePush(gate *pushGate, account string, w http.ResponseWriter, r *http.Request) (reply []byte, err error) {
	body, err := readPush(w, r)
	if err != nil {
		return nil, err
	}
	signature, err := pushSignature(r, gate.key)
	if err != nil {
		return nil, err
	}
	if err := gate.authenticate(account, web.ClientIP(r), body, signature); err != nil {
		return nil, err
	}
	event, err := sipgate.ParseEvent(body)
	if err != nil {
		h.ignorePush(gate, account, err, r)
		return neutralReply, nil
	}
	fresh, err := gate.take(account, body, event)
	if err != nil {
		return nil, err
	}
	if fresh {
		h.Exchange.Board(account).Observe(event)
	}
	if event.Kind == sipgate.EventNewCall {
		return gate.askingReply(account), nil
	}
	return neutralReply, nil
}

// readPush reads a body that is a form, or does not say what it is: then the
// signature tells.
func readPush(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if t := r.Header.Get("Content-Type"); t != "" {
		if t, _, err := mime.ParseMediaType(t); err != nil || t != "application/x-www-form-urlencoded" {
			return nil, pushNoForm
		}
	}
	if r.ContentLength > sipgate.MaxEvent {
		return nil, pushTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sipgate.MaxEvent))
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, pushTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, pushTooSlow
	}
	return nil, pushBroken
}

// refusePush answers without a word.
func (h *handlers) refusePush(gate *pushGate, account string, err error, w http.ResponseWriter, r *http.Request) error {
	refusal, ok := errors.AsType[*pushRefusal](err)
	if !ok {
		return err
	}
	gate.count(account, refusal.code)
	level := slog.LevelInfo
	if refusal == pushForeign || refusal == pushForged {
		level = slog.LevelWarn
	}
	h.Log.Log(r.Context(), level, "push event refused", "id", web.RequestID(r.Context()), "account", account, "code", refusal.code)
	switch refusal {
	case pushTooLarge, pushTooSlow, pushBroken:
		w.Header().Set("Connection", "close") // rather than read what is not wanted
	}
	w.WriteHeader(refusal.status)
	return nil
}

// ignorePush notes an event that sipgate signed and nobody here understands.
func (h *handlers) ignorePush(gate *pushGate, account string, err error, r *http.Request) {
	code := "hook_invalid"
	if e, ok := errors.AsType[*sipgate.ValueError](err); ok {
		code = e.Code
	}
	gate.count(account, code)
	h.Log.Info("push event ignored", "id", web.RequestID(r.Context()), "account", account, "code", code)
}

// PushURL is the address to enter at sipgate for the push events of an account.
func PushURL(public *url.URL, key team.Key, account string) string {
	return public.JoinPath("push", key.PushSecret(account)).String()
}

package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"callboard/web"
	"callboard/web/forward"
)

// callbackPath is where sipgate leads a browser back to.
const callbackPath = "/oauth/callback"

// A completedLogin is what a node has learned from sipgate of the user who came back
// from there. It goes sealed to the node at which the team is at home, and never to
// the browser.
type completedLogin struct {
	SignIn  SignIn        `json:"sign_in"`
	Access  string        `json:"access"`
	Refresh string        `json:"refresh"`
	Scope   string        `json:"scope"`
	Life    time.Duration `json:"life"`
	Next    string        `json:"next"`
}

const maxLogin = 64 << 10 // bytes of a completedLogin

// completeLoginAtHome has the home of the user's team complete a sign-in.
func (h *handlers) completeLoginAtHome(w http.ResponseWriter, r *http.Request, l completedLogin) error {
	if h.Nodes == nil {
		return h.completeLogin(w, r, l)
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	out := withoutCancel(r)
	out.Method, out.Body = http.MethodPost, io.NopCloser(bytes.NewReader(h.Nodes.Seal(text)))
	err = h.Nodes.At(w, out, l.SignIn.Account, 0, func(w http.ResponseWriter, here *http.Request) error {
		return h.completeLogin(w, r.WithContext(here.Context()), l)
	})
	if errors.Is(err, forward.ErrUnknown) {
		return fmt.Errorf("%w: %w", web.Fault{Status: http.StatusBadGateway, Code: web.CodeLoginFailed}, err)
	}
	return err
}

// receiveLogin completes a sign-in that another node has begun.
func (h *handlers) receiveLogin(w http.ResponseWriter, r *http.Request) error {
	sealed, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLogin))
	if err != nil {
		return err
	}
	text, err := h.Nodes.Open(sealed)
	if err != nil {
		return fmt.Errorf("%w: %w", web.Fault{Status: http.StatusBadGateway, Code: web.CodeLoginFailed}, err)
	}
	var l completedLogin
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	return h.completeLogin(w, r, l)
}

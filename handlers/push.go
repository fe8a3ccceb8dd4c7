package handlers

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
	"callboard/web"
)

// pushStatuses are the statuses of refused push events.
var pushStatuses = map[webhook.Refusal]int{
	webhook.ErrNotServed:    http.StatusNotFound,
	webhook.ErrMediaType:    http.StatusUnsupportedMediaType,
	webhook.ErrTooLarge:     http.StatusRequestEntityTooLarge,
	webhook.ErrSlow:         http.StatusRequestTimeout,
	webhook.ErrBroken:       http.StatusBadRequest,
	webhook.ErrUnsigned:     http.StatusForbidden,
	webhook.ErrRate:         http.StatusTooManyRequests,
	webhook.ErrSignature:    http.StatusForbidden,
	webhook.ErrWrongAccount: http.StatusForbidden,
}

// push takes an event from sipgate at an account's secret address, and answers
// with a constant document, with that of a program which the team has asked to
// decide, or with an empty refusal. It waits for neither the database nor the API
// nor a browser, since a call is being set up.
func (h *handlers) push(w http.ResponseWriter, r *http.Request) error {
	account, ok := h.Key.PushAccount(r.PathValue("secret"))
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return nil
	}
	d := webhook.Delivery{RequestID: web.RequestID(r.Context()), Account: account,
		Signatures: r.Header.Values(sipgate.SignatureHeader), Header: r.Header, From: web.ClientIP(r).String()}
	d.Body, d.Err = readPush(w, r)
	reply, err := h.Receiver.Receive(d)
	if refusal, ok := errors.AsType[webhook.Refusal](err); ok {
		w.WriteHeader(pushStatuses[refusal])
		return nil
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", sipgate.PushReplyType)
	_, err = w.Write(reply)
	return err
}

// readPush reads a form, or a body without a type, whose signature shows what
// it is. The error is a webhook.Refusal.
func readPush(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if t := r.Header.Get("Content-Type"); t != "" {
		if t, _, err := mime.ParseMediaType(t); err != nil || t != "application/x-www-form-urlencoded" {
			return nil, webhook.ErrMediaType
		}
	}
	refusal := webhook.ErrTooLarge
	if r.ContentLength <= sipgate.MaxEventSize {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, sipgate.MaxEventSize))
		if err == nil {
			return body, nil
		}
		refusal = readRefusal(err)
	}
	w.Header().Set("Connection", "close") // do not read the rest of the body
	return nil, refusal
}

// readRefusal says why a body could not be read.
func readRefusal(err error) webhook.Refusal {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return webhook.ErrTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return webhook.ErrSlow
	}
	return webhook.ErrBroken
}

// PushURL returns the address to enter at sipgate for an account's push events.
func PushURL(public *url.URL, key team.Key, account string) string {
	return public.JoinPath("push", key.PushSecret(account)).String()
}

package sipgate

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// responseError returns the error of a response other than 2xx.
func responseError(r request, resp *http.Response, body []byte) *Error {
	kind := kindOfStatus(resp.StatusCode, r.aboutCall())
	if unsupported(resp.StatusCode, body) {
		kind = Unsupported
	}
	text := errorText(resp.StatusCode, body)
	return &Error{
		Op:             r.op(),
		Status:         resp.StatusCode,
		Kind:           kind,
		MayHaveArrived: kind == Unavailable,
		RefusedField:   refusedField(resp.StatusCode, text),
		RetryAfter:     retryAfter(resp.Header),
		Err:            errors.New(text),
	}
}

// refusedField returns the field that sipgate's error text refers to. The text
// may be missing or change: use the result only to choose a message.
func refusedField(status int, text string) string {
	if status != http.StatusBadRequest {
		return ""
	}
	text = strings.ToLower(text)
	for _, a := range [][2]string{
		{"announcement", RefusedSilence}, {"device", RefusedDevice}, {"callerid", RefusedCallerID}, {"caller id", RefusedCallerID},
		{"callee", RefusedCallee}, {"target", RefusedCallee}, {"caller", RefusedCaller}, {"number", RefusedCallee},
	} {
		if strings.Contains(text, a[0]) {
			return a[1]
		}
	}
	return ""
}

// kindOfStatus returns the Kind of a status other than 2xx. Except for
// Unsupported only the status counts: sipgate's error bodies are empty, text
// or JSON of several forms.
func kindOfStatus(status int, ofCall bool) Kind {
	switch status {
	case http.StatusUnauthorized:
		return Unauthorized
	case http.StatusForbidden:
		return Forbidden
	case http.StatusNotImplemented:
		return Unsupported
	case http.StatusBadRequest, http.StatusUnprocessableEntity,
		http.StatusConflict, http.StatusRequestEntityTooLarge: // 409: wrong phase of the call
		return Invalid
	case http.StatusPaymentRequired:
		return NoCredit
	case http.StatusTooManyRequests:
		return Throttled
	case http.StatusNotFound, http.StatusGone:
		if ofCall {
			return NoCall
		}
		return Unreadable
	case http.StatusRequestTimeout:
		return Unavailable
	}
	if status >= 500 {
		return Unavailable
	}
	return Unreadable
}

// maxRetryAfter caps the value of Retry-After.
const maxRetryAfter = 24 * time.Hour

// retryAfter parses the header in both its forms. Invalid values count as
// absent.
func retryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, maxRetryAfter)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// maxErrorText is how many characters of sipgate's error text an error quotes.
const maxErrorText = 200

// errorText returns sipgate's error text for the log: the message of a JSON
// error, else the text, else the name of the status.
func errorText(status int, body []byte) string {
	var reply struct {
		Errors           []struct{ Title, Detail string }
		Name, Message    string
		Error            string
		ErrorDescription string `json:"error_description"`
	}
	text := string(body[:min(len(body), 4096)])
	if json.Unmarshal(body, &reply) == nil {
		text = strings.Join([]string{reply.Name, reply.Message, reply.Error, reply.ErrorDescription}, " ")
		for _, e := range reply.Errors {
			text += " " + e.Title + " " + e.Detail
		}
	}
	if text = oneLine(text, maxErrorText); text != "" {
		return text
	}
	if text = http.StatusText(status); text != "" {
		return text
	}
	return "unexpected answer"
}

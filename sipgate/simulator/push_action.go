package simulator

import (
	"encoding/xml"
	"net/http"
	"strings"
	"time"
)

// PushAction is what a reply to a push event tells sipgate to do with the call.
type PushAction struct {
	Name      string   `json:"name"` // Dial, Play, Gather, Reject or Hangup
	Numbers   []string `json:"numbers,omitempty"`
	Voicemail bool     `json:"voicemail,omitempty"`
	CallerID  string   `json:"callerId,omitempty"`
	Anonymous bool     `json:"anonymous,omitempty"`
	URL       string   `json:"url,omitempty"` // of Play, also within Gather
	OnData    string   `json:"onData,omitempty"`
	MaxDigits string   `json:"maxDigits,omitempty"`
	Timeout   string   `json:"timeout,omitempty"` // in milliseconds
	Reason    string   `json:"reason,omitempty"`
}

// wireAction is the XML of any action.
type wireAction struct {
	XMLName   xml.Name
	CallerID  string    `xml:"callerId,attr"`
	Anonymous string    `xml:"anonymous,attr"`
	OnData    string    `xml:"onData,attr"`
	Type      string    `xml:"type,attr"`
	MaxDigits string    `xml:"maxDigits,attr"`
	Timeout   string    `xml:"timeout,attr"`
	Reason    string    `xml:"reason,attr"`
	Numbers   []string  `xml:"Number"`
	Voicemail *struct{} `xml:"Voicemail"`
	URL       string    `xml:"Url"`
	Play      *struct {
		URL string `xml:"Url"`
	} `xml:"Play"`
}

// maxDialNumbers is the largest number of numbers of a Dial.
const maxDialNumbers = 5

// action returns the action that the XML describes.
func (w *wireAction) action() (PushAction, error) {
	a := PushAction{Name: w.XMLName.Local, CallerID: w.CallerID, Anonymous: w.Anonymous == "true", OnData: w.OnData,
		MaxDigits: w.MaxDigits, Timeout: w.Timeout, URL: strings.TrimSpace(w.URL), Reason: w.Reason, Voicemail: w.Voicemail != nil}
	for _, number := range w.Numbers {
		a.Numbers = append(a.Numbers, strings.TrimSpace(number))
	}
	if w.Play != nil {
		a.URL = strings.TrimSpace(w.Play.URL)
	}
	switch a.Name {
	case "Dial":
		if n := len(a.Numbers); a.Voicemail == (n > 0) || n > maxDialNumbers {
			return a, errReplyDial
		}
	case "Play":
		if !isAbsoluteURL(a.URL) {
			return a, errReplyPlay
		}
	case "Gather":
		if !isAbsoluteURL(a.OnData) || w.Type != "" && w.Type != "dtmf" {
			return a, errReplyGather
		}
	case "Reject":
		if a.Reason == "" {
			a.Reason = "rejected"
		}
		if a.Reason != "rejected" && a.Reason != "busy" {
			return a, errReplyReject
		}
	case "Hangup":
	default:
		return a, errReplyName
	}
	return a, nil
}

// PushReply is what a receiver replied to a newCall event.
type PushReply struct {
	At          time.Time   `json:"at"`
	Account     string      `json:"account"`
	CallID      string      `json:"callId"`
	URL         string      `json:"url"`
	Status      int         `json:"status"` // 0 without a response
	ContentType string      `json:"contentType"`
	Body        string      `json:"body"`
	OnAnswer    string      `json:"onAnswer"`
	OnHangup    string      `json:"onHangup"`
	Action      *PushAction `json:"action"` // nil: the call proceeds
	Error       string      `json:"error"`  // why the reply has no effect
}

// PushReplies returns the latest replies to newCall events, oldest first.
func (s *Simulator) PushReplies() []PushReply {
	s.dispatcher.mu.Lock()
	defer s.dispatcher.mu.Unlock()
	return orEmpty(s.dispatcher.shown)
}

func (s *Simulator) controlPushReplies(w http.ResponseWriter, _ *http.Request) {
	okJSON(s.PushReplies()).write(w)
}

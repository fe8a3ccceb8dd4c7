package simulator

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"io"
	"mime"
	"net/http"
)

// pushReply is a reply to a newCall event.
type pushReply struct {
	OnAnswer, OnHangup string
	Action             *PushAction // nil: the call proceeds
}

// readReply reads the body of a reply. It decompresses gzip, because the request
// accepts it.
func readReply(resp *http.Response) ([]byte, error) {
	body := io.Reader(io.LimitReader(resp.Body, maxReply))
	if resp.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = io.LimitReader(z, maxReply)
	}
	return io.ReadAll(body)
}

// replyError is an error with sipgate's text for the webhook log.
type replyError string

func (e replyError) Error() string { return string(e) }

const (
	errReplyType   replyError = "Response does not have content type application/xml"
	errReplyRoot   replyError = "Root element is not Response"
	errReplyMany   replyError = "Response has more than one action"
	errReplyName   replyError = "Response has an unknown action"
	errReplyURL    replyError = "onAnswer or onHangup is not an absolute http or https address"
	errReplyDial   replyError = "Dial has neither Voicemail nor one to five Numbers"
	errReplyPlay   replyError = "Play has no Url"
	errReplyGather replyError = "Gather has no absolute onData, or a type other than dtmf"
	errReplyReject replyError = "Reject has a reason other than rejected and busy"
)

// wireReply is the XML of a reply.
type wireReply struct {
	XMLName  xml.Name
	OnAnswer string       `xml:"onAnswer,attr"`
	OnHangup string       `xml:"onHangup,attr"`
	Actions  []wireAction `xml:",any"`
}

// parseReply parses the reply to a newCall event. It checks actions (Dial,
// Play, …), which are not carried out. An empty reply is valid.
func parseReply(contentType string, body []byte) (pushReply, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return pushReply{}, nil
	}
	if media, _, err := mime.ParseMediaType(contentType); err != nil || media != "application/xml" {
		return pushReply{}, errReplyType
	}
	var in wireReply
	if err := xml.Unmarshal(body, &in); err != nil {
		return pushReply{}, err
	}
	switch {
	case in.XMLName.Local != "Response":
		return pushReply{}, errReplyRoot
	case len(in.Actions) > 1:
		return pushReply{}, errReplyMany
	}
	for _, address := range []string{in.OnAnswer, in.OnHangup} {
		if address != "" && !isAbsoluteURL(address) {
			return pushReply{}, errReplyURL
		}
	}
	reply := pushReply{OnAnswer: in.OnAnswer, OnHangup: in.OnHangup}
	if len(in.Actions) == 1 {
		action, err := in.Actions[0].action()
		if err != nil {
			return pushReply{}, err
		}
		reply.Action = &action
	}
	return reply, nil
}

package relay

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/url"
	"strings"
)

// A document is a reply to a newCall event: what sipgate does with the call, and
// where it sends the call's further events.
type document struct {
	onAnswer, onHangup string // "" if these events are not wanted

	before, after []byte // around the first tag
	attrs         []xml.Attr
	closed        bool // the first tag is the last one, too
}

// parseReply parses a reply. It reports false for what is not exactly one whole
// Response of XML.
func parseReply(body []byte) (d document, ok bool) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	var open []xml.Name // elements
	roots := 0
	for {
		from := decoder.InputOffset()
		token, err := decoder.RawToken()
		if err == io.EOF {
			return d, roots == 1 && len(open) == 0
		}
		if err != nil {
			return d, false
		}
		switch token := token.(type) {
		case xml.StartElement:
			if open = append(open, token.Name); len(open) > 1 {
				continue
			}
			if roots++; token.Name.Local != "Response" || token.Name.Space != "" || roots > 1 {
				return d, false
			}
			to := decoder.InputOffset()
			d.before, d.after, d.closed = body[:from], body[to:], bytes.HasSuffix(body[from:to], []byte("/>"))
			for _, a := range token.Attr {
				switch a.Name.Local {
				case "onAnswer":
					d.onAnswer = strings.TrimSpace(a.Value)
				case "onHangup":
					d.onHangup = strings.TrimSpace(a.Value)
				default:
					d.attrs = append(d.attrs, a)
				}
			}
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1] != token.Name {
				return d, false
			}
			open = open[:len(open)-1]
		}
	}
}

// with returns the reply with another address for the call's further events: sipgate
// sends them to one program only, and we pass them on.
func (d document) with(address string) []byte {
	var b bytes.Buffer
	b.Write(d.before)
	b.WriteString("<Response")
	for _, a := range append([]xml.Attr{{Name: xml.Name{Local: "onAnswer"}, Value: address}, {Name: xml.Name{Local: "onHangup"}, Value: address}}, d.attrs...) {
		b.WriteByte(' ')
		if a.Name.Space != "" {
			b.WriteString(a.Name.Space + ":")
		}
		b.WriteString(a.Name.Local + `="`)
		xml.EscapeText(&b, []byte(a.Value)) // writing to memory does not fail
		b.WriteByte('"')
	}
	if d.closed {
		b.WriteByte('/')
	}
	b.WriteByte('>')
	b.Write(d.after)
	return b.Bytes()
}

// sameSecurity reports whether an address that a program names may be used: https, or
// http for a program that is reached by http itself.
func sameSecurity(address, base string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && strings.HasPrefix(base, "http:")
}

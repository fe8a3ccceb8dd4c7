package views

import (
	"bytes"
	"encoding/json"
)

// Frame is one message of the feed: the element target (a CSS selector) is to
// become html. The browser changes only what differs, so that focus, caret and
// open dialogs stay. The result is valid JSON whatever html contains.
func Frame(target string, html []byte) []byte { return frame(target, "outerMorph", html) }

// NoticeFrame is a message of the feed that shows html, a [Notice], above the
// page.
func NoticeFrame(html []byte) []byte { return frame("#notices", "beforeend", html) }

func frame(target, swap string, html []byte) []byte {
	var buf bytes.Buffer
	buf.Grow(len(html) + len(html)/8 + 80)
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // it is read by JSON.parse, never as part of a page
	err := enc.Encode(struct {
		Target  string `json:"target"`
		Swap    string `json:"swap"`
		Content string `json:"content"`
	}{target, swap, string(html)})
	if err != nil {
		panic(err) // strings always encode
	}
	return bytes.TrimRight(buf.Bytes(), "\n")
}

package views

import (
	"bytes"
	"encoding/json"
)

// Frame returns a message of the feed that replaces the element target (a CSS
// selector) with html. The browser changes only what differs, which keeps focus,
// caret and open dialogs. The result is valid JSON for any html.
func Frame(target string, html []byte) []byte { return frame(target, "outerMorph", html) }

// NoticeFrame returns a message of the feed that shows html, a [Notice], above
// the page.
func NoticeFrame(html []byte) []byte { return frame("#notices", "beforeend", html) }

func frame(target, swap string, html []byte) []byte {
	var buf bytes.Buffer
	buf.Grow(len(html) + len(html)/8 + 80)
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // read by JSON.parse, never embedded in a page
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

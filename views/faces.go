package views

import (
	"bytes"
	"context"
	"sync"

	"github.com/a-h/templ"
)

// A faceKey names a drawing together with a word.
type iconLabelKey struct {
	lang        Lang
	drawn, word string
	hidden      bool // the word is for screen readers only
}

// faces are the drawings with words that rows are made of, rendered once: a
// row has eight or nine of them, and they are always the same.
var iconLabels = struct {
	sync.RWMutex
	made map[iconLabelKey]iconLabel
}{made: map[iconLabelKey]iconLabel{}}

type iconLabel struct {
	word string
	html templ.Component
}

// faceOf returns the word for a key, and a drawing with this word below it.
func labelledIcon(lang Lang, drawn, key string) (string, templ.Component) {
	return cachedIconLabel(iconLabelKey{lang, drawn, key, false})
}

// hiddenFaceOf is faceOf with a word that is not to be seen.
func hiddenLabelIcon(lang Lang, drawn, key string) (string, templ.Component) {
	return cachedIconLabel(iconLabelKey{lang, drawn, key, true})
}

func cachedIconLabel(k iconLabelKey) (string, templ.Component) {
	iconLabels.RLock()
	f, ok := iconLabels.made[k]
	iconLabels.RUnlock()
	if ok {
		return f.word, f.html
	}
	word := k.lang.T(k.word)
	draw := iconWithLabel
	switch {
	case k.hidden:
		draw = iconWithHiddenLabel
	case k.drawn == "resume", k.drawn == "unmute", k.drawn == "stop":
		draw = iconWithUndoLabel
	}
	var buf bytes.Buffer
	if err := draw(icon(k.drawn), word).Render(context.Background(), &buf); err != nil {
		panic(err) // into memory, of constants
	}
	f = iconLabel{word, raw(buf.Bytes())}
	iconLabels.Lock()
	defer iconLabels.Unlock()
	iconLabels.made[k] = f
	return f.word, f.html
}

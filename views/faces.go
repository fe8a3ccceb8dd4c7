package views

import (
	"bytes"
	"context"
	"sync"

	"github.com/a-h/templ"
)

// A faceKey names a drawing together with a word.
type faceKey struct {
	lang        Lang
	drawn, word string
	hidden      bool // the word is for screen readers only
}

// faces are the drawings with words that rows are made of, rendered once: a
// row has eight or nine of them, and they are always the same.
var faces = struct {
	sync.RWMutex
	made map[faceKey]madeFace
}{made: map[faceKey]madeFace{}}

type madeFace struct {
	word string
	html templ.Component
}

// faceOf returns the word for a key, and a drawing with this word below it.
func faceOf(lang Lang, drawn, key string) (string, templ.Component) {
	return makeFace(faceKey{lang, drawn, key, false})
}

// hiddenFaceOf is faceOf with a word that is not to be seen.
func hiddenFaceOf(lang Lang, drawn, key string) (string, templ.Component) {
	return makeFace(faceKey{lang, drawn, key, true})
}

func makeFace(k faceKey) (string, templ.Component) {
	faces.RLock()
	f, ok := faces.made[k]
	faces.RUnlock()
	if ok {
		return f.word, f.html
	}
	word := k.lang.T(k.word)
	draw := face
	switch {
	case k.hidden:
		draw = hiddenFace
	case k.drawn == "resume", k.drawn == "unmute", k.drawn == "stop":
		draw = backFace
	}
	var buf bytes.Buffer
	if err := draw(icon(k.drawn), word).Render(context.Background(), &buf); err != nil {
		panic(err) // into memory, of constants
	}
	f = madeFace{word, raw(buf.Bytes())}
	faces.Lock()
	defer faces.Unlock()
	faces.made[k] = f
	return f.word, f.html
}

package views

import (
	"bytes"
	"context"
	"sync"

	"github.com/a-h/templ"
)

// iconLabelKey identifies an icon with a label.
type iconLabelKey struct {
	lang      Lang
	icon, key string
	hidden    bool // the label is for screen readers only
}

// iconLabels caches the rendered icons with labels: a row has eight or nine, and
// they are the same in all rows.
var iconLabels = struct {
	sync.RWMutex
	rendered map[iconLabelKey]templ.Component
}{rendered: map[iconLabelKey]templ.Component{}}

// iconLabel returns an icon with the text for a key as its label.
func iconLabel(lang Lang, name, key string) templ.Component {
	return cachedIconLabel(iconLabelKey{lang, name, key, false})
}

// hiddenIconLabel returns an icon with a label for screen readers only.
func hiddenIconLabel(lang Lang, name, key string) templ.Component {
	return cachedIconLabel(iconLabelKey{lang, name, key, true})
}

func cachedIconLabel(k iconLabelKey) templ.Component {
	iconLabels.RLock()
	label, ok := iconLabels.rendered[k]
	iconLabels.RUnlock()
	if ok {
		return label
	}
	view := iconWithLabel
	switch {
	case k.hidden:
		view = iconWithHiddenLabel
	case k.icon == "resume", k.icon == "unmute", k.icon == "stop":
		view = iconWithUndoLabel
	}
	var buf bytes.Buffer
	if err := view(icon(k.icon), k.lang.T(k.key)).Render(context.Background(), &buf); err != nil {
		panic(err) // into memory, of constants
	}
	label = raw(buf.Bytes())
	iconLabels.Lock()
	defer iconLabels.Unlock()
	iconLabels.rendered[k] = label
	return label
}

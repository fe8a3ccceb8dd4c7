package gallery

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"callboard/static"
	"callboard/views"
)

// Themes are the themes a preview can be shown in whatever the browser prefers.
var Themes = []string{"light", "dark"}

// Langs are the languages a preview can be shown in. The last one,
// [views.Pseudo], has longer texts than all others.
var Langs = append(slices.Clone(views.Langs), views.Pseudo)

// built returns the examples of a language. They are built when they are needed
// first: each preview shows one of them.
var built = map[views.Lang]func() []Example{}

func init() {
	for _, lang := range Langs {
		built[lang] = sync.OnceValue(func() []Example { return Examples(lang) })
	}
}

// Preview returns the example with a name as a whole page: a full page as it
// is, a fragment inside the layout with its style sheets and scripts. The
// preview does not open the feed, and its clock stands still. Preview returns
// nil if no example has the name, or none is in the language. An unknown theme leaves the choice to the
// browser.
func Preview(name string, lang views.Lang, theme string) templ.Component {
	if built[lang] == nil {
		return nil
	}
	examples := built[lang]()
	i := slices.IndexFunc(examples, func(e Example) bool { return e.Name == name })
	if i < 0 {
		return nil
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		html, err := pageHTML(ctx, examples[i], lang)
		if err != nil {
			return err
		}
		root := `<html data-gallery="` + name + `" `
		if slices.Contains(Themes, theme) {
			root += `data-theme="` + theme + `" `
		}
		_, err = strings.NewReplacer(
			`<html `, root, // browsers take the first of two equal attributes
			`</head>`, `<script defer src="`+static.URL("gallery.js")+`"></script></head>`,
			` data-feed="/feed"`, ``, // the feed has other calls
		).WriteString(w, html)
		return err
	})
}

// pageHTML renders an example as a whole page.
func pageHTML(ctx context.Context, e Example, lang views.Lang) (string, error) {
	var buf bytes.Buffer
	if err := e.View.Render(ctx, &buf); err != nil {
		return "", err
	}
	if bytes.HasPrefix(bytes.ToLower(buf.Bytes()[:min(9, buf.Len())]), []byte("<!doctype")) {
		return buf.String(), nil
	}
	fragment := buf.String()
	buf.Reset()
	err := fragmentPage(withPageStyles(examplePage(lang)), e.Name, fragment, strings.HasPrefix(fragment, "<li")).Render(ctx, &buf)
	return buf.String(), err
}

// withPageStyles adds the style sheets that every page but the board has.
func withPageStyles(p views.Page) views.Page {
	return p.With("overlays.css", "dialogs.css", "pages.css")
}

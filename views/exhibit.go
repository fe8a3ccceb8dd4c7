package views

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"callboard/static"
)

// Themes are those that a page may be shown in whatever the browser prefers.
var Themes = []string{"light", "dark"}

// Exhibit is a picture of the gallery as it really is: a whole page as it
// stands, a part of one inside the layout with its style sheets and script.
// Nothing in it reaches the dashboard's own data, and its time stands still.
// It is nil if there is no such picture. A theme that is not known leaves the
// choice to the browser.
func Exhibit(name string, lang Lang, theme string) templ.Component {
	pictures := Gallery(lang)
	i := slices.IndexFunc(pictures, func(p Picture) bool { return p.Name == name })
	if i < 0 {
		return nil
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		html, err := hung(ctx, pictures[i], lang)
		if err != nil {
			return err
		}
		mark := `<html data-gallery="` + name + `" `
		if slices.Contains(Themes, theme) {
			mark += `data-theme="` + theme + `" `
		}
		_, err = strings.NewReplacer(
			`<html `, mark, // of an attribute that is there twice the first counts
			`</head>`, `<script defer src="`+static.URL("gallery.js")+`"></script></head>`,
			` hx-ws:connect="/feed"`, ``, // the feed has other calls
		).WriteString(w, html)
		return err
	})
}

// hung is the HTML of a picture as a page.
func hung(ctx context.Context, picture Picture, lang Lang) (string, error) {
	var buf bytes.Buffer
	if err := picture.Show.Render(ctx, &buf); err != nil {
		return "", err
	}
	if whole := bytes.HasPrefix(bytes.ToLower(buf.Bytes()[:min(9, buf.Len())]), []byte("<!doctype")); whole {
		return buf.String(), nil
	}
	part := bytes.Clone(buf.Bytes())
	buf.Reset()
	p := galleryPage(lang)
	err := exhibited(p.aside(), picture.Name, part, strings.HasPrefix(string(part), "<li")).Render(ctx, &buf)
	return buf.String(), err
}

// GalleryNames are the names of all pictures.
func GalleryNames() (names []string) {
	for _, p := range Gallery(English) {
		names = append(names, p.Name)
	}
	return names
}

// GalleryLangs are the languages that pictures can be looked at in, the one that
// is longer than all others last.
var GalleryLangs = append(slices.Clone(Langs), Pseudo)

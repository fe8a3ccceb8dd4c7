package views

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"callboard/sipgate/switchboard"
)

// Allowed says whether a viewer may act on a call. The zero value allows
// everything.
type Allowed struct {
	// Reason is the code of the denial ("role_viewer", "not_yours", …), which has
	// a text; "" allows. Person is the name of the person it is about, if it is
	// about somebody whose name is known.
	Reason, Person string

	// Unsupported are the verbs, separated by spaces, that the platform of the
	// account does not support.
	Unsupported string
}

// unsupportedText returns why the button of a verb is disabled, or "".
func (a Allowed) unsupportedText(v switchboard.Verb, lang Lang) string {
	if slices.Contains(strings.Fields(a.Unsupported), string(v)) {
		return lang.T("why.platform_" + string(v))
	}
	return ""
}

// OK reports whether the viewer may act on the call.
func (a Allowed) OK() bool { return a.Reason == "" }

// text returns why all buttons are disabled, or "".
func (a Allowed) text(lang Lang) string {
	if a.OK() {
		return ""
	}
	return DenialText(lang, a.Reason, a.Person)
}

// DenialText returns why something is denied. person is the name of the person
// whom the reason is about, or "".
func DenialText(lang Lang, reason, person string) string {
	key := "why." + reason
	switch {
	case person != "" && lang.Has(key+".of"):
		return lang.T(key+".of", person)
	case lang.Has(key):
		return lang.T(key)
	}
	return lang.T("why.unknown_deed")
}

// RowFor returns the model of a call's row for a viewer. The result depends only
// on the call, the language, the zone, allowed and the viewer's private names: without
// private names all viewers with equal arguments can share it.
func (f Format) RowFor(c switchboard.Call, allowed Allowed, lang Lang) RowModel {
	f, c = f.withPrivateNames(c)
	m := f.baseRow(c, lang)
	m.Page = m.path("")
	m.addActions(c, allowed, lang)
	return m
}

// A Variant is how a viewer is shown a call: rows of one call in one language
// whose variants are equal are equal.
type Variant struct {
	Allowed
	names string // that only the viewer has for the parties
}

// Variant returns how a viewer is shown a call on which they may act as allowed
// says.
func (f Format) Variant(c *switchboard.Call, allowed Allowed) Variant {
	_, named := f.withPrivateNames(*c)
	return Variant{allowed, privateNames(c, &named)}
}

// RowHTMLFor renders the row of a call for a viewer. Rows without private names
// are rendered once for each change of the call, language, zone and allowed; the bytes
// are shared and must not be changed. Except for PrivateName and Zone, all callers that
// share rows must use an equal f.
func (f Format) RowHTMLFor(ctx context.Context, c switchboard.Call, allowed Allowed, lang Lang) (RenderedRow, error) {
	f, c = f.withPrivateNames(c)
	return cachedRow(ctx, c, "row "+lang.String()+" in "+inZone(f.Zone, time.Time{}).Location().String()+" for "+allowed.Reason+" of "+allowed.Person+" without "+allowed.Unsupported, lang, func() RowModel {
		return f.RowFor(c, allowed, lang)
	})
}

// BoardFor returns the model of the board for a viewer who may act on each call
// as allowed says.
func (f Format) BoardFor(ctx context.Context, calls []switchboard.Call, allowed func(switchboard.Call) Allowed, lang Lang) (BoardModel, error) {
	var b BoardModel
	for _, c := range calls {
		a := allowed(c)
		row, err := f.RowHTMLFor(ctx, c, a, lang)
		if err != nil {
			return BoardModel{}, err
		}
		b.Add(&c, row, a)
	}
	return b, nil
}

// rowBuffers are reused to render rows.
var rowBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// cachedRow returns the row that the call's memo has under key, or renders it.
func cachedRow(ctx context.Context, c switchboard.Call, key string, lang Lang, model func() RowModel) (RenderedRow, error) {
	render := func() ([]byte, error) {
		buf := rowBuffers.Get().(*bytes.Buffer)
		defer rowBuffers.Put(buf)
		buf.Reset()
		err := Row(lang, model()).Render(context.WithoutCancel(ctx), buf)
		return bytes.Clone(buf.Bytes()), err
	}
	if c.Memo == nil {
		return render()
	}
	return c.Memo.Get(key, render)
}

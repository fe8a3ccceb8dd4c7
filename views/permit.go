package views

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"callboard/sipgate/switchboard"
)

// Permit says whether somebody may act on a call. The zero value is a yes.
type Allowed struct {
	// Reason is why not: a reason of the team's policy ("role_viewer",
	// "not_yours", …), for which there are words.
	Reason string

	// Lacks are the verbs, separated by spaces, that sipgate's platform of this
	// account cannot do although the others work.
	Unsupported string
}

// lacks tells why the button of a verb does not work although others do.
func (p Allowed) unsupportedText(v switchboard.Verb, lang Lang) string {
	if slices.Contains(strings.Fields(p.Unsupported), string(v)) {
		return lang.T("why.platform_" + string(v))
	}
	return ""
}

// OK reports whether the buttons work.
func (p Allowed) OK() bool { return p.Reason == "" }

// why is what a person is told about buttons that are off.
func (p Allowed) text(lang Lang) string {
	switch key := "why." + p.Reason; {
	case p.OK():
		return ""
	case lang.Has(key):
		return lang.T(key)
	default:
		return lang.T("why.unknown_deed")
	}
}

// RowFor prepares a call for display to somebody with this permit. The result
// depends on nothing but the call, the language, the permit and names that are
// private: without one it may be rendered once for all who have the rest in
// common.
func (f Format) RowFor(c switchboard.Call, permit Allowed, lang Lang) RowModel {
	f, c = f.withPrivateNames(c)
	m := f.baseRow(c, lang)
	m.Page = m.path("")
	m.addActions(c, permit, lang)
	return m
}

// RowHTMLFor renders the row of a call for somebody with this permit. It is
// done once for each change of the call, language and reason, and shared after
// that: the bytes must not be changed. Rows with a private name are not shared.
// But for Private, f must be the same for all who share.
func (f Format) RowHTMLFor(ctx context.Context, c switchboard.Call, permit Allowed, lang Lang) (RenderedRow, error) {
	f, c = f.withPrivateNames(c)
	return cachedRow(ctx, c, "row "+lang.String()+" for "+permit.Reason+" without "+permit.Unsupported, lang, func() RowModel {
		return f.RowFor(c, permit, lang)
	})
}

// BoardFor prepares all calls for display to somebody who may act on each as
// permit says.
func (f Format) BoardFor(ctx context.Context, calls []switchboard.Call, permit func(switchboard.Call) Allowed, lang Lang) (BoardModel, error) {
	var b BoardModel
	may := 0
	for _, c := range calls {
		p := permit(c)
		row, err := f.RowHTMLFor(ctx, c, p, lang)
		if err != nil {
			return BoardModel{}, err
		}
		b.Add(c, row)
		if p.OK() && c.Phase != switchboard.Ended {
			may++
		}
	}
	b.MayHangUpSeveral = may > 1
	return b, nil
}

// rowBuffers are for rendering rows into; what comes out is copied.
var rowBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// remember renders a row unless the call's memo has it under key.
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
	return c.Memo.Do(key, render)
}

package browser

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/chromedp"
)

// markup are texts that a page must show as they are: each would run a script,
// load something or change the page if it were taken for markup.
var markup = []string{
	`<script>hurt(1)</script>`, `<ScRiPt>hurt(2)</sCrIpT>`, `<script src=//evil.example/3></script>`, `"><script>hurt(4)</script>`, `</title><script>hurt(5)</script>`,
	`</script><script>hurt(6)</script>`, `</textarea><script>hurt(7)</script>`, `</template><script>hurt(8)</script>`, `--><script>hurt(9)</script>`, `]]><script>hurt(10)</script>`,
	`<img src=x onerror=hurt(11)>`, `"><img src=x onerror=hurt(12)>`, `'><img src=x onerror=hurt(13)>`, `<svg onload=hurt(14)>`, `<svg/onload=hurt(15)//`,
	`<svg><script>hurt(16)</script></svg>`, `<math><mi xlink:href="javascript:hurt(17)">`, `<iframe src="javascript:hurt(18)">`, `<iframe srcdoc="<b>19</b>">`, `<object data="javascript:hurt(20)">`,
	`<embed src="javascript:hurt(21)">`, `<base href="//evil.example/22">`, `<link rel=stylesheet href=//evil.example/23>`, `<style>*{display:none}/*24*/</style>`, `<meta http-equiv=refresh content="0;//evil/25">`,
	`<form action=//evil.example/26><button>26`, `<a href="javascript:hurt(27)">27</a>`, `<details open ontoggle=hurt(28)>`, `<input autofocus onfocus=hurt(29)>`, `<video><source onerror=hurt(30)>`,
	`<body onload=hurt(31)>`, `<marquee onstart=hurt(32)>`, `" onmouseover="hurt(33)`, `' onfocus='hurt(34)' autofocus='`, `" hx-get="/logout" hx-trigger="load" x="35`,
	`<b hx-post="/calls/hangup" hx-trigger=load>36</b>`, `<hx-partial hx-target="body">37</hx-partial>`, `javascript:hurt(38)`, `{{constructor.constructor("hurt(39)")()}}`, `&lt;b&gt;40&lt;/b&gt; &amp; ${hurt(40)} %3Cb%3E`,
}

// watchMarkup records whatever markup does in a page, before its scripts run.
const watchMarkup = `
	window.hurts = [];
	for (const f of ["hurt", "alert", "confirm", "prompt"]) window[f] = what => { hurts.push(f + " " + what) };
	addEventListener("securitypolicyviolation", e => hurts.push(e.violatedDirective + " " + e.blockedURI + " " + e.sample));
`

// foreignElements returns what a page has that no view has.
const foreignElements = `[...document.querySelectorAll("*")].filter(e =>
	/^(iframe|object|embed|base|marquee|math|style|hx-partial|video|mi|image)$/.test(e.localName) || e.closest("main, dialog") && /^(script|link|meta|body)$/.test(e.localName) ||
	[...e.attributes].some(a => /^on/.test(a.name) || /^(src|href|action|xlink:href|data)$/.test(a.name) && /^\s*javascript:|evil/.test(a.value) || /^hx-(get|post|trigger)$/.test(a.name) && /logout|hangup\b.*load|^load$/.test(a.value) && !e.id)
).map(e => e.outerHTML.slice(0, 200)).join("\n")`

// shows checks that a page shows so many of the texts, all as they are, and that
// none of them did anything.
func (p *tab) shows(where string, want int) {
	p.t.Helper()
	list, err := json.Marshal(markup)
	if err != nil {
		p.t.Fatal(err)
	}
	p.until(`document.readyState === "complete"`)
	const text = `document.body.textContent + [...document.querySelectorAll("input, textarea")].map(e => e.value).join(" ")`
	if n := eval[int](p, string(list)+".filter(t => ("+text+").includes(t)).length"); n < want {
		p.t.Errorf("%s shows %d of %d texts as they are", where, n, want)
	}
	p.screenshot("markup-" + where)
	if found := eval[string](p, foreignElements); found != "" {
		p.t.Errorf("%s has elements that came in a text:\n%s", where, found)
	}
	if hurts := eval[[]string](p, "hurts"); len(hurts) > 0 {
		p.t.Errorf("%s: a text was run: %q", where, hurts)
	}
}

// newNamesFrom returns the address of a sipgate that is the simulated one with
// texts of markup as the names of people, groups and devices, and as notes.
func newNamesFrom(t *testing.T, simulator string) string {
	to, err := url.Parse(simulator)
	if err != nil {
		t.Fatal(err)
	}
	next, names := 0, map[string]string{}
	fields := []string{"firstname", "lastname", "alias", "note", "sourceAlias", "targetAlias", "fromAlias", "toAlias", "transcription"}
	var rename func(v any)
	rename = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				rename(item)
			}
		case map[string]any:
			for key, value := range v {
				text, ok := value.(string)
				if !ok || text == "" || !slices.Contains(fields, key) {
					rename(value)
					continue
				}
				if names[text] == "" {
					names[text] = markup[next%len(markup)]
					next++
				}
				v[key] = names[text]
			}
		}
	}
	var turn sync.Mutex
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Header.Del("Accept-Encoding") },
		ModifyResponse: func(r *http.Response) error {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			var v any
			if d := json.NewDecoder(bytes.NewReader(body)); r.Request.Method == http.MethodGet && r.StatusCode == http.StatusOK {
				d.UseNumber()
				if d.Decode(&v) == nil {
					turn.Lock()
					rename(v)
					turn.Unlock()
					if body, err = json.Marshal(v); err != nil {
						return err
					}
				}
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Length", fmt.Sprint(len(body)))
			return nil
		},
	}
	srv := httptest.NewServer(proxy)
	t.Cleanup(srv.Close)
	return srv.URL
}

// Whatever callers, colleagues and sipgate call themselves and write is shown as
// it is, on every page and in every dialog, and does nothing.
func TestBrowserShowsMarkupAsText(t *testing.T) {
	t.Parallel()
	s := harness.NewSimulator(t, "-visibility", "account")
	s.Data = t.TempDir()
	s.Args = s.ServeArgs(s.Simulator)
	s.Args[slices.Index(s.Args, "-api")+1] = newNamesFrom(t, s.Simulator) + "/v2/"
	contacts := make([][3]string, len(markup))
	for i, text := range markup {
		contacts[i] = [3]string{text, fmt.Sprintf("+493055510%02d", i), ""}
	}
	s.AddContacts(contacts...)
	s.FillHistory(30)
	s.StartIn(t.TempDir())
	s.PushEvents()
	p := newBrowser(t, s).newTab(t)
	p.beforeScripts(watchMarkup)
	p.signIn("Anna")
	anna := s.SignIn(t, 0)
	calls := make([]string, len(markup))
	for i := range markup {
		calls[i] = s.Ring(contacts[i][1], "w0", "established")
	}
	all := len(markup)
	p.until(`document.querySelectorAll("#board .row").length === %d`, all)
	p.shows("board", all)

	path := "/calls/" + anna.Rows()[0]
	anna.Upload("<img src=x onerror=hurt()>.wav", harness.ToneWAV(500, 1))
	for _, text := range markup {
		if status, body := anna.Post(path+"/notes", url.Values{"text": {text}}.Encode()); status != http.StatusSeeOther {
			t.Fatalf("a note: %d %.300s", status, body)
		}
	}
	if status, body := anna.Post("/walls", url.Values{"name": {markup[10]}, "lang": {"en"}, "names": {"true"}}.Encode()); status >= 400 {
		t.Fatalf("a wallboard: %d %.300s", status, body)
	}
	visit := func(where, address string, want int) {
		t.Helper()
		p.do(chromedp.Navigate(s.URL + address))
		p.shows(where, want)
	}
	visit("call", path, all)
	visit("search", "/search?q="+url.QueryEscape("hurt"), 1)
	visit("transfer", path+"/transfer", 1)
	visit("hang-up", "/calls/hangup", all)
	visit("announcements", "/announcements", 1)
	visit("team", "/team", 2)
	visit("walls", "/walls", 1)
	for _, id := range calls {
		s.HangUp(id)
	}
	visit("board-later", "/", all/2)
	visit("history", "/history", 20)
	visit("history-search", "/history?q="+url.QueryEscape(markup[10]), 1)
	visit("figures", "/figures", 1)
	visit("audit", "/audit", 1)
}

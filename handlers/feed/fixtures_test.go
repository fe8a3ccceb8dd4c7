package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/views"
	"callboard/web"
)

func TestMain(m *testing.M) {
	if order := os.Getenv(browsersOf); order != "" {
		playBrowsers(order)
		return
	}
	goleak.VerifyTestMain(m)
}

var quiet = slog.New(slog.DiscardHandler)

// A viewer is a view whose permissions a test changes. Its private names are made
// up from what it has.
type viewer struct {
	key   string
	lang  views.Lang
	theme string // shown beside the rows

	mu     sync.Mutex
	hidden map[string]bool   // numbers of calls that it does not see
	denied map[string]string // numbers of calls on which it may not act, and why
	names  map[string]string // its private names
	team   []views.Tile      // its colleagues

	refreshed int // calls of Refresh
}

func newViewer(key string, lang views.Lang) *viewer {
	return &viewer{key: key, lang: lang, hidden: map[string]bool{}, denied: map[string]string{}, names: map[string]string{}}
}

func (v *viewer) Key() string      { return v.key }
func (v *viewer) Lang() views.Lang { return v.lang }

func (v *viewer) BeginKey() any { return "" }

// Begin shows of each page when it was made, for a second.
func (v *viewer) Begin(m *views.BoardModel, now time.Time) time.Time {
	for s, rows := range m.Sections {
		for i, row := range rows {
			m.Sections[s][i] = append(slices.Clone(row), fmt.Sprintf("<!-- %d -->", now.Unix())...)
		}
	}
	return now.Truncate(time.Second).Add(time.Second)
}

func (v *viewer) Refresh() { v.change(func() { v.refreshed++ }) }

func (v *viewer) format() views.Format {
	return views.Format{PrivateName: func(number string) string { return v.names[number] }}
}

func (v *viewer) Variant(c *switchboard.Call) (views.Variant, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.hidden[c.Remote.Number] {
		return views.Variant{}, false
	}
	return v.format().Variant(c, views.Allowed{Reason: v.denied[c.Remote.Number]}), true
}

func (v *viewer) Row(ctx context.Context, c *switchboard.Call, variant views.Variant) (views.RenderedRow, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.format().RowHTMLFor(ctx, *c, variant.Allowed, v.lang)
}

func (v *viewer) Team() []views.Tile {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.team)
}

func (v *viewer) OnCall(t views.Tile, c *switchboard.Call, seen bool) views.Tile {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.format().OnCall(t, c, seen, v.lang)
}

func (v *viewer) Parts(context.Context) ([]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return []string{`<div id="preferences" data-theme="` + v.theme + `"></div>`}, nil
}

func (v *viewer) Arrived(context.Context) (string, error) { return "<p>interrupted</p>", nil }

// change changes what the viewer may see and do.
func (v *viewer) change(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f()
}

// A page is what a browser shows: rows by id, and the parts. It is a Socket.
type page struct {
	t testing.TB

	mu       sync.Mutex
	rows     map[string]string
	parts    map[string]string
	have     string
	notices  int
	messages []Message
}

func newPage(t testing.TB) *page {
	return &page{t: t, rows: map[string]string{}, parts: map[string]string{}}
}

// Send implements Socket.
func (p *page) Send(frames ...*web.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range frames {
		var m Message
		if err := json.Unmarshal(f.Text(), &m); err != nil {
			p.t.Errorf("%q: %v", f.Text(), err)
		}
		p.apply(m)
	}
}

var (
	rowOf     = regexp.MustCompile(`(?s)<li class="row" id="([^"]+)".*?</li>`)
	elementID = regexp.MustCompile(`^<\w+ id="([^"]+)"`)
)

// apply does with a message what static/src/connection.js does.
func (p *page) apply(m Message) {
	p.messages = append(p.messages, m)
	if m.Board != "" {
		p.rows = rowsOf(m.Board)
	}
	for _, id := range m.Drop {
		delete(p.rows, id)
	}
	for _, html := range m.Put {
		p.rows[rowOf.FindStringSubmatch(html)[1]] = html
	}
	for _, html := range m.Parts {
		p.parts[elementID.FindStringSubmatch(html)[1]] = html
	}
	if m.Notice != "" {
		p.notices++
	}
	if m.Have != "" {
		p.have = m.Have
	}
}

func rowsOf(board string) map[string]string {
	rows := map[string]string{}
	for _, m := range rowOf.FindAllStringSubmatch(board, -1) {
		rows[m[1]] = m[0]
	}
	return rows
}

// load makes p a page that has just been loaded.
func (p *page) load(f *Feeds, b *switchboard.Board, v View) {
	p.t.Helper()
	loaded, err := f.Page(b, v)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows, p.parts, p.have = rowsOf(string(loaded.list.html)), map[string]string{}, loaded.Have
}

// part returns the newest element with an id.
func (p *page) part(id string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.parts[id]
}

// take returns the messages since the last call.
func (p *page) take() []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() { p.messages = nil }()
	return p.messages
}

// order returns the ids of the rows of each section, as the numbers in the rows
// order them.
func (p *page) order() map[string][]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	type placed struct {
		id string
		no int
	}
	attribute := func(html, name string) string {
		return regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(html)[1]
	}
	sections := map[string][]placed{}
	for id, html := range p.rows {
		no, err := strconv.Atoi(attribute(html, "data-no"))
		if err != nil {
			p.t.Fatal(err)
		}
		in := attribute(html, "data-in")
		sections[in] = append(sections[in], placed{id, no})
	}
	order := map[string][]string{}
	for in, rows := range sections {
		slices.SortFunc(rows, func(x, y placed) int { return x.no - y.no })
		for _, r := range rows {
			order[in] = append(order[in], r.id)
		}
	}
	return order
}

// A fakeAPI is a sipgate that lists the calls that were answered and accepts every
// command.
type fakeAPI struct {
	switchboard.API

	mu    sync.Mutex
	calls []sipgate.Call
	lists int   // requests
	err   error // of lists

	answersAfter time.Duration // commands
}

func (a *fakeAPI) Calls(context.Context) (sipgate.CallList, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.lists++; a.err != nil {
		return nil, a.err
	}
	return json.Marshal(map[string]any{"data": append([]sipgate.Call{}, a.calls...)})
}

// fail sets the error of lists.
func (a *fakeAPI) fail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

// change changes the call with an id, if it is listed.
func (a *fakeAPI) change(id sipgate.CallID, f func(*sipgate.Call)) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.calls {
		if a.calls[i].ID == id {
			f(&a.calls[i])
		}
	}
	return nil
}

func (a *fakeAPI) Hold(_ context.Context, id sipgate.CallID, on bool) error {
	time.Sleep(a.answersAfter)
	return a.change(id, func(c *sipgate.Call) { c.Hold = on })
}

func (a *fakeAPI) Mute(_ context.Context, id sipgate.CallID, on bool) error {
	return a.change(id, func(c *sipgate.Call) { c.Muted = on })
}

// requested returns how many lists were requested.
func (a *fakeAPI) requested() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lists
}

// connect lets an event's call be answered, and hangUp end it: for sipgate's lists and
// for the board.
func (a *fakeAPI) connect(b *switchboard.Board, e sipgate.Event) {
	a.mu.Lock()
	if !slices.ContainsFunc(a.calls, func(c sipgate.Call) bool { return c.ID == e.CallID }) {
		a.calls = append(a.calls, sipgate.Call{ID: e.CallID, Participants: []sipgate.Participant{
			{ID: "p1", Number: "+" + e.From}, {ID: "p2", Number: "+" + e.To, Owner: true}}})
	}
	a.mu.Unlock()
	e.Kind, e.OrigCallID, e.AnsweringNumber = sipgate.EventAnswer, "", e.To
	b.Observe(e)
}

func (a *fakeAPI) hangUp(b *switchboard.Board, e sipgate.Event) {
	a.mu.Lock()
	a.calls = slices.DeleteFunc(a.calls, func(c sipgate.Call) bool { return c.ID == e.CallID })
	a.mu.Unlock()
	e.Kind, e.OrigCallID, e.Users, e.Cause = sipgate.EventHangup, "", nil, "normalClearing"
	b.Observe(e)
}

func newCall(id, from string) sipgate.Event {
	return sipgate.Event{Kind: sipgate.EventNewCall, CallID: sipgate.CallID(id), OrigCallID: sipgate.CallID(id), Direction: sipgate.Incoming, From: from, To: "4922112345", Users: []string{"Anna"}}
}

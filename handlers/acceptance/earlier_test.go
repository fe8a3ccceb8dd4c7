package acceptance

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"flag"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"callboard/handlers/acceptance/harness"
)

// earlierDirs hold data directories that earlier versions wrote, the oldest
// first; the README of the first says how.
var earlierDirs = []string{"testdata/earlier", "testdata/earlier-2026-11-29"}

var writeEarlier = flag.String("write-earlier", "", "`directory` to which TestWriteEarlierData writes the data of the program under test")

// earlierData says what stands in the data directory beside it.
type earlierData struct {
	Written       int64             // Unix milliseconds
	Cookies       map[string]string // user → name=value of the session's cookie
	RefreshTokens map[string]string // SHA-256 of the token → user
	Wallboard     string            // path of the link
	AudioPath     string            // of the announcement
	AudioSHA256   string
	Ended         earlierCall
	Running       earlierCall
	AuditEntries  int
}

// An earlierCall is a call of the board, and what its page showed.
type earlierCall struct {
	Row    string // id on the board
	CallID string // sipgate's
	Kinds  []string
	Notes  []string
}

// A tokenProxy stands between the dashboard and the simulator's login server.
// It notes the refresh tokens that the simulator gives. In place of a token that
// another simulator gave, it sends one of this simulator.
type tokenProxy struct {
	s       *harness.Stack
	mu      sync.Mutex
	issued  []string          // SHA-256 of refresh tokens, in their order
	earlier map[string]string // the same of those that another simulator gave → user
}

func newTokenProxy(t *testing.T, s *harness.Stack, earlier map[string]string) (*tokenProxy, string) {
	t.Helper()
	p := &tokenProxy{s: s, earlier: earlier}
	to, err := url.Parse(s.Simulator)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = p.note
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/token") {
			p.substitute(r)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return p, server.URL
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// note remembers the refresh token of an answer.
func (p *tokenProxy) note(resp *http.Response) error {
	if !strings.HasSuffix(resp.Request.URL.Path, "/token") {
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var answer struct {
		Refresh string `json:"refresh_token"`
	}
	if json.Unmarshal(body, &answer) == nil && answer.Refresh != "" {
		p.mu.Lock()
		p.issued = append(p.issued, digest(answer.Refresh))
		p.mu.Unlock()
	}
	return nil
}

// substitute replaces a refresh token that the simulator cannot know.
func (p *tokenProxy) substitute(r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if form, err := url.ParseQuery(string(body)); err == nil {
		p.mu.Lock()
		user, ok := p.earlier[digest(form.Get("refresh_token"))]
		p.mu.Unlock()
		if ok {
			var token struct {
				Refresh string `json:"refresh_token"`
			}
			p.s.Control("POST", "tokens", map[string]any{"user": user, "scope": form.Get("scope")}, &token)
			form.Set("refresh_token", token.Refresh)
			body = []byte(form.Encode())
		}
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
}

var (
	timelineKind = regexp.MustCompile(`data-kind="([^"]+)"`)
	wallLinkOf   = regexp.MustCompile(`id="wall-link"[^>]* value="([^"]+)"`)
	audioPath    = regexp.MustCompile(`/announcements/[^/"]+/audio`)
)

// kindsOf returns the kinds of the entries of a call's timeline.
func kindsOf(page string) (kinds []string) {
	for _, m := range timelineKind.FindAllStringSubmatch(page, -1) {
		kinds = append(kinds, m[1])
	}
	return kinds
}

// notesOf returns the notes on a call's page.
func notesOf(page string) (notes []string) {
	for _, text := range []string{"Wants an offer <today>", "Called back on Monday", "Is in a hurry"} {
		if strings.Contains(page, html.EscapeString(text)) {
			notes = append(notes, text)
		}
	}
	return notes
}

// TestWriteEarlierData writes the data directory that TestDataOfEarlierVersion
// starts from. It uses the program as it was at the commit that the README
// names, and need not work with a later one.
func TestWriteEarlierData(t *testing.T) {
	if *writeEarlier == "" {
		t.Skip("data is written with -write-earlier DIRECTORY -program FILE")
	}
	s := harness.NewSimulator(t, "-visibility", "account")
	s.Data = *writeEarlier
	if err := os.MkdirAll(s.Data, 0o755); err != nil {
		t.Fatal(err)
	}
	proxy, login := newTokenProxy(t, s, nil)
	s.Args = s.ServeArgs(login)
	s.StartIn(s.Data)
	d := earlierData{Written: time.Now().UnixMilli(), Cookies: map[string]string{}, RefreshTokens: map[string]string{}}
	signIn := func(n int, user string) *harness.Client {
		v := s.SignIn(t, n)
		at, _ := url.Parse(s.URL)
		for _, c := range v.HTTP.Jar.Cookies(at) {
			d.Cookies[user] = c.Name + "=" + c.Value
		}
		for _, token := range proxy.issued[len(d.RefreshTokens):] {
			d.RefreshTokens[token] = user
		}
		return v
	}
	anna, jonas := signIn(0, "w0"), signIn(1, "w1")
	writeSettings(t, s, anna, jonas)
	d.Wallboard, d.AudioPath, d.AudioSHA256 = writeLibrary(t, s, anna)
	d.Ended = writeEndedCalls(t, s, anna, jonas)
	d.Running = writeRunningCall(t, s, anna)
	s.Elapse(2) // until the journal is on the disk
	for _, c := range []*earlierCall{&d.Ended, &d.Running} {
		page := anna.Page("/calls/" + c.Row)
		c.Kinds, c.Notes = kindsOf(page), notesOf(page)
	}
	d.AuditEntries = strings.Count(anna.Page("/audit.csv"), "\n") - 1
	s.Stop()
	dumpEarlier(t, s.Data, d)
}

func writeSettings(t *testing.T, s *harness.Stack, anna, jonas *harness.Client) {
	t.Helper()
	theirs := map[string]any{"incomingUrl": "https://other.example/in", "outgoingUrl": "", "log": true, "whitelist": nil}
	s.API("w0", "PUT", "settings/sipgateio", theirs)
	anna.Submit("/status", "/status/webhooks", "do=set")
	for path, form := range map[string]string{"display": "lang=en&theme=dark", "calls": "grace=8&device=e0&number=%2B4921112345610",
		"ringing": "sound=true&notify=true&volume=60&quiet=true&quiet_from=20:00&quiet_to=07:00&mon=true&fri=true"} {
		if status, page := anna.Post("/settings/"+path, form); status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, status, page)
		}
	}
	jonas.Submit("/settings", "/settings/wishes", "shares=true")
	if status, _, _ := jonas.Command("/team/w0/role", `{"role":"viewer",`+harness.ActionID()+`}`); status != http.StatusForbidden {
		t.Fatalf("an agent changes roles: %d", status)
	}
	anna.Submit("/team", "/team/w1/role", "role=lead")
}

func writeLibrary(t *testing.T, s *harness.Stack, anna *harness.Client) (wallboard, audio, sum string) {
	t.Helper()
	anna.Upload("Closed today.wav", harness.ToneWAV(440, 1))
	audio = audioPath.FindString(anna.Page("/announcements"))
	sum = digest(anna.Page(audio))
	status, page := anna.Post("/walls", url.Values{"name": {"Hall"}, "lang": {"en"}}.Encode())
	link := wallLinkOf.FindStringSubmatch(page)
	if status != http.StatusOK || link == nil {
		t.Fatalf("wallboard: %d %s", status, page)
	}
	wallboard = strings.TrimPrefix(html.UnescapeString(link[1]), s.URL)
	s.Anonymous(t).Get(wallboard)
	return wallboard, audio, sum
}

// writeEndedCalls makes one call on which much happens, one that is missed, and
// one that is transferred, and returns the first.
func writeEndedCalls(t *testing.T, s *harness.Stack, anna, jonas *harness.Client) (c earlierCall) {
	t.Helper()
	c.CallID = s.Ring("+4930555002", "w0", "ringing")
	s.Eventually("ringing", func() bool { return strings.Contains(anna.Page("/"), "555002") })
	s.Control("POST", "calls/"+c.CallID+"/answer", map[string]any{"user": "w0"}, nil)
	s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
	c.Row = anna.Rows()[0]
	row := "/calls/" + c.Row
	command := func(path, fields string) {
		t.Helper()
		if status, code, _ := anna.Command(row+path, "{"+fields+harness.ActionID()+"}"); status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, status, code)
		}
	}
	command("/hold", `"value":true,`)
	command("/hold", `"value":false,`)
	command("/muted", `"value":true,`)
	command("/muted", `"value":false,`)
	command("/recording", `"value":true,"announcement":true,`)
	command("/dtmf", `"sequence":"4711#",`)
	id := strings.Split(audioPath.FindString(anna.Page("/announcements")), "/")[2]
	command("/announcements", `"announcement":"`+id+`",`)
	anna.Submit(row, row+"/notes", "text=Wants+an+offer+%3Ctoday%3E")
	anna.Submit("/", row+"/hangup", "")
	s.Eventually("undo", func() bool { return strings.Contains(anna.Page("/"), "/undo") })
	anna.Submit("/", row+"/undo", "")
	s.Elapse(2)
	s.HangUp(c.CallID)
	s.Eventually("end", func() bool { return len(anna.Rows()) == 0 })
	anna.Submit(row, row+"/notes", "text=Called+back+on+Monday")
	var entry string
	s.Eventually("history", func() bool {
		m := regexp.MustCompile(`data-entry="([^"]+)"`).FindStringSubmatch(anna.Page("/history"))
		if m == nil {
			return false
		}
		entry = m[1]
		resp := anna.Send("GET", s.URL+"/history/"+entry, "", nil)
		return resp.Header.Get("Location") == row
	})
	anna.Submit("/history", "/history/"+entry+"/star", "value=true")

	missed := s.Ring("+4930555003", "w1", "ringing")
	s.Eventually("ringing", func() bool { return strings.Contains(jonas.Page("/"), "555003") })
	s.Control("POST", "calls/"+missed+"/hangup", map[string]any{"cause": "cancel"}, nil)

	moved := s.Ring("+4930555004", "w1", "established")
	s.Eventually("row", func() bool { return len(jonas.Rows()) == 1 })
	jonas.Submit("/calls/"+jonas.Rows()[0]+"/transfer", "/calls/"+jonas.Rows()[0]+"/transfer", "phoneNumber=030+666004&attended=false")
	s.Eventually("transfer", func() bool {
		sent := s.Call(moved).Transfers
		return len(sent) == 1 && s.Call(sent[0].CallID).Phase == "established"
	})
	s.Elapse(1)
	s.HangUp(s.Call(moved).Transfers[0].CallID)
	s.Eventually("end", func() bool { return len(jonas.Rows()) == 0 })
	return c
}

func writeRunningCall(t *testing.T, s *harness.Stack, anna *harness.Client) (c earlierCall) {
	t.Helper()
	c.CallID = s.Ring("+4930555005", "w0", "established")
	s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
	c.Row = anna.Rows()[0]
	anna.Submit("/calls/"+c.Row, "/calls/"+c.Row+"/notes", "text=Is+in+a+hurry")
	anna.Submit("/", "/calls/"+c.Row+"/hold", "value=true")
	return c
}

// dumpEarlier writes the database as SQL, which can be compressed, compared and
// moved in time.
func dumpEarlier(t *testing.T, dir string, d earlierData) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "callboard.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var text strings.Builder
	var tables []string
	each := func(query string, f func(cells []string)) {
		t.Helper()
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, _ := rows.Columns()
		for rows.Next() {
			cells, to := make([]string, len(names)), make([]any, len(names))
			for i := range cells {
				to[i] = &cells[i]
			}
			if err := rows.Scan(to...); err != nil {
				t.Fatal(err)
			}
			f(cells)
		}
	}
	for _, pragma := range []string{"application_id", "user_version"} {
		each("PRAGMA "+pragma, func(c []string) { text.WriteString("PRAGMA " + pragma + " = " + c[0] + ";\n") })
	}
	each("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type = 'index', rowid", func(c []string) {
		text.WriteString(c[2] + ";\n")
		if c[0] == "table" {
			tables = append(tables, c[1])
		}
	})
	for _, table := range tables {
		var columns []string
		each("SELECT name FROM pragma_table_info('"+table+"')", func(c []string) { columns = append(columns, `quote("`+c[0]+`")`) })
		each("SELECT "+strings.Join(columns, ", ")+" FROM "+table, func(c []string) {
			text.WriteString("INSERT INTO " + table + " VALUES (" + strings.Join(c, ", ") + ");\n")
		})
	}
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	io.WriteString(w, text.String())
	w.Close()
	meta, err := json.MarshalIndent(d, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"callboard.sql.gz": packed.Bytes(), "content.json": append(meta, '\n')} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var (
	milliseconds = regexp.MustCompile(`\b1\d{12}\b`)
	timestamp    = regexp.MustCompile(`\b2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)
)

// loadEarlier makes a data directory of a stored one. All times in it are moved,
// so that it was written just now, and names are replaced.
func loadEarlier(t *testing.T, earlierDir, dir string, replace ...string) (d earlierData) {
	t.Helper()
	meta, err := os.ReadFile(filepath.Join(earlierDir, "content.json"))
	if err == nil {
		err = json.Unmarshal(meta, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(earlierDir, "key"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "key"), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(filepath.Join(earlierDir, "callboard.sql.gz"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	later := time.Since(time.UnixMilli(d.Written).Add(time.Minute))
	var moved strings.Builder
	for line := range strings.Lines(string(text)) {
		// The number of a grant is its time, but sealed into the token.
		if !strings.HasPrefix(line, "INSERT INTO grants ") {
			line = moveTimes(t, line, later)
		}
		moved.WriteString(line)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "callboard.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(strings.NewReplacer(replace...).Replace(moved.String())); err != nil {
		t.Fatal(err)
	}
	return d
}

func moveTimes(t *testing.T, text string, by time.Duration) string {
	t.Helper()
	text = milliseconds.ReplaceAllStringFunc(text, func(m string) string {
		n, err := strconv.ParseInt(m, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(n+by.Milliseconds(), 10)
	})
	return timestamp.ReplaceAllStringFunc(text, func(m string) string {
		at, err := time.Parse(time.RFC3339Nano, m)
		if err != nil {
			t.Fatal(err)
		}
		return at.Add(by).Format(time.RFC3339Nano)
	})
}

// The program goes on with the data of an earlier version: members stay signed
// in, running calls keep their address, and what was stored is shown.
func TestDataOfEarlierVersion(t *testing.T) {
	t.Parallel()
	for _, dir := range earlierDirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { goOnWith(t, dir) })
	}
}

func goOnWith(t *testing.T, earlierDir string) {
	t.Parallel()
	s := harness.NewSimulator(t, "-seed", "2") // other ids than before
	s.Data = t.TempDir()
	running := s.Ring("+4930555005", "w0", "established")
	s.API("w0", "PUT", "calls/"+running+"/hold", map[string]any{"value": true})
	var d earlierData
	if meta, err := os.ReadFile(filepath.Join(earlierDir, "content.json")); err != nil || json.Unmarshal(meta, &d) != nil {
		t.Fatal(err)
	}
	loadEarlier(t, earlierDir, s.Data, d.Running.CallID, running)
	_, login := newTokenProxy(t, s, d.RefreshTokens)
	s.Args = s.ServeArgs(login)
	s.StartIn(s.Data)

	anna, jonas := d.client(t, s, "w0"), d.client(t, s, "w1")
	for user, v := range map[string]*harness.Client{"w0": anna, "w1": jonas} {
		if status, page := v.Get("/"); status != http.StatusOK {
			t.Fatalf("%s is not signed in any more: %d %.300s", user, status, page)
		}
	}
	d.checkCalls(t, s, anna, running)
	d.checkLibrary(t, s, anna)
	d.checkAudit(t, anna)
	d.checkPreferences(t, s, anna, jonas)
	var state struct{ RefreshReuse int }
	s.Control("GET", "state", nil, &state)
	if state.RefreshReuse != 0 {
		t.Error("a refresh token was used twice")
	}
}

// client returns a member with the session cookie that the earlier version set.
func (d *earlierData) client(t *testing.T, s *harness.Stack, user string) *harness.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	name, value, _ := strings.Cut(d.Cookies[user], "=")
	jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value}})
	v := s.Anonymous(t)
	v.HTTP.Jar = jar
	return v
}

// checkCalls shows the pages of both calls, and that the running one is the same
// row, which the member's stored grant can act on.
func (d *earlierData) checkCalls(t *testing.T, s *harness.Stack, anna *harness.Client, running string) {
	s.Eventually("the running call", func() bool { return slices.Equal(anna.Rows(), []string{d.Running.Row}) })
	for _, c := range []earlierCall{d.Ended, d.Running} {
		status, page := anna.Get("/calls/" + c.Row)
		if kinds := kindsOf(page); status != http.StatusOK || len(kinds) < len(c.Kinds) || !slices.Equal(kinds[:len(c.Kinds)], c.Kinds) {
			t.Errorf("timeline of %s: %d %q, want %q", c.Row, status, kinds, c.Kinds)
		}
		if notes := notesOf(page); !slices.Equal(notes, c.Notes) || len(notes) == 0 {
			t.Errorf("notes of %s: %q, want %q", c.Row, notes, c.Notes)
		}
	}
	if !strings.Contains(anna.Page("/"), `data-state="held"`) {
		t.Error("the running call is not shown on hold")
	}
	anna.Submit("/", "/calls/"+d.Running.Row+"/hold", "value=false")
	if s.Call(running).Hold {
		t.Error("not resumed")
	}
	anna.Submit("/calls/"+d.Ended.Row, "/calls/"+d.Ended.Row+"/notes", "text=A+later+note")
	if !strings.Contains(anna.Page("/calls/"+d.Ended.Row), "A later note") {
		t.Error("a note on the ended call is not kept")
	}
	s.HangUp(running)
	s.Eventually("the end", func() bool { return len(anna.Rows()) == 0 })
	s.Stop()
	s.StartIn(s.Data)
	for _, c := range []earlierCall{d.Ended, d.Running} {
		if kinds := kindsOf(anna.Page("/calls/" + c.Row)); len(kinds) < len(c.Kinds) || !slices.Equal(kinds[:len(c.Kinds)], c.Kinds) {
			t.Errorf("timeline of %s after a restart: %q, want %q", c.Row, kinds, c.Kinds)
		}
	}
}

func (d *earlierData) checkLibrary(t *testing.T, s *harness.Stack, anna *harness.Client) {
	if page := anna.Page("/announcements"); !strings.Contains(page, "Closed today") || !strings.Contains(page, d.AudioPath) {
		t.Errorf("the library: %.2000s", page)
	}
	if status, wav := anna.Get(d.AudioPath); status != http.StatusOK || digest(wav) != d.AudioSHA256 {
		t.Errorf("the sound: %d, %d bytes", status, len(wav))
	}
	id := s.Ring("+4930555007", "w0", "established")
	s.Eventually("row", func() bool { return len(anna.Rows()) == 1 })
	if status, page := s.Anonymous(t).Get(d.Wallboard); status != http.StatusOK || !strings.Contains(page, "Hall") || !strings.Contains(page, "•••• 07") {
		t.Errorf("the wallboard: %d %.2000s", status, page)
	}
	s.HangUp(id)
	s.Eventually("the end", func() bool { return len(anna.Rows()) == 0 })
}

func (d *earlierData) checkAudit(t *testing.T, anna *harness.Client) {
	page, table := anna.Page("/audit"), anna.Page("/audit.csv")
	if n := strings.Count(table, "\n") - 1; n < d.AuditEntries {
		t.Errorf("%d entries of %d", n, d.AuditEntries)
	}
	for _, text := range []string{"Anna Bergmann", "Jonas Keller", "555002", "Hall", "Closed today"} {
		if !strings.Contains(table, text) || !strings.Contains(page, text) {
			t.Errorf("no %q in the audit", text)
		}
	}
}

func (d *earlierData) checkPreferences(t *testing.T, s *harness.Stack, anna, jonas *harness.Client) {
	page := anna.Page("/settings")
	for _, part := range []string{`<html lang="en"`, `data-theme="dark"`, `name="volume"`, `value="60"`, `value="20:00"`, `value="8" checked`, `<option value="+4921112345610" selected>`} {
		if !strings.Contains(page, part) {
			t.Errorf("no %s in the settings", part)
		}
	}
	resp := jonas.Send("GET", s.URL+"/audit", "", nil, harness.AsProgram)
	if status, code, _ := harness.ReadError(t, resp); status != http.StatusForbidden || code != "role_lead" {
		t.Errorf("a lead reads the audit: %d %s", status, code)
	}
	s.Ring("+4930555006", "w1", "established")
	s.Eventually("row", func() bool { return len(jonas.Rows()) == 1 })
	if status, code, _ := anna.Command("/calls/"+jonas.Rows()[0]+"/hold", `{"value":true,`+harness.ActionID()+`}`); status != http.StatusForbidden {
		t.Errorf("an act on the call of a member who does not allow it: %d %s", status, code)
	}
	anna.Submit("/status", "/status/webhooks", "do=remove")
	var state struct {
		Accounts []struct{ Push struct{ IncomingURL string } }
	}
	s.Control("GET", "state", nil, &state)
	if got := state.Accounts[0].Push.IncomingURL; got != "https://other.example/in" {
		t.Errorf("the webhook of before is not put back: %q", got)
	}
}

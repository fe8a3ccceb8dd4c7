package metrics

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"callboard/handlers/feed"
	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
	"callboard/sipgate/webhook"
	"callboard/web/database"
)

const account = "2814711"

type fakeApp struct{}

func (fakeApp) Sockets() int      { return 3 }
func (fakeApp) Sent() feed.Counts { return feed.Counts{Changes: 4, Frames: 12, Bytes: 1200} }

type fakeBoards map[string]*switchboard.Board

func (b fakeBoards) All() map[string]*switchboard.Board { return b }

type fakeReceiver map[string]webhook.Health

func (r fakeReceiver) All() map[string]webhook.Health { return r }

// used returns metrics of which each has been used.
func used(t *testing.T, s Settings) *Metrics {
	t.Helper()
	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	m := New(s)
	b := switchboard.New(switchboard.Options{OnPoll: func(err error, took time.Duration) { m.Poll(account, err, took) }})
	b.Join(switchboard.Member{ID: "w0", API: calls{}})
	if err := b.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	boards := fakeBoards{account: b, "1000001": switchboard.New(switchboard.Options{})}
	m.Watch(Sources{Certificate: func() time.Time { return time.Unix(1800000000, 0) }, App: fakeApp{}, Boards: boards, Audit: &team.Audit{}, Database: db, Receiver: fakeReceiver{
		account:   {Accepted: 2, Duplicate: 1, Refused: map[string]int{"hook_signature": 5}},
		"1000001": {Accepted: 1}}})
	m.Request("GET /calls/{id}", 200, time.Millisecond)
	m.Request("", 421, time.Millisecond)
	m.Sipgate("GET /calls", 200, time.Millisecond)
	m.Sipgate("PUT /calls/{id}/hold", 0, time.Second)
	m.Poll(account, &sipgate.Error{Kind: sipgate.Unavailable}, time.Second)
	m.Action(account, team.Hold, team.OutcomeDone)
	for _, err := range []error{nil, &announcement.Error{Code: announcement.NotAudio}, io.ErrUnexpectedEOF} {
		m.Upload(err)
	}
	return m
}

// calls is a sipgate without calls.
type calls struct{ switchboard.API }

func (calls) Calls(context.Context) (sipgate.CallList, error) {
	return sipgate.CallList(`{"data":[]}`), nil
}

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// Names and help of all metrics are as Prometheus' conventions say.
func TestNamesFollowTheConventions(t *testing.T) {
	problems, err := testutil.GatherAndLint(used(t, Settings{}).registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// What is reported is counted, with the account of a team only if that is wanted.
func TestAccountsAreALabelOnlyIfWanted(t *testing.T) {
	plain, labelled := scrape(t, used(t, Settings{})), scrape(t, used(t, Settings{MetricsAccounts: true}))
	if strings.Contains(plain, account) {
		t.Error("the account is in the metrics")
	}
	for _, line := range []string{
		`callboard_http_requests_total{code="200",route="GET /calls/{id}"} 1`,
		`callboard_http_requests_total{code="421",route="none"} 1`,
		`callboard_sipgate_requests_total{code="none",endpoint="PUT /calls/{id}/hold"} 1`,
		`callboard_poll_duration_seconds_count{outcome="ok"} 1`,
		`callboard_poll_duration_seconds_count{outcome="unavailable"} 1`,
		`callboard_actions_total{outcome="done",verb="hold"} 1`,
		`callboard_announcement_uploads_total{outcome="refused"} 1`,
		`callboard_push_events_total{outcome="accepted"} 3`,
		`callboard_push_events_total{outcome="hook_signature"} 5`,
		`callboard_sockets 3`, `callboard_feed_frames_sent_total 12`, `callboard_teams 1`, `callboard_certificate_expiry_timestamp_seconds 1.8e+09`, `callboard_database_up 1`,
	} {
		if !strings.Contains(plain, "\n"+line+"\n") {
			t.Errorf("without accounts there is no %s", line)
		}
	}
	for _, line := range []string{
		`callboard_poll_duration_seconds_count{account="2814711",outcome="ok"} 1`,
		`callboard_actions_total{account="2814711",outcome="done",verb="hold"} 1`,
		`callboard_push_events_total{account="2814711",outcome="accepted"} 2`,
		`callboard_push_events_total{account="1000001",outcome="accepted"} 1`,
	} {
		if !strings.Contains(labelled, "\n"+line+"\n") {
			t.Errorf("with accounts there is no %s", line)
		}
	}
	age := regexp.MustCompile(`(?m)^callboard_list_age_seconds(\{account="2814711"\})? [0-9.e+-]+$`)
	if a, b := age.FindStringSubmatch(plain), age.FindStringSubmatch(labelled); a == nil || a[1] != "" || b == nil || b[1] == "" {
		t.Errorf("the age of the list: %q, %q", a, b)
	}
}

type tokens struct{ err error }

func (r tokens) Refresh(context.Context, string) (sipgate.Tokens, error) {
	return sipgate.Tokens{}, r.err
}

// Refreshes are counted by what an administrator has to do.
func TestRefreshes(t *testing.T) {
	for err, want := range map[error]string{
		nil: "ok", errors.New("disk"): "failed",
		&sipgate.OAuthError{Status: 400, Code: "invalid_grant"}:  "refused",
		&sipgate.OAuthError{Status: 401, Code: "invalid_client"}: "client_refused",
		&sipgate.OAuthError{Status: 401}:                         "client_refused",
		&sipgate.OAuthError{Status: 503}:                         "failed",
	} {
		m := New(Settings{})
		if _, got := m.Refresher(tokens{err}).Refresh(t.Context(), "secret"); got != err {
			t.Errorf("%v came back as %v", err, got)
		}
		if n := testutil.ToFloat64(m.refreshes.WithLabelValues(want)); n != 1 {
			t.Errorf("%v: %s is %v", err, want, n)
		}
	}
}

// BenchmarkRequest is what each request pays.
func BenchmarkRequest(b *testing.B) {
	m := New(Settings{})
	for b.Loop() {
		m.Request("POST /calls/{id}/hold", 200, time.Millisecond)
	}
}

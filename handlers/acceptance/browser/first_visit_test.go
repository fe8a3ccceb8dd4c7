package browser

import (
	"encoding/json"
	"slices"
	"testing"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// maxFirstVisit limits the bytes of a first visit of the board with all that
// the page loads, maxRequests the requests.
const (
	maxFirstVisit = 45_000
	maxRequests   = 10
)

// A first visit, with an empty cache, stays within its limits. The test reports
// bytes, requests and the time of the first paint, compared with that of the
// plainest page of the same server:
//
//	go test -run TestBrowserFirstVisit -v ./handlers/acceptance/browser
func TestBrowserFirstVisit(t *testing.T) {
	s := harness.New(t, "-visibility", "account")
	s.PushEvents()
	for _, from := range []string{"+4930555301", "+4930555302", "+4930555303"} {
		s.Ring(from, "w0", "established")
	}
	anna := newBrowser(t, s).newTab(t)
	anna.signIn("Anna")

	var board, plain visit
	var ratios []float64
	for range 5 {
		plain = anna.firstVisit("/healthz")
		board = anna.firstVisit("/")
		ratios = append(ratios, board.Paint/plain.Paint)
	}
	slices.Sort(ratios)
	t.Logf("the board: %.1f kB in %d requests; first contentful paint %.1f × that of a line of text (%.0f ms and %.0f ms)",
		float64(board.Bytes)/1000, board.Requests, ratios[len(ratios)/2], board.Paint, plain.Paint)
	if board.Bytes > maxFirstVisit || board.Bytes < 10_000 {
		t.Errorf("the first visit weighs %d bytes, at most %d are allowed", board.Bytes, maxFirstVisit)
	}
	if board.Requests > maxRequests {
		t.Errorf("the first visit takes %d requests, at most %d are allowed", board.Requests, maxRequests)
	}
}

// visit is what a browser measured while it loaded a page.
type visit struct {
	Bytes, Requests int
	Paint           float64 // first contentful paint, ms
}

// firstVisit opens a page with an empty cache.
func (p *tab) firstVisit(path string) (v visit) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, network.SetCacheDisabled, network.SetCacheDisabledParams{CacheDisabled: true}); err != nil {
		p.t.Fatal(err)
	}
	p.do(chromedp.Navigate(p.s.URL + path))
	p.until(`performance.getEntriesByName("first-contentful-paint").length > 0 && document.readyState === "complete" && (document.querySelector("#status")?.dataset.state ?? "live") === "live"`)
	measured := eval[string](p, `JSON.stringify((() => {
		const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
		return {
			Bytes: all.reduce((sum, e) => sum + e.transferSize, 0), Requests: all.length,
			Paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
		};
	})())`)
	if err := json.Unmarshal([]byte(measured), &v); err != nil {
		p.t.Fatal(err)
	}
	return v
}

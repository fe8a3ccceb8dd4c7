package browser

import (
	"fmt"
	"testing"
	"time"

	"callboard/handlers/acceptance/harness"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// BenchmarkMainThread measures what a command on one call costs the main thread
// of a browser in which the board is open, by the number of calls on it: one that
// leaves the row where it is, and one with which the row moves, and others slide. What
// the page costs while nothing happens is taken off.
func BenchmarkMainThread(b *testing.B) {
	for _, moves := range []bool{false, true} {
		for _, calls := range []int{5, 50, 200} {
			b.Run(fmt.Sprintf("%s/%d", map[bool]string{false: "stays", true: "moves"}[moves], calls), func(b *testing.B) { benchmarkMainThread(b, calls, moves) })
		}
	}
}

func benchmarkMainThread(b *testing.B, calls int, moves bool) {
	s := harness.New(b, "-visibility", "account")
	s.PushEvents()
	p := newBrowser(b, s).newTab(b)
	for i := range calls {
		s.Ring(fmt.Sprintf("+4930555%04d", i), "w0", "established")
	}
	p.signIn("Anna")
	p.until(`document.querySelectorAll('#board .row[data-state=talking]').length === %d`, calls)
	v := s.SignIn(b, 0)
	ids := eval[[]string](p, `[...document.querySelectorAll("#board .row")].slice(1, 3).map(row => row.id.replace("row-", ""))`)
	p.run(`scrollTo(0, document.body.scrollHeight)`) // where a call that is held or resumed goes: its row is seen
	if _, err := chromedp.Call(p.ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
		b.Fatal(err)
	}
	const pace, idle = 600 * time.Millisecond, 6 * time.Second // a command is confirmed within the pace
	n := 0
	command := func() {
		id, on := ids[0], n%2 == 0 // the call that was changed last is the last one already
		if moves {
			id, on = ids[n%2], n/2%2 == 0
		}
		n++
		body := fmt.Sprintf(`{"value":%t,%s}`, on, harness.ActionID())
		if status, _, body := v.Command("/calls/"+id+"/hold", body); status >= 300 {
			b.Fatalf("hold: %d %s", status, body)
		}
		time.Sleep(pace)
	}
	for range 4 { // the first ones bring the rows there
		command()
	}
	time.Sleep(idle) // until the page has settled
	before := p.mainThread()
	time.Sleep(idle)
	perSecond := p.mainThread().minus(before).per(idle.Seconds())
	before = p.mainThread()
	began, first := time.Now(), n
	for b.Loop() {
		command()
	}
	used := p.mainThread().minus(before).minus(perSecond.per(1 / time.Since(began).Seconds())).per(float64(n - first))
	b.ReportMetric(1000*used.task, "ms/command")
	b.ReportMetric(1000*used.script, "script-ms/command")
	b.ReportMetric(1000*used.layout, "layout-ms/command")
	b.ReportMetric(1000*used.style, "style-ms/command")
	b.ReportMetric(1000*perSecond.task, "idle-ms/s")
	b.ReportMetric(0, "ns/op") // it waits most of the time
}

// mainThread is time of the main thread of a page, in seconds.
type mainThread struct{ task, script, layout, style float64 }

func (p *tab) mainThread() (m mainThread) {
	p.t.Helper()
	result, err := chromedp.Call(p.ctx, performance.GetMetrics, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	fields := map[string]*float64{"TaskDuration": &m.task, "ScriptDuration": &m.script, "LayoutDuration": &m.layout, "RecalcStyleDuration": &m.style}
	for _, metric := range result.Metrics {
		if f := fields[metric.Name]; f != nil {
			*f = metric.Value
			delete(fields, metric.Name)
		}
	}
	if len(fields) > 0 {
		p.t.Fatalf("Chromium does not tell %v", fields)
	}
	return m
}

func (m mainThread) minus(o mainThread) mainThread {
	return mainThread{m.task - o.task, m.script - o.script, m.layout - o.layout, m.style - o.style}
}

func (m mainThread) per(n float64) mainThread {
	return mainThread{m.task / n, m.script / n, m.layout / n, m.style / n}
}

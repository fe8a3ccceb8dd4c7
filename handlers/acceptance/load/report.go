package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// A report is what was measured.
type report struct {
	settings
	memoryBefore, memoryIdle int // bytes, of the server
	pageCPU                  time.Duration
	pagesTook                time.Duration
	idleCPU                  float64 // cores
	idleTraffic              traffic
	idleRequests, idleLists  int
	rounds                   []*round
	stoppedBrowsers          int
	stoppedClosed            int
	ended                    int // sockets of the others
	stoppedTook              time.Duration
	restart                  *restart
	upgrade                  *upgrade
	lost                     int // deliveries
}

// A round is one measurement with changes.
type round struct {
	took       time.Duration
	cpu        time.Duration // of the server
	traffic    traffic
	changes    int
	deliveries int // changes that reached browsers
	lost, late int
	requests   int
	memory     int
	clicks     []time.Duration
	shown      [kinds][]time.Duration
	raw        time.Duration // CPU of the server of plain TCP

	rawDeliveries int
	overtaken     int
	lists         int     // requests for lists of calls
	others        float64 // cores that other programs used meanwhile
}

// A restart is what was measured of one, or of the end of a node.
type restart struct {
	what     string
	run      func() error    // starts the server
	started  time.Duration   // until the server answered
	all      time.Duration   // until all browsers showed what had happened
	took     []time.Duration // until each did
	lost     int
	cpu      time.Duration
	teams    int // that asked sipgate for lists of calls
	maxLists int // of one team
}

// collect takes the samples of the browsers.
func (r *round) collect(browsers []*browser) {
	for _, b := range browsers {
		b.mu.Lock()
		for _, s := range b.samples {
			r.shown[s.kind] = append(r.shown[s.kind], s.took)
			r.deliveries++
			if s.overtaken {
				r.overtaken++
			}
		}
		b.mu.Unlock()
	}
}

// extra returns what the sockets got in a round because of the changes: all but
// what they get in the same time when nothing happens.
func (r *report) extra(x *round) traffic {
	part := float64(x.took) / float64(r.idle)
	return traffic{
		max(0, x.traffic.messages-int(part*float64(r.idleTraffic.messages))),
		max(0, x.traffic.bytes-int(part*float64(r.idleTraffic.bytes))),
	}
}

// netCPU returns the CPU time of a round without what open boards cost anyway.
func (r *report) netCPU(x *round) time.Duration {
	return x.cpu - time.Duration(r.idleCPU*float64(x.took))
}

// percentile returns the value below which that part of all are, 0 of none.
func percentile(all []time.Duration, part float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(part*float64(len(all))))]
}

// median returns the value in the middle.
func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// over returns the median of f over all rounds.
func (r *report) over(f func(*round) float64) float64 {
	var all []float64
	for _, x := range r.rounds {
		all = append(all, f(x))
	}
	return median(all)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }

func us(d float64) string { return fmt.Sprintf("%.1f µs", d/float64(time.Microsecond)) }

// print writes the results as a table.
func (r *report) print(to io.Writer) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	row := func(what string, format string, args ...any) {
		fmt.Fprintf(w, "%s\t%s\n", what, fmt.Sprintf(format, args...))
	}
	row("browsers, teams, members of each, calls", "%d, %d, %d, %d", r.browsers, r.teams, r.users, r.calls)
	r.printIdle(row)
	r.printChanges(row)
	if r.raw {
		r.printRaw(row)
	}
	row("sockets of browsers that read, ended by the server", "%d", r.ended)
	if r.stoppedBrowsers > 0 {
		row("browsers that stopped reading, closed by the server, the last after", "%d, %d, %.1f s", r.stoppedBrowsers, r.stoppedClosed, r.stoppedTook.Seconds())
	}
	if x := r.restart; x != nil {
		if r.settings.restart {
			row(x.what+" → first answer", "%s", ms(x.started))
		}
		row(x.what+" → a browser has the truth, p50, p99, last", "%s, %s, %s", ms(percentile(x.took, 0.5)), ms(percentile(x.took, 0.99)), ms(x.all))
		row(x.what+": server CPU until then", "%s", ms(x.cpu))
		row(x.what+": lists of calls asked for, teams, most of one team", "%d, %d", x.teams, x.maxLists)
	}
	if x := r.upgrade; x != nil {
		row("upgrade: took, sockets opened again", "%s, %d", ms(x.took), len(x.away))
		row("upgrade: end of a socket → the next one, p50, p99, last", "%s, %s, %s", ms(percentile(x.away, 0.5)), ms(percentile(x.away, 0.99)), ms(percentile(x.away, 1)))
		row("upgrade: change → browser, p50, p99, last", "%s, %s, %s", ms(percentile(x.shown, 0.5)), ms(percentile(x.shown, 0.99)), ms(percentile(x.shown, 1)))
		row("upgrade: commands, sent to sipgate twice", "%d, %d", x.clicks, x.twice)
	}
	row("lost: changes that did not reach a browser", "%d", r.lost)
	w.Flush()
}

func (r *report) printIdle(row func(string, string, ...any)) {
	n := float64(r.browsers)
	row("page: server CPU", "%s", us(float64(r.pageCPU)))
	row("idle: memory before, with all boards open", "%.1f MB, %.1f MB", mb(r.memoryBefore), mb(r.memoryIdle))
	row("idle: memory per socket and its page", "%.1f KB", float64(r.memoryIdle-r.memoryBefore)/n/1024)
	row("idle: server CPU", "%.1f %% of a core, %s per socket and second", 100*r.idleCPU, us(r.idleCPU*1e9/n))
	row("idle: messages, bytes per socket and second", "%.2f, %.0f", float64(r.idleTraffic.messages)/n/r.idle.Seconds(), float64(r.idleTraffic.bytes)/n/r.idle.Seconds())
	row("idle: requests to sipgate per team and second: lists of calls, all", "%.2f, %.2f",
		float64(r.idleLists)/float64(r.teams)/r.idle.Seconds(), float64(r.idleRequests)/float64(r.teams)/r.idle.Seconds())
}

func mb(bytes int) float64 { return float64(bytes) / (1 << 20) }

func (r *report) printChanges(row func(string, string, ...any)) {
	changes, late, overtaken := 0, 0, 0
	var shown [kinds][]time.Duration
	var events, commands, clicks []time.Duration
	for _, x := range r.rounds {
		changes += x.changes
		late += x.late
		overtaken += x.overtaken
		clicks = append(clicks, x.clicks...)
		for k := range kinds {
			shown[k] = append(shown[k], x.shown[k]...)
			if k.command() {
				commands = append(commands, x.shown[k]...)
			} else {
				events = append(events, x.shown[k]...)
			}
		}
	}
	row("changes, deliveries, joined with a later one", "%d, %d, %d", changes, len(events)+len(commands), overtaken)
	row("changes that the load made late, cores that other programs used", "%d, %.2f", late, r.over(func(x *round) float64 { return x.others }))
	row("server CPU with changes", "%.1f %% of a core", 100*r.over(func(x *round) float64 { return float64(x.cpu) / float64(x.took) }))
	row("server CPU per change and socket, idle taken off", "%s", us(r.over(r.perDelivery)))
	row("server CPU per change, idle taken off", "%s", us(r.over(func(x *round) float64 { return float64(r.netCPU(x)) / float64(x.changes) })))
	row("messages, bytes per change and socket, idle taken off", "%.2f, %.0f",
		r.over(func(x *round) float64 { return float64(r.extra(x).messages) / float64(x.deliveries) }),
		r.over(func(x *round) float64 { return float64(r.extra(x).bytes) / float64(x.deliveries) }))
	row("change at sipgate → browser, p50, p99", "%s, %s", ms(percentile(events, 0.5)), ms(percentile(events, 0.99)))
	row("command → browser, p50, p99", "%s, %s", ms(percentile(commands, 0.5)), ms(percentile(commands, 0.99)))
	for k := range kinds {
		row("  "+kindNames[k]+", p50, p99", "%s, %s", ms(percentile(shown[k], 0.5)), ms(percentile(shown[k], 0.99)))
	}
	row("command → request at sipgate, p50, p99", "%s, %s", ms(percentile(clicks, 0.5)), ms(percentile(clicks, 0.99)))
	perTeam := func(n func(*round) int) float64 {
		return r.over(func(x *round) float64 { return float64(n(x)) / float64(r.teams) / x.took.Seconds() })
	}
	row("requests to sipgate per team and second: lists of calls, all", "%.2f, %.2f", perTeam(func(x *round) int { return x.lists }), perTeam(func(x *round) int { return x.requests }))
	row("memory with changes", "%.1f MB", r.over(func(x *round) float64 { return mb(x.memory) }))
}

// perDelivery returns the server's CPU time for each change that reached a
// browser, in nanoseconds.
func (r *report) perDelivery(x *round) float64 { return float64(r.netCPU(x)) / float64(x.deliveries) }

func (r *report) printRaw(row func(string, string, ...any)) {
	perDelivery := func(x *round) float64 { return float64(x.raw) / float64(x.rawDeliveries) }
	for i, x := range r.rounds {
		row(fmt.Sprintf("round %d: CPU per change and socket, here, plain TCP, ratio", i+1), "%s, %s, %.2f",
			us(r.perDelivery(x)), us(perDelivery(x)), r.perDelivery(x)/perDelivery(x))
	}
	row("ratio to plain TCP, median", "%.2f", r.over(func(x *round) float64 { return r.perDelivery(x) / perDelivery(x) }))
}

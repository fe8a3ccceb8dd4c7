package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/handlers/acceptance/harness"
	"callboard/web/database/databasetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(rawVariable) != "" { // the program under test starts itself
		serveRaw()
		return
	}
	os.Exit(harness.Main(m))
}

// measure runs the program with some arguments, and looks for patterns in what it prints.
func measure(t *testing.T, args string, wants ...string) {
	t.Helper()
	var out, progress bytes.Buffer
	if err := run(t.Context(), strings.Fields(args), &out, &progress); err != nil {
		t.Fatalf("%s%s%v", &progress, &out, err)
	}
	for _, want := range wants {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

// The program measures a small office from beginning to end: nothing is lost,
// also when Callboard is restarted and a browser does not read, and every figure
// is there.
func TestSmallOffice(t *testing.T) {
	program := harness.PlainProgram(t)
	measure(t, "-browsers 6 -teams 2 -calls 8 -changes 6 -for 3s -idle 1s -raw -rounds 1 -stopped 17% -restart -program "+program,
		`members of each, calls +6, 2, 3, 8\n`, `lost: .* 0\n`, `changes, deliveries, .* [1-9]\d*, [1-9]\d*, \d+\n`, `change at sipgate → browser, .* [1-9]\S* ms`,
		`hold, p50, p99 +\d\S* ms, [1-9]`, `request at sipgate, .* [1-9]\S* ms`, `plain TCP, ratio +\S+ µs, \S+ µs, `, `stopped reading, .* 1, \d`, `teams, most of one team +2, `)
}

// The program measures an office on several nodes, too, of which one is killed.
func TestSeveralNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long until a node is known to have failed")
	}
	program, database := harness.PlainProgram(t), databasetest.Postgres(t)
	measure(t, "-nodes 2 -browsers 6 -teams 3 -calls 6 -changes 4 -for 2s -idle 1s -kill -postgres "+database+" -program "+program,
		`lost: .* 0\n`, `kill of a node → a browser has the truth, .* [1-9]\S* ms`)
}

// While the nodes are replaced, one after the other, no change and no command is lost, and
// none is carried out twice.
func TestUpgradeOfNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long until all nodes are replaced")
	}
	program, database := harness.PlainProgram(t), databasetest.Postgres(t)
	measure(t, "-nodes 3 -browsers 40 -teams 20 -calls 30 -changes 40 -for 1s -idle 1s -upgrade -postgres "+database+" -program "+program,
		`lost: .* 0\n`, `commands, sent to sipgate twice +[1-9]\d*, 0\n`, `end of a socket → the next one, .* [1-9]\S* ms`)
}

// A row is found by the number that it shows, and its state is read behind its
// id, in a page and in a message in JSON.
func TestShownState(t *testing.T) {
	const page = `<li class="row" id="row-abc" data-state="talking" aria-label="Lena"><li class="row" id="row-def" data-state="ringing" aria-label="+49 30 23125700017, rings">`
	inJSON := `{"content":"` + strings.ReplaceAll(page, `"`, `\"`) + `"}`
	for _, html := range []string{page, inJSON} {
		c := &call{number: "+493023125700017"}
		if !c.isShown([]byte(html), "ringing") || c.isShown([]byte(html), "talking") || *c.row.Load() != "row-def" {
			t.Errorf("%s: not found", html)
		}
		if other := (&call{number: "+493023125700018"}); other.isShown([]byte(html), "ringing") {
			t.Errorf("%s: another number was found", html)
		}
	}
}

// A change counts once for each browser that reads, and is lost for those that
// do not get it.
func TestDeliveriesAreCounted(t *testing.T) {
	team := &team{calls: map[string]*call{}}
	for i := range 3 {
		team.browsers = append(team.browsers, &browser{team: team, index: i})
	}
	team.browsers[2].stopped.Store(true)
	ch := team.expect(isHeld, &call{number: "+493023125700017"})
	held := []byte(`<li id="row-x" data-state="held" aria-label="+49 30 23125700017">`)
	other := bytes.Replace(held, []byte("held"), []byte("talking"), 1)
	for _, message := range [][]byte{other, held, held} {
		team.browsers[0].got(t.Context(), message, len(message))
	}
	if n := ch.remaining.Load(); n != 1 || len(team.browsers[0].samples) != 1 {
		t.Errorf("%d browsers wait, %d samples", n, len(team.browsers[0].samples))
	}
	var said bytes.Buffer
	v := &conversations{load: &load{progress: &said}, tally: tally{changes: []*change{ch}}}
	if n := v.await(0); n != 1 || !strings.Contains(said.String(), "hold of +493023125700017") {
		t.Errorf("%d deliveries are missing, want that to the second browser: %s", n, &said)
	}
	team.browsers[1].got(t.Context(), held, len(held))
	if n := v.await(0); n != 0 || len(team.awaited()) != 0 {
		t.Errorf("%d deliveries are missing, %d changes are awaited", n, len(team.awaited()))
	}
	if b := team.browsers[0]; b.sent != (traffic{3, 2*len(held) + len(other)}) {
		t.Errorf("counted %+v", b.sent)
	}
}

// A browser that gets a later state of a call at once has not lost the earlier
// one. A call that has gone from the board has been hung up; the whole board is for a
// browser that had no socket meanwhile.
func TestJoinedChangesAreNotLost(t *testing.T) {
	const row = `<ul><li id=\"row-x\" data-state=\"STATE\" aria-label=\"+49 30 23125700017\">`
	for name, test := range map[string]struct{ message, lost string }{
		"later state":         {strings.Replace(row, "STATE", "talking", 1), "hang up"},
		"ended":               {strings.Replace(row, "STATE", "ended", 1), ""},
		"row removed":         {`{"remove":"row-x"}`, "ring hold"},
		"board without it":    {`{"content":"<div id=\"board\" data-live=\"0\"><ul></ul></div>"}`, ""},
		"board of other kind": {`{"content":"<div id=\"boards\"></div>"}`, "ring hold hang up"},
	} {
		t.Run(name, func(t *testing.T) {
			team := &team{}
			b := &browser{team: team}
			team.browsers = []*browser{b}
			c, x := &call{number: "+493023125700017"}, "row-x"
			c.row.Store(&x)
			for _, k := range []kind{rings, isHeld, isResumed, isHungUp} {
				if k != isResumed || test.lost == "hang up" {
					team.expect(k, c)
				}
			}
			b.got(t.Context(), []byte(test.message), 1)
			var lost []string
			for _, ch := range team.awaited() {
				lost = append(lost, kindNames[ch.kind])
			}
			if got := strings.Join(lost, " "); got != test.lost {
				t.Errorf("lost %q, want %q", got, test.lost)
			}
		})
	}
}

// openPeers counts the connections of a process, and not those that only the kernel
// still keeps.
func TestOpenPeers(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1234 1 0 20 4 30 10 -1
   1: 0100007F:1F90 0100007F:C351 04 00001000:00000000 01:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 1235 1 0 20 4 30 10 -1
`
	file := t.TempDir() + "/tcp"
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := openPeers(file, map[int]bool{0xC350: true, 0xC351: true}); n != 1 {
		t.Errorf("%d are open, want 1", n)
	}
}

// Clicks are matched with the requests that they became, each once.
func TestReached(t *testing.T) {
	began := time.Unix(1000, 0)
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	clicks := []click{{"A", true, at(0)}, {"B", true, at(1)}, {"A", false, at(10)}, {"C", true, at(11)}}
	requests := []request{{Time: at(2), Method: "PUT", Path: "/v2/calls/A/hold"}, {Time: at(5), Method: "GET", Path: "/v2/calls"},
		{Time: at(6), Method: "PUT", Path: "/v2/calls/B/hold"}, {Time: at(13), Method: "PUT", Path: "/v2/calls/A/hold"}}
	got := reached(clicks, requests)
	want := []time.Duration{2 * time.Millisecond, 5 * time.Millisecond, 3 * time.Millisecond}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("%v, want %v", got, want)
	}
}

// A command counts once, although the simulator knows only later whose it is.
func TestCommandsAreCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		account := ""
		s := &simulator{ctx: t.Context(), url: "http://sipgate", client: &http.Client{Transport: answers(func() string {
			all := fmt.Sprintf(`[{"time":"2026-07-01T10:00:00.1+02:00","method":"PUT","path":"/v2/calls/A/hold","account":%q},
				{"time":"2026-07-01T10:00:00.2+02:00","method":"PUT","path":"/v2/calls/A/hold","account":%[1]q}]`, account)
			account = "2814711"
			return all
		})}}
		ctx, cancel := context.WithTimeout(t.Context(), commandsEvery+time.Second)
		defer cancel()
		if c := s.commands(ctx); c.err != nil || len(c.requests) != 2 || account == "" {
			t.Errorf("%+v, %v", c.requests, c.err)
		}
	})
}

// answers are those of a simulator, without a network.
type answers func() string

// RoundTrip implements [http.RoundTripper].
func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(a()))}, nil
}

// Mistakes on the command line are reported, and nothing is started.
func TestCommandLine(t *testing.T) {
	for _, bad := range []string{"-teams 0", "-browsers 3 -teams 4", "-browsers 9001", "-users 2", "-changes 0", "-changes NaN", "-for 1ms", "-stopped 100%", "-stopped x", "-rounds 0 -raw", "-calls -1", "-burst 0", "-nodes 21", "-kill -nodes 1", "-upgrade", "-upgrade -kill -nodes 2", "more"} {
		var out bytes.Buffer
		if err := run(context.Background(), strings.Fields(bad), &out, &out); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
	s, err := parse(strings.Fields("-browsers 5000 -teams 100 -stopped 10%"), os.Stderr)
	if err != nil || s.users != 50 || s.stopped != 0.1 || s.rounds != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

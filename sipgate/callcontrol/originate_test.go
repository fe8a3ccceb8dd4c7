package callcontrol

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// What a device can do now decides whether a call is started with it, and with
// which device one starts.
func TestStatesOfDevices(t *testing.T) {
	desk := sipgate.Device{ID: "e0", Online: true}
	channels := []sipgate.Channel{{ID: "a", Users: []sipgate.ChannelUser{{ID: "w0", Devices: []sipgate.DeviceID{"e0"}}, {ID: "w1", Devices: []sipgate.DeviceID{"e1"}}}}}
	for name, c := range map[string]struct {
		device sipgate.Device
		neo    bool
		want   DeviceState
	}{
		"online":               {desk, false, DeviceReady},
		"online, on neo":       {desk, true, DeviceReady},
		"off":                  {sipgate.Device{ID: "e0", Type: "REGISTER"}, false, DeviceOffline},
		"do not disturb":       {sipgate.Device{ID: "e0", Online: true, DND: true}, false, DeviceDoNotDisturb},
		"off, do not disturb":  {sipgate.Device{ID: "e0", Type: "REGISTER", DND: true}, false, DeviceOffline},
		"external":             {sipgate.Device{ID: "x0", Type: "EXTERNAL", Online: true}, false, DeviceReady},
		"external, on neo":     {sipgate.Device{ID: "x0", Type: "EXTERNAL", Online: true}, true, DeviceUnsuitable},
		"mobile, on neo":       {sipgate.Device{ID: "y0", Type: "MOBILE", Online: true}, true, DeviceUnsuitable},
		"mobile app, on neo":   {sipgate.Device{ID: "e0", Type: "MOBILE_APP", Online: true}, true, DeviceUnsuitable},
		"desktop app, on neo":  {sipgate.Device{ID: "e0", Type: "DESKTOP_APP", Online: true}, true, DeviceReady},
		"in no channel":        {sipgate.Device{ID: "e8", Type: "REGISTER", Online: true}, true, DeviceNoChannel},
		"a colleague's":        {sipgate.Device{ID: "e1", Type: "REGISTER", Online: true}, true, DeviceNoChannel},
		"mobile, on a classic": {sipgate.Device{ID: "y0", Type: "MOBILE", Online: true}, false, DeviceReady},
	} {
		if got := deviceState("w0", c.device, c.neo, channels); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	device := func(id sipgate.DeviceID, s DeviceState) Device { return Device{sipgate.Device{ID: id}, s} }
	ready, quiet, off, unfit := device("e0", DeviceReady), device("e1", DeviceDoNotDisturb), device("e2", DeviceOffline), device("e3", DeviceUnsuitable)
	for name, c := range map[string]struct {
		devices   []Device
		preferred sipgate.DeviceID
		want      int
	}{
		"the preferred one":           {[]Device{quiet, ready}, "e0", 1},
		"although it is quiet":        {[]Device{ready, quiet}, "e1", 1},
		"instead of one that is off":  {[]Device{off, quiet, ready}, "e2", 2},
		"instead of one that is gone": {[]Device{off, quiet}, "e9", 1},
		"one that is off":             {[]Device{unfit, off}, "e3", 1},
		"none":                        {[]Device{unfit}, "e3", -1},
	} {
		if got := PreferredDevice(c.devices, c.preferred); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// A call is started with a device of one's own that rings, once for each action id,
// and recorded. What would start none says why, and sends nothing.
func TestCallsStartWithOwnDevicesThatRing(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w1", false)
	f.enter("w1")
	started := func() int { return f.asked("/v2/sessions/calls") }
	o := Origination{ActionID: "0123456789abcdef", Device: "e1", Callee: "+4930555001"}
	off, on, quiet := false, true, true
	if err := f.sim.SetDevice(a.Account, "e1", &off, nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		device sipgate.DeviceID
		want   error
	}{"a colleague's": {"e0", ErrNotOwnDevice}, "off": {"e1", ErrDeviceOffline}} {
		o := o
		o.Device = c.device
		if id, err := f.Originate(t.Context(), a, o); !errors.Is(err, c.want) || id != "" {
			t.Errorf("%s: %q, %v", name, id, err)
		}
	}
	if n := started(); n != 0 || len(f.auditRows(a)) != 0 {
		t.Errorf("%d requests, audit %+v", n, f.auditRows(a))
	}
	anyway := o
	anyway.ActionID, anyway.RingOffline = "0123456789abcdeg", true
	if _, err := f.Originate(t.Context(), a, anyway); err != nil {
		t.Errorf("although it is off: %v", err)
	}
	if err := f.sim.SetDevice(a.Account, "e1", &on, &quiet); err != nil {
		t.Fatal(err)
	}
	f.fails(402, "/v2/sessions/calls")
	var refused *StartError
	if _, err := f.Originate(t.Context(), a, o); !errors.As(err, &refused) || refused.Error() == "" || f.auditRows(a)[0].Outcome != team.OutcomeFailed || f.auditRows(a)[0].Status != 402 {
		t.Errorf("refused: %v, audit %+v", err, f.auditRows(a)[0])
	}
	f.sim.ClearFaults()
	before := started()
	first, err := f.Originate(t.Context(), a, o)
	again, errAgain := f.Originate(t.Context(), a, o)
	if err != nil || errAgain != nil || first == "" || first != again || started() != before+1 {
		t.Errorf("%q, %v and %q, %v: %d requests", first, err, again, errAgain, started()-before)
	}
	if row := f.auditRows(a)[0]; row.Action != team.StartCall || row.Parameters != "+4930555001 from e1" || row.Outcome != team.OutcomeDone {
		t.Errorf("audit %+v", row)
	}
	f.exec(`drop table audit`)
	o.ActionID = "0123456789abcdeh"
	if _, err := f.Originate(t.Context(), a, o); !errors.Is(err, team.ErrAuditUnavailable) || errors.As(err, &refused) || started() != before+1 {
		t.Errorf("without an audit: %v", err)
	}
	f.fails(503, "/v2/w1/devices")
	if _, err := f.Originate(t.Context(), a, o); sipgate.KindOf(err) != sipgate.Unavailable {
		t.Errorf("while the devices are not known: %v", err)
	}
}

// Who starts a call follows it until its end, which has a cause; of calls that they
// may not see, nobody learns anything.
func TestOnlyWhoSeesACallFollowsIt(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	call := f.connectedCall(a)
	stranger := Actor{Member: team.Member{MemberID: team.MemberID{Account: a.Account, User: "w9"}}}
	if stage, row, _ := f.Progress(t.Context(), a, call.CallID, -1); stage != switchboard.StageConnected || row != call.ID {
		t.Errorf("%v, %q", stage, row)
	}
	if stage, row, cause := f.Progress(t.Context(), stranger, call.CallID, -1); stage != switchboard.StageUnknown || row != "" || cause != "" {
		t.Errorf("a stranger: %v, %q, %q", stage, row, cause)
	}
	if stage, row, _ := f.Progress(t.Context(), a, "none", -1); stage != switchboard.StageUnknown || row != "" {
		t.Errorf("no call: %v, %q", stage, row)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if stage, row, _ := f.Progress(done, a, call.CallID, switchboard.StageConnected); stage != switchboard.StageConnected || row != call.ID {
		t.Errorf("nothing new: %v, %q", stage, row)
	}
	f.Board(a).Observe(sipgate.Event{Kind: sipgate.EventHangup, CallID: call.CallID, Cause: "busy"})
	if stage, row, cause := f.Progress(t.Context(), a, call.CallID, switchboard.StageConnected); stage != switchboard.StageEnded || row != call.ID || cause != "busy" {
		t.Errorf("ended: %v, %q, %q", stage, row, cause)
	}
}

// An announcement for one's own device ends with a hang-up, also if it cannot be
// played; not if the member has hung up before. Nothing is sent twice for one click.
func TestAnAnnouncementOnTheOwnDeviceEndsItsCall(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount, Pickup: time.Millisecond})
	a := f.signIn("w0", true)
	f.loadRoster(a.Account)
	if n := f.OwnNumber(t.Context(), a); n != "+492214710110" {
		t.Errorf("own number %q", n)
	}
	clip := announcement.Announcement{ID: "missing", Length: time.Second}
	o := Origination{ActionID: "0123456789abcdef", Device: "e0", Callee: "+4930555001"}
	id, err := f.PlayToDevice(t.Context(), a, o, clip)
	if err != nil {
		t.Fatal(err)
	}
	hungUp := func() int { return f.asked("/v2/calls/" + string(id)) }
	awaitThat(t, "hang-up", func() bool {
		f.Board(a).Poll(t.Context())
		return hungUp() == 1
	})
	if again, err := f.PlayToDevice(t.Context(), a, o, clip); err != nil || again != id {
		t.Errorf("again: %q, %v", again, err)
	}
	o.Device, o.ActionID = "e1", "0123456789abcdeg"
	if _, err := f.PlayToDevice(t.Context(), a, o, clip); !errors.Is(err, ErrNotOwnDevice) {
		t.Errorf("a colleague's device: %v", err)
	}
	f.Control.Close() // waits for what goes on
	if n := hungUp(); n != 1 || f.asked("/v2/sessions/calls") != 1 {
		t.Errorf("%d hang-ups, %d calls", n, f.asked("/v2/sessions/calls"))
	}
	if said := f.log.count("play announcement to device"); said != 1 || f.log.count("hang up after announcement") != 0 {
		t.Errorf("said %d times that it does not play", said)
	}
	rows := f.auditRows(a)
	if got := []team.Permission{rows[0].Action, rows[1].Action}; !slices.Equal(got, []team.Permission{team.HangUp, team.StartCall}) {
		t.Errorf("audit %+v", rows)
	}
}

// An announcement is fetched while it plays into the call. A member who hangs up
// before its end is not hung up on once more.
func TestAnAnnouncementPlaysUntilTheMemberHangsUp(t *testing.T) {
	var f *fixture
	o := simulator.Options{Visibility: simulator.VisibilityAccount, Pickup: time.Millisecond, Fetch: &http.Client{Transport: fetch(func(r *http.Request) (*http.Response, error) {
		wav, delivered, err := f.Library.Fetch(r.Context(), path.Base(r.URL.Path))
		if err == nil {
			err = delivered()
		}
		return &http.Response{StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"audio/wav"}}, Body: io.NopCloser(bytes.NewReader(wav))}, err
	})}}
	f = newFixture(t, o)
	a := f.signIn("w0", true)
	f.loadRoster(a.Account)
	clip, err := f.Library.Add(t.Context(), a.Account, announcement.Upload{FileName: "Holidays.wav", UploadedBy: a.Name}, bytes.NewReader(tenSeconds()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.AnnounceAction(t.Context(), Actor{Member: team.Member{MemberID: team.MemberID{Account: "2390015", User: "w0"}}}, clip.ID); !errors.Is(err, announcement.ErrNotFound) {
		t.Errorf("another team: %v", err)
	}
	id, err := f.PlayToDevice(t.Context(), a, Origination{Device: "e0", Callee: "+4930555001"}, clip)
	if err != nil {
		t.Fatal(err)
	}
	awaitThat(t, "the announcement plays", func() bool {
		f.Board(a).Poll(t.Context())
		played, err := f.Library.Get(t.Context(), a.Account, clip.ID)
		return err == nil && played.Plays == 1 && played.LastPlayedBy == a.Name
	})
	awaitThat(t, "audit of the announcement", func() bool {
		row := f.auditRows(a)[0]
		return row.Action == team.PlayAnnouncement && row.Outcome == team.OutcomeDone && row.Parameters == "Holidays"
	})
	if err := f.sim.HangUp(string(id), ""); err != nil {
		t.Fatal(err)
	}
	awaitThat(t, "end of the call", func() bool {
		f.Board(a).Poll(t.Context())
		stage, _ := f.Board(a).Progress(id)
		return stage == switchboard.StageEnded
	})
	f.Control.Close() // waits for what goes on
	if rows := f.auditRows(a); len(rows) != 2 || f.log.count("hang up after announcement")+f.log.count("play announcement to device") != 0 {
		t.Errorf("audit %+v", rows)
	}
}

type fetch func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f fetch) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// tenSeconds returns a WAV file with ten seconds of a tone.
func tenSeconds() []byte {
	const size = 10 * 16_000
	wav := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data")
	binary.LittleEndian.PutUint32(wav[4:], uint32(len(wav)-4+size))
	wav = binary.LittleEndian.AppendUint32(wav, size)
	for i := range size / 2 {
		wav = binary.LittleEndian.AppendUint16(wav, uint16(i%16*1000))
	}
	return wav
}

// Waiting for a stage ends with the stage, or with its time.
func TestWaitingForAStageEnds(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	call := f.connectedCall(a)
	if stage, got := f.awaitStage(t.Context(), a, call.CallID, switchboard.StageConnected, time.Hour); stage != switchboard.StageConnected || got.ID != call.ID {
		t.Errorf("reached already: %v, %q", stage, got.ID)
	}
	if stage, got := f.awaitStage(t.Context(), a, call.CallID, switchboard.StageEnded, time.Millisecond); stage != switchboard.StageConnected || got.ID != call.ID {
		t.Errorf("not reached in time: %v, %q", stage, got.ID)
	}
	f.Board(a).Observe(sipgate.Event{Kind: sipgate.EventHangup, CallID: call.CallID, Cause: "normalClearing"})
	if stage, _ := f.awaitStage(t.Context(), a, call.CallID, switchboard.StageEnded, time.Hour); stage != switchboard.StageEnded {
		t.Errorf("reached: %v", stage)
	}
}

// On neo, a call is started in the channel of its caller id, else in the
// member's own; with what would not ring, none is. An account that has just moved
// to neo gets the channel with the first call.
func TestCallsOnNeoAreInAChannel(t *testing.T) {
	f := newFixture(t, simulator.Options{Visibility: simulator.VisibilityAccount})
	a := f.signIn("w0", true)
	if err := f.Capabilities.SetDialMethod(t.Context(), a.Account, sipgate.DialMethod{Platform: sipgate.Classic}); err != nil {
		t.Fatal(err)
	}
	if list, err := f.Rosters.Of(a.Account).Channels(t.Context()); err != nil || len(list) != 0 {
		t.Fatalf("before: %v, %v", list, err)
	}
	p, err := f.sim.Platform(a.Account)
	p.Name, p.DefaultChannels = simulator.PlatformNeo, false // nothing rings without a channel
	if err = errors.Join(err, f.sim.SetPlatform(a.Account, p)); err != nil {
		t.Fatal(err)
	}
	for i, callerID := range []sipgate.Number{"", "+492214710100", "+492214710111"} {
		o := Origination{ActionID: fmt.Sprintf("0123456789abcde%d", i), Device: "e0", Callee: "+4930555001", CallerID: callerID}
		id, err := f.Originate(t.Context(), a, o)
		if err != nil {
			t.Fatal(err)
		}
		call, err := f.sim.Call(string(id))
		want := "p0" // a colleague's number is not in a channel of the device
		if callerID == "+492214710100" {
			want = "g0"
		}
		if err != nil || call.Phase != "ringing" || call.Channel != f.channel(a.Account, want) {
			t.Errorf("%q: %+v, %v", callerID, call, err)
		}
	}
	if got := f.asked("/v2/sessions/calls"); got != 1 {
		t.Errorf("tried the classic way %d times", got)
	}
	if got := f.Capabilities.Get(a.Account); got.Platform != sipgate.Neo || got.Evidence != "call" {
		t.Errorf("%+v", got)
	}
}

// channel returns the id of the channel of a phone line or group.
func (f *fixture) channel(account, endpoint string) string {
	accounts := f.sim.State()["accounts"].([]any)
	for _, a := range accounts {
		for _, c := range a.(map[string]any)["channels"].([]any) {
			if c := c.(map[string]any); a.(map[string]any)["id"] == account && c["endpoint"] == endpoint {
				return c["id"].(string)
			}
		}
	}
	f.t.Fatal("no channel of " + endpoint)
	return ""
}

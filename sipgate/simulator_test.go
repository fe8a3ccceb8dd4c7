package sipgate_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
)

// simulatedClient is a real client connected to the simulated sipgate by HTTP.
type simulatedClient struct {
	*sipgate.Client
	sim *simulator.Simulator
	url string

	mu  sync.Mutex
	now time.Time
}

func open(t *testing.T, o simulator.Options) *simulatedClient {
	t.Helper()
	l := &simulatedClient{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	o.Now = func() time.Time {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.now
	}
	if o.Pickup == 0 {
		o.Pickup = -1
	}
	l.sim = simulator.New(o)
	srv := httptest.NewServer(l.sim)
	hc := sipgate.NewHTTPClient()
	t.Cleanup(func() {
		hc.CloseIdleConnections()
		srv.Close()
		l.sim.Close()
	})
	l.url = srv.URL
	base, err := url.Parse(srv.URL + "/v2/")
	if err != nil {
		t.Fatal(err)
	}
	l.Client = &sipgate.Client{Base: base, HTTP: hc}
	l.as(t, "w0", "all")
	return l
}

// as gives the client the access of another user and other scopes.
func (l *simulatedClient) as(t *testing.T, user, scope string) {
	t.Helper()
	tokens, err := l.sim.Token("", user, scope)
	if err != nil {
		t.Fatal(err)
	}
	l.Auth = sipgate.Bearer(tokens["access_token"].(string))
}

func (l *simulatedClient) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

func (l *simulatedClient) ring(t *testing.T, state string) sipgate.CallID {
	t.Helper()
	id, err := l.sim.Ring(simulator.NewCall{From: "+491713920014", Users: []string{"w0"}, State: state})
	if err != nil {
		t.Fatal(err)
	}
	return sipgate.CallID(id)
}

func (l *simulatedClient) truth(t *testing.T, id sipgate.CallID) simulator.CallState {
	t.Helper()
	truth, err := l.sim.Call(string(id))
	if err != nil {
		t.Fatal(err)
	}
	return truth
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSimulatorCommands(t *testing.T) {
	l, ctx := open(t, simulator.Options{}), t.Context()
	id := l.ring(t, "ringing")
	if calls := listed(t, l); len(calls) != 0 {
		t.Errorf("a ringing call is listed: %+v", calls)
	}
	if err := l.Hold(ctx, id, true); sipgate.KindOf(err) != sipgate.Invalid || sipgate.MayHaveArrived(err) {
		t.Errorf("hold while it rings: %v", err)
	}
	must(t, l.sim.Answer(string(id), "w0"))
	must(t, l.Hold(ctx, id, true))
	must(t, l.Mute(ctx, id, true))
	must(t, l.Record(ctx, id, true, true))
	must(t, l.SendDTMF(ctx, id, "*12345#"))
	calls := listed(t, l)
	if len(calls) != 1 || calls[0].ID != id || !calls[0].Hold || !calls[0].Muted || !calls[0].Recording || len(calls[0].Participants) != 2 {
		t.Errorf("listed %+v", calls)
	}
	owner := slices.IndexFunc(calls[0].Participants, func(p sipgate.Participant) bool { return p.Owner })
	if owner < 0 || sipgate.NormalizeNumber(calls[0].Participants[1-owner].Number) != "+491713920014" {
		t.Errorf("participants %+v", calls[0].Participants)
	}
	must(t, l.Hold(ctx, id, false))
	must(t, l.Mute(ctx, id, false))
	must(t, l.Record(ctx, id, false, false))
	truth := l.truth(t, id)
	if truth.Hold || truth.Muted || truth.Recording || !slices.Equal(truth.Tones, []string{"*12345#"}) {
		t.Errorf("truth %+v", truth)
	}
	must(t, l.HangUp(ctx, id))
	if phase := l.truth(t, id).Phase; phase != "ended" {
		t.Errorf("phase %s", phase)
	}
	for name, err := range map[string]error{
		"hold":     l.Hold(ctx, id, true),
		"mute":     l.Mute(ctx, id, true),
		"record":   l.Record(ctx, id, true, true),
		"tones":    l.SendDTMF(ctx, id, "1"),
		"transfer": l.Transfer(ctx, id, sipgate.Transfer{To: "+491713920027"}),
		"announce": l.Announce(ctx, id, l.url+"/a.wav"),
		"hang up":  l.HangUp(ctx, id),
	} {
		if sipgate.KindOf(err) != sipgate.NoCall {
			t.Errorf("%s of an ended call: %v", name, err)
		}
	}
}

func listed(t *testing.T, l *simulatedClient) []sipgate.Call {
	t.Helper()
	list, err := l.Calls(t.Context())
	must(t, err)
	calls, _, err := list.Calls()
	must(t, err)
	return calls
}

func TestSimulatorTransfer(t *testing.T) {
	for name, tr := range map[string]sipgate.Transfer{
		"blind":          {To: "+491713920027"},
		"attended":       {To: "+491713920027", Attended: true},
		"with caller id": {To: "+491713920027", CallerID: "+492214710110"},
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t, simulator.Options{})
			id := l.ring(t, "established")
			must(t, l.Transfer(t.Context(), id, tr))
			truth := l.truth(t, id)
			if truth.Successor == "" {
				t.Fatalf("no new call: %+v", truth)
			}
			must(t, l.sim.Answer(truth.Successor, ""))
			next := l.truth(t, sipgate.CallID(truth.Successor))
			if next.OrigCallID != truth.OrigCallID || next.To != string(tr.To) || next.Phase != "established" {
				t.Errorf("the new call is %+v", next)
			}
		})
	}
}

func TestSimulatorStartCall(t *testing.T) {
	l, ctx := open(t, simulator.Options{}), t.Context()
	id, err := l.StartCall(ctx, sipgate.NewCall{Caller: "e0", Callee: "+491713920027", CallerID: "+492214710110"})
	must(t, err)
	if truth := l.truth(t, id); truth.To != "+491713920027" || truth.Direction != "out" {
		t.Errorf("truth %+v", truth)
	}
	must(t, l.HangUp(ctx, id)) // while it rings
	if _, err := l.StartCall(ctx, sipgate.NewCall{Caller: "+492214710110", Callee: "+491713920027"}); sipgate.KindOf(err) != sipgate.Invalid {
		t.Errorf("a number without a device: %v", err)
	}
}

// An announcement played into a recorded call is heard in the recording, which
// the history lists.
func TestSimulatorRecording(t *testing.T) {
	l, ctx := open(t, simulator.Options{}), t.Context()
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		w.Write(telephoneWAV(8000))
	}))
	defer files.Close()
	id := l.ring(t, "established")
	must(t, l.Record(ctx, id, true, false))
	must(t, l.Announce(ctx, id, files.URL+"/a.wav"))
	l.pass(3 * time.Second)
	must(t, l.HangUp(ctx, id))

	page, err := l.History(ctx, sipgate.HistoryQuery{Types: []string{"CALL"}, Directions: []string{"INCOMING"}, From: l.now.Add(-time.Hour), Limit: 5})
	must(t, err)
	i := slices.IndexFunc(page.Items, func(e sipgate.HistoryEntry) bool { return e.CallID == id })
	if i < 0 || len(page.Items[i].Recordings) != 1 || page.Items[i].Duration != 3*time.Second || !page.Items[i].Incoming {
		t.Fatalf("history %+v", page)
	}
	entry, err := l.HistoryEntry(ctx, page.Items[i].ID)
	if err != nil || entry.CallID != id || !slices.Contains(entry.Extensions(), "p0") {
		t.Errorf("entry %+v, %v", entry, err)
	}
	if _, err := l.HistoryEntry(ctx, "999999999"); sipgate.KindOf(err) != sipgate.NoCall {
		t.Errorf("an entry that there is not: %v", err)
	}
	address := page.Items[i].Recordings[0].URL
	whole := fetch(t, l, address, "")
	if len(whole) < 3*16000 || !bytes.HasPrefix(whole, []byte("RIFF")) {
		t.Errorf("the recording has %d bytes", len(whole))
	}
	if part := fetch(t, l, address, "bytes=100-199"); !bytes.Equal(part, whole[100:200]) {
		t.Errorf("the part has %d bytes", len(part))
	}
	if _, err := l.History(ctx, sipgate.HistoryQuery{Types: []string{"LETTER"}}); sipgate.KindOf(err) != sipgate.Invalid {
		t.Errorf("an unknown type: %v", err)
	}
}

// A voicemail can be listened to, and its entry changed.
func TestSimulatorVoicemail(t *testing.T) {
	l, ctx := open(t, simulator.Options{}), t.Context()
	box, err := l.sim.Forward(string(l.ring(t, "ringing")), "voicemail")
	must(t, err)
	l.pass(7 * time.Second)
	must(t, l.sim.HangUp(box, ""))
	page, err := l.History(ctx, sipgate.HistoryQuery{Types: []string{"VOICEMAIL"}})
	must(t, err)
	if len(page.Items) != 1 {
		t.Fatalf("history %+v", page)
	}
	e := page.Items[0]
	if e.CallID != "" || e.Transcription == "" || e.Duration != 7*time.Second || len(e.Recordings) != 1 || e.Read || e.Starred {
		t.Errorf("message %+v", e)
	}
	if wav := fetch(t, l, e.Recordings[0].URL, ""); len(wav) != 44+7*16000 {
		t.Errorf("the message has %d bytes", len(wav))
	}
	yes, note := true, "called back\nat noon"
	must(t, l.ChangeEntry(ctx, e.ID, sipgate.EntryChange{Note: &note, Read: &yes}))
	must(t, l.ChangeEntry(ctx, e.ID, sipgate.EntryChange{Starred: &yes, Archived: &yes}))
	if e, err = l.HistoryEntry(ctx, e.ID); err != nil || e.Note != note || !e.Read || !e.Starred || !e.Archived {
		t.Errorf("afterwards %+v, %v", e, err)
	}
	if err := l.ChangeEntry(ctx, "999999999", sipgate.EntryChange{Read: &yes}); sipgate.KindOf(err) != sipgate.NoCall {
		t.Errorf("an entry that there is not: %v", err)
	}
}

func fetch(t *testing.T, l *simulatedClient, address, part string) []byte {
	t.Helper()
	file, err := l.OpenRecording(t.Context(), address, part)
	must(t, err)
	defer file.Body.Close()
	data, err := io.ReadAll(file.Body)
	must(t, err)
	if !strings.HasPrefix(file.ContentType, "audio/") || file.Length != int64(len(data)) || (part != "") != (file.Status == http.StatusPartialContent) {
		t.Errorf("file %+v", file)
	}
	return data
}

// telephoneWAV returns n samples of a sawtooth in the format that sipgate
// requires.
func telephoneWAV(n int) []byte {
	var b bytes.Buffer
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, uint32(36+2*n))
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, struct {
		Size                  uint32
		Format, Channels      uint16
		Rate, BytesPerSecond  uint32
		BlockAlign, BitsOfOne uint16
	}{16, 1, 1, 8000, 16000, 2, 16})
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, uint32(2*n))
	for i := range n {
		binary.Write(&b, binary.LittleEndian, int16(i%80*100))
	}
	return b.Bytes()
}

func TestSimulatorResources(t *testing.T) {
	l, ctx := open(t, simulator.Options{}), t.Context()
	info, err := l.UserInfo(ctx)
	if err != nil || info.Sub != "w0" || info.MasterSipID == "" || info.Locale == "" {
		t.Errorf("userinfo %+v, %v", info, err)
	}
	users, err := l.Users(ctx)
	if err != nil || len(users) != 3 || users[0].ID != "w0" || !users[0].Admin || users[0].Firstname == "" {
		t.Errorf("users %+v, %v", users, err)
	}
	devices, err := l.Devices(ctx, "w0")
	if err != nil || len(devices) != 1 || devices[0].ID != "e0" || !devices[0].Online || len(devices[0].Phonelines) != 1 {
		t.Errorf("devices %+v, %v", devices, err)
	}
	contacts, err := l.Contacts(ctx)
	if err != nil || len(contacts) < 5 || contacts[0].Name == "" || len(contacts[0].Numbers) == 0 {
		t.Errorf("contacts %+v, %v", contacts, err)
	}
	numbers, err := l.Numbers(ctx)
	if err != nil || len(numbers) < 3 || numbers[0].Number == "" {
		t.Errorf("numbers %+v, %v", numbers, err)
	}
	account, err := l.Account(ctx)
	if err != nil || account.Company == "" {
		t.Errorf("account %+v, %v", account, err)
	}
	settings := sipgate.PushSettings{IncomingURL: "https://a.example/x?y", OutgoingURL: "https://b.example/", Log: true, Whitelist: []string{"p0"}}
	must(t, l.SetPushSettings(ctx, settings))
	got, err := l.PushSettings(ctx)
	if err != nil || got.IncomingURL != settings.IncomingURL || got.OutgoingURL != settings.OutgoingURL || !got.Log || !slices.Equal(got.Whitelist, settings.Whitelist) {
		t.Errorf("push settings %+v, %v", got, err)
	}
	got.Whitelist = nil
	must(t, l.SetPushSettings(ctx, got))
}

func startOne(ctx context.Context, l *simulatedClient) error {
	_, err := l.StartCall(ctx, sipgate.NewCall{Caller: "e0", Callee: "+491713920027"})
	return err
}

func TestSimulatorFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		fault    simulator.Fault
		kind     sipgate.Kind
		arrived  bool
		executed bool
	}{
		"503":          {simulator.Fault{Do: simulator.DoStatus, Status: 503}, sipgate.Unavailable, true, false},
		"429":          {simulator.Fault{Do: simulator.DoStatus, Status: 429, RetryAfter: "30"}, sipgate.Throttled, false, false},
		"reset after":  {simulator.Fault{Do: simulator.DoResetAfter}, sipgate.Unavailable, true, true},
		"reset before": {simulator.Fault{Do: simulator.DoReset}, sipgate.Unavailable, true, false},
		"redirect":     {simulator.Fault{Do: simulator.DoStatus, Status: 307, Location: "http://127.0.0.1:1/"}, sipgate.Unreadable, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t, simulator.Options{})
			id := l.ring(t, "established")
			_, err := l.sim.AddFault(tt.fault)
			must(t, err)
			err = l.Hold(t.Context(), id, true)
			if sipgate.KindOf(err) != tt.kind || sipgate.MayHaveArrived(err) != tt.arrived || l.truth(t, id).Hold != tt.executed {
				t.Errorf("error %v, executed %v", err, l.truth(t, id).Hold)
			}
			if n := len(l.sim.Requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
	l := open(t, simulator.Options{})
	_, err := l.sim.AddFault(simulator.Fault{Do: simulator.DoMalformed, Path: "/v2/calls"})
	must(t, err)
	list, err := l.Calls(t.Context())
	must(t, err)
	if _, _, err := list.Calls(); err == nil {
		t.Error("a broken list is taken")
	}
}

// Events of the simulator are signed and parseable, and the reply makes it
// send answer and hangup.
func TestSimulatorPush(t *testing.T) {
	l := open(t, simulator.Options{})
	key, err := sipgate.ParsePushKey(l.sim.PushKey())
	must(t, err)
	events := make(chan sipgate.Event, 10)
	var hook *httptest.Server
	hook = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := sipgate.VerifyPush(key, body, r.Header.Get(sipgate.SignatureHeader)); err != nil {
			t.Errorf("%v", err)
		}
		if sipgate.VerifyPush(sipgate.DefaultPushKey(), body, r.Header.Get(sipgate.SignatureHeader)) == nil {
			t.Error("sipgate's key accepts the simulator's signature")
		}
		e, err := sipgate.ParseEvent(body)
		if err != nil {
			t.Errorf("%s: %v", body, err)
		}
		w.Header().Set("Content-Type", sipgate.PushReplyType)
		w.Write(sipgate.PushReply(hook.URL + "/?a=1&b=2"))
		events <- e
	}))
	defer hook.Close()
	must(t, l.SetPushSettings(t.Context(), sipgate.PushSettings{IncomingURL: hook.URL, OutgoingURL: hook.URL}))
	id := l.ring(t, "ringing")
	e := <-events
	if e.Kind != sipgate.EventNewCall || e.CallID != id || e.OrigCallID == "" || e.XCID == "" || e.Direction != sipgate.Incoming || !slices.Equal(e.UserIDs, []sipgate.UserID{"w0"}) {
		t.Errorf("event %+v", e)
	}
	account, user, ok := sipgate.SplitFullUserID(e.FullUserIDs[0])
	if info, err := l.UserInfo(t.Context()); err != nil || !ok || account != info.MasterSipID || user != info.Sub {
		t.Errorf("full id %q, %v", e.FullUserIDs[0], err)
	}
	must(t, l.sim.Answer(string(id), "w0"))
	if e = <-events; e.Kind != sipgate.EventAnswer || e.CallID != id || e.AnsweringNumber == "" || !slices.Equal(e.UserIDs, []sipgate.UserID{"w0"}) {
		t.Errorf("event %+v", e)
	}
	must(t, l.HangUp(t.Context(), id))
	if e = <-events; e.Kind != sipgate.EventHangup || e.CallID != id || e.Cause != "normalClearing" {
		t.Errorf("event %+v", e)
	}
}

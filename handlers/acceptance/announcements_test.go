package acceptance

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"callboard/handlers/acceptance/harness"
	"callboard/sipgate/announcement"
)

// addAnnouncement uploads a file as the page's script does, and returns the
// status, the error code of a refusal, and the id of the announcement.
func addAnnouncement(v *harness.Client, name string, content []byte, fields ...harness.Part) (status int, code, id string) {
	v.T.Helper()
	status, code, _, id = uploadAnnouncement(v, name, content, fields...)
	return status, code, id
}

// uploadAnnouncement uploads a file. said is the text that the answer has for the
// uploader.
func uploadAnnouncement(v *harness.Client, name string, content []byte, fields ...harness.Part) (status int, code, said, id string) {
	v.T.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range append(fields, harness.Part{Name: name, Data: content}) {
		p.Write(w)
	}
	w.Close()
	resp := v.Send("POST", v.Stack.URL+"/announcements", w.FormDataContentType(), &body, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		v.T.Fatal(err)
	}
	var answered struct {
		ID    string
		Notes []string
		Error struct{ Code, Message string }
	}
	if err := json.Unmarshal(answer, &answered); err != nil {
		v.T.Fatalf("%s: %s", resp.Status, answer)
	}
	return resp.StatusCode, answered.Error.Code, strings.Join(append(answered.Notes, answered.Error.Message), ""), answered.ID
}

// storedSamples returns an announcement as samples at 8 kHz.
func storedSamples(v *harness.Client, id string) []int16 {
	v.T.Helper()
	status, wav := v.Get("/announcements/" + id + "/audio")
	samples, err := announcement.TelephoneSamples([]byte(wav))
	if status != 200 || err != nil {
		v.T.Fatalf("stored sound: %d, %v", status, err)
	}
	return samples
}

// Every supported file format is uploaded over HTTP. What is stored has the
// tone, the length and the loudness that it should have, and no alias of a tone
// above the telephone band.
func TestAnnouncementFormats(t *testing.T) {
	s := harness.NewPlain(t, "-visibility", "account")
	v := s.SignIn(t, 0)
	remove := func(id string) { v.Submit("/announcements", "/announcements/"+id+"/delete", "") }
	check := func(name string, file []byte, hz, seconds, tolerance, noise float64, alias ...float64) {
		t.Run(name, func(t *testing.T) {
			status, code, id := addAnnouncement(v, name, file)
			if status != http.StatusCreated {
				t.Fatalf("%d %s", status, code)
			}
			defer remove(id)
			samples := storedSamples(v, id)
			if got := float64(len(samples)) / 8000; math.Abs(got-seconds) > tolerance {
				t.Errorf("%.4f s, want %.4f", got, seconds)
			}
			harness.CheckTone(t, "stored", samples, hz)
			mid := samples[len(samples)/4 : len(samples)*3/4]
			for _, other := range append(alias, 2345) {
				harness.CheckAtMost(t, fmt.Sprintf("%.0f Hz", other), harness.ToneLevel(mid, other)-harness.ToneLevel(mid, hz), noise)
			}
		})
	}
	for _, r := range []harness.WAV{
		{Coding: 1, Bits: 8}, {Coding: 1, Bits: 16}, {Coding: 1, Bits: 24}, {Coding: 1, Bits: 32}, {Coding: 3, Bits: 32}, {Coding: 3, Bits: 64},
		{Coding: 6, Bits: 8}, {Coding: 7, Bits: 8},
		{Coding: 1, Bits: 16, Extensible: true, Channels: 6}, {Coding: 1, Bits: 24, Extensible: true}, {Coding: 3, Bits: 32, Extensible: true},
		{Coding: 6, Bits: 8, Extensible: true}, {Coding: 7, Bits: 8, Channels: 2},
		{Coding: 1, Bits: 16, Streamed: true}, {Coding: 1, Bits: 16, Padded: true}, {Coding: 1, Bits: 24, Padded: true, Channels: 3},
	} {
		r.Rate, r.Hz, r.Seconds, r.Channels = 16000, []float64{1000}, 0.6, max(r.Channels, 1)
		noise := -60.0
		if r.Bits == 8 {
			noise = -45
		}
		check(fmt.Sprintf("coding %d, %d bits, %d channels, %v %v %v.wav", r.Coding, r.Bits, r.Channels, r.Extensible, r.Streamed, r.Padded), r.Bytes(), 1000, 0.6, 0.0002, noise)
	}
	for i, rate := range []int{4000, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 176400, 192000} {
		r := harness.WAV{Coding: 1, Bits: 16, Rate: rate, Channels: 1 + i%8, Hz: []float64{700}, Seconds: 0.5}
		if rate > 14000 {
			r.Hz = append(r.Hz, 6300) // would come back as 1.7 kHz
		}
		check(fmt.Sprintf("%d Hz, %d channels.wav", rate, r.Channels), r.Bytes(), 700, 0.5, 0.0002, -60, 1700)
	}
	for name, seconds := range map[string]float64{"cbr.mp3": 0.5, "vbr.mp3": 0.5, "id3.mp3": 0.548, "padded-22k.mp3": 0.575, "mpeg2-16k.mp3": 0.576} {
		file, err := os.ReadFile(harness.File(t, "sipgate/announcement/testdata/"+name))
		if err != nil {
			t.Fatal(err)
		}
		check(name, file, 1000, seconds, 0.002, -45, 2000) // 6 kHz would come back as 2 kHz
	}
}

// Files that are no valid announcements are refused with a code that says why,
// and leave nothing in the library.
func TestInvalidAnnouncementsAreRefused(t *testing.T) {
	t.Parallel()
	s := harness.NewPlain(t)
	v := s.SignIn(t, 0)
	good := harness.Steady(500, 1)
	with := func(at int, b ...byte) []byte {
		f := bytes.Clone(good)
		copy(f[at:], b)
		return f
	}
	testdata := func(name string) []byte {
		b, err := os.ReadFile(harness.File(t, "sipgate/announcement/testdata/"+name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	// What the decoder has to say reaches the uploader, whether it refuses or not.
	for _, c := range []struct {
		name   string
		file   []byte
		status int
		said   string
	}{
		{"g729.wav", with(20, 0x83, 0), 422, "WAV mit G.729 wird nicht unterstützt. Bitte als PCM"},
		{"low.mp3", testdata("mpeg25-8k.mp3"), 422, "MP3, 8 kHz (MPEG-2.5) wird nicht unterstützt"},
		{"cut.wav", good[:len(good)-100], 422, "Das Ende dieser Datei fehlt"},
		{"report.wav", []byte("%PDF-1.7 and so on"), 415, "Das ist ein PDF-Dokument"},
		{"more.wav", append(bytes.Clone(good), bytes.Repeat([]byte{0x81, 7}, 100)...), 201, "kein Audio"},
	} {
		status, _, said, id := uploadAnnouncement(v, c.name, c.file)
		if status != c.status || !strings.Contains(said, c.said) {
			t.Errorf("%s: %d %q, want %d %q", c.name, status, said, c.status, c.said)
		}
		if status != 201 {
			continue
		}
		if _, page := v.Get("/announcements"); !strings.Contains(page, c.said) {
			t.Errorf("%s: the library does not say %q", c.name, c.said)
		}
		v.Submit("/announcements", "/announcements/"+id+"/delete", "")
	}
	long := harness.WAV{Coding: 1, Bits: 8, Rate: 4000, Channels: 1, Seconds: 601}.Bytes()
	large := harness.WAV{Coding: 1, Bits: 32, Rate: 192000, Channels: 8, Seconds: 5.6}.Bytes() // 33 MiB
	for _, c := range []struct {
		name   string
		file   []byte
		status int
		code   string
	}{
		{"html.wav", []byte("<!doctype html><script>alert(1)</script>"), 415, "not_audio"},
		{"svg.wav", []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), 415, "not_audio"},
		{"zip.wav", []byte("PK\x03\x04 and so on"), 415, "not_audio"},
		{"elf.wav", []byte("\x7fELF and so on"), 415, "not_audio"},
		{"text.wav", []byte("Dear Sir or Madam"), 415, "not_audio"},
		{"zeros.wav", make([]byte, 5000), 415, "not_audio"},
		{"noise.wav", []byte(strings.Repeat("\x93\x11\xe4\x5a\xc7\x08", 900)), 415, "not_audio"},
		{"empty.wav", nil, 422, "audio_empty"},
		{"silent.wav", harness.WAV{Coding: 1, Bits: 16, Rate: 8000, Channels: 1}.Bytes(), 422, "audio_empty"},
		{"cut.wav", good[:len(good)-101], 422, "audio_invalid"},
		{"head.wav", good[:30], 422, "audio_invalid"},
		{"align.wav", with(32, 0, 0), 422, "audio_invalid"},
		{"rate.wav", with(24, 0, 0, 0, 0), 422, "audio_invalid"},
		{"channels.wav", with(22, 0, 0), 422, "audio_invalid"},
		{"adpcm.wav", with(20, 2, 0), 422, "audio_unsupported"},
		{"m4a.wav", []byte("\x00\x00\x00\x20ftypM4A and so on, for a while"), 422, "audio_unsupported"},
		{"webm.mp3", []byte("\x1a\x45\xdf\xa3 and so on, for a while"), 422, "audio_unsupported"},
		{"mpeg25.mp3", testdata("mpeg25-8k.mp3"), 422, "audio_unsupported"},
		{"flac.wav", testdata("stereo.flac"), 422, "audio_unsupported"},
		{"vorbis.mp3", testdata("stereo.ogg"), 422, "audio_unsupported"},
		{"stereo.flac", testdata("stereo.flac"), 422, "bad_extension"},
		{"stereo.ogg", testdata("stereo.ogg"), 422, "bad_extension"},
		{"stereo.m4a", good, 422, "bad_extension"},
		{"long.wav", long, 422, "audio_too_long"},
		{"large.wav", large, 413, "too_large"},
		{"sound.exe", good, 422, "bad_extension"},
		{"---.wav", good, 422, "bad_label"},
	} {
		if status, code, _ := addAnnouncement(v, c.name, c.file); status != c.status || code != c.code {
			t.Errorf("%s: %d %s, want %d %s", c.name, status, code, c.status, c.code)
		}
	}
	for _, c := range []struct {
		name   string
		fields []harness.Part
	}{
		{"two wishes", []harness.Part{{Field: "trim", Data: []byte("true")}, {Field: "trim", Data: []byte("true")}}},
		{"another field", []harness.Part{{Field: "label", Data: []byte("x")}}},
	} {
		if status, code, _ := addAnnouncement(v, "a.wav", good, c.fields...); status != 400 || code != "bad_upload" {
			t.Errorf("%s: %d %s", c.name, status, code)
		}
	}
	if _, page := v.Get("/announcements"); strings.Contains(page, `class="card sound"`) {
		t.Error("something that was refused was stored")
	}
	if status, code, _ := addAnnouncement(s.SignIn(t, 1), "a.wav", good); status != 403 || code != "role_agent" {
		t.Errorf("an agent uploads: %d %s", status, code)
	}
	_, table := v.Get("/audit.csv?deed=announcements.write")
	if !strings.Contains(table, "zip.wav") || !strings.Contains(table, "refused") {
		t.Errorf("what was tried is not in the audit: %s", table)
	}
}

var soundID = regexp.MustCompile(`id="sound-([A-Za-z0-9_-]{43})"`)

// The library works without script: announcements are trimmed, renamed, removed
// and sorted. Loudness and quotas are settings.
func TestAnnouncementLibrary(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	s.Stop()
	s.Args = append(s.Args, "-announcement-level=-23", "-announcement-files", "3", "-announcement-megabytes", "1")
	s.Start()
	v := s.SignIn(t, 0)
	for page, want := range map[string]string{"/announcements": "microphone=(self)", "/": "microphone=()"} {
		if got := v.Send("GET", s.URL+page, "", nil).Header.Get("Permissions-Policy"); !strings.Contains(got, want) {
			t.Errorf("%s: Permissions-Policy %q", page, got)
		}
	}
	quiet := harness.WAV{Coding: 1, Bits: 16, Rate: 16000, Channels: 1, Hz: []float64{1000}, Seconds: 1}
	padded := append(make([]byte, 0), quiet.Bytes()...)
	padded = append(padded, make([]byte, 2*16000*2)...) // two seconds of silence behind
	binary.LittleEndian.PutUint32(padded[40:], uint32(len(padded)-44))
	binary.LittleEndian.PutUint32(padded[4:], uint32(len(padded)-8))
	_, _, whole := addAnnouncement(v, "Whole.wav", padded)
	_, _, trimmed := addAnnouncement(v, "Trimmed.wav", padded, harness.Part{Field: "trim", Data: []byte("true")})
	for id, seconds := range map[string]float64{whole: 3, trimmed: 1.2} {
		samples := storedSamples(v, id)
		if got := float64(len(samples)) / 8000; math.Abs(got-seconds) > 0.02 {
			t.Errorf("%.3f s, want %.3f", got, seconds)
		}
		if loud := announcement.Loudness(samples); math.Abs(loud+23) > 0.3 {
			t.Errorf("%.1f LUFS, want −23", loud)
		}
	}
	v.Submit("/announcements", "/announcements/"+whole+"/rename", url.Values{"label": {"  Zum \u202e Ende"}}.Encode())
	for order, want := range map[string][]string{"name": {trimmed, whole}, "new": {trimmed, whole}, "": {trimmed, whole}} {
		_, page := v.Get("/announcements?order=" + order)
		var got []string
		for _, m := range soundID.FindAllStringSubmatch(page, -1) {
			got = append(got, m[1])
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || !strings.Contains(page, "<h2>Zum Ende</h2>") {
			t.Errorf("order %q: %v, want %v", order, got, want)
		}
	}
	for _, bad := range []string{"label=", "label=+%00", "label=a&label=b", "other=x"} {
		resp := v.Send("POST", s.URL+"/announcements/"+whole+"/rename", "application/x-www-form-urlencoded", strings.NewReader(bad))
		if resp.StatusCode != 422 {
			t.Errorf("rename with %q: %s", bad, resp.Status)
		}
	}
	if resp := v.Send("POST", s.URL+"/announcements/"+strings.Repeat("A", 43)+"/rename", "application/x-www-form-urlencoded", strings.NewReader("label=x")); resp.StatusCode != 404 {
		t.Errorf("rename of nothing: %s", resp.Status)
	}
	jonas := s.SignIn(t, 1)
	for _, path := range []string{"rename", "delete"} {
		if resp := jonas.Send("POST", s.URL+"/announcements/"+whole+"/"+path, "application/x-www-form-urlencoded", strings.NewReader("label=x")); resp.StatusCode != 403 {
			t.Errorf("an agent may %s: %s", path, resp.Status)
		}
	}
	// A minute is a megabyte, and so more than what is left.
	if status, code, _ := addAnnouncement(v, "minute.wav", harness.WAV{Coding: 1, Bits: 8, Rate: 8000, Channels: 1, Hz: []float64{300}, Seconds: 62}.Bytes()); status != 409 || code != "quota" {
		t.Errorf("too many bytes: %d %s", status, code)
	}
	// Two at once for the last place: one gets it.
	var wg sync.WaitGroup
	statuses := make(chan int, 2)
	for i := range 2 {
		wg.Go(func() {
			status, _, _ := addAnnouncement(v, fmt.Sprint("last", i, ".wav"), harness.Steady(400+float64(i), 1))
			statuses <- status
		})
	}
	wg.Wait()
	if a, b := <-statuses, <-statuses; a+b != 201+409 {
		t.Errorf("for the last place: %d and %d", a, b)
	}
	if _, page := v.Get("/announcements"); !strings.Contains(page, "3 von 3") && !strings.Contains(page, "3 of 3") {
		t.Error("the page does not say that it is full")
	}
	v.Submit("/announcements", "/announcements/"+whole+"/delete", "")
	if status, _ := v.Get("/announcements/" + whole + "/audio"); status != 404 {
		t.Errorf("deleted, and there: %d", status)
	}
}

// A member uploads at most two files at once; a third is refused.
func TestTwoUploadsAtOnce(t *testing.T) {
	s := harness.New(t)
	v := s.SignIn(t, 0)
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	harness.Part{Name: "slow.wav", Data: harness.Steady(440, 1)}.Write(w)
	w.Close()
	var uploads sync.WaitGroup
	var senders []*io.PipeWriter
	for range 2 {
		body, sender := io.Pipe()
		senders = append(senders, sender)
		uploads.Go(func() {
			resp := v.Send("POST", s.URL+"/announcements", w.FormDataContentType(), body)
			if resp.StatusCode != http.StatusSeeOther {
				t.Errorf("one of two: %s", resp.Status)
			}
		})
		if _, err := sender.Write(form.Bytes()[:form.Len()/2]); err != nil {
			t.Fatal(err)
		}
	}
	s.Eventually("both uploads under way", func() bool {
		_, table := v.Get("/audit.csv?deed=announcements.write")
		return strings.Count(table, "slow.wav") == 2
	})
	if status, code, _ := addAnnouncement(v, "third.wav", harness.Steady(500, 1)); status != http.StatusTooManyRequests || code != "rate_limited" {
		t.Errorf("the third: %d %s", status, code)
	}
	for _, sender := range senders {
		sender.Write(form.Bytes()[form.Len()/2:])
		sender.Close()
	}
	uploads.Wait()
	if status, code, _ := addAnnouncement(v, "third.wav", harness.Steady(500, 1)); status != http.StatusCreated {
		t.Errorf("the third, later: %d %s", status, code)
	}
}

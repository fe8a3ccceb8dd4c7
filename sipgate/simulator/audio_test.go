package simulator

import (
	"bytes"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestRecordingHasDigitsInOrder(t *testing.T) {
	const sent = "*123456789#0ABCD"
	tl := twoPartyTimeline()
	tl.startRecording(after(2 * time.Second))
	tl.addTones(sent, after(5*time.Second))
	tl.stopRecording(after(12 * time.Second))

	x := record(t, tl)
	got, begins := digitsIn(x)
	if got != sent {
		t.Fatalf("digits %q, want %q", got, sent)
	}
	for i, n := range begins {
		want := 3*sampleRate + i*sampleRate/5
		if n < want-120 || n > want+120 {
			t.Errorf("digit %d begins at sample %d, want %d", i, n, want)
		}
	}
	on := decibel(power(x[3*sampleRate+80 : 3*sampleRate+700]))
	if on < -11 || on > -9 {
		t.Errorf("tones at %.1f dBFS, want -10", on)
	}
}

// Digits sent while others still play are played after them.
func TestTonesArePlayedInSequence(t *testing.T) {
	tl := twoPartyTimeline()
	tl.startRecording(timelineStart)
	tl.addTones("12", after(time.Second))
	tl.addTones("34", after(1100*time.Millisecond))
	tl.stopRecording(after(4 * time.Second))
	if got, _ := digitsIn(record(t, tl)); got != "1234" {
		t.Errorf("digits %q, want 1234", got)
	}
}

func TestVoicesAndMusicAreNotDigits(t *testing.T) {
	for seed := range uint64(5) {
		tl := newAudioTimeline(seed)
		tl.join("a", timelineStart)
		tl.join("b", timelineStart)
		tl.join("c", timelineStart)
		tl.startRecording(timelineStart)
		tl.setHold(after(12*time.Second), true)
		tl.stopRecording(after(16 * time.Second))
		x := record(t, tl)
		if got, _ := digitsIn(x); got != "" {
			t.Errorf("seed %d: digits %q in speech and music", seed, got)
		}
		bands, band := spectrum(x), 0.0
		for _, share := range bands[1200/50 : 1650/50] {
			band += share
		}
		if band > 0.005 {
			t.Errorf("seed %d: %.1f %% of speech and music among the upper keypad tones", seed, 100*band)
		}
	}
}

func TestRecordingHasAnnouncementWhereAccepted(t *testing.T) {
	sound := chirp(0.6, 0.5)
	tl := twoPartyTimeline()
	tl.startRecording(after(1250 * time.Millisecond))
	tl.addAnnouncement(sound, after(3*time.Second))
	tl.stopRecording(after(7 * time.Second))
	x := record(t, tl)

	at, fit := correlation(x, sound)
	if want := 1750 * 8; at != want || fit < 0.95 {
		t.Errorf("announcement at sample %d (fit %.2f), want %d", at, fit, want)
	}
	if _, fit := correlation(x[:14000], sound); fit > 0.25 {
		t.Errorf("announcement heard before it was accepted: fit %.2f", fit)
	}
	if _, fit := correlation(x[14000+len(sound):], sound); fit > 0.25 {
		t.Errorf("announcement heard after its end: fit %.2f", fit)
	}
}

// Tones and an announcement that play at once can both be detected.
func TestTonesOverAnAnnouncement(t *testing.T) {
	sound := chirp(1.5, 0.3)
	tl := twoPartyTimeline()
	tl.startRecording(timelineStart)
	tl.addAnnouncement(sound, after(time.Second))
	tl.addTones("*12345#", after(time.Second))
	tl.stopRecording(after(5 * time.Second))
	x := record(t, tl)
	if got, _ := digitsIn(x); got != "*12345#" {
		t.Errorf("digits %q", got)
	}
	if at, fit := correlation(x, sound); at != sampleRate || fit < 0.5 {
		t.Errorf("announcement at %d, fit %.2f", at, fit)
	}
}

// A recording that begins during an announcement has the rest of it.
func TestRecordingBeginsInsideAnAnnouncement(t *testing.T) {
	sound := chirp(1.5, 0.5)
	tl := twoPartyTimeline()
	tl.addAnnouncement(sound, after(time.Second))
	tl.startRecording(after(2 * time.Second))
	tl.stopRecording(after(5 * time.Second))
	if at, fit := correlation(record(t, tl), sound[sampleRate:]); at != 0 || fit < 0.95 {
		t.Errorf("second half at %d, fit %.2f", at, fit)
	}
}

func TestSeveralRecordingsOfOneCall(t *testing.T) {
	tl := twoPartyTimeline()
	tl.startRecording(after(time.Second))
	tl.startRecording(after(2 * time.Second)) // already on
	tl.stopRecording(after(3 * time.Second))
	tl.stopRecording(after(4 * time.Second)) // already off
	tl.startRecording(after(5 * time.Second))
	tl.addTones("7", after(6*time.Second))
	if len(tl.files) != 1 {
		t.Fatal("an unfinished recording is listed")
	}
	tl.stopRecording(after(8500 * time.Millisecond))
	files := tl.files
	if len(files) != 2 || files[0].samples() != 2*sampleRate || files[1].samples() != 3.5*sampleRate {
		t.Fatalf("recordings %v", files)
	}
	if got, at := digitsIn(record(t, tl)); got != "7" || at[0] < sampleRate-100 || at[0] > sampleRate+100 {
		t.Errorf("second recording: digits %q at %v", got, at)
	}
}

// level returns the level of part of a recording in dBFS.
func level(x []int16, from, to time.Duration) float64 {
	return decibel(power(x[samplesIn(from):samplesIn(to)]))
}

func TestLevelsOfVoicesMuteHoldAndLeaving(t *testing.T) {
	const s = time.Second
	tl := twoPartyTimeline()
	tl.startRecording(timelineStart)
	tl.setMuted(after(10*s), true)
	tl.leave("caller", after(15*s)) // only the muted owner is left
	tl.setMuted(after(20*s), false)
	tl.setHold(after(30*s), true)
	tl.setHold(after(40*s), false)
	tl.leave("owner", after(50*s))
	tl.stopRecording(after(55 * s))
	x := record(t, tl)

	if got := level(x, 0, 10*s); got < -23.5 || got > -19 {
		t.Errorf("speech at %.1f dBFS, want about -20 (with its pauses)", got)
	}
	if got := level(x, 10*s, 15*s); got < -30 {
		t.Errorf("the other party at %.1f dBFS while the owner is muted", got)
	}
	if got := level(x, 15*s, 20*s); got > -90 {
		t.Errorf("a muted party at %.1f dBFS", got)
	}
	if got := level(x, 20*s, 30*s); got < -30 {
		t.Errorf("the owner at %.1f dBFS after unmuting", got)
	}
	if got := level(x, 30*s, 40*s); got < -50 || got > -28 {
		t.Errorf("hold music at %.1f dBFS", got)
	}
	if got := level(x, 50*s+10*time.Millisecond, 55*s); got > -90 {
		t.Errorf("no party on the call, but %.1f dBFS", got)
	}
}

func TestVoicesDifferAndStayTheSame(t *testing.T) {
	hear := func(seed uint64, party string) [64]float64 {
		tl := newAudioTimeline(seed)
		tl.join("owner", timelineStart)
		tl.join("caller", timelineStart)
		tl.leave(map[string]string{"owner": "caller", "caller": "owner"}[party], timelineStart)
		tl.startRecording(timelineStart)
		tl.stopRecording(after(12 * time.Second))
		return spectrum(record(t, tl))
	}
	overlap := func(a, b [64]float64) float64 {
		var ab, aa, bb float64
		for i := range a {
			ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
		}
		return ab / math.Sqrt(aa*bb)
	}
	for seed := range uint64(3) {
		owner, caller := hear(seed, "owner"), hear(seed, "caller")
		if l := overlap(owner, caller); l > 0.8 {
			t.Errorf("seed %d: voices of two parties alike: %.2f", seed, l)
		}
		if owner != hear(seed, "owner") {
			t.Errorf("seed %d: the same party sounds different", seed)
		}
	}
}

func TestVoicesOfOneCallAreDistinct(t *testing.T) {
	for seed := range uint64(100) {
		tl := newAudioTimeline(seed)
		for i, id := range []string{"+4921112345", "+4930999", "", "w0"} {
			tl.join(id, timelineStart)
			v := tl.parties[i].voice
			for _, other := range tl.parties[:i] {
				if ratio := voicePitches[max(v, other.voice)] / voicePitches[min(v, other.voice)]; ratio < 1.1 {
					t.Fatalf("seed %d: pitches %v and %v", seed, v, other.voice)
				}
			}
		}
	}
}

// Reading in any order gives the same bytes as reading sequentially.
func TestRecordingIsTheSameHoweverItIsRead(t *testing.T) {
	tl := twoPartyTimeline()
	tl.addAnnouncement(chirp(3, 0.4), after(1500*time.Millisecond))
	tl.startRecording(after(333 * time.Millisecond))
	tl.addTones("19", after(1900*time.Millisecond))
	tl.setHold(after(4*time.Second), true)
	tl.stopRecording(after(5777 * time.Millisecond))
	file := tl.files[0]
	whole := wavBytes(t, file)
	if err := iotest.TestReader(file.reader(), whole); err != nil {
		t.Error(err)
	}
	r := file.reader()
	for _, at := range []int{60001, 20, 44, 16044, 16043, len(whole) - 3} {
		part := make([]byte, min(500, len(whole)-at))
		r.Seek(int64(at), io.SeekStart)
		if _, err := io.ReadFull(r, part); err != nil || !bytes.Equal(part, whole[at:at+len(part)]) {
			t.Errorf("bytes from %d differ (%v)", at, err)
		}
	}
}

// A clock that is set back does not reorder events, and an empty recording is a
// valid file.
func TestTimelineToleratesClockSetBack(t *testing.T) {
	tl := twoPartyTimeline()
	tl.startRecording(after(5 * time.Second))
	tl.addTones("1", after(-time.Hour))
	tl.stopRecording(after(time.Second))
	if x := wavBytes(t, tl.files[0]); len(x) != wavHeaderSize || !strings.HasPrefix(string(x), "RIFF") {
		t.Errorf("empty recording of %d bytes", len(x))
	}
}

func TestTonesSkipUnknownCharacters(t *testing.T) {
	tl := newAudioTimeline(1)
	tl.addTones("x1é2 ", timelineStart)
	if n := len(tl.tones); n != 2 {
		t.Errorf("%d tones, want 2", n)
	}
}

func BenchmarkRecordingOf3Minutes(b *testing.B) {
	tl := twoPartyTimeline()
	tl.startRecording(timelineStart)
	tl.addAnnouncement(chirp(10, 0.4), after(20*time.Second))
	tl.addTones("*12345#", after(60*time.Second))
	tl.setHold(after(90*time.Second), true)
	tl.setHold(after(100*time.Second), false)
	tl.stopRecording(after(180 * time.Second))
	file := tl.files[0]
	b.ReportAllocs()
	for b.Loop() {
		wavBytes(b, file)
	}
	b.ReportMetric(180*float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
}

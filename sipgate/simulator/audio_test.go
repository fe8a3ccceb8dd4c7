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

func TestRecordingHoldsTheDigitsInOrder(t *testing.T) {
	const sent = "*123456789#0ABCD"
	tp := talkingTape()
	tp.startRecording(after(2 * time.Second))
	tp.addTones(sent, after(5*time.Second))
	tp.stopRecording(after(12 * time.Second))

	x := record(t, tp)
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

// Digits sent while others still sound wait for them: nothing is lost.
func TestTonesSentTogetherFollowEachOther(t *testing.T) {
	tp := talkingTape()
	tp.startRecording(tapeStart)
	tp.addTones("12", after(time.Second))
	tp.addTones("34", after(1100*time.Millisecond))
	tp.stopRecording(after(4 * time.Second))
	if got, _ := digitsIn(record(t, tp)); got != "1234" {
		t.Errorf("digits %q, want 1234", got)
	}
}

func TestSpeechIsNoDigit(t *testing.T) {
	for seed := range uint64(5) {
		tp := newAudioTimeline(seed)
		tp.join("a", tapeStart)
		tp.join("b", tapeStart)
		tp.join("c", tapeStart)
		tp.startRecording(tapeStart)
		tp.setHold(after(12*time.Second), true)
		tp.stopRecording(after(16 * time.Second))
		x := record(t, tp)
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

func TestRecordingHoldsTheAnnouncementWhereItWasAccepted(t *testing.T) {
	sound := chirp(0.6, 0.5)
	tp := talkingTape()
	tp.startRecording(after(1250 * time.Millisecond))
	tp.addAnnouncement(sound, after(3*time.Second))
	tp.stopRecording(after(7 * time.Second))
	x := record(t, tp)

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

// Both may sound at once, and both are still found.
func TestTonesOverAnAnnouncement(t *testing.T) {
	sound := chirp(1.5, 0.3)
	tp := talkingTape()
	tp.startRecording(tapeStart)
	tp.addAnnouncement(sound, after(time.Second))
	tp.addTones("*12345#", after(time.Second))
	tp.stopRecording(after(5 * time.Second))
	x := record(t, tp)
	if got, _ := digitsIn(x); got != "*12345#" {
		t.Errorf("digits %q", got)
	}
	if at, fit := correlation(x, sound); at != sampleRate || fit < 0.5 {
		t.Errorf("announcement at %d, fit %.2f", at, fit)
	}
}

// An announcement that began before the recording is heard from its middle.
func TestRecordingBeginsInsideAnAnnouncement(t *testing.T) {
	sound := chirp(1.5, 0.5)
	tp := talkingTape()
	tp.addAnnouncement(sound, after(time.Second))
	tp.startRecording(after(2 * time.Second))
	tp.stopRecording(after(5 * time.Second))
	if at, fit := correlation(record(t, tp), sound[sampleRate:]); at != 0 || fit < 0.95 {
		t.Errorf("second half at %d, fit %.2f", at, fit)
	}
}

func TestSeveralRecordingsOfOneCall(t *testing.T) {
	tp := talkingTape()
	tp.startRecording(after(time.Second))
	tp.startRecording(after(2 * time.Second)) // already on
	tp.stopRecording(after(3 * time.Second))
	tp.stopRecording(after(4 * time.Second)) // already off
	tp.startRecording(after(5 * time.Second))
	tp.addTones("7", after(6*time.Second))
	if len(tp.files()) != 1 {
		t.Fatal("an unfinished recording is listed")
	}
	tp.stopRecording(after(8500 * time.Millisecond))
	files := tp.files()
	if len(files) != 2 || files[0].samples() != 2*sampleRate || files[1].samples() != 3.5*sampleRate {
		t.Fatalf("recordings %v", files)
	}
	if got, at := digitsIn(record(t, tp)); got != "7" || at[0] < sampleRate-100 || at[0] > sampleRate+100 {
		t.Errorf("second recording: digits %q at %v", got, at)
	}
}

// level is the loudness of the sound between two moments of a recording.
func level(x []int16, from, to time.Duration) float64 {
	return decibel(power(x[samplesIn(from):samplesIn(to)]))
}

func TestLevelsOfSpeechMuteHoldAndLeaving(t *testing.T) {
	const s = time.Second
	tp := talkingTape()
	tp.startRecording(tapeStart)
	tp.setMuted(after(10*s), true)
	tp.leave("caller", after(15*s)) // only the muted owner is left
	tp.setMuted(after(20*s), false)
	tp.setHold(after(30*s), true)
	tp.setHold(after(40*s), false)
	tp.leave("owner", after(50*s))
	tp.stopRecording(after(55 * s))
	x := record(t, tp)

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
		t.Errorf("nobody there, but %.1f dBFS", got)
	}
}

func TestVoicesDifferAndStayTheSame(t *testing.T) {
	hear := func(seed uint64, party string) [64]float64 {
		tp := newAudioTimeline(seed)
		tp.join("owner", tapeStart)
		tp.join("caller", tapeStart)
		tp.leave(map[string]string{"owner": "caller", "caller": "owner"}[party], tapeStart)
		tp.startRecording(tapeStart)
		tp.stopRecording(after(12 * time.Second))
		return spectrum(record(t, tp))
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
		var taken []int
		for _, party := range []string{"+4921112345", "+4930999", "", "w0"} {
			v := pickVoice(seed, party, taken)
			for _, other := range taken {
				if ratio := voicePitches[max(v, other)] / voicePitches[min(v, other)]; ratio < 1.1 {
					t.Fatalf("seed %d: pitches %v and %v", seed, v, other)
				}
			}
			taken = append(taken, v)
		}
	}
}

// Reading in any order gives the bytes that reading in one go gives.
func TestRecordingIsTheSameHoweverItIsRead(t *testing.T) {
	tp := talkingTape()
	tp.addAnnouncement(chirp(3, 0.4), after(1500*time.Millisecond))
	tp.startRecording(after(333 * time.Millisecond))
	tp.addTones("19", after(1900*time.Millisecond))
	tp.setHold(after(4*time.Second), true)
	tp.stopRecording(after(5777 * time.Millisecond))
	file := tp.files()[0]
	whole := file.wav()
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

// A clock that is set back disorders nothing, an empty recording is a file.
func TestTapeSurvivesOddClocks(t *testing.T) {
	tp := talkingTape()
	tp.startRecording(after(5 * time.Second))
	tp.addTones("1", after(-time.Hour))
	tp.stopRecording(after(time.Second))
	if x := tp.files()[0].wav(); len(x) != wavHeaderSize || !strings.HasPrefix(string(x), "RIFF") {
		t.Errorf("empty recording of %d bytes", len(x))
	}
}

func TestTonesIgnoreWhatIsOnNoKey(t *testing.T) {
	tp := newAudioTimeline(1)
	tp.addTones("x1é2 ", tapeStart)
	if n := len(tp.events.tones); n != 2 {
		t.Errorf("%d tones, want 2", n)
	}
}

func BenchmarkRecordingOf3Minutes(b *testing.B) {
	tp := talkingTape()
	tp.startRecording(tapeStart)
	tp.addAnnouncement(chirp(10, 0.4), after(20*time.Second))
	tp.addTones("*12345#", after(60*time.Second))
	tp.setHold(after(90*time.Second), true)
	tp.setHold(after(100*time.Second), false)
	tp.stopRecording(after(180 * time.Second))
	file := tp.files()[0]
	b.ReportAllocs()
	for b.Loop() {
		file.wav()
	}
	b.ReportMetric(180*float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
}

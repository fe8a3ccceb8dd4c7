package simulator

import (
	"slices"
	"sync"
	"time"
)

// tape remembers what is heard in one call: not the sound, but who spoke, what
// was sent and when. Sound is made of it when a recording is asked for, so a
// call costs a few hundred bytes and its announcements.
//
// Times are rounded to whole samples. A time before the latest one known is
// taken for the latest one, so a clock that is set back cannot disorder a
// tape. All methods are safe for concurrent use and return quickly.
type audioTimeline struct {
	seed uint64

	mu      sync.Mutex
	started bool
	origin  time.Time // of the first event; it has position 0
	last    int64     // position of the latest event
	events  audioEvents

	open     *audioFile // the recording that is going on, or nil
	finished []*audioFile
}

// span is the time from from until before to, in samples.
type span struct{ from, to int64 }

// forever is the end of a span that has not ended yet.
const forever = 1 << 62

// score is all that is heard in a call, in samples since the tape's zero.
type audioEvents struct {
	seed    uint64
	parties []*audioParty
	holds   []span
	mutes   []span // of the first party
	tones   []dtmfTone
	clips   []clip
}

// speaker is a party with its voice and the times when it is on the call.
type audioParty struct {
	id      string
	voice   int // index into voices()
	present []span
}

// clip is an announcement that was accepted at at.
type clip struct {
	at      int64
	samples []int16
}

func newAudioTimeline(seed uint64) *audioTimeline {
	return &audioTimeline{seed: seed, events: audioEvents{seed: seed}}
}

// position is the sample that now falls on. t.mu is held.
func (t *audioTimeline) position(now time.Time) int64 {
	if !t.started {
		t.started, t.origin = true, now
	}
	t.last = max(t.last, samplesIn(now.Sub(t.origin)))
	return t.last
}

// samplesIn rounds d to whole samples.
func samplesIn(d time.Duration) int64 {
	whole, rest := d/time.Second, d%time.Second
	return int64(whole)*sampleRate + int64((rest*sampleRate+time.Second/2)/time.Second)
}

// start begins a recording. It does nothing if one is going on.
func (t *audioTimeline) startRecording(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.position(now)
	if t.open == nil {
		t.open = &audioFile{tape: t, span: span{at, at}}
	}
}

// stop finishes the recording. It does nothing if none is going on.
func (t *audioTimeline) stopRecording(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.position(now)
	if t.open == nil {
		return
	}
	t.open.to = at
	t.open.ended = now
	t.finished = append(t.finished, t.open)
	t.open = nil
}

// joined adds a voice: the same one whenever the same party joins this call.
func (t *audioTimeline) join(party string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.position(now)
	p := t.party(party)
	if p == nil {
		var taken []int
		for _, other := range t.events.parties {
			taken = append(taken, other.voice)
		}
		p = &audioParty{id: party, voice: pickVoice(t.seed, party, taken)}
		t.events.parties = append(t.events.parties, p)
	}
	p.present = toggleSpan(p.present, at, true)
}

// left ends a voice. A party that is not there is ignored.
func (t *audioTimeline) leave(party string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.position(now)
	if p := t.party(party); p != nil {
		p.present = toggleSpan(p.present, at, false)
	}
}

// speaker finds a party, or nil. t.mu is held.
func (t *audioTimeline) party(party string) *audioParty {
	for _, p := range t.events.parties {
		if p.id == party {
			return p
		}
	}
	return nil
}

// held silences all voices while it is on; soft music takes their place.
func (t *audioTimeline) setHold(now time.Time, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events.holds = toggleSpan(t.events.holds, t.position(now), on)
}

// muted silences the first party that joined while it is on.
func (t *audioTimeline) setMuted(now time.Time, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events.mutes = toggleSpan(t.events.mutes, t.position(now), on)
}

// tones plays digits, each 100 ms long and followed by a pause of 100 ms, now
// or as soon as the digits before them have been played. Characters that are
// on no key are left out.
func (t *audioTimeline) addTones(digits string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.position(now)
	if n := len(t.events.tones); n > 0 {
		at = max(at, t.events.tones[n-1].end()+dtmfPause)
	}
	for _, digit := range digits {
		if row, column, ok := dtmfFrequencies(digit); ok {
			t.events.tones = append(t.events.tones, dtmfTone{at, row, column})
			at += dtmfToneLength + dtmfPause
		}
	}
}

// announcement plays samples from now on, over whatever else is heard. The
// tape keeps the slice, which must not change any more.
func (t *audioTimeline) addAnnouncement(samples []int16, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events.clips = append(t.events.clips, clip{t.position(now), samples})
}

// files returns the finished recordings, oldest first.
func (t *audioTimeline) files() []*audioFile {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.finished)
}

// snapshot returns the score as it is now; it shares nothing that changes.
func (t *audioTimeline) snapshot() audioEvents {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.events
	s.holds, s.mutes = slices.Clone(s.holds), slices.Clone(s.mutes)
	s.tones, s.clips = slices.Clip(s.tones), slices.Clip(s.clips)
	s.parties = make([]*audioParty, len(s.parties))
	for i, p := range t.events.parties {
		s.parties[i] = &audioParty{p.id, p.voice, slices.Clone(p.present)}
	}
	return s
}

// turnSpan opens a span at at, or closes the open one. Twice the same is as
// good as once.
func toggleSpan(list []span, at int64, on bool) []span {
	open := len(list) > 0 && list[len(list)-1].to == forever
	switch {
	case on && !open:
		list = append(list, span{at, forever})
	case !on && open:
		list[len(list)-1].to = at
	}
	return list
}

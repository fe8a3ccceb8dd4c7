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
type tape struct {
	seed uint64

	mu    sync.Mutex
	began bool
	zero  time.Time // of the first event; it has position 0
	last  int64     // position of the latest event
	score score

	open     *soundFile // the recording that is going on, or nil
	finished []*soundFile
}

// span is the time from from until before to, in samples.
type span struct{ from, to int64 }

// forever is the end of a span that has not ended yet.
const forever = 1 << 62

// score is all that is heard in a call, in samples since the tape's zero.
type score struct {
	seed    uint64
	parties []*speaker
	holds   []span
	mutes   []span // of the first party
	tones   []keyTone
	clips   []clip
}

// speaker is a party with its voice and the times when it is on the call.
type speaker struct {
	name    string
	voice   int // index into voices()
	present []span
}

// clip is an announcement that was accepted at at.
type clip struct {
	at      int64
	samples []int16
}

func newTape(seed uint64) *tape {
	return &tape{seed: seed, score: score{seed: seed}}
}

// position is the sample that now falls on. t.mu is held.
func (t *tape) position(now time.Time) int64 {
	if !t.began {
		t.began, t.zero = true, now
	}
	t.last = max(t.last, samplesIn(now.Sub(t.zero)))
	return t.last
}

// samplesIn rounds d to whole samples.
func samplesIn(d time.Duration) int64 {
	whole, rest := d/time.Second, d%time.Second
	return int64(whole)*sampleRate + int64((rest*sampleRate+time.Second/2)/time.Second)
}

// start begins a recording. It does nothing if one is going on.
func (t *tape) start(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.position(now)
	if t.open == nil {
		t.open = &soundFile{tape: t, span: span{at, at}}
	}
}

// stop finishes the recording. It does nothing if none is going on.
func (t *tape) stop(now time.Time) {
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
func (t *tape) joined(party string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.position(now)
	p := t.speaker(party)
	if p == nil {
		var taken []int
		for _, other := range t.score.parties {
			taken = append(taken, other.voice)
		}
		p = &speaker{name: party, voice: pickVoice(t.seed, party, taken)}
		t.score.parties = append(t.score.parties, p)
	}
	p.present = turnSpan(p.present, at, true)
}

// left ends a voice. A party that is not there is ignored.
func (t *tape) left(party string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.position(now)
	if p := t.speaker(party); p != nil {
		p.present = turnSpan(p.present, at, false)
	}
}

// speaker finds a party, or nil. t.mu is held.
func (t *tape) speaker(party string) *speaker {
	for _, p := range t.score.parties {
		if p.name == party {
			return p
		}
	}
	return nil
}

// held silences all voices while it is on; soft music takes their place.
func (t *tape) held(now time.Time, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.score.holds = turnSpan(t.score.holds, t.position(now), on)
}

// muted silences the first party that joined while it is on.
func (t *tape) muted(now time.Time, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.score.mutes = turnSpan(t.score.mutes, t.position(now), on)
}

// tones plays digits, each 100 ms long and followed by a pause of 100 ms, now
// or as soon as the digits before them have been played. Characters that are
// on no key are left out.
func (t *tape) tones(digits string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.position(now)
	if n := len(t.score.tones); n > 0 {
		at = max(at, t.score.tones[n-1].end()+tonePause)
	}
	for _, digit := range digits {
		if row, column, ok := tonePair(digit); ok {
			t.score.tones = append(t.score.tones, keyTone{at, row, column})
			at += toneOn + tonePause
		}
	}
}

// announcement plays samples from now on, over whatever else is heard. The
// tape keeps the slice, which must not change any more.
func (t *tape) announcement(samples []int16, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.score.clips = append(t.score.clips, clip{t.position(now), samples})
}

// files returns the finished recordings, oldest first.
func (t *tape) files() []*soundFile {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.finished)
}

// snapshot returns the score as it is now; it shares nothing that changes.
func (t *tape) snapshot() score {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.score
	s.holds, s.mutes = slices.Clone(s.holds), slices.Clone(s.mutes)
	s.tones, s.clips = slices.Clip(s.tones), slices.Clip(s.clips)
	s.parties = make([]*speaker, len(s.parties))
	for i, p := range t.score.parties {
		s.parties[i] = &speaker{p.name, p.voice, slices.Clone(p.present)}
	}
	return s
}

// turnSpan opens a span at at, or closes the open one. Twice the same is as
// good as once.
func turnSpan(list []span, at int64, on bool) []span {
	open := len(list) > 0 && list[len(list)-1].to == forever
	switch {
	case on && !open:
		list = append(list, span{at, forever})
	case !on && open:
		list[len(list)-1].to = at
	}
	return list
}

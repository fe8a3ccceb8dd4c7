package simulator

import "time"

// audioTimeline records what is heard in one call: not samples, but who is on
// the call, what was sent and when. A recording is rendered from it on demand,
// so that a call costs a few hundred bytes and its announcements.
//
// Positions are samples since the first event. A time before the latest known
// one counts as the latest one, so that a clock that is set back cannot
// reorder events. Simulator.mu protects the timeline until its call ends;
// after that it never changes and is read without a lock.
type audioTimeline struct {
	seed    uint64 // chooses the voices
	started bool
	origin  time.Time // of the first event
	last    int64     // position of the latest event

	parties []*audioParty
	holds   []span
	mutes   []span // of the first party
	tones   []dtmfTone
	clips   []clip

	recording *audioFile   // the one in progress, or nil
	files     []*audioFile // finished recordings, oldest first
}

// span is a half-open range of positions.
type span struct{ from, to int64 }

// forever is the end of a span that has not ended yet.
const forever = 1 << 62

// audioParty is a party and the times when it is on the call.
type audioParty struct {
	id      string
	voice   int // index into voicePitches
	present []span
}

// clip is an announcement.
type clip struct {
	at      int64
	samples []int16
}

func newAudioTimeline(seed uint64) *audioTimeline { return &audioTimeline{seed: seed} }

// position returns the sample at time now.
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

// startRecording starts a recording unless one is in progress.
func (t *audioTimeline) startRecording(now time.Time) {
	at := t.position(now)
	if t.recording == nil {
		t.recording = &audioFile{timeline: t, span: span{at, at}}
	}
}

// stopRecording finishes the recording in progress, if there is one.
func (t *audioTimeline) stopRecording(now time.Time) {
	at := t.position(now)
	if t.recording == nil {
		return
	}
	t.recording.to, t.recording.ended = at, now
	t.files = append(t.files, t.recording)
	t.recording = nil
}

// join adds the voice of a party. A party that comes back keeps its voice; up
// to len(voicePitches) parties have different ones.
func (t *audioTimeline) join(id string, now time.Time) {
	at := t.position(now)
	p := t.party(id)
	if p == nil {
		voice := (t.seed + uint64(len(t.parties))) % uint64(len(voicePitches))
		p = &audioParty{id: id, voice: int(voice)}
		t.parties = append(t.parties, p)
	}
	p.present = toggleSpan(p.present, at, true)
}

// leave ends the voice of a party. It ignores unknown parties.
func (t *audioTimeline) leave(id string, now time.Time) {
	at := t.position(now)
	if p := t.party(id); p != nil {
		p.present = toggleSpan(p.present, at, false)
	}
}

// party returns the party with this id, or nil.
func (t *audioTimeline) party(id string) *audioParty {
	for _, p := range t.parties {
		if p.id == id {
			return p
		}
	}
	return nil
}

// setHold replaces all voices by soft music while it is on.
func (t *audioTimeline) setHold(now time.Time, on bool) {
	t.holds = toggleSpan(t.holds, t.position(now), on)
}

// setMuted silences the first party that joined while it is on.
func (t *audioTimeline) setMuted(now time.Time, on bool) {
	t.mutes = toggleSpan(t.mutes, t.position(now), on)
}

// addTones plays digits, each followed by a pause, now or after the digits
// that still play. It skips characters that are not on a keypad.
func (t *audioTimeline) addTones(digits string, now time.Time) {
	at := t.position(now)
	if n := len(t.tones); n > 0 {
		at = max(at, t.tones[n-1].end()+dtmfPause)
	}
	for _, digit := range digits {
		if row, column, ok := dtmfFrequencies(digit); ok {
			t.tones = append(t.tones, dtmfTone{at, row, column})
			at += dtmfToneLength + dtmfPause
		}
	}
}

// addAnnouncement plays samples from now on, over everything else. The
// timeline keeps the slice; the caller must not change it.
func (t *audioTimeline) addAnnouncement(samples []int16, now time.Time) {
	t.clips = append(t.clips, clip{t.position(now), samples})
}

// toggleSpan opens a span at at, or closes the open one. Repeated calls with
// the same value change nothing.
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

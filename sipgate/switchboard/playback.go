package switchboard

import "time"

// play notes that sipgate accepted an announcement, and watches for it to be
// fetched.
func (b *Board) startPlayback(r *row, a Announce, now time.Time) {
	p := &Playback{Title: a.Title, Since: now, Length: a.Length, Hosted: a.Fetched != nil}
	r.playback = p
	if p.Hosted {
		go b.awaitFetch(r, now, a.Fetched)
	}
}

// watchFetch waits for sipgate to fetch the announcement that the row has been
// playing since a moment, for as long as anything is shown of it.
func (b *Board) awaitFetch(r *row, since time.Time, fetched <-chan time.Time) {
	timeout := time.NewTimer(fetchTimeout + defaultPlaybackLength)
	defer timeout.Stop()
	var at time.Time
	select {
	case t, ok := <-fetched:
		if !ok {
			return
		}
		at = t
	case <-timeout.C:
		return
	case <-b.runDone:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r = r.canonical()
	if r.playback == nil || !r.playback.Since.Equal(since) {
		return
	}
	p := *r.playback
	p.FetchedAfter, p.Missed = max(at.Sub(since), time.Millisecond), false
	r.playback = &p
	b.markDirty(r)
	b.flush(time.Now())
}

// unknownLength is for how long an announcement of unknown length is shown,
// and for how long a warning about one is.
const defaultPlaybackLength = 20 * time.Second

// playingAt is what is to be shown of an announcement at a moment, nil if it
// is over. Its end is an estimate: sipgate does not tell.
func playbackAt(p *Playback, now time.Time) *Playback {
	if !now.Before(playbackEnd(p)) {
		return nil
	}
	if p.Hosted && !p.Missed && p.FetchedAfter == 0 && now.Sub(p.Since) >= fetchTimeout {
		q := *p
		q.Missed = true
		return &q
	}
	return p
}

// endOfPlaying is when nothing is to be shown of an announcement any more: its
// length after it was fetched, or when everybody could see that it was not.
func playbackEnd(p *Playback) time.Time {
	length := p.Length
	if length <= 0 {
		length = defaultPlaybackLength
	}
	switch {
	case !p.Hosted:
		return p.Since.Add(length)
	case p.FetchedAfter > 0:
		return p.Since.Add(p.FetchedAfter + length)
	}
	return p.Since.Add(fetchTimeout + defaultPlaybackLength)
}

// nextOfPlaying is when something about an announcement is due.
func nextPlaybackChange(p *Playback) time.Time {
	if p.Hosted && !p.Missed && p.FetchedAfter == 0 {
		return p.Since.Add(fetchTimeout)
	}
	return playbackEnd(p)
}

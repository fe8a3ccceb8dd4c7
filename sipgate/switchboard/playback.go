package switchboard

import "time"

// startPlayback records that sipgate accepted an announcement and, if
// Callboard serves the file, waits for the fetch in a goroutine.
func (b *Board) startPlayback(r *row, a Announce, now time.Time) {
	p := &Playback{Title: a.Title, Since: now, Length: a.Length, Hosted: a.Fetched != nil}
	r.playback = p
	if p.Hosted {
		go b.awaitFetch(r, now, a.Fetched)
	}
}

// awaitFetch waits for sipgate to fetch the announcement that was started at
// since, as long as the board shows it.
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

// defaultPlaybackLength is how long an announcement of unknown length is
// shown, and a warning that one was not fetched.
const defaultPlaybackLength = 20 * time.Second

// playbackAt returns what to show of an announcement at now, nil if it is
// over. The end is an estimate: sipgate does not report it.
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

// playbackEnd returns when to stop showing an announcement: its length after
// the fetch or, if it was not fetched, defaultPlaybackLength after the
// warning.
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

// nextPlaybackChange returns when the announcement's display changes next.
func nextPlaybackChange(p *Playback) time.Time {
	if p.Hosted && !p.Missed && p.FetchedAfter == 0 {
		return p.Since.Add(fetchTimeout)
	}
	return playbackEnd(p)
}

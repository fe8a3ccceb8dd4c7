package switchboard

import "time"

// dueAt makes sure that sweep looks at t.
func (b *Board) schedule(t time.Time) {
	if !t.IsZero() && (b.nextDue.IsZero() || t.Before(b.nextDue)) {
		b.nextDue = t
		wake(b.timerWake)
	}
}

// sweep does what is due by time alone: ringing rows without news end, ended
// rows go, announcements and attention are over. Run does it in time; everything else that
// looks at the board does it first, so that the board is right without Run too.
func (b *Board) expire(now time.Time) {
	if b.nextDue.IsZero() || now.Before(b.nextDue) {
		return
	}
	b.nextDue = time.Time{}
	for _, r := range b.rows {
		for _, l := range r.legs {
			if l.expires() && now.Sub(l.lastEvent) >= ringingTimeout {
				b.endLeg(l, endedSilent, now)
			}
		}
		if r.playback != nil {
			r.playback = playbackAt(r.playback, now)
		}
		b.markDirty(r)
	}
	b.expireTombstones(now)
	b.flush(now)
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

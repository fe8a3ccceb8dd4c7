package switchboard

import "time"

// dueAt makes sure that sweep looks at t.
func (b *Board) dueAt(t time.Time) {
	if !t.IsZero() && (b.due.IsZero() || t.Before(b.due)) {
		b.due = t
		nudge(b.alarm)
	}
}

// sweep does what is due by time alone: ringing rows without news end, ended
// rows go, announcements and attention are over. Run does it in time; everything else that
// looks at the board does it first, so that the board is right without Run too.
func (b *Board) sweep(now time.Time) {
	if b.due.IsZero() || now.Before(b.due) {
		return
	}
	b.due = time.Time{}
	for _, r := range b.order {
		for _, l := range r.legs {
			if l.expires() && now.Sub(l.word) >= ringingLasts {
				b.finish(l, silent, now)
			}
		}
		if r.play != nil {
			r.play = playingAt(r.play, now)
		}
		b.touch(r)
	}
	b.forget(now)
	b.flush(now)
}

// unknownLength is for how long an announcement of unknown length is shown,
// and for how long a warning about one is.
const unknownLength = 20 * time.Second

// playingAt is what is to be shown of an announcement at a moment, nil if it
// is over. Its end is an estimate: sipgate does not tell.
func playingAt(p *Playback, now time.Time) *Playback {
	if !now.Before(endOfPlaying(p)) {
		return nil
	}
	if p.Hosted && !p.Missed && p.FetchedAfter == 0 && now.Sub(p.Since) >= fetchExpected {
		q := *p
		q.Missed = true
		return &q
	}
	return p
}

// endOfPlaying is when nothing is to be shown of an announcement any more: its
// length after it was fetched, or when everybody could see that it was not.
func endOfPlaying(p *Playback) time.Time {
	length := p.Length
	if length <= 0 {
		length = unknownLength
	}
	switch {
	case !p.Hosted:
		return p.Since.Add(length)
	case p.FetchedAfter > 0:
		return p.Since.Add(p.FetchedAfter + length)
	}
	return p.Since.Add(fetchExpected + unknownLength)
}

// nextOfPlaying is when something about an announcement is due.
func nextOfPlaying(p *Playback) time.Time {
	if p.Hosted && !p.Missed && p.FetchedAfter == 0 {
		return p.Since.Add(fetchExpected)
	}
	return endOfPlaying(p)
}

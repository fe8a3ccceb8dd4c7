package views

import (
	"strconv"
	"time"

	"callboard/sipgate/announcement"
)

// A Sound is what a [Player] plays.
type Sound struct {
	Address    string
	Name       string
	HasOutline bool          // its waveform is at Address/outline
	Waveform   string        // or this one, see [announcement.Clip.Waveform]
	Length     time.Duration // 0 if it is not known before the file is
	IsPreview  bool          // beside a button that plays it in a call
}

// soundOf returns what plays an announcement for the reader alone.
func soundOf(a announcement.Announcement) Sound {
	return Sound{Address: audioPath(a), Name: a.Label, Waveform: a.Waveform, Length: a.Length}
}

// preview returns s as it is beside a button that plays it in a call.
func (s Sound) preview() Sound {
	s.IsPreview = true
	return s
}

func (s Sound) playText(lang Lang) string {
	if s.IsPreview {
		return lang.T("player.listen", s.Name)
	}
	return lang.T("player.play", s.Name)
}

// placeText returns the place before anything is played, "" if the length is not
// known: script then shows it.
func (s Sound) placeText() string {
	if s.Length <= 0 {
		return ""
	}
	return durationText(0) + " / " + durationText(s.Length.Truncate(time.Second))
}

func decimalSeconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64)
}

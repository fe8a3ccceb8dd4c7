package journal

import (
	"errors"
	"time"
)

// Settings says how long calls are kept. Its tags declare command-line flags for
// the kong library.
type Settings struct {
	JournalDays int `default:"90" help:"For how many days after a call its timeline is kept: numbers, names, what was done, notes."`
	NoteDays    int `default:"0" help:"For how many days the notes on calls are kept. 0 is as long as the timelines."`
}

// Options checks the settings and returns the options that they mean. The error
// joins all mistakes, each of the form "--flag: what is wrong".
func (s *Settings) Options() (Options, error) {
	const day = 24 * time.Hour
	o := Options{Retention: time.Duration(s.JournalDays) * day, NoteRetention: time.Duration(s.NoteDays) * day}
	var journalErr, noteErr error
	if s.JournalDays < 1 {
		journalErr = errors.New("--journal-days: must be 1 or more")
	}
	if s.NoteDays < 0 || s.NoteDays > max(s.JournalDays, 0) {
		noteErr = errors.New("--note-days: must be 0, or from 1 to --journal-days: notes are part of the timelines")
	}
	return o, errors.Join(journalErr, noteErr)
}

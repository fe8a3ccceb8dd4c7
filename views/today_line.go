package views

import (
	"time"

	"callboard/sipgate/stats"
)

// TodayModel is the model of [TodayLine].
type TodayModel struct {
	stats.Report
	Neo         bool          // the account's platform has no call history
	LongestWait time.Duration // of today's calls, 0 if none rang
	Zone        *time.Location
}

// isKnown reports whether the counts can be relied on: a history without entries
// of an account that has none says nothing.
func (m TodayModel) isKnown() bool { return m.Known && !(m.Neo && m.Fetched == 0) }

func (m TodayModel) missed() int { return m.Total[stats.Missed] }

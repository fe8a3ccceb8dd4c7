package team

import (
	"context"
	"maps"
	"regexp"
	"slices"

	"callboard/sipgate"
)

// Preferences say how a member wants the pages to be, in every browser. Other
// members cannot see them, and the policy does not depend on them.
type Preferences struct {
	Lang     string // a language's tag, or "": as the browser says
	Theme    Theme
	Density  Density
	Keys     bool // single keys are shortcuts on the board
	OnlyMine bool // the board shows the member's own calls only

	Sound    bool
	Volume   int  // percent
	Notify   bool // desktop notifications
	RingsAll bool // calls of other members ring, too
	Quiet    QuietHours

	Grace  int              // seconds before a hang-up is sent: one of GracePeriods
	Device sipgate.DeviceID // offered first for new calls, or ""
	Number sipgate.Number   // caller id of new calls, or ""

	Recording Recording
}

// Theme is the brightness of the pages.
type Theme string

// The themes.
const (
	SystemTheme Theme = "" // the one of the operating system
	Light       Theme = "light"
	Dark        Theme = "dark"
)

// Themes lists the themes.
var Themes = []Theme{SystemTheme, Light, Dark}

// Density is how much of the board is in a window.
type Density string

// The densities.
const (
	AutomaticDensity Density = "" // compact as soon as there are many calls
	Compact          Density = "compact"
	Comfortable      Density = "comfortable"
)

// Densities lists the densities.
var Densities = []Density{AutomaticDensity, Compact, Comfortable}

// Recording is how a member's recordings begin.
type Recording string

// The ways in which recordings begin.
const (
	AskRecording    Recording = "" // the member is told about consent, and asked
	SpokenRecording Recording = "spoken"
	SilentRecording Recording = "silent"
)

// Recordings lists the ways in which recordings begin.
var Recordings = []Recording{AskRecording, SpokenRecording, SilentRecording}

// GracePeriods lists the seconds that [Preferences].Grace can be set to.
var GracePeriods = []int{0, 2, 4, 8}

// QuietHours are the hours in which the board does not ring, by the clock of
// the browser. A night belongs to the day on which it begins. If both times are
// the same, the quiet hours last until that time of the next day.
type QuietHours struct {
	On       bool
	From, To int // minutes of the day
	Days     int // bit 0 is Monday
}

// EveryDay is the value of [QuietHours].Days for a whole week.
const EveryDay = 1<<7 - 1

const minutesOfDay = 24 * 60

// DefaultPreferences returns the preferences of members who saved none.
func DefaultPreferences() Preferences {
	return Preferences{Keys: true, Sound: true, Volume: 60, Grace: 4, Quiet: QuietHours{From: 20 * 60, To: 7 * 60, Days: EveryDay}}
}

var (
	langTag  = regexp.MustCompile(`^(?:[a-z]{2}(?:-[A-Z]{2})?)?$`)
	deviceID = regexp.MustCompile(`^[A-Za-z0-9_-]{0,40}$`)
)

// check returns a [*sipgate.ValueError] that names the first invalid field.
func (p Preferences) check() error {
	q := p.Quiet
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"lang", langTag.MatchString(p.Lang)},
		{"theme", slices.Contains(Themes, p.Theme)},
		{"density", slices.Contains(Densities, p.Density)},
		{"volume", 0 <= p.Volume && p.Volume <= 100},
		{"quiet_from", 0 <= q.From && q.From < minutesOfDay},
		{"quiet_to", 0 <= q.To && q.To < minutesOfDay},
		{"quiet_days", 0 <= q.Days && q.Days <= EveryDay && (q.Days != 0 || !q.On)},
		{"recording", slices.Contains(Recordings, p.Recording)},
		{"grace", slices.Contains(GracePeriods, p.Grace)},
		{"device", deviceID.MatchString(string(p.Device))},
		{"number", p.Number == "" || p.Number.Valid()},
	} {
		if !f.ok {
			return &sipgate.ValueError{Field: f.name, Code: "bad_param"}
		}
	}
	return nil
}

// Preferences returns the preferences of a member, or the defaults.
func (m *Members) Preferences(id MemberID) Preferences {
	return m.current.Load().preferencesOf(id)
}

func (s *snapshot) preferencesOf(id MemberID) Preferences {
	if p, ok := s.preferences[id]; ok {
		return p
	}
	return DefaultPreferences()
}

// SavePreferences lets f change the preferences of a member, and stores them.
// The caller guarantees that the member asks for it. Errors are those of f, a
// [*sipgate.ValueError] that names the invalid field, ErrRemoved, ErrNoMember,
// and those of the database.
func (m *Members) SavePreferences(ctx context.Context, id MemberID, f func(*Preferences) error) error {
	return m.update(ctx, id, func(s *snapshot) (*snapshot, error) {
		if member, ok := m.Get(id); member.Removed {
			return nil, ErrRemoved
		} else if !ok {
			return nil, ErrNoMember
		}
		before := s.preferencesOf(id)
		p := before
		if err := f(&p); err != nil {
			return nil, err
		}
		if err := p.check(); err != nil {
			return nil, err
		}
		if p == before {
			return s, nil
		}
		if err := m.putPreferences(ctx, id, p); err != nil {
			return nil, err
		}
		all := maps.Clone(s.preferences)
		all[id] = p
		return &snapshot{owner: s.owner, members: s.members, preferences: all, defaults: s.defaults}, nil
	})
}

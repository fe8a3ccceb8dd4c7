package team

import (
	"context"
	"maps"
	"regexp"
	"slices"

	"callboard/sipgate"
)

// Choices are what somebody wants of the pages, in every browser. They are
// nobody else's business and never a reason to allow or refuse anything.
type Preferences struct {
	Lang     string // a language's tag, or "": as the browser says
	Theme    Theme
	Keys     bool // single keys do something on the board
	OnlyMine bool // the board shows the calls of this person only

	Sound    bool
	Volume   int  // percent
	Notify   bool // desktop notifications
	RingsAll bool // the calls of others ring, too
	Quiet    QuietHours

	Grace  int              // seconds before a hang-up is sent: one of Graces
	Device sipgate.DeviceID // offered first for new calls, or ""
	Number sipgate.Number   // shown to whom is called, or ""
}

// Theme says how bright the pages are.
type Theme string

// The themes.
const (
	SystemTheme Theme = "" // as the system has it
	Light       Theme = "light"
	Dark        Theme = "dark"
)

// Themes are all of them.
var Themes = []Theme{SystemTheme, Light, Dark}

// Graces are the seconds that can be chosen for [Choices].Grace.
var GracePeriods = []int{0, 2, 4, 8}

// Quiet are the hours in which nothing rings, by the clock of the browser. A
// night belongs to the day on which it begins; where both times are the same
// it is quiet until the same time of the next day.
type QuietHours struct {
	On       bool
	From, To int // minutes of the day
	Days     int // bit 0 is Monday
}

// EveryDay is [Quiet].Days of a whole week.
const EveryDay = 1<<7 - 1

const minutesOfDay = 24 * 60

// DefaultChoices are those of who never chose.
func DefaultPreferences() Preferences {
	return Preferences{Keys: true, Sound: true, Volume: 60, Grace: 4, Quiet: QuietHours{From: 20 * 60, To: 7 * 60, Days: EveryDay}}
}

var (
	langTag  = regexp.MustCompile(`^(?:[a-z]{2}(?:-[A-Z]{2})?)?$`)
	deviceID = regexp.MustCompile(`^[A-Za-z0-9_-]{0,40}$`)
)

// check returns a [*sipgate.ValueError] that names the first field that cannot
// be.
func (c Preferences) check() error {
	q := c.Quiet
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"lang", langTag.MatchString(c.Lang)},
		{"theme", slices.Contains(Themes, c.Theme)},
		{"volume", 0 <= c.Volume && c.Volume <= 100},
		{"quiet_from", 0 <= q.From && q.From < minutesOfDay},
		{"quiet_to", 0 <= q.To && q.To < minutesOfDay},
		{"quiet_days", 0 <= q.Days && q.Days <= EveryDay && (q.Days != 0 || !q.On)},
		{"grace", slices.Contains(GracePeriods, c.Grace)},
		{"device", deviceID.MatchString(string(c.Device))},
		{"number", c.Number == "" || c.Number.Valid()},
	} {
		if !f.ok {
			return &sipgate.ValueError{Field: f.name, Code: "bad_param"}
		}
	}
	return nil
}

// Choices returns what m chose, or the defaults.
func (p *Members) Preferences(m MemberID) Preferences {
	if c, ok := p.known.Load().choices[m]; ok {
		return c
	}
	return DefaultPreferences()
}

// Choose lets f change what m wants, and tells of it like of any change. The
// caller sees to it that m asks for himself. Errors are those of f, a
// [*sipgate.ValueError] that names the field, ErrRemoved, ErrNoPerson, and those
// of the store.
func (p *Members) SavePreferences(ctx context.Context, m MemberID, f func(*Preferences) error) error {
	if err := p.take(ctx); err != nil {
		return err
	}
	tell, err := p.choose(ctx, m, f)
	if tell {
		p.news.add(p.known.Load().people[m])
	}
	p.release()
	if tell {
		p.news.tell()
	}
	return err
}

// choose is Choose for whom has the turn. It reports whether anything changed.
func (p *Members) choose(ctx context.Context, m MemberID, f func(*Preferences) error) (bool, error) {
	if who, ok := p.Get(m); !ok && who.Removed {
		return false, ErrRemoved
	} else if !ok {
		return false, ErrNoMember
	}
	old := p.Preferences(m)
	c := old
	if err := f(&c); err != nil {
		return false, err
	}
	if err := c.check(); err != nil || c == old {
		return false, err
	}
	if err := p.saveChoices(ctx, m, c); err != nil {
		return false, err
	}
	r := p.known.Load()
	choices := maps.Clone(r.choices)
	choices[m] = c
	p.known.Store(&roll{owner: r.owner, people: r.people, choices: choices})
	return true, nil
}

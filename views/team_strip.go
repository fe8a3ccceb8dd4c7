package views

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"callboard/sipgate"
	"callboard/sipgate/directory"
	"callboard/sipgate/switchboard"
)

// Tile is a colleague of the viewer in the strip of the team.
type Tile struct {
	User      switchboard.MemberID
	Name      string
	Number    string // to call, or to give a call to; "" if there is none
	Callable  bool   // the viewer may call it
	Favourite bool   // the viewer has marked the colleague
	Groups    string // names of the colleague's groups, one a line

	State       string // "free", "ringing", "calling", "talking", "held", "dnd", "away" or "unknown"
	Since       time.Time
	Approximate bool
	With        string // the other party of the call, if the viewer may see that
}

// NewTile returns the tile of a colleague who is on no call.
func NewTile(e directory.Entry, mayCall bool) Tile {
	t := Tile{User: switchboard.MemberID(e.User), Name: e.Name, Number: e.Number, Callable: mayCall && e.Number != "", Favourite: e.Favourite, Groups: strings.Join(e.Groups, "\n"), State: presenceNames[e.Presence]}
	if e.Presence == directory.Available {
		t.State = "free"
	}
	return t
}

// SamePerson reports whether two tiles differ in their states at most.
func (t Tile) SamePerson(o Tile) bool {
	t.State, t.Since, t.Approximate, t.With = o.State, o.Since, o.Approximate, o.With
	return t == o
}

// OnCall returns the tile while the colleague is on c. The other party is in it
// only if the viewer sees the call.
func (f Format) OnCall(t Tile, c *switchboard.Call, seen bool, lang Lang) Tile {
	t.State, _ = memberState(c, t.User)
	t.Since, t.Approximate = c.Since, c.Approximate
	if !seen {
		return t
	}
	f, named := f.withPrivateNames(*c)
	other := named.Remote
	if c.Internal && (slices.Contains(c.RingsAt, t.User) || other.Name == t.Name) {
		other = named.Local
	}
	t.With, _ = f.party(other, lang)
	return t
}

// memberState returns what a member does who takes part in a call, and its rank:
// of several calls of the member the one with the highest rank counts.
func memberState(c *switchboard.Call, id switchboard.MemberID) (state string, rank int) {
	switch {
	case c.Phase == switchboard.Ended:
		return "", 0
	case c.Phase == switchboard.Ringing && slices.Contains(c.RingsAt, id):
		return "ringing", 2
	case c.Phase == switchboard.Ringing:
		return "calling", 3
	case c.Hold.On:
		return "held", 1
	}
	return "talking", 4
}

// CallsOfMembers returns for each member who is on a call the one that their tile
// shows.
func CallsOfMembers(calls []*switchboard.Call) map[switchboard.MemberID]*switchboard.Call {
	all := map[switchboard.MemberID]*switchboard.Call{}
	for _, c := range calls {
		for _, id := range c.Owners() {
			_, rank := memberState(c, id)
			known := 0
			if o := all[id]; o != nil {
				_, known = memberState(o, id)
			}
			if rank > known {
				all[id] = c
			}
		}
	}
	return all
}

// anyCallable reports whether there are links among the tiles.
func anyCallable(tiles []Tile) bool {
	return slices.ContainsFunc(tiles, func(t Tile) bool { return t.Callable })
}

// inUse reports whether the colleague is on a call.
func (t Tile) inUse() bool { return !t.Since.IsZero() }

// address is where the viewer calls the colleague, "" if that does not go.
func (t Tile) address() templ.SafeURL {
	if !t.Callable {
		return ""
	}
	return templ.SafeURL("/calls/new?to=" + url.QueryEscape(t.Number))
}

// lineTiles is how many tiles stand in the line of the strip. Of a larger team the
// last one opens the others. Style sheet and script know the number, too.
const lineTiles = 8

// stripOrder orders tiles as a page begins with them: favourites first, then those who
// are free. Of a team that is too large for the line, those who are on calls come
// before these.
func stripOrder(tiles []Tile) []Tile {
	onCall := 1
	if len(tiles) > lineTiles {
		onCall = -1
	}
	place := func(t Tile) int {
		switch {
		case t.Favourite:
			return -2
		case t.inUse():
			return onCall
		case t.State == "free":
			return 0
		}
		return 2
	}
	tiles = slices.Clone(tiles)
	slices.SortStableFunc(tiles, func(a, b Tile) int { return place(a) - place(b) })
	return tiles
}

// A groupOfTeam is a group to which colleagues belong.
type groupOfTeam struct {
	Name string
	Free int // how many of them are free
}

// groupsOf returns the groups of the tiles by their names. A group to which all
// belong tells nobody apart and is left out.
func groupsOf(tiles []Tile) (groups []groupOfTeam) {
	members := map[string][]Tile{}
	for _, t := range tiles {
		for name := range strings.Lines(t.Groups) {
			name = strings.TrimSuffix(name, "\n")
			members[name] = append(members[name], t)
		}
	}
	for name, of := range members {
		if len(of) < len(tiles) {
			groups = append(groups, groupOfTeam{name, countFree(of)})
		}
	}
	slices.SortFunc(groups, func(a, b groupOfTeam) int { return sipgate.CompareNames(a.Name, b.Name) })
	return groups
}

// countFree returns how many of the tiles are free.
func countFree(tiles []Tile) (n int) {
	for _, t := range tiles {
		if t.State == "free" {
			n++
		}
	}
	return n
}

// freeText returns how many are free.
func freeText(lang Lang, n int) string {
	return strings.Replace(lang.T("team.free"), "{n}", decimal(n), 1)
}

// stateText returns what the colleague does, and with whom: "talking · Mrs Meier".
func (t Tile) stateText(lang Lang) string {
	text := lang.T("team.is." + t.State)
	if t.With != "" {
		text += " · " + t.With
	}
	return text
}

// sinceText returns how long something has lasted, "" if now is not known: script
// writes it then.
func (t Tile) sinceText(now time.Time) string {
	if now.IsZero() {
		return ""
	}
	return durationText(max(0, now.Sub(t.Since)))
}

// initials returns the first letters of a name and of its last word, without
// titles: "Dr. Anna Lindqvist-Meyer" is "AL".
func initials(name string) string {
	var letters []rune
	for _, word := range strings.Fields(name) {
		first := []rune(word)[0]
		if unicode.IsLetter(first) && (!strings.HasSuffix(word, ".") || len([]rune(word)) <= 2) {
			letters = append(letters, unicode.ToUpper(first))
		}
	}
	switch n := len(letters); n {
	case 0:
		return "?"
	case 1:
		return string(letters)
	default:
		return string([]rune{letters[0], letters[n-1]})
	}
}

// hues is the number of colours of people in the style sheet.
const hues = 12

// hueOf returns the colour of a person, by the user's id: of ids that follow each
// other it differs.
func hueOf(id switchboard.MemberID) string {
	n := 0
	for _, b := range []byte(id) {
		n = (n*10 + int(b)) % hues
	}
	return decimal(n)
}

package views

import (
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate/directory"
	"callboard/sipgate/switchboard"
)

// Initials are those of the first and the last word, without titles and signs.
func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Mira Hoffmann": "MH", "Dr. Anna Maria Lindqvist-Meyer": "AL", "özgür öztürk": "ÖÖ", "Zoë": "Z", "J. R. Tolkien": "JT",
		"Support (2nd)": "S", "": "?", "42": "?", "李 小龍": "李小", "  Kim   Lee ": "KL",
	} {
		if got := initials(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// Neighbours have different colours, and each keeps its own.
func TestColoursOfPeopleDiffer(t *testing.T) {
	for _, ids := range [][]switchboard.MemberID{{"w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9"}, {"w10", "w11", "w12", "w13"}, {"w1204", "w1205"}} {
		seen := map[string]switchboard.MemberID{}
		for _, id := range ids {
			if other, taken := seen[hueOf(id)]; taken {
				t.Errorf("%s and %s have one colour", id, other)
			}
			seen[hueOf(id)] = id
		}
	}
}

// Of several calls of a colleague, the one counts in which they talk; then one that
// they dial, one that rings at them, one on hold. What has ended counts for nothing.
func TestTheTileShowsTheCallInHand(t *testing.T) {
	call := func(id string, edit func(*switchboard.Call)) *switchboard.Call {
		c := &switchboard.Call{ID: switchboard.RowID(id), Phase: switchboard.Connected, MemberIDs: []switchboard.MemberID{"w1"}, Remote: switchboard.Party{Name: "Meier"}, Since: time.Unix(9, 0)}
		edit(c)
		return c
	}
	ended := call("ended", func(c *switchboard.Call) { c.Phase = switchboard.Ended })
	held := call("held", func(c *switchboard.Call) { c.Hold.On = true })
	ringing := call("ringing", func(c *switchboard.Call) { c.Phase, c.RingsAt = switchboard.Ringing, c.MemberIDs })
	calling := call("calling", func(c *switchboard.Call) { c.Phase = switchboard.Ringing })
	talking := call("talking", func(*switchboard.Call) {})
	all := []*switchboard.Call{ended, held, ringing, calling, talking}
	base := NewTile(directory.Entry{Kind: directory.Member, User: "w1", Name: "Tom", Presence: directory.DoNotDisturb}, true)
	for i, want := range all[1:] {
		got := CallsOfMembers(all[:i+2])["w1"]
		if got != want {
			t.Fatalf("of %d calls %v", i+2, got)
		}
		tile := Format{}.OnCall(base, got, true, English)
		if tile.State != string(want.ID) || tile.With != "Meier" || tile.SamePerson(Tile{}) || !tile.SamePerson(base) {
			t.Errorf("%+v", tile)
		}
		if blind := (Format{}).OnCall(base, got, false, English); blind.With != "" || blind.State != tile.State {
			t.Errorf("without the right to see the call: %+v", blind)
		}
	}
	if len(CallsOfMembers(all[:1])) != 0 || base.State != "dnd" || base.Callable {
		t.Errorf("no call: %+v", base)
	}
}

// Both sides of an internal call are shown with the other one.
func TestColleaguesOnOneCallAreShownWithEachOther(t *testing.T) {
	for _, phase := range []switchboard.Phase{switchboard.Ringing, switchboard.Connected} {
		c := &switchboard.Call{Phase: phase, Internal: true, Local: switchboard.Party{Name: "Anna"}, Remote: switchboard.Party{Name: "Tom"}, MemberIDs: []switchboard.MemberID{"w0", "w1"}, RingsAt: []switchboard.MemberID{"w1"}}
		for user, with := range map[switchboard.MemberID]string{"w0": "Tom", "w1": "Anna"} {
			tile := Tile{User: user, Name: map[switchboard.MemberID]string{"w0": "Anna", "w1": "Tom"}[user]}
			if got := (Format{}).OnCall(tile, c, true, English); got.With != with {
				t.Errorf("%s: with %q, want %q", user, got.With, with)
			}
		}
	}
}

// The strip begins with favourites, then those who are free; of a large team with
// favourites, then those on calls. Names stay in the order that they come in.
func TestOrderOfTheStrip(t *testing.T) {
	tile := func(name, state string) Tile {
		tile := Tile{Name: name, State: state}
		if state == "talking" {
			tile.Since = time.Unix(9, 0)
		}
		return tile
	}
	small := []Tile{tile("A", "away"), tile("B", "talking"), tile("C", "free"), tile("D", "dnd"), tile("E", "free")}
	names := func(tiles []Tile) (all string) {
		for _, t := range tiles {
			all += t.Name
		}
		return all
	}
	if got := names(stripOrder(small)); got != "CEBAD" {
		t.Errorf("small: %s", got)
	}
	large := append(small, tile("F", "free"), tile("G", "talking"), tile("H", "away"), tile("I", "free"))
	ordered := stripOrder(large)
	if got := names(ordered); got != "BGCEFIADH" || countFree(ordered[lineTiles-1:]) != 0 || freeText(German, 3) != "3 frei" {
		t.Errorf("large: %s, %d free", got, countFree(ordered[lineTiles-1:]))
	}
	if !strings.HasPrefix(names(large), "ABCDE") {
		t.Error("the model was changed")
	}
	for _, i := range []int{0, 1, 7} {
		large[i].Favourite = true
	}
	if got := names(stripOrder(large[:5])); got != "ABCED" {
		t.Errorf("small, with favourites: %s", got)
	}
	if got := names(stripOrder(large)); got != "ABHGCEFID" {
		t.Errorf("large, with favourites: %s", got)
	}
}

// Groups stand in the order of their names with how many of each are free. One to
// which all colleagues belong is left out.
func TestGroupsOfTheTeam(t *testing.T) {
	tiles := []Tile{
		{State: "free", Groups: "Alle\nSupport"}, {State: "away", Groups: "Alle\nSupport\nÄrzte"},
		{State: "free", Groups: "Alle"}, {State: "talking", Since: time.Unix(9, 0), Groups: "Alle\nVertrieb"},
	}
	want := []groupOfTeam{{"Ärzte", 0}, {"Support", 1}, {"Vertrieb", 0}}
	if got := groupsOf(tiles); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := groupsOf([]Tile{{State: "free"}, {State: "free"}}); len(got) > 0 {
		t.Errorf("without groups: %v", got)
	}
	page := html(t, TeamStrip(English, slices.Concat(tiles, tiles, tiles), time.Time{}))
	if !strings.Contains(page, `<button type="button" data-group="Support" aria-pressed="false">Support <small>3 free</small></button>`) || !strings.Contains(page, "<li data-groups=\"Alle\nSupport\">") {
		t.Errorf("the strip of a large team: %s", page)
	}
	if page := html(t, TeamStrip(English, tiles, time.Time{})); strings.Contains(page, "data-group") {
		t.Errorf("the strip of a small team: %s", page)
	}
}

package team

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestZoneThatCannotBeLoadedIsAMistake: neither a wrong --timezone nor a wrong
// TZ silently becomes UTC.
func TestZoneThatCannotBeLoadedIsAMistake(t *testing.T) {
	for _, test := range []struct{ setting, tz, mistakes string }{
		{"", "", ""},
		{"Europe/Berlin", "Asia/Tokyo", ""},
		{"Europe/Berlin", ":Asia/Tokyo", ""},
		{"Europe/Brelin", "", "--timezone"},
		{"Local", "", "--timezone"},
		{"../../etc/passwd", "", "--timezone"},
		{"", "CET-1CEST,M3.5.0,M10.5.0/3", "TZ"},
		{"", "/nowhere/zoneinfo/Europe/Berlin", "TZ"},
		{"", "Local", "TZ"},
		{"Mars/Olympus", "Mars/Olympus", "--timezone TZ"},
	} {
		t.Setenv("TZ", test.tz)
		rule, err := (&ZoneSettings{Timezone: test.setting}).Rule()
		var named []string
		for _, line := range strings.Split(errText(err), "\n") {
			name, _, _ := strings.Cut(line, ":")
			named = append(named, name)
		}
		if got := strings.Join(named, " "); got != test.mistakes {
			t.Errorf("--timezone %q with TZ=%q: %v", test.setting, test.tz, err)
		}
		if err == nil && (rule.Fallback == nil || (rule.Fixed != nil) != (test.setting != "") || rule.Fixed != nil && rule.Fixed.String() != test.setting) {
			t.Errorf("--timezone %q with TZ=%q: %+v", test.setting, test.tz, rule)
		}
		if err == nil && test.tz != "" && rule.Fallback.String() != "Asia/Tokyo" {
			t.Errorf("TZ=%q: %s", test.tz, rule.Fallback)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestZoneFile: TZ may name a file of the zone database, whose name is the zone's.
func TestZoneFile(t *testing.T) {
	data, err := os.ReadFile("/usr/share/zoneinfo/Asia/Kolkata")
	if err != nil {
		t.Skip("no zone database on this machine")
	}
	dir := filepath.Join(t.TempDir(), "zoneinfo", "Asia")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file, link, text := filepath.Join(dir, "Kolkata"), filepath.Join(t.TempDir(), "localtime"), filepath.Join(dir, "text")
	for name, content := range map[string][]byte{file: data, text: []byte("Asia/Kolkata\n")} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	for _, tz := range []string{file, link, ":" + link} {
		if zone, err := environmentZone(tz); err != nil || zone.String() != "Asia/Kolkata" || time.Unix(0, 0).In(zone).Hour() != 5 {
			t.Errorf("TZ=%s: %v, %v", tz, zone, err)
		}
	}
	if zone, err := environmentZone(text); err == nil {
		t.Errorf("a text file is the zone %s", zone)
	}
}

// TestZonesAreEmbedded: a container without a zone database knows all zones.
func TestZonesAreEmbedded(t *testing.T) {
	t.Setenv("ZONEINFO", "/nowhere")
	for _, name := range []string{"Europe/Berlin", "Europe/Vienna", "America/St_Johns", "Australia/Lord_Howe"} {
		zoneOf(t, name)
	}
}

// TestZoneOfAnAccount: the setting wins, then the users at sipgate, their
// numbers, their locale, and TZ; and what sipgate told stays over a restart.
func TestZoneOfAnAccount(t *testing.T) {
	users := func(zones ...string) (all []sipgate.User) {
		for _, z := range zones {
			all = append(all, sipgate.User{Timezone: z})
		}
		return all
	}
	numbers := func(list ...string) (all []sipgate.AccountNumber) {
		for _, n := range list {
			all = append(all, sipgate.AccountNumber{Number: n})
		}
		return all
	}
	for name, test := range map[string]struct {
		users   []sipgate.User
		numbers []sipgate.AccountNumber
		locale  string
		want    string
	}{
		"users":                       {users("Europe/Vienna", "Europe/Vienna", "Asia/Tokyo"), numbers("4921163554470"), "en_GB", "Europe/Vienna"},
		"unreadable zones of users":   {users("", "Local", "Mars/Olympus", "CET+1", "Asia/Tokyo"), nil, "", "Asia/Tokyo"},
		"numbers":                     {users("", "Mars"), numbers("4314061234", "4314061235", "4921163554470", "anonymous"), "de_DE", "Europe/Vienna"},
		"numbers of agreeing zones":   {nil, numbers("442071234567", "447700900123"), "", "Europe/London"},
		"locale":                      {nil, nil, "de_AT", "Europe/Vienna"},
		"locale of several zones":     {nil, nil, "en_US", "Asia/Kolkata"},
		"nothing":                     {nil, nil, "de", "Asia/Kolkata"},
		"numbers without any country": {nil, numbers("80012345678", "110"), "", "Asia/Kolkata"},
	} {
		t.Run(name, func(t *testing.T) {
			db := newTeamDB(t)
			rule := ZoneRule{Fallback: zoneOf(t, "Asia/Kolkata")}
			open := func(rule ZoneRule) *Zones {
				z, err := NewZones(t.Context(), db, rule)
				if err != nil {
					t.Fatal(err)
				}
				return z
			}
			z := open(rule)
			if got := z.Of("111").String(); got != "Asia/Kolkata" {
				t.Errorf("before sipgate was asked: %s", got)
			}
			if err := z.Learn(t.Context(), "111", test.users, test.numbers, test.locale); err != nil {
				t.Fatal(err)
			}
			if err := z.Learn(t.Context(), "111", nil, nil, ""); err != nil {
				t.Fatal(err)
			}
			if got := z.Of("111").String(); got != test.want {
				t.Errorf("the zone is %s, want %s", got, test.want)
			}
			if got := open(rule).Of("111").String(); got != test.want {
				t.Errorf("after a restart it is %s, want %s", got, test.want)
			}
			if got := z.Of("222").String(); got != "Asia/Kolkata" {
				t.Errorf("another account has %s", got)
			}
			rule.Fixed = zoneOf(t, "America/Lima")
			if got := open(rule).Of("111").String(); got != "America/Lima" {
				t.Errorf("with the setting it is %s", got)
			}
		})
	}
	if z := (*Zones)(nil); z.Of("1") != time.UTC || (&ZoneSettings{}).Timezone != "" {
		t.Error("no zones are not UTC")
	}
}

// TestZoneChanges: a team that moves, at sipgate, has the new zone from then on.
func TestZoneChanges(t *testing.T) {
	z, err := NewZones(t.Context(), newTeamDB(t), ZoneRule{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, zone := range []string{"Europe/Berlin", "Europe/London", "Europe/London"} {
		if err := z.Learn(t.Context(), "111", []sipgate.User{{Timezone: zone}}, nil, ""); err != nil {
			t.Fatal(err)
		}
		got = append(got, z.Of("111").String())
	}
	if want := []string{"Europe/Berlin", "Europe/London", "Europe/London"}; !slices.Equal(got, want) {
		t.Errorf("zones %q, want %q", got, want)
	}
}

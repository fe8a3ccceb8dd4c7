package announcement

import (
	"strings"
	"testing"
)

func TestSettings(t *testing.T) {
	valid := Settings{AnnouncementFiles: 3, AnnouncementMegabytes: 2, AnnouncementLevel: "-18.5"}
	o, err := valid.Options()
	if err != nil || o.Files != 3 || o.Bytes != 2_000_000 || o.Level != (Level{Target: -18.5}) {
		t.Errorf("%+v, %v", o, err)
	}
	for _, n := range []int64{1, 9_223_372_036_854} { // as few, and as much, as can be
		o, err := Settings{1, n, "-16", 0}.Options()
		if err != nil || o.Files != 1 || o.Bytes != n*1_000_000 {
			t.Errorf("%d MB: %+v, %v", n, o, err)
		}
	}
	for level, want := range map[string]Level{"off": {Off: true}, "-40": {Target: -40}, "-10": {Target: -10}} {
		s := valid
		s.AnnouncementLevel = level
		if o, err := s.Options(); err != nil || o.Level != want {
			t.Errorf("level %s: %+v, %v", level, o.Level, err)
		}
	}
}

// All mistakes are reported at once, each on a line of its own.
func TestSettingsMistakes(t *testing.T) {
	for _, c := range []struct {
		settings Settings
		flags    string
	}{
		{Settings{0, 200, "-16", 0}, "--announcement-files"},
		{Settings{-1, 200, "-16", 0}, "--announcement-files"},
		{Settings{50, 0, "-16", 0}, "--announcement-megabytes"},
		{Settings{50, -1, "-16", 0}, "--announcement-megabytes"},
		{Settings{50, 9_223_372_036_855, "-16", 0}, "--announcement-megabytes"},
		{Settings{50, 18_446_744_073_710, "-16", 0}, "--announcement-megabytes"}, // would be half a megabyte
		{Settings{50, 200, "-9.9", 0}, "--announcement-level"},
		{Settings{50, 200, "-40.1", 0}, "--announcement-level"},
		{Settings{50, 200, "NaN", 0}, "--announcement-level"},
		{Settings{50, 200, "loud", 0}, "--announcement-level"},
		{Settings{50, 200, "", 0}, "--announcement-level"},
		{Settings{50, 200, "-16", -1}, "--announcement-days"},
		{Settings{0, 0, "loud", 0}, "--announcement-files --announcement-megabytes --announcement-level"},
	} {
		o, err := c.settings.Options()
		if err == nil || o.Files != 0 {
			t.Errorf("%+v: %+v, %v", c.settings, o, err)
			continue
		}
		var flags []string
		for line := range strings.Lines(err.Error()) {
			flag, text, _ := strings.Cut(line, ": ")
			if text == "" {
				t.Errorf("%+v: %q", c.settings, line)
			}
			flags = append(flags, flag)
		}
		if got := strings.Join(flags, " "); got != c.flags {
			t.Errorf("%+v: %s, want %s", c.settings, got, c.flags)
		}
	}
}

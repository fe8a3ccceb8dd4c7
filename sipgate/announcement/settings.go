package announcement

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Settings are the flags for the library, with struct tags for a command-line
// parser.
type Settings struct {
	AnnouncementFiles     int    `default:"50" placeholder:"NUMBER" help:"How many announcements a team may have."`
	AnnouncementMegabytes int64  `default:"200" placeholder:"MB" help:"How much room they may take together, as converted (one minute is 1 MB)."`
	AnnouncementLevel     string `default:"-16" placeholder:"LUFS" help:"Loudness that announcements are brought to, -40 to -10, or off to leave them as they are. Written with =, as in --announcement-level=-18."`
	AnnouncementDays      int    `default:"0" placeholder:"DAYS" help:"After how many days an announcement is removed that nobody has played. 0: never."`
}

// The accepted loudness of announcements, in LUFS.
const (
	minTarget = -40
	maxTarget = -10
)

// maxMegabytes is as much as can be counted in bytes.
const maxMegabytes = math.MaxInt64 / 1_000_000

// Options returns the options that the settings describe. Its error joins one
// error for each invalid setting, which begins with the flag's name.
func (s Settings) Options() (Options, error) {
	o := Options{Files: s.AnnouncementFiles, Bytes: s.AnnouncementMegabytes * 1_000_000, Unplayed: time.Duration(s.AnnouncementDays) * 24 * time.Hour}
	var errs []error
	if s.AnnouncementDays < 0 {
		errs = append(errs, errors.New("--announcement-days: must be 0 or more"))
	}
	if s.AnnouncementFiles < 1 {
		errs = append(errs, errors.New("--announcement-files: must be 1 or more"))
	}
	if s.AnnouncementMegabytes < 1 {
		errs = append(errs, errors.New("--announcement-megabytes: must be 1 or more"))
	}
	if s.AnnouncementMegabytes > maxMegabytes {
		errs = append(errs, fmt.Errorf("--announcement-megabytes: must be %d or less", int64(maxMegabytes)))
	}
	if s.AnnouncementLevel == "off" {
		o.Level.Off = true
	} else {
		target, err := strconv.ParseFloat(s.AnnouncementLevel, 64)
		if err != nil || !(target >= minTarget && target <= maxTarget) { // also for NaN
			errs = append(errs, fmt.Errorf("--announcement-level: %q is neither a loudness from %d to %d LUFS nor off", s.AnnouncementLevel, minTarget, maxTarget))
		}
		o.Level.Target = target
	}
	if err := errors.Join(errs...); err != nil {
		return Options{}, err
	}
	return o, nil
}

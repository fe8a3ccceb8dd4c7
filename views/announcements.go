package views

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"callboard/sipgate/announcement"
)

// AnnouncementsModel is the model of [Announcements].
type AnnouncementsModel struct {
	Items      []announcement.Announcement
	SortOrder  announcement.SortOrder // of the items
	Favourites []string               // ids of those that the reader has marked
	Usage      announcement.Usage
	MaxSize    int64         // bytes of one upload
	MaxLength  time.Duration // of one announcement
	MayManage  bool          // the reader may add, rename and delete announcements
}

func (m AnnouncementsModel) maxSize() string { return decimal(m.MaxSize>>20) + " MB" }

func (m AnnouncementsModel) minutes() int { return int(m.MaxLength / time.Minute) }

// audioExtensions are the extensions of the audio files that the server decodes.
const audioExtensions = ".wav,.mp3"

func announcementPath(a announcement.Announcement) string {
	return "/announcements/" + url.PathEscape(a.ID)
}

func audioPath(a announcement.Announcement) string { return announcementPath(a) + "/audio" }

// RefusedFile returns why a file did not become an announcement, and what to do.
func RefusedFile(lang Lang, e *announcement.Error, status int) string {
	switch e.Reason {
	case "":
	case announcement.OtherFile:
		return lang.T("upload.refused.other_file", lang.T("upload.kind."+e.Format))
	case announcement.RateOutOfRange:
		return lang.T("upload.refused.rate", kilohertz(lang, e.Number))
	case announcement.TooManyChannels:
		return lang.T("upload.refused.channels", e.Number)
	default:
		return lang.T("upload.refused."+string(e.Reason), e.Format)
	}
	return Message(lang, string(e.Code), status)
}

// NoteTexts returns what is to be said about the uploaded file of an announcement.
func NoteTexts(lang Lang, a announcement.Announcement) []string {
	texts := []string{}
	for _, n := range a.Notes {
		texts = append(texts, lang.T("announcements.note."+string(n)))
	}
	return texts
}

// usageText returns how much of the quota is used.
func usageText(lang Lang, u announcement.Usage) string {
	return lang.T("announcements.used", u.Files, u.MaxFiles, megabytes(lang, u.Bytes), megabytes(lang, u.MaxBytes))
}

func megabytes(lang Lang, n int64) string {
	s := strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64)
	return decimalComma(lang, strings.TrimSuffix(s, ".0"))
}

// usagePercent returns the used share of the quota of files or of bytes,
// whichever is greater.
func usagePercent(u announcement.Usage) string {
	share := max(float64(u.Files)/float64(max(1, u.MaxFiles)), float64(u.Bytes)/float64(max(1, u.MaxBytes)))
	return decimal(int64(math.Round(100 * min(share, 1))))
}

// uploadText returns who uploaded an announcement, with a [dateGap] for when.
func uploadText(lang Lang, a announcement.Announcement) string {
	if a.UploadedBy == "" {
		return dateGap
	}
	return lang.T("announcements.added", a.UploadedBy, dateGap)
}

// playbackText returns how often an announcement was played, and who played it
// last, with a [dateGap] for when.
func playbackText(lang Lang, a announcement.Announcement) string {
	on := dateGap
	switch {
	case a.LastPlayed.IsZero():
		return lang.T("announcements.never")
	case a.Plays == 0: // last played before plays were counted
		return lang.T("announcements.played", on)
	case a.Plays == 1 && a.LastPlayedBy == "":
		on = lang.T("announcements.on", on)
	case a.Plays == 1:
		on = lang.T("announcements.on_by", on, a.LastPlayedBy)
	case a.LastPlayedBy == "":
		on = lang.T("announcements.last", on)
	default:
		on = lang.T("announcements.last_by", on, a.LastPlayedBy)
	}
	return lang.T("announcements.plays", a.Plays) + ", " + on
}

// sourceText describes the uploaded file before its conversion: "MP3, 44.1 kHz,
// stereo".
func sourceText(lang Lang, a announcement.Announcement) string {
	if a.Source.Format == "" || a.Source.Rate == 0 {
		return ""
	}
	return strings.Join([]string{a.Source.Format, kilohertz(lang, a.Source.Rate), channels(lang, a.Source.Channels)}, ", ")
}

func kilohertz(lang Lang, rate int) string {
	return decimalComma(lang, strconv.FormatFloat(float64(rate)/1000, 'f', -1, 64)) + " kHz"
}

func channels(lang Lang, n int) string {
	switch n {
	case 1:
		return lang.T("announcements.mono")
	case 2:
		return lang.T("announcements.stereo")
	}
	return lang.T("announcements.channels", n)
}

// loudness formats a loudness in LUFS.
func loudness(lang Lang, lufs float64) string {
	if lufs == 0 {
		return "–"
	}
	return decimalComma(lang, strings.Replace(strconv.FormatFloat(lufs, 'f', 1, 64), "-", "−", 1)) + " LUFS"
}

// conversionText returns the uploaded format and the processing steps.
func conversionText(lang Lang, a announcement.Announcement) string {
	return strings.Join(append([]string{lang.T("announcements.from", sourceText(lang, a))}, processingSteps(lang, a)...), " · ")
}

// processingSteps returns changes of loudness and length.
func processingSteps(lang Lang, a announcement.Announcement) []string {
	var done []string
	if a.Loudness != 0 && a.Source.Loudness != 0 {
		switch by := a.Loudness - a.Source.Loudness; {
		case by >= 0.5:
			done = append(done, lang.T("announcements.louder", int(math.Round(by))))
		case by <= -0.5:
			done = append(done, lang.T("announcements.softer", int(math.Round(-by))))
		}
	}
	if cut := a.Source.Length - a.Length; cut >= 50*time.Millisecond {
		done = append(done, lang.T("announcements.trimmed", seconds(lang, cut)))
	}
	return done
}

func seconds(lang Lang, d time.Duration) string {
	return decimalComma(lang, strconv.FormatFloat(d.Seconds(), 'f', 1, 64))
}

func decimalComma(lang Lang, number string) string {
	if lang == German {
		return strings.Replace(number, ".", ",", 1)
	}
	return number
}

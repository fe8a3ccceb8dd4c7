package views

import (
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"
)

// HistoryModel is one page of the history, or what came new to it.
type HistoryModel struct {
	Entries []HistoryEntry
	Filter  HistoryFilter
	Members []Option // whose entries the reader may choose; empty: only own ones
	Total   int      // 0 if it is not known

	// Searched is how many entries were looked at, back to Reached, if that was
	// not all and yet too few were found; else 0.
	Searched int
	Reached  time.Time

	Newer, Older string // addresses of the neighbouring pages, or empty
	CSV          string // address of the same as a table
	UpdatesURL   string // address that tells what is new on this page, or empty
}

// HistoryFilter is what the reader chose.
type HistoryFilter struct {
	Type      string // "CALL", "VOICEMAIL", "FAX", "SMS"; empty: all
	Direction string // "in", "out"; empty: all
	Member    string // a user's id; empty: everybody whose entries the reader sees
	Number    string
	Text      string
	From, To  string // days, "2026-11-23", or empty

	Missed, Starred, Archived, Unread bool
}

// any reports whether anything is left out.
func (f HistoryFilter) isSet() bool { return f != HistoryFilter{} }

// more reports whether a filter is chosen that is folded away at first.
func (f HistoryFilter) usesFolded() bool {
	return f.Number != "" || f.From != "" || f.To != "" || f.Type != "" || f.Archived || f.Starred
}

// HistoryEntry is one past call, message or fax.
type HistoryEntry struct {
	ID        string
	Type      string // "CALL", "VOICEMAIL", "FAX", "SMS"
	Direction string // "in", "out" or ""
	Missed    bool
	Name      string // outside, or empty
	Number    string // outside, written for people
	Local     string // ours
	When      time.Time
	Length    time.Duration

	Note          string
	Transcription string // of a voicemail
	Recordings    []Recording

	Read, Starred, Archived bool

	Probable bool // on the page of a call: that it is that call's is a guess

	MayEdit   Allowed
	CallBack  string   // address of the sheet that calls the number, or empty
	Transfers []Option // addresses of sheets that transfer running calls there, with the calls' names
	Next      string   // the page to which the forms lead back
}

// Recording is one sound file of a past call, or of a voicemail.
type Recording struct {
	ID    string // names it within its entry
	Title string
}

func (e HistoryEntry) path(rest string) string { return "/history/" + url.PathEscape(e.ID) + rest }

func (e HistoryEntry) page() templ.SafeURL { return templ.SafeURL(e.path("")) }

func (e HistoryEntry) recording(r Recording) string {
	return e.path("/recordings/" + url.PathEscape(r.ID))
}

func (e HistoryEntry) title(lang Lang) string {
	switch {
	case e.Name != "":
		return e.Name
	case e.Number != "":
		return e.Number
	default:
		return lang.T("row.anonymous")
	}
}

func (e HistoryEntry) icon() string {
	switch {
	case e.Type == "VOICEMAIL":
		return icon("voicemail")
	case e.Type == "FAX":
		return icon("fax")
	case e.Type == "SMS":
		return icon("sms")
	case e.Direction == "in":
		return icon("in")
	case e.Direction == "out":
		return icon("out")
	default:
		return icon("both")
	}
}

func (e HistoryEntry) kindName(lang Lang) string {
	switch {
	case e.Type == "VOICEMAIL", e.Type == "FAX", e.Type == "SMS":
		return lang.T("history.type." + e.Type)
	case e.Missed && e.Direction == "in":
		return lang.T("history.missed")
	case e.Missed:
		return lang.T("history.unanswered")
	case e.Direction == "in":
		return lang.T("row.in")
	case e.Direction == "out":
		return lang.T("row.out")
	default:
		return lang.T("row.unknown_direction")
	}
}

// sound names a recording, with its number if there are several.
func (e HistoryEntry) recordingName(lang Lang, i int) string {
	switch {
	case e.Recordings[i].Title != "":
		return e.Recordings[i].Title
	case e.Type == "VOICEMAIL":
		return lang.T("history.message")
	case len(e.Recordings) > 1:
		return lang.T("history.recording.of", i+1, len(e.Recordings))
	}
	return lang.T("history.recording")
}

// An entryMark is a button that changes one thing of an entry.
type entryFlag struct {
	path, drawn, word string
	on                bool
}

// marks are the buttons of an entry; those that are on are pressed.
func (e HistoryEntry) toggles(lang Lang) []entryFlag {
	return []entryFlag{
		{"/star", "star", lang.T("history.star"), e.Starred},
		{"/read", "read", lang.T("history.read"), e.Read},
		{"/archive", "archive", lang.T("history.archive"), e.Archived},
	}
}

// flags are what is to be seen of an entry's marks.
func (e HistoryEntry) shownFlags(lang Lang) []entryFlag {
	var on []entryFlag
	for _, f := range []entryFlag{
		{"new", "live", lang.T("history.is.unread"), !e.Read},
		{"star", "star", lang.T("history.is.starred"), e.Starred},
		{"archive", "archive", lang.T("history.is.archived"), e.Archived},
	} {
		if f.on {
			on = append(on, f)
		}
	}
	return on
}

func (m entryFlag) value() string { return strconv.FormatBool(!m.on) }

func (m HistoryModel) typeOptions(lang Lang) []Option {
	return options(lang, "history.type.", "CALL", "VOICEMAIL", "FAX", "SMS")
}

func (m HistoryModel) directionOptions(lang Lang) []Option {
	return []Option{{"in", lang.T("history.direction.in")}, {"out", lang.T("history.direction.out")}}
}

// checks are the filters that are on or off.
func (m HistoryModel) checks(lang Lang) []entryFlag {
	return []entryFlag{
		{"missed", "", lang.T("history.only.missed"), m.Filter.Missed},
		{"unread", "", lang.T("history.only.unread"), m.Filter.Unread},
	}
}

func (m HistoryModel) moreChecks(lang Lang) []entryFlag {
	return []entryFlag{
		{"starred", "", lang.T("history.only.starred"), m.Filter.Starred},
		{"archived", "", lang.T("history.only.archived"), m.Filter.Archived},
	}
}

func options(lang Lang, prefix string, values ...string) []Option {
	var found []Option
	for _, v := range values {
		found = append(found, Option{v, lang.T(prefix + v)})
	}
	return found
}

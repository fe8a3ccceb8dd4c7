package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

// HistoryModel is the model of [History] and [NewHistoryEntries].
type HistoryModel struct {
	Entries []HistoryEntry
	Filter  HistoryFilter
	Members []Option // members to filter by; empty if the reader sees only own entries
	Total   int      // 0 if not known

	// Searched is the number of entries searched, back to Reached, if the search
	// stopped before the page was full; else 0.
	Searched int
	Reached  time.Time

	Unreadable int  // number of entries that sipgate lists and that could not be read
	Private    int  // channels whose calls are not listed, though the reader sees all
	Partial    bool // sipgate did not answer for a part of the history

	Bar        TransferBar
	BarChanged bool // since the page was last updated

	Newer, Older string // URLs of the neighbouring pages, "" if there is none
	CSV          string // URL of the entries as CSV
	UpdatesURL   string // URL of entries newer than this page, or ""
}

// HistoryFilter holds the filters of the history.
type HistoryFilter struct {
	Type      string // "CALL", "VOICEMAIL", "FAX", "SMS"; empty: all
	Direction string // "in", "out"; empty: all
	Member    string // a user id; empty: all members whose entries the reader sees
	Number    string
	Text      string
	From, To  string // days, "2026-11-23", or empty

	Missed, Starred, Archived, Unread bool
}

// isSet reports whether any filter is set.
func (f HistoryFilter) isSet() bool { return f != HistoryFilter{} }

// usesFolded reports whether a filter is set that is folded at first.
func (f HistoryFilter) usesFolded() bool {
	return f.Number != "" || f.From != "" || f.To != "" || f.Type != "" || f.Archived || f.Starred
}

// HistoryEntry is one past call, message or fax.
type HistoryEntry struct {
	ID        string
	Type      string // "CALL", "VOICEMAIL", "FAX", "SMS"
	Direction sipgate.Direction
	Missed    bool
	Name      string // of the remote party, or empty
	Number    string // of the remote party, formatted
	Local     string // our party
	When      time.Time
	Length    time.Duration

	Note          string
	Transcription string // of a voicemail
	Recordings    []Recording

	Read, Starred, Archived bool

	Probable bool // on the page of a call: it is only probably the entry of that call

	MayEdit  Allowed
	CallBack string // URL of the dialog that calls the number, or empty
	To       string // the number, "+4930901820", if the reader may transfer calls there
	Next     string // the page to return to after a form
}

// historyDay is a day with its entries.
type historyDay struct {
	date    string // "2026-11-29"
	at      time.Time
	entries []HistoryEntry
}

// days returns the entries by the days of their times, in the order of the times
// that are shown: the newest first.
func (m HistoryModel) days(zone *time.Location) (days []historyDay) {
	entries := slices.Clone(m.Entries)
	slices.SortStableFunc(entries, func(a, b HistoryEntry) int { return b.When.Truncate(time.Second).Compare(a.When.Truncate(time.Second)) })
	for _, e := range entries {
		date := dayKey(zone, e.When)
		if len(days) == 0 || days[len(days)-1].date != date {
			days = append(days, historyDay{date: date, at: e.When})
		}
		last := &days[len(days)-1]
		last.entries = append(last.entries, e)
	}
	return days
}

// An OwnCall is a live call of the reader that can be transferred.
type OwnCall struct {
	ID     switchboard.RowID
	Title  string // the other party
	Number string // of the other party, or empty
	Held   bool
	Choose string // URL of the page with this call chosen
}

func (c OwnCall) path() string { return "/calls/" + url.PathEscape(string(c.ID)) + "/transfer" }

// transferTo returns the URL of the dialog that transfers the call to a number, ""
// without a number and for that of the call itself.
func (c OwnCall) transferTo(number string) string {
	if number == "" || c.ID == "" || number == c.Number {
		return ""
	}
	return c.path() + "?to=" + url.QueryEscape(number)
}

// TransferBar holds the calls of the reader that can be transferred to entries of
// the history.
type TransferBar struct {
	Calls    []OwnCall
	Selected switchboard.RowID // another one, or none: the first call is chosen
}

// selected returns the call that the entries' buttons transfer.
func (b TransferBar) selected() OwnCall {
	for _, c := range b.Calls {
		if c.ID == b.Selected {
			return c
		}
	}
	if len(b.Calls) > 0 {
		return b.Calls[0]
	}
	return OwnCall{}
}

func (b TransferBar) pick(e HistoryEntry) string { return b.selected().transferTo(e.To) }

// current returns the aria-current of a call.
func (b TransferBar) current(c OwnCall) string { return strconv.FormatBool(c.ID == b.selected().ID) }

// text says whom the reader is talking with.
func (b TransferBar) text(lang Lang) string {
	switch c := b.selected(); {
	case len(b.Calls) > 1:
		return lang.T("history.own.several")
	case c.Held:
		return lang.T("history.own.held", c.Title)
	default:
		return lang.T("history.own.talking", c.Title)
	}
}

// Recording is an audio file of a past call or a voicemail.
type Recording struct {
	ID    string // unique within its entry
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
	case e.Direction == sipgate.Incoming:
		return icon("in")
	case e.Direction == sipgate.Outgoing:
		return icon("out")
	default:
		return icon("both")
	}
}

func (e HistoryEntry) kindName(lang Lang) string {
	switch {
	case e.Type == "VOICEMAIL", e.Type == "FAX", e.Type == "SMS":
		return lang.T("history.type." + e.Type)
	case e.Missed && e.Direction == sipgate.Incoming:
		return lang.T("history.missed")
	case e.Missed:
		return lang.T("history.unanswered")
	case e.Direction == sipgate.Incoming:
		return lang.T("row.in")
	case e.Direction == sipgate.Outgoing:
		return lang.T("row.out")
	default:
		return lang.T("row.unknown_direction")
	}
}

// directionName returns the direction of a call, or what else the entry is.
func (e HistoryEntry) directionName(lang Lang) string {
	e.Missed = false
	return e.kindName(lang)
}

// resultName returns what became of a call, "" for faxes and text messages.
func (e HistoryEntry) resultName(lang Lang) string {
	switch {
	case e.Type == "VOICEMAIL", e.Type == "FAX", e.Type == "SMS", e.Missed:
		return e.kindName(lang)
	case e.Direction == sipgate.Incoming:
		return lang.T("history.answered")
	default:
		return lang.T("history.reached")
	}
}

// isNew reports whether nobody has looked at something that came in.
func (e HistoryEntry) isNew() bool { return !e.Read && e.Direction != sipgate.Outgoing }

// unfolded reports whether the entry stands on the page of its call, where its note
// is shown at once.
func (e HistoryEntry) unfolded() bool {
	path, _, _ := strings.Cut(e.Next, "?")
	return path != "" && path != "/history"
}

// soundIcon returns the name of the icon of what can be heard, or only read.
func (e HistoryEntry) soundIcon() string {
	if len(e.Recordings) == 0 {
		return "voicemail"
	}
	return "play"
}

// soundName returns what the entry's sounds are.
func (e HistoryEntry) soundName(lang Lang) string {
	switch {
	case e.Type == "VOICEMAIL":
		return lang.T("history.message")
	case len(e.Recordings) > 1:
		return lang.T("history.recordings", len(e.Recordings))
	}
	return lang.T("history.recording")
}

// recordingName returns the title of a recording, numbered if there are several.
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

// entryFlag is a flag of an entry or of the filter.
type entryFlag struct {
	path, icon, text string
	on               bool
}

// toggles returns the toggle buttons of an entry.
func (e HistoryEntry) toggles(lang Lang) []entryFlag {
	toggles := []entryFlag{{"/star", "star", lang.T("history.star"), e.Starred}}
	if e.Direction != sipgate.Outgoing {
		toggles = append(toggles, entryFlag{"/read", "read", lang.T("history.read"), e.Read})
	}
	return append(toggles, entryFlag{"/archive", "archive", lang.T("history.archive"), e.Archived})
}

// shownFlags returns the flags that an entry shows.
func (e HistoryEntry) shownFlags(lang Lang) []entryFlag {
	var on []entryFlag
	for _, f := range []entryFlag{
		{"new", "live", lang.T("history.is.unread"), e.isNew()},
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
	return []Option{{string(sipgate.Incoming), lang.T("history.direction.in")}, {string(sipgate.Outgoing), lang.T("history.direction.out")}}
}

// checks returns the checkboxes of the filter form.
func (m HistoryModel) checks(lang Lang) []entryFlag {
	return []entryFlag{
		{"missed", "", lang.T("history.only.missed"), m.Filter.Missed},
		{"unread", "", lang.T("history.only.unread"), m.Filter.Unread},
	}
}

// moreChecks returns the checkboxes that are folded at first.
func (m HistoryModel) moreChecks(lang Lang) []entryFlag {
	return []entryFlag{
		{"starred", "", lang.T("history.only.starred"), m.Filter.Starred},
		{"archived", "", lang.T("history.only.archived"), m.Filter.Archived},
	}
}

// options returns an option for each value, labelled by prefix and value.
func options(lang Lang, prefix string, values ...string) []Option {
	var found []Option
	for _, v := range values {
		found = append(found, Option{v, lang.T(prefix + v)})
	}
	return found
}

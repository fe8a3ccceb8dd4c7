package sipgate

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// HistoryQuery selects history entries. Zero fields select all.
type HistoryQuery struct {
	Types         []string  // CALL, VOICEMAIL, SMS, FAX
	Directions    []string  // INCOMING, OUTGOING, MISSED_INCOMING, MISSED_OUTGOING
	ConnectionIDs []string  // extensions; sipgate refuses those of devices with 403
	From, To      time.Time // time of the entry
	Phonenumber   string
	Starred       string // STARRED, UNSTARRED
	Archived      bool   // archived entries instead of the others
	Offset        int    // 0 or more
	Limit         int    // 1 to 1000; sipgate's default is 10

	// ShownAt and ShownID are the time and the id of the last entry that a search
	// returned before, see [HistoryQuery.Continue]. sipgate does not get them.
	ShownAt time.Time
	ShownID string
}

// maxHistory is the largest page of sipgate.
const maxHistory = 1000

// values encodes the query: lists repeat their key, times are ISO 8601.
func (q HistoryQuery) values() url.Values {
	v := url.Values{"types": q.Types, "directions": q.Directions, "connectionIds": q.ConnectionIDs}
	set := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	set("phonenumber", q.Phonenumber)
	set("starred", q.Starred)
	if q.Archived {
		set("archived", "true")
	}
	if !q.From.IsZero() {
		set("from", q.From.UTC().Format(time.RFC3339))
	}
	if !q.To.IsZero() {
		set("to", q.To.UTC().Format(time.RFC3339))
	}
	if q.Offset > 0 {
		set("offset", strconv.Itoa(q.Offset))
	}
	if q.Limit > 0 {
		set("limit", strconv.Itoa(min(q.Limit, maxHistory)))
	}
	return v
}

// HistoryPage is a part of the history, newest entry first.
type HistoryPage struct {
	Items      []HistoryEntry
	Unreadable int // number of further entries, which could not be read
	Total      int // number of entries that the query selects

	// Private is the number of channels whose calls are not in it, because they are
	// other users' private ones.
	Private int

	// Failed is why a part of the history could not be read: the Items are those
	// of the other part.
	Failed error

	positions []int // of the Items among all entries; nil if all could be read
}

// Len returns how many entries sipgate listed, the unreadable ones included:
// the next page begins so many entries later.
func (p HistoryPage) Len() int { return len(p.Items) + p.Unreadable }

// HistoryEntry is a past call, voicemail, SMS or fax. Fields that do not apply
// to its type are zero. Source and Target are numbers as sipgate shows them,
// or "anonymous". All texts are truncated, and their control characters
// replaced by spaces; only notes and transcriptions keep their line breaks.
type HistoryEntry struct {
	ID                       string
	CallID                   CallID // of a CALL, if known
	Type                     string // CALL, VOICEMAIL, SMS, FAX
	Source, Target           string
	SourceAlias, TargetAlias string
	Direction                string // INCOMING, OUTGOING, MISSED_INCOMING, MISSED_OUTGOING
	Status                   string // NOPICKUP, BUSY, PICKUP, FORWARD
	CallStatus               string // SUCCESS, FAILURE, REJECTED, BUSY, MISSED, …
	Note                     string
	Transcription            string // of a VOICEMAIL, as recognized by sipgate
	ConnectionIDs            []string
	Endpoints                []string      // extensions that the call was routed to, rang or was answered at
	AnsweredBy               []string      // those of them that answered
	Created                  time.Time     // UTC; zero if unreadable
	Duration                 time.Duration // whole seconds
	Incoming                 bool
	Read, Starred, Archived  bool
	Recordings               []Recording // of a call; of a voicemail, its message
}

// Recording is an audio file of a [HistoryEntry]. Its address is for
// [Client.OpenRecording], not for browsers.
type Recording struct {
	ID  string // unique within the entry
	URL string
}

// Limits of an entry.
const (
	maxNote       = 2000 // characters, also of a transcription
	maxAddress    = 2048 // bytes
	maxRecordings = 50
	maxExtensions = 50
)

// History returns a page of the history, with the calls of the account's channels
// if it has some. Kind Invalid means that sipgate rejected the query.
func (c *Client) History(ctx context.Context, q HistoryQuery) (HistoryPage, error) {
	channels, err := c.channelsOfHistory(ctx)
	if len(channels) > 0 {
		return c.ChannelHistory.history(ctx, c, channels, q)
	}
	page, listErr := c.listHistory(ctx, q)
	if kind := KindOf(err); kind == Unavailable || kind == Unreadable {
		page.Failed = err
	}
	if listErr == nil {
		var kept keptChanges
		kept, listErr = c.ChannelHistory.kept(ctx)
		kept.apply(page.Items)
	}
	return page, listErr
}

// channelsOfHistory returns the channels whose calls are in the history.
func (c *Client) channelsOfHistory(ctx context.Context) ([]Channel, error) {
	if c.ChannelHistory == nil {
		return nil, nil
	}
	return c.ChannelHistory.Channels(ctx)
}

// listHistory returns a page of sipgate's own history.
func (c *Client) listHistory(ctx context.Context, q HistoryQuery) (HistoryPage, error) {
	list, other, err := getList(ctx, c, (*wireEntry).isEntry, q.values(), "history")
	if err != nil {
		c.ChannelHistory.tell(false, err)
		return HistoryPage{}, err
	}
	page := HistoryPage{}
	page.Items, page.Unreadable = readable(list, wireEntry.entry)
	c.report(page.Unreadable, "history")
	for i, w := range list {
		if w != nil && page.Unreadable > 0 {
			page.positions = append(page.positions, i)
		}
	}
	if page.Total = number(other["totalCount"]); page.Total < 0 {
		page.Total = q.Offset + len(list)
		if q.Limit > 0 && len(list) >= min(q.Limit, maxHistory) {
			page.Total++ // there may be more
		}
	}
	page.Total = max(page.Total, len(list))
	c.ChannelHistory.tell(slices.ContainsFunc(page.Items, func(e HistoryEntry) bool { return e.Type == "CALL" }), nil)
	return page, nil
}

// ListsCalls reports whether sipgate's own history lists a call: on neo, that of some
// accounts lists none.
func (c *Client) ListsCalls(ctx context.Context) (bool, error) {
	page, err := c.listHistory(ctx, HistoryQuery{Types: []string{"CALL"}, Limit: 1})
	if Lacks(err) {
		return false, nil
	}
	return len(page.Items) > 0, err
}

// HistoryEntry returns one entry. Kind NoCall means that it does not exist or
// is not visible with these credentials. With an invalid id it sends nothing
// and returns an error of Kind Invalid.
func (c *Client) HistoryEntry(ctx context.Context, id string) (HistoryEntry, error) {
	e, err := c.storedEntry(ctx, id)
	if err != nil {
		return e, err
	}
	kept, err := c.ChannelHistory.kept(ctx)
	kept[id].applyTo(&e)
	return e, err
}

// storedEntry is HistoryEntry without the changes that sipgate does not keep.
func (c *Client) storedEntry(ctx context.Context, id string) (HistoryEntry, error) {
	if (HistoryEntry{ID: id}).FromChannel() {
		if channels, _ := c.channelsOfHistory(ctx); len(channels) > 0 {
			return c.ChannelHistory.entry(ctx, c, channels, id)
		}
	}
	if !isID(id, maxName) {
		return HistoryEntry{}, request{method: http.MethodGet, path: []string{"history", "?"}}.failure(Invalid, errEntryID)
	}
	var w wireEntry
	if err := c.get(ctx, &w, nil, "history", id); err != nil {
		return HistoryEntry{}, err
	}
	if w.ID == "" {
		return HistoryEntry{}, request{method: http.MethodGet, path: []string{"history", id}}.unreadable(errNoItem)
	}
	return w.entry(), nil
}

var errEntryID = errors.New("invalid entry id")

// EntryChange describes a change of a history entry. Nil fields stay
// unchanged.
type EntryChange struct {
	Note     *string `json:"note,omitempty"` // at most 2,000 characters; "" removes it
	Starred  *bool   `json:"starred,omitempty"`
	Archived *bool   `json:"archived,omitempty"`
	Read     *bool   `json:"read,omitempty"`
}

// ChangeEntry changes a history entry. Its errors are those of
// [Client.HistoryEntry]; with MayHaveArrived the outcome is unknown.
func (c *Client) ChangeEntry(ctx context.Context, id string, change EntryChange) error {
	r := request{method: http.MethodPut, path: []string{"history", "?"}}
	switch {
	case !isID(id, maxName):
		return r.failure(Invalid, errEntryID)
	case (HistoryEntry{ID: id}).FromChannel():
		return r.failure(Unsupported, errors.New("sipgate keeps no changes of a channel's calls"))
	case change == (EntryChange{}):
		return r.failure(Invalid, errors.New("no change requested"))
	case change.Note != nil && utf8.RuneCountInString(*change.Note) > maxNote:
		return &ValueError{Field: "note", Code: "note_too_long"}
	}
	return c.act(ctx, http.MethodPut, change, "history", id)
}

// Extensions returns all extensions that the entry contains, of users,
// telephones and lines. They determine whose entry it is.
func (e HistoryEntry) Extensions() []string {
	return slices.Concat(e.ConnectionIDs, e.Endpoints)
}

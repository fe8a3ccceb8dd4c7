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

// HistoryQuery selects entries of the history. Zero fields select all.
type HistoryQuery struct {
	Types         []string  // CALL, VOICEMAIL, SMS, FAX
	Directions    []string  // INCOMING, OUTGOING, MISSED_INCOMING, MISSED_OUTGOING
	ConnectionIDs []string  // extensions; those of devices are refused with 403
	From, To      time.Time // when the entry was made
	Phonenumber   string
	Starred       string // STARRED, UNSTARRED
	Archived      bool   // the archived entries instead of the others
	Offset        int    // 0 or more
	Limit         int    // 1 to 1000, else sipgate's 10
}

// maxHistory is the largest page that sipgate gives.
const maxHistory = 1000

// values writes the query as sipgate reads it: lists repeat their key, times
// are ISO 8601.
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

// HistoryPage is a part of the history, latest first.
type HistoryPage struct {
	Items []HistoryEntry
	Total int // how many entries the query selects in all
}

// HistoryEntry is a call, voicemail, SMS or fax of the past. Fields that its
// type does not have are zero. Source and Target are numbers as sipgate shows
// them, or "anonymous". All texts are cut, and their control characters are made
// spaces; only notes and transcriptions keep their line breaks.
type HistoryEntry struct {
	ID                       string
	CallID                   CallID // of a CALL, if sipgate says it
	Type                     string // CALL, VOICEMAIL, SMS, FAX
	Source, Target           string
	SourceAlias, TargetAlias string
	Direction                string // INCOMING, OUTGOING, MISSED_INCOMING, MISSED_OUTGOING
	Status                   string // NOPICKUP, BUSY, PICKUP, FORWARD
	CallStatus               string // SUCCESS, FAILURE, REJECTED, BUSY, MISSED, …
	Note                     string
	Transcription            string // of a VOICEMAIL: what was said, as far as sipgate understood it
	ConnectionIDs            []string
	Endpoints                []string      // extensions that the call was routed to, rang at or was taken by
	AnsweredBy               []string      // those of them that took it
	Created                  time.Time     // UTC; zero if it cannot be read
	Duration                 time.Duration // whole seconds
	Incoming                 bool
	Read, Starred, Archived  bool
	Recordings               []Recording // of the call; of a voicemail, its message
}

// Recording is a sound file of a [HistoryEntry]. Its address is for
// [Client.OpenRecording], not for browsers.
type Recording struct {
	ID  string // unique within the entry
	URL string
}

// Limits of what an entry may contain.
const (
	maxNote       = 2000 // characters, of a transcription too
	maxAddress    = 2048 // bytes
	maxRecordings = 50
	maxExtensions = 50
)

// History returns a page of the history. Kind Invalid means that the query is
// not as sipgate wants it.
func (c *Client) History(ctx context.Context, q HistoryQuery) (HistoryPage, error) {
	var reply struct {
		Items []wireEntry `json:"items"`
		Total int         `json:"totalCount"`
	}
	if err := c.get(ctx, &reply, q.values(), "history"); err != nil {
		return HistoryPage{}, err
	}
	page := HistoryPage{Items: make([]HistoryEntry, len(reply.Items)), Total: max(reply.Total, len(reply.Items))}
	for i, w := range reply.Items {
		page.Items[i] = w.entry()
	}
	return page, nil
}

// HistoryEntry returns one entry. Kind NoCall means that there is none with
// this id, or none that the credential may see; an id that cannot be one is of
// Kind Invalid and is not sent.
func (c *Client) HistoryEntry(ctx context.Context, id string) (HistoryEntry, error) {
	if !isID(id, maxName) {
		return HistoryEntry{}, request{method: http.MethodGet, path: []string{"history", "?"}}.failure(Invalid, errEntryID)
	}
	var w wireEntry
	if err := c.get(ctx, &w, nil, "history", id); err != nil {
		return HistoryEntry{}, err
	}
	return w.entry(), nil
}

var errEntryID = errors.New("not the id of an entry")

// EntryChange says what is to be changed of an entry; what is nil stays.
type EntryChange struct {
	Note     *string `json:"note,omitempty"` // at most 2,000 characters; "" removes it
	Starred  *bool   `json:"starred,omitempty"`
	Archived *bool   `json:"archived,omitempty"`
	Read     *bool   `json:"read,omitempty"`
}

// ChangeEntry changes an entry of the history. The errors are those of
// [Client.HistoryEntry], and those of a command: with MayHaveArrived nobody
// knows whether it was done.
func (c *Client) ChangeEntry(ctx context.Context, id string, change EntryChange) error {
	r := request{method: http.MethodPut, path: []string{"history", "?"}}
	switch {
	case !isID(id, maxName):
		return r.failure(Invalid, errEntryID)
	case change == (EntryChange{}):
		return r.failure(Invalid, errors.New("nothing is to be changed"))
	case change.Note != nil && utf8.RuneCountInString(*change.Note) > maxNote:
		return &ValueError{Field: "note", Code: "note_too_long"}
	}
	return c.act(ctx, http.MethodPut, change, "history", id)
}

// Extensions are all extensions that the entry names, of users, telephones and
// lines: by them it is known whose it is.
func (e HistoryEntry) Extensions() []string {
	return slices.Concat(e.ConnectionIDs, e.Endpoints)
}

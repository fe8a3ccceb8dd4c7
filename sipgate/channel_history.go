package sipgate

import (
	"context"
	"slices"
	"strings"
	"time"
)

// ChannelHistory keeps the calls of the channels that one sign-in reaches. A
// [Client] that has one adds them to the history: on neo, sipgate's history has
// no calls, or those of an account that was migrated. It is safe for concurrent
// use.
type ChannelHistory struct {
	// Channels returns the channels of the account, none on the classic platform.
	Channels func(context.Context) ([]Channel, error)

	// Through returns the client that reads a channel, nil for the one that reads the
	// history. It may be nil.
	Through func(Channel) *Client

	// Kept returns what was changed of entries, by their id, where sipgate keeps no
	// changes. It may be nil.
	Kept func(context.Context) (map[string]EntryChange, error)

	// Listed, unless nil, is told of each answer of sipgate's own history: whether it
	// lists a call, and its error.
	Listed func(call bool, err error)

	turn     chan struct{} // of one: who holds it uses the calls
	channels map[string]*channelCalls
}

// NewChannelHistory returns a ChannelHistory that has read nothing yet.
func NewChannelHistory(channels func(context.Context) ([]Channel, error)) *ChannelHistory {
	return &ChannelHistory{Channels: channels, turn: make(chan struct{}, 1), channels: map[string]*channelCalls{}}
}

// tell tells Listed. A nil ChannelHistory tells nobody.
func (h *ChannelHistory) tell(call bool, err error) {
	if h != nil && h.Listed != nil {
		h.Listed(call, err)
	}
}

// channelCalls are the calls of a channel from the latest one on, as far as they
// were read.
type channelCalls struct {
	entries    []HistoryEntry // the latest first
	position   string         // where older ones begin
	complete   bool           // there are no older ones
	unreadable int
	readAt     time.Time // of the latest ones
	refusedAt  time.Time // it is another user's inbox
}

// Limits of reading the calls of channels.
const (
	channelMaxAge  = 3 * time.Second // of the latest calls; older ones do not change
	refusalMaxAge  = 10 * time.Minute
	maxEventPages  = 20 // requests for one channel and page of the history
	maxKeptEntries = 2000
)

// read reads the calls of a channel until enough returns true for those that
// were read. A channel that is not the user's has no calls.
func (h *channelCalls) read(ctx context.Context, c *Client, in Channel, enough func([]HistoryEntry) bool) error {
	if time.Since(h.refusedAt) < refusalMaxAge {
		return nil
	}
	if time.Since(h.readAt) >= channelMaxAge {
		if err := h.refresh(ctx, c, in); err != nil || !h.refusedAt.IsZero() {
			return err
		}
	}
	for range maxEventPages {
		if h.complete || len(h.entries) >= maxKeptEntries || enough(h.entries) {
			return nil
		}
		page, err := c.channelEvents(ctx, in, h.position)
		if err != nil {
			return err
		}
		h.add(page)
	}
	return nil
}

// refresh reads the latest calls, and all of them again if the ones in between
// are too many.
func (h *channelCalls) refresh(ctx context.Context, c *Client, in Channel) error {
	page, err := c.channelEvents(ctx, in, "")
	switch KindOf(err) {
	case Forbidden, NoCall, Unsupported:
		*h = channelCalls{refusedAt: time.Now()}
		return nil
	}
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, e := range page.entries {
		known[e.ID] = true
	}
	old := h.entries
	older := slices.DeleteFunc(slices.Clone(old), func(e HistoryEntry) bool { return known[e.ID] })
	h.readAt = time.Now()
	if len(old) > 0 && len(older) < len(old) || page.length == 0 {
		h.entries = append(page.entries, older...)
		return nil
	}
	*h = channelCalls{readAt: h.readAt}
	h.add(page)
	return nil
}

func (h *channelCalls) add(page eventPage) {
	h.entries = append(h.entries, page.entries...)
	h.unreadable += page.unreadable
	h.position, h.complete = page.position, page.length == 0 || page.position == ""
}

// history returns a page of the history of both sources, each call once, the
// latest first. If one of them fails, it returns the other's entries, and the
// error in the page.
func (h *ChannelHistory) history(ctx context.Context, c *Client, channels []Channel, q HistoryQuery) (HistoryPage, error) {
	want := q.Offset + min(max(q.Limit, 1), maxHistory)
	if q.Limit == 0 {
		want = q.Offset + 10 // sipgate's default
	}
	kept, err := h.kept(ctx)
	if err != nil {
		return HistoryPage{}, err
	}
	listed, err := h.listed(ctx, c, q, want, kept)
	if err != nil && !survivable(ctx, err) {
		return HistoryPage{}, err
	}
	if err := h.takeTurn(ctx); err != nil {
		return HistoryPage{}, err
	}
	defer h.endTurn()
	read, eventsErr := h.events(ctx, c, channels, q, listed, want, kept)
	events := read.entries
	if err != nil && (eventsErr != nil || len(events) == 0) {
		return HistoryPage{}, err
	}
	kept = kept.withTwins(listed.Items, events)
	if listed.Total > 0 && len(events) > 0 && !q.Archived {
		events = c.withoutHidden(ctx, q, events, want)
	}
	page := HistoryPage{Items: kept.unselected(q, merge(listed.Items, events)), Unreadable: listed.Unreadable, Private: read.private, Failed: err}
	if page.Failed == nil {
		page.Failed = eventsErr
	}
	all := len(page.Items)
	page.Total = max(all, listed.Total+all-len(listed.Items))
	page.Items = page.Items[min(q.Offset, all):min(want, all)]
	if !read.complete && len(page.Items) > 0 {
		page.Total = max(page.Total, want+1) // there may be more
	}
	return page, nil
}

// takeTurn waits until no other request uses the calls. The caller then calls endTurn.
func (h *ChannelHistory) takeTurn(ctx context.Context) error {
	select {
	case h.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return request{method: "GET", path: []string{"channels"}}.failure(Unavailable, ctx.Err())
	}
}

func (h *ChannelHistory) endTurn() { <-h.turn }

// survivable reports whether the other source is shown although this one failed
// with err.
func survivable(ctx context.Context, err error) bool {
	kind := KindOf(err)
	return ctx.Err() == nil && kind != Unauthorized && kind != Throttled && kind != Invalid
}

// listUntil returns the first want entries that sipgate's history lists.
func (c *Client) listUntil(ctx context.Context, q HistoryQuery, want int) (HistoryPage, error) {
	all := HistoryPage{Items: []HistoryEntry{}}
	for q.Offset = 0; q.Offset < want; {
		q.Limit = min(want-q.Offset, maxHistory)
		page, err := c.listHistory(ctx, q)
		if err != nil {
			return HistoryPage{}, err
		}
		all.Items, all.Unreadable, all.Total = append(all.Items, page.Items...), all.Unreadable+page.Unreadable, page.Total
		if q.Offset += page.Len(); page.Len() == 0 || q.Offset >= page.Total {
			break
		}
	}
	return all, nil
}

// channelPart are the calls of the channels that a query selects.
type channelPart struct {
	entries  []HistoryEntry // as many as there may be among the wanted ones
	complete bool           // these are all
	private  int            // channels that are others'
}

// events returns the calls of the channels that q selects, for a page that ends
// with the entry number want.
func (h *ChannelHistory) events(ctx context.Context, c *Client, channels []Channel, q HistoryQuery, listed HistoryPage, want int, kept keptChanges) (part channelPart, err error) {
	var until time.Time // older ones are not among the first
	if n := len(listed.Items); n >= want {
		until = listed.Items[n-1].Created
	}
	if q.From.After(until) {
		until = q.From
	}
	part.complete = true
	for _, in := range channels {
		wanted := want
		if q.needsKept() {
			if wanted = min(want, kept.count(in.ID, q)); wanted == 0 {
				continue
			}
		}
		calls, found := h.callsOf(in), 0
		readErr := calls.read(ctx, h.reader(c, in), in, func(read []HistoryEntry) bool {
			found = 0
			for _, e := range read {
				if kept[e.ID].applyTo(&e); q.Matches(e) {
					found++
				}
			}
			return found >= wanted || len(read) > 0 && read[len(read)-1].Created.Before(until)
		})
		if readErr != nil {
			err = readErr
		}
		older := len(calls.entries) > 0 && calls.entries[len(calls.entries)-1].Created.Before(q.From)
		if !calls.refusedAt.IsZero() {
			part.private++
		}
		part.complete = part.complete && (calls.complete || older || !calls.refusedAt.IsZero() || q.needsKept() && wanted < want && found >= wanted)
		for _, e := range calls.entries {
			if q.withoutChanges().Matches(e) {
				part.entries = append(part.entries, e)
			}
		}
	}
	return part, err
}

// reader returns the client that reads a channel for c.
func (h *ChannelHistory) reader(c *Client, in Channel) *Client {
	if h.Through != nil {
		if through := h.Through(in); through != nil {
			return through
		}
	}
	return c
}

// callsOf returns the calls of a channel. The caller has the turn.
func (h *ChannelHistory) callsOf(in Channel) *channelCalls {
	calls := h.channels[in.ID]
	if calls == nil {
		calls = &channelCalls{}
		h.channels[in.ID] = calls
	}
	return calls
}

// withoutHidden returns the events without those of calls that sipgate's history
// has, and that q does not select there: its archive, or its stars.
func (c *Client) withoutHidden(ctx context.Context, q HistoryQuery, events []HistoryEntry, want int) []HistoryEntry {
	var hidden []HistoryEntry
	archive, starred := q, q
	archive.Archived, starred.Starred = true, "STARRED"
	queries := []HistoryQuery{archive}
	if q.Starred == "UNSTARRED" {
		queries = append(queries, starred)
	}
	for _, other := range queries {
		if page, err := c.listUntil(ctx, other, want); err == nil { // else some are shown twice
			hidden = append(hidden, page.Items...)
		}
	}
	twins := newTwins(hidden)
	return slices.DeleteFunc(events, func(e HistoryEntry) bool { return twins.find(e) >= 0 })
}

// entry returns the entry with an id that was made of a channel's event.
func (h *ChannelHistory) entry(ctx context.Context, c *Client, channels []Channel, id string) (HistoryEntry, error) {
	none := request{method: "GET", path: []string{"channels", "?", "events"}}
	rest, _ := strings.CutPrefix(id, eventPrefix)
	for _, in := range channels {
		if !strings.HasPrefix(rest, in.ID+"_") {
			continue
		}
		if err := h.takeTurn(ctx); err != nil {
			return HistoryEntry{}, err
		}
		defer h.endTurn()
		calls, at := h.callsOf(in), -1
		err := calls.read(ctx, c, in, func(read []HistoryEntry) bool {
			at = slices.IndexFunc(read, func(e HistoryEntry) bool { return e.ID == id })
			return at >= 0
		})
		if err != nil {
			return HistoryEntry{}, err
		}
		if at = slices.IndexFunc(calls.entries, func(e HistoryEntry) bool { return e.ID == id }); at >= 0 {
			return calls.entries[at], nil
		}
	}
	return HistoryEntry{}, none.failure(NoCall, errNoItem)
}

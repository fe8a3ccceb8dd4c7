package sipgate

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// keptChanges are the changes of entries that sipgate does not keep, by the id of the entry.
type keptChanges map[string]EntryChange

// kept returns the changes that are kept.
func (h *ChannelHistory) kept(ctx context.Context) (keptChanges, error) {
	if h == nil || h.Kept == nil {
		return nil, nil
	}
	return h.Kept(ctx)
}

// applyTo makes the change.
func (c EntryChange) applyTo(e *HistoryEntry) {
	if c.Note != nil {
		e.Note = *c.Note
	}
	for field, value := range map[*bool]*bool{&e.Starred: c.Starred, &e.Archived: c.Archived, &e.Read: c.Read} {
		if value != nil {
			*field = *value
		}
	}
}

// apply makes the changes that are kept of the entries.
func (k keptChanges) apply(entries []HistoryEntry) {
	for i := range entries {
		k[entries[i].ID].applyTo(&entries[i])
	}
}

// selects reports whether q selects an entry as far as its star and its archive go.
func (q HistoryQuery) selects(e HistoryEntry) bool {
	return HistoryQuery{Starred: q.Starred, Archived: q.Archived}.Matches(e)
}

// needsKept reports whether q selects only what was changed.
func (q HistoryQuery) needsKept() bool { return q.Archived || q.Starred == "STARRED" }

// withoutChanges is q without what depends on changes.
func (q HistoryQuery) withoutChanges() HistoryQuery {
	q.Archived, q.Starred = false, ""
	return q
}

// count returns how many entries of a channel q selects only because of what is kept,
// or of sipgate's history with the channel "".
func (k keptChanges) count(channel string, q HistoryQuery) (n int) {
	for id, change := range k {
		e := HistoryEntry{ID: id}
		if change.applyTo(&e); q.selects(e) && (channel == "" && !e.FromChannel() || channel != "" && strings.HasPrefix(id, eventPrefix+channel+"_")) {
			n++
		}
	}
	return n
}

// excluded returns how many entries q does not select because of what is kept.
func (k keptChanges) excluded(q HistoryQuery) (n int) {
	for _, change := range k {
		var e HistoryEntry
		if change.applyTo(&e); !q.selects(e) {
			n++
		}
	}
	return n
}

// listed returns the first want entries of sipgate's history that q selects, with the changes that
// are kept of them. sipgate's own filters know nothing of those.
func (h *ChannelHistory) listed(ctx context.Context, c *Client, q HistoryQuery, want int, kept keptChanges) (HistoryPage, error) {
	if !q.needsKept() {
		want += kept.excluded(q)
	}
	page, err := c.listUntil(ctx, q, want)
	kept.apply(page.Items)
	if err != nil || !q.needsKept() || kept.count("", q) == 0 {
		return page, err
	}
	rest, err := c.listUntil(ctx, q.withoutChanges(), maxHistory)
	if err != nil {
		return HistoryPage{}, err
	}
	known := map[string]bool{}
	for _, e := range page.Items {
		known[e.ID] = true
	}
	kept.apply(rest.Items)
	for _, e := range rest.Items {
		if _, changed := kept[e.ID]; changed && !known[e.ID] && q.selects(e) {
			page.Items, page.Total = append(page.Items, e), page.Total+1
		}
	}
	slices.SortStableFunc(page.Items, func(a, b HistoryEntry) int { return b.Created.Compare(a.Created) })
	return page, nil
}

// withTwins adds to the changes those of an event that sipgate's history lists by now:
// they were made when only the channel had the call.
func (k keptChanges) withTwins(listed, events []HistoryEntry) keptChanges {
	if len(k) == 0 || len(listed) == 0 {
		return k
	}
	all, twins := maps.Clone(k), newTwins(listed)
	for _, e := range events {
		change, changed := k[e.ID]
		if at := twins.find(e); changed && at >= 0 {
			if _, own := k[listed[at].ID]; !own {
				all[listed[at].ID] = change
			}
		}
	}
	return all
}

// unselected removes the entries that q does not select because of what is kept, and
// those of channels that it would select only because of it.
func (k keptChanges) unselected(q HistoryQuery, entries []HistoryEntry) []HistoryEntry {
	k.apply(entries)
	return slices.DeleteFunc(entries, func(e HistoryEntry) bool {
		_, changed := k[e.ID]
		return (changed || e.FromChannel()) && !q.selects(e)
	})
}

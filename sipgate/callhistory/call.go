package callhistory

import (
	"context"
	"errors"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// A call of the board and its entries in sipgate's history are one thing. They
// find each other by sipgate's call id where the history has it, else by
// parties and time; the journal keeps what was found.

// Bounds of the search for the entries of a call.
const (
	maxEntries       = 5 // of one call: a transfer makes a second one
	searchPageSize   = 250
	searchMargin     = time.Minute
	startUncertainty = 4 * time.Hour   // how long before it was seen a call may have begun
	listingDelay     = 5 * time.Minute // how long sipgate may take to list a call
)

// An Entry is an entry of the history about one call.
type Entry struct {
	sipgate.HistoryEntry
	Exact bool // sipgate names the call; else only parties and time agree
}

// EntriesOf returns the entries about a past call that the member may see:
// those that were found before or, if there are none, those among the entries
// of its time.
func (h *History) EntriesOf(ctx context.Context, m team.Member, r journal.Record) ([]Entry, error) {
	visible, err := h.scope(ctx, m)
	if err != nil {
		return nil, err
	}
	links, err := h.Journal.HistoryLinks(ctx, m.Account, r.Row)
	if err != nil {
		return nil, err
	}
	var found []Entry
	for _, link := range links[:min(len(links), maxEntries)] {
		e, err := h.Client(m.MemberID).HistoryEntry(ctx, link.EntryID)
		switch {
		case err == nil && (visible == nil || visible(e)):
			found = append(found, Entry{e, link.Exact})
		case err != nil && !errors.Is(entryError(err), ErrNotFound):
			return nil, err
		}
	}
	if len(links) > 0 && len(r.CallIDs) <= len(links) {
		return found, nil
	}
	return h.searchEntriesOf(ctx, m, r, visible)
}

// searchEntriesOf looks through the entries of the time of the call, and links
// what it finds to the call.
func (h *History) searchEntriesOf(ctx context.Context, m team.Member, r journal.Record, visible condition) ([]Entry, error) {
	q := sipgate.HistoryQuery{From: r.Started.Add(-searchMargin), To: r.Ended.Add(searchMargin), Limit: searchPageSize}
	if r.Approximate {
		q.From = r.Started.Add(-startUncertainty)
	}
	if r.Ended.IsZero() {
		q.To = time.Time{}
	}
	page, err := h.Client(m.MemberID).History(ctx, q)
	if err != nil {
		return nil, err
	}
	var found []Entry
	for _, e := range page.Items {
		match := r.Matches(e)
		if match == journal.NoMatch || len(found) == maxEntries {
			continue
		}
		link := journal.HistoryLink{EntryID: e.ID, Exact: match == journal.Exact}
		if err := h.Journal.LinkHistory(ctx, m.Account, r.Row, link); err != nil {
			return nil, err
		}
		if visible == nil || visible(e) {
			found = append(found, Entry{e, link.Exact})
		}
	}
	return found, nil
}

// MayStillBeListed reports whether sipgate may list a call later that its
// history does not have yet.
func MayStillBeListed(r journal.Record) bool {
	return !r.Ended.IsZero() && time.Since(r.Ended) < listingDelay
}

// CallOf returns the call that an entry is about, if the journal knows it and
// the member may see it, and links the two.
func (h *History) CallOf(ctx context.Context, m team.Member, e sipgate.HistoryEntry) (row switchboard.RowID, ok bool, err error) {
	row, known, err := h.Journal.RowByEntry(ctx, m.Account, e)
	if err != nil || !known {
		return "", false, err
	}
	record, err := h.Journal.Record(ctx, m.Account, row)
	if err != nil || !h.Sees(ctx, m, record) {
		return "", false, nil
	}
	exact := record.Matches(e) == journal.Exact
	return record.Row, true, h.Journal.LinkHistory(ctx, m.Account, row, journal.HistoryLink{EntryID: e.ID, Exact: exact})
}

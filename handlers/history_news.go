package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/journal"
	"callboard/views"
	"callboard/web"
)

// historyNews tells a page of the history what came new since it was drawn. It
// costs sipgate nothing: all pages of a team share what one request brings.
func (h *handlers) historyNews(w http.ResponseWriter, r *http.Request, v Visitor) error {
	after, err := number(r.URL.Query(), "after", 0, 1, 1<<52)
	if err != nil {
		return err
	}
	f, err := h.pastFilter(r.Context(), v, r.URL.Query())
	if err != nil {
		return err
	}
	entries, until, err := h.pastNews(context.WithoutCancel(r.Context()), v, f, time.UnixMilli(int64(after)))
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	m := views.HistoryModel{News: f.address("/history/news", nil) + "&after=" + strconv.FormatInt(until.UnixMilli(), 10)}
	for _, e := range entries {
		m.Entries = append(m.Entries, h.entryModel(v, langOf(r, v), e, f.address("/history", nil)))
	}
	return web.Show(w, r, http.StatusOK, views.HistoryNews(h.about(r, v), m))
}

// pastNews are the entries that came after a moment and that the visitor wants
// and may see.
func (h *handlers) pastNews(ctx context.Context, v Visitor, f pastFilter, after time.Time) (found []sipgate.HistoryEntry, until time.Time, err error) {
	value, _ := h.news.LoadOrStore(v.Account, new(journal.RecentEntries))
	news := value.(*journal.RecentEntries)
	if err := news.Poll(ctx, h.Exchange.Board(v.Account).Snapshot().Calls, h.clientOf(v).History); err != nil {
		h.Log.Info("news of the history could not be read", "err", err)
	}
	keep := both(f.keep, f.query.Matches)
	if !v.seesAll() {
		mine, err := h.ownership(ctx, v, v.User)
		if err != nil {
			return nil, until, err
		}
		keep = both(mine, keep)
	}
	all, until := news.Since(after)
	for _, e := range all {
		if keep(e) {
			found = append(found, e)
		}
	}
	return found, until, nil
}

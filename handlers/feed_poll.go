package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"callboard/web"
)

// Pages that no socket reaches, because a proxy drops it, request every 3 s what
// the feed would have sent.

// fallbackWindow is for how long a page that polls counts as one that no socket
// reaches.
const fallbackWindow = time.Minute

// feedAnswer is what a page gets that polls. Frames are those of the feed.
type feedAnswer struct {
	Version string            `json:"version"` // what the page sends next time
	Frames  []json.RawMessage `json:"frames"`
}

// pollFeed answers a page that has the version "have" of the board: with the
// whole list if that is not the current one, else with the board's health only.
func (h *handlers) pollFeed(w http.ResponseWriter, r *http.Request, a actor) error {
	h.polling.Note(a.Account, a.SignIn.Subject()+" "+r.UserAgent())
	f := h.newBoardFeed(r, a)
	answer, err := f.poll(r.Context(), r.URL.Query().Get("have"))
	if err != nil {
		return err
	}
	return web.SendJSON(w, http.StatusOK, answer)
}

// poll returns the frames that a page lacks which has a version of the board. A
// page of an earlier process also gets what the restart interrupted.
func (f *boardFeed) poll(ctx context.Context, have string) (feedAnswer, error) {
	snap := f.board.FreshSnapshot(ctx)
	if err := f.sendList(ctx, snap); err != nil {
		return feedAnswer{}, err
	}
	sum, health := sha256.New(), f.queue[healthFrame]
	for i, frame := range f.queue {
		if i != healthFrame {
			sum.Write(frame)
		}
	}
	version := snap.Epoch + "." + hex.EncodeToString(sum.Sum(nil)[:12])
	if version == have {
		return feedAnswer{version, []json.RawMessage{health}}, nil
	}
	answer := feedAnswer{Version: version}
	if epoch, _, _ := strings.Cut(have, "."); epoch != snap.Epoch {
		if err := f.sendInterrupted(ctx); err != nil {
			return feedAnswer{}, err
		}
	}
	for _, frame := range f.queue {
		answer.Frames = append(answer.Frames, frame)
	}
	return answer, nil
}

// pollWallboard answers a screen that polls with the whole wallboard, whose
// clock and figures change all the time.
func (h *handlers) pollWallboard(w http.ResponseWriter, r *http.Request) error {
	wallboard, err := h.findWallboard(r)
	if err != nil {
		return err
	}
	v := h.newWallboardView(wallboard, r)
	h.polling.Note(wallboard.Account, string(v.viewer.User))
	v.snap = h.Control.Board(v.viewer).FreshSnapshot(r.Context())
	frame, err := v.frame(r.Context())
	if err != nil {
		return err
	}
	return web.SendJSON(w, http.StatusOK, feedAnswer{Frames: []json.RawMessage{frame}})
}

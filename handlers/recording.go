package handlers

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/announcement"
	"callboard/web"
)

// recordingOf finds the recording that the address names, of a call or of a
// voicemail, if the visitor may hear it.
func (h *handlers) recordingOf(r *http.Request, v Visitor) (sipgate.HistoryEntry, sipgate.Recording, error) {
	entry, _, err := h.entryOf(r, v)
	if err != nil {
		return entry, sipgate.Recording{}, err
	}
	i := slices.IndexFunc(entry.Recordings, func(rec sipgate.Recording) bool { return rec.ID == r.PathValue("recording") })
	if i < 0 {
		return entry, sipgate.Recording{}, errNotFound
	}
	return entry, entry.Recordings[i], nil
}

// recording streams a recording to the browser, as sipgate sends it but under
// a name of ours. A browser that wants only a part (to seek) gets that part.
func (h *handlers) recording(w http.ResponseWriter, r *http.Request, v Visitor) error {
	entry, rec, err := h.recordingOf(r, v)
	if err != nil {
		return err
	}
	file, err := h.clientOf(v).OpenRecording(r.Context(), rec.URL, r.Header.Get("Range"))
	if err != nil {
		return err
	}
	defer file.Body.Close()
	kind, ext := soundKind(file.ContentType)
	head := w.Header()
	head.Set("Content-Type", kind)
	head.Set("Accept-Ranges", "bytes")
	if file.ContentRange != "" {
		head.Set("Content-Range", file.ContentRange)
	}
	if file.Length >= 0 {
		head.Set("Content-Length", strconv.FormatInt(file.Length, 10))
	}
	if r.FormValue("download") != "" {
		head.Set("Content-Disposition", web.Attachment(h.recordingName(v, entry)+ext))
	}
	w.WriteHeader(file.Status)
	if _, err := io.Copy(w, file.Body); err != nil && !errors.Is(err, context.Canceled) {
		h.Log.Info("a recording broke off", "err", err)
	}
	return nil
}

// soundKind is the type under which a recording is handed on, and how the name
// of its file ends. What sipgate gives no type is WAV.
func soundKind(from string) (kind, ext string) {
	switch from {
	case "audio/mpeg", "audio/mp3":
		return "audio/mpeg", ".mp3"
	case "audio/ogg", "audio/flac":
		return from, "." + strings.TrimPrefix(from, "audio/")
	}
	return "audio/wav", ".wav"
}

// recordingName is what the file of a recording is called: when, which way,
// with whom.
func (h *handlers) recordingName(v Visitor, e sipgate.HistoryEntry) string {
	way := "out"
	switch {
	case e.Type == "VOICEMAIL":
		way = "voicemail"
	case e.Incoming:
		way = "in"
	}
	who := h.outsideName(v, e)
	if who == "" {
		who, _ = e.Remote()
	}
	return e.Created.Local().Format("2006-01-02 1504 ") + way + " " + who
}

// Limits of drawing the outline of a recording.
const (
	outlineBars  = 160
	longestSound = 24 * time.Hour
)

// outline is the shape of a recording over time, to be drawn beside it. The
// recording is read for it once.
func (h *handlers) outline(w http.ResponseWriter, r *http.Request, v Visitor) error {
	entry, rec, err := h.recordingOf(r, v)
	if err != nil {
		return err
	}
	o, err := h.outlines.Get(r.Context(), v.Account+" "+entry.ID+" "+rec.ID, func(ctx context.Context) (announcement.Waveform, error) {
		file, err := h.clientOf(v).OpenRecording(ctx, rec.URL, "")
		if err != nil {
			return announcement.Waveform{}, err
		}
		defer file.Body.Close()
		return announcement.DrawWaveform(file.Body, outlineBars, announcement.Limits{Bytes: 200 << 20, Length: longestSound})
	})
	if err != nil {
		return err
	}
	bars := make([]int, len(o.Bars)) // bytes would be written in base64
	for i, b := range o.Bars {
		bars[i] = int(b)
	}
	return web.SendJSON(w, http.StatusOK, map[string]any{"seconds": o.Length.Seconds(), "bars": bars})
}

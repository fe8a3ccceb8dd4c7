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

// recordingOf returns the recording of a call or a voicemail that the address
// names, and its entry, if the actor may hear it.
func (h *handlers) recordingOf(r *http.Request, a actor) (sipgate.HistoryEntry, sipgate.Recording, error) {
	entry, _, err := h.Control.History.Entry(r.Context(), a.Member, r.PathValue("id"))
	if err != nil {
		return entry, sipgate.Recording{}, err
	}
	i := slices.IndexFunc(entry.Recordings, func(rec sipgate.Recording) bool { return rec.ID == r.PathValue("recording") })
	if i < 0 {
		return entry, sipgate.Recording{}, errNotFound
	}
	return entry, entry.Recordings[i], nil
}

// serveRecording streams a recording from sipgate to the browser, under a file name of
// ours. A browser that seeks gets the part that it asks for.
func (h *handlers) serveRecording(w http.ResponseWriter, r *http.Request, a actor) error {
	entry, rec, err := h.recordingOf(r, a)
	if err != nil {
		return err
	}
	file, err := h.Control.ClientOf(a.MemberID).OpenRecording(r.Context(), rec.URL, r.Header.Get("Range"))
	if err != nil {
		return err
	}
	defer file.Body.Close()
	mediaType, ext := audioType(file.ContentType)
	head := w.Header()
	head.Set("Content-Type", mediaType)
	head.Set("Accept-Ranges", "bytes")
	if file.ContentRange != "" {
		head.Set("Content-Range", file.ContentRange)
	}
	if file.Length >= 0 {
		head.Set("Content-Length", strconv.FormatInt(file.Length, 10))
	}
	if r.FormValue("download") != "" {
		head.Set("Content-Disposition", web.Attachment(h.recordingName(a, entry)+ext))
	}
	w.WriteHeader(file.Status)
	if _, err := io.Copy(w, file.Body); err != nil && !errors.Is(err, context.Canceled) {
		h.Log.Info("stream recording", "err", err)
	}
	return nil
}

// audioType returns the media type with which a recording is passed on, and the
// extension of its file name. A recording without a known type is WAV.
func audioType(from string) (mediaType, ext string) {
	switch from {
	case "audio/mpeg", "audio/mp3":
		return "audio/mpeg", ".mp3"
	case "audio/ogg", "audio/flac":
		return from, "." + strings.TrimPrefix(from, "audio/")
	}
	return "audio/wav", ".wav"
}

// recordingName returns the file name of a recording, without its extension: the
// time, the direction and the other party.
func (h *handlers) recordingName(a actor, e sipgate.HistoryEntry) string {
	direction := "out"
	switch {
	case e.Type == "VOICEMAIL":
		direction = "voicemail"
	case e.Incoming:
		direction = "in"
	}
	remote := h.Control.History.RemoteName(a.MemberID, e)
	if remote == "" {
		remote, _ = e.Remote()
	}
	return e.Created.In(h.zone(a)).Format("2006-01-02 1504 ") + direction + " " + remote
}

// Limits of the waveform of a recording.
const (
	waveformBars     = 160
	maxRecording     = 24 * time.Hour
	maxRecordingSize = 200 << 20 // bytes
)

// serveWaveform sends the waveform of a recording. It reads the recording only the first
// time.
func (h *handlers) serveWaveform(w http.ResponseWriter, r *http.Request, a actor) error {
	entry, rec, err := h.recordingOf(r, a)
	if err != nil {
		return err
	}
	o, err := h.waveforms.Get(r.Context(), a.Account+" "+entry.ID+" "+rec.ID, func(ctx context.Context) (announcement.Waveform, error) {
		file, err := h.Control.ClientOf(a.MemberID).OpenRecording(ctx, rec.URL, "")
		if err != nil {
			return announcement.Waveform{}, err
		}
		defer file.Body.Close()
		return announcement.DrawWaveform(file.Body, waveformBars, announcement.Limits{Bytes: maxRecordingSize, Length: maxRecording})
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

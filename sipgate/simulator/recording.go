package simulator

import (
	"net/http"
	"strings"
)

// recordingPath is where recordings are found. sipgate's own path and host are
// not documented.
const recordingPath = "/recordings/"

// routesSound adds the recordings to mux.
func (s *Simulator) routeRecordings(mux *http.ServeMux) {
	mux.HandleFunc("GET "+recordingPath+"{file}", s.serveRecording)
}

// recordingURL is the address of a recording in the history. Without
// [Options].Base it begins with the origin that was asked last.
func (s *Simulator) recordingURL(id string) string {
	return s.auth.base() + recordingPath + id + ".wav"
}

// serveRecording answers with the file, or the range of it that is asked for.
// Whoever has valid credentials for the account gets it; to all others a
// recording of another account looks like none.
func (s *Simulator) serveRecording(w http.ResponseWriter, r *http.Request) {
	grant, ok := s.authorise(r)
	if !ok {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	id, ok := strings.CutSuffix(r.PathValue("file"), ".wav")
	rec, found := s.recording(id)
	if !ok || !found || rec.account != grant.account {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "audio/x-wav")
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Set("ETag", `"`+id+`"`)
	http.ServeContent(w, r, "", rec.file.ended, rec.file.reader())
}

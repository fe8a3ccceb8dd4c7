package simulator

import (
	"net/http"
	"strings"
)

// recordingPath is the path of recordings. sipgate does not document its own.
const recordingPath = "/recordings/"

// routeRecordings adds the recordings to mux.
func (s *Simulator) routeRecordings(mux *http.ServeMux) {
	mux.HandleFunc("GET "+recordingPath+"{file}", s.serveRecording)
}

// recordingURL returns the URL of a recording.
func (s *Simulator) recordingURL(id string) string {
	return s.auth.base() + recordingPath + id + ".wav"
}

// serveRecording serves the file, or a range of it, to every user of the
// account. Recordings of other accounts are not found.
func (s *Simulator) serveRecording(w http.ResponseWriter, r *http.Request) {
	grant, ok := s.authenticate(r)
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

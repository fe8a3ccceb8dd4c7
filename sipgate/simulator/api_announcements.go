package simulator

import (
	"net/http"
	"time"
)

// announceToCall fetches the announcement while the client waits. It refuses
// files that cannot be fetched or are not mono, 16 bit, 8 kHz; how sipgate
// responds to such a file is unknown.
func (s *Simulator) announceToCall(q *apiRequest) response {
	var in struct {
		URL string `json:"url"`
	}
	var requested *playback
	refused := s.onCall(q, &in, func(x *pbx, now time.Time, c *call) error {
		if err := c.requireEstablished(); err != nil {
			return err
		}
		requested = &playback{URL: in.URL, At: now}
		c.announcements = append(c.announcements, requested)
		return nil
	})
	if requested == nil {
		return refused
	}
	samples, err := s.fetchAnnouncement(q.Context(), in.URL)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		requested.Error = err.Error()
		return refuse(http.StatusBadRequest, "Announcement refused: "+err.Error())
	}
	c := s.pbx.calls[q.args["callId"]]
	if c == nil || c.phase == ended {
		requested.Error = "the call ended before the announcement was fetched"
		return callNotFound
	}
	requested.At, requested.Accepted = s.now(), true
	requested.Seconds = float64(len(samples)) / sampleRate
	c.noteCommand(requested.At)
	c.audio.addAnnouncement(samples, requested.At)
	return noContent
}

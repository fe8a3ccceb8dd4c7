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
	var asked *playback
	refused := s.onCall(q, &in, func(x *pbx, now time.Time, c *call) error {
		if err := c.requireEstablished(); err != nil {
			return err
		}
		asked = &playback{URL: in.URL, At: now}
		c.announcements = append(c.announcements, asked)
		return nil
	})
	if asked == nil {
		return refused
	}
	samples, err := s.fetchAnnouncement(q.Context(), in.URL)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		asked.Error = err.Error()
		return refuse(http.StatusBadRequest, "Announcement refused: "+err.Error())
	}
	c := s.pbx.calls[q.args["callId"]]
	if c == nil || c.phase == ended {
		asked.Error = "the call ended before the announcement was fetched"
		return callNotFound
	}
	asked.At, asked.Accepted = s.now(), true
	asked.Seconds = float64(len(samples)) / sampleRate
	c.noteCommand(asked.At)
	c.audio.addAnnouncement(samples, asked.At)
	return noContent
}

package simulator

import (
	"context"
	"net/http"
	"time"
)

// placeholders until the real ones stand in sound_*.go (delete this file)
type tape struct{}
type soundFile struct{}

func newTape(seed uint64) *tape                             { return &tape{} }
func (t *tape) start(now time.Time)                         {}
func (t *tape) stop(now time.Time)                          {}
func (t *tape) joined(party string, now time.Time)          {}
func (t *tape) left(party string, now time.Time)            {}
func (t *tape) held(now time.Time, on bool)                 {}
func (t *tape) muted(now time.Time, on bool)                {}
func (t *tape) tones(digits string, now time.Time)          {}
func (t *tape) announcement(samples []int16, now time.Time) {}
func (t *tape) files() []*soundFile                         { return nil }
func (f *soundFile) wav() []byte                            { return nil }
func (s *Simulator) fetchAnnouncement(ctx context.Context, url string) ([]int16, error) {
	return nil, nil
}
func (s *Simulator) recordingURL(id string) string  { return "" }
func (s *Simulator) routesSound(mux *http.ServeMux) {}

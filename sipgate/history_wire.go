package sipgate

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// wireEntry is a history entry as received. The documentation has recordings
// of calls and recordingUrl of voicemails in different places, and mentions
// recordingUrl of calls as well.
type wireEntry struct {
	ID            anyText  `json:"id"`
	CallID        CallID   `json:"callId"`
	Type          string   `json:"type"`
	Source        string   `json:"source"`
	Target        string   `json:"target"`
	SourceAlias   string   `json:"sourceAlias"`
	TargetAlias   string   `json:"targetAlias"`
	Direction     string   `json:"direction"`
	Status        string   `json:"status"`
	CallStatus    string   `json:"callStatus"`
	Note          string   `json:"note"`
	Transcription string   `json:"transcription"`
	ConnectionIDs []string `json:"connectionIds"`
	Created       anyTime  `json:"created"`
	Duration      seconds  `json:"duration"`
	Incoming      bool     `json:"incoming"`
	Read          bool     `json:"read"`
	Starred       bool     `json:"starred"`
	Archived      bool     `json:"archived"`
	RecordingURL  string   `json:"recordingUrl"`
	Endpoints     []struct {
		Type     string `json:"type"`
		Endpoint struct {
			Extension string `json:"extension"`
		} `json:"endpoint"`
	} `json:"endpoints"`
	Recordings []struct {
		ID  anyText `json:"id"`
		URL string  `json:"url"`
	} `json:"recordings"`
}

func (w wireEntry) entry() HistoryEntry {
	e := HistoryEntry{
		ID:            truncate(string(w.ID), maxName),
		Type:          oneLine(w.Type, 32),
		Source:        oneLine(w.Source, maxName),
		Target:        oneLine(w.Target, maxName),
		SourceAlias:   oneLine(w.SourceAlias, maxName),
		TargetAlias:   oneLine(w.TargetAlias, maxName),
		Direction:     oneLine(w.Direction, 32),
		Status:        oneLine(w.Status, 32),
		CallStatus:    oneLine(w.CallStatus, 32),
		Note:          multiLine(w.Note),
		Transcription: multiLine(w.Transcription),
		ConnectionIDs: extensions(w.ConnectionIDs),
		Created:       time.Time(w.Created),
		Duration:      time.Duration(w.Duration),
		Incoming:      w.Incoming,
		Read:          w.Read,
		Starred:       w.Starred,
		Archived:      w.Archived,
	}
	var endpoints, takers []string
	for _, p := range w.Endpoints {
		endpoints = append(endpoints, p.Endpoint.Extension)
		if p.Type == "PICKUP" {
			takers = append(takers, p.Endpoint.Extension)
		}
	}
	e.Endpoints, e.AnsweredBy = extensions(endpoints), extensions(takers)
	if w.CallID.Valid() {
		e.CallID = w.CallID
	}
	for _, r := range w.Recordings {
		e.addRecording(string(r.ID), r.URL)
	}
	e.addRecording(e.ID, w.RecordingURL)
	return e
}

// extensions returns the valid names of extensions, the first 50.
func extensions(all []string) []string {
	var out []string
	for _, s := range all {
		if isID(s, 64) && len(out) < maxExtensions {
			out = append(out, s)
		}
	}
	return out
}

// addRecording adds a recording unless its address is present already.
func (e *HistoryEntry) addRecording(id, address string) {
	if address == "" || len(address) > maxAddress || len(e.Recordings) == maxRecordings {
		return
	}
	for _, r := range e.Recordings {
		if r.URL == address {
			return
		}
	}
	e.Recordings = append(e.Recordings, Recording{ID: truncate(id, maxName), URL: address})
}

// anyText is a string that may be encoded as a number. Null is the empty
// string.
type anyText string

// UnmarshalJSON implements [json.Unmarshaler].
func (t *anyText) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, (*string)(t))
	}
	if data[0] == '-' || isDigit(data[0]) {
		*t = anyText(data)
	}
	return nil
}

// seconds is a duration in seconds, encoded as a number or a string.
// Unreadable or negative values are 0, so that no entry is lost.
type seconds time.Duration

// UnmarshalJSON implements [json.Unmarshaler].
func (s *seconds) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil || !(n >= 0 && n <= 1e9) {
		n = 0
	}
	*s = seconds(time.Duration(n * float64(time.Second)).Round(time.Second))
	return nil
}

// timeLayouts lists the observed forms of times. The zone may be missing.
var timeLayouts = []string{
	time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z0700",
	"2006-01-02T15:04:05", "2006-01-02 15:04:05",
}

// anyTime is a time in one of timeLayouts, in UTC. Unreadable values are the
// zero time.
type anyTime time.Time

// UnmarshalJSON implements [json.Unmarshaler].
func (t *anyTime) UnmarshalJSON(data []byte) error {
	s := strings.Trim(string(data), `"`)
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, s); err == nil {
			*t = anyTime(at.UTC())
			return nil
		}
	}
	*t = anyTime{}
	return nil
}

package sipgate

import (
	"encoding/json"
	"time"
)

// wireEntry is a history entry as received. The documentation has recordings
// of calls and recordingUrl of voicemails in different places, and mentions
// recordingUrl of calls as well.
type wireEntry struct {
	ID            anyText `json:"id"`
	CallID        anyText `json:"callId"`
	Type          string  `json:"type"`
	Source        anyText `json:"source"`
	Target        anyText `json:"target"`
	SourceAlias   anyText `json:"sourceAlias"`
	TargetAlias   anyText `json:"targetAlias"`
	Direction     string  `json:"direction"`
	Status        string  `json:"status"`
	CallStatus    string  `json:"callStatus"`
	Note          anyText `json:"note"`
	Transcription anyText `json:"transcription"`
	ConnectionIDs texts   `json:"connectionIds"`
	Created       anyTime `json:"created"`
	Duration      seconds `json:"duration"`
	Incoming      anyBool `json:"incoming"`
	Read          anyBool `json:"read"`
	Starred       anyBool `json:"starred"`
	Archived      anyBool `json:"archived"`
	RecordingURL  string  `json:"recordingUrl"`
	Endpoints     objects[struct {
		Type     string `json:"type"`
		Endpoint struct {
			Extension anyText `json:"extension"`
		} `json:"endpoint"`
	}] `json:"endpoints"`
	Recordings objects[struct {
		ID  anyText `json:"id"`
		URL string  `json:"url"`
	}] `json:"recordings"`
}

// isEntry reports whether w can be shown and opened.
func (w *wireEntry) isEntry(json.RawMessage) bool { return isID(string(w.ID), maxName) }

func (w wireEntry) entry() HistoryEntry {
	e := HistoryEntry{
		ID:            string(w.ID),
		Type:          oneLine(w.Type, 32),
		Source:        oneLine(string(w.Source), maxName),
		Target:        oneLine(string(w.Target), maxName),
		SourceAlias:   oneLine(string(w.SourceAlias), maxName),
		TargetAlias:   oneLine(string(w.TargetAlias), maxName),
		Direction:     oneLine(w.Direction, 32),
		Status:        oneLine(w.Status, 32),
		CallStatus:    oneLine(w.CallStatus, 32),
		Note:          multiLine(string(w.Note)),
		Transcription: multiLine(string(w.Transcription)),
		ConnectionIDs: extensions(w.ConnectionIDs),
		Created:       time.Time(w.Created),
		Duration:      time.Duration(w.Duration),
		Incoming:      bool(w.Incoming),
		Read:          bool(w.Read),
		Starred:       bool(w.Starred),
		Archived:      bool(w.Archived),
	}
	var endpoints, takers []string
	for _, p := range w.Endpoints {
		endpoints = append(endpoints, string(p.Endpoint.Extension))
		if p.Type == "PICKUP" {
			takers = append(takers, string(p.Endpoint.Extension))
		}
	}
	e.Endpoints, e.AnsweredBy = extensions(endpoints), extensions(takers)
	if id := CallID(w.CallID); id.Valid() {
		e.CallID = id
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

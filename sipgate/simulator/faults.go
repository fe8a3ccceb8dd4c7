package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Values of Fault.Do for requests.
const (
	DoDelay      = "delay"      // respond later; with After, execute at once and respond later
	DoStatus     = "status"     // respond with Status without executing
	DoReset      = "reset"      // cut the connection without executing
	DoResetAfter = "resetAfter" // execute, then cut the connection: the response is lost
	DoMalformed  = "malformed"  // execute, then respond with invalid JSON
	DoTruncate   = "truncate"   // execute, then cut the connection in the middle of the body
	DoEmpty      = "empty"      // execute, then respond without the body
)

// Values of Fault.Do for push events. DoDelay delays later events of the call
// group as well.
const (
	DoDrop    = "drop"    // never deliver
	DoDouble  = "double"  // deliver twice
	DoReorder = "reorder" // deliver after the next event of the call group
)

// Values of Fault.On.
const (
	OnAPI  = "api"
	OnPush = "push"
)

// reorderTimeout is the default of Fault.Delay for DoReorder: how long a push
// event waits for the next one.
const reorderTimeout = time.Second

// Fault is a rule that makes requests or push events fail. The package comment
// documents its JSON.
type Fault struct {
	ID          int      `json:"id,omitempty"` // set by AddFault
	On          string   `json:"on,omitempty"`
	Do          string   `json:"do,omitempty"`
	Method      string   `json:"method,omitempty"`      // any if empty
	Path        string   `json:"path,omitempty"`        // any if empty; "*" matches one segment, a final "/**" the rest
	Event       string   `json:"event,omitempty"`       // of pushes: newCall, answer, hangup; any if empty
	Status      int      `json:"status,omitempty"`      // of DoStatus
	RetryAfter  string   `json:"retryAfter,omitempty"`  // header of DoStatus, sent unchanged
	Location    string   `json:"location,omitempty"`    // header of DoStatus, of redirects of DoOdd
	Answer      string   `json:"answer,omitempty"`      // of DoOdd, one of OddAnswers
	Spoil       string   `json:"spoil,omitempty"`       // of DoSpoil, one of Spoilings
	Item        int      `json:"item,omitempty"`        // of DoSpoil: index in the list, from the end if negative
	Field       string   `json:"field,omitempty"`       // of DoSpoil: "participants.0.owner"; the whole item if empty
	Delay       Duration `json:"delay,omitempty"`       // of DoDelay, DoReorder
	After       bool     `json:"after,omitempty"`       // of DoDelay
	Count       int      `json:"count,omitempty"`       // number of applications; 0: until removed
	Skip        int      `json:"skip,omitempty"`        // number of matches that pass before it applies
	Probability float64  `json:"probability,omitempty"` // of applying to a match; 0 means 1
}

// Duration is a time.Duration that JSON spells as milliseconds or like "1.5s".
type Duration time.Duration

// UnmarshalJSON accepts both spellings.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		parsed, err := time.ParseDuration(text)
		*d = Duration(parsed)
		return err
	}
	ms, err := strconv.ParseFloat(string(data), 64)
	*d = Duration(ms * float64(time.Millisecond))
	return err
}

// MarshalJSON returns a string like "1.5s".
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// normalize derives empty fields from the others and validates the fault.
func (f *Fault) normalize() error {
	if f.Do == "" {
		switch {
		case f.Status != 0:
			f.Do = DoStatus
		case f.Delay != 0:
			f.Do = DoDelay
		case f.Answer != "":
			f.Do = DoOdd
		case f.Spoil != "":
			f.Do = DoSpoil
		}
	}
	forPush := []string{DoDrop, DoDouble, DoReorder, DoDelay}
	forAPI := []string{DoDelay, DoStatus, DoReset, DoResetAfter, DoMalformed, DoTruncate, DoEmpty, DoOdd, DoSpoil}
	if f.On == "" && (f.Event != "" || slices.Contains(forPush[:3], f.Do)) {
		f.On = OnPush
	} else if f.On == "" {
		f.On = OnAPI
	}
	if f.Probability == 0 {
		f.Probability = 1
	}
	_, badPattern := path.Match(f.Path, "")
	switch {
	case f.On != OnAPI && f.On != OnPush:
		return fmt.Errorf("on is not %q or %q", OnAPI, OnPush)
	case f.On == OnAPI && !slices.Contains(forAPI, f.Do):
		return fmt.Errorf("do is not one of %s", strings.Join(forAPI, ", "))
	case f.On == OnPush && !slices.Contains(forPush, f.Do):
		return fmt.Errorf("do is not one of %s", strings.Join(forPush, ", "))
	case f.Do == DoStatus && (f.Status < 200 || f.Status > 599):
		return errors.New("status is not from 200 to 599")
	case f.Probability < 0 || f.Probability > 1:
		return errors.New("probability is not from 0 to 1")
	case f.Count < 0 || f.Skip < 0 || f.Delay < 0:
		return errors.New("count, skip or delay is negative")
	case badPattern != nil:
		return badPattern
	}
	return f.validateOdd()
}

// matches reports whether the fault is for this request.
func (f *Fault) matches(method, p string) bool {
	if f.On != OnAPI || f.Method != "" && !strings.EqualFold(f.Method, method) {
		return false
	}
	p = strings.TrimSuffix(p, "/")
	if prefix, deep := strings.CutSuffix(f.Path, "/**"); deep {
		n := strings.Count(prefix, "/") + 1
		parts := strings.SplitN(p, "/", n+1)
		if len(parts) <= n {
			return false
		}
		ok, _ := path.Match(prefix, strings.Join(parts[:n], "/"))
		return ok
	}
	ok, _ := path.Match(strings.TrimSuffix(f.Path, "/"), p)
	return f.Path == "" || ok
}

// faultRules are the active faults in the order in which they were added. Only
// the first that applies takes effect.
type faultRules struct {
	mu        sync.Mutex
	rng       *rand.Rand
	rules     []*Fault
	last      int
	reordered bool // there has been a DoReorder
}

func newFaultRules(seed uint64) *faultRules {
	return &faultRules{rng: rand.New(rand.NewPCG(seed, 0xfa17))}
}

// AddFault activates a fault and returns its id.
func (s *Simulator) AddFault(f Fault) (int, error) {
	if err := f.normalize(); err != nil {
		return 0, err
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.last++
	f.ID = s.faults.last
	s.faults.rules = append(s.faults.rules, &f)
	s.faults.reordered = s.faults.reordered || f.Do == DoReorder
	return f.ID, nil
}

// ClearFaults removes all faults.
func (s *Simulator) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.rules = nil
}

// Faults returns the active faults with their remaining counts.
func (s *Simulator) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	list := []Fault{}
	for _, f := range s.faults.rules {
		list = append(list, *f)
	}
	return list
}

func (f *faultRules) forRequest(method, path string) (Fault, bool) {
	return f.take(func(r *Fault) bool { return r.matches(method, path) })
}

func (f *faultRules) forPush(e event) (Fault, bool) {
	return f.take(func(r *Fault) bool { return r.On == OnPush && (r.Event == "" || r.Event == e.kind) })
}

func (f *faultRules) hasReordered() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reordered
}

func (f *faultRules) take(match func(*Fault) bool) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, r := range f.rules {
		if !match(r) {
			continue
		}
		if r.Skip > 0 {
			r.Skip--
			continue
		}
		if r.Probability < 1 && f.rng.Float64() >= r.Probability {
			continue
		}
		hit := *r
		if r.Count == 1 {
			f.rules = slices.Delete(f.rules, i, i+1)
		} else if r.Count > 1 {
			r.Count--
		}
		return hit, true
	}
	return Fault{}, false
}

package simulator

import (
	"net/http"
	"strconv"
)

// Fax is a fax that an account got.
type Fax struct {
	From    string `json:"from"` // E.164
	Account string `json:"account,omitempty"`
}

// AddFax adds a fax to the history of an account. Faxes are all that the history
// of some accounts on neo lists.
func (s *Simulator) AddFax(f Fax) error {
	a, err := s.account(f.Account)
	if err != nil {
		return err
	}
	from, err := normalizeNumber(f.From)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pbx.lastEntry++
	now, to := s.now(), a.users[0]
	a.history = append(a.history, &historyEntry{
		id: strconv.Itoa(100001233 + s.pbx.lastEntry), kind: "FAX", source: from, target: to.number(),
		sourceAlias: a.alias(from), targetAlias: to.name(), created: now, modified: now, direction: "INCOMING",
		status: "PICKUP", users: []*user{to}, connections: []string{"f0"}, endpoints: []historyEndpoint{{"ROUTED", "f0", "FAX"}},
	})
	return nil
}

func (s *Simulator) controlFax(w http.ResponseWriter, r *http.Request) {
	var in Fax
	if readControl(w, r, &in) {
		writeResult(w, in, s.AddFax(in))
	}
}

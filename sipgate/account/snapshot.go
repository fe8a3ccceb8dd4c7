package account

import (
	"strings"

	"callboard/sipgate"
)

// A Snapshot is a roster at one moment. It is shared and must not be changed.
type Snapshot struct {
	Version uint64 // greater whenever something was read
	Users   []sipgate.User
	Numbers []sipgate.AccountNumber
	// Channels are those of an account on neo, as far as they are known.
	Channels []sipgate.Channel

	// Devices are those that were read so far, by user. A user whose devices
	// could not be read is not in it.
	Devices map[sipgate.UserID][]sipgate.Device

	// Owners maps each extension and channel to its user, or to "" if several users
	// share it.
	Owners map[string]sipgate.UserID

	numberOwners map[string]sipgate.UserID // by number in E.164, "" if shared

	known bool
}

// Known reports whether the roster knows the owners of all extensions, as far as sipgate
// names them: it has read the users, numbers, channels and the devices of all users, or
// sipgate has refused them.
func (s *Snapshot) Known() bool { return s.known }

// Snapshot returns what is known, without waiting for sipgate.
func (r *Roster) Snapshot() *Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.snapshot == nil || r.snapshot.Version != r.version {
		r.snapshot = r.takeSnapshot()
	}
	return r.snapshot
}

func (r *Roster) takeSnapshot() *Snapshot {
	s := &Snapshot{Version: r.version, Users: r.users.value, Numbers: r.numbers.value, Channels: r.channels.value,
		Devices: map[sipgate.UserID][]sipgate.Device{}, Owners: map[string]sipgate.UserID{}}
	for _, u := range s.Users {
		var devices []sipgate.Device
		if f := r.devices[u.ID]; f != nil && f.known {
			devices = f.value
			s.Devices[u.ID] = devices
		}
		for x := range extensions(u.ID, devices) {
			if owner, known := s.Owners[x]; known && owner != u.ID {
				s.Owners[x] = ""
				continue
			}
			s.Owners[x] = u.ID
		}
	}
	for _, c := range s.Channels {
		s.Owners[c.ID] = c.Personal()
	}
	s.numberOwners = numberOwners(s.Numbers, s.Owners)
	s.known = len(s.Users) > 0 && r.numbers.settled() && r.channels.settled()
	for _, u := range s.Users[:min(len(s.Users), maxUsers)] {
		s.known = s.known && r.devices[u.ID].settled()
	}
	return s
}

// numberOwners returns the user of each number: the one to whom the line
// belongs at which it rings. A number that also rings elsewhere is shared.
func numberOwners(numbers []sipgate.AccountNumber, owners map[string]sipgate.UserID) map[string]sipgate.UserID {
	all := make(map[string]sipgate.UserID, len(numbers))
	for _, n := range numbers {
		number, owner := sipgate.NormalizeNumber(n.Number), owners[n.EndpointID]
		if of, known := all[number]; known && of != owner {
			owner = ""
		}
		all[number] = owner
	}
	return all
}

// Owner returns the user whose telephone number, device or line takes part in
// a call as party: "+49…", "e0", or "1234567e0" with the account's number in
// front. It returns "" if that is nobody, or shared by several users.
func (s *Snapshot) Owner(party string) sipgate.UserID {
	if id := s.numberOwners[party]; id != "" {
		return id
	}
	return s.Owners[Extension(party)]
}

// PartyName returns the name of the user, group, line or device that takes
// part in a call as party, see Owner. It returns "" if it has none.
func (s *Snapshot) PartyName(party string) string {
	x := Extension(party)
	for _, n := range s.Numbers {
		if x == "" && sipgate.NormalizeNumber(n.Number) == party || x != "" && n.EndpointID == x {
			if id := s.Owners[n.EndpointID]; id != "" {
				return s.UserName(id)
			}
			return n.EndpointAlias
		}
	}
	if x == "" {
		return ""
	}
	for _, devices := range s.Devices {
		for _, d := range devices {
			if string(d.ID) == x {
				return d.Alias
			}
			for _, l := range d.Phonelines {
				if l.ID == x {
					return l.Alias
				}
			}
		}
	}
	return s.UserName(s.Owners[x])
}

// Extension returns the extension that party names, with or without the
// account's number in front ("1234567e0"), or "" if it names none.
func Extension(party string) string {
	x := strings.TrimLeft(party, "0123456789")
	if len(x) < 2 || x[0] < 'a' || x[0] > 'z' || strings.Trim(x[1:], "0123456789") != "" {
		return ""
	}
	return x
}

// UserName returns the name of a user of the account, or "" if it is not known.
func (s *Snapshot) UserName(user sipgate.UserID) string {
	for _, u := range s.Users {
		if u.ID == user {
			return Name(u)
		}
	}
	return ""
}

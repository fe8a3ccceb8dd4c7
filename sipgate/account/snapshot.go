package account

import (
	"callboard/sipgate"
)

// A Snapshot is a roster at one moment. It is shared and must not be changed.
type Snapshot struct {
	Version uint64 // greater whenever something was read
	Users   []sipgate.User
	Numbers []sipgate.AccountNumber

	// Devices are those that were read so far, by user. A user whose devices
	// could not be read is not in it.
	Devices map[sipgate.UserID][]sipgate.Device

	// Owners maps each extension to its user, or to "" if several users share it.
	Owners map[string]sipgate.UserID

	// Complete reports whether the devices of all users were read, or refused
	// by sipgate, and no read is under way.
	Complete bool
}

// Snapshot returns what is known, without waiting for sipgate.
func (r *Roster) Snapshot() *Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.snapshot == nil || r.snapshot.Version != r.version || r.snapshot.Complete == r.loading {
		r.snapshot = r.takeSnapshot()
	}
	return r.snapshot
}

func (r *Roster) takeSnapshot() *Snapshot {
	s := &Snapshot{Version: r.version, Users: r.users.value, Numbers: r.numbers.value, Complete: !r.loading,
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
	return s
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

package simulator

import (
	"errors"
	"maps"
	"net/http"
	"slices"
)

// deviceTypes are the values of the parameter "type" of GET /{userId}/devices and
// the types of devices that they list. Without it, apps are not listed.
var deviceTypes = map[string][]string{
	"":         {"REGISTER", "MOBILE", "EXTERNAL"},
	"all":      {"REGISTER", "MOBILE", "EXTERNAL", "DESKTOP_APP", "MOBILE_APP", "WEBRTC", "CLINQ"},
	"app":      {"DESKTOP_APP", "MOBILE_APP", "WEBRTC", "CLINQ"},
	"register": {"REGISTER"},
	"mobile":   {"MOBILE"},
	"external": {"EXTERNAL"},
}

func (s *Simulator) listDevices(q *apiRequest) response {
	types, known := deviceTypes[q.URL.Query().Get("type")]
	if !known {
		return invalid(errors.New("type is not one of all, app, register, mobile, external"))
	}
	return onUser(q, func(a *account, u *user) response {
		s.mu.Lock()
		defer s.mu.Unlock()
		var list []map[string]any
		for _, d := range u.devices {
			if slices.Contains(types, d.kind) {
				list = append(list, d.json())
			}
		}
		return okJSON(items(list))
	})
}

func (d *device) json() map[string]any {
	a, u, groups := d.owner.account, d.owner, []routing{}
	for _, g := range a.groups {
		if !a.neo() && slices.Contains(g.members, u) {
			groups = append(groups, routing{g.id, g.alias})
		}
	}
	j := map[string]any{
		"id": d.id, "alias": d.alias, "type": d.kind, "online": d.online, "dnd": d.dnd,
		"activePhonelines": []routing{}, "activeGroups": groups,
	}
	if !a.neo() {
		j["activePhonelines"] = []routing{{u.phoneline, u.name()}}
	}
	if d.kind == "REGISTER" {
		maps.Copy(j, d.registration())
	}
	return j
}

// registration returns the additional fields of a device that registers with
// sipgate.
func (d *device) registration() map[string]any {
	return map[string]any{
		"credentials": map[string]string{
			"username": d.owner.account.id + d.id, "password": "simulated", "sipServer": "sipgate.de",
			"outboundProxy": "sipgate.de", "sipServerWebsocketUrl": "wss://tls01.sipgate.de",
		},
		"registered":         []map[string]string{{"userAgent": "simulated", "ip": "192.0.2.10", "port": "5060"}},
		"emergencyAddressId": digits(max(d.emergencyAddress, 1)), "addressUrl": "/addresses/1",
	}
}

// onDevice decodes the body into in, unless in is nil, and applies f to the
// device in the path. Users change their own devices, admins all.
func (s *Simulator) onDevice(q *apiRequest, in any, missing response, f func(d *device) response) response {
	if in != nil {
		if err := decodeStrict(q.body, in); err != nil {
			return invalid(err)
		}
	}
	d := q.auth.account.device(q.args["deviceId"])
	if d == nil {
		return missing
	}
	if in != nil && d.owner != q.auth.user && !q.auth.user.admin {
		return refuse(http.StatusForbidden, "Forbidden")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(d)
}

func (s *Simulator) getDevice(q *apiRequest) response {
	return s.onDevice(q, nil, notFound, func(d *device) response { return okJSON(d.json()) })
}

// changeDevice turns do not disturb on or off. As in sipgate's description, a
// missing dnd means off.
func (s *Simulator) changeDevice(q *apiRequest) response {
	var in struct {
		DND              bool `json:"dnd,omitempty"`
		EmergencyAddress int  `json:"emergencyAddressId,omitempty"`
	}
	return s.onDevice(q, &in, notFound, func(d *device) response {
		if d.dnd = in.DND; in.EmergencyAddress != 0 {
			d.emergencyAddress = in.EmergencyAddress
		}
		return noContent
	})
}

type textRequest struct {
	Value string `json:"value"`
}

func (s *Simulator) renameDevice(q *apiRequest) response {
	var in textRequest
	return s.onDevice(q, &in, refuse(http.StatusForbidden, "Device not found"), func(d *device) response {
		d.alias = in.Value
		return noContent
	})
}

func (s *Simulator) getCallerID(q *apiRequest) response {
	return s.onDevice(q, nil, notFound, func(d *device) response {
		if d.callerID == "" {
			return okJSON(textRequest{d.owner.number()})
		}
		return okJSON(textRequest{d.callerID})
	})
}

// setCallerID sets the number that calls of the device show.
func (s *Simulator) setCallerID(q *apiRequest) response {
	var in textRequest
	return s.onDevice(q, &in, notFound, func(d *device) response {
		if !numberFormat.MatchString(in.Value) {
			return invalid(errors.New("value is not a number in the form of E.164"))
		}
		d.callerID = e164(in.Value)
		return noContent
	})
}

package simulator

import (
	"strings"
	"testing"
)

// The list of devices shows whether another user's devices are online.
func TestDevicesOnlineAndDoNotDisturb(t *testing.T) {
	r := open(t, Options{})
	type devices struct {
		Items []struct {
			ID, Type    string
			Online, DND bool
		}
	}
	see := func(online, dnd bool) {
		t.Helper()
		if d := get[devices](r, "/v2/w1/devices").Items[0]; d.ID != "e1" || d.Type != "REGISTER" || d.Online != online || d.DND != dnd {
			t.Errorf("%+v, want online %v, do not disturb %v", d, online, dnd)
		}
	}
	see(true, false)
	r.want(200, "POST", "/_simulator/devices/e1", `{"dnd":true}`)
	see(true, true)
	r.want(200, "POST", "/_simulator/devices/e1", `{"online":false}`)
	see(false, true)
	text := r.want(200, "POST", "/_simulator/devices/e1", `{"online":true,"dnd":false,"account":"2814711"}`)
	if !strings.Contains(text, `"online":true`) {
		t.Error(text)
	}
	see(true, false)
	r.want(400, "POST", "/_simulator/devices/e9", `{"online":true}`)
	r.want(400, "POST", "/_simulator/devices/e1", `{"online":true,"account":"1"}`)
	r.want(400, "POST", "/_simulator/devices/e1", `{"offline":true}`)
}

// With an offline device, starting a call succeeds but nothing rings.
func TestStartCallWithTelephoneOffline(t *testing.T) {
	r := open(t, Options{})
	r.want(200, "POST", "/_simulator/devices/e0", `{"online":false}`)
	for _, caller := range []string{"e0", "p0"} {
		r.want(200, "POST", "/v2/sessions/calls", `{"caller":"`+caller+`","callee":"+4915799912345"}`)
	}
	if calls := r.sim.Calls(); len(calls) != 0 {
		t.Errorf("something rang: %+v", calls)
	}
	r.want(200, "POST", "/_simulator/devices/e0", `{"online":true}`)
	r.want(200, "POST", "/v2/sessions/calls", `{"caller":"p0","callee":"+4915799912345"}`)
	if calls := r.sim.Calls(); len(calls) != 1 {
		t.Errorf("%+v", calls)
	}
}

func TestStartCallWithoutCredit(t *testing.T) {
	r := open(t, Options{})
	r.want(400, "POST", "/_simulator/balance", `{}`)
	r.want(200, "POST", "/_simulator/balance", `{"amount":0}`)
	if text := r.want(402, "POST", "/v2/sessions/calls", `{"caller":"e0","callee":"+4915799912345"}`); text != "Insufficient funds" {
		t.Error(text)
	}
	r.want(200, "POST", "/_simulator/balance", `{"amount":10000,"account":"2814711"}`)
	r.want(200, "POST", "/v2/sessions/calls", `{"caller":"e0","callee":"+4915799912345"}`)
}

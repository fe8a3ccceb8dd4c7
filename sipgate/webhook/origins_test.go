package webhook

import (
	"testing"

	"callboard/sipgate"
)

// TestEventsBelongToChannels: an event is one of the channel whose number was
// called, else of the only channel that has all its users; else of none.
func TestEventsBelongToChannels(t *testing.T) {
	of := func(id string, users ...sipgate.UserID) sipgate.Channel {
		c := sipgate.Channel{ID: id}
		for _, u := range users {
			c.Users = append(c.Users, sipgate.ChannelUser{ID: u})
		}
		return c
	}
	channels := []sipgate.Channel{of("anna", "w0"), of("office", "w0", "w1"), of("fax", "w2")}
	numbers := []sipgate.AccountNumber{{Number: "4940111", EndpointID: "anna"}, {Number: "+4940222", EndpointID: "office"}, {Number: "+4940333", EndpointID: ""}}
	for name, x := range map[string]struct {
		event sipgate.Event
		want  string
	}{
		"a number of a shared channel":       {sipgate.Event{Direction: sipgate.Incoming, To: "4940222", UserIDs: []sipgate.UserID{"w0"}}, "office"},
		"a number of an own channel":         {sipgate.Event{Direction: sipgate.Incoming, From: "4940222", To: "4940111"}, "anna"},
		"all users, an unknown number":       {sipgate.Event{Direction: sipgate.Incoming, To: "4940999", UserIDs: []sipgate.UserID{"w1", "w0"}}, "office"},
		"a number of no channel":             {sipgate.Event{Direction: sipgate.Incoming, To: "4940333", UserIDs: []sipgate.UserID{"w2"}}, "fax"},
		"a user of two channels":             {sipgate.Event{Direction: sipgate.Incoming, To: "4940333", UserIDs: []sipgate.UserID{"w0"}}, ""},
		"an outgoing call shows any number":  {sipgate.Event{Direction: sipgate.Outgoing, From: "4940222", UserIDs: []sipgate.UserID{"w0"}}, ""},
		"an outgoing call of a user of one":  {sipgate.Event{Direction: sipgate.Outgoing, From: "4940111", UserIDs: []sipgate.UserID{"w1"}}, "office"},
		"no user, no number of the channels": {sipgate.Event{Direction: sipgate.Incoming, To: "4940333"}, ""},
		"users who share no channel":         {sipgate.Event{Direction: sipgate.Incoming, UserIDs: []sipgate.UserID{"w1", "w2"}}, ""},
	} {
		r := newRig(t)
		x.event.CallID = "A1"
		if _, err := r.accept(ours, []byte(name), x.event); err != nil {
			t.Fatal(err)
		}
		got := r.ChannelEvents(ours, channels, numbers)
		if got[""].IsZero() {
			t.Errorf("%s: no event of the account", name)
		}
		delete(got, "")
		if _, ok := got[x.want]; len(got) > 1 || ok != (x.want != "") || (x.want == "") != (len(got) == 0) {
			t.Errorf("%s: %v, not %q", name, got, x.want)
		}
	}
}

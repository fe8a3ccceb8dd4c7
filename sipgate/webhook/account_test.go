package webhook

import (
	"strings"
	"testing"

	"callboard/sipgate"
)

// An event without users belongs to the account if one of the account's numbers
// takes part, or if it concerns a call of the account.
func TestEventsWithoutUsers(t *testing.T) {
	k := newRig(t)
	k.replied("numbers unknown", k.post(stranger("A", "4930555001", "4930555002")), subscribe)
	k.SetNumbers(ours, nil)
	k.replied("no number known", k.post(stranger("B", "4930555001", "4930555002")), subscribe)
	k.SetNumbers(ours, []sipgate.AccountNumber{{Number: "+4921170000001"}, {Number: "4921170000002"}, {Number: "10", Type: "QUICKDIAL"}})
	k.replied("to one of ours", k.post(stranger("C", jennifer, doc)), subscribe)
	k.replied("from one of ours", k.post(stranger("D", marty, jennifer)), subscribe)
	k.refused("between strangers", k.post(stranger("E", "4930555001", "4930555002")), ErrWrongAccount)
	k.refused("to a quick dial number", k.post(stranger("F", "4930555001", "10")), ErrWrongAccount)
	k.refused("from no number", k.post(stranger("G", "", "anonymous")), ErrWrongAccount)
	k.refused("end of a refused call", k.post("event=hangup&cause=busy&callId=E&from=1&to=2&direction=in"), ErrWrongAccount)
	k.replied("end of a call of ours", k.post("event=hangup&cause=busy&callId=A&from=4930555001&to=4930555002&direction=in"), emptyReply)
	k.replied("another leg of it", k.post("event=hangup&cause=busy&callId=A2&origCallId=A&from=4930555001&to=4930555002&direction=in"), emptyReply)
	k.replied("tones of it", k.post("event=dtmf&callId=A&dtmf=1"), emptyReply)
	if health := k.Health(ours); health.Refused["hook_wrong_account"] != 4 || health.Accepted != 7 {
		t.Errorf("%+v", health)
	}
	k.refused("another account's user to one of our numbers", k.post(strings.ReplaceAll(rings("H"), ours, theirs)), ErrWrongAccount)
}

// Events of a voicemail, a group, a line or any other extension of the account
// are its events; of the same extension of another account they are not.
func TestEventsOfEveryExtension(t *testing.T) {
	k := newRig(t)
	k.SetNumbers(ours, []sipgate.AccountNumber{{Number: "4921170000001"}})
	for i, extension := range []string{"v0", "p0", "g1", "q0", "e12", "w3", "h0"} {
		body := "&direction=in&from=4930555001&to=4930555002&user%5B%5D=x&fullUserId%5B%5D="
		id := "event=newCall&callId=X" + extension
		k.replied(extension, k.post(id+body+ours+extension), subscribe)
		k.refused("their "+extension, k.post(id+body+theirs+extension), ErrWrongAccount)
		k.refused("a longer account's "+extension, k.post(id+body+ours+"9"+extension), ErrWrongAccount)
		k.refused("no extension", k.post(id+body+ours), ErrWrongAccount)
		if calls := k.board().Calls; len(calls) != i+1 {
			t.Errorf("%s: %d calls on the board", extension, len(calls))
		}
	}
}

// Sipgate's key signs for all customers: a well-signed event of another one is
// refused at our address and accepted at theirs.
func TestEventsOfAnotherCustomer(t *testing.T) {
	k := newRig(t)
	body := strings.ReplaceAll(rings("A"), ours, theirs)
	k.refused("at our address", k.post(body), ErrWrongAccount)
	k.replied("at their own address", k.post(body, to(theirs)), sipgate.PushReply(addressOf(theirs)))
	if n := k.checks.Load(); n != 2 {
		t.Errorf("%d signatures verified", n)
	}
	if calls := k.board().Calls; len(calls) != 0 {
		t.Errorf("on our board: %+v", calls)
	}
	if health := k.Health(theirs); health.Accepted != 1 || len(health.Refused) != 0 {
		t.Errorf("theirs: %+v", health)
	}
}

func TestLatestNumbersDecide(t *testing.T) {
	k := newRig(t)
	k.SetNumbers(ours, []sipgate.AccountNumber{{Number: doc}})
	k.refused("numbers known", k.post(stranger("A", "4930555001", "4930555002")), ErrWrongAccount)
	k.SetNumbers(ours, nil)
	k.refused("numbers known before an empty list", k.post(stranger("B", "4930555001", "4930555002")), ErrWrongAccount)
	k.replied("one of them", k.post(stranger("C", jennifer, doc)), subscribe)
	k.SetNumbers(ours, []sipgate.AccountNumber{{Number: marty}})
	k.refused("number given up", k.post(stranger("D", jennifer, doc)), ErrWrongAccount)
}

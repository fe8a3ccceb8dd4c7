package switchboard

import (
	"fmt"
	"testing"

	"callboard/sipgate"
)

// A call whose entry in the list cannot be read is not over, the other calls are
// shown, and the board says how many are missing. When there is no such entry any
// more, the call ends as usual.
func TestUnreadableEntryMayBeTheMissingCall(t *testing.T) {
	for name, entry := range map[string]string{
		"null": `null`, "no id": `{"muted":false}`, "path in id": `{"callId":"../users"}`, "invalid UTF-8": "{\"callId\":\"A\xff\"}", "cut": `{"callId":"A","muted":tr}`,
	} {
		t.Run(name, func(t *testing.T) {
			u := newFakeSipgate()
			b := newBoard(t, u, "w0")
			u.add("A", jennifer, doc)
			pollAll(t, b)
			list := func(entries string) {
				u.setFault(func(string, MemberID) fault { return fault{list: sipgate.CallList(`{"data":[` + entries + `]}`)} })
				for range 3 {
					pollAll(t, b)
				}
			}
			list(entry + `,{"callId":"B"}`)
			for _, c := range wantCalls(t, b, 2) {
				if c.Phase != Connected {
					t.Errorf("row %+v", c)
				}
			}
			if h := b.Snapshot().Health; h.Failing || h.Unreadable != 1 {
				t.Errorf("health = %+v", h)
			}
			list(`{"callId":"B"}`)
			if h := b.Snapshot().Health; h.Failing || h.Unreadable != 0 {
				t.Errorf("health = %+v", h)
			}
			if a := callNamed(t, b, "A"); a.Phase != Ended {
				t.Errorf("the call that is in no list: %+v", a)
			}
		})
	}
}

// An entry that is unreadable for good keeps no call alive that was listed beside
// it.
func TestLastingUnreadableEntryKeepsNoCallAlive(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0")
	list := func(calls ...string) {
		data := `{"data":[null`
		for _, id := range calls {
			data += fmt.Sprintf(`,{"callId":%q}`, id)
		}
		u.setFault(func(string, MemberID) fault { return fault{list: sipgate.CallList(data + "]}")} })
		pollAll(t, b)
		pollAll(t, b)
	}
	list("A", "B")
	list("B")
	if a, other := callNamed(t, b, "A"), callNamed(t, b, "B"); a.Phase != Ended || other.Phase != Connected {
		t.Errorf("A %v, B %v; want ended and connected", a.Phase, other.Phase)
	}
}

// A call that events told of and no list shows is not ended by a list with an
// unreadable entry.
func TestUnreadableEntryMayBeTheAnsweredCall(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0")
	e := newCall("A", sipgate.Incoming, "49211", "49212", "Ada")
	b.Observe(e)
	b.Observe(answer(e, "Ada"))
	u.setFault(func(string, MemberID) fault { return fault{list: sipgate.CallList(`{"data":[{"callId":null}]}`)} })
	for range 4 {
		pollAll(t, b)
	}
	if c := onlyCall(t, b); c.Phase != Connected {
		t.Errorf("row %+v", c)
	}
}

func callNamed(t *testing.T, b *Board, id sipgate.CallID) Call {
	t.Helper()
	for _, c := range b.Snapshot().Calls {
		if c.CallID == id {
			return c
		}
	}
	t.Fatalf("no call %s", id)
	return Call{}
}

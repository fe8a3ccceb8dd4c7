package switchboard

import (
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// The call may change in every way while its hang-up is pending.
func TestChangesDuringGracePeriod(t *testing.T) {
	for name, tt := range map[string]struct {
		before    func(*hangupFixture) // chooses another row
		meanwhile func(*hangupFixture)
		sent      []string
		want      error
	}{
		"it ends": {
			meanwhile: func(x *hangupFixture) { x.u.remove("A"); x.Observe(hangup(toDoc, "normalClearing")) },
			want:      ErrEnded,
		},
		"another member holds it": {
			meanwhile: func(x *hangupFixture) {
				x.Execute(x.t.Context(), Command{By: "w1", Call: x.row, Action: Hold{true}})
			},
			sent: []string{"hold A true", "hangup A"},
		},
		"another member opens a dialog": {
			meanwhile: func(x *hangupFixture) {
				if err := x.Claim("w1", x.row, VerbTransfer); err != nil {
					x.t.Error(err)
				}
			},
			sent: []string{"hangup A"},
		},
		"it is transferred": {
			meanwhile: func(x *hangupFixture) {
				x.Observe(withOrigin(newCall("B", sipgate.Incoming, jennifer, marty, "Marty"), "A", ""))
				x.Observe(answer(newCall("B", sipgate.Incoming, jennifer, marty), "Marty"))
				x.u.remove("A")
				x.Observe(hangup(toDoc, "normalClearing"))
				x.u.add("B", jennifer, marty)
			},
			sent: []string{"hangup B"},
		},
		"the ringing call is answered": {
			before: func(x *hangupFixture) {
				x.Observe(newCall("R", sipgate.Incoming, "4915790000003", marty, "Marty"))
				x.row = x.Snapshot().Calls[1].ID
			},
			meanwhile: func(x *hangupFixture) {
				time.Sleep(grace - 2*time.Millisecond)
				x.u.add("R", "4915790000003", marty)
				x.u.setFault(slowRequests("calls", 500*time.Millisecond)) // no list contains it yet
				x.Observe(answer(newCall("R", sipgate.Incoming, "4915790000003", marty), "Marty"))
			},
			sent: []string{"hangup R"},
		},
		"the member signs out": {
			meanwhile: func(x *hangupFixture) { x.Leave("w0") },
			want:      ErrNotVisible,
		},
		"the member signs in again": {
			meanwhile: func(x *hangupFixture) { x.Leave("w0"); x.Join(x.u.member("w0")); synctest.Wait() },
			sent:      []string{"hangup A"},
		},
		"the API panics": {
			meanwhile: func(x *hangupFixture) {
				x.u.setFault(func(op string, _ MemberID) fault {
					if op == "hangup" {
						panic(op)
					}
					return fault{}
				})
			},
			sent: []string{"hangup A"},
			want: ErrOutcomeUnknown,
		},
	} {
		t.Run(name, hangupTest(func(x *hangupFixture) {
			if tt.before != nil {
				tt.before(x)
			}
			at := time.Now().Add(grace)
			if err := x.hangUp("a", "w0", x.row, grace); err != nil {
				x.t.Fatal(err)
			}
			tt.meanwhile(x)
			if c, _ := x.Call(x.row); (c.PendingHangup != nil) != (c.Phase != Ended) {
				x.t.Errorf("row = %+v", c)
			}
			time.Sleep(time.Until(at) + 2*time.Second)
			x.checkOutcomes("a", tt.want)
			x.checkSent(tt.sent...)
			if c, ok := x.Call(x.row); ok && tt.want == nil && c.LastCommand.Outcome != Confirmed {
				x.t.Errorf("last command %+v", c.LastCommand)
			} else if tt.want == ErrNotVisible && c.LastCommand.Outcome != Failed {
				x.t.Errorf("last command %+v", c.LastCommand)
			}
		}))
	}
}

package switchboard

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// sharedCall returns a board with one connected call that w0 (Mia) and w1
// (Tom) see, and a subscription to further changes.
func sharedCall(t *testing.T) (*fakeSipgate, *Board, RowID, *Subscription) {
	t.Helper()
	u := newFakeSipgate()
	b := New(Options{})
	for id, name := range map[MemberID]string{"w0": "Mia", "w1": "Tom"} {
		m := u.member(id)
		m.Name = name
		b.Join(m)
	}
	u.add("A", jennifer, doc)
	pollAll(t, b)
	_, sub := b.Subscribe()
	t.Cleanup(sub.Close)
	return u, b, onlyCall(t, b).ID, sub
}

// checkClaim checks the claim on the board's only call; by is "" for none.
func checkClaim(t *testing.T, b *Board, by MemberID, v Verb) {
	t.Helper()
	a := onlyCall(t, b).Claim
	if (by != "") != (a != nil) || a != nil && (a.By != by || a.Verb != v) {
		t.Errorf("claim = %+v, want %q %q", a, by, v)
	}
}

func TestClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row, sub := sharedCall(t)
		if err := b.Claim("w0", row, VerbTransfer); err != nil {
			t.Fatal(err)
		}
		want := Claim{By: "w0", Name: "Mia", Verb: VerbTransfer, Until: time.Now().Add(15 * time.Second)}
		if c := <-sub.Changes(); c.Call == nil || c.Call.Claim == nil || *c.Call.Claim != want {
			t.Errorf("published %+v", c.Call)
		}
		who := func(err error) {
			t.Helper()
			var a *ClaimedError
			if !errors.Is(err, ErrClaimed) || !errors.As(err, &a) || a.Claim != want {
				t.Errorf("error = %v, %+v", err, a)
			}
		}
		theirs := Command{ID: "0123456789abcdef", By: "w1", Call: row, Action: Hold{true}}
		who(b.Claim("w1", row, VerbHold))
		who(b.Execute(t.Context(), theirs))
		who(b.Execute(t.Context(), Command{By: "w1", Call: row, Action: HangUp{GracePeriod: time.Second}}))
		b.ReleaseClaim("w1", row) // w1 has no claim
		checkClaim(t, b, "w0", VerbTransfer)
		if got := u.sent(); len(got) > 0 {
			t.Errorf("sent %v", got)
		}
		if err := b.Execute(t.Context(), hold(row, false)); err != nil { // w0 from another tab
			t.Error(err)
		}
		checkClaim(t, b, "w0", VerbTransfer)

		// With Override, a refused command may be given again under the same
		// ID, once.
		who(b.Execute(t.Context(), theirs))
		theirs.Override = true
		for range 2 {
			if err := b.Execute(t.Context(), theirs); err != nil {
				t.Error(err)
			}
		}
		if got := u.sent(); !slices.Equal(got, []string{"hold A false", "hold A true"}) {
			t.Errorf("sent %v", got)
		}
		checkClaim(t, b, "w0", VerbTransfer)
	})
}

func TestClaimEnds(t *testing.T) {
	transfer := Command{By: "w0", Action: TransferTo{sipgate.Transfer{To: "+4915799912345"}}}
	for name, tt := range map[string]struct {
		verb Verb
		end  func(*Board, RowID)
		want bool // whether the claim ends
	}{
		"not after 14.9 s":       {VerbTransfer, func(*Board, RowID) { time.Sleep(claimDuration - 100*time.Millisecond) }, false},
		"after 15 s":             {VerbTransfer, func(*Board, RowID) { time.Sleep(claimDuration) }, true},
		"released":               {VerbTransfer, func(b *Board, row RowID) { b.ReleaseClaim("w0", row) }, true},
		"signed out":             {VerbTransfer, func(b *Board, _ RowID) { b.Leave("w0") }, true},
		"the command is done":    {VerbTransfer, func(b *Board, row RowID) { transfer.Call = row; b.Execute(context.Background(), transfer) }, true},
		"another command is not": {VerbTransfer, func(b *Board, row RowID) { b.Execute(context.Background(), hold(row, true)) }, false},
		"the keypad stays open": {VerbTones, func(b *Board, row RowID) {
			b.Execute(context.Background(), Command{By: "w0", Call: row, Action: Tones{"1"}})
		}, false},
		"the call ended": {VerbTransfer, func(b *Board, _ RowID) { b.Observe(hangup(toDoc, "normalClearing")) }, true},
		"renewed": {VerbTransfer, func(b *Board, row RowID) {
			time.Sleep(10 * time.Second)
			b.Claim("w0", row, VerbTransfer)
			time.Sleep(10 * time.Second)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, b, row, _ := sharedCall(t)
				b.Join(Member{ID: "w9", API: &fakeAPI{newFakeSipgate(), "w9"}}) // sees no calls
				if err := b.Claim("w0", row, tt.verb); err != nil {
					t.Fatal(err)
				}
				tt.end(b, row)
				if tt.want {
					checkClaim(t, b, "", "")
				} else {
					checkClaim(t, b, "w0", tt.verb)
				}
			})
		})
	}
}

// The expiry of a claim is published without any other activity.
func TestClaimExpiryIsPublished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.add("A", jennifer, doc)
		b := runningBoard(t, u, "w0")
		row := onlyCall(t, b).ID
		b.Claim("w0", row, VerbAnnounce)
		at := time.Now()
		_, sub := b.Subscribe()
		defer sub.Close()
		for c := range sub.Changes() {
			if c.Call != nil {
				if c.Call.Claim != nil || time.Since(at) != claimDuration {
					t.Errorf("after %v: %+v", time.Since(at), c.Call.Claim)
				}
				return
			}
		}
	})
}

// A command in progress claims the call until its outcome is known. Commands
// of the same member do not conflict.
func TestCommandClaimsCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row, _ := sharedCall(t)
		u.setFault(func(op string, _ MemberID) fault {
			if op == "calls" {
				return fault{}
			}
			return fault{before: 20 * time.Second}
		})
		for _, on := range []bool{true, false} {
			go b.Execute(t.Context(), hold(row, on))
			synctest.Wait()
		}
		for range 39 {
			time.Sleep(time.Second)
			checkClaim(t, b, "w0", VerbHold)
			if until := onlyCall(t, b).Claim.Until; !until.After(time.Now()) {
				t.Errorf("until %v", until)
			}
			if err := b.Claim("w1", row, VerbMute); !errors.Is(err, ErrClaimed) {
				t.Errorf("error = %v", err)
			}
		}
		if err := b.Claim("w0", row, VerbTransfer); err != nil {
			t.Error(err)
		}
		b.ReleaseClaim("w0", row)
		time.Sleep(2 * time.Second)
		checkClaim(t, b, "", "")
		if err := b.Claim("w1", row, VerbMute); err != nil {
			t.Error(err)
		}
	})
}

func TestClaimErrors(t *testing.T) {
	_, b, row, _ := sharedCall(t)
	if err := b.Claim("w0", "x", VerbHold); !errors.Is(err, ErrNoCall) {
		t.Errorf("error = %v", err)
	}
	b.ReleaseClaim("w0", "x")
	b.Observe(hangup(toDoc, "normalClearing"))
	if err := b.Claim("w0", row, VerbHold); !errors.Is(err, ErrEnded) {
		t.Errorf("error = %v", err)
	}
}

// A command may be sent with another member's access if that member sees the
// call.
func TestCommandViaOtherMember(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0", "w1", "w2")
	u.add("A", jennifer, doc, "w1")
	pollAll(t, b)
	row := onlyCall(t, b).ID
	var carriers []MemberID
	u.setFault(func(op string, by MemberID) fault {
		if op != "calls" {
			carriers = append(carriers, by)
		}
		return fault{}
	})
	do := func(through MemberID, a Action) error {
		return b.Execute(t.Context(), Command{By: "w0", Via: through, Call: row, Action: a})
	}
	for _, through := range []MemberID{"", "w0", "w2", "w9"} {
		if err := do(through, Hold{true}); !errors.Is(err, ErrNotVisible) {
			t.Errorf("through %q: %v", through, err)
		}
	}
	if err := do("w1", Hold{true}); err != nil {
		t.Error(err)
	}
	if o := onlyCall(t, b).LastCommand; o.By != "w0" || o.Name != "w0" || o.Via != "w1" {
		t.Errorf("last command %+v", o)
	}
	for range maxToneRequests {
		if err := do("w1", Tones{"1"}); err != nil {
			t.Error(err)
		}
	}
	if err := do("w1", Tones{"1"}); !errors.Is(err, ErrRateLimited) {
		t.Errorf("error = %v", err)
	}
	// The rate limit counted for w0, not for w1.
	if err := b.Execute(t.Context(), Command{By: "w1", Via: "w1", Call: row, Action: Tones{"1"}}); err != nil {
		t.Error(err)
	}
	if o := onlyCall(t, b).LastCommand; o.By != "w1" || o.Via != "" {
		t.Errorf("last command %+v", o)
	}
	if want := slices.Repeat([]MemberID{"w1"}, maxToneRequests+2); !slices.Equal(carriers, want) {
		t.Errorf("carried by %v", carriers)
	}
}

// Execute requests the list of the Via member if it is not known whether that
// member sees the call.
func TestViaMemberIsListedFirst(t *testing.T) {
	u, b, row := establishedCall(t)
	b.Join(u.member("w1"))
	if err := b.Execute(t.Context(), Command{By: "w0", Via: "w1", Call: row, Action: Hold{true}}); err != nil {
		t.Error(err)
	}
}

// After a panic of the API, the outcome is unknown and the call's next command
// gets its turn.
func TestAPIPanicLeavesOutcomeUnknown(t *testing.T) {
	u, b, row := establishedCall(t)
	u.setFault(func(op string, _ MemberID) fault {
		if op == "hold" {
			panic("hold")
		}
		return fault{}
	})
	var outcome error
	func() {
		defer func() { recover() }()
		c := hold(row, true)
		c.OnDone = func(err error) { outcome = err }
		b.Execute(t.Context(), c)
	}()
	if c := onlyCall(t, b); !errors.Is(outcome, ErrOutcomeUnknown) || c.LastCommand.Outcome != Unknown || c.Claim != nil {
		t.Errorf("%v, %+v", outcome, c.LastCommand)
	}
	if err := b.Execute(t.Context(), Command{By: "w0", Call: row, Action: Mute{true}}); err != nil {
		t.Error(err)
	}
}

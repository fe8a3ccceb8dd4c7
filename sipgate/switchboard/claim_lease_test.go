package switchboard

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A dialog in which nobody types gives the call back after half a minute,
// although it stays open and renews its claim. The next input takes the call
// again.
func TestIdleDialogGivesTheCallBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b, row, _ := sharedCall(t)
		renew := func(claim func(MemberID, RowID, Verb) error) {
			t.Helper()
			if err := claim("w0", row, VerbTransfer); err != nil {
				t.Error(err)
			}
		}
		wait := func(d time.Duration) {
			for range d / (5 * time.Second) {
				time.Sleep(5 * time.Second)
				renew(b.RenewClaim)
			}
		}
		renew(b.RenewClaim) // the first one claims
		wait(25 * time.Second)
		checkClaim(t, b, "w0", VerbTransfer)
		renew(b.Claim) // typed
		wait(25 * time.Second)
		checkClaim(t, b, "w0", VerbTransfer)
		wait(5 * time.Second)
		checkClaim(t, b, "", "")
		wait(time.Minute)
		checkClaim(t, b, "", "")
		if err := b.Execute(t.Context(), Command{By: "w1", Call: row, Action: Hold{true}}); err != nil {
			t.Errorf("the other member: %v", err)
		}
		renew(b.Claim)
		checkClaim(t, b, "w0", VerbTransfer)
		b.ReleaseClaim("w0", row)
		renew(b.RenewClaim) // another dialog
		checkClaim(t, b, "w0", VerbTransfer)
	})
}

// A claim that another member overrides is over, until its dialog is used
// again.
func TestOverriddenClaimIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b, row, _ := sharedCall(t)
		if err := b.Claim("w0", row, VerbTransfer); err != nil {
			t.Fatal(err)
		}
		b.OverrideClaim("w0", row) // one's own is not overridden
		checkClaim(t, b, "w0", VerbTransfer)
		b.OverrideClaim("w1", row)
		checkClaim(t, b, "", "")
		if err := b.RenewClaim("w0", row, VerbTransfer); err != nil {
			t.Error(err)
		}
		checkClaim(t, b, "", "")
		if err := b.Claim("w1", row, VerbHold); err != nil {
			t.Error(err)
		}
		if err := b.Claim("w0", row, VerbTransfer); !errors.Is(err, ErrClaimed) {
			t.Errorf("both have it: %v", err)
		}
	})
}

// A command that is sent at once does not wait for those of other members, but
// for one's own.
func TestCommandAtOnceWaitsForNoOtherMember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row, _ := sharedCall(t)
		u.setFault(func(op string, by MemberID) fault {
			if op == "calls" {
				return fault{}
			}
			return fault{before: 10 * time.Second}
		})
		give := func(by MemberID, a Action) {
			go b.Execute(t.Context(), Command{By: by, Call: row, Action: a, Override: true, AtOnce: by == "w1"})
			synctest.Wait()
		}
		give("w0", Mute{true})
		give("w0", Mute{false})
		give("w1", Hold{true})
		give("w1", HangUp{})
		if got := u.sent(); !slices.Equal(got, []string{"mute A true", "hold A true"}) {
			t.Errorf("at first %v", got)
		}
		time.Sleep(21 * time.Second)
		if got := u.sent(); len(got) != 4 || got[2] == got[3] {
			t.Errorf("in the end %v", got)
		}
		time.Sleep(time.Minute)
		checkClaim(t, b, "", "")
	})
}

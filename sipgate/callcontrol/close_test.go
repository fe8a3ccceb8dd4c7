package callcontrol

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"

	"callboard/sipgate/simulator"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// What a member did just before the end is recorded, although the request was given
// up: the program waits for it before it closes the database, and begins nothing
// afterwards.
func TestActionsEndBeforeTheDatabaseDoes(t *testing.T) {
	f := newFixture(t, simulator.Options{})
	a := f.signIn("w1", true)
	started, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	ctx, giveUp := context.WithCancel(t.Context())
	go func() {
		ended <- f.Audited(ctx, a, team.ManageAnnouncements, "add", "x", func(ctx context.Context) error {
			close(started)
			<-release
			return ctx.Err()
		})
	}()
	<-started
	giveUp()
	closed := make(chan struct{})
	go func() { f.Control.Close(); close(closed) }()
	for closing := false; !closing; runtime.Gosched() {
		f.tasks.mu.Lock()
		closing = f.tasks.closed
		f.tasks.mu.Unlock()
	}
	select {
	case <-closed:
		t.Error("closed before the action ended")
	default:
	}
	close(release)
	<-closed
	if err := <-ended; err != nil {
		t.Error(err)
	}
	n := 0
	for e, err := range f.Audit.All(t.Context(), a.Account, team.AuditFilter{}) {
		if n++; err != nil || e.Outcome != team.OutcomeDone {
			t.Errorf("%+v, %v", e, err)
		}
	}
	if n != 1 {
		t.Errorf("%d entries", n)
	}
	do := func(context.Context) error { t.Error("done after the end"); return nil }
	if err := f.Audited(t.Context(), a, team.ManageAnnouncements, "add", "x", do); !errors.Is(err, switchboard.ErrBoardClosed) {
		t.Errorf("afterwards: %v", err)
	}
	if err := f.Execute(t.Context(), a, switchboard.Call{}, switchboard.Command{Action: switchboard.Hold{On: true}}); !errors.Is(err, switchboard.ErrBoardClosed) {
		t.Errorf("a command afterwards: %v", err)
	}
	if _, err := f.Originate(t.Context(), a, Origination{}); !errors.Is(err, switchboard.ErrBoardClosed) {
		t.Errorf("a call afterwards: %v", err)
	}
	f.background(func(context.Context) { t.Error("begun after the end") })
}

// A task may begin others until it has ended, also after the end was asked for.
func TestTasksOfATaskAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all tasks
		first, second := make(chan struct{}), make(chan struct{})
		all.Go(func() {
			<-first
			all.Go(func() { <-second })
		})
		closed := make(chan struct{})
		for range 2 { // twice does no harm
			go func() { all.close(); closed <- struct{}{} }()
		}
		for _, next := range []chan struct{}{first, second} {
			synctest.Wait()
			select {
			case <-closed:
				t.Error("closed too early")
			default:
			}
			close(next)
		}
		<-closed
		<-closed
		if all.begin() {
			t.Error("a task begins after the end")
		}
	})
}

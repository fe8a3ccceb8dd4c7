package feed

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate/switchboard"
)

// TestScreensShowTheNewestPicture: at once, after every change but not more often
// than four times a second, and every ten seconds; rendered once for all of them,
// and no longer when the last one is gone.
func TestScreensShowTheNewestPicture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, b := New(quiet), switchboard.New(switchboard.Options{})
		defer f.Close()
		var rendered atomic.Int64
		var broken atomic.Bool
		picture := Picture{Key: "hall", Board: b, Render: func(context.Context) (string, error) {
			rendered.Add(1)
			if broken.Load() {
				return "", errors.New("no database")
			}
			return fmt.Sprintf(`<div id="wall">%d calls</div>`, len(b.Snapshot().Calls)), nil
		}}
		show := func() (*page, func()) {
			p := newPage(t)
			leave, err := f.Show(picture, p)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			return p, leave
		}
		hall, leaveHall := show()
		if hall.part("wall") != `<div id="wall">0 calls</div>` {
			t.Errorf("shows %q at first", hall.part("wall"))
		}
		second, leaveSecond := show()
		if second.part("wall") != hall.part("wall") || rendered.Load() != 1 {
			t.Errorf("the second screen shows %q, after %d times", second.part("wall"), rendered.Load())
		}
		for i := range 20 {
			b.Observe(newCall(fmt.Sprint("call", i), "4930111"))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(2 * screenInterval)
		synctest.Wait()
		if want := `<div id="wall">20 calls</div>`; hall.part("wall") != want || second.part("wall") != want || rendered.Load() > 3 {
			t.Errorf("shows %q and %q, rendered %d times", hall.part("wall"), second.part("wall"), rendered.Load())
		}
		before := rendered.Load()
		time.Sleep(screenEvery + time.Second)
		synctest.Wait()
		if rendered.Load() == before {
			t.Error("nothing comes without a change")
		}
		broken.Store(true)
		b.Observe(newCall("one more", "4930111"))
		time.Sleep(time.Second)
		synctest.Wait()
		if hall.part("wall") != `<div id="wall">20 calls</div>` {
			t.Errorf("what cannot be rendered shows %q", hall.part("wall"))
		}
		leaveHall()
		broken.Store(false)
		time.Sleep(screenEvery)
		synctest.Wait()
		if hall.part("wall") == second.part("wall") {
			t.Error("a screen that is gone gets pictures, or the other one none")
		}
		leaveSecond()
		before = rendered.Load()
		time.Sleep(time.Minute)
		synctest.Wait()
		if rendered.Load() != before {
			t.Error("a picture is rendered that nobody sees")
		}
		show()
		begun := time.Now()
		if f.Close(); time.Since(begun) > screenInterval {
			t.Errorf("the end waits %v for a screen", time.Since(begun))
		}
	})
}

// A screen survives a picture that panics, and one that falls behind the board.
func TestScreensSurviveFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, b := New(quiet), switchboard.New(switchboard.Options{})
		defer f.Close()
		var panicked atomic.Bool
		p := newPage(t)
		leave, err := f.Show(Picture{Key: "hall", Board: b, Render: func(context.Context) (string, error) {
			n := len(b.Snapshot().Calls)
			if n == 1 {
				panicked.Store(true)
				panic("one call is too many")
			}
			return fmt.Sprintf(`<div id="wall">%d calls</div>`, n), nil
		}}, p)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		synctest.Wait()
		b.Observe(newCall("A", "4930111"))
		time.Sleep(time.Second)
		for i := range 600 { // more than a subscription keeps
			b.Observe(newCall(fmt.Sprint("call", i), "4930111"))
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !panicked.Load() || p.part("wall") != `<div id="wall">601 calls</div>` {
			t.Errorf("shows %q, panicked: %v", p.part("wall"), panicked.Load())
		}
	})
}

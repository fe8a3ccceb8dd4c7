package feed

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
		rendered, broken := 0, false
		picture := Picture{Key: "hall", Board: b, Render: func(context.Context) (string, error) {
			rendered++
			if broken {
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
		if hall.parts["wall"] != `<div id="wall">0 calls</div>` {
			t.Errorf("shows %q at first", hall.parts["wall"])
		}
		second, leaveSecond := show()
		if second.parts["wall"] != hall.parts["wall"] || rendered != 1 {
			t.Errorf("the second screen shows %q, after %d times", second.parts["wall"], rendered)
		}
		for i := range 20 {
			b.Observe(newCall(fmt.Sprint("call", i), "4930111"))
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(screenInterval)
		if want := `<div id="wall">20 calls</div>`; hall.parts["wall"] != want || second.parts["wall"] != want || rendered > 3 {
			t.Errorf("shows %q and %q, rendered %d times", hall.parts["wall"], second.parts["wall"], rendered)
		}
		before := rendered
		time.Sleep(screenEvery + time.Second)
		if rendered == before {
			t.Error("nothing comes without a change")
		}
		broken = true
		b.Observe(newCall("one more", "4930111"))
		time.Sleep(time.Second)
		if hall.parts["wall"] != `<div id="wall">20 calls</div>` {
			t.Errorf("what cannot be rendered shows %q", hall.parts["wall"])
		}
		leaveHall()
		broken = false
		time.Sleep(screenEvery)
		if hall.parts["wall"] == second.parts["wall"] {
			t.Error("a screen that is gone gets pictures, or the other one none")
		}
		leaveSecond()
		before = rendered
		time.Sleep(time.Minute)
		if rendered != before {
			t.Error("a picture is rendered that nobody sees")
		}
	})
}

// A screen survives a picture that panics, and one that falls behind the board.
func TestScreensSurviveFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, b := New(quiet), switchboard.New(switchboard.Options{})
		defer f.Close()
		var renders []int
		p := newPage(t)
		leave, err := f.Show(Picture{Key: "hall", Board: b, Render: func(context.Context) (string, error) {
			n := len(b.Snapshot().Calls)
			if renders = append(renders, n); n == 1 {
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
		if !slices.Contains(renders, 1) || p.parts["wall"] != `<div id="wall">601 calls</div>` {
			t.Errorf("shows %q after %v", p.parts["wall"], renders)
		}
	})
}

package switchboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// Tombstones, results of commands and the legs of a row are bounded.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, newFakeSipgate(), "w0")
		for i := range maxTombstones + 500 {
			e := withOrigin(newCall(sipgate.CallID(fmt.Sprint("A", i)), sipgate.Incoming, jennifer, doc), "same", fmt.Sprint("x", i%7))
			b.Observe(e)
			b.Observe(hangup(e, "cancel"))
		}
		for _, r := range b.rows {
			if len(r.legs) > maxLegs {
				t.Errorf("a row has %d legs", len(r.legs))
			}
		}
		if len(b.legs) > maxTombstones || len(b.tombstones) > maxTombstones {
			t.Errorf("%d legs, %d tombstones", len(b.legs), len(b.tombstones))
		}
		time.Sleep(retention + time.Minute)
		b.Observe(newCall("Z", sipgate.Incoming, jennifer, doc))
		b.Observe(hangup(newCall("Z", sipgate.Incoming, jennifer, doc), "cancel"))
		if len(b.legs) != 1 || len(b.tombstones) != 1 || len(b.legsByRelation) > 1 {
			t.Errorf("after a day: %d legs, %d tombstones, %d links", len(b.legs), len(b.tombstones), len(b.legsByRelation))
		}
	})
}

func TestCallByID(t *testing.T) {
	_, b, row := establishedCall(t)
	if c, ok := b.Call(row); !ok || c.ID != row {
		t.Errorf("%+v, %v", c, ok)
	}
	if _, ok := b.Call("x"); ok {
		t.Error("an unknown row is found")
	}
}

// A queued command whose call ends is not sent.
func TestQueuedCommandOfEndedCallIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b, row := establishedCall(t)
		u.setFault(func(string, MemberID) fault { return fault{before: time.Second} })
		go b.Execute(t.Context(), hold(row, true))
		synctest.Wait()
		errs := make(chan error)
		go func() { errs <- b.Execute(t.Context(), hold(row, false)) }()
		synctest.Wait()
		b.Observe(hangup(toDoc, "normalClearing"))
		if err := <-errs; !errors.Is(err, ErrEnded) {
			t.Errorf("error = %v", err)
		}
		if got := u.sent(); len(got) != 1 {
			t.Errorf("sent %v", got)
		}
		if c := onlyCall(t, b); c.Phase != Ended || c.LastCommand.Outcome != Failed || c.LastCommand.Reason != sipgate.NoCall {
			t.Errorf("%+v, last command %+v", c, c.LastCommand)
		}
	})
}

// A ringing call can be hung up although no list contains it.
func TestHangUpRinging(t *testing.T) {
	u := newFakeSipgate()
	b := newBoard(t, u, "w0")
	b.Observe(toDoc)
	u.add("A", jennifer, doc)
	if err := b.Execute(t.Context(), Command{By: "w0", Call: onlyCall(t, b).ID, Action: HangUp{}}); err != nil {
		t.Error(err)
	}
	if c := onlyCall(t, b); c.Phase != Ended || c.PreviousPhase != Ringing {
		t.Errorf("row = %+v", c)
	}
	b.Observe(hangup(toDoc, "cancel"))
	if c := onlyCall(t, b); c.Cause != "cancel" {
		t.Errorf("row = %+v", c)
	}
}

// A call taken by a voicemail, which no list contains, stays until an event
// ends it, but not for ever.
func TestVoicemailExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, newFakeSipgate(), "w0")
		e := newCall("V", sipgate.Incoming, jennifer, doc, "voicemail")
		b.Observe(e)
		b.Observe(answer(e, "voicemail"))
		for range 5 {
			pollAll(t, b)
			time.Sleep(10 * time.Second)
		}
		if c := onlyCall(t, b); c.Phase != Connected {
			t.Errorf("row = %+v", c)
		}
		time.Sleep(voicemailTimeout - time.Minute)
		pollAll(t, b)
		if c := onlyCall(t, b); c.Phase != Connected {
			t.Errorf("row = %+v", c)
		}
		time.Sleep(time.Minute)
		if c := onlyCall(t, b); c.Phase != Ended || !c.EndApproximate {
			t.Errorf("row = %+v", c)
		}
	})
}

// Each value of a row is rendered once per key.
func TestMemoRendersOncePerValue(t *testing.T) {
	_, b, row := establishedCall(t)
	made := 0
	draw := func(lang string) {
		c, _ := b.Call(row)
		if _, err := c.Memo.Get(lang, func() ([]byte, error) { made++; return []byte(lang), nil }); err != nil {
			t.Error(err)
		}
	}
	for _, lang := range []string{"de", "en", "de", "en"} {
		draw(lang)
	}
	if made != 2 {
		t.Errorf("rendered %d times for two languages", made)
	}
	b.Execute(t.Context(), hold(row, true))
	draw("de")
	if made != 3 {
		t.Errorf("rendered %d times after a change", made)
	}
	c, _ := b.Call(row)
	wrong := errors.New("wrong")
	if _, err := c.Memo.Get("fr", func() ([]byte, error) { return nil, wrong }); err != wrong {
		t.Errorf("error = %v", err)
	}
	if got, err := c.Memo.Get("fr", func() ([]byte, error) { return []byte("ok"), nil }); err != nil || string(got) != "ok" {
		t.Errorf("the error was cached: %s, %v", got, err)
	}
}

// dialer counts the calls that it starts.
type dialer struct {
	n   int
	err error
}

func (d *dialer) StartCall(context.Context, sipgate.NewCall) (sipgate.CallID, error) {
	d.n++
	return "S", d.err
}

// A form that is sent twice starts one call. After a definite refusal it may
// be corrected and sent again.
func TestOriginateIsIdempotent(t *testing.T) {
	for name, tt := range map[string]struct {
		err, want error
		calls     int
		reused    error
	}{
		"started": {nil, nil, 1, ErrIDReused},
		"unknown": {errTimeout, ErrOutcomeUnknown, 1, ErrIDReused},
		"refused": {errNoCall, errNoCall, 2, errNoCall},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBoard(t, newFakeSipgate(), "w0")
			d := &dialer{err: tt.err}
			o := Origination{ID: "0123456789abcdef", By: "w0", Call: sipgate.NewCall{Caller: "e0", Callee: "+" + jennifer}}
			for range 2 {
				if id, err := b.Originate(t.Context(), o, d); !errors.Is(err, tt.want) || err == nil && id != "S" {
					t.Errorf("%q, %v", id, err)
				}
			}
			if d.n != tt.calls {
				t.Errorf("%d calls", d.n)
			}
			o.Call.Callee = "+" + marty
			if _, err := b.Originate(t.Context(), o, d); !errors.Is(err, tt.reused) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

// Names are read with a member's access and appear in rows.
func TestNamesReachRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.add("A", jennifer, doc)
		b := runningBoard(t, u, "w0")
		if c := onlyCall(t, b); c.Remote.Name != "" {
			t.Errorf("row = %+v", c)
		}
		m := u.member("w1")
		m.Names = func(context.Context) (map[string]string, error) { return someNames, nil }
		b.Join(m)
		synctest.Wait()
		if c := onlyCall(t, b); c.Remote.Name != "Jennifer" || c.Local.Name != "Doc" {
			t.Errorf("row = %+v", c)
		}
		if got := b.Members(); !slices.Equal(got, []MemberID{"w0", "w1"}) || !b.HasMember("w1") || b.HasMember("w2") {
			t.Errorf("members %v", got)
		}
	})
}

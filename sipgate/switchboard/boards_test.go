package switchboard

import (
	"testing"
	"testing/synctest"
)

func TestBoards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newFakeSipgate()
		u.add("A", jennifer, doc)
		opened := 0
		x := NewBoards(func(team string) *Board { opened++; return New(Options{}) })
		b := x.Board("1")
		if x.Board("1") != b || x.Board("2") == b || opened != 2 {
			t.Error("not one board per team")
		}
		b.Join(u.member("w0"))
		synctest.Wait()
		onlyCall(t, b)
		wantCalls(t, x.Board("2"), 0)
		x.Close()
		x.Close()
		if x.Board("3") == nil {
			t.Error("no board after Close")
		}
	})
}

package web_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/web"
)

// Lines of requests wait a moment to be written together, but no line is lost, or
// written after one that was logged later: not at the end, nor before a warning.
func TestLinesOfRequestsWaitInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b journal
		l, err := (&web.LogSettings{Log: "text", LogLevel: "info", AccessLog: true}).Open(&b)
		if err != nil {
			t.Fatal(err)
		}
		logged := 0
		request := func() { l.Requests.Info(fmt.Sprint("line-", logged, ".")); logged++ }
		other := func() { l.Warn(fmt.Sprint("line-", logged, ".")); logged++ }
		check := func(event string, want int) {
			t.Helper()
			at := -1
			for i := range want {
				next := strings.Index(b.String(), fmt.Sprint("line-", i, "."))
				if next <= at {
					t.Fatalf("%s: line %d of %d is not there, or before others", event, i, want)
				}
				at = next
			}
			if n := strings.Count(b.String(), "\n"); n != want {
				t.Fatalf("%s: %d lines, want %d", event, n, want)
			}
		}
		request()
		request()
		check("at once", 0)
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		check("after a moment", 2)
		request()
		other()
		check("a warning", 4)
		time.Sleep(time.Hour)
		request()
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		check("later", 5)
		before := logged
		for strings.Count(b.String(), "\n") == before {
			request()
		}
		check("many", logged)
		request()
		l.Close()
		check("the end", logged)
		request()
		other()
		check("after the end", logged)
	})
}

// Without an access log, there is none.
func TestRequestsAreNotLogged(t *testing.T) {
	l, err := (&web.LogSettings{Log: "text", LogLevel: "info"}).Open(new(journal))
	if err != nil || l.Requests != nil {
		t.Errorf("%v %v", l.Requests, err)
	}
}

package account

import (
	"bytes"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// What could not be read is known by list for an hour, or until the list can be
// read again, and is logged once a minute.
func TestUnreadableItemsAreCountedAndLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		u := NewUnreadable(slog.New(slog.NewTextHandler(&log, nil)))
		report := func(account string, user sipgate.UserID, list string, items int) {
			u.Watch(&sipgate.Client{}, account, user).OnUnreadable(list, items)
		}
		want := func(account string, counts map[string]int, lines int) {
			t.Helper()
			if got := u.Of(account); !maps.Equal(got, counts) {
				t.Errorf("account %s: %v, want %v", account, got, counts)
			}
			if n := strings.Count(log.String(), "\n"); n != lines {
				t.Errorf("%d lines in the log, want %d: %s", n, lines, &log)
			}
		}
		report("1", "w0", "contacts", 0)
		want("1", map[string]int{}, 0)
		report("1", "w0", "contacts", 2)
		report("1", "w1", "contacts", 3)
		want("1", map[string]int{"contacts": 3}, 1)
		report("1", "w0", "w0/devices", 1)
		report("1", "w0", "w1/devices", 1)
		report("2", "w0", "history", 4)
		want("1", map[string]int{"contacts": 3, "devices": 2}, 3)
		want("2", map[string]int{"history": 4}, 3)
		time.Sleep(time.Minute)
		report("1", "w1", "contacts", 0)
		want("1", map[string]int{"contacts": 2, "devices": 2}, 3)
		report("1", "w0", "w0/devices", 1)
		want("1", map[string]int{"contacts": 2, "devices": 2}, 4)
		time.Sleep(time.Hour)
		want("1", map[string]int{"devices": 1}, 4)
		report("3", "w0", "history", 1)
		if len(u.counts) != 2 {
			t.Errorf("%d counts are kept", len(u.counts))
		}
		if text := log.String(); !strings.Contains(text, "account=1 list=contacts items=2") {
			t.Errorf("log: %s", text)
		}
	})
}

package sipgate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/simulator"
)

// asJSON returns each item as JSON, to be compared.
func asJSON[T any](items []T, err error) ([]string, error) {
	var all []string
	for _, item := range items {
		data, err := json.Marshal(item)
		if err != nil {
			return nil, err
		}
		all = append(all, string(data))
	}
	return all, err
}

// reads are the lists that the client reads, by their path.
var reads = map[string]func(context.Context, *sipgate.Client) ([]string, error){
	"calls": func(ctx context.Context, c *sipgate.Client) ([]string, error) {
		list, err := c.Calls(ctx)
		if err != nil {
			return nil, err
		}
		calls, _, err := list.Calls()
		return asJSON(calls, err)
	},
	"history": func(ctx context.Context, c *sipgate.Client) ([]string, error) {
		page, err := c.History(ctx, sipgate.HistoryQuery{})
		return asJSON(page.Items, err)
	},
	"users":      func(ctx context.Context, c *sipgate.Client) ([]string, error) { return asJSON(c.Users(ctx)) },
	"w0/devices": func(ctx context.Context, c *sipgate.Client) ([]string, error) { return asJSON(c.Devices(ctx, "w0")) },
	"numbers":    func(ctx context.Context, c *sipgate.Client) ([]string, error) { return asJSON(c.Numbers(ctx)) },
	"contacts":   func(ctx context.Context, c *sipgate.Client) ([]string, error) { return asJSON(c.Contacts(ctx)) },
}

// raw returns an answer of the simulator.
func (l *simulatedClient) raw(t *testing.T, path string) (answer map[string]any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, l.url+"/v2/"+path, nil)
	must(t, err)
	auth, err := l.Auth.Authorization(t.Context())
	must(t, err)
	req.Header.Set("Authorization", auth)
	resp, err := l.HTTP.Do(req)
	must(t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	must(t, err)
	must(t, json.Unmarshal(data, &answer))
	return answer
}

// fieldPaths returns the paths of all values in v, "participants.0.owner", v
// itself included.
func fieldPaths(v any, path string) []string {
	all := []string{strings.TrimPrefix(path, ".")}
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			all = append(all, fieldPaths(value, path+"."+key)...)
		}
	case []any:
		for i, value := range v[:min(len(v), 2)] {
			all = append(all, fieldPaths(value, path+"."+strconv.Itoa(i))...)
		}
	}
	return all
}

// prepared returns a client of an account with calls, contacts and a history.
func prepared(t *testing.T) *simulatedClient {
	l := open(t, simulator.Options{})
	for range 3 {
		l.ring(t, "established")
	}
	must(t, l.sim.FillHistory(simulator.HistoryFill{Entries: 6, Seed: 1}))
	return l
}

// Whatever single value of whatever item of a list is spoiled in whatever way, all
// other items are read as before.
func TestSpoiledItemLeavesTheOthers(t *testing.T) {
	l, ctx := prepared(t), t.Context()
	for path, read := range reads {
		want, err := read(ctx, l.Client)
		must(t, err)
		raw := l.raw(t, path)
		items, _ := raw["items"].([]any)
		if path == "calls" {
			items = raw["data"].([]any)
		}
		if len(items) != len(want) || len(want) < 2 && path != "w0/devices" {
			t.Fatalf("%s: %d items, %d read", path, len(items), len(want))
		}
		at := min(1, len(items)-1)
		fields, n := fieldPaths(items[at], ""), 0
		for _, field := range fields {
			for i, way := range simulator.Spoilings() {
				if field != "" && (len(field)+i)%3 != 0 {
					continue // a third of the ways for each field, all for the item
				}
				_, err := l.sim.AddFault(simulator.Fault{Spoil: way, Item: at, Field: field, Path: "/v2/" + path, Count: 1})
				must(t, err)
				got, err := read(ctx, l.Client)
				if err != nil {
					t.Errorf("%s: %s of %q: %v", path, way, field, err)
					continue
				}
				if n++; len(got) == len(want) {
					got = slices.Delete(slices.Clone(got), at, at+1)
				}
				if others := slices.Delete(slices.Clone(want), at, at+1); !slices.Equal(got, others) {
					t.Errorf("%s: %s of %q: read %.2000s, want %.2000s", path, way, field, got, others)
				}
			}
		}
		if n < 2*len(simulator.Spoilings()) {
			t.Errorf("%s: %d spoilings of %v", path, n, fields)
		}
	}
}

// Whenever a list was read, whoever follows it learns how many of its items could
// not be, also that there are none any more. The calls say so themselves.
func TestUnreadableItemsAreReported(t *testing.T) {
	l, ctx := prepared(t), t.Context()
	reported := map[string][]int{}
	l.OnUnreadable = func(list string, items int) { reported[list] = append(reported[list], items) }
	for path, read := range reads {
		if path == "calls" {
			continue
		}
		before, err := read(ctx, l.Client)
		must(t, err)
		_, err = l.sim.AddFault(simulator.Fault{Spoil: simulator.Spoilings()[0], Path: "/v2/" + path, Count: 1})
		must(t, err)
		spoiled, err := read(ctx, l.Client)
		must(t, err)
		if _, err := read(ctx, l.Client); err != nil || len(spoiled) != len(before)-1 || !slices.Equal(reported[path], []int{0, 1, 0}) {
			t.Errorf("%s: %d items, then %d, reported %v, %v", path, len(before), len(spoiled), reported[path], err)
		}
	}
}

// An undocumented answer is sipgate's fault, is said to be
// unreadable, and is not asked for again.
func TestOddAnswersAreUnreadable(t *testing.T) {
	l, ctx := prepared(t), t.Context()
	all := map[string]func(context.Context, *sipgate.Client) error{
		"authorization/userinfo": func(ctx context.Context, c *sipgate.Client) error { _, err := c.UserInfo(ctx); return err },
	}
	for path, read := range reads {
		all[path] = func(ctx context.Context, c *sipgate.Client) error { _, err := read(ctx, c); return err }
	}
	for path, read := range all {
		for _, answer := range simulator.OddAnswers() {
			_, err := l.sim.AddFault(simulator.Fault{Answer: answer, Path: "/v2/" + path, Count: 1})
			must(t, err)
			before := len(l.sim.Requests())
			err = read(ctx, l.Client)
			if sipgate.KindOf(err) != sipgate.Unreadable || len(l.sim.Requests()) != before+1 {
				t.Errorf("%s: %s: %v (%v), %d requests", path, answer, err, sipgate.KindOf(err), len(l.sim.Requests())-before)
			}
			if text := fmt.Sprint(err); len(text) > 400 {
				t.Errorf("%s: %s: the error has %d bytes", path, answer, len(text))
			}
		}
	}
}

// Of a single object whatever can be read is read; what it is identified by must
// be there.
func TestSpoiledObjects(t *testing.T) {
	l, ctx := prepared(t), t.Context()
	id := l.raw(t, "history")["items"].([]any)[0].(map[string]any)["id"].(string)
	for path, test := range map[string]struct {
		read   func() error
		needed []string
	}{
		"authorization/userinfo": {func() error { _, err := l.UserInfo(ctx); return err }, []string{"", "sub", "masterSipId"}},
		"account":                {func() error { _, err := l.Account(ctx); return err }, []string{""}},
		"history/" + id:          {func() error { _, err := l.HistoryEntry(ctx, id); return err }, []string{"", "id"}},
		"settings/sipgateio": {func() error { _, err := l.PushSettings(ctx); return err },
			[]string{"", "incomingUrl", "outgoingUrl", "log", "whitelist"}},
	} {
		for _, field := range fieldPaths(l.raw(t, path), "") {
			for _, way := range simulator.Spoilings() {
				_, err := l.sim.AddFault(simulator.Fault{Spoil: way, Field: field, Path: "/v2/" + path, Count: 1})
				must(t, err)
				err = test.read()
				unreadableJSON := way == "nan" || way == "nested"
				if err != nil && (sipgate.KindOf(err) != sipgate.Unreadable || !slices.Contains(test.needed, field) && !unreadableJSON) {
					t.Errorf("%s: %s of %q: %v", path, way, field, err)
				}
				if err == nil && field == "" && way != "bom" && way != "object" && way != "missing" {
					t.Errorf("%s: %s is taken", path, way)
				}
			}
		}
	}
}

// Numbers where texts were identify the same user.
func TestNumbersForIDsOfUser(t *testing.T) {
	l := open(t, simulator.Options{})
	want, err := l.UserInfo(t.Context())
	must(t, err)
	_, err = l.sim.AddFault(simulator.Fault{Spoil: "number", Field: "masterSipId", Path: "/v2/authorization/userinfo", Count: 1})
	must(t, err)
	got, err := l.UserInfo(t.Context())
	if err != nil || got.MasterSipID != "4711" || got.Sub != want.Sub || got.Locale != want.Locale {
		t.Errorf("%+v, %v", got, err)
	}
}

// Pages of the history neither repeat nor lose an entry because of unreadable ones
// among them, and the search says how many there are.
func TestPagesOfHistoryWithUnreadableEntries(t *testing.T) {
	l, ctx := open(t, simulator.Options{}), t.Context()
	must(t, l.sim.FillHistory(simulator.HistoryFill{Entries: 40, Seed: 2}))
	all, err := l.SearchHistory(ctx, sipgate.HistoryQuery{}, 100, nil)
	must(t, err)
	for _, keep := range []func(sipgate.HistoryEntry) bool{nil, func(sipgate.HistoryEntry) bool { return true }} {
		for _, want := range []int{3, 7, 100} {
			q, seen, unreadable := sipgate.HistoryQuery{}, map[string]int{}, 0
			for pages := 0; pages < 100; pages++ {
				// The third entry of every answer is spoiled, whichever it is.
				_, err := l.sim.AddFault(simulator.Fault{Spoil: "null", Item: 2, Path: "/v2/history", Count: 1})
				must(t, err)
				found, err := l.SearchHistory(ctx, q, want, keep)
				must(t, err)
				for _, e := range found.Items {
					seen[e.ID]++
				}
				unreadable += found.Unreadable
				if !found.More {
					break
				}
				q = q.Continue(found)
			}
			if len(seen)+unreadable < len(all.Items) || unreadable == 0 {
				t.Errorf("%d a page: %d entries and %d unreadable ones of %d", want, len(seen), unreadable, len(all.Items))
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("%s is shown %d times", id, n)
				}
			}
		}
	}
}

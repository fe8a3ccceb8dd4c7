package switchboard

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestPlayback(t *testing.T) {
	type step struct {
		at   time.Duration
		want *Playback
	}
	for name, tt := range map[string]struct {
		fetched time.Duration // 0: never
		length  time.Duration
		steps   []step
	}{
		"fetched": {800 * time.Millisecond, 4 * time.Second, []step{
			{time.Second, &Playback{Hosted: true, FetchedAfter: 800 * time.Millisecond}},
			{4700 * time.Millisecond, &Playback{Hosted: true, FetchedAfter: 800 * time.Millisecond}},
			{4900 * time.Millisecond, nil},
		}},
		"missed": {0, 4 * time.Second, []step{
			{9 * time.Second, &Playback{Hosted: true}},
			{11 * time.Second, &Playback{Hosted: true, Missed: true}},
			{31 * time.Second, nil},
		}},
		"late": {15 * time.Second, 4 * time.Second, []step{
			{11 * time.Second, &Playback{Hosted: true, Missed: true}},
			{16 * time.Second, &Playback{Hosted: true, FetchedAfter: 15 * time.Second}},
			{20 * time.Second, nil},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, b, row := establishedCall(t)
				ctx, stop := context.WithCancel(t.Context())
				go b.Run(ctx)
				fetched := make(chan time.Time, 1)
				start := time.Now()
				a := Announce{URL: "https://example.org/a.wav", File: "f", Title: "Hello", Length: tt.length, Fetched: fetched}
				if err := b.Execute(ctx, Command{By: "w0", Call: row, Action: a}); err != nil {
					t.Fatal(err)
				}
				if tt.fetched > 0 {
					time.AfterFunc(tt.fetched, func() { fetched <- time.Now() })
				}
				for _, s := range tt.steps {
					time.Sleep(time.Until(start.Add(s.at)))
					synctest.Wait()
					got := onlyCall(t, b).Playback
					if s.want != nil {
						s.want.Title, s.want.Since, s.want.Length = "Hello", start, tt.length
					}
					if !equalValues(got, s.want) {
						t.Errorf("after %v: %+v, want %+v", s.at, got, s.want)
					}
				}
				stop()
			})
		})
	}
}

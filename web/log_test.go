package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"callboard/web"
)

// The log is text, or JSON for those who read it with programs. It has the level
// that is set, also later.
func TestLogSettings(t *testing.T) {
	for form, isJSON := range map[string]bool{"text": false, "json": true} {
		var b bytes.Buffer
		l, err := (&web.LogSettings{Log: form, LogLevel: "warn"}).Open(&b)
		if err != nil {
			t.Fatal(err)
		}
		l.Info("secret", "n", 1)
		l.Warn("hello", "n", 1)
		if json.Valid(b.Bytes()) != isJSON || !strings.Contains(b.String(), "hello") || strings.Contains(b.String(), "secret") {
			t.Errorf("%s: %s", form, &b)
		}
		l.Level.Set(slog.LevelDebug)
		if l.Debug("detail"); !strings.Contains(b.String(), "detail") {
			t.Errorf("%s after the level was set: %s", form, &b)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	for flag, s := range map[string]web.LogSettings{"--log-level: ": {LogLevel: "loud"}, "--log-file: ": {LogLevel: "info", LogFile: t.TempDir()}} {
		var b bytes.Buffer
		l, err := s.Open(&b)
		if err == nil || !strings.HasPrefix(err.Error(), flag) {
			t.Errorf("%+v: %v", s, err)
		}
		if l.Error("mistake"); !strings.Contains(b.String(), "mistake") {
			t.Errorf("%+v: logged %q", s, &b)
		}
	}
}

// Warnings and errors are remembered without their details, by their texts, also
// those that the level leaves out. There are no more than a hundred.
func TestProblemsAreRemembered(t *testing.T) {
	var b bytes.Buffer
	l, err := (&web.LogSettings{LogLevel: "error", Log: "text"}).Open(&b)
	if err != nil {
		t.Fatal(err)
	}
	l.Info("request")
	l.Warn("list calls", "member", "SENTINEL")
	l.With("account", "SENTINEL").WithGroup("g").Error("request failed", "err", "SENTINEL")
	l.Warn("list calls", "member", "SENTINEL")
	got := fmt.Sprint(l.Problems())
	ps := l.Problems()
	if len(ps) != 2 || ps[0].Message != "list calls" || ps[0].Count != 2 || ps[1].Message != "request failed" || ps[1].Level != slog.LevelError || strings.Contains(got, "SENTINEL") {
		t.Errorf("%s", got)
	}
	if log := b.String(); strings.Contains(log, "list calls") || !strings.Contains(log, "account=SENTINEL g.err=SENTINEL") {
		t.Errorf("logged: %s", log)
	}
	for i := range 200 {
		l.Warn(fmt.Sprint("problem ", i))
	}
	if n := len(l.Problems()); n != 100 {
		t.Errorf("%d problems", n)
	}
}

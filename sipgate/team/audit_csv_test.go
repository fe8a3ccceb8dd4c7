package team

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
)

// TestT39 writes what spreadsheets take for formulas, reads the file again and
// compares it with the entries.
func TestT39(t *testing.T) {
	a := auditOf(t, 0)
	dangerous := []string{
		"+4915799912345", "=cmd|'/C calc'!A0", "-1+1", "@SUM(1;2)", "\t=1+1", " =1+1", "\"=1+1\"", "'=1",
		"＝1+1", "a;=1+1", "a; +49", "a,=1+1", "line\n=1", "line\r\n=1", "\x00=1", "\"quoted\", \"twice\"", "-", "=",
		"ä;ö,ü", "1579", "Mia Meier-Schulz", "",
	}
	for _, s := range dangerous {
		e := hold(ada, s)
		e.ByName, e.Parties, e.Parameters, e.Address = s, s, s, s
		begin(t, a, e)
	}
	id := begin(t, a, hold(mia, "ROW"))
	if err := a.End(t.Context(), id, OutcomeDone, 204, 83*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	begin(t, a, hold(bob, "ROW")) // of another team

	var file bytes.Buffer
	if err := a.CSV(t.Context(), &file, "111", AuditFilter{Limit: 3}); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(file.String(), "\r\n"); lines != len(dangerous)+2 || strings.Count(file.String(), "\n") != lines {
		t.Errorf("%d lines", lines)
	}
	records, err := csv.NewReader(&file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	entries := list(t, a, "111", AuditFilter{Limit: 1000})
	if len(records) != len(entries)+1 || !slices.Equal(records[0], csvColumns) {
		t.Fatalf("%d records with %q", len(records), records[0])
	}
	for i, e := range entries {
		cells := records[i+1]
		status := ""
		if e.Status != 0 {
			status = strconv.Itoa(e.Status)
		}
		want := []string{e.At.Format(time.RFC3339Nano), string(e.By.User), e.ByName, string(e.Deed), e.Call, e.Parties,
			e.Parameters, string(e.Through.User), e.Address, e.Outcome, status, strconv.FormatInt(e.Took.Milliseconds(), 10)}
		at, err := time.Parse(time.RFC3339, cells[0])
		if err != nil || !at.Equal(e.At) {
			t.Errorf("time %q, want %v", cells[0], e.At)
		}
		for j, cell := range cells[1:] {
			if cell != formulaSafe(want[j+1]) || strings.ReplaceAll(cell, "'", "") != strings.ReplaceAll(want[j+1], "'", "") {
				t.Errorf("%s %q, stored %q", csvColumns[j+1], cell, want[j+1])
			}
			if isFormula(cell) {
				t.Errorf("%s %q is a formula", csvColumns[j+1], cell)
			}
		}
	}
}

// isFormula says, in its own words, whether a spreadsheet could take s or what
// a semicolon or a line end parts from it for a formula.
func isFormula(s string) bool {
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '\n' || r == '\r' || r == '\t' }) {
		part = strings.TrimLeftFunc(part, func(r rune) bool { return r == '"' || unicode.IsSpace(r) })
		if part != "" && strings.ContainsAny(part[:1], "=+-@\x00") || strings.HasPrefix(part, "＝") {
			return true
		}
	}
	return false
}

func TestFormulaSafe(t *testing.T) {
	for s, want := range map[string]string{
		"":                  "",
		"Mia":               "Mia",
		"Mia Meier-Schulz":  "Mia Meier-Schulz",
		"value=true":        "value=true",
		"+49 211":           "'+49 211",
		"=1":                "'=1",
		"-1":                "'-1",
		"@a":                "'@a",
		"\t1":               "'\t1",
		"\x001":             "'\x001",
		"＝1":                "'＝1",
		"  =1":              "  '=1",
		"\"=1":              "\"'=1",
		"==1":               "'==1",
		"a; =1;+2":          "a; '=1;'+2",
		"a\n-1":             "a\n'-1",
		"+49 211 → +49 157": "'+49 211 → +49 157",
	} {
		if got := formulaSafe(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func FuzzFormulaSafe(f *testing.F) {
	for _, s := range []string{"=1", "a;\t=1", "'\"＝", "\r\n+", "\xff=", ";\xff-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := formulaSafe(s)
		if isFormula(got) {
			t.Errorf("%q became %q", s, got)
		}
		if strings.ReplaceAll(got, "'", "") != strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "'", "") && strings.ToValidUTF8(s, "") == s {
			t.Errorf("%q became %q: more than apostrophes", s, got)
		}
	})
}

// stubborn is a reader of the file that has gone away.
type stubborn struct{ left int }

func (s *stubborn) Write(p []byte) (int, error) {
	if s.left -= len(p); s.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// TestCSVPages writes more than one page, holds no connection meanwhile, and
// stops when nobody reads any more.
func TestCSVPages(t *testing.T) {
	a := auditOf(t, 0)
	a.db.SetMaxOpenConns(1)
	fill(t, a, 2500)
	r, w := io.Pipe()
	go func() { w.CloseWithError(a.CSV(t.Context(), w, "111", AuditFilter{Deed: DeedHold})) }()
	c := csv.NewReader(r)
	for n := 0; ; n++ {
		if _, err := c.Read(); err == io.EOF {
			if n != 2501 {
				t.Errorf("%d lines", n)
			}
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := a.CSV(t.Context(), &stubborn{10_000}, "111", AuditFilter{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

// TestCSVReaderStalls writes to the audit while a reader of the file does not
// read on.
func TestCSVReaderStalls(t *testing.T) {
	a := auditOf(t, 0)
	a.db.SetMaxOpenConns(1)
	fill(t, a, 1500)
	r, w := io.Pipe()
	done := make(chan error)
	go func() { done <- a.CSV(t.Context(), w, "111", AuditFilter{}) }()
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	begin(t, a, hold(ada, "ROW")) // would wait for ever
	r.CloseWithError(io.ErrClosedPipe)
	if err := <-done; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

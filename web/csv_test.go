package web

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// rowsOf returns rows and then, if err is not nil, err.
func rowsOf(err error, rows ...[]string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// TestCSVCellsAreNoFormulas writes what spreadsheets take for formulas, reads
// the file again and compares it with what was written.
func TestCSVCellsAreNoFormulas(t *testing.T) {
	dangerous := []string{
		"+4915799912345", "=cmd|'/C calc'!A0", "-1+1", "@SUM(1;2)", "\t=1+1", " =1+1", "\"=1+1\"", "'=1",
		"＝1+1", "a;=1+1", "a; +49", "a,=1+1", "line\n=1", "line\r\n=1", "\x00=1", "\"quoted\", \"twice\"", "-", "=",
		"ä;ö,ü", "1579", "Mia Meier-Schulz", "",
	}
	var rows [][]string
	for i, s := range dangerous {
		rows = append(rows, []string{fmt.Sprint(i), s})
	}
	for _, separator := range ",;" {
		compareTable(t, dangerous, rows, separator)
	}
}

// compareTable writes rows, the second cells of which are dangerous, reads them
// again and compares them.
func compareTable(t *testing.T, dangerous []string, rows [][]string, separator rune) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := SendCSV(w, "table.csv", separator, []string{"n", "text"}, rowsOf(nil, rows...)); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(w.Body.String(), "\uFEFF") {
		t.Errorf("no byte order mark: %q", w.Body.String()[:10])
	}
	w.Body.Next(len("\uFEFF"))
	if kind, as := w.Header().Get("Content-Type"), w.Header().Get("Content-Disposition"); kind != "text/csv; charset=utf-8" || as != `attachment; filename="table.csv"` {
		t.Errorf("%s, %s", kind, as)
	}
	text := w.Body.String()
	const within = 2 // line ends within cells
	if lines := strings.Count(text, "\r\n"); lines != len(dangerous)+1+within || strings.Count(text, "\n") != lines {
		t.Errorf("%d lines", lines)
	}
	reader := csv.NewReader(w.Body)
	reader.Comma = separator
	records, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != len(rows)+1 || !slices.Equal(records[0], []string{"n", "text"}) {
		t.Fatalf("%d records with %q", len(records), records[0])
	}
	for i, s := range dangerous {
		// The reader makes one line end of "\r\n" within a cell.
		got, want := records[i+1][1], strings.ReplaceAll(formulaSafe(s, separator), "\r\n", "\n")
		if got != want || strings.ReplaceAll(got, "'", "") != strings.ReplaceAll(strings.ReplaceAll(s, "'", ""), "\r\n", "\n") {
			t.Errorf("%q, written %q", got, s)
		}
		if isFormula(got, separator) {
			t.Errorf("%q is a formula in a table with %c", got, separator)
		}
	}
}

// isFormula says, in its own words, whether a spreadsheet could take s or what
// a semicolon, a line end or, in a table with semicolons, a comma parts from it
// for a formula.
func isFormula(s string, separator rune) bool {
	for _, part := range strings.FieldsFunc(s, func(r rune) bool {
		return r == ';' || r == ',' && separator == ';' || r == '\n' || r == '\r' || r == '\t'
	}) {
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
		if got := formulaSafe(s, ','); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func FuzzFormulaSafe(f *testing.F) {
	for _, s := range []string{"=1", "a;\t=1", "'\"＝", "\r\n+", "\xff=", ";\xff-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := formulaSafe(s, ',')
		for _, separator := range ",;" {
			if safe := formulaSafe(s, separator); isFormula(safe, separator) {
				t.Errorf("%q became %q in a table with %c", s, safe, separator)
			}
		}
		if strings.ReplaceAll(got, "'", "") != strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "'", "") && strings.ToValidUTF8(s, "") == s {
			t.Errorf("%q became %q: more than apostrophes", s, got)
		}
	})
}

// A table without rows still has its line of column names.
func TestCSVWithoutRows(t *testing.T) {
	w := httptest.NewRecorder()
	if err := SendCSV(w, "t.csv", ',', []string{"a", "b"}, rowsOf(nil)); err != nil || w.Body.String() != byteOrderMark+"a,b\r\n" {
		t.Errorf("%q, %v", w.Body, err)
	}
}

// errSource stands for what a source of rows may fail with.
var errSource = errors.New("the source failed")

func TestCSVErrorBeforeTheFirstRowIsReturned(t *testing.T) {
	w := httptest.NewRecorder()
	err := SendCSV(w, "t.csv", ',', []string{"a"}, rowsOf(errSource))
	if err != errSource || w.Body.Len() != 0 || len(w.Header()) != 0 {
		t.Errorf("%v, %q, %v", err, w.Body, w.Header())
	}
}

// A limitedWriter is a client that stops reading after some bytes.
type limitedWriter struct {
	*httptest.ResponseRecorder
	left int
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return w.ResponseRecorder.Write(p)
}

// TestCSVHalfATableIsCutOff: neither a source that fails nor a client that goes
// away leaves an answer that looks complete.
func TestCSVHalfATableIsCutOff(t *testing.T) {
	many := slices.Repeat([][]string{{strings.Repeat("x", 100)}}, 2500)
	asked := 0
	endless := func(yield func([]string, error) bool) {
		for yield([]string{"x"}, nil) {
			asked++
		}
	}
	for name, test := range map[string]struct {
		rows iter.Seq2[[]string, error]
		left int
		want error
	}{
		"the source fails":             {rowsOf(errSource, []string{"x"}), 1 << 20, errSource},
		"the source fails late":        {rowsOf(errSource, many...), 1 << 20, errSource},
		"the client goes away":         {endless, 10_000, io.ErrClosedPipe},
		"the client goes away at once": {rowsOf(nil, []string{"x"}), 0, io.ErrClosedPipe},
	} {
		err := SendCSV(&limitedWriter{httptest.NewRecorder(), test.left}, "t.csv", ',', []string{"a"}, test.rows)
		if !errors.Is(err, http.ErrAbortHandler) || !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked == 0 || asked > 10_000 {
		t.Errorf("%d rows were asked for a client that had gone", asked)
	}
}

// TestAbortedAnswerCutsTheConnection: the client sees an error, not the end of
// a table, and the log says why.
func TestAbortedAnswerCutsTheConnection(t *testing.T) {
	var log bytes.Buffer
	errs := &Errors{Log: slog.New(slog.NewTextHandler(&log, nil))}
	srv := httptest.NewServer(errs.Handle(func(w http.ResponseWriter, r *http.Request) error {
		return SendCSV(w, "t.csv", ',', []string{"a"}, rowsOf(errSource, slices.Repeat([][]string{{"x"}}, 2500)...))
	}))
	defer srv.Close()
	resp, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err == nil || len(got) == 0 {
		t.Errorf("%d bytes, %v: half a table looks like a whole one", len(got), err)
	}
	srv.Close() // waits for the handler, which writes the log
	if !strings.Contains(log.String(), "answer aborted") || !strings.Contains(log.String(), errSource.Error()) {
		t.Errorf("log: %s", &log)
	}
}

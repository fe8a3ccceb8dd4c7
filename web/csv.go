package web

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"unicode"
)

// flushEvery is the number of rows after which a table is passed on to the
// client, so that a long one arrives while it is still being read.
const flushEvery = 250

// SendCSV answers with a table to be saved under filename: a line of column
// names and one line for each element of rows, as RFC 4180 defines it, with the
// given separator: a comma, or the semicolon that spreadsheets expect where the
// decimal separator is a comma. The table begins with a byte order mark, without
// which they take UTF-8 for something older. No cell begins as a formula, so a
// spreadsheet shows every cell as text.
//
// If rows fails before its first row, SendCSV has written nothing and returns
// that error. If it fails later, or the client stops reading, SendCSV returns
// an error that wraps [http.ErrAbortHandler], for which [Errors.Handle] cuts the
// connection: half a table must not look like a whole one.
func SendCSV(w http.ResponseWriter, filename string, separator rune, columns []string, rows iter.Seq2[[]string, error]) error {
	t := &csvTable{w: w, out: csv.NewWriter(w)}
	t.out.UseCRLF, t.out.Comma = true, separator
	for row, err := range rows {
		if err != nil && t.rows == 0 {
			return err
		}
		if err == nil {
			err = t.add(filename, columns, row)
		}
		if err != nil {
			return fmt.Errorf("%w: write table: %w", http.ErrAbortHandler, err)
		}
	}
	if t.rows == 0 {
		t.begin(filename, columns)
	}
	if t.out.Flush(); t.out.Error() != nil {
		return fmt.Errorf("%w: write table: %w", http.ErrAbortHandler, t.out.Error())
	}
	return nil
}

// byteOrderMark is U+FEFF in UTF-8.
const byteOrderMark = "\xEF\xBB\xBF"

// A csvTable is a table being written. csv.Writer reports errors of Write again
// when it is flushed.
type csvTable struct {
	w    http.ResponseWriter
	out  *csv.Writer
	rows int
}

func (t *csvTable) begin(filename string, columns []string) {
	t.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	t.w.Header().Set("Content-Disposition", Attachment(filename))
	_, _ = io.WriteString(t.w, byteOrderMark) // the writer reports the error of a client that is gone
	_ = t.out.Write(columns)
}

func (t *csvTable) add(filename string, columns, row []string) error {
	if t.rows == 0 {
		t.begin(filename, columns)
	}
	safe := make([]string, len(row))
	for i, cell := range row {
		safe[i] = formulaSafe(cell, t.out.Comma)
	}
	if err := t.out.Write(safe); err != nil {
		return err
	}
	if t.rows++; t.rows%flushEvery != 0 {
		return nil
	}
	if t.out.Flush(); t.out.Error() != nil {
		return t.out.Error()
	}
	_ = http.NewResponseController(t.w).Flush() // not every ResponseWriter can
	return nil
}

// formulaStarts are the characters with which spreadsheets begin a formula, or
// which they skip before one.
const formulaStarts = "=+-@\t\r\x00＝＋－＠"

// formulaSafe returns s so that no spreadsheet reads it as a formula: with an
// apostrophe before each character that could begin one, at the start, on a new
// line, or where a spreadsheet set to another language begins a new cell: after
// a semicolon although the file has commas, or after a comma although it has
// semicolons.
func formulaSafe(s string, separator rune) string {
	if !strings.ContainsAny(s, formulaStarts) {
		return s
	}
	var b strings.Builder
	ends := ";\n\t\r"
	if separator == ';' {
		ends += ","
	}
	atStart := true
	for _, r := range s {
		switch {
		case atStart && strings.ContainsRune(formulaStarts, r):
			b.WriteByte('\'')
			atStart = false
		case atStart && (r == '"' || r == '\'' || unicode.IsSpace(r)):
		default:
			atStart = false
		}
		if b.WriteRune(r); strings.ContainsRune(ends, r) {
			atStart = true
		}
	}
	return b.String()
}

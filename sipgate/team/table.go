package team

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode"
)

// A Table is written as RFC 4180 has it, for spreadsheets: no cell begins as a
// formula (T39).
type Table struct{ out *csv.Writer }

// NewTable begins a table in w with a line of column names.
func NewTable(w io.Writer, columns ...string) *Table {
	t := &Table{csv.NewWriter(w)}
	t.out.UseCRLF = true
	t.Write(columns...)
	return t
}

// Write adds a line. What cannot be written, Flush tells.
func (t *Table) Write(cells ...string) {
	safe := make([]string, len(cells))
	for i, s := range cells {
		safe[i] = formulaSafe(s)
	}
	_ = t.out.Write(safe)
}

// Flush writes what is buffered, and returns the first error there was.
func (t *Table) Flush() error {
	t.out.Flush()
	return t.out.Error()
}

// formulaSafe returns s so that no spreadsheet takes it for a formula: with an
// apostrophe before what could begin one, at the beginning, on a new line, or
// after a semicolon, where a spreadsheet set to German begins a new cell
// although the file has commas.
func formulaSafe(s string) string {
	if !strings.ContainsAny(s, "=+-@\t\r\x00＝＋－＠") {
		return s
	}
	var b strings.Builder
	begins := true
	for _, r := range s {
		switch {
		case begins && strings.ContainsRune("=+-@\t\r\x00＝＋－＠", r):
			b.WriteByte('\'')
			begins = false
		case begins && (r == '"' || r == '\'' || unicode.IsSpace(r)):
		default:
			begins = false
		}
		if b.WriteRune(r); strings.ContainsRune(";\n\t\r", r) {
			begins = true
		}
	}
	return b.String()
}

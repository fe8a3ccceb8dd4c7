package team

import (
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// csvColumns are the same in every language, for programs.
var csvColumns = []string{
	"time", "user", "name", "deed", "call", "parties", "parameters",
	"through", "address", "outcome", "status", "milliseconds",
}

// CSV writes the entries of an account, the newest first, as RFC 4180 has it,
// with a line of column names. Limit does not matter. Times are RFC 3339 in
// UTC.
//
// It reads a page at a time: a reader who is slow holds up nobody, and memory
// does not grow with the entries. No cell begins as a formula.
func (a *Audit) CSV(ctx context.Context, w io.Writer, account string, f AuditFilter) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	if err := c.Write(csvColumns); err != nil {
		return err
	}
	for f.Limit = 1000; ; {
		entries, err := a.List(ctx, account, f)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := c.Write(e.cells()); err != nil {
				return err
			}
			f.Before = e.ID
		}
		if c.Flush(); c.Error() != nil || len(entries) < f.Limit {
			return c.Error()
		}
	}
}

// cells returns e in the order of csvColumns.
func (e AuditEntry) cells() []string {
	status := ""
	if e.Status != 0 {
		status = strconv.Itoa(e.Status)
	}
	cells := []string{
		e.At.UTC().Format("2006-01-02T15:04:05.000Z"), string(e.By.User), e.ByName, string(e.Deed),
		e.Call, e.Parties, e.Parameters, string(e.Through.User), e.Address, e.Outcome, status,
		strconv.FormatInt(e.Took.Milliseconds(), 10),
	}
	for i, s := range cells {
		cells[i] = formulaSafe(s)
	}
	return cells
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

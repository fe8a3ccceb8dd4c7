package team

import (
	"context"
	"io"
	"strconv"
)

// csvColumns are the same in every language, for programs.
var csvColumns = []string{
	"time", "user", "name", "deed", "call", "parties", "parameters",
	"through", "address", "outcome", "status", "milliseconds",
}

// CSV writes the entries of an account, the newest first, as a [Table]. Limit
// does not matter. Times are RFC 3339 in UTC.
//
// It reads a page at a time: a reader who is slow holds up nobody, and memory
// does not grow with the entries.
func (a *Audit) CSV(ctx context.Context, w io.Writer, account string, f AuditFilter) error {
	t := NewTable(w, csvColumns...)
	for f.Limit = 1000; ; {
		entries, err := a.List(ctx, account, f)
		if err != nil {
			return err
		}
		for _, e := range entries {
			t.Write(e.cells()...)
			f.Before = e.ID
		}
		if err := t.Flush(); err != nil || len(entries) < f.Limit {
			return err
		}
	}
}

// cells returns e in the order of csvColumns.
func (e AuditEntry) cells() []string {
	status := ""
	if e.Status != 0 {
		status = strconv.Itoa(e.Status)
	}
	return []string{
		e.At.UTC().Format("2006-01-02T15:04:05.000Z"), string(e.By.User), e.ByName, string(e.Deed),
		e.Call, e.Parties, e.Parameters, string(e.Through.User), e.Address, e.Outcome, status,
		strconv.FormatInt(e.Took.Milliseconds(), 10),
	}
}

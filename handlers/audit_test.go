package handlers

import (
	"encoding/csv"
	"io/fs"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"callboard/sipgate"
	"callboard/sipgate/callcontrol"
	"callboard/sipgate/team"
	"callboard/web/database/databasetest"
)

// TestAuditCSVHoldsTheEntries writes what spreadsheets take for formulas, reads
// the file again and compares it with the entries of the team.
func TestAuditCSVHoldsTheEntries(t *testing.T) {
	db := databasetest.Open(t, map[string]fs.FS{"team": team.Migrations})
	audit := team.NewAudit(db.DB, 0)
	control := callcontrol.New(callcontrol.Options{Stores: &team.Stores{Members: new(team.Members), Audit: audit}})
	defer control.Close()
	h := &handlers{Deps: Deps{Control: control}}
	begin := func(account, user, call, text string) int64 {
		id, err := audit.Begin(t.Context(), team.AuditEntry{By: team.MemberID{Account: account, User: sipgate.UserID(user)}, ByName: text,
			Action: team.Hold, Call: call, Parties: text, Parameters: text, Address: text})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	dangerous := []string{
		"+4915799912345", "=cmd|'/C calc'!A0", "-1+1", "@SUM(1;2)", "\t=1+1", " =1+1", "\"=1+1\"", "'=1",
		"＝1+1", "a;=1+1", "a; +49", "a,=1+1", "line\n=1", "line\r\n=1", "\x00=1", "\"quoted\", \"twice\"", "-", "=",
		"ä;ö,ü", "1579", "Mia Meier-Schulz", "",
	}
	for _, s := range dangerous {
		begin("111", "w0", s, s)
	}
	id := begin("111", "w1", "ROW", "Mia")
	if err := audit.End(t.Context(), id, team.OutcomeDone, 204, 83*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	begin("222", "w0", "ROW", "Bob") // of another team

	w := httptest.NewRecorder()
	if err := h.auditCSV(w, httptest.NewRequest("GET", "/audit.csv", nil), actor{Actor: callcontrol.Actor{Member: team.Member{MemberID: team.MemberID{Account: "111"}}}}); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(w.Body.String(), "\r\n"); lines != len(dangerous)+2 || strings.Count(w.Body.String(), "\n") != lines {
		t.Errorf("%d lines", lines)
	}
	if as := w.Header().Get("Content-Disposition"); as != `attachment; filename="callboard-audit.csv"` {
		t.Error(as)
	}
	w.Body.Next(len("\uFEFF"))
	records, err := csv.NewReader(w.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := audit.List(t.Context(), "111", team.AuditFilter{Limit: 1000})
	if err != nil || len(records) != len(entries)+1 || len(entries) != len(dangerous)+1 || !slices.Equal(records[0], auditColumns) {
		t.Fatalf("%d records with %q, %v", len(records), records[0], err)
	}
	for i, e := range entries {
		compareRow(t, records[i+1], e)
	}
}

func compareRow(t *testing.T, cells []string, e team.AuditEntry) {
	t.Helper()
	status := ""
	if e.Status != 0 {
		status = strconv.Itoa(e.Status)
	}
	want := []string{e.At.Format(time.RFC3339Nano), string(e.By.User), e.ByName, string(e.Action), e.Call, e.Parties,
		e.Parameters, string(e.Via.User), e.Address, e.Outcome, status, strconv.FormatInt(e.Took.Milliseconds(), 10), e.At.UTC().Format(time.DateOnly), e.At.UTC().Format(time.TimeOnly)}
	at, err := time.Parse(time.RFC3339, cells[0])
	if err != nil || !at.Equal(e.At) {
		t.Errorf("time %q, want %v", cells[0], e.At)
	}
	for j, cell := range cells[1:] {
		if strings.ReplaceAll(cell, "'", "") != strings.ReplaceAll(want[j+1], "'", "") {
			t.Errorf("%s %q, stored %q", auditColumns[j+1], cell, want[j+1])
		}
		if begin := strings.TrimLeftFunc(cell, func(r rune) bool { return r == '"' || unicode.IsSpace(r) }); begin != "" && strings.ContainsAny(begin[:1], "=+-@\x00") {
			t.Errorf("%s %q is a formula", auditColumns[j+1], cell)
		}
	}
}

// TestTheAuditInPagesAndFiltered: the newest entries first, older pages with the
// same filter, and the table with the same entries; members are called by name.
func TestTheAuditInPagesAndFiltered(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{Fixed: time.UTC})
	anna := d.signIn("w0", team.Admin)
	d.signIn("w1", team.Agent)
	for i := range auditPage + 2 {
		e := team.AuditEntry{By: team.MemberID{Account: d.account, User: "w1"}, Action: team.Hold, Call: "row-" + strconv.Itoa(i), Parties: "Party-" + strconv.Itoa(i) + ".", Outcome: team.OutcomeDone}
		if i%2 == 1 {
			e.Action = team.Mute
		}
		if err := d.h.Control.Audit.Refused(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	first := anna.get("/audit").Body.String()
	_, newer, older := ids(first)
	shows(t, "the first page", first, "Party-51.", "Party-2.", "!Party-1.", "Member w1", `<option value="w1">Member w1</option>`, "Kept for 30 days", `href="/audit.csv"`)
	if newer != "" || !strings.HasPrefix(older, "/audit?before=") {
		t.Errorf("newer %q, older %q", newer, older)
	}
	second := anna.get(older).Body.String()
	_, newer, end := ids(second)
	shows(t, "the second page", second, "!Party-2.", "Party-1.", "Party-0.")
	if newer != "/audit?" || end != "" {
		t.Errorf("from the second page: newer %q, older %q", newer, end)
	}
	all := d.audit()
	begun, today := all[len(all)-1].At.Format(time.DateOnly), all[0].At.Format(time.DateOnly) // the same, but for midnight
	tomorrow := all[0].At.AddDate(0, 0, 1).Format(time.DateOnly)
	for query, rows := range map[string]int{
		"": 52, "by=w1": 52, "by=w0": 0, "deed=hold": 26, "deed=mute": 26, "deed=hangup": 0, "call=row-7": 1, "call=row": 0,
		"from=" + begun: 52, "from=" + tomorrow: 0, "to=" + today: 52, "to=2020-01-01": 0, "deed=hold&call=row-2&by=w1&from=" + begun + "&to=" + today: 1, "deed=hold&call=row-3": 0,
	} {
		if got := readCSV(t, anna.get("/audit.csv?"+query), ','); len(got) != rows {
			t.Errorf("%q: %d rows in the table, want %d", query, len(got), rows)
		}
		page := anna.get("/audit?" + query).Body.String()
		if got := strings.Count(page, "Party-"); got != min(rows, auditPage) {
			t.Errorf("%q: %d entries on the page, want %d", query, got, min(rows, auditPage))
		}
		_, _, older := ids(page)
		if (older != "") != (rows > auditPage) || older != "" && query != "" && !strings.HasSuffix(older, "&"+query) && !strings.Contains(older, "?before=") {
			t.Errorf("%q: older entries at %q", query, older)
		}
		if rows > auditPage {
			more := anna.get(older).Body.String()
			if got := strings.Count(more, "Party-"); got != rows-auditPage {
				t.Errorf("%q: then %d entries", query, got)
			}
			if _, newest, _ := ids(more); newest != "/audit?"+query {
				t.Errorf("%q: from there to the newest at %q", query, newest)
			}
		}
	}
	filtered := anna.get("/audit?by=w1&deed=hold&call=row-2&from=" + today + "&to=" + tomorrow).Body.String()
	shows(t, "the filter", filtered, `<option value="w1" selected>`, `<option value="hold" selected>`, `name="call" value="row-2"`, `name="from" value="`+today+`"`, `name="to" value="`+tomorrow+`"`)
	for _, bad := range []string{"from=x", "to=x", "before=x", "before=0", "before=-1", "before=1.5"} {
		for _, path := range []string{"/audit?", "/audit.csv?"} {
			if w := anna.get(path + bad); w.Code != 422 {
				t.Errorf("%s%s: %d", path, bad, w.Code)
			}
		}
	}
	if w := anna.get("/audit?before=1"); w.Code != 200 || strings.Contains(w.Body.String(), "Party-") {
		t.Errorf("before the first: %d", w.Code)
	}
}

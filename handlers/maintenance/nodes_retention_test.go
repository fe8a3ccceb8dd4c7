package maintenance

import (
	"testing"
	"time"

	"callboard/sipgate/announcement"
	"callboard/sipgate/journal"
	"callboard/sipgate/team"
	"callboard/web/cluster"
	"callboard/web/database"
)

// Each node removes what is old of the teams that are at home there or nowhere, and leaves
// that of others to their nodes.
func TestRetentionOnSeveralNodes(t *testing.T) {
	t.Parallel()
	place, tool, nodes := startFencedNodes(t, "10.0.0.7:8081", "10.0.0.8:8081")
	for i, account := range []string{"1000001", "1000002"} {
		if h, err := nodes[i].Claim(t.Context(), account); err != nil || !h.Here {
			t.Fatal(h, err)
		}
	}
	for _, statement := range []string{
		`insert into audit (id, account, by_user, by_name, through, deed, call_id, parties, parameters, address, outcome, status, begun_at, took_ms)
			select a, a::text, 'w0', '', '', 'hold', '', '', '', '', 'done', 200, 1, 1 from generate_series(1000001, 1000003) a`,
		`insert into journal_rows (account, row_id, into_row, ended_at, heard_at, state) select a::text, 'r', '', 1, 1, '{}' from generate_series(1000001, 1000003) a`,
		`insert into journal_entries (account, row_id, n, at, about, kind, who, detail) select a::text, 'r', 1, 1, false, 'noted', 'w0', 'x' from generate_series(1000001, 1000003) a`,
		`insert into journal_changes (account, entry_id, number, note, changed_at)
			select a::text, n::text, '', 'x', case n when 1 then 1 else extract(epoch from now())::bigint * 1000 - 3600000 end
			from generate_series(1000001, 1000003) a, generate_series(1, 2) n`,
		`insert into announcement_teams select a::text from generate_series(1000001, 1000003) a`,
		`insert into announcements (id, account, label, created_by, created, length_ms, size, sha256, peak, format, rate, channels, source_ms, last_played)
			select rpad(a::text, 43, 'A'), a::text, 'x', 'w0', 1, 1, 1, '', 1, 'wav', 8000, 1, 1, 1 from generate_series(1000001, 1000003) a`,
		`insert into announcement_audio (announcement, wav) select id, '' from announcements`,
		`insert into announcement_links (token, announcement, expires, fetches) select 'old ' || id, id, 1, 0 from announcements`,
	} {
		if _, err := tool.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	const left = `select coalesce(string_agg(account || ' ' || what || ' ' || n, ', ' order by what, account), '') from (
		select account, 'audit' what, count(*) n from audit group by 1
		union all select account, 'announcements', count(*) from announcements group by 1
		union all select account, 'links', count(*) from announcements join announcement_links on announcement = id group by 1
		union all select account, 'calls', count(*) from journal_rows group by 1
		union all select account, 'changes', count(*) from journal_changes group by 1
		union all select account, 'notes', count(*) from journal_entries group by 1
		union all select account, 'texts', count(note) from journal_changes group by 1) x where n > 0`
	for i, want := range []string{
		"1000002 announcements 1, 1000002 audit 1, 1000002 calls 1, 1000001 changes 1, 1000002 changes 2, 1000003 changes 1, 1000002 links 1, 1000002 notes 1, 1000002 texts 2",
		"1000001 changes 1, 1000002 changes 1, 1000003 changes 1",
	} {
		address, err := cluster.Address(place.Database, nodes[i].ID())
		if err != nil {
			t.Fatal(err)
		}
		db, err := database.OpenPostgres(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := team.NewAudit(db.DB, time.Hour).Purge(t.Context()); err != nil {
			t.Error(err)
		}
		j, err := journal.New(t.Context(), db.DB, journal.Options{Retention: 24 * time.Hour, NoteRetention: time.Minute, OnDemand: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Purge(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := announcement.NewLibrary(db.DB, announcement.Options{Unplayed: time.Hour}).Purge(t.Context()); err != nil {
			t.Error(err)
		}
		var got string
		if err := tool.QueryRowContext(t.Context(), left).Scan(&got); err != nil || got != want {
			t.Errorf("after node %d: %s, %v\nwant %s", i+1, got, err, want)
		}
	}
}

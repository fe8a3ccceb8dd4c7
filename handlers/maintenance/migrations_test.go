package maintenance

import (
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// lastOfFile are the last migrations before Callboard could use PostgreSQL. A program of
// the previous version never runs beside a newer one with the same file.
var lastOfFile = map[string]int{"web": 2, "team": 16, "announcement": 4, "journal": 6}

// withoutPrevious matches what the previous version of the program cannot live with:
// something that it uses is gone or has another name or type, or has to have a value that
// it does not give.
var withoutPrevious = []*regexp.Regexp{
	regexp.MustCompile(`\bdrop (table|column|function|trigger|view)\b`),
	regexp.MustCompile(`\brename\b`),
	regexp.MustCompile(`\balter column\b`),
	regexp.MustCompile(`\badd (constraint|check|foreign key|primary key|unique)\b`),
	regexp.MustCompile(`\bcreate unique index\b`),
	regexp.MustCompile(`\btruncate\b`),
}

var addedColumn = regexp.MustCompile(`\badd column\b[^;]*`)

// breaks returns what in the statements of a migration breaks the previous version. New
// tables are free.
func breaks(statements string) (found []string) {
	text := strings.ToLower(regexp.MustCompile(`--[^\n]*`).ReplaceAllString(statements, ""))
	for _, r := range withoutPrevious {
		found = append(found, r.FindAllString(text, -1)...)
	}
	for _, column := range addedColumn.FindAllString(text, -1) {
		if strings.Contains(column, "not null") && !strings.Contains(column, "default") || strings.Contains(column, "references") || strings.Contains(column, "unique") {
			found = append(found, column)
		}
	}
	return found
}

// While nodes are replaced one after the other, programs of the previous version work
// with tables that a newer one has migrated: see "SQL" in CONTRIBUTING.md. What a version
// no longer uses is removed two versions later; such a migration is named here then.
func TestThePreviousVersionWorksWithNewTables(t *testing.T) {
	allowed := map[string]string{} // "team/00031_old.sql": the last version that used it
	for owner, fsys := range Owners() {
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || path.Ext(name) != ".sql" {
				return err
			}
			number, err := strconv.Atoi(strings.SplitN(path.Base(name), "_", 2)[0])
			if err != nil || number <= lastOfFile[owner] || allowed[owner+"/"+path.Base(name)] != "" {
				return err
			}
			text, err := fs.ReadFile(fsys, name)
			up, _, _ := strings.Cut(string(text), "-- +goose Down")
			for _, what := range breaks(up) {
				t.Errorf("%s, %s: %q", owner, name, what)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestMigrationsThatBreakThePreviousVersion(t *testing.T) {
	for statements, want := range map[string]int{
		"create table t (id text primary key, n bigint not null); create index t_n on t (n);":    0,
		"alter table t add column n bigint not null default 0;":                                  0,
		"alter table t add column n bigint;":                                                     0,
		"-- drop table t;\nalter table t add column n boolean not null default false; -- rename": 0,
		"alter table t add column n bigint not null;":                                            1,
		"alter table t add column u text references u (id);":                                     1,
		"ALTER TABLE t DROP COLUMN n; drop table u;":                                             2,
		"alter table t rename column n to m;":                                                    1,
		"alter table t alter column n type text;":                                                1,
		"create unique index t_n on t (n);":                                                      1,
	} {
		if found := breaks(statements); len(found) != want {
			t.Errorf("%s: %q", statements, found)
		}
	}
}

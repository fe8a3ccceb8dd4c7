package cluster

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// setting names the node of a connection.
const setting = "callboard.node"

// The trigger locks the row of the home until the write's transaction ends, so that a
// change of the home and a write of before cannot both commit. It reads it after the
// lock: at "read committed" as it is then, else the lock fails if it has changed.
//
// A statement for all teams leaves the rows of those alone that are at home at another
// node: that one has the same statement to make.
const fenceFunction = `
create or replace function cluster_fence() returns trigger language plpgsql as $fence$
declare
	acting text := current_setting('` + setting + `', true);
	owner  text;
	home   text;
begin
	if tg_op = 'DELETE' then
		owner := old.account;
	else
		owner := new.account;
	end if;
	if acting <> '' then
		if tg_op = 'UPDATE' and old.account <> new.account then
			raise exception 'a row of % never becomes one of another team', tg_table_name using errcode = '` + fencedState + `';
		end if;
		select h.node into home from cluster_homes h where h.team = owner for share;
		if home <> acting then
			if position('` + allTeams + `' in current_query()) = 0 or not exists (select from cluster_nodes n where n.id = acting and not n.fenced) then
				raise exception 'the home of this team is not at node %, which writes to %', acting, tg_table_name using errcode = '` + fencedState + `';
			elsif home <> '' and exists (select from cluster_nodes n where n.id = home and not n.fenced) then
				return null;
			end if;
		end if;
	end if;
	if tg_op = 'DELETE' then
		return old;
	end if;
	return new;
end
$fence$`

// fenceTrigger begins the names of the triggers. Those of a table fire in alphabetical
// order.
const fenceTrigger = "cluster_fence"

// triggersLock is the key of the advisory lock of those that create triggers.
const triggersLock = 0x63616c6c66656e63

// allTeams is a comment that marks a statement for all teams.
const allTeams = "/* all teams */"

// Fence has the database refuse what a node writes to rows of a team whose home is at
// another node, in all tables with a column "account" but the ones excepted. It is called
// after each migration, on PostgreSQL, by any number of nodes at once.
//
// A statement with the comment /* all teams */, such as one that removes what is old,
// changes on each node the rows of teams that are at home there or nowhere, in place of
// being refused.
//
// The node is that of the connection's address: [Address]. Connections of none, such as
// those of commands, may write everything. Teams that never had a home are written by
// all, and so are tables without that column. [Refused] recognizes the error.
func Fence(ctx context.Context, db *sql.DB, except ...string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock($1)`, int64(triggersLock)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fenceFunction); err != nil {
		return err
	}
	tables, err := unfenced(ctx, tx, except)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`create trigger %s before insert or update or delete on %s for each row execute function cluster_fence()`,
			fenceTrigger, quoted(table))); err != nil {
			return fmt.Errorf("fence %s: %w", table, err)
		}
	}
	return tx.Commit()
}

// quoted returns a name for a statement.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// unfenced returns the tables that need a trigger and have none.
func unfenced(ctx context.Context, tx *sql.Tx, except []string) (tables []string, err error) {
	rows, err := tx.QueryContext(ctx, `
		select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
		where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attname = 'account' and not a.attisdropped
			and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = $1)
		order by 1`, fenceTrigger)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
next:
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return nil, err
		}
		for _, e := range except {
			if e == table {
				continue next
			}
		}
		tables = append(tables, table)
	}
	return tables, rows.Err()
}

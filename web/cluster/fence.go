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
create or replace function NAME() returns trigger language plpgsql as $fence$
declare
	acting text := current_setting('` + setting + `', true);
	owner  text;
	before text;
	home   text;
begin
	if acting <> '' then
		if tg_op <> 'INSERT' then
			BEFORE
		end if;
		if tg_op = 'DELETE' then
			owner := before;
		else
			OWNER
		end if;
		if before <> owner then
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

// fenceFunctions are the functions of triggers: of tables with a column "account", and of
// those that refer to one, whose triggers have the query for the account as an argument.
var fenceFunctions = []string{
	strings.NewReplacer("NAME", "cluster_fence", "BEFORE", "before := old.account;", "OWNER", "owner := new.account;").Replace(fenceFunction),
	strings.NewReplacer("NAME", "cluster_fence_by", "BEFORE", "execute tg_argv[0] into before using old;", "OWNER", "execute tg_argv[0] into owner using new;").Replace(fenceFunction),
}

// fenceTrigger begins the names of the triggers. Those of a table fire in alphabetical
// order.
const fenceTrigger = "cluster_fence"

// triggersLock is the key of the advisory lock of those that create triggers.
const triggersLock = 0x63616c6c66656e63

// allTeams is a comment that marks a statement for all teams.
const allTeams = "/* all teams */"

// Fence has the database refuse what a node writes to rows of a team whose home is at
// another node, in all tables with a column "account", and in those that refer to one of
// them by a foreign key. It is called after each migration, on PostgreSQL, by any number of
// nodes at once.
//
// A statement with the comment /* all teams */, such as one that removes what is old,
// changes on each node the rows of teams that are at home there or nowhere, in place of
// being refused.
//
// The node is that of the connection's address: [Address]. Connections of none, such as
// those of commands, may write everything. Teams that never had a home are written by
// all, and so are other tables. [Refused] recognizes the error.
func Fence(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock($1)`, int64(triggersLock)); err != nil {
		return err
	}
	for _, f := range fenceFunctions {
		if _, err := tx.ExecContext(ctx, f); err != nil {
			return err
		}
	}
	tables, err := unfenced(ctx, tx)
	if err != nil {
		return err
	}
	for table, call := range tables {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf(`create trigger %s before insert or update or delete on %s for each row execute function %s`,
			fenceTrigger, quoted(table), call)); err != nil {
			return fmt.Errorf("fence %s: %w", table, err)
		}
	}
	return tx.Commit()
}

// quoted returns a name for a statement.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// unfenced returns the tables that need a trigger and have none, with the call of its
// function.
func unfenced(ctx context.Context, tx *sql.Tx) (calls map[string]string, err error) {
	rows, err := tx.QueryContext(ctx, `
		with ours as (
			select c.oid, c.relname::text as name, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'account' and not a.attisdropped) as owned,
				exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = $1) as fenced
			from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
		)
		select name, 'cluster_fence()' from ours where owned and not fenced
		union all
		select distinct on (child.name) child.name, format('cluster_fence_by(%L)', format('select account from %I where %I = ($1).%I', parent.name, there.attname, here.attname))
		from ours child
			join pg_constraint f on f.conrelid = child.oid and f.contype = 'f' and cardinality(f.conkey) = 1
			join ours parent on parent.oid = f.confrelid and parent.owned
			join pg_attribute here on here.attrelid = child.oid and here.attnum = f.conkey[1]
			join pg_attribute there on there.attrelid = parent.oid and there.attnum = f.confkey[1]
		where not child.owned and not child.fenced`, fenceTrigger)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	calls = map[string]string{}
	for rows.Next() {
		var table, call string
		if err := rows.Scan(&table, &call); err != nil {
			return nil, err
		}
		calls[table] = call
	}
	return calls, rows.Err()
}

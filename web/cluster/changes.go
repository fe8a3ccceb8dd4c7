package cluster

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"callboard/web/database"
)

// Times of changes.
const (
	lookEvery    = 700 * time.Millisecond // for changes that were not announced by a notification
	lookBack     = 15 * time.Second       // longer than a transaction lasts: what it changed is seen when it commits
	keepChanges  = time.Minute
	changesTopic = "callboard_changes" // of the notifications
)

// Announced is a table whose changes all nodes hear of.
type Announced struct {
	Table   string
	Key     string   // the column that says what has changed, such as the team
	Columns []string // those whose updates are announced; none: all
}

// Change is one in an announced table. The zero value says that anything may have
// changed.
type Change struct{ Table, Key string }

// The row is what nodes look for; the notification only says that there is one.
const announceFunction = `
create or replace function cluster_announce() returns trigger language plpgsql as $announce$
declare
	key text := to_jsonb(case when tg_op = 'DELETE' then old else new end) ->> tg_argv[0];
begin
	insert into cluster_changes (source, key, at) values (tg_table_name, key, clock_timestamp());
	perform pg_notify('` + changesTopic + `', '');
	return null;
end
$announce$`

// Announce has the database announce changes in some tables. It is called after each
// migration, on PostgreSQL, by any number of nodes at once.
func Announce(ctx context.Context, db *sql.DB, tables ...Announced) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `select pg_advisory_xact_lock($1)`, int64(triggersLock)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, announceFunction); err != nil {
		return err
	}
	for _, a := range tables {
		if err := a.announce(ctx, tx); err != nil {
			return fmt.Errorf("announce changes of %s: %w", a.Table, err)
		}
	}
	return tx.Commit()
}

// announceTrigger begins the names of the triggers. Their end says what they do: one that
// is there already is left alone, since to replace it stops all who use the table.
const announceTrigger = "cluster_announce_"

// announce creates the trigger of a table, unless it is there.
func (a Announced) announce(ctx context.Context, tx *sql.Tx) error {
	of := ""
	if len(a.Columns) > 0 {
		names := make([]string, len(a.Columns))
		for i, c := range a.Columns {
			names[i] = quoted(c)
		}
		of = " of " + strings.Join(names, ", ")
	}
	definition := fmt.Sprintf(`after insert or delete or update%s on %s for each row execute function cluster_announce('%s')`,
		of, quoted(a.Table), strings.ReplaceAll(a.Key, "'", "''"))
	name := fmt.Sprintf("%s%x", announceTrigger, sha256.Sum256([]byte(definition)))[:40]
	var there bool
	var others []string
	rows, err := tx.QueryContext(ctx, `select tgname::text from pg_trigger where tgrelid = $1::regclass and starts_with(tgname::text, $2)`, quoted(a.Table), announceTrigger)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var found string
		if err := rows.Scan(&found); err != nil {
			return err
		}
		if found == name {
			there = true
		} else {
			others = append(others, found)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, other := range others {
		if _, err := tx.ExecContext(ctx, `drop trigger `+quoted(other)+` on `+quoted(a.Table)); err != nil {
			return err
		}
	}
	if there {
		return nil
	}
	_, err = tx.ExecContext(ctx, `create trigger `+quoted(name)+` `+definition)
	return err
}

// Watch calls f for each change in the announced tables, by whatever node or tool, at
// most a second after it was made, until ctx is done. The address is that of the
// database. A change may be told more than once. While the database is away, nothing is
// told; afterwards anything may have changed.
func Watch(ctx context.Context, db *sql.DB, address string, f func(Change)) error {
	wake := make(chan struct{}, 1)
	listening := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		listening <- database.Listen(ctx, address, changesTopic, func() {
			select {
			case wake <- struct{}{}:
			default:
			}
		})
	}()
	defer func() {
		cancel()
		<-listening
	}()
	w := watcher{db: db, tell: f}
	for {
		w.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case err := <-listening:
			listening <- err
			if err != nil {
				return err
			}
		case <-wake:
		case <-time.After(lookEvery):
		}
	}
}

// A watcher knows which changes were told.
type watcher struct {
	db   *sql.DB
	tell func(Change)

	last   int64          // the highest id that was seen
	told   map[int64]bool // of the last time; nil before the first look
	looked time.Time      // when that was
}

// look tells of the changes that are new.
func (w *watcher) look(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, renewLimit)
	defer cancel()
	begun := time.Now()
	changes, err := w.read(limited)
	if err != nil {
		return
	}
	if w.told != nil && begun.Sub(w.looked) > lookBack/2 {
		w.tell(Change{})
	}
	told := make(map[int64]bool, len(changes))
	for _, c := range changes {
		if w.told != nil && !w.told[c.id] {
			w.tell(c.Change)
		}
		told[c.id] = true
		w.last = max(w.last, c.id)
	}
	w.told, w.looked = told, begun
}

// A foundChange is one with the id of its row.
type foundChange struct {
	id int64
	Change
}

func (w *watcher) read(ctx context.Context) (changes []foundChange, err error) {
	rows, err := w.db.QueryContext(ctx, `
		select id, source, key from cluster_changes
		where id > $1 or at > clock_timestamp() - $2::bigint * interval '1 millisecond' order by id`, w.last, lookBack.Milliseconds())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c foundChange
		if err := rows.Scan(&c.id, &c.Table, &c.Key); err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, rows.Err()
}

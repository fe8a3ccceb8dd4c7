package cluster

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"callboard/web/database"
)

// Times of changes.
const (
	lookPause    = 100 * time.Millisecond // between two looks, however many notifications come
	lookBack     = 6 * time.Second        // longer than a claim lasts: what a transaction changed is seen when it commits
	keepChanges  = time.Minute
	changesTopic = "callboard_changes" // of the notifications
)

// Announced is a table of which all nodes hear that it was changed.
type Announced struct {
	Table string
	Key   string // the column that says what has changed
	On    string // the statements, as of a trigger: "delete", "insert or update of fenced"
}

// Change is one in an announced table. The zero value says that anything may have
// changed.
type Change struct{ Table, Key string }

// ofHomes are the tables that say where teams are at home.
var ofHomes = []Announced{
	{Table: "cluster_homes", Key: "team", On: "insert or update"},
	{Table: "cluster_nodes", Key: "id", On: "update of fenced"},
}

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

// Announce has the database announce changes of homes, and of some other tables: see
// [Options]. It is called after each migration, on PostgreSQL, by any number of nodes at
// once.
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
	for _, a := range append(tables, ofHomes...) {
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
	definition := fmt.Sprintf(`after %s on %s for each row execute function cluster_announce('%s')`,
		a.On, quoted(a.Table), strings.ReplaceAll(a.Key, "'", "''"))
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

// A watcher hears of changes. A notification wakes it, and else a renewal of the lease,
// with which comes whether there are changes: to look costs nothing while nothing changes.
type watcher struct {
	wake   chan struct{}
	missed atomic.Bool // a look or a renewal has failed: anything may have changed
	stale  atomic.Bool // there is a node whose lease has run out

	// Of renewals only.
	newest int64     // change, as the last renewal said
	until  time.Time // a change may still be committed that was made before newest

	// Of looks only.
	last int64          // the highest id that was seen
	told map[int64]bool // of the last time
}

func (w *watcher) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// renewed says what came with a renewal: the newest change, and whether there is another
// node whose lease has run out.
func (w *watcher) renewed(newest int64, stale bool) {
	if newest != w.newest {
		w.newest, w.until = newest, time.Now().Add(lookBack)
	}
	if stale {
		w.stale.Store(true)
	}
	if stale || time.Now().Before(w.until) || w.missed.Load() {
		w.poke()
	}
}

// watch passes changes to the Options until ctx is done or the node is replaced.
func (n *Node) watch(ctx context.Context) {
	var listening sync.WaitGroup
	defer listening.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if n.o.Database != "" {
		listening.Go(func() {
			if err := database.Listen(ctx, n.o.Database, changesTopic, n.changes.poke); err != nil {
				n.o.Log.Warn("listen for changes", "err", err)
			}
		})
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.done:
			return
		case <-n.changes.wake:
		}
		n.look(ctx)
		if n.changes.stale.Swap(false) {
			n.fenceExpired(ctx)
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookPause):
		}
	}
}

// look reads the new changes and passes them on.
func (n *Node) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, renewLimit)
	defer cancel()
	missed := n.changes.missed.Swap(false)
	changes, err := n.newChanges(ctx)
	if err == nil {
		err = errors.Join(n.rereadHomes(ctx, changes, missed), n.tell(ctx, changes, missed))
	}
	if err != nil {
		n.changes.missed.Store(true)
	}
}

// tell passes changes to [Options.Changed]: those that were read, and after a failure the
// zero Change.
func (n *Node) tell(ctx context.Context, changes []Change, missed bool) (err error) {
	if n.o.Changed == nil {
		return nil
	}
	if missed {
		err = n.o.Changed(ctx, Change{})
	}
	for _, c := range changes {
		err = errors.Join(err, n.o.Changed(ctx, c))
	}
	return err
}

// newChanges returns the changes that were not returned before.
func (n *Node) newChanges(ctx context.Context) (changes []Change, err error) {
	w := &n.changes
	rows, err := n.db.QueryContext(ctx, `
		select id, source, key from cluster_changes
		where id > $1 or at > clock_timestamp() - $2::bigint * interval '1 millisecond' order by id`, w.last, lookBack.Milliseconds())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	told := map[int64]bool{}
	for rows.Next() {
		var id int64
		var c Change
		if err := rows.Scan(&id, &c.Table, &c.Key); err != nil {
			return nil, err
		}
		if !w.told[id] {
			changes = append(changes, c)
		}
		told[id] = true
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	w.told = told
	for id := range told {
		w.last = max(w.last, id)
	}
	return changes, nil
}

// rereadHomes reads the homes that have changed, or all, and tells where they are.
func (n *Node) rereadHomes(ctx context.Context, changes []Change, all bool) error {
	teams, nodes := []string{}, []string{}
	for _, c := range changes {
		switch c.Table {
		case "cluster_homes":
			teams = append(teams, c.Key)
		case "cluster_nodes":
			nodes = append(nodes, c.Key)
		}
	}
	if !all && len(teams)+len(nodes) == 0 {
		return nil
	}
	homes, err := n.readHomes(ctx, teams, nodes, all)
	for _, h := range homes {
		if n.learn(h) && n.o.Moved != nil {
			n.o.Moved(h.Team, h.Address)
		}
	}
	return err
}

// learn forgets where a team was, if it is elsewhere, and reports whether h is not older
// than what the node knows.
func (n *Node) learn(h Home) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if own := n.homes[h.Team]; own != nil && own.Fence > h.Fence {
		return false
	}
	a, ok := n.away[h.Team]
	if ok && a.Fence > h.Fence {
		return false
	}
	if ok && (a.Fence < h.Fence || a.Node != h.Node) {
		delete(n.away, h.Team)
	}
	return true
}

// readHomes returns the homes of some teams, those at some nodes, or all. Node and Address
// are "" of one whose node was fenced.
func (n *Node) readHomes(ctx context.Context, teams, nodes []string, all bool) (homes []Home, err error) {
	ofTeams, _ := json.Marshal(teams) // strings cannot fail
	atNodes, _ := json.Marshal(nodes)
	rows, err := n.db.QueryContext(ctx, `
		select h.team, h.fence, coalesce(n.id, ''), coalesce(n.address, '')
		from cluster_homes h left join cluster_nodes n on n.id = h.node and not n.fenced
		where $1 or h.team = any (array(select jsonb_array_elements_text($2::jsonb)))
			or h.node = any (array(select jsonb_array_elements_text($3::jsonb)))`, all, string(ofTeams), string(atNodes))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var h Home
		if err := rows.Scan(&h.Team, &h.Fence, &h.Node, &h.Address); err != nil {
			return nil, err
		}
		homes = append(homes, h)
	}
	return homes, rows.Err()
}

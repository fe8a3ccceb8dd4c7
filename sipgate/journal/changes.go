package journal

import (
	"context"
	"database/sql"
	"time"
	"unicode/utf8"

	"callboard/sipgate"
)

// KeepChange keeps a change of an entry of the history that sipgate does not keep.
// When it returns nil, the change is on the disk. Notes are cleaned as those of
// [Journal.AddNote]; the error is a [*sipgate.ValueError] for a note that is too long.
func (j *Journal) KeepChange(ctx context.Context, account string, e sipgate.HistoryEntry, change sipgate.EntryChange) error {
	if change.Note != nil {
		text := cleanNote(*change.Note)
		if utf8.RuneCountInString(text) > maxNoteLength {
			return &sipgate.ValueError{Field: "note", Code: "note_too_long"}
		}
		change.Note = &text
	}
	remote, _ := e.Remote()
	return j.commit(ctx, account, keepChange{e.ID, sipgate.NormalizeNumber(remote), change, j.now()})
}

// keepChange stores a change.
type keepChange struct {
	entry, number string
	change        sipgate.EntryChange
	at            time.Time
}

func (w keepChange) exec(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := tx.ExecContext(ctx, `
		insert into journal_changes (account, entry_id, number, note, starred, archived, seen, changed_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (account, entry_id) do update set
			note = coalesce(excluded.note, journal_changes.note),
			starred = coalesce(excluded.starred, journal_changes.starred),
			archived = coalesce(excluded.archived, journal_changes.archived),
			seen = coalesce(excluded.seen, journal_changes.seen),
			changed_at = excluded.changed_at`,
		account, w.entry, w.number, w.change.Note, w.change.Starred, w.change.Archived, w.change.Read, w.at.UnixMilli())
	return err
}

// KeptChanges returns the changes that are kept of the entries of an account, by the
// id of the entry.
func (j *Journal) KeptChanges(ctx context.Context, account string) (map[string]sipgate.EntryChange, error) {
	kept := map[string]sipgate.EntryChange{}
	_, err := queryAll(ctx, j.db, func(rows *sql.Rows) (none struct{}, err error) {
		var id string
		var c sipgate.EntryChange
		err = rows.Scan(&id, &c.Note, &c.Starred, &c.Archived, &c.Read)
		kept[id] = c
		return none, err
	}, `select entry_id, note, starred, archived, seen from journal_changes where account = $1`, account)
	return kept, err
}

// purgeChanges removes the changes that were made before a time, and the notes among
// them that were made before another one, unless that is zero.
type purgeChanges struct{ before, notesBefore time.Time }

func (w purgeChanges) exec(ctx context.Context, tx *sql.Tx, _ string) error {
	if _, err := tx.ExecContext(ctx, `delete from journal_changes /* all teams */ where changed_at < $1`, w.before.UnixMilli()); err != nil || w.notesBefore.IsZero() {
		return err
	}
	_, err := tx.ExecContext(ctx, `update journal_changes /* all teams */ set note = null where note is not null and changed_at < $1`, w.notesBefore.UnixMilli())
	return err
}

// eraseChanges removes the changes of entries about the number, and it and the names
// from the notes of others.
func (e *eraser) eraseChanges(ctx context.Context) error {
	rows, err := e.tx.QueryContext(ctx, `select account, entry_id, number, coalesce(note, '') from journal_changes where number = $1 or note <> ''`, string(e.number))
	if err != nil {
		return err
	}
	defer rows.Close()
	type change struct{ account, entry, number, note string }
	var found []change
	for rows.Next() {
		var c change
		if err := rows.Scan(&c.account, &c.entry, &c.number, &c.note); err != nil {
			return err
		}
		if note := e.clean(c.account, c.note); c.number == string(e.number) || note != c.note {
			c.note = note
			found = append(found, c)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, c := range found {
		if c.number == string(e.number) {
			_, err = e.tx.ExecContext(ctx, `delete from journal_changes where account = $1 and entry_id = $2`, c.account, c.entry)
		} else {
			_, err = e.tx.ExecContext(ctx, `update journal_changes set note = $1 where account = $2 and entry_id = $3`, c.note, c.account, c.entry)
		}
		if err != nil {
			return err
		}
		e.Texts[c.account]++
	}
	return nil
}

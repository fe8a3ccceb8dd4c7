package maintenance

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"callboard/sipgate/team"
	"callboard/web/database"
)

// checkSettings repeats what is wrong with the settings.
func (e *examined) checkSettings() {
	if e.Settings == nil {
		e.add(OK, "", "All settings are valid.")
		return
	}
	for line := range strings.SplitSeq(e.Settings.Error(), "\n") {
		e.add(Failed, "Correct this setting; docs/settings.md explains it.", "%s", line)
	}
}

// Below these sizes the disk is too full.
const (
	littleSpace = 1 << 30
	noSpace     = 100 << 20
)

// checkDirectory checks the access to the data directory and the space on its disk.
func (e *examined) checkDirectory() {
	info, err := os.Stat(e.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.add(OK, "", "%s does not exist yet. The first start creates it.", e.Data)
		return
	case err != nil:
		e.add(Failed, "Run this command as the user that Callboard runs as.", "%v.", err)
		return
	case !info.IsDir():
		e.add(Failed, "Choose another one with --data.", "%s is not a directory.", e.Data)
		return
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		e.add(Warning, "chmod 700 "+e.Data, "Others than its owner can access %s (mode %04o).", e.Data, info.Mode().Perm())
	}
	f, err := os.CreateTemp(e.Data, ".doctor-")
	if err != nil {
		e.add(Failed, "Give the directory to the user that Callboard runs as, and run this command as that user.", "%s cannot be written: %v.", e.Data, err)
		return
	}
	f.Close()
	os.Remove(f.Name())
	free, known := database.FreeSpace(e.Data)
	switch {
	case known && free < noSpace:
		e.add(Failed, "Make room on this disk: soon nothing can be stored any more.", "%s can be written, but the disk has only %s left.", e.Data, size(free))
	case known && free < littleSpace:
		e.add(Warning, "Make room on this disk: a migration and a backup each need as much as the database.", "%s can be written. The disk has %s left.", e.Data, size(free))
	case known:
		e.add(OK, "", "%s can be written. The disk has %s left.", e.Data, size(free))
	default:
		e.add(OK, "", "%s can be written.", e.Data)
	}
}

// checkDatabase reads the whole database.
func (e *examined) checkDatabase() {
	db, err := e.Examine(e.ctx)
	if errors.Is(err, database.ErrMissing) || errors.Is(err, fs.ErrNotExist) {
		e.add(OK, "", "There is none yet. The first start creates it.")
		return
	} else if err != nil && e.Postgres() {
		e.add(Failed, "Check --database, and that PostgreSQL runs and lets this machine in.", "%v.", err)
		return
	} else if err != nil {
		e.add(Failed, "See docs/operate.md, Restoring. Check the disk as well.", "%v.", err)
		return
	}
	e.db = db
	use := "no program uses it now"
	if db.InUse != "" {
		use = db.InUse
	}
	outdated, err := database.CheckSchema(e.ctx, db.DB, Owners())
	switch {
	case err != nil:
		e.add(Failed, "Install that version, or restore the copy that it made before it changed the database.", "It is whole, but: %v.", err)
	case outdated && db.InUse != "":
		e.add(Warning, "Restart Callboard: this program is newer than the one that runs.", "It is whole, %s, %s. Its tables are of an earlier version.", size(db.Size), use)
	case outdated:
		e.add(OK, "", "It is whole, %s, %s. The next start brings its tables up to date, after a copy.", size(db.Size), use)
	default:
		e.add(OK, "", "It is whole, %s, up to date, %s.", size(db.Size), use)
	}
	if err := e.Writable(e.ctx, db); err != nil {
		e.add(Failed, "Give the file or the database to the user that Callboard runs as.", "It cannot be written: %v.", err)
	}
}

// checkKey checks whether the key opens what it encrypted.
func (e *examined) checkKey() {
	const restoreKey = "Put the copy of the key back. If it is lost, see docs/operate.md, Restoring."
	var key *team.Key
	read, err := e.KeySettings.Read(e.Data)
	if err == nil {
		key = &read
	} else if !errors.Is(err, fs.ErrNotExist) {
		e.add(Failed, "Correct --key or the key file; docs/settings.md explains them.", "%v.", err)
		return
	}
	if e.db == nil {
		if key == nil {
			e.add(OK, "", "There is none yet. The first start makes %s.", e.keyPlace())
		} else {
			e.add(OK, "", "It can be read. There is nothing to try it on.")
		}
		return
	}
	fit, err := team.CheckKey(e.ctx, e.db.DB, key, database.HasTables)
	switch {
	case err != nil:
		e.add(Warning, "Correct what is wrong with the database first.", "It cannot be tried: %v.", err)
	case fit.Fits && key == nil:
		e.add(OK, "", "There is none yet. The next start makes %s.", e.keyPlace())
	case key == nil:
		e.add(Failed, restoreKey, "It is missing: %s. %d members cannot act at sipgate without it.", e.keyPlace(), len(fit.Lost))
	case !fit.Fits:
		e.add(Failed, restoreKey, "%s is not the key of this database. %d members cannot act at sipgate with it.", e.keyPlace(), len(fit.Lost))
	case len(fit.Lost) > 0:
		e.add(Warning, "These members have to sign out and in again.", "It fits, but not what is stored for %s.", strings.Join(nameList(fit.Lost), ", "))
	default:
		e.add(OK, "", "It fits. Stored sign-ins at sipgate: %d.", fit.Usable)
	}
}

func nameList(members []team.Member) (names []string) {
	for _, m := range members {
		names = append(names, m.Name)
	}
	return names
}

// lateBackup is the age of the newest daily backup from which on something is
// wrong.
const lateBackup = 26 * time.Hour

// checkBackups checks the age of the newest daily backup.
func (e *examined) checkBackups() {
	if e.Postgres() {
		e.add(OK, "", "The database is in PostgreSQL: pg_dump, or what your PostgreSQL is backed up with, makes them.")
		return
	}
	if e.BackupDir == "" {
		e.add(Warning, "Set --backup-dir, or run callboard backup from a timer.", "Callboard makes no daily backups.")
		return
	}
	last, err := database.LatestDaily(e.BackupDir)
	runs := e.db != nil && e.db.InUse != ""
	switch {
	case err != nil && runs:
		e.add(Failed, "The log of Callboard has the reason: daily backup failed.", "The directory cannot be read: %v.", err)
	case err != nil || last.IsZero() && !runs:
		e.add(OK, "", "There is none yet in %s. The next start makes one.", e.BackupDir)
	case last.IsZero():
		e.add(Failed, "The log of Callboard has the reason: daily backup failed.", "There is none in %s.", e.BackupDir)
	case e.Now().Sub(last) > lateBackup && runs:
		e.add(Failed, "The log of Callboard has the reason: daily backup failed.", "The newest one in %s is from %s.", e.BackupDir, last.Format(time.DateTime+" MST"))
	default:
		e.add(OK, "", "The newest one in %s is from %s.", e.BackupDir, last.Format(time.DateTime+" MST"))
	}
}

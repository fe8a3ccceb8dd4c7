package database

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// A Measurement says how the database does.
type Measurement struct {
	Err     error         // of the last write, see [DB.Ready]
	Write   time.Duration // that this write took
	Size    int64         // of the file or the database, in bytes
	LogSize int64         // of the write-ahead log of a file
	Free    int64         // on the disk, for this program; -1 if that is not known, as with PostgreSQL
}

// Measure writes to the database as [DB.Ready] does, and measures it.
func (db *DB) Measure(ctx context.Context) Measurement {
	m := Measurement{Err: db.Ready(ctx), Free: -1}
	if last := db.probed.Load(); last != nil {
		m.Write = last.took
	}
	if db.server != nil {
		if m.Err == nil {
			m.Size, m.Err = sizeOfPostgres(ctx, db.DB)
		}
		return m
	}
	m.Free = free(filepath.Dir(db.file))
	m.Size, m.LogSize = sizeOf(db.file), sizeOf(db.file+"-wal")
	return m
}

// Space measures too, and returns the bytes of the database with its log, those
// that are free on its disk, -1 if that is not known, and the error of the write.
func (db *DB) Space(ctx context.Context) (size, free int64, err error) {
	m := db.Measure(ctx)
	return m.Size + m.LogSize, m.Free, m.Err
}

// sizeOf returns the size of a file, 0 if there is none.
func sizeOf(file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return info.Size()
}

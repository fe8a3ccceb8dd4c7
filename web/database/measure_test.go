package database_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"callboard/web/database"
)

// What is measured is that of the files: sizes, the time of a write, and that
// it fails when the file is gone.
func TestMeasure(t *testing.T) {
	dir := t.TempDir()
	db, err := database.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	m := db.Measure(t.Context())
	info, err := os.Stat(filepath.Join(dir, "callboard.db"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Err != nil || m.Size != info.Size() || m.LogSize == 0 || m.Write <= 0 {
		t.Errorf("%+v, the file has %d bytes", m, info.Size())
	}
	if size, free, err := db.Space(t.Context()); err != nil || size != m.Size+m.LogSize || (free < 0) != (m.Free < 0) {
		t.Errorf("space: %d, %d, %v", size, free, err)
	}
	if known := runtime.GOOS == "linux" || runtime.GOOS == "darwin"; (m.Free > 0) != known {
		t.Errorf("free: %d", m.Free)
	}
}

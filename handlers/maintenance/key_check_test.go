package maintenance

import (
	"testing"

	"callboard/web/database"
)

// Every key fits a database in which nobody has ever signed in: it has no tables yet.
func TestKeyOfADatabaseWithoutTables(t *testing.T) {
	db, err := database.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if c, err := keyCheck(t.Context(), db.DB, nil); err != nil || !c.Fits {
		t.Errorf("%+v, %v", c, err)
	}
}

package maintenance

import (
	"context"
	"fmt"
	"io"
	"os"
)

// Backup writes a backup of the database, also while the program runs.
type Backup struct {
	File string `arg:"" help:"File to write. It must not exist."`
	DataSettings
}

// Run writes the backup and says what it does not hold.
func (b *Backup) Run(ctx context.Context, out io.Writer) error {
	if err := b.Place.Backup(ctx, b.File); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	info, err := os.Stat(b.File)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, `Wrote %s, %s: everything of the database.
The key is not part of it. Keep a copy of it in another place: %s
Without the key, every member has to sign in again after a restore.
`, b.File, size(info.Size()), b.keyPlace())
	return err
}

// size returns a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 1e6:
		return fmt.Sprintf("%d kB", (n+999)/1000)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}

package maintenance

import (
	"context"
	"fmt"
	"io"

	"callboard/web"
	"callboard/web/database"
)

// Migrate moves an installation from a file to PostgreSQL.
type Migrate struct {
	To   string `required:"" placeholder:"URL" help:"The PostgreSQL database, an empty one: postgres://USER:PASSWORD@HOST/NAME. Others can read command lines: set the variable."`
	Data string `default:"data" placeholder:"DIR" help:"Directory of the database."`
}

// Run copies all tables, compares each row, and says what is next. It can be run again
// after it was interrupted. The file stays as it is.
func (m *Migrate) Run(ctx context.Context, out io.Writer) error {
	if err := database.CheckPostgres(m.To); err != nil {
		return fmt.Errorf("migrate: --to: %w", err)
	}
	var tables, all int64
	t := database.Transfer{Dir: m.Data, To: m.To, Program: web.ReadBuild().Name(), Owners: Owners(), Copied: func(table string, rows int64) {
		tables, all = tables+1, all+rows
		fmt.Fprintf(out, "%-26s %9d rows, the same in both\n", table, rows)
	}}
	if err := t.Run(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	_, err := fmt.Fprintf(out, `Copied and compared %d tables, %d rows.
Set CALLBOARD_DATABASE to the same address, and start Callboard. It needs the same key: leave it in %s.
The file callboard.db there is as it was. Remove it, and its backups, when all is well: it holds personal data.
`, tables, all, m.Data)
	return err
}

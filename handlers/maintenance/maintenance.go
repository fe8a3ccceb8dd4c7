// Package maintenance is what an administrator does with the program's data from
// the command line: back up and restore, and what comes with it. Each command is a
// type with the flags of the kong library as its fields and a method Run.
package maintenance

import (
	"io/fs"

	"callboard/sipgate/announcement"
	"callboard/sipgate/journal"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/cluster"
	"callboard/web/database"
)

// Commands are all commands, for the command line of the program.
type Commands struct {
	Backup  Backup  `cmd:"" help:"Write a backup of the database, also while the dashboard runs."`
	Restore Restore `cmd:"" help:"Put a backup into an empty data directory, after checks."`
	Migrate Migrate `cmd:"" help:"Copy the database file to PostgreSQL, while the dashboard is stopped."`
	Erase   Erase   `cmd:"" help:"Remove a caller from all that is stored, on the caller's request."`
	Nodes   Nodes   `cmd:"" help:"List the nodes that share a PostgreSQL database, and how many teams each has."`
	Drain   Drain   `cmd:"" help:"Have a node hand its teams to the others, before it is stopped."`
}

// Owners are the owners of all tables of the database, with their migrations.
func Owners() map[string]fs.FS {
	return map[string]fs.FS{
		"web": web.Migrations, "team": team.Migrations, "announcement": announcement.Migrations, "journal": journal.Migrations,
		"cluster": cluster.Migrations,
	}
}

// DataSettings say where the data is.
type DataSettings struct {
	database.Place
	team.KeySettings
}

// keyPlace returns where the key is, for a sentence.
func (s *DataSettings) keyPlace() string {
	if s.Key != "" {
		return "the value of --key"
	}
	return s.File(s.Data)
}

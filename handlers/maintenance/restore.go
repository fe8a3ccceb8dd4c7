package maintenance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"callboard/sipgate/team"
	"callboard/web/database"
)

// Restore puts a backup into an empty data directory.
type Restore struct {
	File       string `arg:"" help:"The backup."`
	WithoutKey bool   `help:"Restore although the key is missing or another one: the members have to sign in again."`
	DataSettings
}

// Run checks the backup and restores it. The directory may hold the key, and
// nothing else. If the key is missing or another one, the error names the members
// who would have to sign in again, unless WithoutKey accepts that.
func (r *Restore) Run(ctx context.Context, out io.Writer) error {
	if r.Postgres() {
		return fmt.Errorf("restore: %w", database.ErrPostgres)
	}
	began, err := database.BeginRestore(ctx, r.File, r.Data, r.KeySettings.File(r.Data))
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	report, err := r.check(ctx, began)
	if err != nil {
		return errors.Join(fmt.Errorf("restore: %w", err), began.Abort())
	}
	if err := began.Commit(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	_, err = fmt.Fprintf(out, "Restored %s to %s.\n%s", r.File, r.Data, report)
	return err
}

// check returns what there is to say about a backup that can be restored. It
// removes the grants that no key opens any more.
func (r *Restore) check(ctx context.Context, db *database.Restoration) (report string, err error) {
	outdated, err := database.CheckSchema(ctx, db.DB, Owners())
	if err != nil {
		return "", err
	}
	if outdated {
		report = "It is from an earlier version. The next start brings it up to date, after a copy.\n"
	}
	key, problem, err := r.readKey()
	if err != nil {
		return "", err
	}
	fit, err := team.CheckKey(ctx, db.DB, key, database.HasTables)
	if err != nil {
		return "", err
	}
	if fit.Fits {
		report += signIns(fit)
		if key == nil {
			report += "There is no key. The next start makes one.\n"
		}
		return report, nil
	}
	if problem == "" {
		problem = "The key in " + r.keyPlace() + " is not the one of this backup."
	}
	if !r.WithoutKey {
		return "", fmt.Errorf("%s Put the right one there. If it is lost, repeat the command with --without-key:\n%s"+
			"Nothing has been restored", problem, consequences(fit.Lost))
	}
	return report + problem + "\n" + consequences(fit.Lost), team.ForgetKey(ctx, db.DB)
}

// readKey returns the key, or nil and a sentence if there is none.
func (r *Restore) readKey() (*team.Key, string, error) {
	key, err := r.KeySettings.Read(r.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "There is no key in " + r.keyPlace() + ".", nil
	} else if err != nil {
		return nil, "", err
	}
	return &key, "", nil
}

// signIns says who stays signed in at sipgate.
func signIns(c team.KeyCheck) string {
	text := fmt.Sprintf("The key fits. Sign-ins at sipgate that it holds: %d.\n", c.Usable)
	if len(c.Lost) > 0 {
		text += "These members have to sign in again, what is stored for them cannot be read:\n" + names(c.Lost)
	}
	return text
}

// consequences says what becomes of members whose grants are lost.
func consequences(lost []team.Member) string {
	text := "No member has to sign in again: nobody is signed in at sipgate.\n"
	if len(lost) > 0 {
		text = "These members have to sign out and in again:\n" + names(lost)
	}
	return text + "An admin has to set up the webhooks again on the page Status: their address comes from the key.\n"
}

func names(members []team.Member) string {
	var text strings.Builder
	for _, m := range members {
		fmt.Fprintf(&text, "  %s (%v)\n", m.Name, m.MemberID)
	}
	return text.String()
}

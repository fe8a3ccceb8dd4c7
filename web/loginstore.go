package web

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// A pending is a login that has begun.
type pending struct {
	verifier, next string
	expired        bool // it was this browser's, and began too long ago
}

// remember stores p under state for browser, and deletes older logins if there
// are too many. It returns the browser's secret: the given one if the browser has
// a pending login, else a new one, because the client may have invented it.
func (l *Login) remember(ctx context.Context, state, browser string, p pending) (string, error) {
	tx, err := l.DB.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer tx.Rollback()
	now := time.Now()
	if _, err := tx.ExecContext(ctx, `delete from web_login where created <= $1`, now.Add(-loginLife).UnixMilli()); err != nil {
		return "", err
	}
	var known bool
	if err := tx.QueryRowContext(ctx, `select exists (select 1 from web_login where browser = $1)`, digest(browser)).Scan(&known); err != nil {
		return "", err
	}
	if browser == "" || !known {
		browser = secret()
	}
	if _, err := tx.ExecContext(ctx, `delete from web_login where state in (
		select state from web_login where browser = $1 order by created desc, state limit 1000000 offset $2)`, digest(browser), perBrowser-1); err != nil {
		return "", err
	}
	if _, err := tx.ExecContext(ctx, `delete from web_login where state in (
		select state from web_login order by created desc, state limit 1000000 offset $1)`, maxPending-1); err != nil {
		return "", err
	}
	if _, err := tx.ExecContext(ctx, `insert into web_login (state, browser, verifier, next, created) values ($1, $2, $3, $4, $5)`,
		digest(state), digest(browser), p.verifier, p.next, now.UnixMilli()); err != nil {
		return "", err
	}
	return browser, tx.Commit()
}

// take deletes the login of state and reports whether it belongs to browser and
// has not expired. Of several concurrent callers only one gets it. A state that
// another browser sends has leaked, so it is deleted as well.
func (l *Login) take(ctx context.Context, state, browser string) (p pending, ok bool, err error) {
	if !isSecret(strings.TrimSuffix(strings.TrimSuffix(state, againSuffix), lessSuffix)) {
		return p, false, nil
	}
	var owner string
	var created int64
	err = l.DB.QueryRowContext(context.WithoutCancel(ctx),
		`delete from web_login where state = $1 returning browser, verifier, next, created`, digest(state),
	).Scan(&owner, &p.verifier, &p.next, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	ours := browser != "" && subtle.ConstantTimeCompare([]byte(owner), []byte(digest(browser))) == 1
	age := time.Since(time.UnixMilli(created))
	p.expired = ours && age >= loginLife
	return p, ours && age < loginLife && age > -clockSlack, err
}

package announcement

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"
)

// Limits of a public address. sipgate fetches an announcement at once, but
// possibly in parts and more than once.
const (
	linkLifetime   = 10 * time.Minute
	maxLinkFetches = 50
)

// Publication is a public address of an announcement, made for one play.
type Publication struct {
	Token   string // 256 bits in 43 characters of base64url; only its SHA-256 is stored
	Expires time.Time

	// Fetched receives the time of the first complete fetch in this process.
	// It receives one value at most and is not closed.
	Fetched <-chan time.Time
}

// fetchWaiter is the sending end of [Publication.Fetched].
type fetchWaiter struct {
	fetched chan time.Time
	expires time.Time
}

// Publish makes a public address, good for ten minutes and 50 fetches, for an
// announcement of account that the member named by plays. The announcement counts
// as played when it is fetched.
func (l *Library) Publish(ctx context.Context, account, id, by string) (Publication, error) {
	now := l.opts.Now()
	p := Publication{Token: newToken(), Expires: fromMillis(now.Add(linkLifetime).UnixMilli())}
	hash := hashToken(p.Token)
	err := l.inTx(ctx, func(tx *sql.Tx) error {
		// Each new address deletes the expired ones.
		if _, err := tx.ExecContext(ctx, `delete from announcement_links where expires <= $1`+allTeams, now.UnixMilli()); err != nil {
			return err
		}
		if err := getLocked(ctx, tx, account, id); err != nil {
			return err
		}
		const link = `insert into announcement_links (token, announcement, expires, fetches, played_by) values ($1, $2, $3, 0, $4)`
		_, err := tx.ExecContext(ctx, link, hash, id, p.Expires.UnixMilli(), by)
		return err
	})
	if err != nil {
		return Publication{}, err
	}
	fetched := make(chan time.Time, 1)
	p.Fetched = fetched
	l.mu.Lock()
	defer l.mu.Unlock()
	for h, w := range l.fetchWaiters {
		if !now.Before(w.expires) {
			delete(l.fetchWaiters, h)
		}
	}
	l.fetchWaiters[hash] = &fetchWaiter{fetched, p.Expires}
	return p, nil
}

// Fetch returns the telephone WAV for a token. The caller must call delivered when
// the last byte is sent, and must not call it if nothing was sent, as for HEAD. Its
// first call sends to [Publication.Fetched] and counts the play.
//
// Fetch returns ErrNotFound for every token that is unknown, expired or used up,
// or whose announcement was removed.
func (l *Library) Fetch(ctx context.Context, token string) (wav []byte, delivered func() error, err error) {
	if !isToken(token) {
		return nil, nil, ErrNotFound
	}
	hash := hashToken(token)
	// Guessed tokens start no transaction, because it would hold up others.
	var id string
	if err := l.db.QueryRowContext(ctx, `select announcement from announcement_links where token = $1`, hash).Scan(&id); err != nil {
		return nil, nil, orNotFound(err)
	}
	const count = `update announcement_links set fetches = fetches + 1
		where token = $1 and expires > $2 and fetches < $3 returning announcement`
	err = l.inTx(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, count, hash, l.opts.Now().UnixMilli(), maxLinkFetches)
		if err := row.Scan(&id); err != nil {
			return orNotFound(err)
		}
		return orNotFound(tx.QueryRowContext(ctx, `select wav from announcement_audio where announcement = $1`, id).Scan(&wav))
	})
	if err != nil {
		return nil, nil, err
	}
	return wav, func() error {
		l.notifyFetched(hash)
		return l.recordPlay(context.WithoutCancel(ctx), hash)
	}, nil
}

// AccountOf returns the account whose announcement is published under a token, or
// ErrNotFound.
func (l *Library) AccountOf(ctx context.Context, token string) (account string, err error) {
	if !isToken(token) {
		return "", ErrNotFound
	}
	err = l.db.QueryRowContext(ctx, `select account from announcements where id = (select announcement from announcement_links where token = $1)`,
		hashToken(token)).Scan(&account)
	return account, orNotFound(err)
}

// recordPlay counts a play, once for each public address.
func (l *Library) recordPlay(ctx context.Context, hash string) error {
	return l.inTx(ctx, func(tx *sql.Tx) error {
		const first = `update announcement_links set fetched = 1 where token = $1 and fetched = 0 returning announcement, played_by`
		var id, by string
		if err := tx.QueryRowContext(ctx, first, hash).Scan(&id, &by); err != nil {
			if errors.Is(err, sql.ErrNoRows) { // not the first fetch, or removed meanwhile
				return nil
			}
			return err
		}
		const count = `update announcements set plays = plays + 1, last_played = $1, played_by = $2 where id = $3`
		_, err := tx.ExecContext(ctx, count, l.opts.Now().UnixMilli(), by, id)
		return err
	})
}

// notifyFetched sends the time to [Publication.Fetched], once.
func (l *Library) notifyFetched(hash string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w, ok := l.fetchWaiters[hash]; ok {
		w.fetched <- l.opts.Now() // never blocks: the channel has room for its only value
		delete(l.fetchWaiters, hash)
	}
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

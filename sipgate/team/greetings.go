package team

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"callboard/sipgate"
)

// MaxGreeting is how many characters a greeting may have.
const MaxGreeting = 200

// Greetings are what a team says to callers, by the number of the team that was
// called. They are in memory. All methods may be called concurrently.
type Greetings struct {
	db      *sql.DB
	current atomic.Pointer[map[greetingKey]string]
}

type greetingKey struct {
	account string
	number  string
}

// NewGreetings reads the greetings from db, which has the tables of [Migrations].
// It skips invalid ones, which another version of the program wrote.
func NewGreetings(ctx context.Context, db *sql.DB) (*Greetings, error) {
	g := newGreetings(db)
	return g, g.reload(ctx, "")
}

func newGreetings(db *sql.DB) *Greetings {
	g := &Greetings{db: db}
	g.current.Store(&map[greetingKey]string{})
	return g
}

func (g *Greetings) reload(ctx context.Context, account string) error {
	where, args := of(account)
	all := map[greetingKey]string{}
	err := eachRow(ctx, g.db, func(row scanner) error {
		var key greetingKey
		var text string
		err := row.Scan(&key.account, &key.number, &text)
		if text, invalid := checkGreeting(text); invalid == nil && text != "" {
			all[key] = text
		}
		return err
	}, `select account, number, greeting from team_greetings`+where, args...)
	if err != nil {
		return fmt.Errorf("read greetings: %w", err)
	}
	replaceTeam(&g.current, all, account, func(k greetingKey) string { return k.account })
	return nil
}

// Of returns the greeting for callers of a number of an account, "" if there is
// none.
func (g *Greetings) Of(account string, number string) string {
	return (*g.current.Load())[greetingKey{account, number}]
}

// Set stores the greeting for a number of an account; an empty one removes it.
// The caller guarantees that the number is the account's. Errors are a
// [*sipgate.ValueError], "greeting_long" or "greeting_invalid", and those of the
// database.
func (g *Greetings) Set(ctx context.Context, account string, number string, text string) error {
	text, err := checkGreeting(text)
	if err != nil {
		return err
	}
	if text == "" {
		_, err = execute(ctx, g.db, `delete from team_greetings where account = $1 and number = $2`, account, number)
	} else {
		_, err = execute(ctx, g.db, `
			insert into team_greetings (account, number, greeting) values ($1, $2, $3)
			on conflict (account, number) do update set greeting = excluded.greeting`, account, number, text)
	}
	if err != nil {
		return fmt.Errorf("store greeting of %s: %w", account, err)
	}
	for {
		known := g.current.Load()
		all := maps.Clone(*known)
		if all[greetingKey{account, number}] = text; text == "" {
			delete(all, greetingKey{account, number})
		}
		if g.current.CompareAndSwap(known, &all) {
			return nil
		}
	}
}

// checkGreeting returns a greeting without the space around it.
func checkGreeting(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case utf8.RuneCountInString(text) > MaxGreeting:
		return "", &sipgate.ValueError{Field: "text", Code: "greeting_long"}
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unwritable):
		return "", &sipgate.ValueError{Field: "text", Code: "greeting_invalid"}
	}
	return text, nil
}

// unwritable reports whether r is a control character, a line break, or a mark
// that reorders or hides what is around it. Emojis and some scripts are joined by
// two of those marks.
func unwritable(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return r != joiner && r != nonJoiner && unicode.In(r, unicode.C, unicode.Zl, unicode.Zp)
}

package team

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"callboard/sipgate"
)

// Limits of a relay.
const (
	MaxRelayAddresses = 5 // besides those where sipgate sent events before
	maxRelayURL       = 500
)

// A Relay says which other programs are passed the push events of an account, which
// sipgate sends to one address only.
type Relay struct {
	Addresses []RelayAddress // those that sipgate sent events to before come first
	Answers   bool           // one that sipgate sent events to before decides how sipgate goes on with a call
}

// A RelayAddress is where another program takes push events.
type RelayAddress struct {
	URL                string
	Incoming, Outgoing bool // of calls in this direction
	Replaced           bool // sipgate sent them there before it sent them to us
}

// ID identifies the address among those of its account. Unlike the address it is no
// secret.
func (a RelayAddress) ID() string {
	sum := sha256.Sum256([]byte(a.URL))
	return hex.EncodeToString(sum[:8])
}

// HostOf returns the host of an address, whose other parts may be secret.
func HostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// A RelayPolicy says which addresses events may be passed on to.
type RelayPolicy struct {
	Own     *url.URL // of this program
	Private bool     // also addresses of private networks, and without https
}

// Check returns the address in its shortest form. The error is a
// [*sipgate.ValueError]: "relay_invalid" for what is no address, "relay_https"
// for one without https, "relay_own" for one of this program, "relay_private"
// for one of a private network. What a name leads to is checked with each
// connection.
func (r RelayPolicy) Check(address string) (string, error) {
	fault := func(code string) (string, error) { return "", &sipgate.ValueError{Field: "url", Code: code} }
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" || len(address) > maxRelayURL || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsFunc(address, unwritable) {
		return fault("relay_invalid")
	}
	u.Fragment, u.RawFragment, u.Host = "", "", strings.ToLower(u.Host)
	switch {
	case u.Scheme != "https" && !r.Private:
		return fault("relay_https")
	case r.Own != nil && strings.EqualFold(u.Hostname(), r.Own.Hostname()) && portOf(u) == portOf(r.Own):
		return fault("relay_own")
	case isPrivateHost(u.Hostname()) && !r.Private:
		return fault("relay_private")
	}
	return u.String(), nil
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"https": "443", "http": "80"}[u.Scheme]
}

// isPrivateHost reports whether a host is this machine or an address of a private
// network.
func isPrivateHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return !sipgate.IsPublic(addr)
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// Relays keeps the relays of accounts. They are in memory. All methods may be called
// concurrently.
type Relays struct {
	db      *sql.DB
	policy  RelayPolicy
	writing sync.Mutex // held while a relay changes, so that memory and database agree
	current atomic.Pointer[map[string]Relay]
}

// NewRelays reads the relays from db, which has the tables of [Migrations].
func NewRelays(ctx context.Context, db *sql.DB, policy RelayPolicy) (*Relays, error) {
	r := newRelays(db, policy)
	return r, r.reload(ctx, "")
}

func newRelays(db *sql.DB, policy RelayPolicy) *Relays {
	r := &Relays{db: db, policy: policy}
	r.current.Store(&map[string]Relay{})
	return r
}

func (r *Relays) reload(ctx context.Context, account string) error {
	where, args := of(account)
	all := map[string]Relay{}
	err := eachRow(ctx, r.db, func(row scanner) error {
		var account string
		var a RelayAddress
		err := row.Scan(&account, &a.URL, &a.Incoming, &a.Outgoing, &a.Replaced)
		relay := all[account]
		relay.Addresses = append(relay.Addresses, a)
		all[account] = relay
		return err
	}, `select account, url, incoming, outgoing, was_there from team_relays`+where+` order by was_there desc, url`, args...)
	if err == nil {
		err = eachRow(ctx, r.db, func(row scanner) error {
			var account string
			err := row.Scan(&account)
			relay := all[account]
			relay.Answers = true
			all[account] = relay
			return err
		}, `select account from team_relay_answers`+where, args...)
	}
	if err != nil {
		return fmt.Errorf("read relays: %w", err)
	}
	replaceTeam(&r.current, all, account, func(k string) string { return k })
	return nil
}

// Of returns the relay of an account. The caller must not change it.
func (r *Relays) Of(account string) Relay { return (*r.current.Load())[account] }

// Add passes the events of an account on to a further address. The error is that of
// [RelayPolicy.Check], "relay_twice", "relay_many", or that of the database.
func (r *Relays) Add(ctx context.Context, account, address string) error {
	address, err := r.policy.Check(address)
	if err != nil {
		return err
	}
	return r.change(ctx, account, func(relay *Relay) error {
		further := 0
		for _, a := range relay.Addresses {
			switch {
			case a.URL == address:
				return &sipgate.ValueError{Field: "url", Code: "relay_twice"}
			case !a.Replaced:
				further++
			}
		}
		if further >= MaxRelayAddresses {
			return &sipgate.ValueError{Field: "url", Code: "relay_many"}
		}
		relay.Addresses = append(relay.Addresses, RelayAddress{URL: address, Incoming: true, Outgoing: true})
		return nil
	})
}

// Remove stops passing events on to the address with an id.
func (r *Relays) Remove(ctx context.Context, account, id string) error {
	return r.change(ctx, account, func(relay *Relay) error {
		relay.Addresses = slices.DeleteFunc(relay.Addresses, func(a RelayAddress) bool { return a.ID() == id })
		relay.Answers = relay.Answers && slices.ContainsFunc(relay.Addresses, func(a RelayAddress) bool { return a.Replaced })
		return nil
	})
}

// SetAnswers says whether a program that sipgate sent events to before answers it.
func (r *Relays) SetAnswers(ctx context.Context, account string, on bool) error {
	return r.change(ctx, account, func(relay *Relay) error {
		relay.Answers = on && slices.ContainsFunc(relay.Addresses, func(a RelayAddress) bool { return a.Replaced })
		return nil
	})
}

// Replace passes events on to where sipgate sent them before, in place of other such
// addresses. Those that are not allowed, except for being without https, are left
// out; no addresses restore what sipgate does by itself.
func (r *Relays) Replace(ctx context.Context, account string, previous WebhookURLs) error {
	return r.change(ctx, account, func(relay *Relay) error {
		kept := slices.DeleteFunc(relay.Addresses, func(a RelayAddress) bool { return a.Replaced })
		relay.Addresses = nil
		for _, address := range []string{previous.Incoming, previous.Outgoing} {
			if u, err := url.Parse(address); err != nil || u.Scheme != "https" && u.Scheme != "http" {
				continue
			} else if _, err := r.policy.Check("https" + strings.TrimPrefix(address, u.Scheme)); err != nil {
				continue
			}
			if !slices.ContainsFunc(relay.Addresses, func(a RelayAddress) bool { return a.URL == address }) {
				relay.Addresses = append(relay.Addresses, RelayAddress{URL: address, Incoming: address == previous.Incoming, Outgoing: address == previous.Outgoing, Replaced: true})
			}
		}
		for _, a := range kept {
			if !slices.ContainsFunc(relay.Addresses, func(b RelayAddress) bool { return a.URL == b.URL }) {
				relay.Addresses = append(relay.Addresses, a)
			}
		}
		relay.Answers = relay.Answers && len(relay.Addresses) > 0 && relay.Addresses[0].Replaced
		return nil
	})
}

// change stores what change makes of the relay of an account. With an error nothing
// changes.
func (r *Relays) change(ctx context.Context, account string, change func(*Relay) error) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	relay := r.Of(account)
	relay.Addresses = slices.Clone(relay.Addresses)
	if err := change(&relay); err != nil {
		return err
	}
	if err := r.store(ctx, account, relay); err != nil {
		return fmt.Errorf("store relay of %s: %w", account, err)
	}
	all := maps.Clone(*r.current.Load())
	all[account] = relay
	r.current.Store(&all)
	return nil
}

func (r *Relays) store(ctx context.Context, account string, relay Relay) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, table := range []string{"team_relays", "team_relay_answers"} {
		if _, err := tx.ExecContext(ctx, `delete from `+table+` where account = $1`, account); err != nil {
			return err
		}
	}
	for _, a := range relay.Addresses {
		if _, err := tx.ExecContext(ctx, `insert into team_relays (account, url, incoming, outgoing, was_there) values ($1, $2, $3, $4, $5)`,
			account, a.URL, a.Incoming, a.Outgoing, a.Replaced); err != nil {
			return err
		}
	}
	if relay.Answers {
		if _, err := tx.ExecContext(ctx, `insert into team_relay_answers (account) values ($1)`, account); err != nil {
			return err
		}
	}
	return tx.Commit()
}

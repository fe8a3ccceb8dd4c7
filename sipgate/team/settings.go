package team

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Settings says which teams may use the instance and how long their audit is
// kept. Its tags, like those of [KeySettings], declare command-line flags for
// the kong library: "audit-days" for AuditDays.
type Settings struct {
	Accounts  string `placeholder:"NUMBERS" help:"sipgate accounts that may use this instance: their numbers, separated by commas, or any. Default: the first one that signs in."`
	AuditDays int    `default:"180" help:"For how many days the audit is kept."`

	RelayPrivate bool `help:"Let admins pass push events on to programs in private networks and on this machine, also without https. Only for an instance whose admins may reach those anyway."`
}

// Config is what valid [Settings] mean.
type Config struct {
	Accounts       Accounts      // for [NewMembers]
	AuditRetention time.Duration // for [NewAudit]
	Zones          ZoneRule      // for [NewZones]; the setting is of its own
	OnDemand       bool          // for [OpenStores]
	Relay          RelayPolicy   // for [NewRelays]; Own is not set here
}

// Config checks the settings. The error joins all mistakes, each of the form
// "--flag: what is wrong".
func (s *Settings) Config() (Config, error) {
	c := Config{AuditRetention: time.Duration(s.AuditDays) * 24 * time.Hour, Relay: RelayPolicy{Private: s.RelayPrivate}}
	var accountsErr, daysErr error
	if c.Accounts, accountsErr = ParseAccounts(s.Accounts); accountsErr != nil {
		accountsErr = fmt.Errorf("--accounts: %w", accountsErr)
	}
	if s.AuditDays < 1 {
		daysErr = errors.New("--audit-days: must be 1 or more")
	}
	return c, errors.Join(accountsErr, daysErr)
}

// KeySettings says where the key of the stored tokens is.
type KeySettings struct {
	Key     string `help:"Key that encrypts stored tokens: 32 bytes in base64 or hex. Default: the file below."`
	KeyFile string `placeholder:"FILE" help:"File of that key; made at first start. Default: key in the data directory."`
}

// Load returns the key, as [LoadKey] does. Without a KeyFile its file is "key"
// in the data directory.
func (s *KeySettings) Load(dataDir string) (Key, error) {
	return LoadKey(s.File(dataDir), s.Key)
}

// Read is Load without creating a file: the error of a missing one is
// [io/fs.ErrNotExist].
func (s *KeySettings) Read(dataDir string) (Key, error) {
	return readKey(s.File(dataDir), s.Key)
}

// File returns the name of the key file.
func (s *KeySettings) File(dataDir string) string {
	return cmp.Or(s.KeyFile, filepath.Join(dataDir, "key"))
}

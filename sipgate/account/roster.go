package account

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"callboard/sipgate"
)

// One rule of freshness: an older value is read again in the background by the
// next caller that needs it. Devices change all day (online, do not disturb), users
// and numbers hardly ever.
const (
	maxAge         = 5 * time.Minute
	maxPresenceAge = 30 * time.Second
	readTimeout    = 20 * time.Second

	maxNoChannelsAge = time.Hour
)

// For whoever looks at the team all the time, so many users are read again at
// once, and no others before a pause: a large team costs no more requests than a
// small one.
const (
	keepAtOnce = 2
	keepPause  = 8 * time.Second
)

// How the devices of a whole account are read: so many users at once, of the
// others one at a time.
const (
	readAtOnce = 50
	readPause  = 2 * time.Second
	maxUsers   = 1000
)

// A Roster is what is known of one account. It is safe for concurrent use. The
// slices it returns are shared and must not be changed.
type Roster struct {
	rosters *Rosters
	account string

	mu       sync.Mutex
	users    fact[[]sipgate.User]
	numbers  fact[[]sipgate.AccountNumber]
	channels fact[[]sipgate.Channel]
	devices  map[sipgate.UserID]*fact[[]sipgate.Device]
	loading  bool // a pass over all users' devices is under way
	keptAt   time.Time
	version  uint64
	snapshot *Snapshot
}

func newRoster(rs *Rosters, account string) *Roster {
	return &Roster{rosters: rs, account: account, channels: fact[[]sipgate.Channel]{refusable: true},
		devices: map[sipgate.UserID]*fact[[]sipgate.Device]{}}
}

// Users returns all users of the account, signed in or not.
func (r *Roster) Users(ctx context.Context) ([]sipgate.User, error) {
	return r.users.get(ctx, r, "", maxAge, false, r.readUsers)
}

// SetUsers hands over the users that a member has just read.
func (r *Roster) SetUsers(users []sipgate.User) {
	r.mu.Lock()
	r.users.set(users)
	if len(r.channels.value) == 0 {
		r.channels.known = false // the new sign-in may reach some
	}
	r.version++
	r.mu.Unlock()
	r.tellUsers(users)
	r.tellChange()
}

// Numbers returns the numbers of the account.
func (r *Roster) Numbers(ctx context.Context) ([]sipgate.AccountNumber, error) {
	return r.numbers.get(ctx, r, "", maxAge, false, r.readNumbers)
}

// KnownNumbers returns the numbers of the account if they were ever read. It
// never waits.
func (r *Roster) KnownNumbers() (numbers []sipgate.AccountNumber, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.numbers.olderThan(maxAge) {
		r.numbers.begin(r, "", r.readNumbers)
	}
	return r.numbers.value, r.numbers.known
}

// Channels returns the channels of the account. It has none on the classic
// platform, and none are known as long as no sign-in may read them.
func (r *Roster) Channels(ctx context.Context) ([]sipgate.Channel, error) {
	return r.channels.get(ctx, r, "", r.channelsAge(), false, readChannels)
}

// channelsAge returns how old the channels may be. Accounts without channels get
// some only when they move to the other platform, see ForgetChannels.
func (r *Roster) channelsAge() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.channelsAgeLocked()
}

func (r *Roster) channelsAgeLocked() time.Duration {
	if r.channels.known && len(r.channels.value) == 0 {
		return maxNoChannelsAge
	}
	return maxAge
}

// ForgetChannels has the channels read again by the next caller that needs them:
// the account's platform may have changed, or a sign-in may reach more.
func (r *Roster) ForgetChannels() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.channels.known = false
	r.version++
}

// Devices returns the devices of a user. It waits only if they were never read.
func (r *Roster) Devices(ctx context.Context, user sipgate.UserID) ([]sipgate.Device, error) {
	return r.deviceFact(user).get(ctx, r, user, maxPresenceAge, false, devicesOf(user))
}

// CurrentDevices reads the devices of a user, for commands that depend on their
// state now. It returns sipgate's error if it cannot be asked.
func (r *Roster) CurrentDevices(ctx context.Context, user sipgate.UserID) ([]sipgate.Device, error) {
	return r.deviceFact(user).get(ctx, r, user, 0, true, devicesOf(user))
}

// RefreshPresence reads the devices of those users again whose state was not
// asked for in the last half minute, and reports whether there are any. A user
// whose devices sipgate refuses is not asked for again before that time.
func (r *Roster) RefreshPresence(users []sipgate.UserID) (begun bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, user := range users {
		f := r.deviceFactLocked(user)
		if f.loading == nil && time.Since(f.triedAt) >= maxPresenceAge {
			f.begin(r, user, devicesOf(user))
			begun = true
		}
	}
	return begun
}

// UserName returns the name of a user of the account, signed in or not, or ""
// if it is not known (yet).
func (r *Roster) UserName(user sipgate.UserID) string {
	return r.Snapshot().UserName(user)
}

// Name returns the first and last name of a user.
func Name(u sipgate.User) string { return strings.TrimSpace(u.Firstname + " " + u.Lastname) }

// Extensions returns the extensions of one user: the user's own id, their
// devices and phone lines ("w0", "e1", "p2").
func (r *Roster) Extensions(ctx context.Context, user sipgate.UserID) (map[string]bool, error) {
	devices, err := r.deviceFact(user).get(ctx, r, user, maxAge, false, devicesOf(user))
	if err != nil {
		return nil, err
	}
	return extensions(user, devices), nil
}

// Err returns why the users or numbers of the account are not known: the error
// of the last read. It is nil if they are known, or were never read.
func (r *Roster) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.users.known && r.users.err != nil {
		return r.users.err
	}
	if !r.numbers.known {
		return r.numbers.err
	}
	return nil
}

// Load reads what is missing or too old: users, numbers, and the devices of all
// users, in the background. It returns at once.
func (r *Roster) Load() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.load()
}

// load is Load with r.mu held.
func (r *Roster) load() {
	if r.numbers.olderThan(maxAge) {
		r.numbers.begin(r, "", r.readNumbers)
	}
	if r.channels.olderThan(r.channelsAgeLocked()) {
		r.channels.begin(r, "", readChannels)
	}
	if !r.loading {
		r.loading = r.rosters.start(r.loadAll)
	}
}

// Keep keeps current what is known, in the background, for whoever looks at it
// all the time: it reads what could not be read, or the devices of those users
// whose state was asked for longest ago. It does nothing for a while after that.
func (r *Roster) Keep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.keptAt) < keepPause || r.loading {
		return
	}
	r.keptAt = time.Now()
	if !r.users.known || !r.numbers.known {
		r.load()
		return
	}
	users := slices.Clone(r.users.value)
	triedAt := func(u sipgate.User) time.Time { return r.deviceFactLocked(u.ID).triedAt }
	slices.SortStableFunc(users, func(a, b sipgate.User) int { return triedAt(a).Compare(triedAt(b)) })
	for _, u := range users[:min(len(users), keepAtOnce)] {
		if time.Since(triedAt(u)) >= maxPresenceAge {
			r.deviceFactLocked(u.ID).begin(r, u.ID, devicesOf(u.ID))
		}
	}
}

// loadAll reads the devices of all users, one user after the other.
func (r *Roster) loadAll(ctx context.Context) {
	defer func() {
		r.mu.Lock()
		r.loading = false
		r.mu.Unlock()
	}()
	users, err := r.Users(ctx)
	if err != nil {
		return
	}
	for i, u := range users[:min(len(users), maxUsers)] {
		if i >= readAtOnce && !sleep(ctx, readPause) {
			return
		}
		_, err := r.deviceFact(u.ID).get(ctx, r, u.ID, maxAge, true, devicesOf(u.ID))
		if err != nil && !refused(err) {
			return
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (r *Roster) deviceFact(user sipgate.UserID) *fact[[]sipgate.Device] {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.deviceFactLocked(user)
}

func (r *Roster) deviceFactLocked(user sipgate.UserID) *fact[[]sipgate.Device] {
	f := r.devices[user]
	if f == nil {
		f = &fact[[]sipgate.Device]{}
		r.devices[user] = f
	}
	return f
}

// readThrough asks one access after the other until one is not refused. That one may not
// read says more than that another has expired.
func readThrough[T any](ctx context.Context, sources []Access, read func(context.Context, Access) (T, error)) (none T, refusal error) {
	refusal = ErrNoAccess
	for _, access := range sources {
		value, err := read(ctx, access)
		kind := sipgate.KindOf(err)
		if err == nil || kind != sipgate.Forbidden && kind != sipgate.Unauthorized {
			return value, err
		}
		if kind == sipgate.Forbidden || refusal == ErrNoAccess {
			refusal = err
		}
	}
	return none, refusal
}

func (r *Roster) readUsers(ctx context.Context, a Access) ([]sipgate.User, error) {
	users, err := a.Users(ctx)
	if err == nil {
		r.tellUsers(users)
	}
	return users, err
}

func (r *Roster) tellUsers(users []sipgate.User) {
	if f := r.rosters.onUsers.Load(); f != nil {
		(*f)(r.account, users)
	}
}

func (r *Roster) tellChange() {
	if f := r.rosters.onChange.Load(); f != nil {
		(*f)(r.account)
	}
}

func (r *Roster) readNumbers(ctx context.Context, a Access) ([]sipgate.AccountNumber, error) {
	numbers, err := a.Numbers(ctx)
	if f := r.rosters.onNumbers.Load(); err == nil && f != nil {
		(*f)(r.account, numbers)
	}
	return numbers, err
}

// readChannels takes a refusal for an answer: an account without channels
// refuses like a sign-in without the scope.
func readChannels(ctx context.Context, a Access) ([]sipgate.Channel, error) {
	channels, err := a.Channels(ctx)
	switch sipgate.KindOf(err) {
	case sipgate.Unsupported, sipgate.NoCall, sipgate.Invalid:
		return nil, nil
	}
	return channels, err
}

func devicesOf(user sipgate.UserID) func(context.Context, Access) ([]sipgate.Device, error) {
	return func(ctx context.Context, a Access) ([]sipgate.Device, error) { return a.Devices(ctx, user) }
}

// extensions returns the extensions of a user with these devices.
func extensions(user sipgate.UserID, devices []sipgate.Device) map[string]bool {
	all := map[string]bool{string(user): true}
	for _, d := range devices {
		all[string(d.ID)] = true
		for _, l := range d.Phonelines {
			all[l.ID] = true
		}
	}
	return all
}

package account

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callboard/sipgate"
)

// fakeAccess is one member's view of an account with three users.
type fakeAccess struct {
	mu       sync.Mutex
	requests []string
	fails    map[string]error // by request
	online   bool
	renamed  bool // the telephones are others
}

func (f *fakeAccess) ask(request string) error {
	time.Sleep(100 * time.Millisecond)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, request)
	return f.fails[request]
}

func (f *fakeAccess) count(request string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.requests {
		if r == request {
			n++
		}
	}
	return n
}

func (f *fakeAccess) fail(request string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fails == nil {
		f.fails = map[string]error{}
	}
	f.fails[request] = err
}

func (f *fakeAccess) Users(context.Context) ([]sipgate.User, error) {
	if err := f.ask("users"); err != nil {
		return nil, err
	}
	return []sipgate.User{{ID: "w0", Firstname: "Jonas", Lastname: "Keller"}, {ID: "w1", Firstname: "Mira"}, {ID: "w2"}}, nil
}

func (f *fakeAccess) Numbers(context.Context) ([]sipgate.AccountNumber, error) {
	if err := f.ask("numbers"); err != nil {
		return nil, err
	}
	return []sipgate.AccountNumber{{Number: "4921170000001", EndpointID: "p0"}}, nil
}

func (f *fakeAccess) Devices(_ context.Context, user sipgate.UserID) ([]sipgate.Device, error) {
	if err := f.ask(string(user)); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	kind := "e"
	if f.renamed {
		kind = "x"
	}
	return []sipgate.Device{{ID: sipgate.DeviceID(kind + string(user[1:])), Online: f.online, Phonelines: []sipgate.Phoneline{{ID: "p9"}}}}, nil
}

func (f *fakeAccess) Channels(context.Context) ([]sipgate.Channel, error) {
	if err := f.ask("channels"); err != nil {
		return nil, err
	}
	return []sipgate.Channel{
		{ID: "c-1", Name: "Mira", Owner: "w1", Users: []sipgate.ChannelUser{{ID: "w1", Devices: []sipgate.DeviceID{"e1"}}}},
		{ID: "c-all", Name: "Zentrale", Owner: "w0", Users: []sipgate.ChannelUser{{ID: "w0"}, {ID: "w1"}}},
	}, nil
}

// within runs test in a bubble with a roster of the given sources.
func within(t *testing.T, sources []Access, test func(t *testing.T, r *Roster)) {
	synctest.Test(t, func(t *testing.T) {
		rosters := NewRosters(func(string, sipgate.UserID) []Access { return sources }, nil)
		defer rosters.Close()
		test(t, rosters.Of("1111111"))
	})
}

func TestConcurrentReadsShareOneRequest(t *testing.T) {
	access := &fakeAccess{}
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if users, err := r.Users(t.Context()); err != nil || len(users) != 3 {
					t.Errorf("%v, %v", users, err)
				}
			})
		}
		all.Wait()
		if n := access.count("users"); n != 1 {
			t.Errorf("%d requests", n)
		}
		if r.UserName("w0") != "Jonas Keller" || r.UserName("w7") != "" {
			t.Errorf("names %q, %q", r.UserName("w0"), r.UserName("w7"))
		}
	})
}

func TestKnownValuesAreReturnedWithoutWaiting(t *testing.T) {
	access := &fakeAccess{}
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		r.Devices(t.Context(), "w0")
		time.Sleep(time.Hour)
		access.mu.Lock()
		access.online = true
		access.mu.Unlock()
		begun := time.Now()
		devices, err := r.Devices(t.Context(), "w0")
		if err != nil || len(devices) != 1 || devices[0].Online || time.Since(begun) != 0 {
			t.Errorf("%+v, %v after %v; want the old state at once", devices, err, time.Since(begun))
		}
		synctest.Wait()
		time.Sleep(time.Second)
		if devices, _ := r.Devices(t.Context(), "w0"); !devices[0].Online {
			t.Error("the devices were not read again in the background")
		}
	})
}

// Who gets another telephone owns its calls some minutes later, and those of the
// old one no longer.
func TestOwnersOfTelephonesFollowSipgate(t *testing.T) {
	for name, read := range map[string]func(t *testing.T, r *Roster) (old, replaced bool){
		"one user": func(t *testing.T, r *Roster) (bool, bool) {
			own, err := r.Extensions(t.Context(), "w0")
			if err != nil || !own["w0"] || !own["p9"] {
				t.Errorf("%v, %v", own, err)
			}
			return own["e0"], own["x0"]
		},
		"the account": func(_ *testing.T, r *Roster) (bool, bool) {
			r.Load()
			time.Sleep(5 * time.Second)
			s := r.Snapshot()
			return s.Owner("e0") == "w0" && s.Owner("2814711e1") == "w1", s.Owner("x0") == "w0" && s.Owner("2814711x1") == "w1"
		},
	} {
		access := &fakeAccess{}
		within(t, []Access{access}, func(t *testing.T, r *Roster) {
			if old, replaced := read(t, r); !old || replaced {
				t.Errorf("%s: at first %v, %v", name, old, replaced)
			}
			access.mu.Lock()
			access.renamed = true
			access.mu.Unlock()
			time.Sleep(maxAge - 10*time.Second)
			requests := access.count("w0")
			if old, replaced := read(t, r); !old || replaced || access.count("w0") != requests {
				t.Errorf("%s: before it is old %v, %v, %d requests", name, old, replaced, access.count("w0"))
			}
			time.Sleep(10 * time.Second)
			read(t, r)
			time.Sleep(5 * time.Second)
			if old, replaced := read(t, r); old || !replaced {
				t.Errorf("%s: then %v, %v", name, old, replaced)
			}
		})
	}
}

func TestCurrentDevicesAreRead(t *testing.T) {
	access := &fakeAccess{}
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		r.Devices(t.Context(), "w0")
		access.mu.Lock()
		access.online = true
		access.mu.Unlock()
		if devices, err := r.CurrentDevices(t.Context(), "w0"); err != nil || !devices[0].Online {
			t.Errorf("%+v, %v", devices, err)
		}
		time.Sleep(time.Minute)
		unavailable := &sipgate.Error{Kind: sipgate.Unavailable}
		access.fail("w0", unavailable)
		if _, err := r.CurrentDevices(t.Context(), "w0"); !errors.Is(err, unavailable) {
			t.Errorf("err = %v, want sipgate's", err)
		}
	})
}

func TestFailedReadIsReportedAndTriedAgain(t *testing.T) {
	access := &fakeAccess{}
	access.fail("numbers", &sipgate.Error{Kind: sipgate.Unavailable})
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		if err := r.Err(); err != nil {
			t.Errorf("before the first read: %v", err)
		}
		if _, err := r.Numbers(t.Context()); sipgate.KindOf(err) != sipgate.Unavailable || r.Err() != err {
			t.Errorf("err = %v, %v", err, r.Err())
		}
		access.fail("numbers", nil)
		if numbers, err := r.Numbers(t.Context()); err != nil || len(numbers) != 1 {
			t.Errorf("second try: %v, %v", numbers, err)
		}
		if err := r.Err(); err != nil {
			t.Errorf("after a good read: %v", err)
		}
		access.fail("numbers", &sipgate.Error{Kind: sipgate.Unavailable})
		time.Sleep(time.Hour)
		r.Numbers(t.Context())
		time.Sleep(time.Second)
		if numbers, err := r.Numbers(t.Context()); err != nil || len(numbers) != 1 {
			t.Errorf("a failed refresh lost what was known: %v, %v", numbers, err)
		}
	})
}

func TestRefusedAccessIsFollowedByTheNext(t *testing.T) {
	plain, admin := &fakeAccess{}, &fakeAccess{}
	plain.fail("w1", &sipgate.Error{Kind: sipgate.Forbidden})
	within(t, []Access{plain, admin}, func(t *testing.T, r *Roster) {
		x, err := r.Extensions(t.Context(), "w1")
		if err != nil || !x["w1"] || !x["e1"] || !x["p9"] || len(x) != 3 {
			t.Errorf("%v, %v", x, err)
		}
		if plain.count("w1") != 1 || admin.count("w1") != 1 {
			t.Errorf("requests %v and %v", plain.requests, admin.requests)
		}
	})
	within(t, nil, func(t *testing.T, r *Roster) {
		if _, err := r.Users(t.Context()); !errors.Is(err, ErrNoAccess) {
			t.Errorf("without access: %v", err)
		}
	})
}

func TestWaitEndsWithTheContext(t *testing.T) {
	access := &fakeAccess{}
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := r.Users(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		if users, err := r.Users(t.Context()); err != nil || len(users) != 3 || access.count("users") != 1 {
			t.Errorf("the read did not go on: %v, %v", users, err)
		}
	})
}

func TestPresenceIsAskedForOnceInHalfAMinute(t *testing.T) {
	access := &fakeAccess{}
	access.fail("w2", &sipgate.Error{Kind: sipgate.Forbidden})
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		users := []sipgate.UserID{"w0", "w2"}
		for i, want := range []bool{true, false, false} {
			if got := r.RefreshPresence(users); got != want {
				t.Errorf("call %d: begun = %v", i, got)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		if !r.RefreshPresence(users) {
			t.Error("not asked again after a minute")
		}
		time.Sleep(time.Second)
		if access.count("w0") != 2 || access.count("w2") != 2 {
			t.Errorf("requests %v", access.requests)
		}
	})
}

func TestLoadReadsTheWholeAccount(t *testing.T) {
	access := &fakeAccess{}
	access.fail("w2", &sipgate.Error{Kind: sipgate.Forbidden})
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		if _, known := r.KnownNumbers(); known {
			t.Error("numbers are known before they were read")
		}
		before := r.Snapshot()
		r.Load()
		r.Load()
		time.Sleep(time.Minute)
		s := r.Snapshot()
		want := []string{"channels", "numbers", "users", "w0", "w1", "w2"}
		if got := slices.Sorted(slices.Values(access.requests)); !slices.Equal(got, want) {
			t.Errorf("requests %v, want %v", got, want)
		}
		if r.UserName("w0") != "Jonas Keller" || r.UserName("w2") != "" {
			t.Errorf("names %q, %q", r.UserName("w0"), r.UserName("w2"))
		}
		if s.Version <= before.Version || !s.Known() || len(s.Users) != 3 || len(s.Devices) != 2 {
			t.Errorf("%+v", s)
		}
		for extension, owner := range map[string]sipgate.UserID{"w2": "w2", "e0": "w0", "e1": "w1", "p9": ""} {
			if got, known := s.Owners[extension]; !known || got != owner {
				t.Errorf("%s belongs to %q, want %q", extension, got, owner)
			}
		}
		if numbers, known := r.KnownNumbers(); !known || len(numbers) != 1 {
			t.Errorf("numbers %v, %v", numbers, known)
		}
	})
}

func TestCloseEndsReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		access := &fakeAccess{}
		rosters := NewRosters(func(string, sipgate.UserID) []Access { return []Access{access} }, nil)
		rosters.Of("1").Load()
		rosters.Close()
		if _, err := rosters.Of("2").Users(t.Context()); !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	})
}

// A number at which the lines of two users ring is nobody's, in whatever order
// sipgate lists them.
func TestSharedNumbersAreNobodys(t *testing.T) {
	owners := map[string]sipgate.UserID{"p0": "w0", "p1": "w1", "p9": ""}
	number := func(n, endpoint string) sipgate.AccountNumber {
		return sipgate.AccountNumber{Number: n, EndpointID: endpoint}
	}
	numbers := []sipgate.AccountNumber{
		number("4921170000001", "p0"), number("4921170000001", "p1"), number("4921170000002", "p1"),
		number("4921170000002", "p1"), number("4921170000003", "p9"), number("4921170000003", "p0"),
	}
	want := map[string]sipgate.UserID{"+4921170000001": "", "+4921170000002": "w1", "+4921170000003": ""}
	for range 2 {
		if got := numberOwners(numbers, owners); !maps.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		slices.Reverse(numbers)
	}
}

// While sipgate cannot be reached, not every member's access is tried; and a
// roster without users says nothing about whose the telephones are.
func TestFailuresOfSipgateAreNotTriedWithEveryAccess(t *testing.T) {
	first, second := &fakeAccess{}, &fakeAccess{}
	first.fail("users", &sipgate.Error{Kind: sipgate.Unavailable})
	within(t, []Access{first, second}, func(t *testing.T, r *Roster) {
		if r.rosters.Of("1111111") != r || r.rosters.Of("2222222") == r {
			t.Error("an account has several rosters, or several accounts have one")
		}
		if _, err := r.Users(t.Context()); sipgate.KindOf(err) != sipgate.Unavailable || second.count("users") != 0 {
			t.Errorf("%v; the second member was asked %d times", err, second.count("users"))
		}
		if r.Snapshot().Known() {
			t.Error("whose the telephones are is known without users")
		}
	})
}

// Who takes part is named by their number, line, device or user id; groups and
// telephones of several users have names of their own.
func TestPartiesHaveNames(t *testing.T) {
	s := &Snapshot{Users: []sipgate.User{{ID: "w0", Firstname: "Jonas", Lastname: "Keller"}, {ID: "w1", Firstname: "Mira"}},
		Numbers: []sipgate.AccountNumber{{Number: "4921170000001", EndpointID: "p0", EndpointAlias: "Jonas's line"}, {Number: "4921170000002", EndpointID: "g1", EndpointAlias: "Workshop"}},
		Devices: map[sipgate.UserID][]sipgate.Device{"w0": {{ID: "e0", Alias: "Desk", Phonelines: []sipgate.Phoneline{{ID: "p0", Alias: "Line 1"}, {ID: "p5", Alias: "Line 5"}}}}},
		Owners:  map[string]sipgate.UserID{"w0": "w0", "e0": "w0", "p0": "w0", "w1": "w1"}}
	for party, want := range map[string]string{
		"+4921170000001": "Jonas Keller", "+4921170000002": "Workshop", "+4930999999": "", "": "",
		"p0": "Jonas Keller", "2814711g1": "Workshop", "e0": "Desk", "2814711e0": "Desk", "p5": "Line 5", "w1": "Mira", "2814711w0": "Jonas Keller", "w9": "", "e9": "", "x": "",
	} {
		if got := s.PartyName(party); got != want {
			t.Errorf("%q is %q, want %q", party, got, want)
		}
	}
}

// A small account is known at once; of a large one, the first fifty users, and
// then one every two seconds.
func TestLargeAccountsAreReadSlowly(t *testing.T) {
	access := &fakeAccess{}
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		r.Load()
		time.Sleep(time.Second)
		if s := r.Snapshot(); !s.Known() || len(s.Devices) != 3 {
			t.Errorf("after a second the devices of %d users", len(s.Devices))
		}
		users := make([]sipgate.User, readAtOnce+3)
		for i := range users {
			users[i].ID = sipgate.UserID(fmt.Sprint("w", i+100))
		}
		r.SetUsers(users)
		r.Load()
		for _, want := range []int{readAtOnce, readAtOnce, readAtOnce + 1, readAtOnce + 2, readAtOnce + 3} {
			if want == readAtOnce {
				time.Sleep(readAtOnce*100*time.Millisecond/2 + 100*time.Millisecond)
			} else {
				time.Sleep(readPause + 100*time.Millisecond)
			}
			read := 0
			for _, u := range users {
				read += access.count(string(u.ID))
			}
			if read > want || want > readAtOnce && read != want {
				t.Errorf("%d users were read, want %d", read, want)
			}
		}
	})
}

// Whoever follows the users is told of them whenever they were read, by the
// roster or by a member, and not of failures.
func TestReadUsersAreReported(t *testing.T) {
	access := &fakeAccess{}
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		var reported []int
		r.rosters.OnUsers(func(_ string, users []sipgate.User) { reported = append(reported, len(users)) })
		access.fail("users", &sipgate.Error{Kind: sipgate.Unavailable})
		if _, err := r.Users(t.Context()); err == nil || len(reported) != 0 {
			t.Errorf("a failure: %v, reported %v", err, reported)
		}
		access.fail("users", nil)
		if _, err := r.Users(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.SetUsers([]sipgate.User{{ID: "w0"}})
		if !slices.Equal(reported, []int{3, 1}) {
			t.Errorf("reported %v", reported)
		}
	})
}

func TestReadNumbersAreReported(t *testing.T) {
	access := &fakeAccess{}
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		var reported []int
		r.rosters.OnNumbers(func(account string, numbers []sipgate.AccountNumber) {
			if account != "1111111" {
				t.Errorf("account %q", account)
			}
			reported = append(reported, len(numbers))
		})
		load := func() {
			r.Load()
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		load()
		load() // not older than five minutes
		time.Sleep(5 * time.Minute)
		access.fail("numbers", &sipgate.Error{Kind: sipgate.Unavailable})
		load()
		access.fail("numbers", nil)
		load()
		if !slices.Equal(reported, []int{1, 1}) || access.count("numbers") != 3 {
			t.Errorf("reported %v after %d reads", reported, access.count("numbers"))
		}
	})
}

// A personal channel is its owner's, a shared one nobody's. An account that
// refuses to list channels has none: it is asked once in an hour, and again when
// it may have changed.
func TestChannels(t *testing.T) {
	refused := &sipgate.Error{Kind: sipgate.Forbidden, Err: errors.New("refused")}
	first, second := &fakeAccess{}, &fakeAccess{}
	first.fail("channels", refused)
	within(t, []Access{first, second}, func(t *testing.T, r *Roster) {
		if list, err := r.Channels(t.Context()); err != nil || len(list) != 2 {
			t.Fatalf("%v, %v", list, err)
		}
		owners := r.Snapshot().Owners
		if owner, known := owners["c-all"]; owners["c-1"] != "w1" || owner != "" || !known {
			t.Errorf("%v", owners)
		}
	})
	for name, err := range map[string]error{"refused": refused, "unknown path": &sipgate.Error{Kind: sipgate.NoCall}, "unsupported": &sipgate.Error{Kind: sipgate.Unsupported}} {
		access := &fakeAccess{}
		access.fail("channels", err)
		within(t, []Access{access}, func(t *testing.T, r *Roster) {
			for range 3 {
				if list, err := r.Channels(t.Context()); err != nil || len(list) != 0 {
					t.Fatalf("%s: %v, %v", name, list, err)
				}
				time.Sleep(10 * time.Minute)
			}
			if n := access.count("channels"); n != 1 {
				t.Errorf("%s: %d requests", name, n)
			}
			access.fail("channels", nil)
			r.ForgetChannels()
			if list, err := r.Channels(t.Context()); err != nil || len(list) != 2 {
				t.Errorf("%s: %v, %v", name, list, err)
			}
		})
	}
}

// A roster knows the owners of the extensions when it has read everything that names them,
// or sipgate has refused it, and not because it reads nothing at the moment.
func TestOwnersAreKnownWhenAllWasRead(t *testing.T) {
	access := &fakeAccess{}
	access.fail("w1", &sipgate.Error{Kind: sipgate.Unavailable})
	access.fail("w2", &sipgate.Error{Kind: sipgate.Forbidden})
	within(t, []Access{access}, func(t *testing.T, r *Roster) {
		known := func(want bool, when string) {
			t.Helper()
			if s := r.Snapshot(); s.Known() != want {
				t.Errorf("%s: known %v", when, s.Known())
			}
		}
		known(false, "at the beginning")
		r.Users(t.Context())
		known(false, "with the users only")
		r.Load()
		time.Sleep(time.Second)
		known(false, "without the telephones of a user")
		access.fail("w1", nil)
		r.Load()
		time.Sleep(time.Second)
		known(true, "when all was read")
		r.ForgetChannels()
		known(false, "without the channels")
		r.Load()
		time.Sleep(time.Second)
		known(true, "with the channels")
	})
}

// Of several refusals, that of an access that works counts.
func TestAnExpiredSignInHidesNoRefusal(t *testing.T) {
	expired, denied := &sipgate.Error{Kind: sipgate.Unauthorized}, &sipgate.Error{Kind: sipgate.Forbidden}
	for _, errs := range [][]error{{expired, denied}, {denied, expired}, {expired, denied, expired}} {
		i := 0
		_, err := readThrough(t.Context(), make([]Access, len(errs)), func(context.Context, Access) (int, error) {
			i++
			return 0, errs[i-1]
		})
		if err != denied || i != len(errs) {
			t.Errorf("%v: %v after %d", errs, err, i)
		}
	}
	if _, err := readThrough(t.Context(), make([]Access, 2), func(context.Context, Access) (int, error) { return 0, expired }); err != expired {
		t.Error(err)
	}
}

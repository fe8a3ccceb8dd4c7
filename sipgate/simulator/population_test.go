package simulator

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// By default there are the three accounts that the documentation describes,
// whose users have the numbers and devices they always had.
func TestDefaultAccounts(t *testing.T) {
	var got []string
	for _, a := range makeAccounts(Size{}) {
		for _, u := range a.users {
			got = append(got, a.id+" "+u.name()+" "+u.email+" "+u.password+" "+u.number())
			for _, d := range u.devices {
				got = append(got, d.id)
			}
		}
	}
	want := strings.Split(`2814711 Anna Bergmann anna.bergmann@lindenhof.example demo-anna +492214710110
e0
2814711 Jonas Keller jonas.keller@lindenhof.example demo-jonas +492214710111
e1
2814711 Mira Hoffmann mira.hoffmann@lindenhof.example demo-mira +492214710112
e2
2390015 Katrin Sommer katrin.sommer@praxis-sommer.example demo-katrin +493023125110
e0
2390015 Oliver Brandt oliver.brandt@praxis-sommer.example demo-oliver +493023125111
e1
2951604 Levke Petersen levke.petersen@nordlicht.example demo-levke +494066969510
e0
e10
e20
y0
2951604 Tarik Yılmaz tarik.yılmaz@nordlicht.example demo-tarik +494066969511
e1
e11
e21
y1`, "\n")
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// TestLargeAccountsHaveDepartments: of a large account most users belong to a group,
// each with a number of its own, and devices name the groups of their user.
func TestLargeAccountsHaveDepartments(t *testing.T) {
	for _, size := range []Size{{Users: 200}, {Accounts: 5, Users: 50}} {
		for _, a := range makeAccounts(size) {
			in, numbers, names := map[*user]int{}, map[string]bool{}, map[string]bool{}
			for _, g := range a.groups {
				for _, u := range g.members {
					in[u]++
				}
				numbers[a.groupNumber(g)], names[g.alias] = true, true
			}
			if a.neo() {
				continue // has channels
			}
			if len(names) < 4 || len(names) != len(a.groups) || len(numbers) != len(a.groups) || len(in) < len(a.users)*8/10 {
				t.Errorf("%s: %d groups with %d names and %d numbers, %d of %d users in them", a.company, len(a.groups), len(names), len(numbers), len(in), len(a.users))
			}
		}
	}
}

// Nobody in a large population can be taken for somebody else: names, e-mail
// addresses, numbers, companies and, in each account, first and last names and
// devices are all different, and no number is the beginning of another.
func TestLargePopulation(t *testing.T) {
	accounts := makeAccounts(Size{Accounts: 100, Users: 50})
	if len(accounts) != 100 {
		t.Fatalf("%d accounts", len(accounts))
	}
	once := map[string]string{}
	unique := func(kind, value, owner string) {
		t.Helper()
		if other, taken := once[kind+value]; taken {
			t.Fatalf("%s and %s have the same %s %q", owner, other, kind, value)
		}
		once[kind+value] = owner
	}
	var numbers []string
	for _, a := range accounts {
		if len(a.users) != 50 {
			t.Errorf("%s has %d users", a.company, len(a.users))
		}
		unique("id", a.id, a.company)
		unique("company", a.company, a.id)
		for i, u := range a.users {
			unique("name", u.name(), u.fullID())
			unique("e-mail", u.email, u.fullID())
			unique(a.id+" first name ", u.first, u.fullID())
			unique(a.id+" last name ", u.last, u.fullID())
			if u.admin != (i == 0) {
				t.Errorf("%s is an admin: %v", u.fullID(), u.admin)
			}
			for _, d := range u.devices {
				unique(a.id+" device ", d.id, u.fullID())
			}
			if a.userByNumber(u.number()) != u {
				t.Errorf("%s has not the number %s", u.fullID(), u.number())
			}
		}
		for _, g := range a.groups {
			if len(g.members) == 0 || a.groupNumber(g) == "" {
				t.Errorf("group %s of %s: %d members", g.alias, a.company, len(g.members))
			}
		}
		for _, c := range a.contacts {
			unique(a.id+" contact ", c.numbers[0].Number, c.name)
			unique("name", c.name, a.id+" "+c.id)
		}
		for _, n := range a.numbers {
			unique("number", n.e164, n.alias)
			numbers = append(numbers, n.e164)
		}
	}
	slices.Sort(numbers)
	for i, n := range numbers[1:] {
		if strings.HasPrefix(n, numbers[i]) {
			t.Errorf("%s is the beginning of %s", numbers[i], n)
		}
	}
}

// Names and companies of the largest population are complete, and those of a
// smaller one are the same.
func TestPopulationIsTheSameEachTime(t *testing.T) {
	some, all := makeAccounts(Size{Accounts: 7}), makeAccounts(Size{Accounts: maxAccounts})
	companies := map[string]bool{}
	for i, a := range all {
		companies[a.company] = true
		if i < len(some) && (some[i].company != a.company || some[i].users[0].name() != a.users[0].name()) {
			t.Errorf("account %d is %s of %s, and %s of %s", i, some[i].company, some[i].users[0].name(), a.company, a.users[0].name())
		}
	}
	if len(companies) != maxAccounts {
		t.Errorf("%d different companies", len(companies))
	}
}

// Each account has calls, lists, tokens and push events of its own.
func TestEachAccountIsItsOwn(t *testing.T) {
	pushed := make(chan string, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		pushed <- r.URL.Path + " " + r.PostForm.Get("fullUserId[]")
	}))
	defer receiver.Close()
	s := New(Options{Control: true, Size: Size{Accounts: 5, Users: 3}})
	defer s.Close()
	if err := s.SetPushURLs(func(account string) string { return receiver.URL + "/" + account }); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.accounts {
		id, err := s.Ring(NewCall{Account: a.id, Users: []string{"w2"}, State: "established"})
		if err != nil {
			t.Fatal(err)
		}
		if got := <-pushed; got != "/"+a.id+" "+a.id+"w2" {
			t.Errorf("the event of %s went to %s", a.id, got)
		}
		token, err := s.Token(a.id, "w2", "")
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequest("GET", "/v2/calls", nil)
		req.Header.Set("Authorization", "Bearer "+token["access_token"].(string))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, req)
		var list struct{ Data []struct{ CallID string } }
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list.Data) != 1 || list.Data[0].CallID != id {
			t.Errorf("%s sees %s", a.id, w.Body)
		}
	}
}

// In every account of a chosen size, and in the first one otherwise, the office
// script makes calls, also where there are no groups.
func TestOfficeScriptInEveryAccount(t *testing.T) {
	for want, size := range map[int]Size{1: {Users: 3}, 4: {Accounts: 4}} {
		s := New(Options{Size: size})
		if err := s.Play(ScriptOffice); err != nil {
			t.Fatal(err)
		}
		busy := map[string]bool{}
		for until := time.Now().Add(10 * time.Second); len(busy) < want && time.Now().Before(until); {
			for _, c := range s.Calls() {
				busy[c.Account] = true
			}
		}
		s.Close()
		if len(busy) != want {
			t.Errorf("%+v: calls in %d accounts, want %d", size, len(busy), want)
		}
	}
}

// The sign-in page of a large population stays short, and says how those sign
// in whom it does not list.
func TestSignInPageOfManyUsers(t *testing.T) {
	s := New(Options{Size: Size{Accounts: 100, Users: 50}})
	defer s.Close()
	w := httptest.NewRecorder()
	query := url.Values{"client_id": {s.opts.ClientID}, "redirect_uri": {"http://localhost/"}, "response_type": {"code"}, "scope": {"openid"}}
	s.ServeHTTP(w, httptest.NewRequest("GET", "/login/third-party/protocol/openid-connect/auth?"+query.Encode(), nil))
	page := w.Body.String()
	if len(page) > 60_000 || strings.Count(page, `name="user"`) != maxListedAccounts*maxListedUsers {
		t.Errorf("%d bytes with %d users: %.2000s", len(page), strings.Count(page, `name="user"`), page)
	}
	for _, u := range []*user{s.accounts[0].users[maxListedUsers], s.accounts[99].users[0]} {
		if !strings.Contains(page, u.email) || s.auth.login(u.email, u.password) != u {
			t.Errorf("%s cannot sign in as the page says", u.email)
		}
	}
	if !strings.Contains(page, english.Hint) {
		t.Error("the page does not say what the passwords are")
	}
}

// Numbers of accounts and users on a command line are checked.
func TestSizeOnTheCommandLine(t *testing.T) {
	for _, bad := range []string{"", "0", "-1", "501", "ten", "1e2", "99999999999999999999"} {
		if new(AccountCount).UnmarshalText([]byte(bad)) == nil || new(UserCount).UnmarshalText([]byte(bad)) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	z := Size{}
	if z.Accounts.UnmarshalText([]byte("100")) != nil || z.Users.UnmarshalText([]byte("50")) != nil || z != (Size{100, 50}) {
		t.Errorf("%+v", z)
	}
}

// BenchmarkStartLarge measures the start of 100 accounts of 50 users.
func BenchmarkStartLarge(b *testing.B) {
	for b.Loop() {
		New(Options{Size: Size{Accounts: 100, Users: 50}}).Close()
	}
}

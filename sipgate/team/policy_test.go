package team

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"callboard/sipgate"
)

// callPolicy is the expected policy of calls. A cell says whose access is used,
// the actor's "own" or "via" that of the owner w1, or why the permission is
// denied, with "!" if the reason names w1. A row has the owners of the call,
// who are w1 and, after a plus sign, w2, and whether the actor's access reaches
// it. An owner is "yes" or "no" to leads, "hidden" if yes but not sharing, and
// "private" if neither. One of "default yes" or "default no" has stated nothing.
// Owners are signed in, but "new" ones, who never were, and "gone" ones.
const callPolicy = `
see
	call                     viewer       agent        lead          admin
	own                      own          own          own           own
	own, reached             own          own          own           own
	yes                      own          own          own           own
	yes, reached             own          own          own           own
	no                       own          own          own           own
	hidden                   not_shared   not_shared   not_shared    not_shared
	hidden, reached          own          own          own           own
	private                  not_shared   not_shared   not_shared    not_shared
	private, reached         own          own          own           own
	private + yes            own          own          own           own
	no + hidden              own          own          own           own
	new default yes          own          own          own           own
	new default hidden       not_shared   not_shared   not_shared    not_shared
	gone yes                 own          own          own           own
	nobody                   own          own          own           own
	nobody, reached          own          own          own           own
	foreign                  not_shared   not_shared   not_shared    not_shared
	foreign, reached         not_shared   not_shared   not_shared    not_shared

note
	call                     viewer       agent        lead          admin
	own                      role_viewer  own          own           own
	own, reached             role_viewer  own          own           own
	yes                      role_viewer  not_yours!   own           own
	no                       role_viewer  not_yours!   own           own
	no, reached              role_viewer  not_yours!   own           own
	hidden                   not_shared   not_shared   not_shared    not_shared
	private                  not_shared   not_shared   not_shared    not_shared
	private, reached         role_viewer  not_yours!   own           own
	new default yes          role_viewer  not_yours!   own           own
	gone no                  role_viewer  not_yours!   own           own
	nobody                   role_viewer  nobodys      own           own
	nobody, reached          role_viewer  nobodys      own           own
	foreign, reached         not_shared   not_shared   not_shared    not_shared
	yes, expired             role_viewer  not_yours!   own           own
	own, expired             role_viewer  own          own           own

hold mute record transfer unask tones announce hangup undo override
	call                     viewer       agent        lead              admin
	own                      role_viewer  own          own               own
	own, reached             role_viewer  own          own               own
	yes                      role_viewer  not_yours!   via               via
	yes, reached             role_viewer  not_yours!   own               own
	no                       role_viewer  not_yours!   not_lendable!     not_lendable!
	no, reached              role_viewer  not_yours!   not_lendable!     not_lendable!
	hidden                   not_shared   not_shared   not_shared        not_shared
	hidden, reached          role_viewer  not_yours!   own               own
	private                  not_shared   not_shared   not_shared        not_shared
	private, reached         role_viewer  not_yours!   not_lendable!     not_lendable!
	private + yes            role_viewer  not_yours!   via               via
	private + yes, reached   role_viewer  not_yours!   own               own
	no + hidden              role_viewer  not_yours!   not_lendable!     not_lendable!
	no + hidden, reached     role_viewer  not_yours!   own               own
	default yes              role_viewer  not_yours!   via               via
	default no               role_viewer  not_yours!   not_default!      not_default!
	default no, reached      role_viewer  not_yours!   not_default!      not_default!
	new default yes          role_viewer  not_yours!   never_signed_in!  never_signed_in!
	new default yes, reached role_viewer  not_yours!   own               own
	new default no           role_viewer  not_yours!   not_default!      not_default!
	new default no, reached  role_viewer  not_yours!   not_default!      not_default!
	new default hidden       not_shared   not_shared   not_shared        not_shared
	gone yes                 role_viewer  not_yours!   owner_not_here!   owner_not_here!
	gone yes, reached        role_viewer  not_yours!   own               own
	gone no                  role_viewer  not_yours!   not_lendable!     not_lendable!
	gone yes + yes           role_viewer  not_yours!   via2              via2
	nobody                   role_viewer  nobodys      not_reached       not_reached
	nobody, reached          role_viewer  nobodys      own               own
	foreign                  not_shared   not_shared   not_shared        not_shared
	foreign, reached         not_shared   not_shared   not_shared        not_shared
	own, expired             role_viewer  sign_in_again sign_in_again     sign_in_again
	yes, expired             role_viewer  not_yours!   sign_in_again     sign_in_again
	nobody, expired          role_viewer  nobodys      sign_in_again     sign_in_again
`

// otherPolicy is the expected policy of permissions that concern no call.
const otherPolicy = `
	board team history settings.own figures  yes          yes          yes         yes
	call announcements history.mark          role_viewer  yes          yes         yes
	history.all history.mark.all status      role_viewer  role_agent   yes         yes
	figures.people greetings                 role_viewer  role_agent   yes         yes
	announcements.write people settings      role_viewer  role_agent   role_lead   yes
	webhooks relay audit walls                     role_viewer  role_agent   role_lead   yes
`

// callOf returns the call of a row of callPolicy.
func callOf(row string, actor Member) (c CallAccess) {
	owners, condition, _ := strings.Cut(row, ", ")
	c.Reaches, c.Expired = condition == "reached", condition == "expired"
	for i, owner := range strings.Split(owners, " + ") {
		if o, ok := ownerOf(owner, sipgate.UserID(fmt.Sprint("w", i+1)), actor); ok {
			c.Owners = append(c.Owners, o)
		}
	}
	return c
}

func ownerOf(words string, user sipgate.UserID, actor Member) (o Owner, ok bool) {
	o = Owner{Member: Member{MemberID: MemberID{"111", user}, Role: Agent, Stated: true, Joined: time.Unix(1, 0)}, SignedIn: true}
	for _, word := range strings.Fields(words) {
		switch word {
		case "own": // the own consent does not matter
			o.Member = actor
			o.Consent = Consent{}
		case "yes":
			o.Consent = Consent{true, true}
		case "no":
			o.SharesCalls = true
		case "hidden":
			o.AllowsLeads = true
		case "private":
		case "default":
			o.Stated = false
		case "new":
			o.Joined, o.SignedIn = time.Time{}, false
		case "gone":
			o.SignedIn = false
		case "foreign": // "w0" repeats in every account
			o.MemberID, o.Consent = MemberID{"222", actor.User}, Consent{true, true}
		case "nobody":
			return o, false
		default:
			panic(word)
		}
	}
	return o, true
}

// describe returns a decision as a cell of the tables.
func describe(d Decision, actor Member) string {
	switch {
	case !d.OK && d.Via == MemberID{} && d.Of == MemberID{}:
		return d.Reason
	case !d.OK && d.Via == MemberID{} && d.Of == MemberID{"111", "w1"}:
		return d.Reason + "!"
	case d.OK && d.Reason == "" && d.Of == MemberID{}:
		switch d.Via {
		case actor.MemberID:
			return "own"
		case MemberID{"111", "w1"}, MemberID{"111", "w2"}:
			return "via" + strings.TrimSuffix(string(d.Via.User[1:]), "1")
		}
	}
	return fmt.Sprintf("%+v", d)
}

// TestCallPolicy compares the policy with callPolicy: all roles, permissions and
// calls.
func TestCallPolicy(t *testing.T) {
	var permissions []Permission
	seen := map[Permission]int{}
	for line := range strings.Lines(callPolicy) {
		switch name := strings.TrimSpace(line[:min(len(line), 26)]); {
		case name == "" || name == "call":
		case line[0] != '\t':
			permissions = nil
			for _, p := range strings.Fields(line) {
				permissions = append(permissions, Permission(p))
			}
		default:
			cells := strings.Fields(line[26:])
			if len(cells) != int(Admin) {
				t.Fatalf("%q has %d cells", line, len(cells))
			}
			for role := Viewer; role <= Admin; role++ {
				actor := Member{MemberID: ada, Role: role, Consent: Consent{true, true}, Joined: time.Unix(1, 0)}
				for _, p := range permissions {
					seen[p]++
					want := strings.Replace(cells[role-1], "via", viaOf(name), 1)
					if got := describe(actor.MayOnCall(p, callOf(name, actor)), actor); got != want {
						t.Errorf("%v, %s, %s: %s, want %s", role, p, name, got, want)
					}
					if got := actor.May(p); got != deny(ReasonUnknownPermission) {
						t.Errorf("%v, %s on no call: %+v", role, p, got)
					}
				}
			}
		}
	}
	for p := range callRules {
		if seen[p] < 15*int(Admin) {
			t.Errorf("%s is in %d cells", p, seen[p])
		}
	}
}

// viaOf returns the cell for the first owner of a row through whom leads act.
func viaOf(row string) string {
	if strings.HasPrefix(row, "private +") {
		return "via2"
	}
	return "via"
}

// TestOtherPolicy compares the policy with otherPolicy.
func TestOtherPolicy(t *testing.T) {
	seen := map[Permission]bool{}
	for line := range strings.Lines(strings.TrimPrefix(otherPolicy, "\n")) {
		cells := strings.Fields(line)
		permissions, cells := cells[:len(cells)-int(Admin)], cells[len(cells)-int(Admin):]
		for _, name := range permissions {
			p := Permission(name)
			seen[p] = true
			for role := Viewer; role <= Admin; role++ {
				actor := Member{MemberID: ada, Role: role}
				want := deny(cells[role-1])
				if cells[role-1] == "yes" {
					want = Decision{OK: true, Via: ada}
				}
				if got := actor.May(p); got != want {
					t.Errorf("%v, %s: %+v, want %+v", role, p, got, want)
				}
				if got := actor.MayOnCall(p, CallAccess{Reaches: true, Owners: []Owner{{Member: actor}}}); got != deny(ReasonUnknownPermission) {
					t.Errorf("%v, %s on a call: %+v", role, p, got)
				}
			}
		}
	}
	for p := range minRoles {
		if !seen[p] {
			t.Errorf("%s is in no table", p)
		}
	}
}

// TestDenyByDefault shows that invalid members have no permission, and that no
// member has an unknown one.
func TestDenyByDefault(t *testing.T) {
	all := append(slices.Collect(maps.Keys(callRules)), slices.Collect(maps.Keys(minRoles))...)
	all = append(all, "", "everything", "HOLD", "hold ", "*")
	for _, m := range []Member{
		{},
		{Role: Admin},
		{MemberID: MemberID{"111", ""}, Role: Admin},
		{MemberID: MemberID{"", "w0"}, Role: Admin},
		{MemberID: ada},
		{MemberID: ada, Role: -1},
		{MemberID: ada, Role: Admin + 1},
		{MemberID: ada, Role: Admin, Removed: true},
	} {
		for _, p := range all {
			for _, got := range []Decision{m.May(p), m.MayAttempt(p), m.MayOnCall(p, CallAccess{Reaches: true, Owners: []Owner{{Member: m}}}), m.MayOnCall(p, CallAccess{Reaches: true})} {
				if got.OK || got.Reason == "" || got.Via != (MemberID{}) {
					t.Errorf("%+v, %s: %+v", m, p, got)
				}
			}
		}
	}
	admin := Member{MemberID: ada, Role: Admin}
	for _, p := range []Permission{"", "everything", "HOLD", "hold ", "*"} {
		if a, b := admin.May(p), admin.MayOnCall(p, CallAccess{Reaches: true}); a != deny(ReasonUnknownPermission) || b != a {
			t.Errorf("%q: %+v, %+v", p, a, b)
		}
	}
	if (Decision{}).OK {
		t.Error("the zero Decision is OK")
	}
}

// TestPolicyProperties tries random members on random calls: a greater role has
// all permissions of a lesser one, the actor's own access is used whenever it
// reaches the call, else only that of an owner who is signed in and has given
// the consent, and reasons are true.
func TestPolicyProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	coin := func() bool { return r.IntN(2) == 0 }
	randomMember := func() Member {
		return Member{
			MemberID: MemberID{[]string{"111", "222"}[r.IntN(9)/8], []sipgate.UserID{"w0", "w1", "w2", "w3"}[r.IntN(4)]},
			Role:     Role(r.IntN(5)), Consent: Consent{coin(), coin()}, Stated: coin(), Joined: []time.Time{{}, time.Unix(1, 0)}[r.IntN(2)], Removed: r.IntN(8) == 0,
		}
	}
	permissions := slices.Sorted(maps.Keys(callRules))
	for range 20_000 {
		m, p, call := randomMember(), permissions[r.IntN(len(permissions))], CallAccess{Reaches: coin(), Expired: r.IntN(8) == 0}
		for range r.IntN(4) {
			call.Owners = append(call.Owners, Owner{Member: randomMember(), SignedIn: coin()})
		}
		before := slices.Clone(call.Owners)
		got := m.MayOnCall(p, call)
		if !slices.Equal(before, call.Owners) {
			t.Fatal("MayOnCall changed the owners")
		}
		if got.OK == (got.Reason != "") || got.OK == (got.Via == MemberID{}) || got.OK && got.Of != (MemberID{}) {
			t.Fatalf("%v, %s, %+v: %+v", m, p, call, got)
		}
		if got.OK && got.Via != m.MemberID {
			i := slices.IndexFunc(call.Owners, func(o Owner) bool { return o.MemberID == got.Via && o.SignedIn && o.SharesCalls && o.AllowsLeads })
			if i < 0 || got.Via.Account != m.Account || call.Reaches || p == SeeCall || p == WriteNote {
				t.Fatalf("%v uses the access of %v for %s on %+v", m, got.Via, p, call)
			}
		}
		if got.OK && m.Role < Admin {
			greater := m
			greater.Role++
			if !greater.MayOnCall(p, call).OK {
				t.Fatalf("%v may %s on %v, but a greater role may not", m, p, call)
			}
		}
		if got.OK && !m.MayOnCall(SeeCall, call).OK {
			t.Fatalf("%v may %s on %v, but not see it", m, p, call)
		}
		if got.Of != (MemberID{}) && !trueOf(got, call) {
			t.Fatalf("%s of %v is not true of %+v", got.Reason, got.Of, call)
		}
	}
}

// trueOf reports whether the reason of a decision is true of an owner of the
// call whom it names.
func trueOf(d Decision, call CallAccess) bool {
	return slices.ContainsFunc(call.Owners, func(o Owner) bool {
		if o.MemberID != d.Of {
			return false
		}
		switch d.Reason {
		case ReasonNotOwner:
			return true
		case ReasonNoConsent:
			return o.Stated && !o.AllowsLeads
		case ReasonTeamDefault:
			return !o.Stated && !o.AllowsLeads
		case ReasonNeverSignedIn:
			return o.Joined.IsZero() && !call.Reaches
		case ReasonSignedOut:
			return !o.Joined.IsZero() && !o.SignedIn && !call.Reaches
		}
		return false
	})
}

// TestMinRole shows that every permission may be attempted from its least role
// upwards, and that unknown permissions have none.
func TestMinRole(t *testing.T) {
	for _, p := range slices.Concat(slices.Collect(maps.Keys(callRules)), slices.Collect(maps.Keys(minRoles))) {
		least, ok := MinRole(p)
		if !ok || !least.Valid() {
			t.Errorf("%s needs %v, %v", p, least, ok)
		}
		for role := Viewer; role <= Admin; role++ {
			m := Member{MemberID: ada, Role: role}
			want := Decision{OK: true, Via: ada}
			if role < least {
				want = denyRole(role)
			}
			if got := m.MayAttempt(p); got != want {
				t.Errorf("%v attempts %s: %+v, want %+v", role, p, got, want)
			}
			if _, onCall := callRules[p]; !onCall && m.May(p) != want {
				t.Errorf("%v, %s: May and MayAttempt differ", role, p)
			}
		}
	}
	for _, p := range []Permission{"", "everything", "HOLD", "hold ", "*"} {
		if role, ok := MinRole(p); ok || role != NoRole {
			t.Errorf("%q needs %v", p, role)
		}
		if got := (Member{MemberID: ada, Role: Admin}).MayAttempt(p); got != deny(ReasonUnknownPermission) {
			t.Errorf("%q: %+v", p, got)
		}
	}
}

func TestParseRole(t *testing.T) {
	for r := Viewer; r <= Admin; r++ {
		if got, err := ParseRole(r.String()); got != r || err != nil {
			t.Errorf("%v: %v, %v", r, got, err)
		}
	}
	for _, s := range []string{"", "none", "Admin", "admin ", "owner", "4", "viewer\x00"} {
		if r, err := ParseRole(s); r != NoRole || err == nil {
			t.Errorf("%q is %v", s, r)
		}
	}
}

func BenchmarkMayOnCall(b *testing.B) {
	p := Member{MemberID: ada, Role: Lead}
	call := callOf("private + yes", p)
	b.ReportAllocs()
	for b.Loop() {
		p.MayOnCall(Hold, call)
	}
}

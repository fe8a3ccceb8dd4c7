package team

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"callboard/sipgate"
)

// callPolicy is the expected policy of calls. A cell says whose access is used,
// the actor's "own" or "via" the first owner with the consent, or why the
// permission is denied. Rows are named after the consent of the owners: one who
// "shares" calls, one who "allows" leads to act, one of no consent ("private").
const callPolicy = `
see
	situation                   viewer       agent        lead          admin
	own                         own          own          own           own
	own, not reached            own          own          own           own
	shares allows               via          via          via           via
	shares allows, reached      own          own          own           own
	shares                      via          via          via           via
	shares, reached             own          own          own           own
	allows                      not_shared   not_shared   not_shared    not_shared
	allows, reached             own          own          own           own
	private                     not_shared   not_shared   not_shared    not_shared
	private, reached            own          own          own           own
	private + shares allows     via          via          via           via
	shares + allows             via          via          via           via
	no owner                    not_shared   not_shared   not_shared    not_shared
	no owner, reached           own          own          own           own
	foreign                     not_shared   not_shared   not_shared    not_shared
	removed                     not_shared   not_shared   not_shared    not_shared

hold mute record transfer unask tones announce hangup undo
	situation                   viewer       agent        lead          admin
	own                         role_viewer  own          own           own
	own, not reached            role_viewer  own          own           own
	shares allows               role_viewer  not_yours    via           via
	shares allows, reached      role_viewer  not_yours    own           own
	shares                      role_viewer  not_yours    not_lendable  not_lendable
	shares, reached             role_viewer  not_yours    not_lendable  not_lendable
	allows                      not_shared   not_shared   not_shared    not_shared
	allows, reached             role_viewer  not_yours    own           own
	private                     not_shared   not_shared   not_shared    not_shared
	private, reached            role_viewer  not_yours    not_lendable  not_lendable
	private + shares allows     role_viewer  not_yours    via           via
	shares + allows             role_viewer  not_yours    not_lendable  not_lendable
	no owner                    not_shared   not_shared   not_shared    not_shared
	no owner, reached           role_viewer  not_yours    own           own
	foreign                     not_shared   not_shared   not_shared    not_shared
	removed                     not_shared   not_shared   not_shared    not_shared

note
	situation                   viewer       agent        lead          admin
	own                         role_viewer  own          own           own
	own, not reached            role_viewer  own          own           own
	shares allows               role_viewer  not_yours    via           via
	shares allows, reached      role_viewer  not_yours    own           own
	shares                      role_viewer  not_yours    via           via
	shares, reached             role_viewer  not_yours    own           own
	allows                      not_shared   not_shared   not_shared    not_shared
	allows, reached             role_viewer  not_yours    own           own
	private                     not_shared   not_shared   not_shared    not_shared
	private, reached            role_viewer  not_yours    own           own
	private + shares allows     role_viewer  not_yours    via           via
	shares + allows             role_viewer  not_yours    via           via
	no owner                    not_shared   not_shared   not_shared    not_shared
	no owner, reached           role_viewer  not_yours    own           own
	foreign                     not_shared   not_shared   not_shared    not_shared
	removed                     not_shared   not_shared   not_shared    not_shared

override
	situation                   viewer       agent        lead          admin
	own                         role_viewer  role_agent   own           own
	own, not reached            role_viewer  role_agent   own           own
	shares allows               role_viewer  role_agent   via           via
	shares allows, reached      role_viewer  role_agent   own           own
	shares                      role_viewer  role_agent   not_lendable  not_lendable
	shares, reached             role_viewer  role_agent   not_lendable  not_lendable
	allows                      not_shared   not_shared   not_shared    not_shared
	allows, reached             role_viewer  role_agent   own           own
	private                     not_shared   not_shared   not_shared    not_shared
	private, reached            role_viewer  role_agent   not_lendable  not_lendable
	private + shares allows     role_viewer  role_agent   via           via
	shares + allows             role_viewer  role_agent   not_lendable  not_lendable
	no owner                    not_shared   not_shared   not_shared    not_shared
	no owner, reached           role_viewer  role_agent   own           own
	foreign                     not_shared   not_shared   not_shared    not_shared
	removed                     not_shared   not_shared   not_shared    not_shared
`

// otherPolicy is the expected policy of permissions that concern no call.
const otherPolicy = `
	board team history settings.own figures  yes          yes          yes         yes
	call announcements history.mark          role_viewer  yes          yes         yes
	history.all history.mark.all status      role_viewer  role_agent   yes         yes
	figures.people                           role_viewer  role_agent   yes         yes
	announcements.write people settings      role_viewer  role_agent   role_lead   yes
	webhooks audit walls                     role_viewer  role_agent   role_lead   yes
`

// situation returns the call of a row of callPolicy: whether the actor's access
// reaches it, and its owners.
func situation(name string, actor Member) (reaches bool, owners []Member) {
	owner := func(user sipgate.UserID, shares, allows bool) Member {
		return Member{MemberID: MemberID{"111", user}, Role: Agent, SharesCalls: shares, AllowsLeads: allows}
	}
	name, condition, _ := strings.Cut(name, ", ")
	reaches = condition == "reached" || name == "own" && condition == ""
	switch name {
	case "own":
		actor.SharesCalls, actor.AllowsLeads = false, false // the own consent does not matter
		owners = []Member{owner("w1", true, true), actor}
	case "shares allows":
		owners = []Member{owner("w1", true, true)}
	case "shares":
		owners = []Member{owner("w1", true, false)}
	case "allows":
		owners = []Member{owner("w1", false, true)}
	case "private":
		owners = []Member{owner("w1", false, false)}
	case "private + shares allows":
		owners = []Member{owner("w2", false, false), owner("w1", true, true)}
	case "shares + allows":
		owners = []Member{owner("w1", true, false), owner("w2", false, true)}
	case "no owner":
	case "foreign":
		p := owner("w1", true, true)
		p.Account = "222"
		same := actor
		same.Account = "222" // "w0" repeats in every account
		owners = []Member{p, same}
	case "removed":
		p := owner("w1", true, true)
		p.Removed = true
		owners = []Member{p}
	default:
		panic(name)
	}
	return reaches, owners
}

// describe returns a decision as a cell of the tables.
func describe(d Decision, actor Member) string {
	switch {
	case !d.OK && d.Via == MemberID{}:
		return d.Reason
	case d.OK && d.Reason == "" && d.Via == actor.MemberID:
		return "own"
	case d.OK && d.Reason == "" && d.Via == MemberID{"111", "w1"}:
		return "via"
	}
	return fmt.Sprintf("%+v", d)
}

// TestCallPolicy compares the policy with callPolicy: all roles, permissions and
// situations.
func TestCallPolicy(t *testing.T) {
	var permissions []Permission
	seen := map[Permission]bool{}
	for line := range strings.Lines(callPolicy) {
		switch name := strings.TrimSpace(line[:min(len(line), 29)]); {
		case name == "" || name == "situation":
		case line[0] != '\t':
			permissions = nil
			for _, p := range strings.Fields(line) {
				permissions, seen[Permission(p)] = append(permissions, Permission(p)), true
			}
		default:
			cells := strings.Fields(line[29:])
			if len(cells) != int(Admin) {
				t.Fatalf("%q has %d cells", line, len(cells))
			}
			for role := Viewer; role <= Admin; role++ {
				actor := Member{MemberID: ada, Role: role, SharesCalls: true, AllowsLeads: true}
				for _, p := range permissions {
					reaches, owners := situation(name, actor)
					if got := describe(actor.MayOnCall(p, reaches, owners), actor); got != cells[role-1] {
						t.Errorf("%v, %s, %s: %s, want %s", role, p, name, got, cells[role-1])
					}
					if got := actor.May(p); got != deny(ReasonUnknownPermission) {
						t.Errorf("%v, %s on no call: %+v", role, p, got)
					}
				}
			}
		}
	}
	for p := range callRules {
		if !seen[p] {
			t.Errorf("%s is in no table", p)
		}
	}
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
				if got := actor.MayOnCall(p, true, []Member{actor}); got != deny(ReasonUnknownPermission) {
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
			for _, got := range []Decision{m.May(p), m.MayAttempt(p), m.MayOnCall(p, true, []Member{m}), m.MayOnCall(p, true, nil)} {
				if got.OK || got.Reason == "" || got.Via != (MemberID{}) {
					t.Errorf("%+v, %s: %+v", m, p, got)
				}
			}
		}
	}
	admin := Member{MemberID: ada, Role: Admin}
	for _, p := range []Permission{"", "everything", "HOLD", "hold ", "*"} {
		if a, b := admin.May(p), admin.MayOnCall(p, true, nil); a != deny(ReasonUnknownPermission) || b != a {
			t.Errorf("%q: %+v, %+v", p, a, b)
		}
	}
	if (Decision{}).OK {
		t.Error("the zero Decision is OK")
	}
}

// TestPolicyProperties tries random members on random calls: a greater role has
// all permissions of a lesser one, only the access of the actor or of an owner
// with the consent is used, and owners of other accounts do not matter.
func TestPolicyProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	randomMember := func() Member {
		return Member{
			MemberID: MemberID{[]string{"111", "222"}[r.IntN(5)/4], []sipgate.UserID{"w0", "w1", "w2", "w3"}[r.IntN(4)]},
			Role:     Role(r.IntN(5)), SharesCalls: r.IntN(2) == 0, AllowsLeads: r.IntN(2) == 0, Removed: r.IntN(8) == 0,
		}
	}
	permissions := slices.Sorted(maps.Keys(callRules))
	for range 20_000 {
		m, p, reaches := randomMember(), permissions[r.IntN(len(permissions))], r.IntN(2) == 0
		owners := make([]Member, r.IntN(4))
		for i := range owners {
			owners[i] = randomMember()
		}
		before := slices.Clone(owners)
		got := m.MayOnCall(p, reaches, owners)
		if !slices.Equal(before, owners) {
			t.Fatal("MayOnCall changed the owners")
		}
		if got.OK == (got.Reason != "") || got.OK == (got.Via == MemberID{}) {
			t.Fatalf("%v, %s, %v: %+v", m, p, owners, got)
		}
		if got.OK && got.Via != m.MemberID {
			i := slices.IndexFunc(owners, func(o Member) bool { return o.MemberID == got.Via })
			o := owners[i]
			if o.Account != m.Account || reaches {
				t.Fatalf("%v uses the access of %v", m, o)
			}
			if agreed := slices.ContainsFunc(owners, func(o Member) bool {
				return o.MemberID == got.Via && o.SharesCalls && !o.Removed && (o.AllowsLeads || p == SeeCall || p == WriteNote)
			}); !agreed {
				t.Fatalf("%v uses for %s the access of %+v", m, p, o)
			}
		}
		if got.OK && m.Role < Admin {
			greater := m
			greater.Role++
			if !greater.MayOnCall(p, reaches, owners).OK {
				t.Fatalf("%v may %s on %v, but a greater role may not", m, p, owners)
			}
		}
		if got.OK && !m.MayOnCall(SeeCall, reaches, owners).OK {
			t.Fatalf("%v may %s on %v, but not see it", m, p, owners)
		}
		sameAccount := slices.DeleteFunc(owners, func(o Member) bool { return o.Account != m.Account })
		if m.MayOnCall(p, reaches, sameAccount) != got {
			t.Fatalf("%v, %s, %v: another account matters", m, p, before)
		}
	}
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
	_, owners := situation("private + shares allows", p)
	b.ReportAllocs()
	for b.Loop() {
		p.MayOnCall(Hold, false, owners)
	}
}

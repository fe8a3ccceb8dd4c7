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

// callPolicy is what is promised, situation by situation. A cell says
// how it is carried, by the actor's "own" access or "via" the first owner who
// agrees, or why it is refused.
const callPolicy = `
see
	situation                   viewer       agent        lead          admin
	own                         own          own          own           own
	own, not reached            own          own          own           own
	shared lent                 via          via          via           via
	shared lent, reached        own          own          own           own
	shared                      via          via          via           via
	shared, reached             own          own          own           own
	lent                        not_shared   not_shared   not_shared    not_shared
	lent, reached               own          own          own           own
	private                     not_shared   not_shared   not_shared    not_shared
	private, reached            own          own          own           own
	private + shared lent       via          via          via           via
	shared + lent               via          via          via           via
	nobody's                    not_shared   not_shared   not_shared    not_shared
	nobody's, reached           own          own          own           own
	foreign                     not_shared   not_shared   not_shared    not_shared
	removed                     not_shared   not_shared   not_shared    not_shared

hold mute record transfer unask tones announce hangup undo
	situation                   viewer       agent        lead          admin
	own                         role_viewer  own          own           own
	own, not reached            role_viewer  own          own           own
	shared lent                 role_viewer  not_yours    via           via
	shared lent, reached        role_viewer  not_yours    own           own
	shared                      role_viewer  not_yours    not_lendable  not_lendable
	shared, reached             role_viewer  not_yours    not_lendable  not_lendable
	lent                        not_shared   not_shared   not_shared    not_shared
	lent, reached               role_viewer  not_yours    own           own
	private                     not_shared   not_shared   not_shared    not_shared
	private, reached            role_viewer  not_yours    not_lendable  not_lendable
	private + shared lent       role_viewer  not_yours    via           via
	shared + lent               role_viewer  not_yours    not_lendable  not_lendable
	nobody's                    not_shared   not_shared   not_shared    not_shared
	nobody's, reached           role_viewer  not_yours    own           own
	foreign                     not_shared   not_shared   not_shared    not_shared
	removed                     not_shared   not_shared   not_shared    not_shared

note
	situation                   viewer       agent        lead          admin
	own                         role_viewer  own          own           own
	own, not reached            role_viewer  own          own           own
	shared lent                 role_viewer  not_yours    via           via
	shared lent, reached        role_viewer  not_yours    own           own
	shared                      role_viewer  not_yours    via           via
	shared, reached             role_viewer  not_yours    own           own
	lent                        not_shared   not_shared   not_shared    not_shared
	lent, reached               role_viewer  not_yours    own           own
	private                     not_shared   not_shared   not_shared    not_shared
	private, reached            role_viewer  not_yours    own           own
	private + shared lent       role_viewer  not_yours    via           via
	shared + lent               role_viewer  not_yours    via           via
	nobody's                    not_shared   not_shared   not_shared    not_shared
	nobody's, reached           role_viewer  not_yours    own           own
	foreign                     not_shared   not_shared   not_shared    not_shared
	removed                     not_shared   not_shared   not_shared    not_shared

override
	situation                   viewer       agent        lead          admin
	own                         role_viewer  role_agent   own           own
	own, not reached            role_viewer  role_agent   own           own
	shared lent                 role_viewer  role_agent   via           via
	shared lent, reached        role_viewer  role_agent   own           own
	shared                      role_viewer  role_agent   not_lendable  not_lendable
	shared, reached             role_viewer  role_agent   not_lendable  not_lendable
	lent                        not_shared   not_shared   not_shared    not_shared
	lent, reached               role_viewer  role_agent   own           own
	private                     not_shared   not_shared   not_shared    not_shared
	private, reached            role_viewer  role_agent   not_lendable  not_lendable
	private + shared lent       role_viewer  role_agent   via           via
	shared + lent               role_viewer  role_agent   not_lendable  not_lendable
	nobody's                    not_shared   not_shared   not_shared    not_shared
	nobody's, reached           role_viewer  role_agent   own           own
	foreign                     not_shared   not_shared   not_shared    not_shared
	removed                     not_shared   not_shared   not_shared    not_shared
`

// otherPolicy is the same for deeds on no call.
const otherPolicy = `
	board team history settings.own figures  yes          yes          yes         yes
	call announcements history.mark          role_viewer  yes          yes         yes
	history.all history.mark.all status      role_viewer  role_agent   yes         yes
	figures.people                           role_viewer  role_agent   yes         yes
	announcements.write people settings      role_viewer  role_agent   role_lead   yes
	webhooks audit walls                     role_viewer  role_agent   role_lead   yes
`

// situation makes the call of a row of callPolicy: whether actor's access
// reaches it, and whose it is.
func situation(name string, actor Member) (reaches bool, owners []Member) {
	who := func(user sipgate.UserID, shares, lendable bool) Member {
		return Member{MemberID: MemberID{"111", user}, Role: Agent, SharesCalls: shares, AllowsLeads: lendable}
	}
	name, how, _ := strings.Cut(name, ", ")
	reaches = how == "reached" || name == "own" && how == ""
	switch name {
	case "own":
		actor.SharesCalls, actor.AllowsLeads = false, false // own wishes concern others only
		owners = []Member{who("w1", true, true), actor}
	case "shared lent":
		owners = []Member{who("w1", true, true)}
	case "shared":
		owners = []Member{who("w1", true, false)}
	case "lent":
		owners = []Member{who("w1", false, true)}
	case "private":
		owners = []Member{who("w1", false, false)}
	case "private + shared lent":
		owners = []Member{who("w2", false, false), who("w1", true, true)}
	case "shared + lent":
		owners = []Member{who("w1", true, false), who("w2", false, true)}
	case "nobody's":
	case "foreign":
		p := who("w1", true, true)
		p.Account = "222"
		same := actor
		same.Account = "222" // "w0" repeats in every account (D12)
		owners = []Member{p, same}
	case "removed":
		p := who("w1", true, true)
		p.Removed = true
		owners = []Member{p}
	default:
		panic(name)
	}
	return reaches, owners
}

// carried spells a decision as the tables do.
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

// TestT16Calls compares the policy with callPolicy: every role, deed and
// relation to a call.
func TestT16Calls(t *testing.T) {
	var deeds []Permission
	seen := map[Permission]bool{}
	for line := range strings.Lines(callPolicy) {
		switch name := strings.TrimSpace(line[:min(len(line), 29)]); {
		case name == "" || name == "situation":
		case line[0] != '\t':
			deeds = nil
			for _, d := range strings.Fields(line) {
				deeds, seen[Permission(d)] = append(deeds, Permission(d)), true
			}
		default:
			cells := strings.Fields(line[29:])
			if len(cells) != int(Admin) {
				t.Fatalf("%q has %d cells", line, len(cells))
			}
			for role := Viewer; role <= Admin; role++ {
				actor := Member{MemberID: ada, Role: role, SharesCalls: true, AllowsLeads: true}
				for _, d := range deeds {
					reaches, owners := situation(name, actor)
					if got := describe(actor.MayOnCall(d, reaches, owners), actor); got != cells[role-1] {
						t.Errorf("%v, %s, %s: %s, want %s", role, d, name, got, cells[role-1])
					}
					if got := actor.May(d); got != deny(ReasonUnknown) {
						t.Errorf("%v, %s on no call: %+v", role, d, got)
					}
				}
			}
		}
	}
	for d := range callRules {
		if !seen[d] {
			t.Errorf("%s stands in no table", d)
		}
	}
}

// TestT16Elsewhere compares it with otherPolicy.
func TestT16Elsewhere(t *testing.T) {
	seen := map[Permission]bool{}
	for line := range strings.Lines(strings.TrimPrefix(otherPolicy, "\n")) {
		cells := strings.Fields(line)
		deeds, cells := cells[:len(cells)-int(Admin)], cells[len(cells)-int(Admin):]
		for _, name := range deeds {
			d := Permission(name)
			seen[d] = true
			for role := Viewer; role <= Admin; role++ {
				actor := Member{MemberID: ada, Role: role}
				want := deny(cells[role-1])
				if cells[role-1] == "yes" {
					want = Decision{OK: true, Via: ada}
				}
				if got := actor.May(d); got != want {
					t.Errorf("%v, %s: %+v, want %+v", role, d, got, want)
				}
				if got := actor.MayOnCall(d, true, []Member{actor}); got != deny(ReasonUnknown) {
					t.Errorf("%v, %s on a call: %+v", role, d, got)
				}
			}
		}
	}
	for d := range minRoles {
		if !seen[d] {
			t.Errorf("%s stands in no table", d)
		}
	}
}

// TestDenyByDefault asks for everybody who is nobody, and for what is not.
func TestDenyByDefault(t *testing.T) {
	all := append(slices.Collect(maps.Keys(callRules)), slices.Collect(maps.Keys(minRoles))...)
	all = append(all, "", "everything", "HOLD", "hold ", "*")
	for _, p := range []Member{
		{},
		{Role: Admin},
		{MemberID: MemberID{"111", ""}, Role: Admin},
		{MemberID: MemberID{"", "w0"}, Role: Admin},
		{MemberID: ada},
		{MemberID: ada, Role: -1},
		{MemberID: ada, Role: Admin + 1},
		{MemberID: ada, Role: Admin, Removed: true},
	} {
		for _, d := range all {
			for _, got := range []Decision{p.May(d), p.MayAttempt(d), p.MayOnCall(d, true, []Member{p}), p.MayOnCall(d, true, nil)} {
				if got.OK || got.Reason == "" || got.Via != (MemberID{}) {
					t.Errorf("%+v, %s: %+v", p, d, got)
				}
			}
		}
	}
	admin := Member{MemberID: ada, Role: Admin}
	for _, d := range []Permission{"", "everything", "HOLD", "hold ", "*"} {
		if a, b := admin.May(d), admin.MayOnCall(d, true, nil); a != deny(ReasonUnknown) || b != a {
			t.Errorf("%q: %+v, %+v", d, a, b)
		}
	}
	if (Decision{}).OK {
		t.Error("nothing said is a yes")
	}
}

// TestPolicyProperties tries random people on random calls: a greater role
// never may less, nothing is carried by anybody but the actor and the owners
// who agreed, and nobody of another account matters.
func TestPolicyProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	someone := func() Member {
		return Member{
			MemberID: MemberID{[]string{"111", "222"}[r.IntN(5)/4], []sipgate.UserID{"w0", "w1", "w2", "w3"}[r.IntN(4)]},
			Role:     Role(r.IntN(5)), SharesCalls: r.IntN(2) == 0, AllowsLeads: r.IntN(2) == 0, Removed: r.IntN(8) == 0,
		}
	}
	deeds := slices.Sorted(maps.Keys(callRules))
	for range 20_000 {
		p, d, reaches := someone(), deeds[r.IntN(len(deeds))], r.IntN(2) == 0
		owners := make([]Member, r.IntN(4))
		for i := range owners {
			owners[i] = someone()
		}
		before := slices.Clone(owners)
		got := p.MayOnCall(d, reaches, owners)
		if !slices.Equal(before, owners) {
			t.Fatal("the owners were changed")
		}
		if got.OK == (got.Reason != "") || got.OK == (got.Via == MemberID{}) {
			t.Fatalf("%v, %s, %v: %+v", p, d, owners, got)
		}
		if got.OK && got.Via != p.MemberID {
			i := slices.IndexFunc(owners, func(o Member) bool { return o.MemberID == got.Via })
			o := owners[i]
			if o.Account != p.Account || reaches {
				t.Fatalf("%v borrows from %v", p, o)
			}
			if agreed := slices.ContainsFunc(owners, func(o Member) bool {
				return o.MemberID == got.Via && o.SharesCalls && !o.Removed && (o.AllowsLeads || d == SeeCall || d == WriteNote)
			}); !agreed {
				t.Fatalf("%v borrows for %s from %+v", p, d, o)
			}
		}
		if got.OK && p.Role < Admin {
			greater := p
			greater.Role++
			if !greater.MayOnCall(d, reaches, owners).OK {
				t.Fatalf("%v may %s on %v, a greater role not", p, d, owners)
			}
		}
		if got.OK && !p.MayOnCall(SeeCall, reaches, owners).OK {
			t.Fatalf("%v may %s on %v, but not see", p, d, owners)
		}
		mine := slices.DeleteFunc(owners, func(o Member) bool { return o.Account != p.Account })
		if p.MayOnCall(d, reaches, mine) != got {
			t.Fatalf("%v, %s, %v: another account matters", p, d, before)
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
		if got := (Member{MemberID: ada, Role: Admin}).MayAttempt(p); got != deny(ReasonUnknown) {
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

func BenchmarkMayOn(b *testing.B) {
	p := Member{MemberID: ada, Role: Lead}
	_, owners := situation("private + shared lent", p)
	b.ReportAllocs()
	for b.Loop() {
		p.MayOnCall(Hold, false, owners)
	}
}

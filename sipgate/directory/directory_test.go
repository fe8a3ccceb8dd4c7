package directory

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callboard/sipgate"
)

var (
	german = sipgate.NumberRules{Region: "DE"}
	anna   = MemberID{"2814711", "w0"}
	jonas  = MemberID{"2814711", "w1"}
	other  = MemberID{"2390015", "w0"}
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
)

func contact(name, scope string, numbers ...string) sipgate.Contact {
	c := sipgate.Contact{ID: name, Name: name, Scope: scope}
	for _, n := range numbers {
		c.Numbers = append(c.Numbers, sipgate.ContactNumber{Number: n})
	}
	return c
}

// testDirectory returns a directory with a few entries of each kind.
func testDirectory(t testing.TB) *Directory {
	d := newDirectory(t)
	firm := contact("Jürgen Kaufmann", "SHARED", "0211 / 901820-17")
	firm.Organization = "Stahlbau Größe & Söhne"
	d.SetContacts(anna, []sipgate.Contact{
		contact("Müller", "SHARED", "+49 (0)171 3920014"), contact("Sabine Mueller-Lüdenscheidt", "SHARED", "0049 171 3920027"),
		contact("Muller", "SHARED", "4940 66969420"), contact("Peter Šimon", "SHARED", "+491713920058"),
		contact("Frau Özdemir", "SHARED", "(0221) 4710555"), contact("Søren Weiß", "SHARED", "+4533221100"),
		firm, contact("Teure Auskunft", "SHARED", "0900 1234567"), contact("Nebenstelle", "SHARED", "23"),
		contact("Großmutter Müller", "PRIVATE", "0171 3920077"),
	})
	d.setMembers(anna.Account, []Entry{
		{Name: "Anna Bergmann", Number: "+492214710110", User: "w0", Presence: Available},
		{Name: "Jonas Keller", Number: "+492214710111", User: "w1", Presence: Available},
		{Name: "Mira Müller", Number: "+492214710112", User: "w2", Presence: DoNotDisturb},
	})
	d.AddRecent(anna, []Entry{{Number: "+491713920058", LastCallAt: noon}, {Number: "+4930555002", LastCallAt: noon.Add(-time.Hour)}})
	return d
}

// setMembers sets the members without reading them at sipgate.
func (d *Directory) setMembers(account string, members []Entry) {
	for i := range members {
		members[i].Kind = Member
	}
	d.account(account).members, d.account(account).roster = newIndex(members, maxMembers), d.rosters.Of(account).Snapshot()
}

func names(found []Entry) string {
	var all []string
	for _, e := range found {
		if e.Name == "" {
			e.Name = e.Number
		}
		all = append(all, e.Name)
	}
	return strings.Join(all, ", ")
}

func TestSearch(t *testing.T) {
	d := testDirectory(t)
	for _, test := range []struct{ text, want string }{
		{"müller", "Muller, Müller, Mira Müller, Sabine Mueller-Lüdenscheidt, Großmutter Müller"},
		{"MUELLER", "Muller, Müller, Mira Müller, Sabine Mueller-Lüdenscheidt, Großmutter Müller"},
		{"muller", "Muller, Müller, Mira Müller, Sabine Mueller-Lüdenscheidt, Großmutter Müller"},
		{"mü", "Mira Müller, Muller, Müller, Sabine Mueller-Lüdenscheidt, Großmutter Müller"},
		{"mue", "Mira Müller, Muller, Müller, Sabine Mueller-Lüdenscheidt, Großmutter Müller"},
		{"lüd sab", "Sabine Mueller-Lüdenscheidt"},
		{"simon", "Peter Šimon"},
		{"šimon peter", "Peter Šimon"},
		{"oezd", "Frau Özdemir"},
		{"soren weiss", "Søren Weiß"},
		{"groesse", "Jürgen Kaufmann"},
		{"größe stahl", "Jürgen Kaufmann"},
		{"kauf söhne", "Jürgen Kaufmann"},
		{"auf", ""}, // not a prefix of a word
		{"jonas", "Jonas Keller"},
		{"0211901820", "Jürgen Kaufmann"},
		{"0211 / 901820-17", "Jürgen Kaufmann"},
		{"+49 (0)211 9018", "Jürgen Kaufmann"},
		{"0049211", "Jürgen Kaufmann"},
		{"901820", "Jürgen Kaufmann"},
		{"0221 471 055", "Frau Özdemir"},
		{"(030) 555", "+4930555002"},
		{"555002", "+4930555002"},
		{"müller 0077", "Großmutter Müller"},
		{"22147101", "Jonas Keller, Mira Müller, Anna Bergmann"},
		{"0900", "Teure Auskunft"},
		{"", "Peter Šimon, +4930555002, Jonas Keller, Mira Müller, Anna Bergmann"},
		{"  ", "Peter Šimon, +4930555002, Jonas Keller, Mira Müller, Anna Bergmann"},
		{"nebenstelle", ""}, // 23 cannot be called
		{"zzz", ""}, {"!?", ""}, {"\xff\x00", ""},
	} {
		if got := names(d.Search(anna, test.text, MaxResults, States{})); got != test.want {
			t.Errorf("%q finds\n%s, want\n%s", test.text, got, test.want)
		}
	}
}

// The order is: exact matches, recent calls, available members, other members,
// contacts.
func TestRanking(t *testing.T) {
	d := newDirectory(t)
	var people []sipgate.Contact
	for i, name := range []string{"Kim", "Kim Contact", "Kim Recent", "Kim Older"} {
		people = append(people, contact(name, "SHARED", fmt.Sprintf("+4930555%03d", i)))
	}
	d.SetContacts(anna, people)
	d.setMembers(anna.Account, []Entry{
		{Name: "Kim Away", Number: "+4930555101", User: "w1", Presence: Offline},
		{Name: "Kim Here", Number: "+4930555102", User: "w2", Presence: Available},
		{Name: "Kim Busy", Number: "+4930555103", User: "w3", Presence: Available},
	})
	d.AddRecent(anna, []Entry{{Number: "+4930555003", LastCallAt: noon.Add(-time.Minute)}, {Number: "+4930555002", LastCallAt: noon}})
	found := d.Search(anna, "kim", MaxResults, States{OnCall: map[sipgate.UserID]bool{"w3": true}})
	if got, want := names(found), "Kim, Kim Recent, Kim Older, Kim Here, Kim Away, Kim Busy, Kim Contact"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
	if found[5].Presence != OnCall {
		t.Errorf("Kim Busy is %v, want on a call", found[5].Presence)
	}
	if got := names(d.Search(anna, "kim", 2, States{})); got != "Kim, Kim Recent" {
		t.Errorf("the best two are %s", got)
	}
}

// A number of several entries is found once, with the team's name for it.
func TestEachNumberIsFoundOnce(t *testing.T) {
	d := newDirectory(t)
	d.SetContacts(anna, []sipgate.Contact{contact("Alex Private", "PRIVATE", "030 555001"), contact("Alex Team", "SHARED", "+4930555001")})
	d.AddRecent(anna, []Entry{{Name: "Alex Old", Number: "+4930555001", LastCallAt: noon}})
	for _, text := range []string{"alex", "555001"} {
		if found := d.Search(anna, text, MaxResults, States{}); len(found) != 1 || found[0].Name != "Alex Team" || found[0].LastCallAt.IsZero() {
			t.Errorf("%q finds %+v", text, found)
		}
	}
	if found := d.Search(anna, "alex priv", MaxResults, States{}); len(found) != 1 || found[0].Name != "Alex Private" {
		t.Errorf("its private name finds %+v", found)
	}
	d.SetContacts(anna, []sipgate.Contact{
		contact("Alex One", "SHARED", "030 555001"), contact("Alex Two", "SHARED", "+4930555001"), contact("Alex Three", "SHARED", "+4930555001"),
		contact("Alex Four", "SHARED", "+4930555002"), contact("Alex Five", "SHARED", "+4930555003"),
	})
	if found := d.Search(anna, "alex", 3, States{}); len(found) != 3 {
		t.Errorf("equal numbers take places from others: %+v", found)
	}
}

// No query of another member or account finds private contacts and recent calls,
// and after Forget not even their owner's does.
func TestPrivateEntriesAreFoundByTheirOwnerOnly(t *testing.T) {
	d := testDirectory(t)
	d.SetContacts(jonas, []sipgate.Contact{contact("Müller", "SHARED", "+49 171 3920014"), contact("Canary Jonas", "PRIVATE", "030 555777")})
	texts := []string{"", "großmutter", "canary", "müller", "0171 3920077", "3920077", "555777", "555002", "0", "g", "c", "müller 0077"}
	for _, m := range []MemberID{jonas, other, {anna.Account, "w2"}, {"", ""}} {
		for _, text := range texts {
			for _, e := range d.Search(m, text, 1000, States{}) {
				switch {
				case e.Kind == Private && m != jonas, e.Name == "Großmutter Müller", e.Number == "+4930555002",
					!e.LastCallAt.IsZero(), m.Account != anna.Account:
					t.Errorf("%v finds %+v by %q", m, e, text)
				}
			}
		}
	}
	if names(d.Search(anna, "großm", MaxResults, States{})) == "" || names(d.Search(jonas, "canary", MaxResults, States{})) == "" {
		t.Error("not found by their owners")
	}
	d.Forget(anna)
	if got := names(d.Search(anna, "großm", MaxResults, States{})); got != "" {
		t.Errorf("after Forget: %s", got)
	}
}

func TestResolve(t *testing.T) {
	d := testDirectory(t)
	for _, test := range []struct{ text, want, code string }{
		{"030 / 555-002", "+4930555002", ""},
		{"Jonas", "+492214710111", ""},
		{"özdemir", "+492214710555", ""},
		{"peter simon", "+491713920058", ""},
		{"müller", "", "ambiguous"}, // Müller and Muller fold to the same text
		{"mira mueller", "+492214710112", ""},
		{"m", "", "ambiguous"},
		{"nobody", "", "number_invalid"},
		{"", "", "number_invalid"},
		{"030", "", "number_invalid"},
		{"110", "", "number_blocked"}, {"*21*030555#", "", "number_blocked"}, {"0900 1234567", "", "number_blocked"},
		{"+881 600 123", "", "number_blocked"},
		{"teure", "", "number_blocked"},
	} {
		n, err := d.Resolve(anna, test.text)
		code := ""
		if e, ok := errors.AsType[*sipgate.ValueError](err); ok {
			code = e.Code
		} else if errors.Is(err, ErrAmbiguous) {
			code = "ambiguous"
		}
		if string(n) != test.want || code != test.code {
			t.Errorf("%q is %s, %v; want %s %s", test.text, n, err, test.want, test.code)
		}
	}
}

func TestLaterCallsAreKept(t *testing.T) {
	d := testDirectory(t)
	d.RecordCall(anna, "+4930999001", noon.Add(time.Hour))
	d.AddRecent(anna, []Entry{{Number: "+4930555002", LastCallAt: noon.Add(-time.Hour)}}) // read before that call
	if got := names(d.Search(anna, "", 2, States{})); got != "+4930999001, Peter Šimon" {
		t.Errorf("the last calls are %s", got)
	}
}

// A recent call keeps the name that an earlier one brought, and what it is now is
// not replaced by what it was.
func TestRecentCallsKeepTheirName(t *testing.T) {
	d := newDirectory(t)
	d.AddRecent(anna, []Entry{{Name: "Zoe Old", Number: "+4930777001", LastCallAt: noon}, {Number: "", Name: "Nobody", LastCallAt: noon}})
	d.RecordCall(anna, "+4930777001", noon.Add(time.Hour))
	found := d.Search(anna, "zoe", MaxResults, States{})
	if len(found) != 1 || found[0].Name != "Zoe Old" || !found[0].LastCallAt.Equal(noon.Add(time.Hour)) || found[0].Kind != Recent {
		t.Errorf("%+v", found)
	}
	d.AddRecent(anna, []Entry{{Name: "Zoe New", Number: "+4930777001", LastCallAt: noon.Add(2 * time.Hour)}})
	if got := names(d.Search(anna, "", MaxResults, States{})); got != "Zoe New" {
		t.Errorf("%s", got)
	}
}

// Of two entries of one kind with one number the better match is shown, however
// few are asked for.
func TestBestEntryOfANumber(t *testing.T) {
	d := newDirectory(t)
	d.SetContacts(anna, []sipgate.Contact{
		contact("Kit Second", "SHARED", "+4930888001"), contact("Kit", "SHARED", "+4930888001"), contact("Kit Abel", "SHARED", "+4930888002"), contact("Kit Zorn", "SHARED", "+4930888003"),
	})
	for limit, want := range map[int]string{0: "", 1: "Kit", 2: "Kit, Kit Abel", 4: "Kit, Kit Abel, Kit Zorn"} {
		if got := names(d.Search(anna, "kit", limit, States{})); got != want {
			t.Errorf("the best %d are %s, want %s", limit, got, want)
		}
	}
}

// The fold of a prefix must be a prefix of the fold: otherwise a name that is found
// by some letters could be lost when more of them are typed.
func FuzzFold(f *testing.F) {
	for _, s := range []string{"Müller", "Mueller", "aee", "Œuvre", "Ṩ", "İstanbul", "ﬁ", "\xff"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		whole := sipgate.Fold(s)
		if sipgate.Fold(strings.ToUpper(whole)) != sipgate.Fold(whole) && isASCII(whole) {
			t.Errorf("case matters in %q", whole)
		}
		runes := []rune(strings.ToValidUTF8(s, ""))
		if n < 0 || n > len(runes) {
			return
		}
		if prefix := sipgate.Fold(string(runes[:n])); isASCII(string(runes)) && !strings.HasPrefix(sipgate.Fold(string(runes)), prefix) {
			t.Errorf("%q folds to %q, its prefix to %q", string(runes), whole, prefix)
		}
	})
}

func isASCII(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(b byte) bool { return b >= 0x80 })
}

// For any text a search ends and returns at most limit entries that the member may
// see.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"müller", "+49 (0)171", "0", "00", "*21*", strings.Repeat("a ", 500), "\u202e", "٣"} {
		f.Add(s)
	}
	d := testDirectory(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range d.Search(jonas, text, 5, States{}) {
			if e.Kind == Private || e.Number == "" {
				t.Errorf("%q finds %+v", text, e)
			}
		}
		if n := len(d.Search(anna, text, 5, States{})); n > 5 {
			t.Errorf("%q finds %d", text, n)
		}
		if n, err := d.Resolve(anna, text); err == nil && !n.Valid() {
			t.Errorf("%q is %q", text, n)
		}
	})
}

// largeDirectory returns a directory of 5,000 contacts and 1,000 recent calls.
func largeDirectory(t testing.TB) *Directory {
	d := newDirectory(t)
	rng := rand.New(rand.NewPCG(1, 2))
	first := strings.Fields("Anna Jürgen Sabine Tom Aylin Søren Peter Mia Zoë Łukasz François Bärbel")
	last := strings.Fields("Müller Meier Schmidt Özdemir Kaufmann Weiß Šimon Lindqvist Nguyen Große Bauer Vogt")
	var contacts []sipgate.Contact
	for i := range 5000 {
		name := fmt.Sprintf("%s %s%c", first[rng.IntN(len(first))], last[rng.IntN(len(last))], 'a'+rng.IntN(26))
		c := contact(name, "SHARED", fmt.Sprintf("+49211%07d", 1000000+i))
		c.Organization = "Firma " + last[rng.IntN(len(last))]
		contacts = append(contacts, c)
	}
	d.SetContacts(anna, contacts)
	var recent []Entry
	for i := range 1000 {
		recent = append(recent, Entry{Number: fmt.Sprintf("+49211%07d", 1000000+7*i), LastCallAt: noon.Add(-time.Duration(i) * time.Minute)})
	}
	d.AddRecent(anna, recent)
	return d
}

// BenchmarkSearch measures one keystroke among 5,000 contacts and 1,000 recent
// calls. The case "typed" is the mean over a name that is typed letter by letter.
func BenchmarkSearch(b *testing.B) {
	d := largeDirectory(b)
	for _, text := range []string{"m", "mül", "müller s", "firma", "0211", "0211 1002", "4711", "nobody", ""} {
		b.Run("text="+strings.ReplaceAll(text, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				d.Search(anna, text, MaxResults, States{})
			}
		})
	}
	b.Run("typed", func(b *testing.B) {
		typed := []rune("sabine müller")
		for i := 0; b.Loop(); i++ {
			d.Search(anna, string(typed[:i%len(typed)+1]), MaxResults, States{})
		}
	})
}

// BenchmarkSetContacts measures indexing 5,000 contacts, which happens every quarter
// of an hour for each member.
func BenchmarkSetContacts(b *testing.B) {
	d := largeDirectory(b)
	var contacts []sipgate.Contact
	for _, e := range d.accounts[anna.Account].contacts.all() {
		contacts = append(contacts, contact(e.Name, "SHARED", e.Number))
	}
	for b.Loop() {
		d.SetContacts(anna, contacts)
	}
}

// A search box asks with every key that is pressed. The calls that its member has
// now are recorded once, not with each key.
func TestTypingDoesNotRebuildTheIndex(t *testing.T) {
	d := testDirectory(t)
	d.RecordCall(anna, "+4930999001", noon.Add(time.Hour))
	before := d.recentOf(anna)
	if n := testing.AllocsPerRun(50, func() { d.RecordCall(anna, "+4930999001", noon.Add(time.Hour)) }); n > 0 {
		t.Errorf("%.0f allocations for a call that is known", n)
	}
	d.RecordCall(anna, "+4930999001", noon) // an older one of that number
	d.RecordCall(anna, "", noon)
	if d.recentOf(anna) != before {
		t.Error("the index was made again")
	}
	d.RecordCall(anna, "+4930999001", noon.Add(2*time.Hour))
	if e, _ := d.recentOf(anna).lookup("+4930999001"); !e.LastCallAt.Equal(noon.Add(2 * time.Hour)) {
		t.Errorf("the last call was at %v", e.LastCallAt)
	}
}

// Calls that are recorded at the same time are all found afterwards.
func TestConcurrentlyRecordedCallsAreKept(t *testing.T) {
	d := testDirectory(t)
	number := func(i int) string { return fmt.Sprintf("+4930999%03d", i) }
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() { d.RecordCall(jonas, number(i), noon.Add(time.Duration(i)*time.Second)) })
	}
	wg.Wait()
	for i := range 40 {
		if _, ok := d.recentOf(jonas).lookup(number(i)); !ok {
			t.Errorf("%s is lost", number(i))
		}
	}
}

// TestSearchResultsAreInTheOrderOfADictionary: among contacts that match alike,
// Ö stands with O.
func TestSearchResultsAreInTheOrderOfADictionary(t *testing.T) {
	d := newDirectory(t)
	want := []string{"Firma Oberhuber", "Firma Özdemir", "Firma Peters", "Firma Zoll"}
	var people []sipgate.Contact
	for i := range want {
		people = append(people, contact(want[(i*3+1)%len(want)], "SHARED", fmt.Sprint("+493055500", i)))
	}
	d.SetContacts(anna, people)
	var got []string
	for _, e := range d.Search(anna, "firma", MaxResults, States{}) {
		got = append(got, e.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

package views

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
	"callboard/sipgate/team"
)

// keysOf returns the sorted keys of a language's file.
func keysOf(t *testing.T, l Lang) []string {
	t.Helper()
	raw, err := wordFiles.ReadFile("words/" + string(l) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(raw, &entries); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(entries))
}

func TestWordsAreTheSameInEveryLanguage(t *testing.T) {
	want := keysOf(t, English)
	for _, l := range Langs {
		if got := keysOf(t, l); !slices.Equal(got, want) {
			t.Errorf("%s and %s differ in keys", l, English)
		}
	}
	verb := regexp.MustCompile(`%(\.\d)?\[\d\](\.\d)?[a-z]|\{n\}`)
	for _, key := range want {
		en, de := verb.FindAllString(dictionaries[English].plain[key], -1), verb.FindAllString(dictionaries[German].plain[key], -1)
		slices.Sort(en)
		slices.Sort(de)
		if !slices.Equal(en, de) {
			t.Errorf("%s takes %q in English, %q in German", key, en, de)
		}
	}
}

// sources returns the text of all files that match the patterns, without tests
// and generated files.
func sources(t *testing.T, patterns ...string) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files (%v)", pattern, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

// TestWordsAreUsed finds unused and missing texts. A composed key is recognized by
// its prefix.
func TestWordsAreUsed(t *testing.T) {
	text := sources(t, "*.go", "*.templ", "gallery/*.go", "gallery/*.templ")
	whole := map[string]bool{}
	for _, m := range regexp.MustCompile(`"([a-z]+(?:\.[a-zA-Z_]+)+)"`).FindAllStringSubmatch(text, -1) {
		whole[m[1]] = true
	}
	begun := []string{"error.", "do."} // do.: the labels of buttons, in buttons.go
	for _, m := range regexp.MustCompile(`"([a-z]+(?:\.[a-z]+)*\.)"`).FindAllStringSubmatch(text, -1) {
		begun = append(begun, m[1])
	}
	for _, verb := range []string{"hold", "mute", "record"} {
		whole["pending."+verb+".on"], whole["pending."+verb+".off"] = true, true
	}
	for _, key := range keysOf(t, English) {
		used := whole[key]
		for _, b := range begun {
			used = used || strings.HasPrefix(key, b)
		}
		if !used {
			t.Errorf("%s is not used", key)
		}
	}
	keys, first := keysOf(t, English), map[string]bool{}
	for _, key := range keys {
		first[strings.Split(key, ".")[0]] = true
	}
	said := regexp.MustCompile(`\b(?:p\.t|[lL]ang\.T|l\.T)\("([^"]+)"[,)]`).FindAllStringSubmatch(text, -1)
	for _, m := range regexp.MustCompile(`"([a-z]+(?:\.[a-zA-Z_]+)+)"`).FindAllStringSubmatch(text, -1) {
		if ext := filepath.Ext(m[1]); first[strings.Split(m[1], ".")[0]] && !slices.Contains(fileKinds, ext) {
			said = append(said, m)
		}
	}
	if len(said) < 300 {
		t.Errorf("only %d texts are said", len(said))
	}
	for _, m := range said {
		begins := func(key string) bool { // for composed keys
			return strings.HasPrefix(key, m[1]+".") || strings.HasSuffix(m[1], "_") && strings.HasPrefix(key, m[1])
		}
		if !slices.Contains(keys, m[1]) && !slices.ContainsFunc(keys, begins) {
			t.Errorf("no text for %s", m[1])
		}
	}
}

// fileKinds are the extensions of file names that look like text keys.
var fileKinds = []string{".css", ".js", ".svg", ".png", ".webmanifest", ".json"}

// TestWordsForEveryFault finds codes of faults without a text, and texts for codes
// that do not exist any more.
func TestWordsForEveryFault(t *testing.T) {
	text := sources(t, "../web/*.go", "../web/database/*.go", "../handlers/*.go", "../sipgate/*.go", "../sipgate/announcement/*.go", "../sipgate/team/*.go", "../sipgate/journal/*.go", "../sipgate/webhook/*.go", "../sipgate/callcontrol/*.go", "../sipgate/callhistory/*.go")
	codes := map[string]bool{}
	for _, pattern := range []string{
		`\bCode\w* +(?:Code )?= "([a-z_]+)"`, `Code: +"([a-z_]+)"`, `inputError\{[\w.]+, "([a-z_]+)"`,
		`ValueError\{[^}]*"([a-z]+_[a-z]+)"`, `tooLargeOr\(\w+, "([a-z_]+)"\)`, `\bFailure = "([a-z_]+)"`,
	} {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			codes[m[1]] = true
		}
	}
	for code := range codes {
		if strings.HasPrefix(code, "hook_") {
			continue // for sipgate, not for readers
		}
		if !English.Has("error."+code) && !English.Has("why."+code) {
			t.Errorf("no text for the fault %s", code)
		}
	}
	for _, key := range keysOf(t, English) {
		code, isFault := strings.CutPrefix(key, "error.")
		if isFault && !strings.Contains(text, `"`+code+`"`) && !strings.Contains(sources(t, "*.templ"), key) && !strings.HasPrefix(code, "heading.") {
			t.Errorf("no fault has the code %s", code)
		}
	}
}

// TestWordsForThePolicy finds reasons, permissions, roles and outcomes of package
// team without a text.
func TestWordsForThePolicy(t *testing.T) {
	text := sources(t, "../sipgate/team/*.go")
	need := func(prefix, pattern string, atLeast int) {
		found := regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
		if len(found) < atLeast {
			t.Errorf("only %d codes for words %s", len(found), prefix)
		}
		for _, m := range found {
			if !English.Has(prefix + m[1]) {
				t.Errorf("no text %s%s", prefix, m[1])
			}
			if prefix == "deed." && !slices.Contains(auditActions, team.Permission(m[1])) {
				t.Errorf("the audit cannot be filtered by %s", m[1])
			}
		}
	}
	need("why.", `Reason\w+ += "([a-z_]+)"`, 6)
	need("deed.", `\bPermission += "([a-z.]+)"`, 20)
	need("outcome.", `Outcome\w+ += "([a-z]+)"`, 7)
	for r := team.NoRole; r.Valid() || r == team.NoRole; r++ {
		for _, key := range []string{"why.role_" + r.String(), "role." + r.String(), "role.may." + r.String()} {
			if r.Valid() && !English.Has(key) {
				t.Errorf("no text %s", key)
			}
		}
	}
}

// TestWordsForSipgate finds scopes, causes of an end and refused events without a
// text.
func TestWordsForSipgate(t *testing.T) {
	for _, scope := range sipgate.Scopes {
		if (Scope{Name: scope}).purpose(German) == "" {
			t.Errorf("no text for the scope %s", scope)
		}
	}
	known := map[string]bool{}
	for _, cause := range []string{"", "normalClearing", "busy", "cancel", "noAnswer", "congestion", "notFound", "forwarded"} {
		c := testCall(t, "talking")
		c.Phase, c.Cause = switchboard.Ended, cause
		known[Format{}.RowFor(c, Allowed{}, German).StateText] = true
	}
	if len(known) != 7 { // "Ended" is the text of no cause, too
		t.Errorf("a call ended for one of %q", slices.Sorted(maps.Keys(known)))
	}
	codes := regexp.MustCompile(`"(hook_[a-z_]+)"`).FindAllStringSubmatch(sources(t, "../sipgate/*.go", "../sipgate/webhook/*.go"), -1)
	if len(codes) < 8 {
		t.Errorf("only %d codes of refused events", len(codes))
	}
	for _, m := range codes {
		if !German.Has("refused." + m[1]) {
			t.Errorf("no text for %s", m[1])
		}
	}
}

// TestWordsForTheJournal finds kinds of journal entries without a text or an icon.
func TestWordsForTheJournal(t *testing.T) {
	kinds := regexp.MustCompile(`Kind += "([a-z]+)"`).FindAllStringSubmatch(sources(t, "../sipgate/journal/*.go"), -1)
	if len(kinds) < 17 {
		t.Errorf("only %d kinds of events", len(kinds))
	}
	for _, m := range kinds {
		if e := (CallEvent{Kind: m[1]}); e.name(German) == m[1] || eventIcons[m[1]] == "" {
			t.Errorf("no text or no icon for an event %s", m[1])
		}
	}
}

func TestErrorKindsHaveTexts(t *testing.T) {
	for kind, want := range map[sipgate.Kind]string{
		sipgate.Other: "other", sipgate.Unauthorized: "unauthorized", sipgate.Forbidden: "forbidden", sipgate.NoCall: "nocall",
		sipgate.Invalid: "invalid", sipgate.NoCredit: "nocredit", sipgate.Throttled: "throttled", sipgate.Unavailable: "unavailable",
		sipgate.Unsupported: "unsupported",
	} {
		if got := Reason(kind); got != want {
			t.Errorf("kind %d is called %q, want %q", kind, got, want)
		}
		if !German.Has("reason." + want) {
			t.Errorf("no text for %s", want)
		}
	}
	if got := Reason(99); got != "other" {
		t.Errorf("an unknown kind is called %q", got)
	}
}

func TestParseLang(t *testing.T) {
	for accept, want := range map[string]Lang{
		"": English, "de": German, "de-DE,de;q=0.9,en;q=0.8": German, "en-GB,de;q=0.5": English, "de_DE": German,
		"fr-FR": English, "fr,de;q=0.2": German, "*": English, ";;;": English, "en;q=0,de": German,
		strings.Repeat("de,", 10_000): German, "de-AT": German, "DE": German,
	} {
		if got := ParseLang(accept); got != want {
			t.Errorf("ParseLang(%.40q) = %s, want %s", accept, got, want)
		}
	}
}

func FuzzParseLang(f *testing.F) {
	f.Add("de-DE,de;q=0.9")
	f.Add("x-é;q=1e9")
	f.Fuzz(func(t *testing.T, accept string) {
		if l := ParseLang(accept); l != English && l != German {
			t.Errorf("ParseLang(%q) = %q", accept, l)
		}
	})
}

func TestPlurals(t *testing.T) {
	for _, test := range []struct {
		lang Lang
		n    int
		want string
	}{
		{English, 1, "1 entry"}, {English, 1234, "1,234 entries"}, {German, 1, "1 Eintrag"}, {German, 1234, "1.234 Einträge"},
	} {
		if got := test.lang.T("history.total", test.n); got != test.want {
			t.Errorf("%s: %q, want %q", test.lang, got, test.want)
		}
	}
	if got := Lang("").T("nav.board"); got != "Board" {
		t.Errorf("the zero language has %q", got)
	}
}

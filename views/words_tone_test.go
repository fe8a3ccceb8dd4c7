package views

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// wrongWords are patterns of words that no text has, with those to use instead;
// docs/words.md has the terms.
var wrongWords = map[Lang][][2]string{
	English: {
		{`(?i)somebody|someone else`, "a colleague, a member, or the name"}, {`(?i)nobody`, "no member"}, {`(?i)everybody`, "everyone"},
		{`(?i)\banew\b`, "again"}, {`(?i)\bwhom\b|\bone’s\b`, "say it plainly"}, {`(?i)telephone`, "phone"},
		{`(?i)all the same`, "still"}, {`(?i)that is (you|one)\b`, "you"}, {`(?i)running call`, "live call"},
		{`(?i)brightness|\blooks\b`, "theme, appearance"}, {`(?i)\bfits?\b`, "matches"}, {`(?i)withdr[ae]w`, "revoke"},
		{`(?i)\btak(e|en) back\b`, "undo, cancel, restore"}, {`(?i)number to show|as usual`, "caller ID, default"},
		{`(?i)found out|find out`, "detected"}, {`(?i)\bthe figures\b`, "statistics"}, {`(?i)\bunread\b`, "new"},
		{`(?i)being asked|stop(ping|s)? asking|ask first`, "consultation"}, {`(?i)catching up`, "not up to date"},
		{`(?i)at it\b|act anyway|although attended`, "using this call"}, {`(?i)incident|written down|our mistake`, "error, logged"},
	},
	German: {
		{`(?i)jemand ander`, "ein Mitglied, Kollegen oder der Name"}, {`\bNiemand(en|em)?\b`, "kein Mitglied, keine Treffer"},
		{`(?i)in der Leitung|Leitung (überlastet|besetzt|belegt)`, "hat abgenommen, Netz überlastet"}, {`Historie`, "Verlauf"},
		{`Mailbox|Voicemail`, "Anrufbeantworter, Sprachnachricht"}, {`Account`, "Konto"}, {`Kennung`, "ID"},
		{`(Das|Dieses|Ihr) Gespräch`, "Anruf"}, {`(?i)zurück(zu)?(nehmen|genommen|ziehen|gezogen)`, "abbrechen, sperren"},
		{`Helligkeit`, "Design"}, {`(?i)herausgefunden|herausfinden`, "ermittelt, prüfen"}, {`(?i)wie üblich`, "Standardnummer"},
		{`\bTon an\b`, "Stumm aus"}, {`\bTafel\b`, "Anruftafel"}, {`Tondatei`, "Audiodatei"}, {`\bMeldung`, "Ereignis, Benachrichtigung"},
		{`(?i)von Gesetzes wegen|vielerorts`, "in Deutschland"}, {`\bZuvor\b|\bBleibt:`, "über, verbunden mit"}, {`(?i)einspielen`, "abspielen"},
		{`Vorfall`, "Fehler-ID"}, {`(?i)ungelesen`, "neu"}, {`(?i)\bholt auf`, "nicht aktuell"}, {`(?i)gerade dran|trotzdem handeln`, "bearbeitet diesen Anruf"},
		{`\bZahlen (ansehen|der)\b`, "Statistik"}, {`(?i)wird .*gefragt\b.*(klingelt|nicht mehr)`, "Rückfrage bei"},
	},
}

// TestTextsUseTheWordsThatUsersKnow refuses the riddles of earlier texts.
func TestTextsUseTheWordsThatUsersKnow(t *testing.T) {
	for _, l := range Langs {
		texts := textsOf(t, l)
		for _, word := range wrongWords[l] {
			pattern := regexp.MustCompile(word[0])
			for _, key := range slices.Sorted(maps.Keys(texts)) {
				for _, text := range texts[key] {
					if found := pattern.FindString(text); found != "" {
						t.Errorf("%s, %s: %q has %q: use %s", l, key, text, found, word[1])
					}
				}
			}
		}
	}
}

// TestTheLeadershipIsNoPhoneLine: "Leitung" is a role, in texts about permissions
// only.
func TestTheLeadershipIsNoPhoneLine(t *testing.T) {
	about := []string{"role", "why", "error", "team", "wish", "how", "setup"}
	for key, texts := range textsOf(t, German) {
		area, _, _ := strings.Cut(key, ".")
		if strings.Contains(strings.Join(texts, " "), "Leitung") && !slices.Contains(about, area) {
			t.Errorf("%s: %q", key, texts)
		}
	}
}

// textsOf returns the texts of a language by key, with all plural forms and
// without soft hyphens.
func textsOf(t *testing.T, l Lang) map[string][]string {
	t.Helper()
	raw, err := wordFiles.ReadFile("words/" + string(l) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var entries map[string]any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(raw), "\u00ad", "")), &entries); err != nil {
		t.Fatal(err)
	}
	texts := map[string][]string{}
	for key, value := range entries {
		switch v := value.(type) {
		case string:
			texts[key] = []string{v}
		case map[string]any:
			for _, form := range v {
				texts[key] = append(texts[key], form.(string))
			}
		}
	}
	return texts
}

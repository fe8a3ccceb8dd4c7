package journal

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"callboard/sipgate"
)

func TestNotesAreCleanedAndLimited(t *testing.T) {
	inBubble(t, func(t *testing.T, j *Journal) {
		x := openBoard(t, j, ours)
		x.observe(toDoc)
		row := x.onlyCall().ID
		for _, test := range []struct{ text, kept, code string }{
			{"", "", "note_empty"},
			{" \r\n\t\u200b\x00", "", "note_empty"},
			{"calls back\r\nat nine\x07", "calls back\nat nine", ""},
			{"a\n\n\n\nb\x1b[31m", "a\n\nb [31m", ""},
			{"=HYPERLINK(\"x\") <b>&", "=HYPERLINK(\"x\") <b>&", ""},
			{"evil\u202egpj.exe", "evilgpj.exe", ""},
			{"Mönch 👩‍🚒", "Mönch 👩‍🚒", ""},
			{"bad\xff", "bad\ufffd", ""},
			{strings.Repeat("ü", maxNoteLength), strings.Repeat("ü", maxNoteLength), ""},
			{strings.Repeat("ü", maxNoteLength+1), "", "note_too_long"},
			{strings.Repeat("x", 1<<20), "", "note_too_long"},
		} {
			err := j.AddNote(t.Context(), ours, row, "Mia\n\u202eMeier", test.text)
			var wrong *sipgate.ValueError
			if test.code != "" {
				if !errors.As(err, &wrong) || wrong.Code != test.code || wrong.Field != "note" {
					t.Errorf("%.20q: %v, want %s", test.text, err, test.code)
				}
				continue
			}
			all := x.record(row).Entries
			if e := all[len(all)-1]; err != nil || e.Kind != Noted || e.Detail != test.kept || e.Name != "Mia Meier" {
				t.Errorf("%.20q: %v, kept %.40q by %q", test.text, err, e.Detail, e.Name)
			}
		}
		if err := j.AddNote(t.Context(), ours, "unknown", "Mia", "x"); !errors.Is(err, ErrNotFound) {
			t.Errorf("note on an unknown call: %v", err)
		}
		var wrong *sipgate.ValueError
		var ws []write
		for range maxNotes {
			ws = append(ws, addEntry{row, Entry{Kind: Noted}})
		}
		if err := j.commit(t.Context(), ours, ws...); err != nil {
			t.Fatal(err)
		}
		if err := j.AddNote(t.Context(), ours, row, "Mia", "again"); !errors.As(err, &wrong) || wrong.Code != "note_too_many" {
			t.Errorf("one note too many: %v", err)
		}
	})
}

func FuzzCleanNote(f *testing.F) {
	for _, s := range []string{"", "a\r\nb", "\x00\x1b[2J", "\u202e\u2066x", "a\n \n\t\n b ", "\xff\xfe", "\u2028x\u0085", "👩‍🚒", "\U000e0041"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := cleanNote(s)
		if !utf8.ValidString(got) || strings.TrimSpace(got) != got || strings.Contains(got, "\n\n\n") {
			t.Errorf("%q became %q", s, got)
		}
		for _, r := range got {
			if r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%q became %q with %U", s, got, r)
			}
		}
		if again := cleanNote(got); again != got {
			t.Errorf("%q became %q, and then %q", s, got, again)
		}
		if line := singleLine(s); strings.ContainsAny(line, "\n\r\t\x00") || utf8.RuneCountInString(line) > maxFieldLength {
			t.Errorf("%q on a line is %q", s, line)
		}
	})
}

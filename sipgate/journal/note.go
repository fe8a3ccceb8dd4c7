package journal

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"callboard/sipgate"
	"callboard/sipgate/switchboard"
)

const (
	maxNoteLength = 2000 // in characters
	maxNotes      = 200  // per call
)

// AddNote adds a note by the member with the name by to a call of the account. When
// it returns nil, the note is on the disk. It keeps line breaks and removes other
// control characters, and invisible ones that could disguise the text.
//
// The error is ErrNotFound, or a [*sipgate.ValueError] for the field "note" with the
// code "note_empty", "note_too_long" (more than 2,000 characters) or
// "note_too_many".
func (j *Journal) AddNote(ctx context.Context, account string, row switchboard.RowID, by, text string) error {
	text = cleanNote(text)
	switch {
	case text == "":
		return &sipgate.ValueError{Field: "note", Code: "note_empty"}
	case utf8.RuneCountInString(text) > maxNoteLength:
		return &sipgate.ValueError{Field: "note", Code: "note_too_long"}
	}
	a := j.state(account)
	if err := j.flush(ctx, a); err != nil {
		return err
	}
	release, err := a.lock(ctx)
	if err != nil {
		return err
	}
	defer release()
	row, _, err = j.resolveRow(ctx, account, row)
	if err != nil {
		return err
	}
	var n int
	if err := j.db.QueryRowContext(ctx, `
		select count(*) from journal_entries where account = $1 and row_id = $2 and kind = 'noted'`,
		account, string(row)).Scan(&n); err != nil {
		return err
	}
	if n >= maxNotes {
		return &sipgate.ValueError{Field: "note", Code: "note_too_many"}
	}
	return j.commit(ctx, account, addEntry{row, Entry{At: j.now(), Kind: Noted, Name: by, Detail: text}})
}

// cleanNote returns the text that is stored: valid UTF-8, at most one empty line in a
// row, no other control characters, no bidirectional controls.
func cleanNote(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.Is(unicode.Bidi_Control, r), r == '\ufeff', r == '\u200b', unicode.Is(tagCharacters, r):
			return -1
		case unicode.IsControl(r):
			return ' '
		}
		return r
	}, s)
	var lines []string
	for line := range strings.Lines(s) {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// tagCharacters are invisible copies of ASCII.
var tagCharacters = &unicode.RangeTable{R32: []unicode.Range32{{Lo: 0xE0000, Hi: 0xE001F, Stride: 1}}}

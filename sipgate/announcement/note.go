package announcement

import (
	"maps"
	"slices"
	"strings"
)

// A Note says that something about an accepted file is not as it should be, so
// that whoever uploaded it listens to the result.
type Note string

// The notes.
const (
	NoteTail    Note = "tail"     // something after the sound is no sound and was left out
	NoteGaps    Note = "gaps"     // something within the sound could not be read and is missing
	NoteOpenEnd Note = "open_end" // the file claims to be far longer than it is
)

// Notes lists all notes.
var Notes = []Note{NoteTail, NoteGaps, NoteOpenEnd}

// A noteSet is what is to be said about a file.
type noteSet map[Note]struct{}

func (s noteSet) add(n Note) { s[n] = struct{}{} }

// sorted returns the notes of s.
func (s noteSet) sorted() []Note { return slices.Sorted(maps.Keys(s)) }

// joinNotes returns notes as they are stored.
func joinNotes(notes []Note) string {
	var list []string
	for _, n := range notes {
		list = append(list, string(n))
	}
	return strings.Join(list, " ")
}

// splitNotes returns what joinNotes stored, without notes that do not exist any more.
func splitNotes(s string) (notes []Note) {
	for _, n := range strings.Fields(s) {
		if slices.Contains(Notes, Note(n)) {
			notes = append(notes, Note(n))
		}
	}
	return notes
}

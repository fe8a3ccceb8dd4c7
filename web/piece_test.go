package web

import (
	"compress/gzip"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// body returns the answer with these pieces to a client that accepts an encoding.
func body(t *testing.T, encoding string, pieces []*Piece) string {
	r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
	r.Header.Set("Accept-Encoding", encoding)
	if err := ShowPieces(w, r, 200, pieces...); err != nil {
		t.Error(err)
	}
	var from io.Reader = w.Body
	if w.Header().Get("Content-Encoding") == "gzip" {
		var err error
		if from, err = gzip.NewReader(w.Body); err != nil {
			t.Error(err)
			return ""
		}
	}
	text, err := io.ReadAll(from)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// Whatever the pieces, compressed or not, one or many, in whatever order and by
// however many answers at once they are used, the client gets their texts.
func TestPiecesMakeOnePage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var pieces []*Piece
	for _, n := range []int{0, 1, minDeflate - 1, minDeflate, 1000, 70000, 3, 200000} {
		text := make([]byte, n)
		for i := range text {
			text[i] = "<p>abcäö\x00"[rng.IntN(11)]
		}
		pieces = append(pieces, NewPiece(text))
	}
	var answers sync.WaitGroup
	for i := range 20 {
		var some []*Piece
		want := ""
		for range i {
			p := pieces[rng.IntN(len(pieces))]
			some, want = append(some, p), want+string(p.text)
		}
		for _, encoding := range []string{"gzip", "identity"} {
			answers.Go(func() {
				if got := body(t, encoding, some); got != want {
					t.Errorf("%s of %d pieces: %d bytes, want %d", encoding, len(some), len(got), len(want))
				}
			})
		}
	}
	answers.Wait()
}

// Marks are replaced wherever they are: at the ends, side by side, several times,
// in any order, or not at all.
func TestMarksAreReplaced(t *testing.T) {
	for _, page := range []string{"", "text", "#A", "#A#B", "x#By#Az#Bw", "#B#B#A", "x#A", "#"} {
		l := NewLayout([]byte(page), "#A", "#B", "#C")
		want := strings.NewReplacer("#A", "#B", "#B", "two").Replace(page)
		if got := body(t, "", l.Fill(NewPiece([]byte("#B")), NewPiece([]byte("two")), nil)); got != want {
			t.Errorf("%q: %q, want %q", page, got, want)
		}
	}
}

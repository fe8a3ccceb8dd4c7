package web

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// A Piece is a part of a page. It is compressed once, for however many answers it
// is a part of. It is safe for concurrent use.
type Piece struct {
	text    []byte
	deflate sync.Once
	packed  []byte // text as blocks of DEFLATE that end at a byte
	sum     check  // of text
}

// NewPiece returns a Piece of HTML, which must not be modified any more.
func NewPiece(html []byte) *Piece { return &Piece{text: html} }

// A Layout is a page with holes between its pieces.
type Layout struct {
	pieces []*Piece
	holes  []int // which of the marks was between a piece and the next
}

// NewLayout returns html with a hole wherever one of the marks is.
func NewLayout(html []byte, marks ...string) Layout {
	var l Layout
	for {
		first, hole := len(html), -1
		for i, mark := range marks {
			if at := bytes.Index(html[:first], []byte(mark)); at >= 0 {
				first, hole = at, i
			}
		}
		l.pieces = append(l.pieces, NewPiece(html[:first]))
		if hole < 0 {
			return l
		}
		l.holes, html = append(l.holes, hole), html[first+len(marks[hole]):]
	}
}

// Fill returns the pieces of the page, with those of others in place of the marks.
func (l Layout) Fill(others ...*Piece) []*Piece {
	all := make([]*Piece, 0, 2*len(l.pieces))
	for i, hole := range l.holes {
		all = append(all, l.pieces[i], others[hole])
	}
	return append(all, l.pieces[len(l.holes)])
}

// ShowPieces answers with a page, compressed where that is worth it.
func ShowPieces(w http.ResponseWriter, r *http.Request, status int, pieces ...*Piece) error {
	size := 0
	for _, p := range pieces {
		size += len(p.text)
	}
	body := buffers.Get().(*bytes.Buffer) // one write costs less than many
	defer buffers.Put(body)
	body.Reset()
	header := w.Header()
	header["Content-Type"], header["Vary"] = typeHTML, varyEncoding
	if size >= minGzip && acceptsGzip(r.Header["Accept-Encoding"]) {
		header["Content-Encoding"] = encodingGzip
		writeGzip(body, pieces)
	} else {
		for _, p := range pieces {
			body.Write(p.text)
		}
	}
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	_, err := body.WriteTo(w)
	return err
}

// These values of headers are never modified.
var typeHTML, varyEncoding, encodingGzip = []string{"text/html; charset=utf-8"}, []string{"Accept-Encoding"}, []string{"gzip"}

// buffers are reused because a page has up to some 100 KB.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// minGzip is the size in bytes from which a page is compressed. A smaller one
// fits into one packet as it is.
const minGzip = 1400

// writeGzip writes a file (RFC 1952) of pieces that are compressed already. The
// blocks of DEFLATE (RFC 1951) need no others before or after them.
func writeGzip(body *bytes.Buffer, pieces []*Piece) {
	body.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255}) // DEFLATE, fast, no name, no time
	var sum, size uint32
	for _, p := range pieces {
		size += uint32(len(p.text))
		if n := len(p.text); n < minDeflate { // a block that is not compressed
			body.Write([]byte{0, byte(n), 0, ^byte(n), 0xff})
			body.Write(p.text)
			sum = crc32.Update(sum, crc32.IEEETable, p.text)
			continue
		}
		p.deflate.Do(p.pack)
		body.Write(p.packed)
		sum = p.sum.after(sum)
	}
	end := binary.LittleEndian.AppendUint32([]byte{1, 0, 0, 0xff, 0xff}, sum) // after the last block, which is empty
	body.Write(binary.LittleEndian.AppendUint32(end, size))
}

// minDeflate is the size in bytes from which a piece is compressed.
const minDeflate = 64

// pack compresses the piece.
func (p *Piece) pack() {
	d := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(d)
	var buf bytes.Buffer
	d.Reset(&buf)
	d.Write(p.text)
	d.Flush()
	p.packed, p.sum = buf.Bytes(), checkOf(p.text)
}

// deflaters are reused because each takes 800 KB. They compress for speed, since
// most pages are sent once.
var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level exists
	return w
}}

// acceptsGzip reports whether the values of Accept-Encoding allow gzip
// (RFC 9110, section 12.5.3).
func acceptsGzip(values []string) bool {
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		coding, params, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip", "*":
			_, weight, weighted := strings.Cut(strings.ReplaceAll(params, " ", ""), "q=")
			if !weighted {
				return true
			}
			q, err := strconv.ParseFloat(weight, 64)
			return err == nil && q > 0
		}
	}
	return false
}

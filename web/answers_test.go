package web_test

import (
	"bytes"
	"net/http"
	"strconv"
	"testing"
)

// Answers of every size come whole, one after the other on one connection, in one
// piece or two.
func TestAnswersOfEverySizeComeWhole(t *testing.T) {
	p := serve(t)
	p.handle("GET /{size}", func(w http.ResponseWriter, r *http.Request) error {
		size, err := strconv.Atoi(r.PathValue("size"))
		for range 2 {
			w.Write(bytes.Repeat([]byte("x"), size))
		}
		return err
	})
	for _, size := range []int{0, 1, 2000, 4000, 4095, 4096, 4097, 70_000, 131_072, 300_000} {
		for _, method := range []string{"GET", "HEAD"} {
			want := 2 * size
			if method == "HEAD" {
				want = 0
			}
			if resp := p.do(method, "/"+strconv.Itoa(size)); len(resp.body) != want {
				t.Errorf("%s: %d bytes, want %d", method, len(resp.body), want)
			}
		}
	}
}

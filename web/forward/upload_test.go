package forward

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// closedAtItsEnd is the body of a request whose answer begins when all of it has come.
type closedAtItsEnd struct{ rest *strings.Reader }

func (b closedAtItsEnd) Read(buf []byte) (int, error) {
	if b.rest.Len() == 0 {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.rest.Read(buf)
}

// The answer to an upload may begin as soon as its last byte has come: nothing is read
// after that.
func TestNothingIsReadBehindAnUpload(t *testing.T) {
	const size = 2 * maxKept
	r := httptest.NewRequest("POST", "/", closedAtItsEnd{strings.NewReader(strings.Repeat("x", size))})
	r.ContentLength = size
	p := &passing{r: r, w: httptest.NewRecorder()}
	if err := p.readBody(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(p.request().Body)
	if err != nil || len(got) != size || p.body.failed() != nil {
		t.Errorf("%d bytes, %v, %v", len(got), err, p.body.failed())
	}
}

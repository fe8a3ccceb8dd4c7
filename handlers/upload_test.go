package handlers

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// B134, T24: a client that announces more than it sends and then waits is given
// an answer when its time is over, or when it has become too slow, and not
// before it is heard out.
func TestBadInputStalledUpload(t *testing.T) {
	for name, p := range map[string]pace{
		"time over": {within: 50 * time.Millisecond, slowest: 1, start: time.Hour},
		"too slow":  {within: time.Hour, slowest: 100 << 10, start: 50 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) { stall(t, p) })
	}
}

func stall(t *testing.T, p pace) {
	answer := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, err := openUpload(w, r, p)
		if err == nil {
			_, err = io.Copy(io.Discard, file)
		}
		answer <- err
		if e, ok := err.(*inputError); ok {
			w.WriteHeader(e.status)
		}
	}))
	defer srv.Close()
	for name, sent := range map[string]string{
		"in the file": "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF",
		"before it":   "--b\r\nContent-Dispo",
	} {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n\r\n%s", sent)
		if err := <-answer; err == nil || explain(err).Status != http.StatusRequestTimeout {
			t.Errorf("B134: %s: %v", name, err)
		}
		c.Close()
	}
}

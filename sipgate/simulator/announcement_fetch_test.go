package simulator

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// wavFile returns a WAV file with these chunks, each "id" + content.
func wavFile(chunks ...string) []byte {
	var body []byte
	for _, c := range chunks {
		body = append(body, c[:4]...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(c)-4))
		body = append(body, c[4:]...)
		if len(c)%2 != 0 {
			body = append(body, 0)
		}
	}
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)+4))
	return append(append(file, "WAVE"...), body...)
}

// fmtChunk returns a fmt chunk with these fields and matching rates.
func fmtChunk(tag, channels uint16, hertz uint32, bits uint16) string {
	b := []byte("fmt ")
	b = binary.LittleEndian.AppendUint16(b, tag)
	b = binary.LittleEndian.AppendUint16(b, channels)
	b = binary.LittleEndian.AppendUint32(b, hertz)
	b = binary.LittleEndian.AppendUint32(b, hertz*uint32(channels)*uint32(bits)/8)
	b = binary.LittleEndian.AppendUint16(b, channels*bits/8)
	return string(binary.LittleEndian.AppendUint16(b, bits))
}

var (
	telephone  = fmtChunk(1, 1, 8000, 16)
	extensible = fmtChunk(0xFFFE, 1, 8000, 16) + "\x16\x00\x10\x00\x04\x00\x00\x00" + string(pcmSubFormat)
)

func TestParseWAV(t *testing.T) {
	good := map[string][]byte{
		"plain":                 wavFile(telephone, "data\x01\x00\xff\xff"),
		"chunks around":         wavFile("LISTodd", telephone, "fact1234", "data\x01\x00\xff\xff", "id3 xyz"),
		"fmt with extension":    wavFile(telephone+"\x00\x00", "data\x01\x00\xff\xff"),
		"extensible":            wavFile(extensible, "data\x01\x00\xff\xff"),
		"bytes behind the file": append(wavFile(telephone, "data\x01\x00\xff\xff"), "junk"...),
	}
	for name, file := range good {
		if x, err := parseWAV(file); err != nil || !slices.Equal(x, []int16{1, -1}) {
			t.Errorf("%s: %v, %v", name, x, err)
		}
	}
	float := strings.Replace(extensible, string(pcmSubFormat), "\x03"+string(pcmSubFormat[1:]), 1)
	bad := []struct {
		name, message string
		file          []byte
	}{
		{"empty", "not a WAV", nil},
		{"html", "not a WAV", []byte("<!doctype html><title>Not found")},
		{"big-endian", "not a WAV", append([]byte("RIFX"), wavFile(telephone, "data12")[4:]...)},
		{"stereo", "mono 16-bit PCM at 8000 Hz", wavFile(fmtChunk(1, 2, 8000, 16), "data1234")},
		{"44.1 kHz", "44100 Hz", wavFile(fmtChunk(1, 1, 44100, 16), "data1234")},
		{"8 bit", "8 bit", wavFile(fmtChunk(1, 1, 8000, 8), "data1234")},
		{"A-law", "format 6", wavFile(fmtChunk(6, 1, 8000, 8), "data1234")},
		{"extensible float", "format 65534", wavFile(float, "data1234")},
		{"no fmt", "misplaced", wavFile("data1234")},
		{"no chunk", "without fmt", wavFile()},
		{"no data", "without data", wavFile(telephone, "LISTabcd")},
		{"two fmt", "misplaced", wavFile(telephone, telephone, "data1234")},
		{"two data", "misplaced", wavFile(telephone, "data1234", "data1234")},
		{"no sample", "no whole samples", wavFile(telephone, "data")},
		{"half a sample", "no whole samples", wavFile(telephone, "data123")},
		{"short fmt", "want 16", wavFile(telephone[:18], "data1234")},
		{"wrong byte rate", "contradicts", wavFile(telephone[:12]+"\x00\x00\x00\x00"+telephone[16:], "data1234")},
		{"cut off", "truncated", wavFile(telephone, "data1234")[:46]},
		{"streamed size", "truncated", bytes.Replace(wavFile(telephone, "data1234"), []byte("data\x04\x00\x00\x00"), []byte("data\xff\xff\xff\xff"), 1)},
	}
	for _, c := range bad {
		x, err := parseWAV(c.file)
		if err == nil || x != nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.message)
		}
	}
}

func FuzzParseWAV(f *testing.F) {
	f.Add(wavFile(telephone, "data1234"))
	f.Add(wavFile("LISTodd", extensible, "data123456"))
	f.Fuzz(func(t *testing.T, file []byte) {
		x, err := parseWAV(file)
		if (err == nil) != (len(x) > 0) || 2*len(x) > len(file) {
			t.Errorf("%d samples of %d bytes, error %v", len(x), len(file), err)
		}
	})
}

// parseWAV accepts the files that the simulator writes.
func TestParseWAVAcceptsOwnHeader(t *testing.T) {
	file := append(wavHeader(3), 1, 0, 2, 0, 3, 0)
	if x, err := parseWAV(file); err != nil || !slices.Equal(x, []int16{1, 2, 3}) {
		t.Errorf("%v, %v", x, err)
	}
}

func TestFetchAnnouncement(t *testing.T) {
	file := wavFile(telephone, "data\x01\x00\x02\x00")
	mux := http.NewServeMux()
	mux.HandleFunc("/good.wav", func(w http.ResponseWriter, r *http.Request) { w.Write(file) })
	mux.Handle("/moved.wav", http.RedirectHandler("/good.wav", http.StatusFound))
	mux.HandleFunc("/stereo.wav", func(w http.ResponseWriter, r *http.Request) {
		w.Write(wavFile(fmtChunk(1, 2, 8000, 16), "data1234"))
	})
	mux.HandleFunc("/cut.wav", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write(file)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	s := New(Options{})
	defer s.Close()

	if x, err := s.fetchAnnouncement(t.Context(), server.URL+"/good.wav?token=secret"); err != nil || !slices.Equal(x, []int16{1, 2}) {
		t.Errorf("good: %v, %v", x, err)
	}
	for address, message := range map[string]string{
		server.URL + "/moved.wav":   "answered 302",
		server.URL + "/missing.wav": "answered 404",
		server.URL + "/stereo.wav":  "2 channel(s)",
		server.URL + "/cut.wav":     "not fetched",
		"http://127.0.0.1:1/secret": "not fetched",
		"file:///etc/passwd":        "http or https",
		"ftp://127.0.0.1/x.wav":     "http or https",
		"/good.wav":                 "http or https",
		"http:///good.wav":          "http or https",
		"http://%zz/":               "http or https",
		"":                          "http or https",
	} {
		x, err := s.fetchAnnouncement(t.Context(), address)
		if err == nil || x != nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v, want an error with %q", address, err, message)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error contains the address: %v", address, err)
		}
	}
}

// The size of a file is limited even if the server does not declare it. The test
// runs in a synctest bubble, so that a busy machine cannot exceed the time limit.
func TestFetchAnnouncementLimitsSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		huge := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Write(make([]byte, maxFetchSize+2<<20))
		})
		s := New(Options{Fetch: &http.Client{Transport: pipe{huge}}})
		defer s.Close()
		x, err := s.fetchAnnouncement(t.Context(), "http://server.test/huge.wav")
		if err == nil || x != nil || !strings.Contains(err.Error(), "larger than") {
			t.Errorf("%v, want an error with %q", err, "larger than")
		}
	})
}

// A fetch from a server that never responds fails after 5 s.
func TestFetchAnnouncementTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		transport := &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				near, far := net.Pipe()
				go io.Copy(io.Discard, far)
				return near, nil
			},
		}
		s := New(Options{Fetch: &http.Client{Transport: transport}})
		defer s.Close()
		_, err := s.fetchAnnouncement(ctx, "http://server.test/x.wav")
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "5s") {
			t.Errorf("error %v", err)
		}
	})
}

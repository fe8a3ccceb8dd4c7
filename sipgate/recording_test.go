package sipgate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var wav = append([]byte("RIFF....WAVE"), bytes.Repeat([]byte{1, 2, 3, 4}, 1000)...)

func serveWAV(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "audio/wav; rate=8000")
	w.Header().Set("Content-Disposition", "attachment; filename=\"a.wav\"")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(wav))
}

func TestRecording(t *testing.T) {
	c, rec := serve(t, serveWAV)
	address := strings.TrimSuffix(c.Base.String(), "below/v2/") + "recordings/1.wav?x=1#part"
	for asked, want := range map[string]RecordingFile{
		"":              {Status: 200, ContentType: "audio/wav", Length: int64(len(wav))},
		"bytes=0-9":     {Status: 206, ContentType: "audio/wav", ContentRange: "bytes 0-9/4012", Length: 10},
		"bytes=4000-":   {Status: 206, ContentType: "audio/wav", ContentRange: "bytes 4000-4011/4012", Length: 12},
		"bytes=-5":      {Status: 206, ContentType: "audio/wav", ContentRange: "bytes 4007-4011/4012", Length: 5},
		"bytes=0-1,3-4": {Status: 200, ContentType: "audio/wav", Length: int64(len(wav))},
		"bytes=a":       {Status: 200, ContentType: "audio/wav", Length: int64(len(wav))},
		"bytes=1-\r\nX": {Status: 200, ContentType: "audio/wav", Length: int64(len(wav))},
	} {
		file, err := c.OpenRecording(t.Context(), address, asked)
		if err != nil {
			t.Fatalf("%q: %v", asked, err)
		}
		data, err := io.ReadAll(file.Body)
		if cerr := file.Body.Close(); err != nil || cerr != nil || int64(len(data)) != want.Length {
			t.Errorf("%q: %d bytes, %v, %v", asked, len(data), err, cerr)
		}
		file.Body = nil
		if *file != want {
			t.Errorf("%q: got %+v, want %+v", asked, *file, want)
		}
	}
	for _, got := range rec.all() {
		if got.Header.Get("Authorization") != "Bearer token" || got.URI != "/recordings/1.wav?x=1" || got.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("sent %+v", got)
		}
	}
	_, err := c.OpenRecording(t.Context(), address, "bytes=9999-")
	if e, ok := err.(*Error); !ok || e.Status != 416 || e.Kind != Invalid || errors.Is(err, ErrRecordingURL) {
		t.Errorf("beyond the end: %v", err)
	}
}

// Nothing is sent to addresses that are not allowed.
func TestRecordingAddresses(t *testing.T) {
	c, rec := serve(t, serveWAV)
	var others atomic.Int64
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { others.Add(1) }))
	defer other.Close()
	c.RecordingOrigins = []string{
		"https://secure.live.sipgate.de", "http://plain.example", "", "%", "not an origin", "https://inner.example", other.URL,
	}
	host := c.Base.Host
	for _, address := range []string{
		"", "x", "/recordings/1.wav", "//" + host + "/1.wav", "http://169.254.169.254/", "https://169.254.169.254/latest/meta-data",
		"https://evil/", "https://" + host + "@evil/", "http://user@" + host + "/", "http://user:pw@" + host + "/",
		"https://api.sipgate.com@evil/", "https://" + host + "/", "http://127.0.0.1:22/", "http://127.0.0.1/", "http://localhost:" + c.Base.Port() + "/",
		"https://secure.live.sipgate.de:22/", "https://secure.live.sipgate.de.evil/", "http://secure.live.sipgate.de/",
		"https://evil.secure.live.sipgate.de/", "https://secure.live.sipgate.de\\@evil/", "http://plain.example/",
		"file:///etc/passwd", "ftp://" + host + "/", "javascript:alert(1)", "data:audio/wav;base64,AAAA", "http:" + host, "gopher://" + host,
		"http://" + host + "/\r\nX: y", "http://" + host + "/" + strings.Repeat("a", 2100),
		strings.Replace(other.URL, "127.0.0.1", "localhost", 1),
		other.URL + "/", // allowed origin with a private address
	} {
		file, err := c.OpenRecording(t.Context(), address, "")
		if file != nil || KindOf(err) != Invalid || !errors.Is(err, ErrRecordingURL) || MayHaveArrived(err) {
			t.Errorf("%q: got %v, %v", address, file, err)
		}
		if err != nil && strings.Contains(err.Error(), "evil") {
			t.Errorf("%q: the error quotes it: %v", address, err)
		}
	}
	if n := len(rec.all()); n != 0 || others.Load() != 0 {
		t.Errorf("%d and %d requests were sent", n, others.Load())
	}
	publicHTTP().CloseIdleConnections()
}

// Recordings at another allowed origin are fetched without the token.
func TestRecordingFromOtherOrigin(t *testing.T) {
	rec := &recorder{next: http.HandlerFunc(serveWAV)}
	srv := httptest.NewTLSServer(rec)
	defer srv.Close()
	c, own := serve(t, serveWAV)
	c.RecordingOrigins = []string{"https://Secure.Example:443/ignored"}
	c.externalHTTP = srv.Client()
	tr := c.externalHTTP.Transport.(*http.Transport)
	tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, srv.Listener.Addr().String())
	}
	tr.TLSClientConfig.ServerName = "example.com"
	file, err := c.OpenRecording(t.Context(), "https://secure.example/1.wav", "bytes=0-3")
	if err != nil {
		t.Fatal(err)
	}
	file.Body.Close()
	all := rec.all()
	if len(all) != 1 || all[0].Header.Get("Authorization") != "" || all[0].Header.Get("Range") != "bytes=0-3" || len(own.all()) != 0 {
		t.Errorf("sent %+v", all)
	}
}

// Only audio files are passed on.
func TestRecordingResponses(t *testing.T) {
	header := func(status int, kv ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(kv); i += 2 {
				w.Header().Set(kv[i], kv[i+1])
			}
			w.WriteHeader(status)
			io.WriteString(w, "RIFF")
		}
	}
	for name, tt := range map[string]struct {
		h    http.HandlerFunc
		kind Kind
	}{
		"redirect":           {header(302, "Location", "http://localhost/"), Unreadable},
		"html":               {header(200, "Content-Type", "text/html"), Unreadable},
		"json":               {header(200, "Content-Type", "application/json"), Unreadable},
		"svg":                {header(200, "Content-Type", "image/svg+xml"), Unreadable},
		"odd audio":          {header(200, "Content-Type", "audio/<x>"), Unreadable},
		"broken type":        {header(200, "Content-Type", "audio/wav; x"), Unreadable},
		"part without range": {header(206, "Content-Type", "audio/wav"), Unreadable},
		"part with nonsense": {header(206, "Content-Type", "audio/wav", "Content-Range", "bytes 0-3/x; y"), Unreadable},
		"encoded":            {header(200, "Content-Type", "audio/wav", "Content-Encoding", "gzip"), Unreadable},
		"too large":          {header(200, "Content-Type", "audio/wav", "Content-Length", "9999999999"), Unreadable},
		"no content":         {header(204), Unreadable},
		"gone":               {header(404), Unreadable},
		"forbidden":          {header(403), Forbidden},
		"down":               {header(503), Unavailable},
	} {
		c, rec := serve(t, tt.h)
		file, err := c.OpenRecording(t.Context(), c.Base.String()+"1.wav", "")
		if file != nil || err == nil || KindOf(err) != tt.kind || len(rec.all()) != 1 {
			t.Errorf("%s: got %v, %v (%v)", name, file, err, KindOf(err))
		}
	}
	for in, want := range map[string]string{
		"": "application/octet-stream", "audio/x-wav": "audio/x-wav", "Audio/MPEG": "audio/mpeg",
		"application/octet-stream; x=y": "application/octet-stream", "binary/octet-stream": "application/octet-stream",
	} {
		if got, err := audioType(in); got != want || err != nil {
			t.Errorf("type %q is %q, %v", in, got, err)
		}
	}
}

func TestRecordingRenew(t *testing.T) {
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer b" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		serveWAV(w, r)
	})
	c.Auth = &renewingCredentials{values: []string{"Bearer a", "Bearer b"}}
	file, err := c.OpenRecording(t.Context(), c.Base.String()+"1.wav", "")
	if err != nil || len(rec.all()) != 2 {
		t.Fatalf("%v, %d requests", err, len(rec.all()))
	}
	file.Body.Close()
}

// The header must arrive within 10 s and each piece within 30 s; the whole may
// take longer, and the reader may be slow.
func TestRecordingTimeouts(t *testing.T) {
	pieces := func(pause time.Duration, n int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "audio/wav")
			for range n {
				select {
				case <-time.After(pause):
				case <-r.Context().Done():
					return
				}
				w.Write([]byte("0123456789"))
				w.(http.Flusher).Flush()
			}
		}
	}
	for name, tt := range map[string]struct {
		pause, reading time.Duration
		open, read     bool
	}{
		"quick":       {time.Second, 0, true, true},
		"slow":        {9 * time.Second, 0, true, true},
		"slow reader": {time.Second, time.Minute, true, true},
		"no head":     {11 * time.Second, 0, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, done := bubbleClient(t, pieces(tt.pause, 8))
				defer done()
				file, err := c.OpenRecording(t.Context(), c.Base.String()+"1.wav", "")
				if (err == nil) != tt.open {
					t.Fatalf("open: %v", err)
				}
				if err != nil {
					if !errors.Is(err, context.DeadlineExceeded) || KindOf(err) != Unavailable {
						t.Errorf("open: %v", err)
					}
					return
				}
				defer file.Body.Close()
				first := make([]byte, 5)
				if _, err := io.ReadFull(file.Body, first); err != nil {
					t.Fatal(err)
				}
				time.Sleep(tt.reading)
				data, err := io.ReadAll(file.Body)
				if err != nil || len(data) != 75 {
					t.Errorf("read %d bytes, %v", len(data), err)
				}
			})
		})
	}
	t.Run("stalled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, done := bubbleClient(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "audio/wav")
				w.Write([]byte("0123456789"))
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})
			defer done()
			file, err := c.OpenRecording(t.Context(), c.Base.String()+"1.wav", "")
			if err != nil {
				t.Fatal(err)
			}
			defer file.Body.Close()
			begin := time.Now()
			if data, err := io.ReadAll(file.Body); !errors.Is(err, context.DeadlineExceeded) || len(data) != 10 {
				t.Errorf("read %d bytes, %v", len(data), err)
			}
			if took := time.Since(begin); took != 30*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	})
}

func TestRecordingIsCapped(t *testing.T) {
	b := &recordingBody{ctx: t.Context(), body: io.NopCloser(zeros{}), remaining: 1000, timer: time.NewTimer(time.Hour), stop: func() {}}
	data, err := io.ReadAll(b)
	if len(data) != 1000 || !errors.Is(err, errTooLarge) {
		t.Errorf("read %d bytes, %v", len(data), err)
	}
	b.Close()
}

func TestIsPublic(t *testing.T) {
	for s, want := range map[string]bool{
		"217.10.68.1": true, "8.8.8.8": true, "2a00:1450:4001:800::200e": true, "172.15.0.1": true, "172.32.0.1": true,
		"127.0.0.1": false, "127.8.8.8": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "192.0.0.8": false, "198.18.0.1": false,
		"203.0.113.7": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:100.64.0.1": false, "::ffff:8.8.8.8": true, "::127.0.0.1": false, "fe80::1%eth0": false,
		"fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false,
		"2001:db8::1": false, "2001::1": false, "fec0::1": false,
	} {
		if got := IsPublic(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s: public is %v", s, got)
		}
	}
	for address, ok := range map[string]bool{"8.8.8.8:443": true, "[::1]:443": false, "localhost:443": false, "": false} {
		if err := denyPrivate("tcp", address, nil); (err == nil) != ok || err != nil && !errors.Is(err, ErrPrivateNetwork) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// The same rules apply to the address in a voicemail's entry.
func TestVoicemailRecordingAddresses(t *testing.T) {
	var reply string
	c, rec := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/history/") {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, reply)
			return
		}
		serveWAV(w, r)
	})
	for _, address := range []string{
		"http://169.254.169.254/latest", "https://evil.example/v.wav", "https://api.sipgate.com@evil.example/", "file:///etc/passwd",
		"http://localhost:" + c.Base.Port() + "/v.wav", "https://" + c.Base.Host + "/v.wav",
	} {
		reply = `{"id":"7","type":"VOICEMAIL","recordingUrl":"` + address + `","transcription":"x"}`
		e, err := c.HistoryEntry(t.Context(), "7")
		if err != nil || len(e.Recordings) != 1 {
			t.Fatalf("%s: %+v, %v", address, e, err)
		}
		before := len(rec.all())
		if _, err := c.OpenRecording(t.Context(), e.Recordings[0].URL, ""); !errors.Is(err, ErrRecordingURL) || len(rec.all()) != before {
			t.Errorf("%s: %v, %d requests", address, err, len(rec.all())-before)
		}
	}
	reply = `{"id":"7","type":"VOICEMAIL","recordingUrl":"` + strings.TrimSuffix(c.Base.String(), "below/v2/") + `v.wav"}`
	e, err := c.HistoryEntry(t.Context(), "7")
	if err != nil {
		t.Fatal(err)
	}
	file, err := c.OpenRecording(t.Context(), e.Recordings[0].URL, "bytes=0-3")
	if err != nil || file.Length != 4 {
		t.Fatalf("a good one: %+v, %v", file, err)
	}
	file.Body.Close()
}

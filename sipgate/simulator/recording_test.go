package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// api sends a request to the API.
func (l *login) api(token, method, path, body string) (int, string) {
	l.Helper()
	r, err := http.NewRequest(method, l.server.URL+path, strings.NewReader(body))
	if err != nil {
		l.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, text := l.do(r)
	return resp.StatusCode, text
}

// tokenOf returns an access token of u with all scopes.
func (l *login) tokenOf(u *user) string {
	return fmt.Sprint(l.sim.issue(u, "all")["access_token"])
}

// recordedCall makes a call of 20 s: recorded from second 2 on, with an
// announcement in second 6 and digits in second 12. It returns the URLs of the
// recordings in the history.
func (l *login) recordedCall(token, announcement string) []string {
	l.Helper()
	id, err := l.sim.Ring(NewCall{State: "established", Users: []string{"w0"}})
	if err != nil {
		l.Fatal(err)
	}
	for _, step := range []struct {
		wait               time.Duration
		method, path, body string
	}{
		{2, "PUT", "/recording", `{"value":true,"announcement":false}`},
		{4, "POST", "/announcements", `{"url":"` + announcement + `"}`},
		{6, "POST", "/dtmf", `{"sequence":"*12345#"}`},
		{8, "DELETE", "", ""},
	} {
		l.wait(step.wait * time.Second)
		if status, body := l.api(token, step.method, "/v2/calls/"+id+step.path, step.body); status != 204 {
			l.Fatalf("%s %s: %d %s", step.method, step.path, status, body)
		}
	}
	_, body := l.api(token, "GET", "/v2/history?types=CALL", "")
	var history struct {
		Items []struct {
			Recordings []struct{ URL string }
		}
	}
	if err := json.Unmarshal([]byte(body), &history); err != nil || len(history.Items) == 0 {
		l.Fatalf("history: %s", body)
	}
	var urls []string
	for _, r := range history.Items[0].Recordings {
		urls = append(urls, r.URL)
	}
	return urls
}

func wavOf(samples []int16) []byte {
	file := wavHeader(int64(len(samples)))
	for _, x := range samples {
		file = append(file, byte(x), byte(x>>8))
	}
	return file
}

// A recording from the history has digits and announcement where they were sent.
func TestRecordingInTheHistory(t *testing.T) {
	sound := chirp(1.5, 0.5)
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(wavOf(sound)) }))
	defer files.Close()
	l := newLogin(t, Options{Seed: 3})
	token := l.tokenOf(l.someone())
	urls := l.recordedCall(token, files.URL+"/hello.wav")
	if len(urls) != 1 || !strings.HasPrefix(urls[0], l.server.URL+"/") {
		t.Fatalf("recordings %q", urls)
	}
	resp, whole := l.get(urls[0], "Authorization", "Bearer "+token)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "audio/x-wav" || resp.Header.Get("Accept-Ranges") != "bytes" {
		t.Fatalf("%s %v", resp.Status, resp.Header)
	}
	x, err := parseWAV([]byte(whole))
	if err != nil || len(x) != 18*sampleRate {
		t.Fatalf("%d samples, %v", len(x), err)
	}
	if digits, begins := digitsIn(x); digits != "*12345#" || begins[0] < 10*sampleRate-120 || begins[0] > 10*sampleRate+120 {
		t.Errorf("digits %q at %v", digits, begins)
	}
	if at, fit := correlation(x[3*sampleRate:6*sampleRate], sound); at != 1*sampleRate || fit < 0.9 {
		t.Errorf("announcement at sample %d, fit %.2f", at, fit)
	}
	for want, name := range map[string]string{
		"bytes 100-199/288044":       "bytes=100-199",
		"bytes 288040-288043/288044": "bytes=-4",
		"bytes 1000-288043/288044":   "bytes=1000-",
	} {
		resp, part := l.get(urls[0], "Authorization", "Bearer "+token, "Range", name)
		var from, to int
		fmt.Sscanf(want, "bytes %d-%d/", &from, &to)
		if resp.StatusCode != 206 || resp.Header.Get("Content-Range") != want || part != whole[from:to+1] {
			t.Errorf("%s: %s %s", name, resp.Status, resp.Header.Get("Content-Range"))
		}
	}
	if resp, _ := l.get(urls[0], "Authorization", "Bearer "+token, "Range", "bytes=288044-"); resp.StatusCode != 416 {
		t.Errorf("range behind the end: %s", resp.Status)
	}
}

func TestRecordingIsVisibleToItsAccountOnly(t *testing.T) {
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(wavOf(chirp(0.5, 0.5))) }))
	defer files.Close()
	l := newLogin(t, Options{})
	url := l.recordedCall(l.tokenOf(l.someone()), files.URL)[0]
	personalTokens := l.sim.auth.personalTokens()
	stranger := slices.IndexFunc(personalTokens, func(p personalToken) bool { return p.user.account != l.someone().account })
	get := func(address string, p *personalToken) *http.Response {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		if p != nil {
			r.SetBasicAuth(p.id, p.secret)
		}
		w := httptest.NewRecorder()
		l.sim.ServeHTTP(w, r)
		return w.Result()
	}
	if resp := get(url, &personalTokens[0]); resp.StatusCode != 200 {
		t.Errorf("personal token: %s", resp.Status)
	}
	if resp := get(url, &personalTokens[stranger]); resp.StatusCode != 404 {
		t.Errorf("another account: %s", resp.Status)
	}
	if resp := get(strings.TrimSuffix(url, ".wav"), &personalTokens[0]); resp.StatusCode != 404 {
		t.Errorf("without .wav: %s", resp.Status)
	}
	resp := get(url, nil)
	var body bytes.Buffer
	body.ReadFrom(resp.Body)
	if resp.StatusCode != 401 || body.Len() != 0 {
		t.Errorf("without credentials: %s %q", resp.Status, body.String())
	}
}

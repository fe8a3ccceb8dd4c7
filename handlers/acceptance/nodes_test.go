package acceptance

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
	"callboard/sipgate/team"
	"callboard/web/database/databasetest"
)

// Two programs with one database serve the same teams: whichever is asked, the home
// answers. When the home is killed, or told to end, the other node has its teams, and
// members stay signed in.
func TestTwoNodes(t *testing.T) {
	s := harness.NewSimulator(t, "-visibility", "account")
	s.Data = t.TempDir()
	key := filepath.Join(s.Data, "key")
	if _, err := team.LoadKey(key, ""); err != nil {
		t.Fatal(err)
	}
	args := append(s.ServeArgs(s.Simulator), "-accounts", "any", "-key-file", key, "-database", databasetest.Postgres(t), "-drain", "0s")
	start := func(addr string) *harness.Process {
		data, own := t.TempDir(), slices.Clone(args)
		own[slices.Index(own, "-addr")+1], own[slices.Index(own, "-data")+1] = addr, data
		p := harness.Launch(t, data, append(own, "-node-addr", harness.FreeAddr(t))...)
		harness.Eventually(t, "node", func() bool { return harness.Answers("http://" + addr + "/readyz") })
		return p
	}
	public := s.URL[len("http://"):]
	a, b := public, harness.FreeAddr(t)
	first, second := start(a), start(b)
	v := s.SignIn(t, 0)
	visit := func(addr, method, path, body string) (int, string) {
		resp := v.Send(method, "http://"+addr+path, harness.FormType, strings.NewReader(body), func(r *http.Request) { r.Host = public })
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	home := func(p *harness.Process) bool { return strings.Contains(p.Log(1<<16), "path=/oauth/callback") }
	s.Eventually("the sign-in in the log of the node that got it", func() bool { return home(first) })
	if home(second) {
		t.Fatal("the sign-in is in the log of another node")
	}
	for _, addr := range []string{a, b} {
		if status, page := visit(addr, "GET", "/", ""); status != http.StatusOK || !strings.Contains(page, "Anna Bergmann") {
			t.Fatalf("the board at %s: %d %.200s", addr, status, page)
		}
	}
	s.Ring("+4930555002", "w0", "established")
	var row string
	harness.Eventually(t, "the call through the other node", func() bool {
		_, page := visit(b, "GET", "/", "")
		_, rest, found := strings.Cut(page, `id="row-`)
		row, _, _ = strings.Cut(rest, `"`)
		return found
	})
	if status, page := visit(b, "POST", "/calls/"+row+"/hold", "value=true"); status != http.StatusSeeOther {
		t.Errorf("hold: %d %.300s", status, page)
	}
	// The home is killed: nothing is done twice, and the other node takes over.
	first.End(os.Kill)
	statuses := map[int]bool{}
	harness.Eventually(t, "the board at the other node", func() bool {
		status, page := visit(b, "GET", "/", "")
		statuses[status] = true
		return status == http.StatusOK && strings.Contains(page, "row-")
	})
	delete(statuses, http.StatusOK)
	delete(statuses, http.StatusServiceUnavailable)
	if len(statuses) > 0 {
		t.Errorf("before that it answered %v", statuses)
	}
	// The new home is told to end: the node that has come back has the team.
	first = start(a)
	if status, _ := visit(a, "GET", "/", ""); status != http.StatusOK {
		t.Errorf("through the first node: %d", status)
	}
	if err := second.End(os.Interrupt); err != nil {
		t.Errorf("the second node: %v", err)
	}
	harness.Eventually(t, "the board at the first node", func() bool {
		status, _ := visit(a, "GET", "/", "")
		return status == http.StatusOK
	})
	if err := first.End(os.Interrupt); err != nil {
		t.Errorf("the first node: %v", err)
	}
	for _, p := range []*harness.Process{first, second} {
		if strings.Contains(p.Log(1<<20), "the home of this team is not") {
			t.Error("the database refused what a node wrote; see its log")
		}
	}
	holds := slices.DeleteFunc(s.RequestLog(), func(r harness.Request) bool { return !strings.HasSuffix(r.Path, "/hold") })
	if len(holds) != 1 {
		t.Errorf("sipgate was asked %d times to hold the call", len(holds))
	}
}

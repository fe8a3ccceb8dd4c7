package acceptance

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// Behind nginx that is set up as the example for several nodes says, all requests with
// the cookie of one team reach the same node, teams are spread over all nodes, and
// another node is asked when one has ended.
func TestBalancerKeepsTeamsTogether(t *testing.T) {
	if _, err := exec.LookPath("nginx"); err != nil && os.Getenv("CALLBOARD_DEPLOY_TESTS") != "required" {
		t.Skip("nginx is not installed")
	}
	example, err := os.ReadFile(harness.File(t, "deploy/nginx/callboard-nodes.conf"))
	if err != nil {
		t.Fatal(err)
	}
	text, nodes := string(example), map[string]*httptest.Server{}
	for i, name := range []string{"10.0.0.11:8080", "10.0.0.12:8080", "10.0.0.13:8080"} {
		node := fmt.Sprint("node ", i)
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, node) }))
		defer srv.Close()
		nodes[node] = srv
		if strings.Count(text, name) != 1 {
			t.Fatalf("the example does not have the node %s once", name)
		}
		text = strings.Replace(text, name, srv.Listener.Addr().String(), 1)
	}
	public, dir, nginx := harness.FreeAddr(t), t.TempDir(), reverseProxies["nginx"]
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte(nginx.plain(text, public, "", dir)), 0o644); err != nil {
		t.Fatal(err)
	}
	runProxy(t, nginx, dir, file)
	harness.Eventually(t, "nginx", func() bool { return harness.Answers("http://" + public) })
	ask := func(team int) string {
		r, _ := http.NewRequest("GET", "http://"+public, nil)
		r.AddCookie(&http.Cookie{Name: "callboard_home", Value: fmt.Sprintf("%016x", team)})
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return string(body)
	}
	home, used := map[int]string{}, map[string]bool{}
	for team := range 50 {
		home[team] = ask(team)
		used[home[team]] = true
		if again := ask(team); again != home[team] {
			t.Errorf("team %d: %s, then %s", team, home[team], again)
		}
	}
	if len(used) != len(nodes) {
		t.Errorf("the teams are at %v", used)
	}
	nodes["node 1"].Close()
	for team := range 50 {
		if now := ask(team); now == "node 1" || !used[now] || home[team] != "node 1" && now != home[team] {
			t.Errorf("team %d moved from %s to %q", team, home[team], now)
		}
	}
}

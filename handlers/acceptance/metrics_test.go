package acceptance

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// The dashboard and the alerts in deploy use metrics and labels that the program
// exports after some calls, and no others. All of ours have a help text, and none
// names a caller, a member or a secret.
func TestDashboardAndAlertsFitTheMetrics(t *testing.T) {
	t.Parallel()
	exported := parseMetrics(t, metricsOfADay(t))
	exported["callboard_certificate_expiry_timestamp_seconds"] = &exportedMetric{help: "is there with https only"}
	for name, labels := range ofSeveralNodes {
		exported[name] = &exportedMetric{"is there with several nodes", labels}
	}
	used := map[string]bool{}
	for name, exprs := range map[string][]string{
		"deploy/grafana/callboard.json": dashboardQueries(t), "deploy/prometheus/alerts.yml": alertQueries(t),
	} {
		if len(exprs) < 10 {
			t.Errorf("%s: only %d queries were found", name, len(exprs))
		}
		for _, expr := range exprs {
			checkQuery(t, name, expr, exported, used)
		}
	}
	for name, m := range exported {
		if !strings.HasPrefix(name, "callboard_") {
			continue
		}
		if len(strings.Fields(m.help)) < 3 {
			t.Errorf("%s has the help %q", name, m.help)
		}
		if !used[name] {
			t.Errorf("neither the dashboard nor an alert shows %s", name)
		}
	}
	checkWithPromtool(t)
}

// ofSeveralNodes are the metrics that a node alone does not export, with their labels.
var ofSeveralNodes = map[string]map[string]bool{
	"callboard_cluster_lease": {}, "callboard_cluster_homes": {}, "callboard_cluster_homes_claimed_total": {"how": true}, "callboard_cluster_homes_moved_total": {},
	"callboard_cluster_nodes_fenced_total": {}, "callboard_cluster_refused_total": {}, "callboard_cluster_renewal_duration_seconds": {"outcome": true, "le": true},
	"callboard_forwarded_request_duration_seconds": {"outcome": true, "le": true}, "callboard_forwarded_sockets": {},
}

// metricsOfADay returns what the program exports when there has been a bit of
// everything, and checks that it is discreet.
func metricsOfADay(t *testing.T) string {
	t.Helper()
	s := harness.NewSimulator(t)
	s.Data = t.TempDir()
	admin := harness.FreeAddr(t)
	s.Args = append(s.ServeArgs(s.Simulator), "-admin-addr", admin, "-backup-dir", filepath.Join(t.TempDir(), "backups"))
	s.StartIn(s.Data)
	v := s.SignIn(t, 0)
	s.PushEvents()
	v.Listen(t)
	s.Ring("+4930555002", "w0", "established")
	s.Eventually("the call", func() bool { return len(v.Rows()) == 1 })
	if status, code, _ := v.Command("/calls/"+v.Rows()[0]+"/hold", `{"value":true,`+harness.ActionID()+`}`); status >= 300 {
		t.Fatalf("hold: %d %s", status, code)
	}
	v.Upload("gruss.wav", harness.ToneWAV(440, 1))
	text := ""
	s.Eventually("a polled list and a push event", func() bool {
		text = string(s.Get("http://" + admin + "/metrics"))
		return strings.Contains(text, `callboard_list_age_seconds `) && regexp.MustCompile(`callboard_push_events_total\{outcome="accepted"\} [1-9]`).MatchString(text)
	})
	for _, line := range []string{
		`callboard_actions_total{outcome="done",verb="hold"} 1`, `callboard_announcement_uploads_total{outcome="ok"} 1`,
		`callboard_sipgate_requests_total{code="204",endpoint="PUT /calls/{id}/hold"} 1`, `callboard_sockets 1`, `callboard_teams 1`, `callboard_calls 1`,
		`callboard_http_requests_total{code="101",route="GET /feed"} 1`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("there is no %s", line)
		}
	}
	for _, secret := range []string{"4930555002", s.AccountID(), "w0", v.Rows()[0], strings.TrimPrefix(s.PushAddress(s.AccountID()), s.URL+"/push/")} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the metrics", secret)
		}
	}
	return text
}

// An exportedMetric is a family of metrics.
type exportedMetric struct {
	help   string
	labels map[string]bool
}

var (
	helpLine   = regexp.MustCompile(`(?m)^# HELP (\S+) (.*)$`)
	sampleLine = regexp.MustCompile(`(?m)^([a-z_]+)(?:\{(.*)\})? \S+$`)
	labelName  = regexp.MustCompile(`([a-z_]+)=~?"|([a-z_]+)!=?~?"`)
	partOf     = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// parseMetrics reads the text format of Prometheus.
func parseMetrics(t *testing.T, text string) map[string]*exportedMetric {
	t.Helper()
	all := map[string]*exportedMetric{}
	for _, m := range helpLine.FindAllStringSubmatch(text, -1) {
		all[m[1]] = &exportedMetric{m[2], map[string]bool{}}
	}
	for _, m := range sampleLine.FindAllStringSubmatch(text, -1) {
		family := familyOf(all, m[1])
		if family == "" {
			t.Errorf("%s has no help", m[1])
			continue
		}
		for _, l := range labelName.FindAllStringSubmatch(m[2], -1) {
			all[family].labels[l[1]] = true
		}
	}
	return all
}

// familyOf returns the name under which a metric has its help, or "".
func familyOf(all map[string]*exportedMetric, name string) string {
	for _, family := range []string{name, partOf.ReplaceAllString(name, "")} {
		if all[family] != nil {
			return family
		}
	}
	return ""
}

// dashboardQueries returns the queries of the dashboard.
func dashboardQueries(t *testing.T) (exprs []string) {
	t.Helper()
	var dashboard struct {
		Panels []struct {
			Title, Type string
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(deployed(t, "grafana/callboard.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, p := range dashboard.Panels {
		if p.Type != "row" && len(p.Targets) == 0 || p.Title == "" {
			t.Errorf("the panel %q shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			exprs = append(exprs, target.Expr)
		}
	}
	return exprs
}

// alertQueries returns the queries of the alerts, each of which says what is
// wrong and what to do.
func alertQueries(t *testing.T) (exprs []string) {
	t.Helper()
	file := string(deployed(t, "prometheus/alerts.yml"))
	for _, m := range regexp.MustCompile(`(?m)^ +expr: (.+)$`).FindAllStringSubmatch(file, -1) {
		exprs = append(exprs, m[1])
	}
	for _, key := range []string{"- alert: ", "summary: ", "description: ", "severity: "} {
		if n := strings.Count(file, key); n != len(exprs) {
			t.Errorf("%d alerts have %d queries and %d times %q", strings.Count(file, "- alert: "), len(exprs), n, key)
		}
	}
	return exprs
}

func deployed(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(harness.File(t, "deploy"), name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var (
	queriedMetric = regexp.MustCompile(`\b((?:callboard|process|go|promhttp)_[a-z_]+)(\{[^}]*\})?`)
	groupedBy     = regexp.MustCompile(`by \(([^)]*)\)`)
)

// checkQuery reports what a query uses and the program does not export, and notes
// what it uses.
func checkQuery(t *testing.T, file, expr string, exported map[string]*exportedMetric, used map[string]bool) {
	t.Helper()
	found := queriedMetric.FindAllStringSubmatch(expr, -1)
	if len(found) == 0 && !strings.HasPrefix(expr, "up{") {
		t.Errorf("%s: no metric in %s", file, expr)
	}
	known := map[string]bool{"instance": true, "job": true} // which Prometheus adds
	for _, m := range found {
		family := familyOf(exported, m[1])
		if family == "" {
			t.Errorf("%s uses %s, which the program does not export", file, m[1])
			continue
		}
		used[family] = true
		maps.Copy(known, exported[family].labels)
	}
	var names []string
	for _, m := range labelName.FindAllStringSubmatch(expr, -1) {
		names = append(names, m[1]+m[2])
	}
	for _, m := range groupedBy.FindAllStringSubmatch(expr, -1) {
		names = append(names, strings.Split(m[1], ", ")...)
	}
	for _, name := range names {
		if !known[name] {
			t.Errorf("%s: there is no label %s in %s", file, name, expr)
		}
	}
}

// checkWithPromtool has Prometheus' own tool read the alerts and the queries of
// the dashboard, where it is installed or all tests are required.
func checkWithPromtool(t *testing.T) {
	t.Helper()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CALLBOARD_DEPLOY_TESTS") == "required" {
			t.Error(err)
		}
		t.Log("promtool is not installed: the syntax of the queries is not checked")
		return
	}
	var rules strings.Builder
	rules.WriteString("groups:\n- name: dashboard\n  rules:\n")
	for i, expr := range slices.Compact(dashboardQueries(t)) {
		expr = strings.ReplaceAll(expr, "$__rate_interval", "5m")
		fmt.Fprintf(&rules, "  - record: query%d\n    expr: %q\n", i, expr)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, []byte(rules.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{file, filepath.Join(harness.File(t, "deploy"), "prometheus/alerts.yml")} {
		if out, err := exec.Command(promtool, "check", "rules", f).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
}

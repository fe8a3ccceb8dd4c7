package acceptance

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"callboard/handlers/acceptance/harness"
)

// The doctor finds a running dashboard healthy, does not disturb it, and says
// what is wrong with one that cannot start.
func TestDoctorOfARunningDashboard(t *testing.T) {
	t.Parallel()
	s := harness.New(t)
	v := s.SignIn(t, 0)
	args := append([]string{"doctor"}, s.Args[1:]...)
	stdout, stderr, status := harness.Run(t, nil, args...)
	if status != 0 || stderr != "" || !strings.Contains(stdout, "in use by pid") || !strings.Contains(stdout, "sipgate accepts id, secret") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
	if log := s.Log(1 << 20); strings.Contains(log, "level=WARN") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the dashboard complains:\n%s", log)
	}
	if status, _ := v.Get("/"); status != http.StatusOK {
		t.Errorf("the board: %d", status)
	}
	var state struct{ RefreshReuse int }
	s.Control("GET", "state", nil, &state)
	if state.RefreshReuse != 0 {
		t.Error("a refresh token was used twice")
	}
	args[slices.Index(args, "-client-secret")+1] = "guess"
	if stdout, stderr, status := harness.Run(t, nil, append(args, "-timezone", "Mars", "-json")...); status != 1 ||
		!strings.Contains(stdout, `"ok": false`) || !strings.Contains(stdout, "refuses the secret") || !strings.Contains(stdout, "Mars") || !strings.Contains(stderr, "2 checks failed") {
		t.Errorf("status %d\n%s%s", status, stdout, stderr)
	}
}

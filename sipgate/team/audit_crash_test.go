package team

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// auditCrash names the environment variable that makes TestF25Child the
// process to be killed. Its value is the database.
const auditCrash = "CALLBOARD_TEST_AUDIT"

// TestF25 kills a process between the entries and their ends.
func TestF25(t *testing.T) {
	a := auditOf(t, 0)
	var file string
	if err := a.db.QueryRow(`select file from pragma_database_list where name = 'main'`).Scan(&file); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestF25Child$")
	child.Env = append(os.Environ(), auditCrash+"="+filepath.Clean(file))
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "reached" {
		t.Log(lines.Text())
	}
	child.Process.Kill()
	child.Wait()

	if got := outcomes(t, a); got != "begun waiting begun done refused" {
		t.Fatalf("the dead process left %s", got)
	}
	left, err := a.Recover(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomes(t, a); got != "unknown cancelled unknown done refused" {
		t.Errorf("recovered as %s", got)
	}
	var got []string
	for _, e := range left {
		got = append(got, e.Call+" "+e.Outcome)
	}
	if s := strings.Join(got, ", "); s != "A unknown, B cancelled, C unknown" {
		t.Errorf("left over: %s", s)
	}
	if left, err := a.Recover(t.Context()); len(left) != 0 || err != nil {
		t.Errorf("recovered twice: %v, %v", left, err)
	}
}

// TestF25Child is not a test of its own: TestF25 starts and kills it.
func TestF25Child(t *testing.T) {
	file := os.Getenv(auditCrash)
	if file == "" {
		t.Skip("only as a child of TestF25")
	}
	a := NewAudit(open(t, file), 0)
	begin(t, a, hold(ada, "A"))
	waiting := hold(ada, "B")
	waiting.Outcome = OutcomeWaiting
	begin(t, a, waiting)
	waiting.Call = "C"
	if err := a.Proceed(t.Context(), begin(t, a, waiting)); err != nil {
		t.Fatal(err)
	}
	if err := a.End(t.Context(), begin(t, a, hold(ada, "D")), OutcomeDone, 204, 0); err != nil {
		t.Fatal(err)
	}
	if err := a.Refused(t.Context(), hold(tom, "E")); err != nil {
		t.Fatal(err)
	}
	fmt.Println("reached")
	select {} // until it is killed
}

package team

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"callboard/web/database/databasetest"
)

// auditCrash is the environment variable that makes TestAuditUntilKilled the
// process to be killed. Its value is the database file.
const auditCrash = "CALLBOARD_TEST_AUDIT"

// TestAuditAfterCrash kills a process while audit entries are in progress.
func TestAuditAfterCrash(t *testing.T) {
	databasetest.NeedsSQLite(t)
	a := newTestAudit(t, 0)
	var file string
	if err := a.db.QueryRow(`select file from pragma_database_list where name = 'main'`).Scan(&file); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestAuditUntilKilled$")
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
		t.Fatalf("the killed process left %s", got)
	}
	recovered, err := a.Recover(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomes(t, a); got != "unknown cancelled unknown done refused" {
		t.Errorf("recovered as %s", got)
	}
	var got []string
	for _, e := range recovered {
		got = append(got, e.Call+" "+e.Outcome)
	}
	if s := strings.Join(got, ", "); s != "A unknown, B cancelled, C unknown" {
		t.Errorf("recovered %s", s)
	}
	if recovered, err := a.Recover(t.Context(), ""); len(recovered) != 0 || err != nil {
		t.Errorf("recovered twice: %v, %v", recovered, err)
	}
}

// TestAuditUntilKilled is not a test: TestAuditAfterCrash starts and kills it.
func TestAuditUntilKilled(t *testing.T) {
	file := os.Getenv(auditCrash)
	if file == "" {
		t.Skip("only as a process of TestAuditAfterCrash")
	}
	a := NewAudit(open(t, file), 0)
	beginEntry(t, a, holdEntry(ada, "A"))
	waiting := holdEntry(ada, "B")
	waiting.Outcome = OutcomeWaiting
	beginEntry(t, a, waiting)
	waiting.Call = "C"
	if err := a.Proceed(t.Context(), beginEntry(t, a, waiting)); err != nil {
		t.Fatal(err)
	}
	if err := a.End(t.Context(), beginEntry(t, a, holdEntry(ada, "D")), OutcomeDone, 204, 0); err != nil {
		t.Fatal(err)
	}
	if err := a.Refused(t.Context(), holdEntry(tom, "E")); err != nil {
		t.Fatal(err)
	}
	fmt.Println("reached")
	select {} // until it is killed
}

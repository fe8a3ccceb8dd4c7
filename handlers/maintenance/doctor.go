package maintenance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"callboard/sipgate"
	"callboard/sipgate/team"
	"callboard/web"
	"callboard/web/database"
)

// A Verdict is the result of a check.
type Verdict string

// The verdicts.
const (
	OK      Verdict = "ok"
	Warning Verdict = "warning"
	Failed  Verdict = "failed"
)

// A Finding is what one check found.
type Finding struct {
	Check   string  `json:"check"` // what was checked: "database"
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`             // what was found, a sentence
	Advice  string  `json:"advice,omitempty"` // what to do about it
}

// Doctor checks whether the program can run and serve its members. It changes
// nothing, and does not disturb a program that runs.
type Doctor struct {
	Settings  error    // mistakes in the settings, one on each line, or nil
	Public    *url.URL // of the dashboard; nil if the setting is wrong
	OAuth     *sipgate.OAuth
	Zones     team.ZoneRule
	BackupDir string // of daily backups; "" if there are none
	JSON      bool   // print JSON
	DataSettings

	// CheckAddress is [web.CheckPublicURL] by default.
	CheckAddress func(ctx context.Context, public *url.URL, path, want string) web.URLStatus
	Now          func() time.Time // time.Now by default
}

// examined is what the checks of a run tell each other.
type examined struct {
	*Doctor
	ctx      context.Context
	db       *database.Examination // nil: none that can be read
	findings []Finding
	check    string // the present one
}

// Run makes all checks and prints their findings. The error says how many failed.
func (d *Doctor) Run(ctx context.Context, out io.Writer) error {
	if d.CheckAddress == nil {
		d.CheckAddress = web.CheckPublicURL
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	e := &examined{Doctor: d, ctx: ctx}
	for _, c := range []struct {
		name string
		make func()
	}{
		{"settings", e.checkSettings},
		{"data directory", e.checkDirectory},
		{"database", e.checkDatabase},
		{"key", e.checkKey},
		{"backups", e.checkBackups},
		{"time zone", e.checkZone},
		{"public address", e.checkAddress},
		{"OAuth client", e.checkClient},
		{"webhooks", e.checkWebhooks},
	} {
		e.check = c.name
		c.make()
	}
	if e.db != nil {
		e.db.Close()
	}
	return e.report(out)
}

func (e *examined) add(v Verdict, advice, format string, args ...any) {
	e.findings = append(e.findings, Finding{Check: e.check, Verdict: v, Text: fmt.Sprintf(format, args...), Advice: advice})
}

// report prints the findings and returns an error if one is Failed.
func (e *examined) report(out io.Writer) error {
	failed := 0
	for _, f := range e.findings {
		if f.Verdict == Failed {
			failed++
		}
	}
	if e.JSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "\t")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(map[string]any{"ok": failed == 0, "findings": e.findings}); err != nil {
			return err
		}
	} else if err := printFindings(out, e.findings); err != nil {
		return err
	}
	switch failed {
	case 0:
		return nil
	case 1:
		return errors.New("1 check failed")
	}
	return fmt.Errorf("%d checks failed", failed)
}

func printFindings(out io.Writer, findings []Finding) error {
	var text strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&text, "%-8s %-15s %s\n", f.Verdict, f.Check, f.Text)
		if f.Advice != "" {
			fmt.Fprintf(&text, "%24s → %s\n", "", f.Advice)
		}
	}
	_, err := io.WriteString(out, text.String())
	return err
}

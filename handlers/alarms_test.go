package handlers

import (
	"net/http"
	"strings"
	"testing"

	"callboard/sipgate/team"
	"callboard/views"
)

// alarmBody is the form with limits in the order of its fields.
func alarmBody(values ...string) string {
	body := ""
	for i, name := range []string{"ringing_amber", "ringing_red", "held_amber", "held_red", "talking_amber", "talking_red"} {
		body += "&" + name + "=" + values[i]
	}
	return body[1:]
}

// TestAnAdminSetsFromWhenOnCallsAreTooLong: admins only, in the audit in words, and
// what is open shows it.
func TestAnAdminSetsFromWhenOnCallsAreTooLong(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	limits := func() team.AlarmLimits { return d.h.Control.Alarms.Of(d.account) }
	for _, b := range []*browser{d.signIn("w1", team.Lead), d.signIn("w2", team.Agent)} {
		if strings.Contains(b.get("/team").Body.String(), "/team/alarms") {
			t.Errorf("%s is shown the form", b.in.User)
		}
		if w := b.post("/team/alarms", alarmBody("1", "2", "3", "4", "5", "6")); w.Code != http.StatusForbidden || limits() != team.DefaultAlarmLimits {
			t.Errorf("%s: %d, the limits are %+v", b.in.User, w.Code, limits())
		}
	}
	if page := anna.get("/").Body.String(); !strings.Contains(page, `data-ringing="20 40" data-held="60 180" data-talking="0 0"`) {
		t.Error("the board lacks the default limits")
	}
	have := anna.poll("/feed/poll?have=")[1].Have
	want := team.AlarmLimits{Ringing: team.AlarmLimit{Amber: 15, Red: 30}, Held: team.AlarmLimit{Amber: 0, Red: 3600}}
	if w := anna.post("/team/alarms", alarmBody("15", "30", "0", "3600", "0", "0")); w.Code != http.StatusSeeOther || limits() != want {
		t.Errorf("%d, the limits are %+v", w.Code, limits())
	}
	if e := d.audit()[0]; e.Action != team.ManageSettings || e.Outcome != team.OutcomeDone || e.Parameters != "alarms ringing 15/30 held 0/3600 talking off" {
		t.Errorf("audit %+v", e)
	}
	const shown = `data-ringing="15 30" data-held="0 3600" data-talking="0 0"`
	if page := anna.get("/").Body.String(); !strings.Contains(page, shown) {
		t.Error("a new page lacks the limits")
	}
	sent := ""
	for _, m := range anna.poll("/feed/poll?have=" + have) {
		sent += strings.Join(m.Parts, "")
	}
	if !strings.Contains(sent, shown) {
		t.Errorf("an open page is sent %q", sent)
	}
	for lang, words := range map[string]string{"en": "alarms after seconds: ringing 15/30 – on hold 0/3600 – talking off", "de": "Alarme nach Sekunden: Klingelt 15/30 – Gehalten 0/3600 – Im Gespräch aus"} {
		anna.lang = lang
		if !strings.Contains(anna.get("/audit").Body.String(), words) {
			t.Errorf("%s: the audit lacks %q", lang, words)
		}
	}
}

// TestMistypedAlarmLimitsAreNotLost: nothing is saved, the form comes back as it was
// typed, with the field and what is wrong with it.
func TestMistypedAlarmLimitsAreNotLost(t *testing.T) {
	d := newDashboard(t, team.ZoneRule{})
	anna := d.signIn("w0", team.Admin)
	for _, test := range []struct{ body, field, code, typed string }{
		{alarmBody("40", "20", "60", "180", "7", "9"), "ringing_red", "alarm_order", "20"},
		{alarmBody("20", "40", "60", "3601", "7", "9"), "held_red", "alarm_limit", "3601"},
		{alarmBody("20", "40", "-1", "180", "7", "9"), "held_amber", "alarm_limit", "-1"},
		{alarmBody("20", "40", "60", "180", "7", "soon"), "talking_red", "alarm_limit", "soon"},
		{alarmBody("1.5", "40", "60", "180", "7", "9"), "ringing_amber", "alarm_limit", "1.5"},
		{alarmBody("", "40", "60", "180", "7", "9"), "ringing_amber", "alarm_limit", ""},
		{alarmBody("99999999999999999999", "40", "60", "180", "7", "9"), "ringing_amber", "alarm_limit", "99999999999999999999"},
	} {
		for _, lang := range []string{"en", "de"} {
			anna.lang = lang
			w := anna.post("/team/alarms", test.body)
			page := strings.Join(strings.Fields(w.Body.String()), " ")
			if w.Code != http.StatusUnprocessableEntity || d.h.Control.Alarms.Of(d.account) != team.DefaultAlarmLimits {
				t.Errorf("%s: %d, %+v", test.body, w.Code, d.h.Control.Alarms.Of(d.account))
			}
			for _, want := range []string{`name="` + test.field + `" required min="0" max="3600" inputmode="numeric" value="` + test.typed + `" aria-invalid="true"`, `id="alarm-mistake">` + views.Lang(lang).T("error."+test.code)} {
				if !strings.Contains(page, want) {
					t.Errorf("%s in %s: the page lacks %q", test.body, lang, want)
				}
			}
			if test.field != "talking_amber" && !strings.Contains(page, `name="talking_amber" required min="0" max="3600" inputmode="numeric" value="7"`) {
				t.Errorf("%s: what was typed right is lost", test.body)
			}
		}
	}
}

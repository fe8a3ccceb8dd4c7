package sipgate

import (
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// validSettings returns settings without mistakes, with the flags' defaults.
func validSettings() Settings {
	return Settings{ClientID: "id", ClientSecret: "secret", API: "https://api.sipgate.com/v2/", Login: "https://login.sipgate.com", Realm: "third-party"}
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSettings(t *testing.T) {
	s := validSettings()
	s.ClientSecret, s.ClientSecretFile = "", writeFile(t, " secret\n")
	s.RecordingOrigins = []string{"https://files.example.com", "http://127.0.0.1:8081"}
	c, err := s.Config()
	if err != nil {
		t.Fatal(err)
	}
	if c.API.String() != s.API || !slices.Equal(c.RecordingOrigins, s.RecordingOrigins) || !c.PushKey.Equal(DefaultPushKey()) {
		t.Errorf("config = %+v", c)
	}
	realm := "https://login.sipgate.com/auth/realms/third-party/protocol/openid-connect/"
	if o := &c.OAuth; o.ClientID != "id" || o.ClientSecret != "secret" || o.HTTP == nil ||
		o.AuthURL != realm+"auth" || o.TokenURL != realm+"token" || o.LogoutURL != realm+"logout" {
		t.Errorf("endpoints %s, %s, %s", o.AuthURL, o.TokenURL, o.LogoutURL)
	}
}

func TestSettingsReportAllMistakes(t *testing.T) {
	file := writeFile(t, "secret")
	s := Settings{
		ClientSecret: "secret", ClientSecretFile: file, PushKeyFile: file,
		API: "api.sipgate.com", Login: "http://login.example.com",
		RecordingOrigins: []string{"ftp://example.com", "https://user@example.com", "https://example.com/?a=b"},
	}
	c, err := s.Config()
	if err == nil || c.API == nil {
		t.Fatalf("%+v, %v", c, err)
	}
	want := []string{
		`--api: "api.sipgate.com" is not an address such as https://example.com`,
		`--login: "http://login.example.com" must begin with https:// (http is for this machine only)`,
		`--client-id: is needed: the id of your OAuth client at console.sipgate.com`,
		`--client-secret: is given twice, directly and in a file`,
		`--recording-origin: "ftp://example.com" is not an address such as https://example.com`,
		`--recording-origin: "https://user@example.com" is not an address such as https://example.com`,
		`--recording-origin: "https://example.com/?a=b" is not an address such as https://example.com`,
	}
	got := strings.Split(err.Error(), "\n")
	if len(got) != len(want)+1 || !slices.Equal(got[:len(want)], want) || !strings.HasPrefix(got[len(want)], "--push-key-file: ") {
		t.Errorf("mistakes\n%s", err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	for flag, change := range map[string]func(*Settings){
		"client-secret: is needed: ": func(s *Settings) { s.ClientSecret = "" },
		"client-secret: open ":       func(s *Settings) { s.ClientSecret, s.ClientSecretFile = "", missing },
		"push-key-file: open ":       func(s *Settings) { s.PushKeyFile = missing },
	} {
		s := validSettings()
		change(&s)
		if _, err := s.Config(); err == nil || !strings.HasPrefix(err.Error(), "--"+flag) {
			t.Errorf("error = %v, want --%s", err, flag)
		}
	}
}

func TestNumberSettings(t *testing.T) {
	s := NumberSettings{Country: "de", Blocked: []string{"+881"}}
	if r, err := s.Rules(); err != nil || r.Region != "DE" || !slices.Equal(r.Blocked, s.Blocked) {
		t.Errorf("%+v, %v", r, err)
	}
	s = NumberSettings{Country: "DE", Blocked: []string{"+49\u00a0900", "0043 1", "0180", " +4", ""}}
	if r, err := s.Rules(); err != nil || !slices.Equal(r.Blocked, []string{"+49900", "+431", "+49180", "+4"}) {
		t.Errorf("blocked %v, %v", r.Blocked, err)
	}
	s = NumberSettings{Blocked: []string{"0900", "x"}}
	if _, err := s.Rules(); err == nil || err.Error() != "--blocked: \"0900\" is not the beginning of a number, such as +49900\n--blocked: \"x\" is not the beginning of a number, such as +49900" {
		t.Errorf("error = %v", err)
	}
	s = NumberSettings{Blocked: []string{""}}
	if r, err := s.Rules(); err != nil || r.Blocked == nil || len(r.Blocked) != 0 {
		t.Errorf("nothing blocked: %v, %v", r.Blocked, err)
	}
	if r, err := (&NumberSettings{}).Rules(); err != nil || r.Region != "" || r.Blocked != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := (&NumberSettings{Country: "xx"}).Rules(); err == nil || err.Error() != `--country: "xx" is not a country code such as DE` {
		t.Errorf("error = %v", err)
	}
}

func TestServiceSettings(t *testing.T) {
	api, _ := url.Parse("https://api.sipgate.com/v2/")
	file := writeFile(t, "secret\n")
	for _, s := range []ServiceSettings{
		{ServiceTokenID: "token-A", ServiceToken: "secret"},
		{ServiceTokenID: "token-A", ServiceTokenFile: file},
	} {
		if c, err := s.Credentials(api); err != nil || c != (PersonalToken{ID: "token-A", Token: "secret"}) {
			t.Errorf("%T, %v", c, err)
		}
	}
	c, err := (&ServiceSettings{ServiceUser: "u", ServicePasswordFile: file}).Credentials(api)
	if p, ok := c.(*Password); err != nil || !ok || p.user != "u" || p.password != "secret" || p.oauth.TokenURL != PasswordTokenURL("https://api.sipgate.com/") {
		t.Errorf("%T, %v", c, err)
	}
	if c, err := (&ServiceSettings{}).Credentials(api); c != nil || err != nil {
		t.Errorf("%v, %v", c, err)
	}
	for want, s := range map[string]ServiceSettings{
		"--service-token: is needed together with --service-token-id":                                                          {ServiceTokenID: "token-A"},
		"--service-token-id: is needed together with --service-token":                                                          {ServiceToken: "x"},
		"--service-password: is needed together with --service-user":                                                           {ServiceUser: "u"},
		"--service-user: is needed together with --service-password":                                                           {ServicePasswordFile: file},
		"--service-token: is given twice, directly and in a file\n--service-token-id: is needed together with --service-token": {ServiceToken: "x", ServiceTokenFile: file},
		"--service-token-id: and --service-user name the service account twice: one of them is enough":                         {ServiceToken: "x", ServiceUser: "u"},
	} {
		if c, err := s.Credentials(api); c != nil || err == nil || err.Error() != want {
			t.Errorf("%v, %v, want %s", c, err, want)
		}
	}
}

// Every setting has a help text for the command line.
func TestSettingsHaveHelp(t *testing.T) {
	for _, s := range []any{Settings{}, NumberSettings{}, ServiceSettings{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(s)) {
			if f.Tag.Get("help") == "" {
				t.Errorf("%T.%s has no help text", s, f.Name)
			}
		}
	}
}

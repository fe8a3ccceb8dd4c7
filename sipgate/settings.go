package sipgate

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// Settings says how a server reaches sipgate. Its tags, like those of the
// other settings, declare command-line flags for the kong library: "client-id"
// for ClientID.
type Settings struct {
	ClientID         string   `help:"OAuth client id from console.sipgate.com. Required."`
	ClientSecret     string   `help:"OAuth client secret. Required, here or in a file."`
	ClientSecretFile string   `placeholder:"FILE" help:"File that holds the client secret."`
	API              string   `name:"api" default:"https://api.sipgate.com/v2/" placeholder:"URL" help:"Address of the sipgate REST API."`
	Login            string   `default:"https://login.sipgate.com" placeholder:"URL" help:"Address of sipgate's login server."`
	Realm            string   `default:"third-party" help:"Realm of the OAuth client, as the sipgate console shows it: third-party or sipgate-apps."`
	RequireIDToken   bool     `name:"require-id-token" help:"Refuse sign-ins for which sipgate sends no identity token. One that it sends is always verified."`
	PushKeyFile      string   `placeholder:"FILE" help:"Public key (PEM) that signs push events. Default: sipgate's."`
	RecordingOrigins []string `name:"recording-origin" placeholder:"ORIGIN" help:"Further origins that recordings may be fetched from, such as https://files.example.com."`
}

// Config is what valid [Settings] mean.
type Config struct {
	API              *url.URL       // for [Client.Base]
	Login            *url.URL       // of the login server
	OAuth            OAuth          // client and endpoints of the login
	Issuer           Issuer         // of identity tokens
	PushKey          *rsa.PublicKey // verifies push events
	RecordingOrigins []string       // for [Client.RecordingOrigins]
}

// Config checks the settings and reads the files that they name. The error
// joins all mistakes, each of the form "--flag: what is wrong". With an error,
// Config.API and Config.Login are still not nil.
func (s *Settings) Config() (Config, error) {
	var m mistakes
	c := Config{API: m.address("api", s.API), Login: m.address("login", s.Login), RecordingOrigins: s.RecordingOrigins}
	if s.ClientID == "" {
		m.add("client-id", "is needed: the id of your OAuth client at console.sipgate.com")
	}
	secret, err := readSecret(s.ClientSecret, s.ClientSecretFile)
	if err == nil && secret == "" {
		err = errors.New("is needed: the secret of your OAuth client at console.sipgate.com")
	}
	m.addError("client-secret", err)
	for _, o := range s.RecordingOrigins {
		m.address("recording-origin", o)
	}
	c.PushKey, err = readPushKey(s.PushKeyFile)
	m.addError("push-key-file", err)
	c.OAuth = OAuth{ClientID: s.ClientID, ClientSecret: secret, HTTP: NewHTTPClient()}
	c.OAuth.AuthURL, c.OAuth.TokenURL, c.OAuth.LogoutURL = RealmURLs(s.Login, s.Realm)
	c.Issuer = RealmIssuer(s.Login, s.Realm)
	c.Issuer.Required = s.RequireIDToken
	return c, m.join()
}

// NumberSettings says which numbers may be dialled.
type NumberSettings struct {
	Country string   `placeholder:"CODE" help:"Country of numbers in national spelling (DE, AT, CH …). Default: only international numbers are accepted."`
	Blocked []string `placeholder:"PREFIX" help:"Prefixes of numbers that nobody may transfer to, in place of the built-in list of premium and satellite numbers: +49900,+881."`
}

// Rules checks the settings and returns the rules that they mean. An error has
// the form of that of [Settings.Config].
func (s *NumberSettings) Rules() (NumberRules, error) {
	var m mistakes
	r := NumberRules{Region: strings.ToUpper(s.Country)}
	if s.Blocked != nil {
		r.Blocked = []string{} // none, instead of the built-in list
	}
	for _, typed := range s.Blocked {
		if typed == "" {
			continue
		}
		prefix := r.Partial(typed)
		if !strings.HasPrefix(prefix, "+") {
			m.add("blocked", "%q is not the beginning of a number, such as +49900", typed)
			continue
		}
		r.Blocked = append(r.Blocked, prefix)
	}
	if s.Country != "" && !KnownRegion(r.Region) {
		m.add("country", "%q is not a country code such as DE", s.Country)
	}
	return r, m.join()
}

// ServiceSettings names the service account, which sees a team's calls while
// no member is signed in: by a personal access token, or by user and password.
type ServiceSettings struct {
	ServiceTokenID      string `name:"service-token-id" placeholder:"ID" help:"Personal access token of an account that watches when nobody is signed in: its id, such as token-FQ1V12."`
	ServiceToken        string `placeholder:"TOKEN" help:"The token itself."`
	ServiceTokenFile    string `placeholder:"FILE" help:"File that holds that token."`
	ServiceUser         string `placeholder:"NAME" help:"In place of a token: the name with which somebody signs in to sipgate. A token is the better way."`
	ServicePassword     string `placeholder:"PASSWORD" help:"The password of that user."`
	ServicePasswordFile string `placeholder:"FILE" help:"File that holds that password."`
}

// Credentials checks the settings, reads the files that they name, and returns
// the service account's credentials: nil if the settings name none. api is the
// address of the REST API. An error has the form of that of [Settings.Config].
func (s *ServiceSettings) Credentials(api *url.URL) (Credentials, error) {
	var m mistakes
	token := s.ServiceTokenID+s.ServiceToken+s.ServiceTokenFile != ""
	user := s.ServiceUser+s.ServicePassword+s.ServicePasswordFile != ""
	var c Credentials
	switch {
	case token && user:
		m.add("service-token-id", "and --service-user name the service account twice: one of them is enough")
	case token:
		value := m.secretOf("service-token-id", s.ServiceTokenID, "service-token", s.ServiceToken, s.ServiceTokenFile)
		c = PersonalToken{ID: s.ServiceTokenID, Token: value}
	case user:
		value := m.secretOf("service-user", s.ServiceUser, "service-password", s.ServicePassword, s.ServicePasswordFile)
		endpoint := PasswordTokenURL(api.JoinPath("..").String())
		c = NewPassword(&OAuth{TokenURL: endpoint, HTTP: NewHTTPClient()}, s.ServiceUser, value)
	}
	if err := m.join(); err != nil {
		return nil, err
	}
	return c, nil
}

// mistakes collects what is wrong with settings.
type mistakes []error

func (m *mistakes) add(flag, format string, args ...any) {
	*m = append(*m, fmt.Errorf("--%s: %s", flag, fmt.Sprintf(format, args...)))
}

func (m *mistakes) addError(flag string, err error) {
	if err != nil {
		*m = append(*m, fmt.Errorf("--%s: %w", flag, err))
	}
}

func (m *mistakes) join() error { return errors.Join(*m...) }

// address parses an absolute https address; http is accepted for this machine
// only. The result is never nil.
func (m *mistakes) address(flag, value string) *url.URL {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil {
		m.add(flag, "%q is not an address such as https://example.com", value)
		return &url.URL{}
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		m.add(flag, "%q must begin with https:// (http is for this machine only)", value)
	}
	return u
}

// secretOf returns the secret that belongs to a name. It adds a mistake if one
// of the two is missing, or if the secret is given twice or cannot be read.
func (m *mistakes) secretOf(nameFlag, name, secretFlag, secret, file string) string {
	value, err := readSecret(secret, file)
	if err == nil && value == "" {
		err = fmt.Errorf("is needed together with --%s", nameFlag)
	}
	m.addError(secretFlag, err)
	if name == "" {
		m.add(nameFlag, "is needed together with --%s", secretFlag)
	}
	return value
}

// readSecret returns a secret given as a value or in a file, "" if it is given
// in neither. White space around the content of the file is removed.
func readSecret(value, file string) (string, error) {
	if file == "" {
		return value, nil
	}
	if value != "" {
		return "", errors.New("is given twice, directly and in a file")
	}
	b, err := os.ReadFile(file)
	return strings.TrimSpace(string(b)), err
}

// readPushKey reads the public key that push events are verified with. Without
// a file it is sipgate's.
func readPushKey(file string) (*rsa.PublicKey, error) {
	if file == "" {
		return DefaultPushKey(), nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ParsePushKey(pem)
}

// isLoopback reports whether host is a name or an address of this machine.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

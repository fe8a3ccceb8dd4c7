package main

import (
	"errors"
	"net/url"
	"os"
	"strings"

	"callboard/sipgate"
)

// serviceSettings name the account that watches for a team when nobody is
// signed in: by a personal access token, or by a user and a password.
type serviceSettings struct {
	ServiceTokenID      string `name:"service-token-id" placeholder:"ID" help:"Personal access token of an account that watches when nobody is signed in: its id, such as token-FQ1V12."`
	ServiceToken        string `placeholder:"TOKEN" help:"The token itself."`
	ServiceTokenFile    string `placeholder:"FILE" help:"File that holds that token."`
	ServiceUser         string `placeholder:"NAME" help:"In place of a token: the name with which somebody signs in to sipgate. A token is the better way."`
	ServicePassword     string `placeholder:"PASSWORD" help:"The password of that user."`
	ServicePasswordFile string `placeholder:"FILE" help:"File that holds that password."`
}

// credentials returns those of the service account, nil if there is none, and
// tells what is wrong with the settings. api is the address of the REST API.
func (s *serviceSettings) credentials(api *url.URL, wrong func(flag, format string, args ...any)) sipgate.Credentials {
	token := s.ServiceTokenID+s.ServiceToken+s.ServiceTokenFile != ""
	user := s.ServiceUser+s.ServicePassword+s.ServicePasswordFile != ""
	switch {
	case token && user:
		wrong("service-token-id", "and -service-user name the service account twice: one of them is enough")
	case token:
		value := halves(wrong, "service-token-id", s.ServiceTokenID, "service-token", s.ServiceToken, s.ServiceTokenFile)
		return sipgate.PersonalToken{ID: s.ServiceTokenID, Token: value}
	case user:
		value := halves(wrong, "service-user", s.ServiceUser, "service-password", s.ServicePassword, s.ServicePasswordFile)
		at := sipgate.PasswordTokenURL(api.JoinPath("..").String())
		return sipgate.NewPassword(&sipgate.OAuth{TokenURL: at, HTTP: sipgate.NewHTTPClient()}, s.ServiceUser, value)
	}
	return nil
}

// halves returns the secret of a pair of a name and a secret, and tells if one
// of the two is missing, or the secret is given twice or cannot be read.
func halves(wrong func(flag, format string, args ...any), nameFlag, name, secretFlag, secret, file string) string {
	value, err := direct(secret, file)
	switch {
	case err != nil:
		wrong(secretFlag, "%v", err)
	case value == "":
		wrong(secretFlag, "is needed together with -%s", nameFlag)
	}
	if name == "" {
		wrong(nameFlag, "is needed together with -%s", secretFlag)
	}
	return value
}

// direct returns a secret that is given as it is or in a file, "" if it is not
// given at all.
func direct(value, file string) (string, error) {
	if value != "" && file != "" {
		return "", errors.New("is given twice, directly and in a file")
	}
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		value = strings.TrimSpace(string(b))
	}
	return value, nil
}

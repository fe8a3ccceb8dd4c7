package simulator

//go:generate go tool templ generate

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
)

//go:embed oauth_page.css
var pageStyle string

var pageLanguages = sync.OnceValue(func() language.Matcher { // not before a simulator is used
	return language.NewMatcher([]language.Tag{language.English, language.German})
})

// pageWords are the texts of the login page in one language.
type pageWords struct {
	Lang, Title, Allow, Choose, Or, User, Password, SignIn, Deny, Wrong, Simulated,
	Admin, BadRequest, LoggedOut, Hint string
}

var english = pageWords{
	Lang:       "en",
	Title:      "Sign in",
	Allow:      "would like to use your account, with these rights:",
	Choose:     "Choose a person. One click signs you in and grants these rights.",
	Or:         "Sign in with a password",
	User:       "E-mail address",
	Password:   "Password",
	SignIn:     "Sign in and allow",
	Deny:       "Deny",
	Wrong:      "User name or password is wrong.",
	Simulated:  "This is a simulated phone company. All people are invented, and no real phone rings.",
	Admin:      "administrator",
	BadRequest: "This address cannot be used to sign in",
	LoggedOut:  "You are signed out.",
	Hint:       "Passwords are demo- and the first name in small letters, such as demo-anna.",
}

var german = pageWords{
	Lang:       "de",
	Title:      "Anmelden",
	Allow:      "möchte Ihr Konto benutzen, mit diesen Rechten:",
	Choose:     "Wählen Sie eine Person. Ein Klick meldet Sie an und erteilt diese Rechte.",
	Or:         "Mit Passwort anmelden",
	User:       "E-Mail-Adresse",
	Password:   "Passwort",
	SignIn:     "Anmelden und erlauben",
	Deny:       "Ablehnen",
	Wrong:      "Benutzername oder Passwort ist falsch.",
	Simulated:  "Dies ist eine simulierte Telefongesellschaft. Alle Personen sind erfunden, und kein echtes Telefon klingelt.",
	Admin:      "Administration",
	BadRequest: "Mit dieser Adresse ist keine Anmeldung möglich",
	LoggedOut:  "Sie sind abgemeldet.",
	Hint:       "Das Passwort ist demo- und der Vorname in Kleinbuchstaben, etwa demo-anna.",
}

// wordsFor returns the texts in the language that the browser prefers.
func wordsFor(r *http.Request) pageWords {
	_, i := language.MatchStrings(pageLanguages(), r.Header.Get("Accept-Language"))
	return []pageWords{english, german}[i]
}

// loginPage is the data of the page.
type loginPage struct {
	Words    pageWords
	Action   string // of the forms; empty on pages without forms
	Client   string
	Scopes   []string
	Accounts []loginAccount
	Wrong    bool
	Hint     bool   // not everybody is listed: say what the passwords are
	Message  string // instead of the forms
}

// loginAccount is an account with the users who can sign in with one click.
type loginAccount struct {
	Company string
	Users   []pageUser
	More    string // the e-mail address of a user who is not listed, or ""
}

// Numbers of accounts, and of users of each, that the page lists.
const (
	maxListedAccounts = 12
	maxListedUsers    = 8
)

type pageUser struct {
	FullID, ID, Name, Email, Initials string
	Colour                            int // 0 to 5
	Admin                             bool
}

// showLogin shows the sign-in forms. wrong adds the message that name or
// password are wrong.
func (a *authority) showLogin(w http.ResponseWriter, r *http.Request, req *authRequest, wrong bool) {
	page := loginPage{
		Words:    wordsFor(r),
		Action:   r.URL.Path + "?request=" + base64.RawURLEncoding.EncodeToString([]byte(req.query)),
		Client:   req.client.name,
		Scopes:   strings.Fields(req.scope),
		Accounts: a.loginAccounts(),
		Wrong:    wrong,
	}
	page.Hint = slices.ContainsFunc(page.Accounts, func(o loginAccount) bool { return o.More != "" })
	page.show(w, http.StatusOK, "'self' "+req.redirect.Scheme+"://"+req.redirect.Host)
}

func (a *authority) loginAccounts() []loginAccount {
	var list []loginAccount
	colour := 0
	for i, acc := range a.s.accounts {
		o, listed := loginAccount{Company: acc.company}, acc.users[:min(len(acc.users), maxListedUsers)]
		if i >= maxListedAccounts {
			listed = nil
		}
		if len(listed) < len(acc.users) {
			o.More = acc.users[len(listed)].email
		}
		for _, u := range listed {
			o.Users = append(o.Users, pageUser{
				FullID:   u.fullID(),
				ID:       u.id,
				Name:     u.name(),
				Email:    u.email,
				Initials: initial(u.first) + initial(u.last),
				Colour:   colour % 6,
				Admin:    u.admin,
			})
			colour++
		}
		list = append(list, o)
	}
	return list
}

// initial returns the first letter of a name.
func initial(name string) string {
	for _, letter := range name {
		return string(letter)
	}
	return ""
}

// showError shows an error that cannot be returned to the client, because the
// client or its address is invalid.
func (a *authority) showError(w http.ResponseWriter, r *http.Request, what string) {
	words := wordsFor(r)
	page := loginPage{Words: words, Message: words.BadRequest + ": " + what}
	page.show(w, http.StatusBadRequest, "'none'")
}

func (a *authority) showLoggedOut(w http.ResponseWriter, r *http.Request) {
	words := wordsFor(r)
	page := loginPage{Words: words, Message: words.LoggedOut}
	page.show(w, http.StatusOK, "'none'")
}

// show writes the page. formAction lists the origins that its forms may send to
// or redirect to.
func (p loginPage) show(w http.ResponseWriter, status int, formAction string) {
	var b strings.Builder
	if err := p.body().Render(context.Background(), &b); err != nil {
		panic("simulator: " + err.Error())
	}
	sum := sha256.Sum256([]byte(pageStyle))
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Words.Lang)
	h.Set("Vary", "Accept-Language")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-"+
		base64.StdEncoding.EncodeToString(sum[:])+"'; form-action "+formAction)
	w.WriteHeader(status)
	w.Write([]byte(b.String()))
}

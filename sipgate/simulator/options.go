package simulator

import (
	"log/slog"
	"net/http"
	"time"
)

// Values of Options.Visibility. sipgate does not document which calls
// GET /v2/calls shows to a user.
const (
	VisibilityOwn     = "own"     // the calls in which the user takes part
	VisibilityAccount = "account" // all calls of the account
)

// Options configure a Simulator. The zero value is useful.
type Options struct {
	// Seed determines all random choices: ids, the script, the probability of
	// faults. The same seed and the same requests give the same responses,
	// except for the RSA keys, which are new in every process.
	Seed uint64

	// Size says how many accounts and users there are.
	Size Size

	// Visibility is VisibilityOwn (the default) or VisibilityAccount.
	Visibility string

	// InternalCalls is InternalOneOrigin (the default) or InternalTwoOrigins.
	InternalCalls string

	// TokenLife is the lifetime of access tokens, 300 s if zero. RefreshLife is
	// the lifetime of refresh tokens, 30 days if zero.
	TokenLife, RefreshLife time.Duration

	// ClientID and ClientSecret identify the OAuth client that is registered in
	// addition to "sipgate-app-web". Empty fields have default values.
	ClientID, ClientSecret string

	// RefusedScopes are scopes, separated by spaces, that clients may not
	// request, as if the login server did not know them.
	RefusedScopes string

	// PasswordAnswer is the JSON key of the token in the response to a password
	// grant. sipgate documents both "access_token" (the default) and "token".
	PasswordAnswer string

	// RedirectURIs are the addresses to which the login page may redirect the
	// browser. If empty, every loopback address is allowed.
	RedirectURIs []string

	// Base is the origin under which clients reach the simulator, such as
	// "http://127.0.0.1:18090". The URLs of recordings and the issuer of tokens
	// contain it. If empty, it is the origin of the latest request, or
	// "http://sipgate.invalid" before the first request.
	Base string

	// Pickup is how long telephones ring that ring because of an API call (the
	// caller's device and the callee of POST /sessions/calls, the target of a
	// transfer) until they are picked up; 2 s if zero. If negative, only Answer
	// and the control API pick them up.
	Pickup time.Duration

	// Fetch fetches announcements, Push delivers push events. Neither follows
	// redirects; a fetch may take 5 s, a push 10 s. New clients are used if nil.
	Fetch, Push *http.Client

	// Control enables the control API under /_simulator/ for loopback peers.
	Control bool

	Log *slog.Logger     // discards everything if nil
	Now func() time.Time // time.Now if nil
}

func (o Options) withDefaults() Options {
	if o.Visibility == "" {
		o.Visibility = VisibilityOwn
	}
	if o.TokenLife <= 0 {
		o.TokenLife = 300 * time.Second
	}
	if o.RefreshLife <= 0 {
		o.RefreshLife = 30 * 24 * time.Hour
	}
	if o.ClientID == "" {
		o.ClientID = "2678637-1-60b58b61-2f0e-11ec-9a4b-31b99c83912e:third-party"
	}
	if o.ClientSecret == "" {
		o.ClientSecret = "0e5c7b1e-demo-secret-of-the-simulator"
	}
	if o.Pickup == 0 {
		o.Pickup = 2 * time.Second
	}
	if o.Fetch == nil {
		o.Fetch = &http.Client{}
	}
	if o.Push == nil {
		o.Push = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

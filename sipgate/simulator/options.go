package simulator

import (
	"log/slog"
	"net/http"
	"time"
)

// The two answers to the undocumented question who sees which calls in
// GET /v2/calls (Options.Visibility).
const (
	VisibilityOwn     = "own"     // each user sees the calls in which that user takes part
	VisibilityAccount = "account" // each user sees all calls of the account
)

// Options configure a Simulator. The zero value is useful.
type Options struct {
	// Seed rules everything that is chosen: ids, the script, the rng of
	// faults. The same seed and the same requests give the same answers,
	// except for the RSA keys, which are new in every process.
	Seed uint64

	// Visibility is VisibilityOwn (the default) or VisibilityAccount.
	Visibility string

	// TokenLife is how long an access token lives; 300 s if zero.
	// RefreshLife is the same for refresh tokens; 30 days if zero.
	TokenLife, RefreshLife time.Duration

	// ClientID and ClientSecret are those of the OAuth client that is
	// registered beside "sipgate-app-web"; defaults are made if empty.
	ClientID, ClientSecret string

	// PasswordAnswer is the key under which the password grant answers: sipgate
	// documents both "access_token" (the default) and "token".
	PasswordAnswer string

	// RedirectURIs are the addresses to which the login page may send the
	// browser back. If empty, any address on the loopback interface is allowed.
	RedirectURIs []string

	// Base is the address under which the simulator is reached from outside,
	// such as "http://127.0.0.1:18090", without a path. It stands in the URLs
	// of recordings and in the issuer of tokens. If empty, it is taken from
	// the request, or is "http://sipgate.invalid" where there is none.
	Base string

	// Pickup is how long a telephone rings that an API call made ring (the own
	// device and the callee of POST /sessions/calls, the target of a transfer)
	// until it is picked up; 2 s if zero. If negative, only Answer and the
	// control API pick up. Other calls ring until they are answered or hung up.
	Pickup time.Duration

	// Fetch fetches announcements, Push delivers push events. Neither follows
	// redirects, and each has a time limit of its own (10 s for a push). Own
	// ones are made if nil.
	Fetch, Push *http.Client

	// Control serves the control API under /_simulator/, to loopback peers.
	Control bool

	Log *slog.Logger     // discarded if nil
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

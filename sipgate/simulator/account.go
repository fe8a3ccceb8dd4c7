package simulator

import (
	"sync/atomic"
	"time"
)

// account is one customer of sipgate. Users never see another account's data.
type account struct {
	id      string // masterSipId, 7 digits
	company string
	block   string // prefix of its first ten users' numbers, or ""

	extensions string // prefix of the other users' numbers

	domain  string // "sipgate.de"
	locale  string // "de_DE"
	users   []*user
	groups  []*group
	numbers []*number

	platform atomic.Pointer[Platform]
	channels []*channel // on neo

	// Simulator.mu protects the following fields.
	contacts   []*contact
	push       pushSettings
	webhookLog []webhookLogEntry // GET /log/webhooks, newest last
	history    []*historyEntry   // oldest first
	balance    int               // in 1/10000 of a Euro
	blocked    []blockedNumber   // GET /blacklist/incoming
}

// user is a person who can sign in.
type user struct {
	id              string // "w0"
	first, last     string
	email, password string
	admin           bool
	devices         []*device
	phoneline       string // "p0"
	account         *account
}

func (u *user) name() string { return u.first + " " + u.last }

// fullID returns the id that is unique across accounts, "1234567w0".
func (u *user) fullID() string { return u.account.id + u.id }

type device struct {
	id    string // "e0"
	alias string
	kind  string // "REGISTER", "MOBILE", …
	owner *user

	// Simulator.mu protects the following fields.
	online bool // registered with sipgate
	dnd    bool // do not disturb

	emergencyAddress int
	callerID         string // E.164 with "+", or "": that of the user
}

// number is a telephone number of an account, in E.164 with "+".
type number struct {
	account  *account
	id, e164 string
	endpoint string // "p0", "g0"
	alias    string
}

type group struct {
	id, alias string
	members   []*user
}

type contact struct {
	id           string
	name         string
	picture      string
	emails       []typedEmail
	numbers      []typedNumber
	addresses    []address
	organization [][]string
	scope        string // PRIVATE, SHARED
	owner        *user  // of a PRIVATE contact, else nil
}

type typedEmail struct {
	Email string   `json:"email"`
	Type  []string `json:"type"`
}

type typedNumber struct {
	Number string   `json:"number"`
	Type   []string `json:"type"`
}

type address struct {
	POBox           string `json:"poBox"`
	ExtendedAddress string `json:"extendedAddress"`
	StreetAddress   string `json:"streetAddress"`
	Locality        string `json:"locality"`
	Region          string `json:"region"`
	PostalCode      string `json:"postalCode"`
	Country         string `json:"country"`
}

// pushSettings is the response of GET /settings/sipgateio.
type pushSettings struct {
	IncomingURL string   `json:"incomingUrl"`
	OutgoingURL string   `json:"outgoingUrl"`
	Log         bool     `json:"log"`
	Whitelist   []string `json:"whitelist"`
}

// webhookLogEntry is one item of GET /log/webhooks.
type webhookLogEntry struct {
	Created  string `json:"created"`
	URL      string `json:"url"`
	Request  string `json:"request"`
	Response string `json:"response"`
	XMLError string `json:"xmlError"`
	Status   string `json:"status"`
}

// historyEntry is one call, voicemail, fax or text message in the history.
type historyEntry struct {
	id                       string
	kind                     string // CALL, VOICEMAIL, FAX, SMS
	callID                   string
	source, target           string
	sourceAlias, targetAlias string
	created, modified        time.Time
	direction, status        string
	callStatus               string
	duration                 time.Duration
	note                     string
	text                     string // of an SMS only
	transcription            string // of a VOICEMAIL only
	read, archived, starred  bool
	endpoints                []historyEndpoint
	users                    []*user        // involved users
	connections              []string       // extensions
	recordings               []string       // ids
	events                   []channelEvent // the same call on neo
}

type historyEndpoint struct{ outcome, extension, kind string }

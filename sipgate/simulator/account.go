package simulator

import "time"

// account is one customer of sipgate. Accounts see nothing of each other.
type account struct {
	id      string // masterSipId, 7 digits
	company string
	block   string // what the numbers of its users begin with
	domain  string // "sipgate.de"
	locale  string // "de_DE"
	neo     bool   // on the newer of sipgate's two platforms
	users   []*user
	groups  []*group
	numbers []*number

	// The rest is protected by Simulator.mu.
	contacts   []*contact
	push       pushSettings
	webhookLog []webhookLogEntry // GET /log/webhooks, newest last
	history    []*historyEntry   // oldest first
	balance    int               // in 1/10000 of a Euro

	numberFormat string // of a neo account: NumbersBare, …
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

// fullID is the user's id across accounts, "1234567w0".
func (u *user) fullID() string { return u.account.id + u.id }

type device struct {
	id    string // "e0"
	alias string
	kind  string // "REGISTER", "MOBILE", …
	owner *user

	// The rest is protected by Simulator.mu.
	online bool // registered with sipgate
	dnd    bool // do not disturb
}

// number is a telephone number of the account, E.164 with "+".
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
	owner        *user  // of a PRIVATE one
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

// pushSettings is what GET and PUT /settings/sipgateio carry.
type pushSettings struct {
	IncomingURL string   `json:"incomingUrl"`
	OutgoingURL string   `json:"outgoingUrl"`
	Log         bool     `json:"log"`
	Whitelist   []string `json:"whitelist"`
}

// hookRecord is one line of GET /log/webhooks.
type webhookLogEntry struct {
	Created  string `json:"created"`
	URL      string `json:"url"`
	Request  string `json:"request"`
	Response string `json:"response"`
	XMLError string `json:"xmlError"`
	Status   string `json:"status"`
}

// entry is one event of the history.
type historyEntry struct {
	id                       string
	kind                     string // CALL, VOICEMAIL
	callID                   string
	source, target           string
	sourceAlias, targetAlias string
	created, modified        time.Time
	direction, status        string
	callStatus               string
	duration                 time.Duration
	note                     string
	transcription            string // of a VOICEMAIL
	read, archived, starred  bool
	endpoints                []historyEndpoint
	users                    []*user  // whose it is
	connections              []string // extensions
	recordings               []string // ids
	hidden                   bool     // a call of a neo account: the history does not have it
}

type historyEndpoint struct{ outcome, extension, kind string }
